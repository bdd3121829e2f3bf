"""Which caption belongs to which figure or table of a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pagesight.adapters.pymupdf.figures import PICTURE, TABLE
from pagesight.geometry import BBox
from pagesight.references import names_figure, names_table

_FARTHEST = 110.0
"""Points between an object and its caption."""
_FARTHEST_BESIDE = 60.0
_OTHER_KIND = 60.0
"""Cost in points of a figure's caption at a table, and the other way round."""
_BETWEEN = 70.0
"""Cost in points of text between object and caption."""
_OTHER_SIDE = 25.0
"""Cost in points of a caption above a figure or below a table, where the page says nothing."""
_BESIDE = 40.0
_DEAREST = 140.0
_LEVEL = 8.0
"""Points by which edges of twin pictures differ at most."""


@dataclass(frozen=True, slots=True)
class Pairing:
    """Index of an object, index of its caption; `above` where the caption stands above."""

    object: int
    caption: int
    cost: float
    gap: float
    """Points down from the object to the caption; negative for a caption above."""


def pair_captions(
    objects: Mapping[int, tuple[str, BBox]],
    captions: Mapping[int, tuple[str, BBox]],
    between: Sequence[BBox],
) -> list[Pairing]:
    """Pairs objects (index -> kind, box) and captions (index -> label, box), nearest first.

    The side that most captions of the page stand on is preferred; without votes, below a figure
    and above a table. Figures side by side share a caption: such a caption is in several pairs.
    """
    below = {kind: _stands_below(kind, objects, captions) for kind in (PICTURE, TABLE)}
    candidates = sorted(
        (
            pairing
            for index in objects
            for number in captions
            if (pairing := _candidate(index, number, objects, captions, between, below))
        ),
        key=lambda pairing: (pairing.cost, pairing.object, pairing.caption),
    )
    pairs: dict[int, Pairing] = {}
    taken: dict[int, Pairing] = {}
    for pairing in candidates:
        if pairing.object not in pairs and pairing.caption not in taken:
            pairs[pairing.object] = taken[pairing.caption] = pairing
    for pairing in candidates:
        first = taken.get(pairing.caption)
        if pairing.object not in pairs and first and _is_part(pairing, first, objects):
            pairs[pairing.object] = pairing
    for first in list(pairs.values()):
        for index in objects.keys() - pairs.keys():
            if _is_twin(objects[index], objects[first.object]):
                pairs[index] = replace(first, object=index)
    return list(pairs.values())


def _stands_below(
    kind: str,
    objects: Mapping[int, tuple[str, BBox]],
    captions: Mapping[int, tuple[str, BBox]],
) -> bool:
    votes = 0
    for label, caption in captions.values():
        if names_table(label) if kind == TABLE else names_figure(label):
            gaps = [
                _gap(box, caption)
                for other, box in objects.values()
                if other == kind and _overlap(box, caption) >= 0.2
            ]
            near = [gap for gap in gaps if 0 < abs(gap) <= _FARTHEST]
            if near:
                votes += 1 if min(near, key=abs) > 0 else -1
    return votes > 0 if votes else kind == PICTURE


def _candidate(
    index: int,
    number: int,
    objects: Mapping[int, tuple[str, BBox]],
    captions: Mapping[int, tuple[str, BBox]],
    between: Sequence[BBox],
    below: Mapping[str, bool],
) -> Pairing | None:
    kind, box = objects[index]
    label, caption = captions[number]
    other_kind = names_figure(label) if kind == TABLE else names_table(label)
    cost = _OTHER_KIND if other_kind else 0.0
    gap = _gap(box, caption)
    if _overlap(box, caption) >= 0.2 and abs(gap) <= _FARTHEST:
        cost += abs(gap)
        if _is_blocked(box, caption, gap, between):
            cost += _BETWEEN
        if gap and (gap > 0) != below[kind]:
            cost += _OTHER_SIDE
    else:
        beside = _beside(box, caption)
        if beside is None:
            return None
        cost += beside + _BESIDE
    return Pairing(index, number, cost, gap) if cost <= _DEAREST else None


def _is_part(pairing: Pairing, first: Pairing, objects: Mapping[int, tuple[str, BBox]]) -> bool:
    """Another picture in a row with one whose caption it would take, on the same side of it."""
    kind, box = objects[pairing.object]
    other_kind, other = objects[first.object]
    shared = min(box.y1, other.y1) - max(box.y0, other.y0)
    in_row = shared > 0.3 * min(box.height, other.height)
    same_side = (pairing.gap > 0) == (first.gap > 0)
    return kind == other_kind == PICTURE and same_side and in_row


def _is_twin(one: tuple[str, BBox], other: tuple[str, BBox]) -> bool:
    """Pictures of one height beside each other, though the caption stands under one only."""
    (kind, box), (other_kind, twin) = one, other
    gap = max(box.x0 - twin.x1, twin.x0 - box.x1)
    level = max(abs(box.y0 - twin.y0), abs(box.y1 - twin.y1))
    return kind == other_kind == PICTURE and 0 <= gap <= _FARTHEST_BESIDE and level <= _LEVEL


def _gap(box: BBox, caption: BBox) -> float:
    """Points from the object down to its caption; negative above it, 0 where they overlap."""
    if caption.y1 <= box.y0 + 3:
        return min(caption.y1 - box.y0, -0.01)
    if caption.y0 >= box.y1 - 3:
        return max(caption.y0 - box.y1, 0.01)
    return 0.0


def _overlap(box: BBox, caption: BBox) -> float:
    """Share of the narrower one's width that both have in common."""
    width = min(box.width, caption.width)
    return (min(box.x1, caption.x1) - max(box.x0, caption.x0)) / width if width else 0.0


def _beside(box: BBox, caption: BBox) -> float | None:
    shared = min(box.y1, caption.y1) - max(box.y0, caption.y0)
    if shared < 0.3 * min(box.height, caption.height):
        return None
    gap = max(caption.x0 - box.x1, box.x0 - caption.x1)
    return max(gap, 0.0) if -3 <= gap <= _FARTHEST_BESIDE else None


def _is_blocked(box: BBox, caption: BBox, gap: float, between: Sequence[BBox]) -> bool:
    top, bottom = (box.y1, caption.y0) if gap > 0 else (caption.y1, box.y0)
    left, right = max(box.x0, caption.x0), min(box.x1, caption.x1)
    return bottom > top and any(
        text.y0 >= top - 2
        and text.y1 <= bottom + 2
        and text.height > 4
        and min(right, text.x1) - max(left, text.x0) > 5
        for text in between
    )
