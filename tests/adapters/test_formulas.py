"""The order of words on a line: formulas whose pieces stand above, on and below it, and script
that is written from right to left."""

from __future__ import annotations

from collections.abc import Sequence

from pagesight.adapters.pymupdf.engine import pymupdf
from pagesight.adapters.pymupdf.text.lines import region_text, text_block
from pagesight.adapters.pymupdf.text.words import Word, text_layer
from pagesight.adapters.pymupdf.turning import turn_of
from pagesight.document import Role
from pagesight.geometry import BBox

Piece = tuple[float, float, str, float]
"""x, y of the baseline, text, font size."""


def words(*pieces: Piece) -> tuple[Word, ...]:
    document = pymupdf.open()
    page = document.new_page()
    for x, y, text, size in pieces:
        font = pymupdf.Font("helv" if text.isascii() else "cjk")
        writer = pymupdf.TextWriter(page.rect)
        writer.append((x, y), text, font=font, fontsize=size)
        writer.write_text(page)
    return text_layer(page).words


def read(found: Sequence[Word], role: Role = "formula") -> str:
    block = text_block(found, page=0, role=role, vocabulary=())
    assert [block.text[span.start : span.end] for span in block.spans] == block.text.split("\n")
    return block.text


def test_exponents_follow_their_bases_though_the_file_has_them_first() -> None:
    found = words((107, 95, "2", 8), (100, 100, "a", 12), (115, 100, "+ b = c", 12))
    assert read(found, "paragraph") == "a² + b = c"


def test_limits_follow_their_operator() -> None:
    found = words(
        (132, 84, "k", 8),
        (100, 100, "y =", 12),
        (130, 100, "∑", 12),
        (127, 114, "i=1", 8),
        (150, 100, "x", 12),
    )
    assert read(found) == "y = ∑_{i=1}^k x"


def test_what_stands_over_each_other_with_a_gap_in_the_line_is_a_fraction() -> None:
    found = words((134, 92, "a + b", 12), (100, 100, "y =", 12), (140, 109, "2c", 12))
    assert read(found) == "y = (a + b)/2c"


def test_what_is_below_a_power_stands_before_its_exponent() -> None:
    found = words((100, 100, "y = x", 12), (127, 95, "k", 8), (127, 103, "i", 8))
    assert read(found) == "y = x_i^k"


def test_formulas_below_each_other_are_lines() -> None:
    found = words((100, 100, "a = b", 12), (100, 140, "c = d", 12))
    assert read(found) == "a = b\nc = d"


def test_pieces_that_may_belong_to_either_of_two_lines_stay_as_they_are() -> None:
    found = words(
        (100, 100, "y = x", 12),
        (100, 113, "z = x", 12),
        (100, 126, "w = x", 12),
        (160, 107, "i", 8),
    )
    block = text_block(found, page=0, role="formula", vocabulary=())
    assert set("_^").isdisjoint(block.text)


def test_operators_alone_are_read_as_they_stand() -> None:
    assert read(words((100, 100, "∑", 12), (130, 100, "∑", 12))) == "∑ ∑"


def test_a_sentence_with_a_sign_is_no_formula() -> None:
    found = words((100, 100, "The limit is", 12), (180, 96, "2", 8), (186, 100, "p = 285", 12))
    assert read(found, "paragraph").startswith("The limit is")


RIGHT_TO_LEFT = ("\u05e9\u05dc\u05d5\u05dd", "\u05e2\u05d5\u05dc\u05dd")
"""The first of the two stands at the right."""


def test_right_to_left_script_is_read_from_the_right_in_whatever_order_it_was_drawn() -> None:
    first, second = (
        Word(text, BBox(x, 100, x + 30, 112), 0, 0, size=12.0)
        for text, x in zip(RIGHT_TO_LEFT, (140, 100), strict=True)
    )
    year = [Word("May", BBox(40, 100, 60, 112), 0, 1, size=12.0)]
    year += [Word("2024", BBox(65, 100, 95, 112), 0, 1, size=12.0)]
    for words_of in ((first, second, *year), (*year, second, first)):
        assert region_text(words_of) == f"{first.text} {second.text} May 2024"


def test_a_page_in_right_to_left_script_is_not_upside_down() -> None:
    lines = [
        Word(text, BBox(x, y, x + 30, y + 12), 0, y, size=12.0)
        for y in (100, 120, 140)
        for text, x in zip(RIGHT_TO_LEFT, (140, 100), strict=True)
    ]
    assert turn_of(lines) == 0
