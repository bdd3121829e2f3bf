"""Page-level recall and MRR by ir_measures: a missed question counts as zero."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import ir_measures
from ir_measures import RR, R

CUTOFFS = (1, 5, 10, 20)
_NAMES = {R @ cutoff: f"recall@{cutoff}" for cutoff in CUTOFFS} | {RR: "mrr"}


def page_metrics(
    gold: Mapping[str, Sequence[str]], ranked: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, float]]:
    """Metric name -> case id -> value, over all cases of `gold`.

    Args:
        gold: case id -> the pages that hold the answer, at least one.
        ranked: case id -> retrieved pages, best first, without repeats.
    """
    qrels = {case: dict.fromkeys(pages, 1) for case, pages in gold.items()}
    run = {
        case: {page: float(-rank) for rank, page in enumerate(pages)}
        for case, pages in ranked.items()
        if pages
    }
    values: dict[str, dict[str, float]] = {
        name: dict.fromkeys(gold, 0.0) for name in _NAMES.values()
    }
    for result in ir_measures.iter_calc(list(_NAMES), qrels, run):
        values[_NAMES[result.measure]][result.query_id] = float(result.value)
    return values


def mean(values: Sequence[float]) -> float:
    """The mean, rounded to 1e-4; 0 for no values."""
    return round(sum(values) / len(values), 4) if values else 0.0


def contains_gold(text: str, answers: Sequence[str]) -> bool:
    """Whether a text contains one of the gold facts, case and white space aside.

    A fact that begins or ends with a letter or digit must not be part of a longer word or number.
    """
    words = f" {_normalised(text)} "
    return any(_bounded(words, _normalised(answer)) for answer in answers if answer.strip())


def _normalised(text: str) -> str:
    return " ".join(text.casefold().replace("|", " ").split())


def _bounded(text: str, fact: str) -> bool:
    start = text.find(fact)
    while start >= 0:
        before, after = text[start - 1], text[start + len(fact)]
        inside = (before.isalnum() and fact[0].isalnum()) or (
            after.isalnum() and fact[-1].isalnum()
        )
        if not inside:
            return True
        start = text.find(fact, start + 1)
    return False
