"""Headings that were taken for paragraphs among others of the same kind that were not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from pagesight.document import Element, TextBlock

_LEAST = 3
"""Headings of one kind; two may be alike by chance."""
_LONGEST = 60
"""Characters of a heading that only its place tells from a text."""
_SAME_GAP = 2.0
"""Points by which the distances to the text under two headings of one kind differ at most."""
_EDGE = 2.0
"""Points to which left edges are counted."""
_ENDINGS = (".", ",", ";", ":", "!", "?")

_Kind = tuple[float, int]
"""Size of the letters, and left edge in steps of `_EDGE`."""


def with_sisters(elements: Sequence[Element]) -> list[Element]:
    """The elements with short lines over a paragraph made headings, if they have the size, the left
    edge and the distance to the text below of three headings at least."""
    gaps: dict[_Kind, list[float]] = {}
    for heading, below in pairwise(elements):
        gap = _gap(heading, below)
        if isinstance(heading, TextBlock) and heading.role == "heading" and gap is not None:
            gaps.setdefault(_kind(heading), []).append(gap)
    usual = {kind: median(found) for kind, found in gaps.items() if len(found) >= _LEAST}
    repeated = Counter(each.text for each in elements if isinstance(each, TextBlock))
    settled = list(elements)
    for place, (line, below) in enumerate(pairwise(elements)):
        gap = _gap(line, below)
        if (
            isinstance(line, TextBlock)
            and gap is not None
            and _reads_as_heading(line)
            and repeated[line.text] == 1
            and abs(gap - usual.get(_kind(line), -_SAME_GAP * 2)) <= _SAME_GAP
        ):
            settled[place] = replace(line, role="heading")
    return settled


def _gap(line: Element, below: Element) -> float | None:
    """Points between a line and the paragraph of several lines under it, at the same left edge;
    None where there is no such thing."""
    if not (isinstance(line, TextBlock) and isinstance(below, TextBlock)):
        return None
    is_under = (
        below.role == "paragraph"
        and below.page == line.page
        and len(below.spans) > 1
        and abs(below.bbox.x0 - line.bbox.x0) <= _EDGE
    )
    return below.bbox.y0 - line.bbox.y1 if is_under and len(line.spans) == 1 else None


def _kind(block: TextBlock) -> _Kind:
    return round(block.font_size, 1), round(block.bbox.x0 / _EDGE)


def _reads_as_heading(line: TextBlock) -> bool:
    return (
        line.role == "paragraph"
        and line.font_size > 0
        and len(line.text) <= _LONGEST
        and line.text[:1].isupper()
        and not line.text.rstrip().endswith(_ENDINGS)
    )
