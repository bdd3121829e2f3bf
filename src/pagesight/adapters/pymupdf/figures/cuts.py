"""Where a drawing can be cut: along the empty strips between the things in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal

from pagesight.geometry import BBox, union

Axis = Literal["x", "y"]

_FRAME_SHARE = 0.8
"""Of the region's width or height; what is that long lies around or behind the things in it."""

_TOUCH = 1.0
"""Points by which panels that only touch may overlap."""


def extent(box: BBox, axis: Axis) -> tuple[float, float]:
    """From where to where the box reaches, in points."""
    return (box.x0, box.x1) if axis == "x" else (box.y0, box.y1)


def gaps(items: Iterable[BBox], region: BBox, axis: Axis) -> list[tuple[float, float]]:
    """The strips of the region, left to right or top to bottom, in which no item stands; those at
    its edges are none. Frames, backgrounds and long rules do not count."""
    low, high = extent(region, axis)
    found, reached = [], None
    for start, end in sorted(
        extent(item, axis) for item in items if item.grown(0.1).intersection(region)
    ):
        if end - start > _FRAME_SHARE * (high - low):
            continue
        if reached is not None and start > reached:
            found.append((reached, start))
        reached = end if reached is None else max(reached, end)
    return found


def thinnest(items: Iterable[BBox], axis: Axis, low: float, high: float) -> float:
    """The place from low to high, to the point, that the fewest items cross; of several the most
    central."""
    spans = [extent(item, axis) for item in items]
    middle = (low + high) / 2
    edges = {float(round(edge)) for span in spans for edge in span if low < edge < high}
    return min(
        [middle, *sorted(edges)],
        key=lambda place: (
            sum(start < place - _TOUCH and end > place + _TOUCH for start, end in spans),
            abs(place - middle),
        ),
    )


def cut(region: BBox, axis: Axis, place: float) -> tuple[BBox, BBox]:
    """What lies before and after a place."""
    if axis == "x":
        return replace(region, x1=place), replace(region, x0=place)
    return replace(region, y1=place), replace(region, y0=place)


def shrunk(region: BBox, items: Sequence[BBox]) -> BBox:
    """The region without the empty space around the items in it."""
    inside = [item.clipped(region) for item in items]
    found = [item for item in inside if item.x1 >= item.x0 and item.y1 >= item.y0]
    return union(found) if found else region
