"""Intervals and tests against scipy, hand-worked numbers and what must hold."""

import itertools
import operator
import random
import warnings
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from pagesight.evaluation.scores.statistics import RESAMPLES, holm, interval, intervals, paired

HITS = [1.0] * 30 + [0.5] * 10 + [0.0] * 60
"""Recall of a hundred cases."""


def draw(count: int, *, seed: int = 0) -> list[float]:
    """Values as recall has them, in quarters."""
    return [float(value) / 4 for value in np.random.default_rng(seed).integers(0, 5, count)]


def test_an_interval_holds_the_mean_and_agrees_with_scipy() -> None:
    found = interval(HITS)
    theirs = stats.bootstrap(
        (HITS,), np.mean, vectorized=True, n_resamples=RESAMPLES, method="percentile", rng=1
    ).confidence_interval
    assert found.mean == 0.35
    assert found.low == pytest.approx(theirs.low, abs=0.01)
    assert found.high == pytest.approx(theirs.high, abs=0.01)
    assert found.low < found.mean < found.high


def test_the_interval_of_a_share_is_as_wide_as_the_normal_approximation_says() -> None:
    found = interval([1.0] * 100 + [0.0] * 300)
    error = 1.96 * (0.25 * 0.75 / 400) ** 0.5
    assert found.low == pytest.approx(0.25 - error, abs=0.005)
    assert found.high == pytest.approx(0.25 + error, abs=0.005)


def test_intervals_hold_the_true_mean_about_as_often_as_they_promise() -> None:
    samples = np.random.default_rng(5).random((400, 50)) ** 2  # mean 1/3
    held = sum(found.low <= 1 / 3 <= found.high for found in intervals(samples))
    assert 0.90 <= held / 400 <= 0.98


@pytest.mark.parametrize(
    ("values", "low", "high"),
    [
        ([1.0] * 120, 0.975, 1.0),
        ([0.0] * 120, 0.0, 0.025),
        ([0.5] * 30, 0.4, 0.6),
        ([1.0], 0.0, 1.0),
        ([1 / 3], 0.0, 1.0),
    ],
)
def test_equal_values_have_the_width_of_the_rule_of_three(
    values: list[float], low: float, high: float
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = interval(values)
    assert found.mean == values[0]
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-12)


def test_rows_of_a_matrix_have_the_intervals_that_they_have_alone() -> None:
    rows = [draw(40, seed=1), draw(40, seed=2), [0.5] * 40]
    together = intervals(rows)
    for row, found in zip(rows, together, strict=True):
        alone = interval(row)
        assert found.mean == alone.mean
        assert (found.low, found.high) == pytest.approx((alone.low, alone.high), abs=1e-12)


def test_the_same_values_give_the_same_interval_and_difference() -> None:
    assert interval(HITS) == interval(HITS)
    assert paired(draw(60), draw(60, seed=1)) == paired(draw(60), draw(60, seed=1))


def test_many_cases_are_resampled_in_batches_that_add_up() -> None:
    found = interval(draw(3001))
    half = 1.96 * float(np.std(draw(3001))) / 3001**0.5
    assert (found.high - found.low) / 2 == pytest.approx(half, rel=0.05)


def test_no_values_have_no_interval() -> None:
    with pytest.raises(ValueError, match="no values"):
        interval([])


def test_a_run_against_itself_differs_in_nothing() -> None:
    found = paired(HITS, HITS)
    assert (found.mean, found.low, found.high, found.p) == (0, 0, 0, 1)
    assert (found.wins, found.losses, found.ties) == (0, 0, 100)


def test_a_better_run_wins_with_a_small_p_and_a_worse_one_mirrors_it() -> None:
    better = [min(1.0, value + 0.5) for value in HITS]
    found, mirrored = paired(HITS, better), paired(better, HITS)
    assert found.mean == pytest.approx(0.35)
    assert 0 < found.low < found.mean < found.high
    assert found.p == pytest.approx(1 / (RESAMPLES + 1))
    assert (found.wins, found.losses, found.ties) == (70, 0, 30)
    assert (mirrored.mean, mirrored.p) == (-found.mean, found.p)
    assert (mirrored.wins, mirrored.losses, mirrored.ties) == (0, 70, 30)


def test_few_differences_among_many_cases_are_tested_by_all_their_signs() -> None:
    # 1/2 + 1/2 + 1 - 1/4: of 16 sign patterns, all plus, this one, and their mirrors reach it.
    found = paired([0.5, 0.5, 0.0, 0.25, *[1.0] * 96], [1.0, 1.0, 1.0, 0.0, *[1.0] * 96])
    assert found.p == float(Fraction(4, 16))
    assert found.ties == 96


def test_sums_that_differ_only_by_rounding_count_as_equally_extreme() -> None:
    rng = random.Random(1)
    for _ in range(20):
        differences = [
            Fraction(rng.choice([-2, -1, 1, 2]), rng.choice([3, 7, 10])) for _ in range(6)
        ]
        sums = [
            abs(sum(map(operator.mul, signs, differences)))
            for signs in itertools.product((-1, 1), repeat=len(differences))
        ]
        exact = Fraction(sum(each >= abs(sum(differences)) for each in sums), len(sums))
        found = paired([0.0] * len(differences), [float(each) for each in differences])
        assert found.p == float(exact)


@pytest.mark.parametrize("count", [5, 12, 60, 250])
def test_p_agrees_with_the_permutation_test_of_scipy(count: int) -> None:
    before, after = draw(count, seed=3), draw(count, seed=4)
    differences = np.subtract(after, before)
    theirs = stats.permutation_test(
        (differences,),
        np.mean,
        permutation_type="samples",
        vectorized=True,
        n_resamples=RESAMPLES,
        rng=1,
    )
    assert paired(before, after).p == pytest.approx(
        theirs.pvalue, abs=0.02 if count > 12 else 1e-12
    )


def test_runs_over_different_numbers_of_cases_cannot_be_paired() -> None:
    with pytest.raises(ValueError, match="2 cases against 3"):
        paired([0.0, 1.0], [0.0, 1.0, 1.0])


def test_holm_multiplies_the_smallest_by_their_number_and_keeps_the_order() -> None:
    # 0.005 x 4, 0.01 x 3, 0.03 x 2, and 0.04 x 1 raised to the one before it.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_holm_never_goes_above_one_and_leaves_a_single_p_as_it_is() -> None:
    assert holm([0.6, 0.5, 1.0]) == [1.0, 1.0, 1.0]
    assert holm([0.03]) == [0.03]
    assert holm([]) == []


def test_holm_gives_equal_ps_equal_values() -> None:
    assert holm([0.02, 0.02, 0.9]) == pytest.approx([0.06, 0.06, 0.9])
