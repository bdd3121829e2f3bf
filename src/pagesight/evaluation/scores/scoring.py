"""From rows to figures: every metric, for all cases and for each evidence kind and tag."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from pagesight.evaluation.record import Row, RunInfo
from pagesight.evaluation.scores.answers import answer_values
from pagesight.evaluation.scores.blame import blame
from pagesight.evaluation.scores.levels import LEVELS
from pagesight.evaluation.scores.retrieval import retrieval_values
from pagesight.evaluation.scores.statistics import intervals
from pagesight.evaluation.scores.summary import ALL, Latency, Report, Scores
from pagesight.evaluation.sets.cases import Case


def summarise(info: RunInfo, cases: Sequence[Case], rows: Sequence[Row]) -> Report:
    """Scores a run; `rows` has one row a case, in the same order."""
    groups = group_cases(cases)
    retrieval = {}
    values: dict[str, Mapping[str, float]] = {}
    for level in LEVELS:
        if level == "chunk" and not any(row.trace.relevant for row in rows):
            # No answer of the set stands anywhere word for word: the level would say nothing.
            continue
        by_metric = retrieval_values(level, cases, rows)
        retrieval[level] = _scores(by_metric, groups)
        values |= {f"{level} {metric}": each for metric, each in by_metric.items() if each}
    answers = answer_values(cases, rows) if info.answers else {}
    values |= {f"answer {metric}": each for metric, each in answers.items() if each}
    return Report(
        info=info,
        retrieval={level: scores for level, scores in retrieval.items() if scores},
        answers=_answer_scores(answers, groups),
        latency=_latency(rows),
        blame=blame(info, cases, rows),
        cases=tuple(cases),
        rows=tuple(rows),
        values=values,
    )


def group_cases(cases: Sequence[Case]) -> dict[str, set[str]]:
    """Group -> ids of its cases: all, each evidence kind, each tag that several cases share, and
    the synthetic ones where they are mixed with others."""
    groups: dict[str, set[str]] = {ALL: {case.id for case in cases}}
    for case in sorted(cases, key=lambda case: case.evidence):
        if case.evidence:
            groups.setdefault(f"evidence: {case.evidence}", set()).add(case.id)
    tags = Counter(tag for case in cases for tag in set(case.tags))
    for tag in sorted(tag for tag, count in tags.items() if count > 1):
        groups[f"tag: {tag}"] = {case.id for case in cases if tag in case.tags}
    synthetic = {case.id for case in cases if case.synthetic}
    if synthetic and synthetic != groups[ALL]:
        groups["synthetic"] = synthetic
        groups["not synthetic"] = groups[ALL] - synthetic
    return groups


def _scores(
    values: Mapping[str, Mapping[str, float]], groups: Mapping[str, set[str]]
) -> dict[str, Scores]:
    """Scores of metrics that all apply to the same cases."""
    names = list(values)
    scored = list(values[names[0]]) if names else []
    found = {}
    for group, ids in groups.items():
        mine = [id for id in scored if id in ids]
        if mine:
            matrix = [[values[name][id] for id in mine] for name in names]
            found[group] = Scores(
                cases=len(mine), metrics=dict(zip(names, intervals(matrix), strict=True))
            )
    return found


def _answer_scores(
    values: Mapping[str, Mapping[str, float]], groups: Mapping[str, set[str]]
) -> dict[str, Scores]:
    """Each answer metric applies to cases of its own; `cases` is their union."""
    found = {}
    for group, ids in groups.items():
        metrics = {}
        asked: set[str] = set()
        for name, each in values.items():
            mine = [value for id, value in each.items() if id in ids]
            asked |= ids & set(each)
            if mine:
                (metrics[name],) = intervals([mine])
        if metrics:
            found[group] = Scores(cases=len(asked), metrics=metrics)
    return found


def _latency(rows: Sequence[Row]) -> dict[str, Latency]:
    by_stage: dict[str, list[float]] = {}
    for row in rows:
        for stage, seconds in row.seconds.items():
            by_stage.setdefault(stage, []).append(seconds)
    return {stage: _quantiles(seconds) for stage, seconds in by_stage.items()}


def _quantiles(seconds: Sequence[float]) -> Latency:
    """Each the smallest value that at least its share of the values do not exceed."""
    p50, p95 = np.quantile(seconds, [0.5, 0.95], method="inverted_cdf")
    return Latency(p50=float(p50), p95=float(p95))
