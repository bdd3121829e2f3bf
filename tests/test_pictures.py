"""Pictures are scaled, and cut into tiles where they would be unreadable."""

import io
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image

from pagesight.pictures import LEAST_SCALE, fitted, png
from tests.builders import a_png


def picture(path: Path, width: int, height: int) -> Path:
    """White on the left, black on the right."""
    image = Image.new("L", (width, height), 255)
    image.paste(0, (width // 2, 0, width, height))
    image.save(path)
    return path


def test_a_small_picture_is_sent_byte_for_byte(tmp_path: Path) -> None:
    path = picture(tmp_path / "small.png", 100, 50)
    (part,) = fitted(path, side=1024, detail="auto", most=4)
    assert (part.box, part.width, part.height) == ((0, 0, 100, 50), 100, 50)
    assert png(part) == path.read_bytes()


def test_a_page_is_scaled_as_a_whole(tmp_path: Path) -> None:
    (part,) = fitted(picture(tmp_path / "page.png", 1240, 1754), side=1024, detail="auto", most=4)
    assert (part.width, part.height) == (724, 1024)
    assert Image.open(io.BytesIO(png(part))).size == (724, 1024)


def test_a_wide_picture_is_cut_into_tiles_that_can_be_read(tmp_path: Path) -> None:
    path = picture(tmp_path / "wide.png", 4800, 600)
    parts = fitted(path, side=1024, detail="auto", most=4)
    assert [part.box[0] for part in parts] == sorted({part.box[0] for part in parts})
    for part in parts:
        assert part.width / (part.box[2] - part.box[0]) >= LEAST_SCALE
        assert (part.box[1], part.box[3]) == (0, 600)
    assert parts[0].box[0] == 0
    assert parts[-1].box[2] == 4800
    overlaps = [one.box[2] - other.box[0] for one, other in pairwise(parts)]
    assert overlaps
    assert min(overlaps) > 0
    first, last = (Image.open(io.BytesIO(png(part))) for part in (parts[0], parts[-1]))
    assert first.getpixel((10, 10)) == 255
    assert last.getpixel((10, 10)) == 0


def test_tiles_cover_a_picture_that_is_large_both_ways(tmp_path: Path) -> None:
    parts = fitted(picture(tmp_path / "large.png", 3000, 2500), side=1024, detail="auto", most=9)
    bare = Image.new("L", (3000, 2500), 255)
    for part in parts:
        bare.paste(0, part.box)
    assert bare.getbbox() is None
    assert len(parts) == 4


def test_a_picture_is_whole_where_its_tiles_are_too_many(tmp_path: Path) -> None:
    path = picture(tmp_path / "wide.png", 4800, 600)
    (part,) = fitted(path, side=1024, detail="auto", most=2)
    assert (part.width, part.height) == (1024, 128)


def test_low_detail_is_one_small_picture(tmp_path: Path) -> None:
    path = picture(tmp_path / "wide.png", 4800, 600)
    (part,) = fitted(path, side=1024, detail="low", most=4)
    assert (part.width, part.height, part.tokens) == (512, 64, 85)


@pytest.mark.parametrize("content", [None, b"no picture", a_png()[:30]])
def test_a_file_that_is_no_picture_is_an_error_of_the_file(
    tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "crop.png"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(OSError, match=r"crop\.png"):
        fitted(path, side=1024, detail="auto", most=4)


def test_a_picture_whose_end_is_missing_is_an_error_of_the_file(tmp_path: Path) -> None:
    path = picture(tmp_path / "crop.png", 200, 100)
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(OSError, match=r"truncated|broken"):
        fitted(path, side=1024, detail="auto", most=4)
