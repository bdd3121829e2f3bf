"""Bullets and boxes that a text layer tells as letters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pagesight.adapters.pymupdf.engine import pymupdf
from pagesight.adapters.pymupdf.text.bullets import name_signs
from pagesight.adapters.pymupdf.text.words import text_layer

ITEMS = ("Close the relief valve", "Open the oily lid", "Look at the gauge", "Go on")


def texts(draw: Callable[[Any], None]) -> str:
    document = pymupdf.open()
    page = document.new_page()
    draw(page)
    return " ".join(word.text for word in text_layer(page).words)


def items(page: Any, mark: str, *, font: str = "cour", left: float = 72) -> None:
    for number, item in enumerate(ITEMS):
        top = 100 + 20 * number
        page.insert_text((left, top), mark, fontname=font)
        page.insert_text((left + 18, top), item)


def test_a_letter_of_another_font_left_of_every_item_is_a_bullet() -> None:
    found = texts(lambda page: items(page, "o"))
    assert found == " ".join(f"\u2022 {item}" for item in ITEMS)


def test_a_letter_of_the_font_of_the_text_is_none_nor_is_one_that_is_also_a_word() -> None:
    def draw(page: Any) -> None:
        items(page, "G")
        page.insert_text((72, 400), "GG", fontname="cour")

    assert "\u2022" not in texts(lambda page: items(page, "G", font="helv"))
    assert "\u2022" not in texts(draw)


def test_letters_side_by_side_and_letters_alone_are_none() -> None:
    def draw(page: Any) -> None:
        for number in range(3):
            page.insert_text((72 + 120 * number, 100), "R", fontname="cour")
            page.insert_text((84 + 120 * number, 100), "= 10")

    def lonely(page: Any) -> None:
        for number in range(4):
            page.insert_text((72, 100 + 20 * number), "R", fontname="cour")

    assert "\u2022" not in texts(draw)
    assert "\u2022" not in texts(lonely)


def signs(font: str, characters: str) -> str:
    chars = [{"c": each, "bbox": (0, 0, 10, 10)} for each in characters]
    span = {"font": font, "chars": chars}
    line = {"spans": [span], "dir": (1.0, 0.0), "bbox": (0, 0, 10, 10)}
    name_signs([{"lines": [line]}])
    return "".join(str(each["c"]) for each in chars)


def test_boxes_of_wingdings_are_boxes_and_letters_of_other_fonts_letters() -> None:
    assert signs("ABCDEF+Wingdings-Regular", "x\u00a8\uf0fe") == "\u2612\u2610\u2611"
    assert signs("Helvetica", "x\u00a8") == "x\u00a8"
    assert signs("SymbolMT", "\uf0b7") == "\u2022"
