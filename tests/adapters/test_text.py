"""Paragraphs with headings of their own, and marks across a page, drawn here."""

from __future__ import annotations

from functools import partial
from typing import Any

from pagesight.adapters.pymupdf.engine import pymupdf
from pagesight.adapters.pymupdf.text.lines import headed, line_text, lines_of
from pagesight.adapters.pymupdf.text.words import Word, text_layer, without_watermark

TEXT = "The relief valve limits the pressure of the pump to 285 bar and then opens."


def words(draw: Any) -> tuple[Word, ...]:
    document = pymupdf.open()
    page = document.new_page()
    draw(page)
    return text_layer(page).words


def run_in(page: Any, gap: float, following: str = TEXT) -> None:
    page.insert_text((72, 100), "Relief valve", fontsize=10, fontname="hebo")
    left = 72 + pymupdf.get_text_length("Relief valve", "hebo", 10) + gap
    page.insert_text((left, 100), following, fontsize=10)
    page.insert_text((72, 112), "It closes again once the pressure has fallen.", fontsize=10)


def test_a_bold_beginning_before_a_wide_gap_is_a_heading_of_its_own() -> None:
    head, rest = headed(words(lambda page: run_in(page, 10)))
    assert line_text(head) == "Relief valve"
    assert line_text(rest).startswith("The relief valve limits")


def test_bold_words_of_a_sentence_are_none() -> None:
    for gap, following in ((2.8, TEXT), (10, TEXT.lower())):
        found = words(partial(run_in, gap=gap, following=following))
        assert headed(found) == ((), found)


def test_a_bold_line_over_a_paragraph_is_a_heading_of_its_own() -> None:
    def draw(page: Any) -> None:
        page.insert_text((72, 76), "Relief valve", fontsize=10, fontname="hebo")
        page.insert_textbox(pymupdf.Rect(72, 90, 300, 200), TEXT, fontsize=10)

    head, rest = headed(words(draw))
    assert line_text(head) == "Relief valve"
    assert len(rest) == len(TEXT.split())


def across(page: Any, size: float) -> None:
    middle = pymupdf.Point(110, 640)
    page.insert_text(middle, "DRAFT", fontsize=size, morph=(middle, pymupdf.Matrix(45)))


def test_large_words_across_the_page_are_left_out() -> None:
    def draw(page: Any) -> None:
        page.insert_text((72, 100), TEXT)
        across(page, 60)

    assert "DRAFT" not in [word.text for word in without_watermark(words(draw))]


def test_slanted_labels_and_the_only_words_of_a_page_are_kept() -> None:
    def draw(page: Any) -> None:
        page.insert_text((72, 100), TEXT)
        across(page, 9)

    assert "DRAFT" in [word.text for word in without_watermark(words(draw))]
    only = without_watermark(words(lambda page: across(page, 60)))
    assert [word.text for word in only] == ["DRAFT"]


def test_a_narrow_number_far_left_of_its_item_is_read_before_it() -> None:
    def draw(page: Any) -> None:
        page.insert_text((72, 100), "ii.", fontsize=11)
        page.insert_text((100, 100), "Workplace awards", fontsize=11)

    assert [line_text(line) for line in lines_of(words(draw))] == ["ii. Workplace awards"]
