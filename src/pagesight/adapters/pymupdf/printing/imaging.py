"""Image files as PDFs, a page a frame, as large as the paper that they show."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image, ImageOps, ImageSequence

from pagesight.adapters.pymupdf.engine import pymupdf
from pagesight.errors import DocumentError
from pagesight.flow import Rendition

_USUAL_DPI = 150.0
"""Of an image that does not say how large it is: between screens and scanners."""
_LEAST_DPI, _MOST_DPI = 50.0, 2400.0
"""Others are no measure of paper: 1, say, for "square pixels"."""
_LONGEST = 1440.0
"""Points (20 inches) of a page: cameras declare 72 dpi, which would make a wall of a photo."""
_FITTED = 595.0 * 842.0
"""Square points of a page that would be longer: those of A4. A strip stays longer than A4, or its
letters would be too small to be read."""
_UPRIGHT = (0, 1)
"""EXIF orientations of a picture that is shown as it is stored; 0 is none."""
_MUPDF_READS = frozenset({"PNG", "JPEG", "MPO", "TIFF", "BMP"})
_MUPDF_TURNS = frozenset({"JPEG", "MPO"})
"""As their EXIF data say; the others it shows as they are stored."""
_PAGED = "TIFF"
"""Whose frames are pages; those of the others are an animation, or a thumbnail."""
_DEEP = ("I", "F")
"""How the names of modes begin whose pixels have more than 8 bits, and no fixed white."""
MOST_PIXELS = 2 * (Image.MAX_IMAGE_PIXELS or 0)
"""Where Pillow takes an image for a bomb."""


def print_image(path: Path) -> Rendition:
    """The image as a PDF, its pixels unchanged and turned as its EXIF data say; of an animation,
    the first picture.

    Raises:
        DocumentError: it cannot be read; the message names it and the remedy.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            data, dpi = _read(path)
        with pymupdf.open("pdf", data) as source, pymupdf.open() as target:
            for page in source:
                _place(target, source, page, dpi)
            pdf = target.tobytes(garbage=3, deflate=True, no_new_id=True)
    except Image.DecompressionBombError as error:
        raise DocumentError(
            f"{path} has more than {MOST_PIXELS / 1e6:.0f} million pixels: make it smaller, or cut "
            "it into several images"
        ) from error
    except Exception as error:
        # Pillow and MuPDF raise whatever a damaged image makes them run into.
        raise DocumentError(
            f"{path} is damaged, or no image that can be read: open it in a viewer and save it as "
            "PNG"
        ) from error
    return Rendition(pdf=pdf)


def _read(path: Path) -> tuple[bytes, float]:
    """The image as a PDF with pages of any size, and its dots an inch."""
    with Image.open(path) as image:
        dpi = float(max(image.info.get("dpi", (0.0, 0.0))))
        if not _is_read_by_mupdf(image):
            return _converted(_frames(image)), dpi
        image.load()  # MuPDF shows what is left of a JPEG that was cut short
    with pymupdf.open(path) as document:
        return document.convert_to_pdf(), dpi


def _is_read_by_mupdf(image: Image.Image) -> bool:
    if image.format not in _MUPDF_READS or image.mode.startswith(_DEEP):
        return False
    turned = image.getexif().get(ExifTags.Base.Orientation, 0) not in _UPRIGHT
    return image.format in _MUPDF_TURNS or not turned


def _converted(frames: Iterator[bytes]) -> bytes:
    """PNG files as the pages of a PDF."""
    with pymupdf.open() as pages:
        for frame in frames:
            with (
                pymupdf.open("png", frame) as picture,
                pymupdf.open("pdf", picture.convert_to_pdf()) as page,
            ):
                pages.insert_pdf(page)
        data: bytes = pages.tobytes()
    return data


def _frames(image: Image.Image) -> Iterator[bytes]:
    """The pages as PNG files, upright, with 8 bits a channel."""
    for frame in ImageSequence.Iterator(image) if image.format == _PAGED else [image]:
        upright = ImageOps.exif_transpose(frame)
        plain = io.BytesIO()
        _shallow(upright).save(plain, "PNG")
        yield plain.getvalue()


def _shallow(image: Image.Image) -> Image.Image:
    """With 8 bits a channel. What has more is scaled to its brightest pixel: cameras of
    instruments use 12 of 16 bits, or fractions of 1."""
    if not image.mode.startswith(_DEEP):
        return image.convert("RGBA")
    deep = image.convert("F")
    darkest, brightest = (float(str(level)) for level in deep.getextrema())
    floor = min(0.0, darkest)
    scale = 255 / ((brightest - floor) or 1.0)
    return deep.point(lambda level: level * scale - floor * scale).convert("L")


def _place(target: Any, source: Any, page: Any, dpi: float) -> None:
    info = page.get_image_info()[0]
    pixels = max(info["width"], info["height"])
    width, height = page.rect.width, page.rect.height
    longest = pixels * 72 / (dpi if _LEAST_DPI <= dpi <= _MOST_DPI else _USUAL_DPI)
    scale = longest / max(width, height)
    if longest > _LONGEST:
        scale = min((_FITTED / (width * height)) ** 0.5, _LONGEST / max(width, height))
    new = target.new_page(width=width * scale, height=height * scale)
    new.show_pdf_page(new.rect, source, page.number)
