"""Marks, claims, verbatim quotes and their boxes."""

import pytest

from pagesight.citations import check_marks, cite, claims, closest_sentence, find_verbatim
from pagesight.document import Chunk, Page, Region, Span
from pagesight.geometry import BBox
from tests.builders import an_id, some_pages
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


def pages(document_id: str) -> list[Page]:
    return some_pages()


def test_marks_that_were_not_shown_are_removed_and_counted() -> None:
    assert check_marks("Stop it [1]. Wait [7][2]. Go [9].", [1, 2]) == (
        "Stop it [1]. Wait [2]. Go.",
        2,
    )


def test_several_marks_in_one_bracket_are_told_apart() -> None:
    assert check_marks("Stop [1, 5; 2].", [1, 2]) == ("Stop [1][2].", 1)


def test_text_in_other_brackets_is_no_mark() -> None:
    assert check_marks("array[i] and [a1]", [1]) == ("array[i] and [a1]", 0)


def test_a_claim_reaches_back_to_the_mark_before_it() -> None:
    found = [
        (claim.text, claim.marks) for claim in claims("Stop it [1]. Wait a minute [2][3].\nGo on.")
    ]
    assert found == [("Stop it", (1,)), ("Wait a minute", (2, 3))]


@pytest.mark.parametrize(
    "quote",
    ["The shaft seal is tightened to 45 Nm.", "the SHAFT  seal is\ntightened to 45 Nm", "45 Nm"],
)
def test_verbatim_words_are_found_whatever_case_and_white_space(quote: str) -> None:
    place = find_verbatim(quote, SEAL)
    assert place is not None
    assert "45 Nm" in SEAL[slice(*place)]


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
    ],
)
def test_a_changed_digit_unit_or_sign_is_not_verbatim(claim: str, source: str) -> None:
    assert find_verbatim(claim, source) is None


def test_a_citation_has_the_boxes_of_just_its_lines_with_labels_and_fractions() -> None:
    evidence = an_evidence(1, "", chunk=a_seal_chunk())
    (citation,) = cite("The shaft seal is tightened to 45 Nm. [1]", [evidence], pages)
    assert citation.verified
    assert citation.quote == "The shaft seal is tightened to 45 Nm"
    assert [(box.page_number, box.page_label, box.bbox) for box in citation.boxes] == [
        (1, "1-1", LINES[1])
    ]
    assert citation.boxes[0].fractions == LINES[1].fractions(612, 792)


def test_a_quote_over_a_page_break_has_boxes_on_both_pages() -> None:
    evidence = an_evidence(1, "", chunk=a_seal_chunk())
    claim = "is tightened to 45 Nm. Use grease PN 410-2207 [1]"
    (citation,) = cite(claim, [evidence], pages)
    assert [box.page_number for box in citation.boxes] == [1, 2]


def test_a_claim_in_other_words_gets_the_closest_sentence_and_is_not_verified() -> None:
    evidence = an_evidence(1, "", chunk=a_seal_chunk())
    (citation,) = cite("Tighten the seal of the shaft with 45 Nm [1].", [evidence], pages)
    assert not citation.verified
    assert citation.quote == "The shaft seal is tightened to 45 Nm."


def test_the_same_quote_is_cited_once() -> None:
    evidence = an_evidence(1, "", chunk=a_seal_chunk())
    text = "Remove the cover [1]. Then remove the cover [1]."
    assert len(cite(text.replace("Then remove", "Remove"), [evidence], pages)) == 1


def test_a_claim_that_shares_no_word_still_points_somewhere() -> None:
    start, end = closest_sentence("zzz", SEAL)
    assert SEAL[start:end]


def test_a_figure_without_words_is_cited_by_its_region() -> None:
    evidence = an_evidence(1, "", "figure")
    (citation,) = cite("The drawing shows the seal [1].", [evidence], pages)
    assert citation.boxes
    assert not citation.verified
    assert citation.crop
