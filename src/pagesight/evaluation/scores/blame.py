"""Blame: at which stage of the pipeline a question was lost.

A case that was asked is lost when its answer is wrong (where the set has no answer: when no gold
page is cited); a case that was only retrieved, when no gold page is among the hits that search
prints. It is blamed on the first stage that failed, in the order of the pipeline. A case without
gold pages is followed by its gold documents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from pagesight.evaluation.record import Given, Row, RunInfo
from pagesight.evaluation.scores.answers import citation_recall, correct
from pagesight.evaluation.scores.summary import ALL, Blame, Loss
from pagesight.evaluation.sets.cases import Case

CRASHED = "crashed"

STAGES: Mapping[str, str] = {
    CRASHED: "the case itself failed, with an error",
    "ingested": "its document is in the library",
    "parsed": "its page was parsed, and text or a picture was found on it",
    "read": "the answer, which the file's own text holds, is in the text as parsed",
    "chunked": "the answer stands whole in one chunk",
    "embedded": "a chunk of its page has a vector",
    "listed": "a chunk of its page is in one of the lists",
    "fused": "a chunk of its page is among the fused hits",
    "shown": "the chunk that holds the answer was shown to the answerer",
    "cited": "the answer cites its page",
    "answered": "the answer is right; an unanswerable question is refused",
}
"""Stage -> what must hold there, in the order of the pipeline."""

UNLABELLED = "unlabelled"
"""The evidence kind of cases that have none."""
UNANSWERABLE = "unanswerable"


def evidence_kind(case: Case) -> str:
    """The row of the blame table that a case counts in."""
    return UNANSWERABLE if case.unanswerable else case.evidence or UNLABELLED


def is_followed(info: RunInfo, case: Case) -> bool:
    """Whether the run can lose the case: an unanswerable one only where it was asked, because
    retrieval alone cannot fail on it, any other only where it names a page or a document."""
    return info.answers if case.unanswerable else bool(case.pages or case.documents)


def blame(info: RunInfo, cases: Sequence[Case], rows: Sequence[Row]) -> Blame:
    """Where the questions of a run are lost; `rows` has one row a case, in the same order.

    Only cases that the run can lose count, see `is_followed`.
    """
    followed = [
        (case, row) for case, row in zip(cases, rows, strict=True) if is_followed(info, case)
    ]
    losses = {
        case.id: found for case, row in followed if (found := loss(info, case, row)) is not None
    }
    lost: dict[str, dict[str, int]] = {}
    kept: dict[str, int] = {}
    for case, _ in followed:
        for group in (ALL, evidence_kind(case)):
            counts = lost.setdefault(group, dict.fromkeys(STAGES, 0))
            kept.setdefault(group, 0)
            if case.id in losses:
                counts[losses[case.id].stage] += 1
            else:
                kept[group] += 1
    sought = [(case, row) for case, row in followed if not case.unanswerable]
    names = dict.fromkeys(name for _, row in sought for name in row.trace.list_ranks)
    return Blame(
        stages=tuple(STAGES),
        lost=lost,
        kept=kept,
        losses=losses,
        lists={name: _shares(sought, _in_list(name)) for name in names},
        fused=_shares(sought, lambda row: 0 < row.trace.fused_rank <= info.count),
    )


def loss(info: RunInfo, case: Case, row: Row) -> Loss | None:
    """The first stage that failed a case; None for a case that got through."""
    if row.error:
        return Loss(stage=CRASHED, detail=row.error)
    if _got_through(info, case, row):
        return None
    if case.unanswerable:
        return Loss(stage="answered", detail="the documents do not say, and yet it was answered")
    steps = (_before_search, _search, _answer)
    found = (step(info, case, row) for step in steps)
    return next(
        (item for item in found if item is not None),
        Loss(stage="answered", detail="its evidence was shown and cited; the answer is wrong"),
    )


def _got_through(info: RunInfo, case: Case, row: Row) -> bool:
    if row.given is None:
        return 0 < row.trace.fused_rank <= info.count
    right = correct(case, row.given)
    return _is_cited(case, row.given) if right is None else right


def _before_search(info: RunInfo, case: Case, row: Row) -> Loss | None:
    trace = row.trace
    where = "page" if case.pages else "document"
    if trace.missing:
        return Loss(stage="ingested", detail=f"not in the library: {', '.join(trace.missing)}")
    if not trace.chunks:
        said = (
            "; ".join(trace.page_errors) or f"neither text nor a picture was found on its {where}"
        )
        return Loss(stage="parsed", detail=said)
    if trace.answer_in_file and not trace.answer_on_page:
        return Loss(
            stage="read", detail="the file's text holds the answer, the text as parsed does not"
        )
    if trace.answer_on_page and not trace.relevant:
        return Loss(stage="chunked", detail="the answer is on its page, but not whole in one chunk")
    if not trace.embedded:
        return Loss(stage="embedded", detail=f"none of {trace.chunks} chunks has a vector")
    return None


def _search(info: RunInfo, case: Case, row: Row) -> Loss | None:
    trace = row.trace
    read = " (read by OCR)" if trace.ocr else ""
    if not trace.list_ranks:
        return Loss(stage="listed", detail=f"its page{read} is in no list's first {info.depth}")
    if not 0 < trace.fused_rank <= info.count:
        ranks = ", ".join(f"{name} {rank}" for name, rank in sorted(trace.list_ranks.items()))
        return Loss(
            stage="fused", detail=f"its page{read} has rank {trace.fused_rank}; in lists: {ranks}"
        )
    return None


def _answer(info: RunInfo, case: Case, row: Row) -> Loss | None:
    given, trace = row.given, row.trace
    if given is None:
        return None
    shown = set(given.shown)
    if trace.relevant and not shown & set(trace.relevant):
        return Loss(
            stage="shown",
            detail="its page may be shown, the chunk that holds the answer was not: rank "
            f"{trace.relevant_rank or 'none'}",
        )
    if not trace.relevant and not _page_is_shown(case, row, shown):
        return Loss(stage="shown", detail=f"its page was not shown: rank {trace.fused_rank}")
    if not _is_cited(case, given):
        cited = ", ".join(f"{page.document}#{page.page}" for page in given.cited[:3]) or "nothing"
        return Loss(stage="cited", detail=f"its page was shown, the answer cites {cited}")
    return None


def _page_is_shown(case: Case, row: Row, shown: set[str]) -> bool:
    gold = {(place.document, place.page) for place in case.pages}
    return any(
        found.document in case.documents
        and (not gold or any((found.document, page) in gold for page in found.pages))
        for found in row.hits
        if found.chunk in shown
    )


def _is_cited(case: Case, given: Given) -> bool:
    if case.pages:
        return citation_recall(case, given) > 0
    return any(page.document in case.documents for page in given.cited)


def _in_list(name: str) -> Callable[[Row], bool]:
    return lambda row: name in row.trace.list_ranks


def _shares(followed: Iterable[tuple[Case, Row]], holds: Callable[[Row], bool]) -> dict[str, float]:
    """Evidence kind (and `ALL`) -> share of the rows for which it holds."""
    counts: dict[str, list[bool]] = {}
    for case, row in followed:
        for group in (ALL, evidence_kind(case)):
            counts.setdefault(group, []).append(holds(row))
    return {group: sum(held) / len(held) for group, held in counts.items()}
