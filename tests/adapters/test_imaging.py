"""Image files as documents."""

from __future__ import annotations

from pathlib import Path

import pymupdf
import pytest
from PIL import Image

from pagesight.adapters.pymupdf.printing.imaging import print_image
from pagesight.errors import DocumentError


def sizes(path: Path) -> list[tuple[int, int]]:
    """Of the pages, in whole points."""
    with pymupdf.open("pdf", print_image(path).pdf) as document:
        return [(round(page.rect.width), round(page.rect.height)) for page in document]


def test_each_frame_of_a_tiff_is_a_page(tmp_path: Path) -> None:
    frames = [Image.new("1", (1700, 2200), each) for each in (0, 1, 0)]
    frames[0].save(tmp_path / "fax.tif", save_all=True, append_images=frames[1:], dpi=(200, 200))
    assert sizes(tmp_path / "fax.tif") == [(612, 792)] * 3


def test_an_image_that_declares_no_size_is_taken_for_150_dpi(tmp_path: Path) -> None:
    Image.new("RGB", (1500, 750)).save(tmp_path / "shot.webp")
    assert sizes(tmp_path / "shot.webp") == [(720, 360)]


def test_a_photo_does_not_become_a_wall(tmp_path: Path) -> None:
    Image.new("RGB", (4000, 2000)).save(tmp_path / "photo.jpg", dpi=(72, 72))
    assert sizes(tmp_path / "photo.jpg") == [(842, 421)]


def test_a_photo_is_turned_as_the_camera_says(tmp_path: Path) -> None:
    photo = Image.new("RGB", (600, 300))
    exif = photo.getexif()
    exif[0x0112] = 6
    photo.save(tmp_path / "photo.jpg", exif=exif, dpi=(300, 300))
    assert sizes(tmp_path / "photo.jpg") == [(72, 144)]


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.jpeg", "a.tiff", "a.webp"])
def test_every_kind_shows_its_pixels(tmp_path: Path, name: str) -> None:
    Image.new("RGB", (300, 300), (200, 30, 30)).save(tmp_path / name)
    with pymupdf.open("pdf", print_image(tmp_path / name).pdf) as document:
        shown = document[0].get_pixmap().pixel(20, 20)
    assert shown == pytest.approx((200, 30, 30), abs=4)


def test_a_damaged_image_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    with pytest.raises(DocumentError, match=r"a.png is damaged, or no image that can be read"):
        print_image(tmp_path / "a.png")
