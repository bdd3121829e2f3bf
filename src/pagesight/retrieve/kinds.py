"""The list of what a question wishes to see: "which chart shows ..." prefers figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pagesight.kinds import wished
from pagesight.library import Library
from pagesight.results import Filter


def of_wished_kind(
    library: Library, question: str, so_far: Callable[[], Sequence[str]]
) -> list[str]:
    """Of what was found so far, the figures or tables that the question names, in the same order;
    none where it names no kind, or where all or none are of it.

    They are weighed once more by how they stand among themselves. Searching each kind by itself
    found no more on any question set, and needs searches with a filter.

    Args:
        so_far: gives chunk ids, best first; is asked where the question names a kind.
    """
    kinds = wished(question)
    if not kinds:
        return []
    found = so_far()
    live = library.among(found, Filter(kinds=tuple(sorted(kinds))))
    return [id for id in found if id in live] if len(live) < len(found) else []
