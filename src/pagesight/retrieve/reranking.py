"""The best of a ranking are read again, together with the question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pagesight.document import Chunk
from pagesight.fusion import Fused
from pagesight.library import Library
from pagesight.ports import Candidate, Reranker

RERANK = "rerank"
"""Name of the reranker's list among the ranks of a hit."""


class Reranking:
    """Adds the list of a reranker to a ranking: the best `most` are read again."""

    def __init__(self, reranker: Reranker, *, most: int) -> None:
        self._reranker = reranker
        self._most = most

    def of(
        self, question: str, fused: Sequence[Fused], library: Library, *, k: float, weight: float
    ) -> list[Fused]:
        """The ranking, best first, in which those that were read again have gained
        weight / (k + rank), and say their rank.

        Where the reranker says nothing, and for those that have left the library, nothing changes.

        Raises:
            ServiceError: the reranker's endpoint or model hub refused or failed.
        """
        chunks = library.chunks([item.id for item in fused[: self._most]])
        if not chunks:
            return list(fused)
        scores = self._reranker.scores(
            question, [_candidate(chunk, library.picture(chunk)) for chunk in chunks]
        )
        if not scores:
            return list(fused)
        ranks = page_ranks(chunks, scores)
        gained = [_moved(item, ranks, k, weight) for item in fused]
        return sorted(gained, key=lambda item: (-item.score, item.id))


def page_ranks(chunks: Sequence[Chunk], scores: Sequence[float]) -> Mapping[str, int]:
    """Chunk id -> 1-based rank of its best page, a page being as good as its best chunk: what
    stands beside the answer is better evidence than what stands on another page.

    Args:
        chunks: best first as they were ranked so far, which decides between equal scores.
        scores: one a chunk.
    """
    best: dict[tuple[str, int], float] = {}
    for chunk, score in zip(chunks, scores, strict=True):
        for place in _places(chunk):
            best[place] = max(score, best.get(place, score))
    ordered = sorted(best, key=lambda place: -best[place])
    rank = {place: number for number, place in enumerate(ordered, start=1)}
    return {chunk.id: min(rank[place] for place in _places(chunk)) for chunk in chunks}


def _candidate(chunk: Chunk, picture: Path | None) -> Candidate:
    return Candidate(context=chunk.context, text=chunk.text, picture=picture)


def _moved(item: Fused, ranks: Mapping[str, int], k: float, weight: float) -> Fused:
    rank = ranks.get(item.id)
    if rank is None:
        return item
    score = item.score + weight / (k + rank)
    return replace(item, score=score, ranks={**item.ranks, RERANK: rank})


def _places(chunk: Chunk) -> list[tuple[str, int]]:
    """(document id, 0-based page) of its pages; page -1 for one without pages."""
    return [(chunk.document_id, page) for page in chunk.pages or (-1,)]
