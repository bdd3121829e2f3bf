"""Rows of a run for tests: what was found, in order of rank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pagesight.document import Kind
from pagesight.evaluation.record import Found, Given, Place, Row, Trace
from pagesight.geometry import BBox

BOX = BBox(72.0, 72.0, 300.0, 90.0)
"""One line of text near the top of a page, in points."""


def a_found(
    chunk: str,
    document: str = "a.pdf",
    pages: Sequence[int] = (1,),
    kind: Kind = "text",
    *,
    places: Sequence[Place] = (),
    label: str = "",
    image: str = "",
    snippet: str = "",
    ranks: Mapping[str, int] | None = None,
) -> Found:
    """A hit that stands in `BOX` on each of `pages` (1-based), or in `places` where given."""
    return Found(
        chunk=chunk,
        document=document,
        kind=kind,
        label=label,
        places=tuple(places) or tuple(Place(page=page, bbox=BOX) for page in pages),
        image=image,
        snippet=snippet,
        ranks=dict(ranks or {}),
    )


def a_row(
    id: str,
    *found: Found,
    seconds: Mapping[str, float] | None = None,
    trace: Trace | None = None,
    given: Given | None = None,
    error: str = "",
) -> Row:
    """A row with its hits in order of rank."""
    return Row(
        id=id,
        hits=found,
        seconds=dict(seconds or {}),
        trace=trace or Trace(),
        given=given,
        error=error,
    )
