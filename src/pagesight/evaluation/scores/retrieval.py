"""Retrieval metrics by ir_measures (trec_eval's code): a missed case counts as zero."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import ir_measures
from ir_measures import RR, P, R, Success, nDCG

from pagesight.evaluation.record import Row
from pagesight.evaluation.scores.levels import Level, applies, gold_units, ranked_units
from pagesight.evaluation.sets.cases import Case

CUTOFFS = (1, 5, 10, 20)
_FAMILIES = {"recall": R, "precision": P, "hit": Success, "ndcg": nDCG}
_MEASURES = {
    f"{name}@{cutoff}": family @ cutoff for name, family in _FAMILIES.items() for cutoff in CUTOFFS
} | {"mrr": RR}
METRICS = tuple(_MEASURES)
"""Names, in the order of reports: "recall@1" ... "ndcg@20", "mrr"."""


def retrieval_values(
    level: Level, cases: Sequence[Case], rows: Sequence[Row]
) -> dict[str, dict[str, float]]:
    """Metric -> case id -> value, over all cases to which the level applies, in their order.

    A case that failed, has no hits, has no row, or has no gold unit that could be found, counts as
    zero. Rows belong to cases by id.
    """
    by_id = {row.id: row for row in rows}
    pairs = [(case, by_id.get(case.id, Row(id=case.id))) for case in cases if applies(level, case)]
    return score(
        {case.id: gold_units(level, case, row) for case, row in pairs},
        {case.id: ranked_units(level, case, row) for case, row in pairs},
    )


def score(
    qrels: Mapping[str, Mapping[str, int]], ranked: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, float]]:
    """Metric -> case id -> value, over all cases of `qrels`, in their order.

    As trec_eval defines them: precision divides by k also where fewer were retrieved, the gain of
    nDCG is the grade and its discount log2(rank + 1), `mrr` has no cutoff.

    Args:
        qrels: case id -> gold unit -> grade, at least 1; may be empty for a case.
        ranked: case id -> units, best first; of repeated units the first counts. Cases may be
            absent; cases that are not in `qrels` are left out.
    """
    judged = {case: dict(units) for case, units in qrels.items()}
    run = {
        # Falling scores: trec_eval breaks ties by its own rule.
        case: {unit: -float(rank) for rank, unit in enumerate(dict.fromkeys(ranked[case]))}
        for case in judged
        if case in ranked
    }
    # ir_measures need not report a case without gold units or hits.
    values = {name: dict.fromkeys(qrels, 0.0) for name in METRICS}
    names = {measure: name for name, measure in _MEASURES.items()}
    for result in ir_measures.iter_calc(list(names), judged, run):
        values[names[result.measure]][result.query_id] = float(result.value)
    return values
