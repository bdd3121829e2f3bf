"""Comparing runs: equal runs do not differ, a broken one does, with the right sign."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pagesight.errors import SettingsError
from pagesight.evaluation.record import Row, Trace
from pagesight.evaluation.runs.comparison import compare
from pagesight.evaluation.scores.summary import Report
from tests.evaluation.cases import a_case, a_report
from tests.evaluation.rows import a_found, a_row

CASES = [a_case(f"q{number}", page=number) for number in range(1, 21)]


def a_run(broken: int = 0) -> Report:
    """Finds every page at rank 1, but none for the first `broken` cases."""
    return a_report(
        CASES, [_row(number, found=number > broken) for number in range(1, len(CASES) + 1)]
    )


def _row(number: int, *, found: bool) -> Row:
    pages = (number,) if found else (99,)
    trace = Trace(
        chunks=1,
        embedded=1,
        list_ranks={"words": 1} if found else {},
        fused_rank=1 if found else 0,
    )
    return a_row(
        f"q{number}", a_found("c", pages=pages), trace=trace, seconds={"retrieve": number / 1000}
    )


def test_a_run_against_itself_says_no_difference() -> None:
    comparison = compare(a_run(3), a_run(3))
    assert comparison.verdict == "no difference"
    assert all(change.difference.mean == 0 for change in comparison.metrics)
    assert all(change.p_adjusted == 1 for change in comparison.metrics)
    assert not comparison.won
    assert not comparison.lost


def test_a_broken_run_is_worse_and_the_mended_one_better() -> None:
    worse = compare(a_run(), a_run(12))
    assert worse.verdict.startswith("worse: page recall@1")
    assert "better" not in worse.verdict
    better = compare(a_run(12), a_run())
    assert better.verdict.startswith("better: page recall@1")
    change = better.metrics[0]
    assert (change.metric, change.before, change.after) == ("page recall@1", 0.4, 1.0)
    assert (change.difference.wins, change.difference.losses) == (12, 0)


def test_one_question_of_twenty_is_within_chance_but_is_listed() -> None:
    comparison = compare(a_run(), a_run(1))
    assert comparison.verdict == "no difference"
    (change,) = comparison.lost
    assert (change.id, change.before, change.after, change.lost) == ("q1", 1.0, 0.0, "listed")


def test_latency_of_both_stands_side_by_side() -> None:
    before, after = compare(a_run(), a_run()).latency["retrieve"]
    assert before == after
    assert before is not None
    assert (before.p50, before.p95) == (0.010, 0.019)


def test_only_cases_that_are_the_same_in_both_are_paired() -> None:
    other = a_run()
    changed = replace(other.cases[0], question="Something else?")
    mixed = a_report([changed, *other.cases[1:]], other.rows)
    assert compare(a_run(), mixed).cases == len(CASES) - 1


def test_runs_of_different_sets_are_refused() -> None:
    other = a_report([a_case("elsewhere")], [a_row("elsewhere", a_found("c"))])
    with pytest.raises(SettingsError, match="no case in common"):
        compare(a_run(), other)
