from __future__ import annotations

import io

import pytest
from PIL import Image, ImageDraw, ImageFont

from pagesight.adapters.pytesseract import available as has_tesseract
from pagesight.adapters.rapidocr import RapidOCRReader, available
from pagesight.errors import ServiceError
from pagesight.settings import load
from pagesight.workers import reader_of

needs_rapidocr = pytest.mark.skipif(not available(), reason="rapidocr is not installed")


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "png")
    return buffer.getvalue()


@needs_rapidocr
def test_labels_are_read_word_by_word_where_they_stand() -> None:
    image = Image.new("L", (700, 300), 255)
    draw = ImageDraw.Draw(image)
    for left, label in ((40, "Feed pump"), (420, "Valve")):
        draw.rectangle((left, 60, left + 240, 220), outline=0, width=3)
        draw.text((left + 30, 115), label, fill=0, font=ImageFont.load_default(size=34))
    words = {word.text: word for word in RapidOCRReader().read(png(image), sparse=True)}
    assert words.keys() == {"Feed", "pump", "Valve"}
    assert words["Feed"].line == words["pump"].line != words["Valve"].line
    assert 60 <= words["Feed"].left < words["pump"].left <= 190
    assert 440 <= words["Valve"].left <= 465
    assert all(105 <= word.top <= 130 for word in words.values())


@needs_rapidocr
def test_an_empty_picture_gives_no_words() -> None:
    assert RapidOCRReader().read(png(Image.new("L", (400, 300), 255)), sparse=True) == ()


@needs_rapidocr
def test_what_is_no_picture_is_an_error_of_the_service() -> None:
    with pytest.raises(ServiceError, match="RapidOCR failed"):
        RapidOCRReader().read(b"no picture", sparse=True)


@needs_rapidocr
@pytest.mark.skipif(not has_tesseract(), reason="tesseract is not installed")
def test_it_reads_figures_where_it_is_installed_unless_another_engine_is_named() -> None:
    by_itself, named = (
        reader_of(load(overrides=[f"parse.figure_ocr_engine={name}"]))
        for name in ("auto", "tesseract")
    )
    assert by_itself is not None
    assert named is not None
    assert "figures by rapidocr" in by_itself.fingerprint
    assert "rapidocr" not in named.fingerprint
