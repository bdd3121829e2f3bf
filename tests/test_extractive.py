"""The extractive answerer quotes what answers, word for word, with what makes it understood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pagesight.citations import ground
from pagesight.extractive import ExtractiveAnswerer
from pagesight.extractive.scoring import SHORTLIST
from pagesight.results import Evidence
from tests.builders import a_chunk, some_pages
from tests.evidence import an_evidence
from tests.models import HashedWords

if TYPE_CHECKING:
    from pagesight.ports import Matrix

TORQUES = an_evidence(
    1,
    "Table 4-1: Tightening torques\n"
    "| Joint | Thread | Torque |\n| --- | --- | --- |\n"
    "| Casing cover | M8 | 25 Nm |\n| Bearing bracket | M12 | 85 Nm |\n"
    "| Coupling guard | M6 | 9 Nm |\n| Total of screws | | 14 |",
    "table",
)
PROSE = an_evidence(
    2,
    "Replacing the seal\nDrain the casing before you open it. "
    "The bearing bracket may be hot after operation.",
)
DRAWING = an_evidence(3, "Figure 3-2: Exploded view of the pump\n1 casing\n2 impeller", "figure")
STEPS = an_evidence(
    4,
    "5.4 Shaft seal\n"
    "To replace the shaft seal, proceed as follows:\n"
    "WARNING\nThe casing may be under pressure.\n"
    "1. Switch off the pump. Wait for eight minutes.\n"
    "2. Remove the cover and\nkeep its screws.\n"
    "CAUTION Do not scratch the shaft.\n"
    "3. Pull the old seal.\n"
    "a) Use the hook 410-T09.\n"
    "b) Clean the seat.\n"
    "4. Press the new seal in.\n"
    "Used seals are hazardous waste.",
)


def answer(question: str, *evidence: Evidence) -> str:
    return "".join(ExtractiveAnswerer(HashedWords()).write(question, evidence))


def table(*lines: str, mark: int = 1) -> Evidence:
    return an_evidence(mark, "\n".join(lines), "table")


def test_a_row_is_quoted_under_the_caption_and_the_header() -> None:
    text = answer("What torque does the M12 screw of the bearing bracket take?", TORQUES)
    assert text.splitlines() == [
        "Table 4-1: Tightening torques [1]:",
        "| Joint | Thread | Torque |",
        "| --- | --- | --- |",
        "| Bearing bracket | M12 | 85 Nm | [1]",
    ]


WIDE = table(
    "Sales by region",
    "| Region | Unit | 2012 | 2013 | 2014 | 2015 | 2016 | 2017 | 2018 |",
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    "| Asia | M€ | 12 | 13 | 14 | 15 | 16 | 17 | 18 |",
    "| Europe | M€ | 22 | 23 | 24 | 25 | 26 | 27 | 28 |",
)


def test_of_a_long_row_the_label_the_unit_and_the_named_column_are_shown() -> None:
    text = answer("What were sales in Europe in 2016?", WIDE)
    assert text.splitlines() == [
        "Sales by region [1]:",
        "| Region | Unit | 2016 |",
        "| --- | --- | --- |",
        "| Europe | M€ | 26 | [1]",
    ]
    assert "| Europe | M€ | 26 |" in answer("Sales in Europe in FY16?", WIDE)


def test_a_long_row_is_whole_where_the_question_names_no_column() -> None:
    text = answer("What were sales in Europe?", WIDE)
    assert text.endswith("| Europe | M€ | 22 | 23 | 24 | 25 | 26 | 27 | 28 | [1]")


def test_a_named_column_brings_the_one_without_header_that_has_its_value() -> None:
    split = table(
        "| Item | | 2012 | | 2013 | | 2014 | | 2015 |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        "| Revenue | a | $ | 10 | $ | 20 | $ | 30 | 40 |",
    )
    assert answer("Revenue in 2013?", split).endswith("| Revenue | $ | 20 | [1]")


def test_the_words_of_several_header_rows_stand_in_one() -> None:
    text = answer(
        "What is the maximum supply voltage?",
        table(
            "| Parameter | Value | Value |",
            "| Parameter | min. | max. |",
            "| --- | --- | --- |",
            "| Supply voltage | 4.5 V | 36 V |",
        ),
    )
    assert text.splitlines()[0] == "| Parameter | Value min. | Value max. |"


def test_a_row_without_label_comes_with_the_row_that_has_it() -> None:
    text = answer(
        "What is the output voltage at full load?",
        table(
            "| Quantity | Condition | Value |",
            "| --- | --- | --- |",
            "| Output voltage | no load | 5.02 V |",
            "| | full load | 4.98 V |",
            "| Ripple | any load | 12 mV |",
        ),
    )
    assert "| Output voltage | no load | 5.02 V | [1]\n| | full load | 4.98 V | [1]" in text
    assert "Ripple" not in text


def test_a_superlative_compares_the_named_column_without_its_total() -> None:
    lines = answer("Which joint has the lowest torque?", TORQUES).splitlines()
    assert "| Coupling guard | M6 | 9 Nm | [1]" in lines
    assert not any("Total" in line for line in lines)


def test_a_superlative_about_one_row_shows_that_row() -> None:
    text = answer("What is the highest torque of the bearing bracket?", TORQUES)
    assert text.splitlines()[3:] == ["| Bearing bracket | M12 | 85 Nm | [1]"]


def test_all_rows_are_shown_where_all_are_asked_for() -> None:
    codes = [f"| E{number:02d} | Pump fault | Restart |" for number in range(1, 9)]
    faults = table("Table 6: Fault codes", "| Code | Fault | Cure |", "| --- | --- | --- |", *codes)
    text = answer("List all fault codes of the pump.", faults, PROSE)
    assert text.splitlines()[3:] == [f"{code} [1]" for code in codes]


def test_every_row_of_a_table_without_header_can_be_quoted() -> None:
    assert answer("What is E07?", table("| E07 | 95 °C |", "| E08 | 12 bar |")) == (
        "| E07 | 95 °C | [1]"
    )


def test_of_a_table_whose_cells_could_not_be_read_the_line_is_quoted() -> None:
    text = answer("Torque of M12?", table("Table 9: Torques", "M8 25 Nm", "M12 85 Nm"))
    assert text == "Table 9: Torques [1]:\nM12 85 Nm [1]"


def test_a_table_of_a_caption_alone_is_quoted_by_it() -> None:
    assert answer("torques?", table("Table 9: Torques")) == "Table 9: Torques [1]"


def test_steps_are_whole_and_in_order_with_their_warnings() -> None:
    assert answer("How do I replace the shaft seal?", STEPS, PROSE).splitlines() == [
        "To replace the shaft seal, proceed as follows [4]:",
        "WARNING The casing may be under pressure. [4]",
        "1. Switch off the pump. [4] Wait for eight minutes. [4]",
        "2. Remove the cover and keep its screws. [4]",
        "CAUTION Do not scratch the shaft. [4]",
        "3. Pull the old seal. [4]",
        "a) Use the hook 410-T09. [4]",
        "b) Clean the seat. [4]",
        "4. Press the new seal in. [4]",
    ]


def test_a_procedure_for_something_else_is_left_out() -> None:
    other = an_evidence(
        5, "To change the oil:\n1. Drain the oil.\n2. Replace the cover seal.\n3. Fill in oil."
    )
    assert "oil" not in answer("How do I replace the shaft seal?", other, STEPS)


def test_one_item_is_enough_where_no_steps_are_asked_for() -> None:
    text = answer("With which hook is it?", STEPS)
    assert text.splitlines() == [
        "To replace the shaft seal, proceed as follows [4]:",
        "a) Use the hook 410-T09. [4]",
    ]


def test_a_list_under_a_heading_has_it_as_lead_in() -> None:
    chunk = a_chunk(
        "start", "1. Open valve V1.\n2. Start the pump.", heading_path=("Item 2. First start",)
    )
    text = answer("How do I start the pump?", an_evidence(1, "", chunk=chunk))
    assert text == "First start [1]:\n1. Open valve V1. [1]\n2. Start the pump. [1]"


def test_a_list_that_begins_anew_is_another_list() -> None:
    two = an_evidence(
        1,
        "To open the pump:\n1. Loosen the pump screws.\n2. Lift the pump lid.\n"
        "To clean the filter:\n1. Unscrew the filter bowl.\n2. Rinse the filter.",
    )
    text = answer("How do I clean the filter?", two)
    assert text.startswith("To clean the filter [1]:\n1. Unscrew")
    assert "Loosen" not in text


def test_a_list_is_whole_where_its_lead_in_names_what_is_asked_for() -> None:
    features = an_evidence(
        1, "The features of the valve are:\n• no leakage\n• low noise\nIt is made of steel."
    )
    assert answer("What are the features of the valve?", features).splitlines() == [
        "The features of the valve are [1]:",
        "• no leakage [1]",
        "• low noise [1]",
    ]


@pytest.mark.parametrize("question", ["What is MTBF?", "What does MTBF stand for?", "Define MTBF"])
@pytest.mark.parametrize(
    "definition",
    [
        "MTBF is the mean time between failures.",
        "MTBF: mean time between failures.",
        "We report the mean time between failures (MTBF).",
    ],
)
def test_a_definition_is_preferred_to_what_only_uses_the_word(
    question: str, definition: str
) -> None:
    used = "The MTBF of series B has risen to 9 600 hours."
    text = answer(question, an_evidence(1, used), an_evidence(2, definition))
    assert text.splitlines()[0] == f"{definition} [2]"


def test_a_row_defines_its_label() -> None:
    glossary = table(
        "| Code | Meaning |", "| --- | --- |", "| LS1 | Level switch |", "| M | Motor |"
    )
    text = answer("What is LS1?", an_evidence(2, "Check LS1 and its cable."), glossary)
    assert text.splitlines()[2] == "| LS1 | Level switch | [1]"


def test_a_wish_for_a_drawing_brings_the_figure_first() -> None:
    told = an_evidence(4, "Figure 3-2 is the drawing that shows the exploded view of the pump.")
    lines = answer("Which drawing shows the exploded view?", told, TORQUES, DRAWING).splitlines()
    assert lines[0] == "Figure 3-2: Exploded view of the pump [3]"
    assert any(line.endswith("of the pump. [4]") for line in lines)


def test_of_a_figure_full_of_words_those_around_the_match_are_quoted() -> None:
    words = [*(f"label {n}" for n in range(30)), "PRV1 set to", "285 bar", "label 30"]
    text = "\n".join(["Fig. 3. Hydraulic circuit.", *words])
    quoted = answer("What pressure is PRV1 set to?", an_evidence(1, text, "figure"))
    assert quoted == "Fig. 3: Hydraulic circuit [1]:\n- label 29 PRV1 set to 285 bar [1]"


def test_a_sentence_is_quoted_whole() -> None:
    text = answer("What must be done before the casing is opened?", PROSE)
    assert text.splitlines()[0] == "Drain the casing before you open it. [2]"


def test_a_sentence_that_leans_on_the_one_before_brings_it() -> None:
    plate = an_evidence(
        1, "The oil is warm. The swash plate is moved by YV1. Its largest angle is 17.5 degrees."
    )
    assert answer("What is the largest angle?", plate) == (
        "The swash plate is moved by YV1. [1] Its largest angle is 17.5 degrees. [1]"
    )


def test_a_sentence_that_a_page_break_parted_is_whole() -> None:
    parted = an_evidence(1, "The shaft seal must\nbe replaced after 12 000 hours.\nKeep it clean.")
    assert answer("When is the shaft seal replaced?", parted).splitlines()[0] == (
        "The shaft seal must be replaced after 12 000 hours. [1]"
    )


def test_headings_and_page_furniture_are_no_answers() -> None:
    page = an_evidence(
        1,
        "Shaft seal\nACME PUMPS MANUAL 2024\nSource: ACME shaft seal survey.\nPage 3 of 12\n"
        "5.4 Shaft seal of ACME pumps 5-3\n"
        "Its seat is greased with 3 g.",
    )
    assert answer("ACME shaft seal?", page) == "Its seat is greased with 3 g. [1]"


def test_what_is_all_there_is_is_quoted_even_if_it_is_a_heading() -> None:
    assert answer("seal?", an_evidence(1, "Shaft seal")) == "Shaft seal [1]"


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("What torque does the cover take?", "25 Nm"),
        ("How long does the cover take?", "8 minutes"),
        ("What does the cover weigh?", "3 kg"),
        ("How much does the cover cost?", "40 EUR"),
        ("What percentage does the cover take?", "12 percent"),
    ],
)
def test_a_number_of_the_right_kind_is_preferred(question: str, found: str) -> None:
    amounts = ("25 Nm", "8 minutes", "3 kg", "40 EUR", "12 percent")
    pieces = [an_evidence(n, f"The cover has {each}.") for n, each in enumerate(amounts, 1)]
    assert found in answer(question, *pieces).splitlines()[0]


def test_when_asks_for_a_date() -> None:
    text = answer(
        "When does the review of the pump fleet take place?",
        an_evidence(1, "The review of the pump fleet is useful."),
        an_evidence(2, "Review of the pump fleet: 17 July 2025."),
    )
    assert text.splitlines()[0] == "Review of the pump fleet: 17 July 2025. [2]"


def test_a_clear_answer_stands_alone() -> None:
    clear = an_evidence(5, "The password of the service level is 4711.")
    assert answer("What is the password of the service level?", PROSE, clear) == (
        "The password of the service level is 4711. [5]"
    )


def test_at_most_three_quotes_and_none_twice() -> None:
    alike = [an_evidence(n, f"The pump seal is good, part {n}.") for n in range(1, 7)]
    text = answer("pump seal", *alike, an_evidence(7, "The pump seal is good, part 1."))
    assert len(text.split("\n\n")) == 3
    assert text.count("part 1.") == 1


def test_the_best_hit_comes_first_of_what_is_alike_wherever_it_stands() -> None:
    pieces = [an_evidence(n, f"The seal is part {n}.") for n in (1, 2)]
    ranked = [replace(piece, rank=rank) for piece, rank in zip(pieces, (0, 1), strict=True)]
    assert answer("seal?", *ranked).startswith("The seal is part 2. [2]")


def test_marks_of_the_document_itself_are_not_taken_for_ours() -> None:
    cited = an_evidence(1, "BM25 [2] and DPR [3, 4] are baselines of the register CTRL[3].")
    text = answer("Which are baselines?", cited)
    grounded = ground(text, [cited, PROSE], lambda _: some_pages())
    assert text.startswith("BM25 and DPR are baselines")
    assert {citation.mark for citation in grounded.citations} == {1}
    assert grounded.unknown_marks == 0


@pytest.mark.parametrize(
    "question",
    [
        "bearing bracket torque",
        "exploded view",
        "drain the casing",
        "How do I replace the shaft seal?",
        "Which joint has the highest torque?",
    ],
)
def test_every_claim_is_verified_against_its_source(question: str) -> None:
    evidence = [TORQUES, PROSE, DRAWING, STEPS]
    claims = ground(answer(question, *evidence), evidence, lambda _: some_pages()).claims
    assert claims
    assert [claim for claim in claims if claim.support != "verified"] == []


class _Counting(HashedWords):
    """Counts the texts that it embeds."""

    embedded = 0

    def embed_passages(self, texts: Sequence[str]) -> Matrix:
        self.embedded += len(texts)
        return super().embed_passages(texts)


def test_only_a_shortlist_is_embedded_however_long_the_tables_are() -> None:
    rows = [f"| Screw {number} | {number} Nm |" for number in range(100)]
    tables = [table("Torques", "| Part | Torque |", *rows, mark=mark) for mark in range(1, 9)]
    embedder = _Counting()
    text = "".join(ExtractiveAnswerer(embedder).write("Torque of screw 57?", tables))
    assert "| Screw 57 | 57 Nm |" in text
    assert 0 < embedder.embedded <= SHORTLIST


def test_a_sentence_that_stands_as_a_heading_can_be_quoted() -> None:
    text = "The serial number of unit 2 is SN-990298.\nThe valve is tested before every season."
    chunk = a_chunk("unit", text, heading_path=("The serial number of unit 2 is SN-990298.",))
    said = answer("What is the serial number of unit 2?", an_evidence(1, "", chunk=chunk))
    assert said.startswith("The serial number of unit 2 is SN-990298. [1]")


def test_no_evidence_gives_no_answer() -> None:
    assert answer("Anything?") == ""
    assert answer("Anything?", an_evidence(1, "", "figure")) == ""
