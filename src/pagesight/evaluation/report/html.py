"""The report as one self-contained HTML page: no request leaves it, it works without script."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import groupby

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pagesight.evaluation.record import Found, Row, RunInfo
from pagesight.evaluation.report import data, plots
from pagesight.evaluation.report.data import Missed
from pagesight.evaluation.report.pictures import (
    PICTURED,
    SHOWN_GOLD,
    SHOWN_HITS,
    data_uri,
    gold_picture,
    picture_key,
)
from pagesight.evaluation.scores.blame import evidence_kind
from pagesight.evaluation.scores.summary import ALL, Latency, Report, Scores
from pagesight.evaluation.sets.cases import Case, GoldPage

_LEVELS = {
    "document": "a hit counts when it stands in the right document",
    "page": "a hit counts when it stands on a gold page",
    "box": "a hit counts when its place covers a gold box",
    "kind": "a hit counts when it is of the labelled kind and stands on a gold page",
    "chunk": "a hit counts when it holds a gold box or the gold answer",
    "answers": "each metric over the questions that it applies to",
}
_CUTOFF = re.compile(r"(.*?)(@\d+)?", re.DOTALL)
_RECALL = re.compile(r"recall@(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Picture:
    """`source` is "" where the picture is missing."""

    source: str
    words: str
    """What it shows, for those who do not see it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hit:
    rank: int
    found: Found
    gold: bool
    """It stands on a gold page."""
    picture: _Picture | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Card:
    item: Missed
    gold: Sequence[tuple[GoldPage, _Picture | None]]
    hits: Sequence[_Hit]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """One row of the list of all questions; `card` is the number of its card, 0 for none."""

    case: Case
    row: Row
    kind: str
    outcome: str
    card: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Panel:
    """The metrics of one level."""

    level: str
    first: bool
    """It is the one that is open at first."""
    note: str
    metrics: Sequence[str]
    families: Sequence[tuple[str, Sequence[str]]]
    """Neighbouring metrics as family and cutoffs: "recall" and ("@1", "@5"), "mrr" and ("",)."""
    groups: Sequence[tuple[str, Scores]]


def render_html(report: Report, pictures: Mapping[str, bytes], limit: int = PICTURED) -> str:
    """The page.

    Args:
        report: the scored run.
        pictures: JPEG or PNG bytes by the keys of `wanted_pictures`; what is missing leaves a
            placeholder. Empty: a page without places for pictures.
        limit: missed questions that have places for pictures, as given to `wanted_pictures`.
    """
    missed = data.missed(report)
    pictured = limit if pictures else 0
    cards = [
        _card(item, pictures if number < pictured else None) for number, item in enumerate(missed)
    ]
    script = _part("script.js")
    return (
        _environment(report.info)
        .get_template("report.html.j2")
        .render(
            report=report,
            info=report.info,
            style=Markup(_part("style.css")),
            script=Markup(script),
            script_hash=_hash(script),
            headlines=_headlines(report),
            sentence=data.sentence(report),
            synthetic=data.synthetic_note(report),
            synthetic_count=sum(case.synthetic for case in report.cases),
            crashed=sum(bool(row.error) for row in report.rows),
            stages=data.stages(report),
            bars=_bars(report),
            list_kinds=data.list_kinds(report),
            list_names=data.list_names(report),
            curves=_curves(report),
            panels=_panels(report),
            latency=_latency(report),
            cards=cards,
            unpictured=max(0, len(cards) - pictured) if pictures else 0,
            card_stages=list(dict.fromkeys(item.stage for item in missed)),
            card_kinds=data.ordered({item.kind for item in missed}),
            lines=_lines(report, missed),
            ALL=ALL,
        )
    )


def _environment(info: RunInfo) -> Environment:
    environment = Environment(
        loader=PackageLoader("pagesight.evaluation.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "share": data.share,
        "span": data.span,
        "duration": data.duration,
        "size": data.size,
        "date": data.date,
        "why": lambda stage: data.why(stage, info),
        "colour": lambda stage: f"--{_slot(stage)}",
    }
    return environment


def _part(name: str) -> str:
    return (files("pagesight.evaluation.report") / "templates" / name).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    """What a content security policy wants of an inline script."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode('ascii')}"


def _slot(stage: str) -> str:
    """The name of a stage's colour in the style sheet, never a text that came from elsewhere."""
    return f"at-{stage}" if stage in data.WHY else "at-other"


def _headlines(report: Report) -> list[tuple[data.Headline, Markup]]:
    return [
        (item, plots.interval_bar(item.interval, title=item.label))
        for item in data.headlines(report)
    ]


def _bars(report: Report) -> list[tuple[str, int, int, Markup]]:
    """Kind, kept, total, bar."""
    rows = []
    for kind in data.kinds(report):
        kept = report.blame.kept.get(kind, 0)
        parts = [
            plots.Part(name="kept", count=kept, colour="var(--kept)", ink="var(--kept-ink)"),
            *(
                plots.Part(
                    name=f"lost: {stage}",
                    count=data.lost(report, kind, stage),
                    colour=f"var(--{_slot(stage)})",
                    ink=f"var(--{_slot(stage)}-ink)",
                )
                for stage in data.stages(report)
            ),
        ]
        bar = plots.stacked_bar(parts, title=f"{kind}: kept and lost questions")
        rows.append((kind, kept, sum(part.count for part in parts), bar))
    return rows


def _curves(report: Report) -> list[tuple[str, int, Markup]]:
    """Level, cases, plot; levels without recall are left out."""
    points = {
        level: _points(groups[ALL])
        for level, groups in report.retrieval.items()
        if ALL in groups and _points(groups[ALL])
    }
    return [
        (
            level,
            report.retrieval[level][ALL].cases,
            plots.recall_plot(
                own,
                [other for name, other in points.items() if name != level],
                title=f"recall@k of level {level}",
            ),
        )
        for level, own in points.items()
    ]


def _points(scores: Scores) -> list[plots.Point]:
    found = [
        plots.Point(k=int(match[1]), value=value)
        for name, value in scores.metrics.items()
        if (match := _RECALL.fullmatch(name)) and int(match[1]) > 0
    ]
    return sorted(found, key=lambda point: point.k)


def _panels(report: Report) -> list[_Panel]:
    levels = dict(report.retrieval)
    if report.answers:
        levels["answers"] = report.answers
    first = data.main_level(report) or next(iter(levels), "")
    panels = []
    for level, groups in levels.items():
        metrics = list(dict.fromkeys(name for each in groups.values() for name in each.metrics))
        panels.append(
            _Panel(
                level=level,
                first=level == first,
                note=_LEVELS.get(level, ""),
                metrics=metrics,
                families=_families(metrics),
                groups=list(groups.items()),
            )
        )
    return panels


def _families(metrics: Sequence[str]) -> list[tuple[str, list[str]]]:
    split = [(match[1], match[2] or "") for name in metrics if (match := _CUTOFF.fullmatch(name))]
    return [
        (family, [cutoff for _, cutoff in members])
        for family, members in groupby(split, key=lambda item: item[0])
    ]


def _latency(report: Report) -> list[tuple[str, Latency, Markup]]:
    longest = max((value.p95 for value in report.latency.values()), default=0.0)
    return [
        (stage, value, plots.latency_bar(value, longest, title=f"latency: {stage}"))
        for stage, value in report.latency.items()
    ]


def _card(item: Missed, pictures: Mapping[str, bytes] | None) -> _Card:
    """`pictures` is None for a card that has no places for them."""
    gold = data.gold_pages(item.case)
    own = {(page.document, page.page) for page in gold}
    return _Card(
        item=item,
        gold=[
            (
                page,
                _picture(
                    pictures,
                    gold_picture(item.case, page).key,
                    f"gold page: {page.document}, page {page.page}",
                )
                if number < SHOWN_GOLD
                else None,
            )
            for number, page in enumerate(gold)
        ],
        hits=[
            _Hit(
                rank=rank,
                found=found,
                gold=any((found.document, page) in own for page in found.pages),
                picture=_picture(
                    pictures,
                    picture_key(found),
                    f"hit {rank}: {found.label or found.kind} of {found.document}",
                ),
            )
            for rank, found in enumerate(item.row.hits[:SHOWN_HITS], start=1)
        ],
    )


def _picture(pictures: Mapping[str, bytes] | None, key: str, words: str) -> _Picture | None:
    if pictures is None:
        return None
    return _Picture(source=data_uri(pictures.get(key, b"")), words=words)


def _lines(report: Report, missed: Sequence[Missed]) -> list[_Line]:
    cards = {item.case.id: number for number, item in enumerate(missed, start=1)}
    return [
        _Line(
            case=case,
            row=row,
            kind=evidence_kind(case),
            outcome=data.outcome(report, case, row),
            card=cards.get(case.id, 0),
        )
        for case, row in zip(report.cases, report.rows, strict=True)
    ]
