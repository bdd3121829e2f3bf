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
    assert sizes(tmp_path / "photo.jpg") == [(1001, 500)]


def test_a_long_strip_keeps_its_letters_large(tmp_path: Path) -> None:
    Image.new("1", (20_000, 4000)).save(tmp_path / "plot.png")
    Image.new("1", (20_000, 100)).save(tmp_path / "strip.png")
    assert sizes(tmp_path / "plot.png") == [(1440, 288)]
    assert sizes(tmp_path / "strip.png") == [(1440, 7)]


@pytest.mark.parametrize("name", ["a.png", "a.jpeg", "a.tiff", "a.webp"])
def test_a_photo_is_turned_as_the_camera_says(tmp_path: Path, name: str) -> None:
    photo = Image.new("RGB", (600, 300), "white")
    photo.paste("red", (0, 0, 300, 300))
    exif = photo.getexif()
    exif[0x0112] = 6
    photo.save(tmp_path / name, exif=exif, dpi=(150, 150))
    with pymupdf.open("pdf", print_image(tmp_path / name).pdf) as document:
        page = document[0].get_pixmap()
    assert (page.width, page.height) == (144, 288)
    assert page.pixel(70, 60) == pytest.approx((255, 0, 0), abs=4)
    assert page.pixel(70, 230) == pytest.approx((255, 255, 255), abs=4)


@pytest.mark.parametrize(
    ("mode", "white"), [("I;16", 4095), ("I;16", 65535), ("F", 1.0), ("I", 1000)]
)
def test_pixels_of_more_than_8_bits_are_scaled_to_the_brightest(
    tmp_path: Path, mode: str, white: float
) -> None:
    image = Image.new(mode, (300, 300), 0)
    image.paste(white, (0, 0, 150, 300))
    image.save(tmp_path / "a.tif")
    with pymupdf.open("pdf", print_image(tmp_path / "a.tif").pdf) as document:
        page = document[0].get_pixmap()
    assert (page.pixel(20, 20), page.pixel(130, 20)) == ((255, 255, 255), (0, 0, 0))


def test_of_an_animation_the_first_picture_is_shown(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (300, 300), colour) for colour in ("red", "blue")]
    for name in ("a.gif", "a.webp", "a.png"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], lossless=True)
        with pymupdf.open("pdf", print_image(tmp_path / name).pdf) as document:
            assert (len(document), document[0].get_pixmap().pixel(20, 20)) == (1, (255, 0, 0))


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.jpeg", "a.tiff", "a.webp", "a.gif"])
def test_every_kind_shows_its_pixels(tmp_path: Path, name: str) -> None:
    Image.new("RGB", (300, 300), (200, 30, 30)).save(tmp_path / name)
    with pymupdf.open("pdf", print_image(tmp_path / name).pdf) as document:
        shown = document[0].get_pixmap().pixel(20, 20)
    assert shown == pytest.approx((200, 30, 30), abs=4)


def test_a_damaged_image_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    with pytest.raises(DocumentError, match=r"a.png is damaged, or no image that can be read"):
        print_image(tmp_path / "a.png")


def test_an_image_that_was_cut_short_is_not_shown_in_part(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Image.effect_noise((400, 400), 80).save(path)
    path.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(DocumentError, match=r"a.jpg is damaged"):
        print_image(path)


def test_an_image_of_far_too_many_pixels_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("1", (20_000, 10_000)).save(path)
    with pytest.raises(DocumentError, match=r"a.png has more than 179 million pixels"):
        print_image(path)
