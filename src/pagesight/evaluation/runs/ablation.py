"""Ablation: each list alone, and each left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from pagesight.retrieve.reranking import RERANK
from pagesight.settings import RetrieveSettings

_FOLLOWING = {RERANK, "kinds"}
"""Lists that rank what others find: alone they find nothing."""


def variants(settings: RetrieveSettings, lists: Iterable[str]) -> Mapping[str, RetrieveSettings]:
    """Name -> settings: "only dense", "without dense" and so on, for the lists in use, and
    "without documents": each counts alike. Nor does it matter for a list alone how well its
    documents fit. What only ranks what other lists find is left out, and not taken alone.

    Args:
        lists: those that can give something (no CLIP vectors, no "visual").
    """
    used = [name for name in lists if settings.weights[name]]
    if len(used) < 2:
        return {}
    alike = replace(settings, documents=0.0)
    changed = {f"only {name}": _with(alike, {name}) for name in used if name not in _FOLLOWING}
    if len(used) > 2:
        changed |= {f"without {name}": _with(settings, set(used) - {name}) for name in used}
    return changed | ({"without documents": alike} if settings.documents else {})


def _with(settings: RetrieveSettings, lists: set[str]) -> RetrieveSettings:
    weights = {
        f"weight_{name}": weight if name in lists else 0.0
        for name, weight in settings.weights.items()
    }
    return replace(settings, **weights)  # type: ignore[arg-type]
