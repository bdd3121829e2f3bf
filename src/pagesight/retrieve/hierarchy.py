"""Which documents a question is about: by what they say they are, and by their best chunks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_BEST = 3
"""Chunks that speak for their document: one may fit by chance, and a long document must not win by
their number."""

_NEAR = 0.5
"""Fit of a document that is ranked from inside. What stands in one that fits half as well as the
best comes behind all of it; without this limit the same is found, in 2.5 times the documents."""

_OPENED = 8
"""Documents that are ranked from inside at most: 5, 8 and 12 find the same."""


def best_of(found: Sequence[tuple[str, float]], owners: Mapping[str, str]) -> dict[str, float]:
    """Document id -> mean score of its three best chunks in a list, missing ones counting 0.

    Args:
        found: (chunk id, score), best first.
        owners: chunk id -> document id; chunks without one are passed over.
    """
    scores: dict[str, list[float]] = {}
    for id, score in found:
        if id in owners:
            scores.setdefault(owners[id], []).append(score)
    return {document: sum(each[:_BEST]) / _BEST for document, each in scores.items()}


def standing(*evidence: Mapping[str, float]) -> dict[str, float]:
    """Document id -> how well it fits, above 0 and at most 1, which the best one has: the sum of
    its scores, each as a share of the highest in its kind of evidence, whose scales differ."""
    sums: dict[str, float] = {}
    for scores in evidence:
        highest = max(scores.values(), default=0.0)
        for document, score in scores.items():
            if score > 0:
                sums[document] = sums.get(document, 0.0) + score / highest
    most = max(sums.values(), default=1.0)
    return {document: each / most for document, each in sums.items()}


def opened(documents: Mapping[str, float]) -> list[str]:
    """Ids of the documents that are worth being ranked from inside, best first, ties by id.

    Args:
        documents: id -> how well it fits; the best has 1.
    """
    near = (id for id, fit in documents.items() if fit >= _NEAR)
    return sorted(near, key=lambda id: (-documents[id], id))[:_OPENED]
