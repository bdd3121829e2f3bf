"""Prints what was measured: metrics, blame, comparisons, ablations, gates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table as Grid
from rich.text import Text

from pagesight.cli.output import console

if TYPE_CHECKING:
    from pagesight.evaluation.runs.comparison import CaseChange, Comparison, MetricChange
    from pagesight.evaluation.runs.gate import Check
    from pagesight.evaluation.scores.judge import Agreement
    from pagesight.evaluation.scores.summary import Blame, Interval, Report, Scores

_PAGE = "page "
"""What metrics of pages begin with."""
_RETRIEVAL = ("recall@1", "recall@5", "recall@10", "recall@20", "mrr")
_ANSWERS = {
    "contains_gold": "holds gold",
    "numeric_match": "numbers",
    "citation_precision": "cite P",
    "citation_recall": "cite R",
    "refused_unanswerable": "refused",
    "answered_answerable": "answered",
    "judged": "judged",
}
_CHANGES = 12
"""Wins and losses printed each; the rest is in --json."""
_QUESTION = 90
"""Characters of a question that are shown."""


def print_report(report: Report) -> None:
    """The headline figures, where questions are lost, and the latency."""
    from pagesight.evaluation.scores.summary import ALL

    info = report.info
    console.print(
        Text(
            f"{info.set_name}: {info.cases} questions, pipeline {info.pipeline}, "
            f"{info.documents} documents, {info.pages} pages, {info.chunks} chunks"
            + (", each question in its own documents" if info.in_document else "")
        )
    )
    if synthetic := sum(case.synthetic for case in report.cases):
        console.print(Text(f"{synthetic} of the questions are synthetic", style="yellow"))
    levels = {level: groups[ALL] for level, groups in report.retrieval.items()}
    _print_scores("level", levels, dict.fromkeys(_RETRIEVAL, ""), intervals=True)
    kinds = {
        group: scores
        for group, scores in report.retrieval.get("page", {}).items()
        if not group.startswith(("tag: ", ALL))
    }
    if kinds:
        _print_scores("pages by", kinds, dict.fromkeys(_RETRIEVAL, ""))
    answers = {
        group: scores for group, scores in report.answers.items() if not group.startswith("tag: ")
    }
    if answers:
        _print_scores("answers", answers, _ANSWERS)
    print_blame(report.blame)
    _print_latency(report)


def _print_scores(
    title: str, rows: Mapping[str, Scores], names: Mapping[str, str], *, intervals: bool = False
) -> None:
    used = [name for name in names if any(name in scores.metrics for scores in rows.values())]
    grid = _grid(title, "cases", *(names[name] or name for name in used))
    show = _interval if intervals else _mean
    for row, scores in rows.items():
        cells = (show(scores.metrics.get(name)) for name in used)
        grid.add_row(Text(row), str(scores.cases), *cells)
    console.print(grid)


def print_blame(blame: Blame) -> None:
    """Evidence kinds by stages: how many questions are lost where."""
    stages = [stage for stage in blame.stages if any(row[stage] for row in blame.lost.values())]
    grid = _grid("lost at", "cases", "kept", *stages)
    for kind, lost in blame.lost.items():
        cells = (str(lost[stage] or "·") for stage in stages)
        total = blame.kept[kind] + sum(lost.values())
        grid.add_row(Text(kind), str(total), str(blame.kept[kind]), *cells)
    console.print(grid)
    kinds = list(blame.fused)
    grid = _grid("gold page found by", *kinds)
    for name, shares in blame.lists.items():
        grid.add_row(name, *(f"{shares[kind]:.3f}" for kind in kinds))
    grid.add_row("fused top", *(f"{blame.fused[kind]:.3f}" for kind in kinds))
    console.print(grid)


def _print_latency(report: Report) -> None:
    stages = ", ".join(
        f"{stage} {latency.p50 * 1000:.0f}/{latency.p95 * 1000:.0f}"
        for stage, latency in report.latency.items()
    )
    console.print(Text(f"milliseconds p50/p95: {stages}", style="dim"))


def print_comparison(comparison: Comparison) -> None:
    """Paired differences (from, to: 95 %), wins and losses, latency and size."""
    before, after = comparison.baseline, comparison.candidate
    console.print(Text(f"{before.name} ({before.key[:8]}) -> {after.name} ({after.key[:8]})"))
    grid = _grid("metric", "before", "after", "change", "from", "to", "p", "won", "lost")
    for change in comparison.metrics:
        grid.add_row(*_change_cells(change))
    console.print(grid)
    console.print(
        Text(f"{comparison.verdict} ({comparison.cases} cases, p adjusted by Holm)", style="bold")
    )
    _print_changes(f"won by {comparison.decided_by}", comparison.won)
    _print_changes(f"lost by {comparison.decided_by}", comparison.lost)
    for stage, (old, new) in comparison.latency.items():
        if old and new:
            console.print(
                Text(
                    f"{stage}: p50 {old.p50 * 1000:.0f} -> {new.p50 * 1000:.0f} ms, "
                    f"p95 {old.p95 * 1000:.0f} -> {new.p95 * 1000:.0f} ms",
                    style="dim",
                )
            )
    console.print(
        Text(
            f"index: {before.index_bytes / 1e6:.1f} -> {after.index_bytes / 1e6:.1f} MB",
            style="dim",
        )
    )


def _change_cells(change: MetricChange) -> tuple[Text | str, ...]:
    difference = change.difference
    return (
        change.metric.removeprefix("answer "),
        f"{change.before:.3f}",
        f"{change.after:.3f}",
        Text(f"{difference.mean:+.3f}", style=_style(change)),
        f"{difference.low:+.2f}",
        f"{difference.high:+.2f}",
        f"{change.p_adjusted:.3f}",
        str(difference.wins),
        str(difference.losses),
    )


def _style(change: MetricChange) -> str:
    if not change.significant:
        return ""
    return "green" if change.difference.mean > 0 else "red"


def _print_changes(title: str, changes: Sequence[CaseChange]) -> None:
    if not changes:
        return
    console.print(Text(f"{title}: {len(changes)}", style="bold"))
    for change in changes[:_CHANGES]:
        stage = f"  [{change.lost}]" if change.lost else ""
        question = " ".join(change.question.split())[:_QUESTION]
        console.print(
            Text(f"  {change.id}  {change.before:.2f} -> {change.after:.2f}  {question}{stage}")
        )
    if len(changes) > _CHANGES:
        console.print(Text(f"  ... and {len(changes) - _CHANGES} more", style="dim"))


def print_ablation(comparisons: Mapping[str, Comparison]) -> None:
    """Two lines a variant: each metric and its change against the whole, then the interval of
    the change."""
    metrics = [change.metric for change in next(iter(comparisons.values())).metrics]
    pages = [metric for metric in metrics if metric.startswith(_PAGE)]
    others = [metric for metric in metrics if metric not in pages]
    for title, chosen in (("pages", pages), ("lists", others)):
        if chosen:
            _print_variants(title, chosen, comparisons)
    console.print(
        Text(
            "Each variant: metric and change against all, then the change's 95 % interval.\n"
            "* beyond chance (p < 0.05, adjusted by Holm in its row)",
            style="dim",
        )
    )


def _print_variants(
    title: str, metrics: Sequence[str], comparisons: Mapping[str, Comparison]
) -> None:
    changes = {
        name: {change.metric: change for change in comparison.metrics}
        for name, comparison in comparisons.items()
    }
    grid = _grid(title, *(metric.removeprefix(_PAGE) for metric in metrics))
    whole = next(iter(changes.values()))
    grid.add_row("all", *(_short(whole[metric].before, ".3f") for metric in metrics))
    for name, row in changes.items():
        cells = (_variant_cell(row[metric]) if metric in row else "" for metric in metrics)
        grid.add_row(name, *cells)
    console.print(grid, "")


def _variant_cell(change: MetricChange) -> Text:
    difference = change.difference
    star = "*" if change.significant else " "
    low, high = (_short(end, "+.2f") for end in (difference.low, difference.high))
    return Text.assemble(
        f"{_short(change.after, '.3f')} ",
        (f"{_short(difference.mean, '+.2f')}{star}", _style(change)),
        (f"\n{low}..{high} ", "dim"),
    )


def _short(value: float, shape: str) -> str:
    """Without the 0 before the point: five metrics and their changes fit into 80 columns."""
    return f"{value:{shape}}".replace("0.", ".", 1)


def print_gate(checks: Sequence[Check], path: Path, *, updated: bool) -> None:
    """Each metric beside the baseline's interval."""
    grid = _grid("metric", "baseline", "not below", "now", "")
    for check in checks:
        grid.add_row(
            check.metric,
            f"{check.baseline.mean:.3f}",
            f"{check.baseline.low:.3f}",
            f"{check.now:.3f}",
            Text("ok", style="green") if check.passed else Text("MISSED", style="bold red"),
        )
    console.print(grid)
    if updated:
        console.print(f"wrote {path}", markup=False)


def print_agreement(model: str, agreement: Agreement) -> None:
    """How far a judge can be trusted, and where it was wrong."""
    console.print(
        Text(
            f"{model}: agrees with {agreement.accuracy:.3f} of {agreement.cases} labels, "
            f"kappa {agreement.kappa:.3f}"
        )
    )
    for what, ids in (
        ("took for correct what is wrong", agreement.false_correct),
        ("took for wrong what is correct", agreement.false_wrong),
        ("gave no verdict", agreement.unread),
    ):
        if ids:
            console.print(Text(f"{what}: {', '.join(ids)}"))


def _mean(interval: Interval | None) -> str:
    return "" if interval is None else f"{interval.mean:.3f}"


def _interval(interval: Interval | None) -> str:
    """The mean, give or take half of the interval."""
    if interval is None:
        return ""
    return f"{interval.mean:.3f}±{(interval.high - interval.low) / 2:.2f}"


def _grid(first: str, *columns: str) -> Grid:
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    grid.add_column(first, no_wrap=True)
    for name in columns:
        grid.add_column(name, justify="right")
    return grid
