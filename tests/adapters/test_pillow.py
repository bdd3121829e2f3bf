from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from pagesight.adapters.pillow import StraightenedPages, skew_of
from pagesight.adapters.pytesseract import PytesseractReader, available

LINE = "The relief valve limits the pressure of the pump to 285 bar at most."


def page(angle: float = 0.0, lines: int = 16) -> Image.Image:
    """Lines that fall to the right by `angle` degrees."""
    image = Image.new("L", (1500, 1100), 255)
    draw = ImageDraw.Draw(image)
    for number in range(lines):
        draw.text((160, 120 + 55 * number), LINE, fill=0, font=ImageFont.load_default(size=34))
    return image.rotate(-angle, Image.Resampling.BICUBIC, fillcolor=255)


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "png")
    return buffer.getvalue()


@pytest.mark.parametrize("angle", [-5.0, -1.5, 0.0, 2.0, 4.0])
def test_the_skew_of_a_page_is_found(angle: float) -> None:
    assert skew_of(page(angle)) == pytest.approx(angle, abs=0.2)


def test_what_has_no_lines_is_not_turned() -> None:
    drawing = Image.new("L", (900, 900), 255)
    draw = ImageDraw.Draw(drawing)
    for place in range(0, 900, 90):
        draw.line((place, 0, 900, 900 - place), fill=0, width=3)
        draw.ellipse((place, place, place + 80, place + 120), outline=0, width=3)
    assert skew_of(drawing) == 0
    grain = np.random.default_rng(1).normal(128, 60, (800, 800)).clip(0, 255)
    assert skew_of(Image.fromarray(grain.astype(np.uint8))) == 0
    assert skew_of(Image.new("L", (800, 800), 255)) == 0


@pytest.mark.skipif(not available(), reason="tesseract is not installed")
def test_a_skewed_page_is_read_with_boxes_where_the_words_stand() -> None:
    reader = StraightenedPages(PytesseractReader())
    level = reader.read(png(page(lines=5)), sparse=False)
    skewed = reader.read(png(page(-5, 5)), sparse=False)
    assert [word.text for word in skewed] == [word.text for word in level]
    ink = page(-5, 5).point(lambda value: 255 * (value < 128))
    for word in skewed:
        box = (word.left, word.top, word.left + word.width, word.top + word.height)
        assert ink.crop(box).getbbox() is not None
    first = [word for word in skewed if word.line == skewed[0].line]
    assert first[-1].top < first[0].top - 50
