"""What holds for every answer."""

from __future__ import annotations

import re
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from pagesight.citations import ground
from pagesight.citations.marks import mark_runs
from pagesight.sentences import sentence_ranges
from tests.builders import some_pages
from tests.citations.pieces import ALL, MODELS, PROSE, STEPS, TABLE, grounded

FEW = settings(max_examples=150, deadline=None)
PIECES = (
    *("[1]", "[2, 3]", "[9]", "[", "]", "| a | b |", "| --- | --- |", "```", "`x`", "- ", "1. "),
    *("The shaft seal takes 45 Nm. ", "| M8 | 24 |", "not ", "before ", "-40 °C ", "Table 4-1 "),
    *("in 2023 ", "P4-100 ", "respectively ", "10 to 20 V ", "?", ":", "\n", "# ", "**", "| ", " "),
)
ANSWERS = st.one_of(st.text(max_size=80), st.lists(st.sampled_from(PIECES)).map("".join))
VERIFIED = (
    "The shaft seal is tightened to 45 Nm [1].",
    "Use grease PN 410-2207 for the O-rings [1].",
    "Wait at least 8 minutes after switching off the mains [1].",
    "The bearing bracket (M8) takes 24 Nm [2].",
    "| Bearing bracket | M8 | 24 | 40 | [2]",
    "The maximum input voltage is 5.5 V [5].",
    "In 2023 net revenue was $5,310 million [6].",
    "The P4-100 weighs 41 kg [8].",
)
COPIED = [
    (piece.mark, piece.shown_text[start:end])
    for piece in (PROSE, STEPS, MODELS)
    for start, end in sentence_ranges(piece.shown_text)
    if len(piece.shown_text[start:end].split()) > 2
] + [(TABLE.mark, line) for line in TABLE.shown_text.splitlines()[3:]]


@FEW
@given(ANSWERS)
def test_any_text_is_checked_and_the_spans_of_its_claims_slice_it(text: str) -> None:
    checked = grounded(text)
    for claim in checked.claims:
        sliced = checked.text[claim.start : claim.end]
        assert sliced == sliced.strip()
        assert re.sub(r"\W|\d", "", claim.text) in re.sub(r"\W|\d", "", sliced)
    starts = [(claim.start, claim.end) for claim in checked.claims]
    assert starts == sorted(starts)
    assert all(left[1] <= right[0] for left, right in pairwise(starts))


@FEW
@given(ANSWERS)
def test_citations_are_quotes_of_marked_claims_without_repeats(text: str) -> None:
    checked = grounded(text)
    sources = {piece.mark: piece.chunk.text for piece in ALL}
    for citation in checked.citations:
        claim = checked.claims[citation.claim]
        assert citation.mark in claim.marks
        assert citation.quote in sources[citation.mark]
        assert claim.support == "verified" or not citation.verified
    keys = [(each.claim, each.mark, each.quote) for each in checked.citations]
    assert len(keys) == len(set(keys))


@FEW
@given(ANSWERS)
def test_nothing_is_verified_without_a_mark(text: str) -> None:
    checked = grounded(text.replace("[", "("))
    assert all(claim.support == "uncited" for claim in checked.claims)


@FEW
@given(ANSWERS)
def test_marks_of_pieces_that_were_not_shown_never_verify(text: str) -> None:
    checked = ground(text, (), lambda _: some_pages())
    assert not mark_runs(checked.text)
    assert all(claim.support == "uncited" for claim in checked.claims)


@given(st.lists(st.sampled_from(COPIED), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_copied_sentences_with_their_marks_are_all_verified(copied: list[tuple[int, str]]) -> None:
    checked = grounded("\n".join(f"{sentence} [{mark}]" for mark, sentence in copied))
    assert len(checked.claims) == len(copied)
    assert [claim.reason for claim in checked.claims if claim.support != "verified"] == []


@given(st.sampled_from(VERIFIED), st.data())
@settings(max_examples=200, deadline=None)
def test_changing_any_digit_of_a_verified_claim_unverifies_it(
    text: str, data: st.DataObject
) -> None:
    (claim,) = grounded(text).claims
    assert claim.support == "verified"
    marked = mark_runs(text)[0].start
    places = [match.start() for match in re.finditer(r"\d", text[:marked])]
    place = data.draw(st.sampled_from(places))
    digit = data.draw(st.sampled_from([each for each in "0123456789" if each != text[place]]))
    changed = text[:place] + digit + text[place + 1 :]
    assert [each.support for each in grounded(changed).claims] == ["unverified"]
