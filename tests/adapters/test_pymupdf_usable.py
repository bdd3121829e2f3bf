"""Telling text from garbage."""

from __future__ import annotations

import pytest

from pagesight.adapters.pymupdf.engine import pymupdf
from pagesight.adapters.pymupdf.text.characters import clean
from pagesight.adapters.pymupdf.text.usable import is_usable
from pagesight.adapters.pymupdf.text.words import Word, text_layer
from pagesight.geometry import BBox

ENGLISH = (
    "The relief valve limits the pressure of the pump to 285 bar. Open the discharge valve by "
    "two full turns before any work, and wait until the gauge shows no pressure at all. The "
    "accumulator holds oil under pressure after the motor has stopped."
)
GERMAN = (
    "Das Überdruckventil begrenzt den Druck der Pumpe. Vor allen Arbeiten für zwei Umdrehungen "
    "öffnen und warten, bis das Manometer keinen Druck mehr zeigt. Der Ölbehälter wird darüber "
    "hinaus durch einen zusätzlichen Kühler auf höchstens fünfzig Grad gekühlt."
)
POLISH = (
    "Zawór bezpieczeństwa ogranicza ciśnienie pompy. Przed rozpoczęciem wszelkich prac należy "
    "otworzyć zawór spustowy o dwa pełne obroty i odczekać, aż wskaźnik przestanie pokazywać "
    "ciśnienie. Zbiornik pozostaje pod ciśnieniem również po zatrzymaniu silnika."
)
FINNISH = (
    "Varoventtiili rajoittaa pumpun painetta. Avaa tyhjennysventtiiliä kaksi täyttä kierrosta "
    "ennen töiden aloittamista ja odota, kunnes painemittari ei enää näytä painetta. Säiliössä "
    "on painetta myös moottorin pysähtymisen jälkeen."
)
RUSSIAN = (
    "Предохранительный клапан ограничивает давление насоса. Перед началом любых работ откройте "
    "сливной клапан на два полных оборота и подождите, пока манометр не перестанет показывать "
    "давление. Аккумулятор остается под давлением и после остановки двигателя."
)
CHINESE = (
    "溢流阀限制泵的压力。在进行任何工作之前，将排放阀打开两整圈，并等待压力表不再显示压力。" * 4
)
CODE = (
    "static int read_gauge(struct gauge *g, uint8_t *buf, size_t len) { if (!g || !buf) { return "
    "-EINVAL; } for (size_t i = 0; i < len; ++i) { buf[i] = g->regs[i] & 0xff; } return (int)len; }"
)
PARTS = " ".join(
    f"ATmega{number} AVR{number}DB PIC16F{number} XC7Z{number}-2CLG" for number in range(40)
)
NUMBERS = " ".join(f"$ ({number * 37:,}) {number}.{number % 7}% (a)" for number in range(60))
DATA = "QmFzZTY0IGVuY29kZWQ5 c3RyaW5ncyBhcmUg bm90IHByb3Nl OyB0aGV5IGhhdmUg ZGlnaXRz " * 4


def words(text: str) -> list[Word]:
    return [Word(each, BBox(0, 0, 1, 1), 0, 0) for each in text.split()]


def shifted(text: str, by: int) -> str:
    return " ".join("".join(chr(ord(letter) + by) for letter in word) for word in text.split())


@pytest.mark.parametrize(
    "text",
    [
        ENGLISH,
        ENGLISH.upper(),
        GERMAN,
        POLISH,
        FINNISH,
        RUSSIAN,
        CHINESE,
        CODE,
        PARTS,
        NUMBERS,
        DATA,
    ],
)
def test_languages_code_parts_and_numbers_are_text(text: str) -> None:
    assert is_usable(words(text))


@pytest.mark.parametrize("by", [-1, 1, 3, -29, -31])
def test_shifted_letters_are_garbage(by: int) -> None:
    assert not is_usable(words(shifted(ENGLISH, by)))


@pytest.mark.parametrize(
    "text",
    [
        " ".join(f"(cid:{ord(letter)})" for letter in ENGLISH),
        "".join(chr(0xE000 + ord(letter)) for letter in ENGLISH),
        "\ufffd\ufffd\ufffd 12",
        ENGLISH.translate(
            {ord(letter): chr(33 + place) for place, letter in enumerate("etaoinsrhldc")}
        ),
        RUSSIAN.encode("cp1251").decode("latin-1"),
        RUSSIAN.encode().decode("latin-1"),
        "für größere Ölbehälter übermäßige Kühlung".encode().decode("cp1252"),
    ],
)
def test_what_says_nothing_is_garbage(text: str) -> None:
    padded = text if len(text) > 100 else f"{text} {text} {text}"
    assert not is_usable(words(padded))


def test_a_page_whose_font_maps_its_letters_wrongly_is_garbage() -> None:
    with pymupdf.open() as document:
        page = document.new_page()
        page.insert_textbox(pymupdf.Rect(50, 50, 500, 300), shifted(ENGLISH, 1), fontsize=10)
        assert not is_usable(text_layer(page).words)


def test_accents_that_stand_before_their_letters_are_put_on_them() -> None:
    assert (
        clean("J\u00b4an Min\u00b4a\u02c7c, Jim\u00b4enez, na\u00a8\u0131ve")
        == "Ján Mináč, Jiménez, naïve"
    )
    assert clean("20 \u00b4 x\u02c7q \u02dc5") == "20 \u00b4 x\u02c7q \u02dc5"
