"""Gate: a run against a committed baseline.

A baseline is a JSON file with the metrics that a set had when it was committed, each with its
95 % interval. The gate fails where a metric falls below the interval's lower end.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from pagesight.errors import SettingsError
from pagesight.evaluation.runs.comparison import HEADLINE
from pagesight.evaluation.scores.statistics import interval
from pagesight.evaluation.scores.summary import Interval, Report
from pagesight.files import write_whole

_DIGITS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What a run came to when it was committed."""

    set_name: str
    set_hash: str
    pipeline: str
    cases: int
    metrics: dict[str, Interval]


_BASELINES = TypeAdapter(Baseline)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One metric of a run against its baseline."""

    metric: str
    baseline: Interval
    now: float

    @property
    def passed(self) -> bool:
        return self.now >= self.baseline.low


def baseline_of(report: Report) -> Baseline:
    """The headline metrics of a run, to be committed."""
    metrics = {}
    for metric in HEADLINE:
        if metric in report.values:
            found = interval(list(report.values[metric].values()))
            metrics[metric] = Interval(
                mean=round(found.mean, _DIGITS),
                low=round(found.low, _DIGITS),
                high=round(found.high, _DIGITS),
            )
    info = report.info
    return Baseline(
        set_name=info.set_name,
        set_hash=info.set_hash,
        pipeline=info.pipeline,
        cases=info.cases,
        metrics=metrics,
    )


def write_baseline(path: Path, baseline: Baseline) -> None:
    """Raises SettingsError where the file cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, _BASELINES.dump_json(baseline, indent=2) + b"\n")
    except OSError as error:
        raise SettingsError(f"{path}: cannot be written ({error.strerror})") from error


def load_baseline(path: Path) -> Baseline:
    """Raises SettingsError where there is no baseline at `path`."""
    try:
        return _BASELINES.validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise SettingsError(
            f"{path}: is no baseline; write one with `pagesight eval gate ... --update`"
        ) from error


def check(report: Report, baseline: Baseline, path: Path) -> list[Check]:
    """One check for each metric of the baseline; one that the run lacks counts as 0.

    Raises:
        SettingsError: the baseline is of another set, or of another version of it.
    """
    if report.info.set_hash != baseline.set_hash:
        raise SettingsError(
            f"{path}: is the baseline of another version of {baseline.set_name}; write it anew "
            "with --update, and look at the difference before you commit it"
        )
    now = baseline_of(report).metrics
    return [
        Check(metric=metric, baseline=before, now=now[metric].mean if metric in now else 0.0)
        for metric, before in baseline.metrics.items()
    ]
