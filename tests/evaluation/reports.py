"""Reports for tests, scored by hand: small, but with every kind of case in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pagesight.document import Kind
from pagesight.evaluation.record import Cited, Found, Given, Place, Row, RunInfo, Trace
from pagesight.evaluation.scores.blame import STAGES, evidence_kind
from pagesight.evaluation.scores.summary import (
    ALL,
    Blame,
    Interval,
    Latency,
    Loss,
    Report,
    Scores,
)
from pagesight.evaluation.sets.cases import Case, GoldBox, GoldPage
from pagesight.geometry import BBox
from tests.evaluation.cases import an_info
from tests.evaluation.rows import a_found

MANUAL = "manual.pdf"
BOX = BBox(50, 100, 300, 180)
SCRIPT = "<script>alert(1)</script>"
IMAGE = '"><img src=x onerror=alert(2)>'
NASTY = f"{SCRIPT}{IMAGE} | [a](https://example.org) {{{{ 7 * 7 }}}} 'x' & `y`"
"""What a document or a question may hold."""

LOST = {
    "q04": ("table", "fused"),
    "q05": ("figure", "listed"),
    "q06": ("figure", "fused"),
    "q08": ("", "fused"),
    "q09": ("figure", "crashed"),
    "q11": ("unanswerable", "answered"),
}
"""Case -> evidence and stage. q01, q02, q03, q07, q10 and q12 get through."""


def _info(*, answers: bool = True, cases: int = 12) -> RunInfo:
    return replace(
        an_info("golden default", answers=answers),
        set_name="golden",
        cases=cases,
        settings={"retrieve": {"count": 10, "weight": 0.1}, "text": {"model": NASTY}},
        documents=3,
        pages=2_206,
        chunks=12_711,
        version="0.1.0",
        started="2026-03-02T09:41:22+00:00",
    )


def a_report(*, answers: bool = True) -> Report:
    """Twelve cases: six are lost, one of them crashed, two are synthetic, one is unanswerable."""
    cases = tuple(_cases())
    rows = tuple(_row(case, answers=answers) for case in cases)
    return Report(
        info=_info(answers=answers),
        retrieval={level: _groups(mean) for level, mean in (("document", 0.8), ("page", 0.5))},
        answers={ALL: _answers()} if answers else {},
        latency={
            "dense": Latency(p50=0.0091, p95=0.02),
            "write": Latency(p50=1.25, p95=130.0),
        },
        blame=_blame(cases),
        cases=cases,
        rows=rows,
        values={"answer contains_gold": dict.fromkeys(("q01", "q02", "q03"), 1.0)},
    )


def an_empty_report(cases: Sequence[Case] = (), rows: Sequence[Row] = ()) -> Report:
    """Nothing measured and nothing lost."""
    return Report(
        info=_info(answers=False, cases=len(cases)),
        retrieval={},
        answers={},
        latency={},
        blame=Blame(stages=tuple(STAGES), lost={}, kept={}, losses={}, lists={}, fused={}),
        cases=tuple(cases),
        rows=tuple(rows),
        values={},
    )


def lost_at(**stages: int) -> Report:
    """A report that only says how many of 20 questions were lost at which stages."""
    empty = an_empty_report()
    lost = {ALL: dict.fromkeys(STAGES, 0) | stages}
    kept = {ALL: 20 - sum(stages.values())}
    return replace(empty, blame=replace(empty.blame, lost=lost, kept=kept))


def _found(
    chunk: str,
    kind: Kind = "text",
    *,
    document: str = MANUAL,
    page: int = 7,
    label: str = "",
    snippet: str = "Tighten the bolts.",
) -> Found:
    return a_found(
        chunk,
        document,
        kind=kind,
        places=(Place(page=page, bbox=BOX),),
        label=label,
        image="" if kind == "text" else f"crop-{chunk}",
        snippet=snippet,
        ranks={"words": 2, "dense": 1},
    )


def _cases() -> list[Case]:
    kinds = ("text", "text", "table", "table", "figure", "figure", "text", "", "figure", "table")
    cases = [
        Case(
            id=f"q{number:02}",
            question=f"What does page {number} say?",
            documents=(MANUAL,),
            pages=(GoldPage(document=MANUAL, page=number),),
            evidence=kind,
            answers=("45 Nm", "45 N m"),
            tags=("units",),
            synthetic=number in (3, 4),
        )
        for number, kind in enumerate(kinds, start=1)
    ]
    boxed = (GoldBox(document=MANUAL, page=6, bbox=BOX),)
    cases[5] = Case(
        id="q06",
        question=NASTY,
        documents=(NASTY,),
        pages=(GoldPage(document=MANUAL, page=6),),
        boxes=boxed,
        evidence="figure",
        answers=(NASTY,),
        tags=(NASTY,),
        review=NASTY,
    )
    refusal = Case(id="q11", question="What is the E99?", documents=(MANUAL,), unanswerable=True)
    picture = Case(
        id="q12",
        question="",
        documents=(MANUAL,),
        boxes=(GoldBox(document=MANUAL, page=3, bbox=BOX),),
        evidence="text",
    )
    return [*cases, refusal, picture]


def _row(case: Case, *, answers: bool) -> Row:
    if case.id == "q09":
        return Row(id=case.id, error=f"the endpoint did not answer {SCRIPT}")
    page = int(case.id[1:])
    document, label, snippet = (
        (NASTY, NASTY, NASTY) if case.id == "q06" else (MANUAL, "Table 5-1", "Torques: 45 Nm")
    )
    return Row(
        id=case.id,
        hits=(
            _found("c1", document=document),
            _found("c2", "table", document=document, page=page, label=label, snippet=snippet),
            _found("c3", "figure"),
            _found("c4", page=9),
        ),
        seconds={"write": 1.23456789, "dense": 0.0091},
        trace=Trace(list_ranks={"words": 14, "dense": 3}, fused_rank=12, relevant_rank=17),
        given=Given(
            text=NASTY if case.id == "q06" else "It is 45 Nm. [1]",
            answerer="extractive",
            grounded=case.id != "q01",
            shown=("c1",),
            cited=(Cited(document=document, page=7),),
            verified=1,
            claims=2,
            judged=0.0,
        )
        if answers
        else None,
    )


def _groups(mean: float) -> dict[str, Scores]:
    names = ("recall@1", "recall@5", "recall@10", "recall@20", "precision@5", "mrr")
    return {
        group: Scores(
            cases=cases,
            metrics={
                name: Interval(mean=mean + step / 100, low=mean - 0.1234567, high=mean + 0.2)
                for step, name in enumerate(names)
            },
        )
        for group, cases in ((ALL, 11), ("evidence: figure", 3), (f"tag: {NASTY}", 1))
    }


def _answers() -> Scores:
    metrics = ("anls", "contains_gold", "citation_recall", "refused_unanswerable")
    return Scores(
        cases=11, metrics={name: Interval(mean=0.75, low=0.5, high=1.0) for name in metrics}
    )


def _blame(cases: Sequence[Case]) -> Blame:
    lost: dict[str, dict[str, int]] = {}
    kept: dict[str, int] = {}
    for case in cases:
        for group in (ALL, evidence_kind(case)):
            counts = lost.setdefault(group, dict.fromkeys(STAGES, 0))
            kept.setdefault(group, 0)
            if case.id in LOST:
                counts[LOST[case.id][1]] += 1
            else:
                kept[group] += 1
    return Blame(
        stages=tuple(STAGES),
        lost=lost,
        kept=kept,
        losses={
            id: Loss(stage=stage, detail=f"seen at {stage} {SCRIPT}")
            for id, (_, stage) in LOST.items()
        },
        lists={"dense": {ALL: 0.9, "figure": 0.5}, "words": {ALL: 0.8}},
        fused={ALL: 0.85, "figure": 0.4},
    )
