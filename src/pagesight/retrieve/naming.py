"""The things that a question names: "Figure 7-2", "section 5.1", "Eq. (4)", "page 3-17"."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from pagesight.library import Library
from pagesight.references import asked, word_of
from pagesight.results import Filter

MOST = 5
"""Chunks of one section or page that a name brings forward: more would leave no room for what other
lists find, and a name may be a mere number ("section 8 companies")."""


def named_in(
    library: Library,
    text: str,
    filter: Filter,
    so_far: Callable[[], Sequence[str]],
    documents: Mapping[str, float],
) -> list[str]:
    """Ids of the chunks that are, or belong to, what a question names.

    Many documents have a "Figure 3": those come first that fit the question best, and one that does
    not fit at all is not meant, unless it alone has it. Of each document come the first chunks of
    all things, in the question's order, then their second chunks ...: of a section or page first
    those that stand first in `so_far`, then in reading order.

    Args:
        so_far: gives chunk ids, best first; is asked where the question names anything.
        documents: document id -> how well it fits.
    """
    things = asked(text)
    if not things:
        return []
    place = {id: number for number, id in enumerate(so_far())}
    meant: list[tuple[float, str, int, int, str]] = []
    for number, thing in enumerate(things):
        owned = _owned(library, thing, filter, documents)
        for document_id, ids in owned.items():
            if document_id not in documents and len(owned) > 1:
                continue
            if word_of(thing[0]) == "Step":  # every procedure has a step 3
                ids = [id for id in ids if id in place]
            fit = documents.get(document_id, 0.0)
            ordered = sorted(ids, key=lambda id: place.get(id, len(place)))[:MOST]
            meant += ((-fit, document_id, nth, number, id) for nth, id in enumerate(ordered))
    return list(dict.fromkeys(id for *_, id in sorted(meant)))


def _owned(
    library: Library, thing: Sequence[str], filter: Filter, documents: Mapping[str, float]
) -> Mapping[str, list[str]]:
    """Document id -> the chunks of the thing, in reading order."""
    owned: dict[str, list[str]] = {}
    for document_id, id in _found(library, thing, filter, documents):
        owned.setdefault(document_id, []).append(id)
    return owned


def _found(
    library: Library, thing: Sequence[str], filter: Filter, documents: Mapping[str, float]
) -> Iterator[tuple[str, str]]:
    """(document id, chunk id) of a thing that goes by several keys, the surest first."""
    if word_of(thing[0]) == "Page":
        # Every document has a page 17.
        within = filter if filter.documents else replace(filter, documents=tuple(documents))
        if within.documents:
            yield from library.references.on_page(thing[0].partition(" ")[2], within)
        return
    by_key: dict[str, dict[str, list[str]]] = {}
    for key, document_id, id in library.references.defining(thing, filter):
        by_key.setdefault(document_id, {}).setdefault(key, []).append(id)
    for document_id, keys in by_key.items():
        first = next(key for key in thing if key in keys)
        yield from ((document_id, id) for id in keys[first])
