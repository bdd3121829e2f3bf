"""The gate fails below the committed interval and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pagesight.errors import SettingsError
from pagesight.evaluation.runs.gate import baseline_of, check, load_baseline, write_baseline
from pagesight.evaluation.scores.summary import Report
from tests.evaluation.cases import a_case, a_report
from tests.evaluation.rows import a_found, a_row

CASES = [a_case(f"q{number}") for number in range(40)]


def a_run(right: int) -> Report:
    """The first `right` of 40 questions find their page."""
    pages = [1 if number < right else 9 for number in range(len(CASES))]
    rows = [
        a_row(case.id, a_found("c", pages=(page,))) for case, page in zip(CASES, pages, strict=True)
    ]
    return a_report(CASES, rows)


def test_a_baseline_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "baselines" / "set.json"
    write_baseline(path, baseline_of(a_run(30)))
    assert load_baseline(path) == baseline_of(a_run(30))


@pytest.mark.parametrize(("right", "passes"), [(30, True), (36, True), (28, True), (15, False)])
def test_a_run_passes_unless_it_falls_below_the_interval(
    right: int, passes: bool, tmp_path: Path
) -> None:
    checks = check(a_run(right), baseline_of(a_run(30)), tmp_path)
    assert {each.metric for each in checks} >= {"page recall@1", "page mrr"}
    assert all(each.passed for each in checks) is passes


def test_a_baseline_of_another_set_is_refused(tmp_path: Path) -> None:
    baseline = baseline_of(a_run(30))
    other = a_run(30)
    other = replace(other, info=replace(other.info, set_hash="another"))
    with pytest.raises(SettingsError, match="another version of set"):
        check(other, baseline, tmp_path / "set.json")


def test_a_missing_or_damaged_baseline_says_how_to_write_one(tmp_path: Path) -> None:
    path = tmp_path / "none.json"
    with pytest.raises(SettingsError, match="--update"):
        load_baseline(path)
    path.write_text("{}")
    with pytest.raises(SettingsError, match=r"none\.json: is no baseline"):
        load_baseline(path)
