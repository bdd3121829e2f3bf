"""Answer metrics against values worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pagesight.evaluation.record import Cited, Given, Row
from pagesight.evaluation.scores.answers import (
    anls,
    answer_values,
    citation_precision,
    citation_recall,
    contains_gold,
    correct,
    numeric_match,
    refusal,
    verified_share,
)
from pagesight.evaluation.scores.judge import JudgeCase, load_cases
from pagesight.evaluation.sets.cases import Case, GoldPage
from tests.conftest import ROOT

PLAIN = ("plain", "units", "detail", "digit", "unit", "row", "refusal", "rounding", "injection")
"""What is tried by cases that words and numbers alone can decide."""


def a_given(text: str = "It takes 45 Nm. [1]", *, grounded: bool = True) -> Given:
    return Given(
        text=text,
        answerer="scripted",
        grounded=grounded,
        shown=("c1",),
        cited=(Cited(document="m.pdf", page=3), Cited(document="m.pdf", page=4)),
        verified=1,
        claims=2,
    )


REFUSED = replace(a_given("Nothing is known.", grounded=False), cited=(), verified=0, claims=0)
TORQUE = Case(
    id="torque",
    question="Torque?",
    documents=("m.pdf",),
    pages=(GoldPage(document="m.pdf", page=3),),
    answers=("45 Nm", "45 newton metres"),
)
NAME = Case(id="name", question="Which?", answers=("sleeve",))
UNASKABLE = Case(id="unaskable", question="Colour?", unanswerable=True)


@pytest.mark.parametrize(
    ("text", "answers", "found"),
    [
        ("Tighten to 45 Nm. [1]", ["45 Nm"], True),
        ("| E07 | Motor\ntoo hot | [2]", ["motor too hot"], True),
        ("Tighten to 145 Nm", ["45 Nm"], False),
        ("Tighten to 1.45 Nm", ["45 Nm"], False),
        ("it reads 12.5", ["12"], False),
        ("it reads 12.", ["12"], True),
        ("at 45 Nmx", ["45 Nm"], False),
        ("at 145 Nm or 45 Nm", ["45 Nm"], True),
        ("nothing here", ["45 Nm", "nothing"], True),
        ("nothing here", [""], False),
        ("", ["45 Nm"], False),
        ("2.1 m\u00b3/h", ["2.1 m3/h"], True),
        ("19.6 \u2126 \u2013 nominal", ["19.6 \u03a9 - nominal"], True),
        ("\u2212112 mV", ["-112 mV"], True),
        ("a thermo\u00adstat", ["thermostat"], True),
        ("a rectangle and a circle", ["['Circle', 'Rectangle']"], True),
        ("a circle", ["['Circle', 'Rectangle']"], False),
        ("in 2005 and 2006", ["[2005, 2006]"], True),
        ("[not a list", ["[not a list"], True),
        ("anything", ["[]"], False),
    ],
)
def test_a_gold_fact_counts_only_as_a_whole(text: str, answers: list[str], found: bool) -> None:
    assert contains_gold(text, answers) is found


@pytest.mark.parametrize(
    ("text", "answers", "matched"),
    [
        ("R3 has 10 000 Ohm.", ["10 kOhm"], True),
        ("R3 has 10 000 Ohm.", ["10 MOhm"], False),
        ("3.6 % after 3.5 %", ["from 3.5% to 3.6%"], True),
        ("3.6 %", ["from 3.5% to 3.6%"], False),
        ("twice 5 V: 5 V", ["5 V and 5.0 V"], True),
        ("5 V", ["5 and 5 V"], False),
        ("5 V and 5", ["5 and 5 V"], True),
        ("71.02 and 75.38", ["['75.38', '71.02']"], True),
        ("0, and 0 again", ["['0', '0']"], True),
        ("45", ["none", "45 Nm"], True),
        ("", ["45 Nm"], False),
        ("anything", ["E10 and E15"], None),
        ("anything", [], None),
    ],
)
def test_all_numbers_of_one_gold_answer_must_be_met(
    text: str, answers: list[str], matched: bool | None
) -> None:
    assert numeric_match(text, answers) is matched


def test_each_number_of_gold_needs_a_partner_of_its_own() -> None:
    # The bare 5 of the gold answer must leave "5 V" to the one that has the unit.
    assert numeric_match("5 V, then 5 A", ["5 and 5 V"]) is True
    assert numeric_match("5 A, then 5 mA", ["5 and 5 V"]) is False


def test_numbers_may_differ_by_the_tolerance_of_the_case() -> None:
    assert numeric_match("about 1 010", ["1000"], 0.01) is True
    assert numeric_match("about 1 020", ["1000"], 0.01) is False


@pytest.mark.parametrize(
    ("text", "answers", "value"),
    [
        ("E07", ["e07"], 1.0),
        ("E07 [1]", ["E07"], 1.0),
        ("E08", ["E07"], 1 - 1 / 3),
        ("abXY", ["abcd"], 0.0),
        ("abcX", ["zzzz", "abcd"], 0.75),
        ("Wait at least 8 minutes after switching off the mains.", ["8 minutes"], 0.0),
        ("", ["8 minutes"], 0.0),
        ("8 minutes", [], 0.0),
    ],
)
def test_anls_is_the_likeness_to_the_closest_answer_or_nothing(
    text: str, answers: list[str], value: float
) -> None:
    assert anls(text, answers) == pytest.approx(value)


def test_citations_are_compared_with_the_gold_pages() -> None:
    assert citation_precision(TORQUE, a_given()) == 0.5
    assert citation_recall(TORQUE, a_given()) == 1.0
    elsewhere = replace(a_given(), cited=(Cited(document="n.pdf", page=3),))
    assert (citation_precision(TORQUE, elsewhere), citation_recall(TORQUE, elsewhere)) == (0, 0)
    assert (citation_precision(TORQUE, REFUSED), citation_recall(TORQUE, REFUSED)) == (0, 0)


def test_a_refusal_is_right_for_unanswerable_cases_only() -> None:
    assert refusal(UNASKABLE, REFUSED)
    assert not refusal(UNASKABLE, a_given())
    assert refusal(TORQUE, a_given())
    assert not refusal(TORQUE, REFUSED)


def test_the_verified_share_is_of_all_claims_and_zero_without_one() -> None:
    assert verified_share(a_given()) == 0.5
    assert verified_share(REFUSED) == 0.0


def test_a_verdict_is_the_judges_or_else_by_words_and_numbers() -> None:
    assert correct(TORQUE, a_given()) is True
    assert correct(TORQUE, a_given("It takes 45 000 mNm.")) is True
    assert correct(TORQUE, a_given("It takes 54 Nm.")) is False
    closest = replace(REFUSED, text="No answer. What comes closest is: 45 Nm.", refused=True)
    assert correct(TORQUE, closest) is False, "a refusal shows what is close, and does not answer"
    assert correct(TORQUE, replace(a_given(), judged=0.0)) is False
    assert correct(NAME, replace(a_given(), judged=1.0)) is True
    assert correct(UNASKABLE, REFUSED) is True
    assert correct(UNASKABLE, a_given()) is False
    assert correct(replace(TORQUE, answers=()), a_given()) is None


def test_the_number_of_a_mark_is_no_answer() -> None:
    one = Case(id="one", question="How many?", answers=("1",))
    assert correct(one, a_given("There are seven. [1]")) is False
    values = answer_values([one], [Row(id="one", given=a_given("There are seven. [1]"))])
    assert (values["contains_gold"], values["numeric_match"]) == ({"one": 0.0}, {"one": 0.0})


def test_each_metric_covers_the_cases_that_it_applies_to() -> None:
    rows = [
        Row(id="unaskable", given=REFUSED),
        Row(id="torque", given=a_given()),
        Row(id="name", given=a_given("It is the sleeve. [1]")),
    ]
    assert answer_values([TORQUE, NAME, UNASKABLE], rows) == {
        "contains_gold": {"torque": 1.0, "name": 1.0},
        "numeric_match": {"torque": 1.0},
        "anls": {"torque": 0.0, "name": 0.0},
        "citation_precision": {"torque": 0.5},
        "citation_recall": {"torque": 1.0},
        "verified": {"torque": 0.5, "name": 0.5},
        "refused_unanswerable": {"unaskable": 1.0},
        "answered_answerable": {"torque": 1.0, "name": 1.0},
    }


def test_a_case_that_failed_or_was_not_asked_counts_as_zero_everywhere() -> None:
    rows = [Row(id="torque", given=a_given(), error="it crashed"), Row(id="unaskable")]
    values = answer_values([TORQUE, NAME, UNASKABLE], rows)
    assert set(values["contains_gold"]) == {"torque", "name"}
    assert set(values["refused_unanswerable"]) == {"unaskable"}
    assert {value for each in values.values() for value in each.values()} == {0.0}


def test_the_judges_verdicts_are_a_metric_where_a_judge_was_asked() -> None:
    rows = [
        Row(id="torque", given=replace(a_given(), judged=1.0)),
        Row(id="name", error="the judge gave no verdict"),
    ]
    values = answer_values([TORQUE, NAME, UNASKABLE], rows)
    assert values["judged"] == {"torque": 1.0, "name": 0.0}


def test_the_numbers_of_a_list_are_compared_with_the_tolerance_of_the_case() -> None:
    case = Case(id="q", question="Which?", answers=("['100', '200']",), tolerance=0.05)
    values = answer_values([case], [Row(id="q", given=a_given("103 and 196"))])
    assert values["numeric_match"] == {"q": 1.0}


def _verdict(case: JudgeCase) -> bool | None:
    asked = Case(id=case.id, question=case.question, answers=(case.gold,))
    return correct(asked, a_given(case.answer))


def test_words_and_numbers_agree_with_people_on_plain_answers_and_not_on_all() -> None:
    cases = load_cases(ROOT / "eval" / "judge_cases.jsonl")
    plain = [case for case in cases if case.id.partition("-")[0] in PLAIN]
    assert len(plain) >= 45
    assert [case.id for case in plain if _verdict(case) is not case.correct] == []
    # Other words, hedges, denials and half answers are what a judge is for.
    assert sum(_verdict(case) is case.correct for case in cases) / len(cases) >= 0.75
