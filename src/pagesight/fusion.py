"""Reciprocal rank fusion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fused:
    """One fused item: its score and its 1-based rank in each list that holds it."""

    id: str
    score: float
    ranks: Mapping[str, int]


def reciprocal_rank_fusion(
    lists: Mapping[str, Sequence[str]], *, k: float, weights: Mapping[str, float]
) -> list[Fused]:
    """Fuses ranked lists of ids, best first; ties are broken by id.

    score(d) = sum over lists of weight / (k + rank), rank 1-based (Cormack, Clarke and Büttcher,
    SIGIR 2009; the weights are the usual extension). A list without a weight counts 1, a list of
    weight 0 leaves no trace, a repeated id counts where it stands first.

    Raises:
        ValueError: k or a weight is negative.
    """
    if k < 0 or any(weight < 0 for weight in weights.values()):
        raise ValueError("RRF needs k >= 0 and weights >= 0")
    scores: dict[str, float] = {}
    ranks: dict[str, dict[str, int]] = {}
    for name, ids in lists.items():
        weight = weights.get(name, 1.0)
        if not weight:
            continue
        for rank, id in enumerate(dict.fromkeys(ids), start=1):
            scores[id] = scores.get(id, 0.0) + weight / (k + rank)
            ranks.setdefault(id, {})[name] = rank
    ordered = sorted(scores, key=lambda id: (-scores[id], id))
    return [Fused(id=id, score=scores[id], ranks=ranks[id]) for id in ordered]
