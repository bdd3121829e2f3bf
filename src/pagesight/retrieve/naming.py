"""The things that a question names: "Figure 7-2", "Table 3"."""

from __future__ import annotations

from collections.abc import Sequence

from pagesight.library import Library
from pagesight.references import named
from pagesight.results import Filter


def named_in(library: Library, text: str, filter: Filter, so_far: Sequence[str]) -> list[str]:
    """Ids of the figures and tables that a question names, in its order.

    Many documents have a "Figure 3": where several do, those come first that stand first in
    `so_far` (chunk ids, best first), by the chunk itself and then by its document; one that does
    not stand there at all is not meant.
    """
    things = named(text)
    labels = [label for thing in things for label in thing]
    found = library.references.defining(labels, filter) if labels else []
    if not found:
        return []
    place = {id: number for number, id in enumerate(so_far)}
    first: dict[str, int] = {}
    for chunk in library.chunks(so_far):
        first.setdefault(chunk.document_id, place[chunk.id])
    owned: dict[str, dict[str, list[str]]] = {}
    for label, document_id, id in found:
        owned.setdefault(document_id, {}).setdefault(label, []).append(id)
    meant = [
        (first.get(document_id, len(place)), number, place.get(id, len(place)), id)
        for document_id, mine in owned.items()
        if document_id in first or len(owned) == 1
        for number, thing in enumerate(things)
        for id in next((mine[label] for label in thing if label in mine), ())
    ]
    return [id for *_, id in sorted(meant)]
