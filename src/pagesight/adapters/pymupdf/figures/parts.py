"""The parts of a figure, "(a)", "(b)" ...: which are there, and where each of them is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from pagesight.adapters.pymupdf.figures.cuts import Axis, cut, extent, gaps, shrunk, thinnest
from pagesight.adapters.pymupdf.text.words import Word
from pagesight.geometry import BBox, union

_MARK = re.compile(r"\(?([a-z])\)[.:]?$", re.IGNORECASE)
_BARE = re.compile(r"([a-z])[.:]?$", re.IGNORECASE)
_NAMED = re.compile(r"\(([a-z])\)|(?<![\w(])([a-z])[),|:]", re.IGNORECASE)
_RANGE = re.compile(r"\(?([a-z])\)?\s?[\u2010-\u2014-]\s?\(?([a-z])\)", re.IGNORECASE)
_MOST = 16
"""Parts of one figure; letters further on in the alphabet are names of other things."""
_LEVEL = 12.0
"""Points by which marks of one row differ in height."""
_LEAST_GAP = 2.5
"""Points; lines of one sub-caption are closer."""
_FAR = 30.0
"""Points from a mark to the empty strip beside its sub-caption, of three lines, say."""
_AT_EDGE = 0.12
"""Of the region's width or height: how far the first or last marks are from its edge, where they
stand before or after all else."""
_LEAST_SIDE = 18.0
"""Points; a smaller piece is no picture."""


@dataclass(frozen=True, slots=True)
class Part:
    """The letter of a part, lower case, where it is, and its words."""

    letter: str
    bbox: BBox
    words: tuple[Word, ...]


def starts_with_mark(words: Sequence[Word]) -> bool:
    """Whether the words begin as the caption of a part does: "(b) after the test"."""
    return bool(words) and bool(_MARK.match(words[0].text))


def letters_named(caption: str) -> tuple[str, ...]:
    """The letters that a caption tells apart, from "a" on without a gap; () where it has none."""
    found = {(match[1] or match[2]).lower() for match in _NAMED.finditer(caption)}
    for match in _RANGE.finditer(caption):
        low, high = sorted((ord(match[1].lower()), ord(match[2].lower())))
        found.update(map(chr, range(low, high + 1)))
    return _unbroken(found)


def parts_of(
    region: BBox,
    words: Sequence[Word],
    items: Sequence[BBox],
    pieces: Sequence[BBox],
    caption: str,
) -> list[Part]:
    """The parts of the figure in `region`, by letter; none where nothing tells them apart.

    `items` are what is drawn there, `pieces` the pictures that were put together to one figure.
    The marks among the words decide; without any, as many pieces as the caption names letters.
    """
    marks = _marks(words, letters_named(caption))
    drawn = [item for item in items if item.intersection(region.grown(1))]
    if marks:
        boxes = _cut_apart(region, marks, [*drawn, *(word.bbox for word in words)])
    else:
        letters = letters_named(caption)
        if len(letters) < 2 or len(letters) != len(pieces):
            return []
        boxes = dict(zip(letters, _in_order(pieces), strict=True))
    if len(boxes) < 2 or any(min(box.width, box.height) < _LEAST_SIDE for box in boxes.values()):
        return []
    return [
        Part(letter, box, tuple(word for word in words if word.bbox.inside(box) > 0.5))
        for letter, box in sorted(boxes.items())
    ]


def _marks(words: Sequence[Word], named: Sequence[str]) -> dict[str, BBox]:
    """Letter -> its mark in the figure, from "a" on. Letters without parentheses are names of
    points and signals too: these count only where the caption has just the same letters."""
    found: dict[str, list[BBox]] = {}
    bare: dict[str, list[BBox]] = {}
    for _, group in groupby(words, key=lambda word: (word.block, word.line)):
        line = list(group)
        for place, word in enumerate(line):
            opens = place == 0 or word.bbox.x0 - line[place - 1].bbox.x1 > word.bbox.height
            if opens and (match := _MARK.match(word.text)):
                found.setdefault(match[1].lower(), []).append(word.bbox)
            elif opens and (match := _BARE.match(word.text)) and len(line) == 1:
                bare.setdefault(match[1].lower(), []).append(word.bbox)
    for marks, wanted in ((found, _unbroken(found)), (bare, tuple(named))):
        once = [letter for letter in wanted if len(marks.get(letter, ())) == 1]
        if len(once) >= 2 and len(once) == len(wanted):
            return {letter: marks[letter][0] for letter in once}
    return {}


def _unbroken(letters: Mapping[str, object] | set[str]) -> tuple[str, ...]:
    """The letters from "a" on up to the first that is missing, if these are two or more."""
    found: list[str] = []
    while len(found) < _MOST and chr(ord("a") + len(found)) in letters:
        found.append(chr(ord("a") + len(found)))
    return tuple(found) if len(found) > 1 else ()


def _cut_apart(region: BBox, marks: Mapping[str, BBox], items: Sequence[BBox]) -> dict[str, BBox]:
    """Cuts the region until each piece has one mark: rows first, then the pictures of a row.
    Nothing where marks stand on each other."""
    if len(marks) == 1:
        return {letter: shrunk(region, items) for letter in marks}
    middles = [(box.y0 + box.y1) / 2 for box in marks.values()]
    axis: Axis = "y" if max(middles) - min(middles) > _LEVEL else "x"
    place = _place(region, axis, list(marks.values()), items)
    found: dict[str, BBox] = {}
    for side in cut(region, axis, place):
        low, high = extent(side, axis)
        inside = {
            letter: box for letter, box in marks.items() if low <= sum(extent(box, axis)) / 2 < high
        }
        if not 0 < len(inside) < len(marks):
            return {}
        found |= _cut_apart(side, inside, items)
    return found if len(found) == len(marks) else {}


def _place(region: BBox, axis: Axis, marks: Sequence[BBox], items: Sequence[BBox]) -> float:
    """Where to cut between two neighbouring rows (or columns) of marks: marks that stand at the
    top (or left) begin what they belong to, those at the bottom end it; for others it is the
    widest empty strip. Without any, where the cut goes through the fewest things."""
    ordered = sorted(marks, key=lambda box: sum(extent(box, axis)))
    before, after = (extent(mark, axis) for mark in _neighbours(ordered, axis))
    between = [
        gap
        for gap in gaps(items, region, axis)
        if gap[1] > before[1] - 1 and gap[0] < after[0] + 1 and gap[1] - gap[0] > _LEAST_GAP
    ]
    low, high = extent(region, axis)
    start = min(extent(mark, axis)[0] for mark in marks) - low
    end = high - max(extent(mark, axis)[1] for mark in marks)
    near = _AT_EDGE * (high - low)
    if start < min(near, end):
        left, right = next(
            (gap for gap in reversed(between) if gap[1] > after[0] - _FAR), (after[0], after[0])
        )
    elif end < near and axis == "y":
        ends = (before[1], before[1])
        left, right = next((gap for gap in between if gap[0] < before[1] + _FAR), ends)
    elif between:
        left, right = max(between, key=lambda gap: gap[1] - gap[0])
    else:
        return thinnest(items, axis, before[1], after[0])
    return (left + right) / 2


def _neighbours(ordered: Sequence[BBox], axis: Axis) -> tuple[BBox, BBox]:
    """The two marks next to each other that are furthest apart."""
    return max(
        pairwise(ordered), key=lambda pair: extent(pair[1], axis)[0] - extent(pair[0], axis)[0]
    )


def _in_order(pieces: Sequence[BBox]) -> list[BBox]:
    """By row, then from the left."""
    rows: list[list[BBox]] = []
    for piece in sorted(pieces, key=lambda box: box.y0):
        row = rows[-1] if rows else None
        if row and piece.y0 < union(row).y1 - 0.5 * piece.height:
            row.append(piece)
        else:
            rows.append([piece])
    return [piece for row in rows for piece in sorted(row, key=lambda box: box.x0)]
