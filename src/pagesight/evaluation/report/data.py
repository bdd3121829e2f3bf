"""What the three forms of a report say alike: headline figures, reasons, missed questions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from pagesight.evaluation.record import Row, RunInfo
from pagesight.evaluation.scores.blame import (
    CRASHED,
    UNANSWERABLE,
    UNLABELLED,
    evidence_kind,
    is_followed,
)
from pagesight.evaluation.scores.summary import ALL, Interval, Report
from pagesight.evaluation.sets.cases import Case, GoldPage

WHY: Mapping[str, str] = {
    CRASHED: "the case itself failed with an error",
    "ingested": "the document is not in the library",
    "parsed": "neither text nor a picture came out of the page",
    "read": "the answer is in the file's own text but not in the parsed text",
    "chunked": "the answer is on the page but not whole in one chunk",
    "embedded": "no chunk of the page has a vector",
    "listed": "the page is in the top {depth} of no list",
    "fused": "the page is in a list but not in the fused top {count}",
    "shown": "the evidence was found but not shown to the answerer",
    "cited": "the page was shown but the answer does not cite it",
    "answered": "the answer is wrong, or should have been a refusal",
}
"""Stage of `Blame` -> why a question is lost there, as a clause."""

_HEADLINES = ("recall@1", "recall@5", "recall@10", "mrr")
_ANSWER_HEADLINES = ("contains_gold", "refused_unanswerable", "judged", "citation_recall")
"""The first two of these that were measured."""

_KINDS_FIRST = (ALL, "text", "table", "figure")
_KINDS_LAST = (UNLABELLED, UNANSWERABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """One figure at the top of the page."""

    label: str
    interval: Interval
    cases: int
    """Over how many cases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """A question that was lost, or that crashed."""

    case: Case
    row: Row
    kind: str
    stage: str
    detail: str


def headlines(report: Report) -> list[Headline]:
    """At most four figures of retrieval (of pages, else of the first level), two of answers."""
    chosen: list[Headline] = []
    level = main_level(report)
    if level:
        scores = report.retrieval[level][ALL]
        names = [name for name in _HEADLINES if name in scores.metrics] or list(scores.metrics)[:4]
        chosen += [
            Headline(
                label=f"{level} {name}",
                interval=scores.metrics[name],
                cases=_measured(report, f"{level} {name}", scores.cases),
            )
            for name in names
        ]
    answers = report.answers.get(ALL)
    if answers is not None:
        names = [name for name in _ANSWER_HEADLINES if name in answers.metrics]
        chosen += [
            Headline(
                label=name.replace("_", " "),
                interval=answers.metrics[name],
                cases=_measured(report, f"answer {name}", answers.cases),
            )
            for name in (names or list(answers.metrics))[:2]
        ]
    return chosen


def _measured(report: Report, metric: str, cases: int) -> int:
    """How many cases a metric is a mean of, where that is less than its group."""
    return len(report.values[metric]) if metric in report.values else cases


def main_level(report: Report) -> str:
    """The level that stands for retrieval: pages, else the first there is, else ""."""
    levels = [level for level, groups in report.retrieval.items() if ALL in groups]
    return "page" if "page" in levels else next(iter(levels), "")


def why(stage: str, info: RunInfo) -> str:
    """The clause after "because" for a stage, known or not."""
    clause = WHY.get(stage, f"the stage “{stage}” failed")
    return clause.replace("{count}", str(info.count)).replace("{depth}", str(info.depth))


def sentence(report: Report) -> str:
    """How many questions are lost, and mostly why."""
    losses = {stage: count for stage in stages(report) if (count := lost(report, ALL, stage))}
    missed = sum(losses.values())
    total = missed + report.blame.kept.get(ALL, 0)
    if not total:
        return "No question of this run could be followed: none names a page or a document."
    questions = f"{total} question{'s' if total > 1 else ''}"
    if not missed:
        return f"None of {questions} is lost."
    first, *others = sorted(losses, key=lambda stage: -losses[stage])
    start = f"{missed} of {questions} {'are' if missed > 1 else 'is'} lost"
    if not others:
        return f"{start}, {'all ' if missed > 1 else ''}because {why(first, report.info)}."
    if 2 * losses[first] > missed:
        return f"{start}: most ({losses[first]}) because {why(first, report.info)}."
    second = others[0]
    rest = missed - losses[first] - losses[second]
    tail = f", {rest} for other reasons" if rest else ""
    return (
        f"{start}: {losses[first]} because {why(first, report.info)}, "
        f"{losses[second]} because {why(second, report.info)}{tail}."
    )


def stages(report: Report) -> list[str]:
    """In the order of the pipeline; a stage that only the counts name comes last."""
    counted = (stage for counts in report.blame.lost.values() for stage in counts)
    return list(dict.fromkeys((*report.blame.stages, *counted)))


def lost(report: Report, kind: str, stage: str) -> int:
    """Cases of a kind that were lost at a stage."""
    return report.blame.lost.get(kind, {}).get(stage, 0)


def kinds(report: Report) -> list[str]:
    """Evidence kinds of the blame table, `ALL` first."""
    return ordered({*report.blame.kept, *report.blame.lost})


def ordered(names: Iterable[str]) -> list[str]:
    """Kinds in the order in which people expect them; unknown ones in between, by name."""

    def place(name: str) -> tuple[int, int, str]:
        if name in _KINDS_FIRST:
            return (0, _KINDS_FIRST.index(name), name)
        return (2, _KINDS_LAST.index(name), name) if name in _KINDS_LAST else (1, 0, name)

    return sorted(names, key=place)


def missed(report: Report) -> list[Missed]:
    """Lost and crashed questions, by stage in the order of the pipeline, then by id."""
    order = {stage: number for number, stage in enumerate((CRASHED, *stages(report)))}
    found: list[Missed] = []
    for case, row in zip(report.cases, report.rows, strict=True):
        loss = report.blame.losses.get(case.id)
        if loss is None and not row.error:
            continue
        found.append(
            Missed(
                case=case,
                row=row,
                kind=evidence_kind(case),
                stage=loss.stage if loss else CRASHED,
                detail=row.error or (loss.detail if loss else ""),
            )
        )
    return sorted(found, key=lambda item: (order.get(item.stage, len(order)), item.case.id))


def outcome(report: Report, case: Case, row: Row) -> str:
    """The stage that lost a question, "kept", or "not counted"."""
    loss = report.blame.losses.get(case.id)
    if loss is not None:
        return loss.stage
    if row.error:
        return CRASHED
    return "kept" if is_followed(report.info, case) else "not counted"


def gold_pages(case: Case) -> tuple[GoldPage, ...]:
    """The labelled pages; where there are none, those of the boxes."""
    boxed = (GoldPage(document=box.document, page=box.page) for box in case.boxes)
    return case.pages or tuple(dict.fromkeys(boxed))


def synthetic_note(report: Report) -> str:
    """What must stand by figures over synthetic questions; "" for a set that people wrote."""
    made = sum(case.synthetic for case in report.cases)
    if not made:
        return ""
    return (
        f"Synthetic questions: {made} of {len(report.cases)} were made by a program from the "
        "documents themselves. They do not stand for what people ask."
    )


def list_names(report: Report) -> list[str]:
    """Lists that any part of the report names, in the order in which they come first."""
    in_rows = (name for row in report.rows for name in row.trace.list_ranks)
    return list(dict.fromkeys((*report.blame.lists, *in_rows)))


def list_kinds(report: Report) -> list[str]:
    """Evidence kinds for which the share of any list is known, `ALL` first."""
    shares = (report.blame.fused, *report.blame.lists.values())
    return ordered({kind for share in shares for kind in share})


def date(started: str) -> str:
    """As in "2026-03-01 12:30 UTC"; what is no ISO time stays as it is."""
    try:
        return f"{datetime.fromisoformat(started):%Y-%m-%d %H:%M} UTC"
    except ValueError:
        return started


def share(value: float, digits: int = 3) -> str:
    """As in ".856": without the zero, as the field prints shares."""
    return f"{value:.{digits}f}".removeprefix("0")


def span(interval: Interval) -> str:
    """The confidence interval, two decimals."""
    return f"{share(interval.low, 2)}–{share(interval.high, 2)}"


def duration(seconds: float) -> str:
    """With the unit that suits it."""
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms" if seconds >= 0.01 else f"{seconds * 1000:.1f} ms"
    return f"{seconds:.2f} s" if seconds < 100 else f"{seconds:.0f} s"


def size(count: int) -> str:
    """Bytes for people, in powers of 1000."""
    value = float(count)
    for unit in ("B", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"
