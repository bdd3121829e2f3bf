"""Runs a question set over the retriever and answerer that were built for users."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pagesight.ask import Asker
from pagesight.document import Document
from pagesight.errors import SettingsError
from pagesight.evaluation.metrics import CUTOFFS, contains_gold, mean, page_metrics
from pagesight.evaluation.sets import Case
from pagesight.results import Filter, Hit, Query
from pagesight.retrieve import Retriever

HITS = 100
"""Chunks retrieved for each question: enough to name twenty different pages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What happened with one question."""

    case: Case
    pages: tuple[str, ...]
    """Retrieved pages, best first, as "file.pdf#12" with 1-based numbers."""
    kind_rank: int
    """1-based rank of the first hit of the labelled kind on a right page; 0 if there is none."""
    seconds: float
    """Wall clock of retrieving."""
    answer: str = ""
    contains_gold: bool | None = None
    """Whether the answer contains the gold fact; None where nobody asked."""


def run(
    cases: Sequence[Case],
    documents: Sequence[Document],
    retriever: Retriever,
    asker: Asker | None,
    *,
    in_document: bool = False,
) -> Iterator[Row]:
    """One row a case, in order.

    `asker` is None when only retrieval is measured; `in_document` restricts each question to
    its own documents, for sets whose questions say "this report".

    Raises:
        SettingsError: a document of the set is not in the library.
    """
    ids = {document.name: document.id for document in documents}
    missing = sorted({name for case in cases for name in case.documents} - set(ids))
    if missing:
        raise SettingsError(
            f"{len(missing)} documents of the set are not in the library "
            f"({', '.join(missing[:3])}{' ...' if len(missing) > 3 else ''}): ingest them first"
        )
    for case in cases:
        own = tuple(ids[name] for name in case.documents) if in_document else ()
        query = Query(text=case.question, filter=Filter(documents=own))
        started = time.perf_counter()
        hits = retriever.retrieve(query, HITS)
        seconds = time.perf_counter() - started
        answer = asker.ask(query).text if asker is not None and case.answers else ""
        asked = asker is not None and bool(case.answers)
        yield Row(
            case=case,
            pages=_pages(hits),
            kind_rank=_kind_rank(case, hits),
            seconds=seconds,
            answer=answer,
            contains_gold=contains_gold(answer, case.answers) if asked else None,
        )


def report(rows: Sequence[Row]) -> dict[str, object]:
    """Metrics over all answerable cases, and for each evidence kind, as plain JSON values."""
    answerable = [row for row in rows if row.case.pages]
    kinds = sorted({row.case.evidence for row in answerable if row.case.evidence})
    seconds = sorted(row.seconds for row in rows)
    return {
        "questions": len(rows),
        "without_pages": len(rows) - len(answerable),
        **_summary(answerable),
        "seconds_p50": round(seconds[len(seconds) // 2], 4) if seconds else 0.0,
        "by_kind": {
            kind: _summary([row for row in answerable if row.case.evidence == kind])
            for kind in kinds
        },
        "rows": [_row(row) for row in rows],
    }


def _summary(rows: Sequence[Row]) -> dict[str, object]:
    gold = {row.case.id: _gold(row.case) for row in rows}
    values = page_metrics(gold, {row.case.id: row.pages for row in rows}) if rows else {}
    summary: dict[str, object] = {"cases": len(rows)}
    summary |= {name: mean(list(each.values())) for name, each in values.items()}
    kinded = [row for row in rows if row.case.evidence in ("text", "figure", "table")]
    if kinded:
        summary |= {
            f"kind@{cutoff}": mean([float(0 < row.kind_rank <= cutoff) for row in kinded])
            for cutoff in CUTOFFS
        }
    asked = [row for row in rows if row.contains_gold is not None]
    if asked:
        summary["contains_gold"] = mean([float(bool(row.contains_gold)) for row in asked])
    return summary


def _row(row: Row) -> dict[str, object]:
    gold = set(_gold(row.case))
    ranks = [rank for rank, page in enumerate(row.pages, start=1) if page in gold]
    return {
        "id": row.case.id,
        "question": row.case.question,
        "evidence": row.case.evidence,
        "gold": sorted(gold),
        "rank": ranks[0] if ranks else 0,
        "kind_rank": row.kind_rank,
        "pages": list(row.pages[: max(CUTOFFS)]),
        "answer": row.answer,
        "contains_gold": row.contains_gold,
    }


def _gold(case: Case) -> list[str]:
    return [f"{name}#{page}" for name in case.documents for page in case.pages]


def _pages(hits: Sequence[Hit]) -> tuple[str, ...]:
    """Pages in the order in which the hits name them first."""
    named = (f"{hit.document.name}#{page + 1}" for hit in hits for page in hit.chunk.pages)
    return tuple(dict.fromkeys(named))


def _kind_rank(case: Case, hits: Sequence[Hit]) -> int:
    gold = set(_gold(case))
    for hit in hits:
        named = {f"{hit.document.name}#{page + 1}" for page in hit.chunk.pages}
        if hit.chunk.kind == case.evidence and named & gold:
            return hit.rank
    return 0
