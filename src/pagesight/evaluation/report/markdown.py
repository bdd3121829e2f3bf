"""The report as Markdown, to be pasted into an issue."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pagesight.evaluation.record import Found
from pagesight.evaluation.report import data
from pagesight.evaluation.report.data import Missed
from pagesight.evaluation.report.pictures import SHOWN_HITS
from pagesight.evaluation.scores.summary import Report

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&])")


def render_markdown(report: Report) -> str:
    """Headline figures, where questions are lost, what the lists find, and the missed questions."""
    parts = [_head(report), _headlines(report), _blame(report), _lists(report), _missed(report)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(report: Report) -> str:
    info = report.info
    facts = [
        f"{info.cases} questions of {escape(info.set_name)}, pipeline {escape(info.pipeline)}",
        f"{info.documents} documents, {info.pages} pages, {info.chunks} chunks",
        f"answers: {escape(info.answerer)}" if info.answers else "retrieval only",
        f"{escape(data.date(info.started))}, pagesight {escape(info.version)}",
    ]
    lines = [f"# {escape(info.name)}", "", *(f"- {fact}" for fact in facts)]
    note = data.synthetic_note(report)
    return "\n".join([*lines, "", f"> **{escape(note)}**"] if note else lines)


def _headlines(report: Report) -> str:
    rows = [
        [escape(item.label), data.share(item.interval.mean), data.span(item.interval), item.cases]
        for item in data.headlines(report)
    ]
    return _table(["metric", "mean", "95 % interval", "questions"], rows) if rows else ""


def _blame(report: Report) -> str:
    stages, blame = data.stages(report), report.blame
    rows = [
        [
            escape(kind),
            blame.kept.get(kind, 0),
            *(data.lost(report, kind, stage) or "·" for stage in stages),
        ]
        for kind in data.kinds(report)
    ]
    heading = f"## Where questions are lost\n\n{escape(data.sentence(report))}"
    if not rows:
        return heading
    return f"{heading}\n\n{_table(['evidence', 'kept', *map(escape, stages)], rows)}"


def _lists(report: Report) -> str:
    blame, info = report.blame, report.info
    kinds = data.list_kinds(report)
    if not kinds:
        return ""
    named = [(f"{name} (top {info.depth})", shares) for name, shares in blame.lists.items()]
    named.append((f"fused (top {info.count})", blame.fused))
    rows = [
        [escape(name), *(data.share(shares[kind]) if kind in shares else "·" for kind in kinds)]
        for name, shares in named
    ]
    return f"## Which list finds the gold page\n\n{_table(['list', *map(escape, kinds)], rows)}"


def _missed(report: Report) -> str:
    found = data.missed(report)
    if not found:
        return ""
    heading = f"## Missed questions ({len(found)})"
    return f"{heading}\n\n" + "\n".join(_item(item) for item in found)


def _item(item: Missed) -> str:
    case = item.case
    marks = [item.stage, item.kind, case.id, *(["synthetic"] if case.synthetic else [])]
    gold = ", ".join(f"{page.document} p. {page.page}" for page in data.gold_pages(case))
    lines = [f"- **{escape(' · '.join(marks))}**: {escape(case.question or 'a picture asks')}"]
    if gold or case.answers:
        expected = f"{gold or 'no page'}; {case.answers[0] if case.answers else 'no gold answer'}"
        lines.append(f"  - gold: {escape(expected)}")
    lines.append(f"  - {escape(item.detail)}")
    if item.row.hits:
        hits = item.row.hits[:SHOWN_HITS]
        found = "; ".join(f"{rank}. {_hit(hit)}" for rank, hit in enumerate(hits, start=1))
        lines.append(f"  - found: {escape(found)}")
    if item.row.given is not None:
        lines.append(f"  - answer: {escape(item.row.given.text)}")
    return "\n".join(lines)


def _hit(found: Found) -> str:
    pages = ", ".join(map(str, found.pages))
    ranks = ", ".join(f"{name} {rank}" for name, rank in sorted(found.ranks.items()))
    return f"{found.label or found.kind} {found.document} p. {pages} ({ranks})"


def _table(header: Sequence[object], rows: Sequence[Sequence[object]]) -> str:
    """The first column is words, the others are numbers."""
    rule = ["---", *("---:" for _ in header[1:])]
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in [header, rule, *rows])


def escape(text: str) -> str:
    """Text as Markdown that prints it: on one line, without markup, HTML or columns."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
