"""Compare runs: paired differences with significance, and what was won and lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pagesight.errors import SettingsError
from pagesight.evaluation.record import RunInfo
from pagesight.evaluation.scores.statistics import Difference, holm, paired
from pagesight.evaluation.scores.summary import Latency, Report

HEADLINE = (
    "page recall@1",
    "page recall@5",
    "page recall@10",
    "page recall@20",
    "page mrr",
    "kind recall@5",
    "box recall@5",
    "box mrr",
    "document recall@5",
    "document ndcg@10",
    "answer contains_gold",
    "answer numeric_match",
    "answer citation_precision",
    "answer citation_recall",
    "answer refused_unanswerable",
    "answer answered_answerable",
    "answer judged",
)
"""The metrics that runs are compared and gated by, where the set has them: few, because with many
something always differs by chance."""
SIGNIFICANT = 0.05
"""Of p, adjusted by Holm over the metrics of one comparison."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricChange:
    """One metric of a run against the baseline's, over the cases that both have."""

    metric: str
    before: float
    after: float
    difference: Difference
    p_adjusted: float

    @property
    def significant(self) -> bool:
        return self.p_adjusted < SIGNIFICANT


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseChange:
    """A case whose value of a metric changed."""

    id: str
    question: str
    before: float
    after: float
    lost: str
    """Stage where it is lost now (or was lost before, if it is won); "" if it never was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A run against the baseline."""

    baseline: RunInfo
    candidate: RunInfo
    cases: int
    """Cases that both have."""
    metrics: tuple[MetricChange, ...]
    decided_by: str
    """The metric that wins and losses are told by."""
    won: tuple[CaseChange, ...]
    lost: tuple[CaseChange, ...]
    latency: Mapping[str, tuple[Latency | None, Latency | None]]
    """Stage -> before and after."""

    @property
    def verdict(self) -> str:
        """ "no difference", or what is better and worse, significantly."""
        better = [c.metric for c in self.metrics if c.significant and c.difference.mean > 0]
        worse = [c.metric for c in self.metrics if c.significant and c.difference.mean < 0]
        said = [f"better: {', '.join(better)}"] if better else []
        said += [f"worse: {', '.join(worse)}"] if worse else []
        return "; ".join(said) or "no difference"


def compare(baseline: Report, candidate: Report) -> Comparison:
    """Pairs two runs of the same set, or of sets that share questions.

    Raises:
        SettingsError: the runs have no case in common.
    """
    shared = _shared(baseline, candidate)
    metrics = _metrics(baseline, candidate, shared)
    decided_by = next(
        (m.metric for m in metrics if m.metric in ("answer judged", "answer contains_gold")), ""
    ) or next((m.metric for m in metrics if m.metric.endswith(" mrr")), metrics[0].metric)
    won, lost = _changes(baseline, candidate, shared, decided_by)
    stages = dict.fromkeys((*baseline.latency, *candidate.latency))
    return Comparison(
        baseline=baseline.info,
        candidate=candidate.info,
        cases=len(shared),
        metrics=metrics,
        decided_by=decided_by,
        won=won,
        lost=lost,
        latency={
            stage: (baseline.latency.get(stage), candidate.latency.get(stage)) for stage in stages
        },
    )


def _shared(baseline: Report, candidate: Report) -> list[str]:
    """Ids of the cases that are the same in both, in the order of the baseline."""
    others = {case.id: case for case in candidate.cases}
    shared = [case.id for case in baseline.cases if others.get(case.id) == case]
    if not shared:
        raise SettingsError(
            f"{baseline.info.name} and {candidate.info.name} have no case in common: compare runs "
            "of the same set"
        )
    return shared


def _metrics(
    baseline: Report, candidate: Report, shared: Sequence[str]
) -> tuple[MetricChange, ...]:
    pairs: dict[str, tuple[list[float], list[float]]] = {}
    for metric in HEADLINE:
        before, after = baseline.values.get(metric, {}), candidate.values.get(metric, {})
        ids = [id for id in shared if id in before and id in after]
        if ids:
            pairs[metric] = [before[id] for id in ids], [after[id] for id in ids]
    if not pairs:
        raise SettingsError(
            f"{baseline.info.name} and {candidate.info.name} share no metric: "
            "run both with or without --answers"
        )
    differences = {metric: paired(before, after) for metric, (before, after) in pairs.items()}
    adjusted = holm([difference.p for difference in differences.values()])
    return tuple(
        MetricChange(
            metric=metric,
            before=sum(pairs[metric][0]) / len(pairs[metric][0]),
            after=sum(pairs[metric][1]) / len(pairs[metric][1]),
            difference=difference,
            p_adjusted=p,
        )
        for (metric, difference), p in zip(differences.items(), adjusted, strict=True)
    )


def _changes(
    baseline: Report, candidate: Report, shared: Sequence[str], metric: str
) -> tuple[tuple[CaseChange, ...], tuple[CaseChange, ...]]:
    """Cases won and cases lost, the largest changes first."""
    before, after = baseline.values[metric], candidate.values[metric]
    questions = {case.id: case.question for case in baseline.cases}
    changed = []
    for id in shared:
        if id in before and id in after and before[id] != after[id]:
            losses = (candidate if after[id] < before[id] else baseline).blame.losses
            changed.append(
                CaseChange(
                    id=id,
                    question=questions[id],
                    before=before[id],
                    after=after[id],
                    lost=losses[id].stage if id in losses else "",
                )
            )
    changed.sort(key=lambda change: (-abs(change.after - change.before), change.id))
    won = tuple(change for change in changed if change.after > change.before)
    lost = tuple(change for change in changed if change.after < change.before)
    return won, lost
