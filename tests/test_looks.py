"""Whether two files show the same picture."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageOps

from pagesight.looks import LIKE, SAME, look_of


def drawn(seed: int) -> Image.Image:
    """Boxes and lines on white: another drawing for each seed."""
    chance = random.Random(seed)
    image = Image.new("RGB", (420, 300), "white")
    pen = ImageDraw.Draw(image)
    for _ in range(8):
        x, y = chance.randrange(20, 340), chance.randrange(20, 240)
        pen.rectangle((x, y, x + chance.randrange(20, 80), y + 40), fill=chance.randrange(1 << 24))
    pen.rectangle((0, 0, 419, 299), outline="black", width=3)
    return image


def saved(image: Image.Image, path: Path) -> Path:
    image.save(path, quality=60)
    return path


def test_a_picture_is_the_same_when_it_was_scaled_framed_and_compressed(tmp_path: Path) -> None:
    whole = look_of(saved(drawn(1), tmp_path / "crop.png"))
    shot = ImageOps.expand(drawn(1).resize((270, 192)), border=(25, 5, 3, 14), fill="white")
    again = look_of(saved(shot, tmp_path / "shot.jpg"))
    assert whole is not None
    assert again is not None
    assert whole.distance(again) <= LIKE


def test_other_pictures_are_not_the_same(tmp_path: Path) -> None:
    looks = [look_of(saved(drawn(seed), tmp_path / f"{seed}.png")) for seed in range(12)]
    pairs = [(one, other) for n, one in enumerate(looks) for other in looks[:n]]
    assert all(one and other and one.distance(other) > LIKE for one, other in pairs)


def test_a_part_of_a_picture_has_other_proportions(tmp_path: Path) -> None:
    whole = look_of(saved(drawn(1), tmp_path / "whole.png"))
    part = look_of(saved(drawn(1).crop((0, 0, 210, 300)), tmp_path / "part.png"))
    assert whole is not None
    assert part is not None
    assert whole.distance(part) > LIKE


@pytest.mark.parametrize("level", [255, 90])
def test_a_plain_picture_looks_like_nothing(tmp_path: Path, level: int) -> None:
    assert look_of(saved(Image.new("L", (80, 60), level), tmp_path / "plain.png")) is None


def test_a_file_that_is_no_picture_looks_like_nothing(tmp_path: Path) -> None:
    (tmp_path / "notes.png").write_text("no picture")
    assert look_of(tmp_path / "notes.png") is None
    assert look_of(tmp_path / "gone.png") is None


def table(seed: int) -> Image.Image:
    """A table of one layout: other numbers for each seed."""
    chance = random.Random(seed)
    image = Image.new("RGB", (400, 300), "white")
    pen = ImageDraw.Draw(image)
    for row in range(10):
        pen.text((10, 10 + 28 * row), f"A row with a name {row}", fill="black", font_size=18)
        pen.text((300, 10 + 28 * row), str(chance.randrange(10, 99)), fill="black", font_size=18)
    return image


def test_tables_of_one_layout_are_told_apart_by_the_nearest(tmp_path: Path) -> None:
    shot = look_of(saved(table(3).resize((280, 210)), tmp_path / "shot.jpg"))
    looks = [look_of(saved(table(seed), tmp_path / f"{seed}.png")) for seed in range(6)]
    assert shot is not None
    distances = [look.fine_distance(shot) for look in looks if look is not None]
    assert distances.index(min(distances)) == 3


def test_a_crop_that_is_rendered_again_shows_the_same(tmp_path: Path) -> None:
    one = look_of(saved(drawn(1), tmp_path / "one.png"))
    moved = Image.new("RGB", (422, 302), "white")
    moved.paste(drawn(1), (1, 1))
    other = look_of(saved(moved, tmp_path / "other.png"))
    assert one is not None
    assert other is not None
    assert one.fine_distance(other) <= SAME
