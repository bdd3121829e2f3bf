"""Which of the scored candidates are quoted."""

from __future__ import annotations

from collections.abc import Sequence

from pagesight.extractive.quoting import Source
from pagesight.extractive.scoring import Candidate
from pagesight.extractive.wishes import Wish

QUOTES = 3
"""Quotes shown at most: one is often the neighbour of the right one, more are not read."""
KEEP = 0.72
"""A further quote must reach this share of the best one's score."""
KEEP_NEAR = 0.85
"""A further row of the same table, whose header and caption are the same, must reach this one, and
so must a further procedure, which is long."""
WISHED_KEEP = 0.5
"""The best figure must reach this share to be shown where a figure is asked for."""
LISTED = 12
"""Rows shown at most of a table of which all are asked for."""

Group = tuple[Source, list[int]]
"""A piece of evidence and the parts to quote, best first."""


def chosen(wish: Wish, candidates: Sequence[Candidate], scores: Sequence[float]) -> list[Group]:
    """What to quote, by piece of evidence, best first; a wished figure comes before all."""
    order = sorted(range(len(candidates)), key=lambda number: (-scores[number], number))
    best, most = candidates[order[0]], scores[order[0]]
    kept = [candidates[n] for n in order if scores[n] >= _share(wish, candidates[n], best) * most]
    kept = _distinct(kept)[:QUOTES]
    if wish.steps and best.part.in_list:
        kept = [each for each in kept if each.source is best.source]
    elif wish.lists and best.source.piece.chunk.kind == "table":
        alike = [candidates[n] for n in order if scores[n] >= KEEP_NEAR * most]
        rows = [each for each in alike if each.source is best.source]
        kept = rows[:LISTED] if len(rows) > QUOTES else kept
    if "figure" in wish.kinds:
        wished = (n for n in order if candidates[n].source.piece.chunk.kind == "figure")
        shown = [candidates[n] for n in wished if scores[n] >= WISHED_KEEP * most][:1]
        kept = (shown + [each for each in kept if each not in shown])[:QUOTES]
    groups: dict[int, Group] = {}
    for candidate in kept:
        source = candidate.source
        groups.setdefault(source.piece.mark, (source, []))[1].append(candidate.number)
    return list(groups.values())


def _share(wish: Wish, candidate: Candidate, best: Candidate) -> float:
    row = best.source.piece.chunk.kind == "table" and candidate.source is best.source
    steps = wish.steps and candidate.part.in_list
    return KEEP_NEAR if row or steps else KEEP


def _distinct(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Without those whose words one before them has said."""
    said: list[str] = []
    distinct = []
    for candidate in candidates:
        words = " ".join(candidate.part.text.casefold().split())
        if not any(words in before for before in said):
            said.append(words)
            distinct.append(candidate)
    return distinct
