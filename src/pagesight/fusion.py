"""Reciprocal rank fusion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Ranks = Mapping[str, int]
"""Id -> 1-based rank in a list. Ids may share a rank: lists of several documents, say, that are
fused as one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fused:
    """One fused item: its score and its 1-based rank in each list that holds it."""

    id: str
    score: float
    """The sum of what its lists give, times its factors."""
    ranks: Mapping[str, int]
    factors: Mapping[str, float] = field(default_factory=dict)
    """What its sum was multiplied by, by name; none of what leaves it as it is."""


def ranked(ids: Iterable[str]) -> dict[str, int]:
    """Ranks of ids that come best first; a repeated id has that of where it stands first."""
    return {id: rank for rank, id in enumerate(dict.fromkeys(ids), start=1)}


def share(weight: float, k: float, rank: int) -> float:
    """What a list of that weight adds to the score of what has that rank in it."""
    return weight / (k + rank)


def reciprocal_rank_fusion(
    lists: Mapping[str, Ranks], *, k: float, weights: Mapping[str, float]
) -> list[Fused]:
    """Fuses ranked lists, best first; ties are broken by id.

    score(d) = sum over lists of weight / (k + rank), rank 1-based (Cormack, Clarke and Büttcher,
    SIGIR 2009; the weights are the usual extension). A list without a weight counts 1, a list of
    weight 0 leaves no trace.

    Raises:
        ValueError: k or a weight is negative.
    """
    if k < 0 or any(weight < 0 for weight in weights.values()):
        raise ValueError("RRF needs k >= 0 and weights >= 0")
    scores: dict[str, float] = {}
    ranks: dict[str, dict[str, int]] = {}
    for name, list_ranks in lists.items():
        weight = weights.get(name, 1.0)
        if not weight:
            continue
        for id, rank in list_ranks.items():
            scores[id] = scores.get(id, 0.0) + share(weight, k, rank)
            ranks.setdefault(id, {})[name] = rank
    ordered = sorted(scores, key=lambda id: (-scores[id], id))
    return [Fused(id=id, score=scores[id], ranks=ranks[id]) for id in ordered]
