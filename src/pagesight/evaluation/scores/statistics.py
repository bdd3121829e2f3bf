"""How sure a figure is: bootstrap intervals, paired randomisation tests, Holm's correction.

Each resampling starts from the same seed, so that the same values give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pagesight.evaluation.scores.summary import Interval

Floats = npt.NDArray[np.float64]

RESAMPLES = 10_000
"""Enough that from seed to seed the ends of an interval move by about a hundredth of its width, and
that the smallest p (1e-4) survives Holm's correction for a hundred metrics."""
CONFIDENCE = 0.95
SEED = 20
_DRAWN = 2_500_000
"""Cases drawn at a time, about 60 MB: a few large products of matrices are faster than many."""
_EQUAL = 1e-12
"""Sums of the same numbers in another order are equal within this share of their absolute sum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How run b differs from run a on the same cases."""

    mean: float
    """Of b minus a, case by case."""
    low: float
    high: float
    p: float
    """Two-sided, not corrected for the number of metrics."""
    wins: int
    """Cases where b is higher."""
    losses: int
    ties: int


def interval(values: Sequence[float]) -> Interval:
    """The mean of the values of one metric, one value a case, with its interval.

    Raises:
        ValueError: there are no values.
    """
    return intervals(np.asarray([values], dtype=np.float64))[0]


def intervals(matrix: npt.ArrayLike) -> list[Interval]:
    """One interval for each row of a (metrics, cases) matrix, all from the same resamples of cases.

    Percentile bootstrap (Efron, Annals of Statistics 1979; Efron and Tibshirani, An Introduction to
    the Bootstrap, 1993, chapter 13): it never leaves the range of the metric, 0 to 1. Equal values
    would give it no width, as if n right answers out of n proved that all are right: there the
    rule of three says that up to 3 / n may differ (Hanley and Lippman-Hand, JAMA 1983).

    Raises:
        ValueError: the matrix has no cases.
    """
    values = np.atleast_2d(np.asarray(matrix, dtype=np.float64))
    lows, highs = _bootstrap(values)
    margin = 3 / values.shape[1]
    equal = np.all(values == values[:, :1], axis=1)
    lows = np.where(equal, np.maximum(0.0, values[:, 0] - margin), lows)
    highs = np.where(equal, np.minimum(1.0, values[:, 0] + margin), highs)
    means = np.where(equal, values[:, 0], values.mean(axis=1))
    return [
        Interval(mean=float(mean), low=float(low), high=float(high))
        for mean, low, high in zip(means, lows, highs, strict=True)
    ]


def _bootstrap(values: Floats) -> tuple[Floats, Floats]:
    """Lower and upper ends of the interval of the mean of each row. `scipy.stats.bootstrap` does
    the same, but takes several times as long for a matrix, because it gathers every resample of
    every row."""
    cases = values.shape[1]
    if cases == 0:
        raise ValueError("an interval of no values")
    means = np.hstack([values @ counts.T / cases for counts in _resamples(cases)])
    tail = (1 - CONFIDENCE) / 2
    lows, highs = np.quantile(means, [tail, 1 - tail], axis=1)
    return lows, highs


def paired(a: Sequence[float], b: Sequence[float]) -> Difference:
    """Run b against run a: values of one metric for the same cases in the same order.

    The interval is the bootstrap's of the mean difference. p is that of Fisher's two-sided
    randomisation test (Smucker, Allan and Carterette, CIKM 2007): how often the mean is at least as
    far from zero when each difference gets a random sign. It is exact where so few cases differ
    that all signs can be tried, else estimated from `RESAMPLES` draws as
    (extreme + 1) / (draws + 1) (Phipson and Smyth 2010).

    Raises:
        ValueError: the runs differ in length or are empty.
    """
    if len(a) != len(b):
        raise ValueError(f"{len(a)} cases against {len(b)}")
    differences = np.asarray(b, dtype=np.float64) - np.asarray(a, dtype=np.float64)
    lows, highs = _bootstrap(differences[None, :])
    return Difference(
        mean=float(np.mean(differences)),
        low=float(lows[0]),
        high=float(highs[0]),
        p=_randomisation(differences[differences != 0]),
        wins=int(np.sum(differences > 0)),
        losses=int(np.sum(differences < 0)),
        ties=int(np.sum(differences == 0)),
    )


def holm(ps: Sequence[float]) -> list[float]:
    """p-values adjusted for their number, in the order given (Holm 1979, step-down).

    The i-th smallest of m is multiplied by m - i + 1; none is lower than one before it, or above 1.
    """
    adjusted = [0.0] * len(ps)
    highest = 0.0
    for place, index in enumerate(sorted(range(len(ps)), key=lambda i: ps[i])):
        highest = max(highest, min(1.0, (len(ps) - place) * ps[index]))
        adjusted[index] = highest
    return adjusted


def _resamples(cases: int) -> Iterator[Floats]:
    """Batches of (resamples, cases): how often each resample with replacement holds each case."""
    generator = np.random.default_rng(SEED)
    for size in _batches(cases):
        drawn = generator.integers(0, cases, size=(size, cases))
        drawn += np.arange(size)[:, None] * cases
        counts = np.bincount(drawn.ravel(), minlength=size * cases)
        yield counts.reshape(size, cases).astype(np.float64)


def _randomisation(differences: Floats) -> float:
    """p of differences that are not zero: those that are change no sum."""
    count = len(differences)
    if not count:
        return 1.0
    exact = 2**count <= RESAMPLES
    batches = [_all_signs(count)] if exact else _random_signs(count)
    observed = abs(float(np.sum(differences))) - _EQUAL * float(np.sum(np.abs(differences)))
    extreme = sum(int(np.sum(np.abs(signs @ differences) >= observed)) for signs in batches)
    return extreme / 2**count if exact else (extreme + 1) / (RESAMPLES + 1)


def _all_signs(count: int) -> Floats:
    """(2 ** count, count) of -1 and 1."""
    bits = np.arange(2**count)[:, None] >> np.arange(count) & 1
    return (bits * 2 - 1).astype(np.float64)


def _random_signs(count: int) -> Iterator[Floats]:
    """Batches of (resamples, count) of -1 and 1."""
    generator = np.random.default_rng(SEED)
    for size in _batches(count):
        yield (generator.integers(0, 2, size=(size, count)) * 2 - 1).astype(np.float64)


def _batches(cases: int) -> Iterator[int]:
    """Sizes that add up to `RESAMPLES`."""
    size = max(1, _DRAWN // cases)
    for start in range(0, RESAMPLES, size):
        yield min(size, RESAMPLES - start)
