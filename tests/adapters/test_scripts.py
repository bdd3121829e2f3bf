"""Raised characters, in words that are drawn here and in what reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pagesight.adapters.pymupdf.engine import pymupdf
from pagesight.adapters.pymupdf.text.lines import line_text, lines_of
from pagesight.adapters.pymupdf.text.scripts import word_text
from pagesight.adapters.pymupdf.text.words import text_layer


@pytest.mark.parametrize(
    ("base", "raised", "rest", "text"),
    [
        ("10", "3", "", "10^3"),
        ("10", "\u22123", ".", "10^-3."),
        ("2", "16", "", "2^16"),
        ("110", "3", "", "110 ³"),
        ("m", "2", "/s", "m²/s"),
        ("cm", "3", ",", "cm³,"),
        ("min", "\u22121", "", "min⁻¹"),
        ("Ca", "2+", "", "Ca²⁺"),
        ("(a+b)", "2", "", "(a+b)²"),
        ("x", "n", "", "x^n"),
        ("20", "o", "C", "20°C"),
        ("3", "1", "/2", "3 1/2"),
        ("4", "th", "", "4th"),
        ("pressure", "3,4", "", "pressure ³,⁴"),
        ("net", "(3)", "", "net ⁽³⁾"),
        ("(diluted)", "(1)", "", "(diluted) ⁽¹⁾"),
        ("74", "cd", "", "74 cd"),
        ("etc.", "7", "", "etc. ⁷"),
        ("Li", "1", ",", "Li ¹,"),
        ("Smith", "a", "", "Smith a"),
        ("shown", "[12]", ".", "shown [12]."),
        ("25.6", "+6.7", "", "25.6 +6.7"),
        ("L", "A", "TEX", "LATEX"),
        ("", "1", "Supplied", "1 Supplied"),
        ("", "1", "", "1"),
    ],
)
def test_raised_characters_read_as_what_they_are(
    base: str, raised: str, rest: str, text: str
) -> None:
    assert word_text([(base, False), (raised, True), (rest, False)]) == text


def test_a_number_that_a_search_would_take_for_another_is_not_glued_to_its_mark() -> None:
    assert word_text([("12", False), ("1", True)]) == "12 ¹"


def lines(draw: Any, path: Path) -> list[str]:
    document = pymupdf.open()
    draw(document.new_page())
    document.save(path)
    with pymupdf.open(path) as saved:
        layer = text_layer(saved[0])
    return [line_text(line) for line in lines_of(layer.words)]


def written(page: Any, top: float, *pieces: tuple[str, float, float]) -> None:
    """Pieces one behind the other: text, size, points above the base line."""
    left = 72.0
    for text, size, lift in pieces:
        page.insert_text((left, top - lift), text, fontsize=size)
        left += pymupdf.get_text_length(text, fontsize=size)


def test_exponents_and_marks_are_told_apart_on_a_page(tmp_path: Path) -> None:
    def draw(page: Any) -> None:
        written(
            page, 100, ("a leak of 10", 11, 0), ("-3", 7, 4), (" bar over 5 m", 11, 0), ("2", 7, 4)
        )
        written(page, 140, ("see Table 12", 11, 0), ("1", 7, 4), (" for the oil", 11, 0))

    assert lines(draw, tmp_path / "a.pdf") == [
        "a leak of 10^-3 bar over 5 m²",
        "see Table 12 ¹ for the oil",
    ]


def test_lowered_characters_and_small_capitals_stay_in_their_word(tmp_path: Path) -> None:
    def draw(page: Any) -> None:
        written(page, 100, ("free of H", 11, 0), ("2", 7, -3), ("O and of CO", 11, 0), ("2", 7, -3))
        written(page, 140, ("N", 11, 0), ("ORDVIK", 8, 0), (" works", 11, 0))

    assert lines(draw, tmp_path / "a.pdf") == ["free of H2O and of CO2", "NORDVIK works"]
