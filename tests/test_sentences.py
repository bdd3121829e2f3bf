"""Sentence ends in technical prose."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagesight.sentences import sentence_ranges


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_ranges(text)]


def test_full_stops_before_capitals_end_sentences() -> None:
    assert split("Stop the pump. Close the valve! Wait?") == [
        "Stop the pump.",
        "Close the valve!",
        "Wait?",
    ]


def test_a_unit_of_one_letter_ends_a_sentence_as_any_word_does() -> None:
    assert split("It stays at 25 °C. Its fuse takes 6.5 A. Ask J. Smith.") == [
        "It stays at 25 °C.",
        "Its fuse takes 6.5 A.",
        "Ask J. Smith.",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "See Fig. 3 for the layout.",
        "Use a solvent, e.g. Isopropanol, on the seal.",
        "The value is 3.3 V at 25.5 degrees.",
        "As shown by J. Smith in the test.",
        "Tighten bolts no. 4 and no. 5.",
        "Open config.toml and lib.so.6 first.",
    ],
)
def test_abbreviations_and_numbers_do_not(text: str) -> None:
    assert split(text) == [text]


def test_a_line_break_ends_a_sentence() -> None:
    assert split("4.3 Shaft seal\nRemove the cover.") == ["4.3 Shaft seal", "Remove the cover."]


@given(st.text(alphabet=st.sampled_from("ab. \nA1!?"), max_size=60))
def test_ranges_are_ordered_disjoint_and_lose_no_word(text: str) -> None:
    ranges = list(sentence_ranges(text))
    assert all(start < end for start, end in ranges)
    assert all(left[1] <= right[0] for left, right in pairwise(ranges))
    covered = "".join(text[start:end] for start, end in ranges)
    assert "".join(covered.split()) == "".join(text.split())
