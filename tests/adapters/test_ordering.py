"""In which order the boxes of a page are read; boxes are named by what stands in them."""

from __future__ import annotations

from collections.abc import Mapping

from pagesight.adapters.pymupdf.engine import Box
from pagesight.adapters.pymupdf.text.ordering import reading_order
from pagesight.geometry import BBox

Place = tuple[float, float, float, float]


def order(places: Mapping[str, Place], **kinds: str) -> str:
    """The names in the order of reading; the boxes are given backwards."""
    names = list(places)[::-1]
    boxes = [Box(kinds.get(name, "text"), BBox(*places[name])) for name in names]
    return " ".join(names[index] for index in reading_order(boxes))


def test_headers_come_first_and_footers_last() -> None:
    places = {"foot": (72, 30, 300, 40), "text": (72, 100, 500, 200), "head": (72, 800, 300, 810)}
    assert order(places, foot="page-footer", head="page-header") == "head text foot"


def test_columns_are_read_one_after_the_other_though_gaps_run_through_both() -> None:
    places = {
        "title": (72, 60, 520, 80),
        "a": (72, 100, 290, 200),
        "b": (72, 220, 290, 400),
        "c": (310, 100, 520, 200),
        "d": (310, 220, 520, 380),
        "wide": (72, 420, 520, 500),
    }
    assert order(places) == "title a b c d wide"


def test_authors_over_the_columns_of_a_paper_come_before_both() -> None:
    places = {
        "ann": (170, 100, 277, 130),
        "bob": (350, 100, 454, 130),
        "abstract": (54, 140, 296, 400),
        "text": (318, 142, 560, 400),
    }
    assert order(places) == "ann bob abstract text"


def test_a_box_between_columns_that_end_and_begin_level_parts_them() -> None:
    places = {
        "a": (72, 100, 290, 200),
        "b": (310, 100, 520, 200),
        "heading": (72, 220, 200, 240),
        "c": (72, 250, 290, 400),
        "d": (310, 250, 520, 400),
    }
    assert order(places) == "a b heading c d"


def test_a_box_beside_which_the_other_column_only_has_a_gap_does_not() -> None:
    places = {
        "a": (72, 100, 290, 200),
        "heading": (72, 220, 200, 240),
        "b": (72, 260, 290, 400),
        "c": (310, 100, 520, 160),
        "d": (310, 300, 520, 400),
    }
    assert order(places) == "a heading b c d"


def test_a_side_bar_is_read_after_the_text_beside_it_and_below() -> None:
    places = {
        "title": (72, 60, 300, 90),
        "a": (72, 100, 370, 210),
        "b": (72, 220, 370, 300),
        "c": (72, 320, 370, 500),
        "bar": (400, 98, 485, 115),
        "words": (400, 125, 528, 290),
    }
    assert order(places) == "title a b c bar words"


def test_a_note_in_the_margin_stays_with_its_paragraph() -> None:
    places = {
        "a": (72, 100, 370, 200),
        "b": (72, 220, 370, 300),
        "note": (400, 225, 500, 250),
        "c": (72, 320, 370, 500),
    }
    assert order(places) == "a b note c"


def test_an_address_beside_a_short_one_is_no_note() -> None:
    places = {
        "state": (138, 241, 174, 248),
        "office": (111, 249, 201, 279),
        "number": (435, 241, 474, 248),
        "code": (428, 249, 481, 272),
    }
    assert order(places) == "state office number code"


def test_lines_of_a_form_are_read_row_by_row() -> None:
    places = {
        "by": (72, 100, 200, 112),
        "name": (300, 100, 420, 112),
        "its": (72, 130, 200, 142),
        "title": (300, 130, 420, 142),
        "on": (72, 160, 200, 172),
        "date": (300, 160, 420, 172),
    }
    assert order(places) == "by name its title on date"


def test_an_indented_text_under_a_short_heading_is_no_column() -> None:
    places = {
        "list": (117, 114, 246, 494),
        "pages": (85, 496, 112, 507),
        "text": (118, 510, 556, 547),
    }
    assert order(places) == "list pages text"


def test_what_stands_inside_a_box_follows_it_from_top_to_bottom() -> None:
    places = {
        "table": (35, 280, 563, 540),
        "a": (183, 286, 571, 324),
        "b": (183, 331, 547, 350),
        "c": (183, 555, 568, 620),
    }
    assert order(places) == "table a b c"


def test_equal_boxes_are_both_told() -> None:
    same = (72.0, 100.0, 300.0, 200.0)
    assert sorted(order({"a": same, "b": same}).split()) == ["a", "b"]
