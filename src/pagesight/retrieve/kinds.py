"""The list of what a question wishes to see: "which chart shows ..." prefers figures."""

from __future__ import annotations

from collections.abc import Sequence

from pagesight.kinds import wished
from pagesight.library import Library
from pagesight.results import Filter


def of_wished_kind(library: Library, question: str, so_far: Sequence[str]) -> list[str]:
    """Of what was found so far (chunk ids, best first), the figures or tables that the question
    names, in the same order; none where it names no kind, or where all or none are of it.

    They are weighed once more by how they stand among themselves. Searching each kind by itself
    found no more on any question set, and needs searches with a filter.
    """
    kinds = wished(question)
    if not kinds:
        return []
    live = library.among(so_far, Filter(kinds=tuple(sorted(kinds))))
    return [id for id in so_far if id in live] if len(live) < len(so_far) else []
