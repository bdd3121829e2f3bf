"""The extractive answerer quotes what answers, word for word."""

from __future__ import annotations

import pytest

from pagesight.citations import cite
from pagesight.extractive import ExtractiveAnswerer
from pagesight.results import Evidence
from tests.builders import some_pages
from tests.evidence import an_evidence
from tests.models import HashedWords

TORQUES = an_evidence(
    1,
    "Table 4-1: Tightening torques\n"
    "| Joint | Thread | Torque |\n| --- | --- | --- |\n"
    "| Casing cover | M8 | 25 Nm |\n| Bearing bracket | M12 | 85 Nm |",
    "table",
)
PROSE = an_evidence(
    2,
    "Replacing the seal\nDrain the casing before you open it. "
    "The bearing bracket may be hot after operation.",
)
DRAWING = an_evidence(3, "Figure 3-2: Exploded view of the pump\n1 casing\n2 impeller", "figure")


def answer(question: str, *evidence: Evidence) -> str:
    return "".join(ExtractiveAnswerer(HashedWords()).write(question, evidence))


def test_a_table_row_is_quoted_under_its_header() -> None:
    text = answer("What torque does the bearing bracket take?", TORQUES, PROSE, DRAWING)
    assert text.startswith("| Joint | Thread | Torque |\n| Bearing bracket | M12 | 85 Nm | [1]")


def test_a_sentence_is_quoted_whole() -> None:
    text = answer("What must be done before the casing is opened?", PROSE)
    assert text.splitlines()[0] == "Drain the casing before you open it. [2]"


def test_a_wish_for_a_drawing_brings_the_figure() -> None:
    text = answer("Which drawing shows the exploded view?", TORQUES, PROSE, DRAWING)
    assert text.splitlines()[0].startswith("Figure 3-2: Exploded view of the pump")
    assert "[3]" in text.splitlines()[0]


@pytest.mark.parametrize(
    "question", ["bearing bracket torque", "exploded view", "drain the casing"]
)
def test_every_quote_is_verified_against_its_source(question: str) -> None:
    evidence = [TORQUES, PROSE, DRAWING]
    text = answer(question, *evidence)
    citations = cite(text, evidence, lambda _: some_pages())
    assert citations
    assert all(citation.verified for citation in citations)


def test_every_row_of_a_table_without_header_can_be_quoted() -> None:
    bare = an_evidence(1, "| E07 | 95 °C |\n| E08 | 12 bar |", "table")
    assert answer("What is E07?", bare).splitlines()[0] == "| E07 | 95 °C | [1]"


def test_a_table_of_a_caption_alone_is_quoted_by_it() -> None:
    assert answer("torques?", an_evidence(1, "Table 9: Torques", "table")) == "Table 9: Torques [1]"


def test_no_evidence_gives_no_answer() -> None:
    assert answer("Anything?") == ""
    assert answer("Anything?", an_evidence(1, "", "figure")) == ""
