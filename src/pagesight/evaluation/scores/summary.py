"""What a run comes to: metrics with intervals, latency, blame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pagesight.evaluation.record import Row, RunInfo
from pagesight.evaluation.sets.cases import Case

ALL = "all"
"""Name of the group of all cases; others are "evidence: figure", "tag: units", "synthetic"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A mean and its bootstrap confidence interval (95 %)."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Metrics of one group of cases at one level."""

    cases: int
    metrics: Mapping[str, Interval]


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Seconds of wall clock."""

    p50: float
    p95: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Where one missed case was lost."""

    stage: str
    """One of `blame.STAGES`."""
    detail: str
    """One sentence for people: what was seen at that stage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blame:
    """Where questions are lost."""

    stages: tuple[str, ...]
    """In the order of the pipeline."""
    lost: Mapping[str, Mapping[str, int]]
    """Evidence kind (and `ALL`) -> stage -> cases lost there."""
    kept: Mapping[str, int]
    """Evidence kind (and `ALL`) -> cases that got through."""
    losses: Mapping[str, Loss]
    """Case id -> its loss, for the missed cases only."""
    lists: Mapping[str, Mapping[str, float]]
    """List -> evidence kind (and `ALL`) -> share of the cases with gold pages whose gold page is
    anywhere in the list."""
    fused: Mapping[str, float]
    """Evidence kind (and `ALL`) -> share whose gold page is in the fused top `RunInfo.count`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One run, scored."""

    info: RunInfo
    retrieval: Mapping[str, Mapping[str, Scores]]
    """Level (document, page, box, kind, chunk) -> group -> scores. Groups without cases at a
    level are absent."""
    answers: Mapping[str, Scores]
    """Group -> answer metrics; empty where only retrieval was run."""
    latency: Mapping[str, Latency]
    """Stage -> seconds; "retrieve" is the sum of the stages of retrieving, "write" the answerer."""
    blame: Blame
    cases: tuple[Case, ...]
    rows: tuple[Row, ...]
    """One for each case, in the same order."""
    values: Mapping[str, Mapping[str, float]]
    """Metric with its level ("page recall@5", "answer contains gold") -> case id -> value."""
