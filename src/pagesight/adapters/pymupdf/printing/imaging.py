"""Image files as PDFs, a page a frame, as large as the paper that they show."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from PIL import Image

from pagesight.adapters.pymupdf.engine import pymupdf
from pagesight.errors import DocumentError
from pagesight.flow import Rendition

_USUAL_DPI = 150.0
"""Of an image that does not say how large it is: between screens and scanners."""
_LEAST_DPI, _MOST_DPI = 50.0, 2400.0
"""Others are no measure of paper: 1, say, for "square pixels"."""
_LONGEST = 1440.0
"""Points (20 inches) of a page: cameras declare 72 dpi, which would make a wall of a photo."""
_FITTED = 842.0
"""Points of the longer side of a page that would be longer: A4."""
_MUPDF_READS = frozenset({"PNG", "JPEG", "MPO", "TIFF", "BMP"})


def print_image(path: Path) -> Rendition:
    """The image as a PDF, its pixels unchanged and turned as its EXIF data say.

    Raises:
        DocumentError: it cannot be read; the message names it and the remedy.
    """
    try:
        data, dpi = _read(path)
        with pymupdf.open("pdf", data) as source, pymupdf.open() as target:
            for page in source:
                _place(target, source, page, dpi)
            pdf = target.tobytes(garbage=3, deflate=True, no_new_id=True)
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
        declared = image.info.get("dpi", (0.0, 0.0))
        dpi = float(max(declared))
        if image.format in _MUPDF_READS:
            with pymupdf.open(path) as document:
                return document.convert_to_pdf(), dpi
        plain = io.BytesIO()
        image.convert("RGBA").save(plain, "PNG")
    with pymupdf.open("png", plain.getvalue()) as document:
        return document.convert_to_pdf(), dpi


def _place(target: Any, source: Any, page: Any, dpi: float) -> None:
    info = page.get_image_info()[0]
    pixels = max(info["width"], info["height"])
    longest = pixels * 72 / (dpi if _LEAST_DPI <= dpi <= _MOST_DPI else _USUAL_DPI)
    if longest > _LONGEST:
        longest = _FITTED
    scale = longest / max(page.rect.width, page.rect.height)
    new = target.new_page(width=page.rect.width * scale, height=page.rect.height * scale)
    new.show_pdf_page(new.rect, source, page.number)
