from __future__ import annotations

import io

import pytest
from PIL import Image, ImageDraw, ImageFont

from pagesight.adapters.pytesseract import PytesseractReader, available, installed_languages
from pagesight.errors import ServiceError, SettingsError
from pagesight.settings import load
from pagesight.workers import reader_of

needs_tesseract = pytest.mark.skipif(not available(), reason="tesseract is not installed")
LINES = (
    "The relief valve limits the pressure",
    "of the pump to 285 bar. Open the valve",
    "by two full turns before any work.",
)


def picture(lines: tuple[str, ...] = LINES, turn: int = 0) -> bytes:
    image = Image.new("L", (900, 500), 255)
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        font = ImageFont.load_default(size=36)
        draw.text((60, 60 + 60 * number), line, fill=0, font=font)
    return png(image.rotate(-turn, expand=True))


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "png")
    return buffer.getvalue()


@needs_tesseract
def test_a_page_is_read_in_order_with_lines_and_boxes() -> None:
    words = PytesseractReader().read(picture(), sparse=False)
    assert " ".join(word.text for word in words) == " ".join(LINES)
    assert len({word.line for word in words}) == 3
    first = words[0]
    assert 50 <= first.left <= 75
    assert 60 <= first.top <= 85
    assert all(0 < word.confidence <= 1 for word in words)


@needs_tesseract
@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_turned_page_is_read_upright_with_boxes_of_the_page_given(turn: int) -> None:
    lines = tuple(line for _ in range(2) for line in LINES)
    words = PytesseractReader().read(picture(lines, turn), sparse=False)
    assert "limits" in [word.text for word in words]
    assert "pressure" in [word.text for word in words]
    word = next(word for word in words if word.text == "pressure")
    if turn == 180:
        assert word.width > word.height
        assert word.left < 450
    else:
        assert word.height > word.width


@needs_tesseract
@pytest.mark.parametrize("turn", [90, 180])
def test_turned_rows_of_a_table_are_read_though_they_hardly_say_which_way_is_up(turn: int) -> None:
    rows = ("42 LEAVE WRK HRS PER YR 2080.0000", "44 WAGE LIMIT IND 0.0000")
    words = PytesseractReader().read(picture(rows, turn), sparse=False)
    assert " ".join(word.text for word in words) == " ".join(rows)


@needs_tesseract
def test_labels_of_a_figure_are_read_where_they_stand() -> None:
    image = Image.new("L", (700, 300), 255)
    draw = ImageDraw.Draw(image)
    for left, label in ((40, "Pump"), (420, "Valve")):
        draw.rectangle((left, 60, left + 220, 220), outline=0, width=3)
        draw.text((left + 40, 115), label, fill=0, font=ImageFont.load_default(size=34))
    words = PytesseractReader().read(png(image), sparse=True)
    found = {word.text: word for word in words}
    assert {"Pump", "Valve"} <= found.keys()
    assert 70 <= found["Pump"].left <= 95
    assert 450 <= found["Valve"].left <= 475


@needs_tesseract
def test_the_small_print_of_a_figure_is_read_where_it_stands() -> None:
    image = Image.new("L", (500, 200), 255)
    draw = ImageDraw.Draw(image)
    for number, label in enumerate(("Charge pump", "Reference", "Oscillator", "Prescaler")):
        left, top = 20 + 240 * (number % 2), 30 + 90 * (number // 2)
        draw.rectangle((left, top, left + 200, top + 60), outline=0)
        draw.text((left + 60, top + 22), label, fill=0, font=ImageFont.load_default(size=9))
    words = {word.text: word for word in PytesseractReader().read(png(image), sparse=True)}
    assert {"Charge", "pump", "Reference", "Oscillator", "Prescaler"} <= words.keys()
    assert 318 <= words["Reference"].left <= 322
    assert 50 <= words["Reference"].top <= 58
    assert 5 <= words["Reference"].height <= 11


@needs_tesseract
def test_noise_gives_hardly_any_words() -> None:
    noise = Image.effect_noise((400, 300), 120)
    words = PytesseractReader().read(png(noise), sparse=True)
    assert len(words) <= 2


@needs_tesseract
def test_an_empty_picture_gives_no_words() -> None:
    assert PytesseractReader().read(png(Image.new("L", (400, 300), 255)), sparse=False) == ()


@needs_tesseract
def test_a_missing_language_is_named_with_a_remedy() -> None:
    with pytest.raises(ServiceError, match=r"'tlh'.*list-langs"):
        PytesseractReader("tlh").read(picture(), sparse=True)


@needs_tesseract
def test_languages_are_found_by_themselves_among_those_installed() -> None:
    assert "eng" in installed_languages()
    assert "osd" not in installed_languages()
    reader = PytesseractReader("auto")
    assert "auto" in reader.fingerprint
    assert "pressure" in [word.text for word in reader.read(picture(), sparse=False)]


@needs_tesseract
def test_a_language_that_is_not_installed_is_refused_before_anything_is_read() -> None:
    with pytest.raises(SettingsError, match=r"no data for tlh.*list-langs.*tesseract-ocr-tlh"):
        reader_of(load(overrides=["parse.ocr_languages=eng+tlh"]))
    assert reader_of(load(overrides=["parse.ocr_languages=auto"])) is not None


@needs_tesseract
def test_a_picture_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(ServiceError, match=r"more than 0\.01 seconds") as caught:
        PytesseractReader(seconds=0.01).read(picture(), sparse=False)
    assert caught.value.retryable


def test_a_missing_program_is_named_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert not available()
    with pytest.raises(ServiceError, match="install tesseract-ocr"):
        PytesseractReader().read(picture(), sparse=True)


def test_the_fingerprint_names_the_languages() -> None:
    assert PytesseractReader("eng+deu").fingerprint.endswith("eng+deu")
