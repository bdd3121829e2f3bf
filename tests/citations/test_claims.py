"""What an answer states, and what of it is no claim."""

from __future__ import annotations

import pytest

from pagesight.citations.claims import statements, text_of_claim


def stated(text: str) -> list[tuple[str, tuple[int, ...]]]:
    return [(each.text, each.marks) for each in statements(text)]


def test_each_sentence_is_a_claim_with_its_marks() -> None:
    assert stated("Stop it [1]. Wait a minute [2][3]. Go on.") == [
        ("Stop it.", (1,)),
        ("Wait a minute.", (2, 3)),
        ("Go on.", ()),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Wait a minute [1].",
        "Wait a minute. [1]",
        "Wait [1] a minute.",
        "[1] Wait a minute.",
        "- Wait a minute. [1]",
        "2) Wait a minute [1].",
        "> Wait a minute[1].",
    ],
)
def test_a_mark_may_stand_anywhere_in_or_behind_its_sentence(text: str) -> None:
    assert stated(text) == [("Wait a minute.", (1,))]


def test_a_mark_behind_a_full_stop_belongs_to_the_sentence_before() -> None:
    assert stated("Stop it. [1] Wait a minute. [2]") == [
        ("Stop it.", (1,)),
        ("Wait a minute.", (2,)),
    ]


def test_a_sentence_with_marks_in_its_middle_is_one_claim_with_all_of_them() -> None:
    assert stated("The seal takes 45 Nm [1], the bracket 85 Nm [2].") == [
        ("The seal takes 45 Nm, the bracket 85 Nm.", (1, 2))
    ]


@pytest.mark.parametrize(
    "text",
    [
        "## Tightening torques",
        "**Tightening torques**",
        "---",
        "Which one do you mean?",
        "Do you mean the P4-100 [1]?",
        "The following steps apply:",
        "See Figure 3.",
        "For details, refer to section 4.2 of the manual.",
        "Yes.",
        "The documents do not say how to dispose of the oil.",
        "The evidence doesn't mention a torque for M6 [1].",
        "The weight is not given in the documents.",
        "There is no information about the colour.",
        "I could not find the part number.",
        "Nothing in the library answers this question.",
    ],
)
def test_what_states_nothing_is_no_claim(text: str) -> None:
    assert stated(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "The torque is 25 Nm for:",
        "See Figure 3, which shows the seal.",
        "The pump does not contain oil.",
        "No data are lost when the power fails.",
        "Yes, the valve is open.",
    ],
)
def test_what_only_looks_like_that_is_a_claim(text: str) -> None:
    assert len(stated(text)) == 1


def test_a_pointer_with_a_mark_can_be_checked_and_is_a_claim() -> None:
    assert stated("See Figure 3 [2].") == [("See Figure 3.", (2,))]


def test_what_follows_a_hedge_is_still_a_claim() -> None:
    text = "The documents do not give a torque, but the seal takes 45 Nm [1]."
    assert [each.marks for each in statements(text)] == [(1,)]


def test_rows_under_a_header_and_rule_are_claims_of_that_header() -> None:
    text = "| Thread | Torque |\n| :--- | ---: |\n| M6 | 10 Nm | [1]\n| M8 [2] | 24 Nm |"
    rows = statements(text)
    assert [(row.text, row.marks, row.header) for row in rows] == [
        ("| M6 | 10 Nm |", (1,), ("Thread", "Torque")),
        ("| M8 | 24 Nm |", (2,), ("Thread", "Torque")),
    ]


def test_a_header_row_of_the_evidence_is_no_claim_without_a_rule_either() -> None:
    text = "| Thread | Torque |\n| M6 | 10 Nm | [1]"
    assert len(statements(text)) == 2
    assert len(statements(text, [("Thread", "Torque")])) == 1


def test_a_row_under_a_header_of_the_evidence_has_none_of_its_own() -> None:
    text = "| Thread | Torque |\n| --- | --- |\n| M6 | 10 Nm | [1]"
    (row,) = statements(text, [("Thread", "Torque")])
    assert row.header == ()


def test_items_and_rows_without_marks_have_those_of_the_lead_in() -> None:
    assert stated("The torques are [1]:\n- M6: 10 Nm\n- M8: 24 Nm [2]\n\nThe rest is free.") == [
        ("M6: 10 Nm", (1,)),
        ("M8: 24 Nm", (2,)),
        ("The rest is free.", ()),
    ]


def test_a_line_of_marks_belongs_to_the_unmarked_rows_above_it() -> None:
    text = "| A | B |\n| --- | --- |\n| M6 | 10 Nm |\n| M8 | 24 Nm |\n\nSource: [1]"
    assert [each.marks for each in statements(text)] == [(1,), (1,)]


def test_a_code_block_is_one_claim_and_is_not_cut_at_full_stops() -> None:
    text = "Run this [1]:\n```sh\ncd /opt. Then\nmake all. Done\n```\nIt takes an hour."
    code, after = statements(text)
    assert (code.shape, code.marks) == ("code", (1,))
    assert "make all. Done" in code.text
    assert (after.text, after.marks) == ("It takes an hour.", ())


def test_code_in_a_sentence_does_not_end_it() -> None:
    assert stated("Set `a. B` to one [1].") == [("Set `a. B` to one.", (1,))]


def test_a_span_has_the_claim_with_its_marks() -> None:
    text = "- Stop it [1]. Wait. [2] Go on."
    assert [text[each.start : each.end] for each in statements(text)] == [
        "Stop it [1].",
        "Wait. [2]",
        "Go on.",
    ]


def test_the_main_clause_after_a_concession_is_a_claim() -> None:
    text = "Although the manual does not name the oil, the seal takes 45 Nm [1]."
    (one,) = statements(text)
    assert text_of_claim(one.text) == "the seal takes 45 Nm."
    assert one.marks == (1,)
