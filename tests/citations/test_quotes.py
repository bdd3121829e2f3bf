"""What a claim is held against: verbatim words of its sources, with their boxes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pagesight.citations import find_verbatim
from pagesight.document import Chunk, Region, Span
from pagesight.geometry import BBox
from tests.builders import an_id
from tests.citations.pieces import BLANK, MODELS, PROSE, STEPS, TABLE, grounded
from tests.evidence import an_evidence

SEAL = "Remove the cover.\nThe shaft seal is tightened to 45 Nm. Use grease PN 410-2207."
LINES = [BBox(72, 100, 300, 112), BBox(72, 114, 300, 126), BBox(72, 128, 300, 140)]


def a_seal_chunk() -> Chunk:
    """Three lines of text, the last one on the next page."""
    starts = [0, 18, 56]
    ends = [17, 55, len(SEAL)]
    spans = tuple(
        Span(start=start, end=end, page=page, bbox=box)
        for start, end, page, box in zip(starts, ends, (0, 0, 1), LINES, strict=True)
    )
    return Chunk(
        id="seal",
        document_id=an_id("manual"),
        kind="text",
        text=SEAL,
        title="Manual",
        heading_path=(),
        spans=spans,
        regions=(Region(page=0, bbox=LINES[0]),),
    )


@pytest.mark.parametrize(
    "quote",
    [
        "The shaft seal is tightened to 45 Nm.",
        "the SHAFT  seal is\ntightened to 45 Nm",
        "**45 Nm**",
        "“45 Nm”",
    ],
)
def test_verbatim_words_are_found_whatever_case_space_and_quotes(quote: str) -> None:
    place = find_verbatim(quote, SEAL)
    assert place is not None
    assert "45 Nm" in SEAL[slice(*place)]


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("Bearing bracket M8 24", "| Bearing bracket | M8 | 24 |"),
        ("the temperature range", "the tempe-\nrature range"),
        ("the temperature range", "the tempe\u00adrature  range"),
        ("the final fit", "the ﬁnal ﬁt"),
        ("from 4-20 mA", "from 4–20 mA"),
        ("the pump's seal", "the pump’s seal"),
    ],
)
def test_pipes_hyphens_ligatures_and_dashes_do_not_count(claim: str, source: str) -> None:
    assert find_verbatim(claim, source) is not None


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("is tightened to 46 Nm", SEAL),
        ("is tightened to 45 N", SEAL),
        ("is tightened to 5 Nm", SEAL),
        ("pressure is 1.5 bar", "The pressure is 1,5 bar."),
        ("5 bar", "The pressure is 1.5 bar."),
        ("range of 1", "a range of 1.5 bar"),
        ("limit -5 V", "the limit 5 V"),
        ("seal", SEAL),
        ("24 M10", "| M8 | 24 |\n| M10 | 49 |"),
        ("", SEAL),
    ],
)
def test_a_changed_digit_unit_sign_or_row_is_not_verbatim(claim: str, source: str) -> None:
    assert find_verbatim(claim, source) is None


def test_a_citation_has_the_boxes_of_just_its_lines_with_labels_and_fractions() -> None:
    evidence = an_evidence(1, "", chunk=a_seal_chunk())
    (citation,) = grounded("The shaft seal is tightened to 45 Nm. [1]", evidence).citations
    assert citation.verified
    assert citation.quote == "The shaft seal is tightened to 45 Nm"
    assert [(box.page_number, box.page_label, box.bbox) for box in citation.boxes] == [
        (1, "1-1", LINES[1])
    ]
    assert citation.boxes[0].fractions == LINES[1].fractions(612, 792)


def test_a_quote_over_a_page_break_has_boxes_on_both_pages() -> None:
    evidence = an_evidence(1, "", chunk=a_seal_chunk())
    text = "The shaft seal takes 45 Nm and grease PN 410-2207 [1]."
    (citation,) = grounded(text, evidence).citations
    assert citation.verified
    assert [box.page_number for box in citation.boxes] == [1, 2]


def test_a_claim_in_other_words_is_quoted_by_the_sentence_that_says_it() -> None:
    (citation,) = grounded("Tighten the seal of the shaft with 45 Nm [1].", PROSE).citations
    assert (citation.verified, citation.quote) == (True, "The shaft seal is tightened to 45 Nm.")


def test_an_unverified_claim_is_quoted_by_what_comes_closest() -> None:
    (citation,) = grounded("Tighten the seal of the shaft with 54 Nm [1].", PROSE).citations
    assert (citation.verified, citation.quote) == (False, "The shaft seal is tightened to 45 Nm.")


def test_a_row_is_quoted_as_it_stands() -> None:
    (citation,) = grounded("The M8 bolt of the bearing bracket takes 24 Nm [2].", TABLE).citations
    assert citation.quote == "| Bearing bracket | M8 | 24 | 40 |"


def test_support_in_two_places_of_a_source_is_quoted_twice() -> None:
    text = "The P4-100 weighs 41 kg and the P4-50 weighs 27 kg [8]."
    checked = grounded(text, MODELS)
    assert [claim.support for claim in checked.claims] == ["verified"]
    assert all("kg" in citation.quote for citation in checked.citations)
    quoted = " ".join(citation.quote for citation in checked.citations)
    assert "41 kg" in quoted
    assert "27 kg" in quoted


def test_a_source_that_adds_nothing_is_cited_and_not_verified() -> None:
    text = "The shaft seal is tightened to 45 Nm [1][7]."
    seal, steps = grounded(text, PROSE, STEPS).citations
    assert (seal.mark, seal.verified) == (1, True)
    assert (steps.mark, steps.verified) == (7, False)


def test_each_citation_names_its_claim_and_stands_once() -> None:
    text = "Close the suction valve [7]. Insert a new element [7]. Insert a new element [7][7]."
    checked = grounded(text, STEPS)
    assert [citation.claim for citation in checked.citations] == [0, 1, 2]


def test_a_figure_without_words_is_cited_by_its_region() -> None:
    (citation,) = grounded("The drawing shows the seal [4].", BLANK).citations
    assert citation.boxes
    assert (citation.quote, citation.verified) == ("", False)
    assert citation.crop


def test_the_box_of_a_cited_figure_comes_before_those_of_its_words() -> None:
    drawing = Region(page=0, bbox=BBox(72, 200, 400, 500))
    chunk = replace(a_seal_chunk(), kind="figure", regions=(drawing, *a_seal_chunk().regions))
    text = "The shaft seal is tightened to 45 Nm [1]."
    (citation,) = grounded(text, an_evidence(1, "", chunk=chunk)).citations
    assert [box.bbox for box in citation.boxes] == [drawing.bbox, LINES[1]]
    assert citation.verified


def test_claims_without_marks_have_no_citations() -> None:
    assert grounded("The shaft seal is tightened to 45 Nm.").citations == ()
