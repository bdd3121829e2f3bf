"""The checker tells right from wrong answers that were written by hand."""

from pathlib import Path

import pytest

from pagesight.errors import SettingsError
from pagesight.evaluation.scores.checker import load_cases, outcome, rates
from tests.conftest import ROOT

CASES = load_cases(ROOT / "eval" / "checker_cases.jsonl")


def test_there_are_enough_cases_of_both_kinds() -> None:
    expected = [support for case in CASES for support in case.expected]
    assert len(CASES) >= 100
    assert expected.count("unverified") >= 60
    assert expected.count("verified") >= 40
    assert len({case.id for case in CASES}) == len(CASES)


def test_right_claims_are_verified_and_wrong_ones_are_not() -> None:
    measured = rates(map(outcome, CASES))
    assert measured.verified_precision >= 0.97
    assert measured.verified_recall >= 0.92
    assert measured.caught_precision >= 0.93
    assert measured.caught_recall >= 0.97


def test_cases_that_tuned_nothing_are_told_apart_too() -> None:
    measured = rates(outcome(case) for case in CASES if "held-out" in case.tags)
    assert measured.verified_precision >= 0.85
    assert measured.verified_recall >= 0.85
    assert measured.caught_recall >= 0.90


def test_a_line_that_is_no_case_is_named(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text('{"id": "a", "evidence": [], "answer": "x", "expected": ["right"]}\n')
    with pytest.raises(SettingsError, match=r"cases\.jsonl line 1: expected\.0"):
        load_cases(path)
