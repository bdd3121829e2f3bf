"""Which boxes make up one figure: split by its captions, sub-captions taken in, parts joined."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from pagesight.adapters.pymupdf.engine import Box
from pagesight.adapters.pymupdf.figures import (
    CAPTION,
    MARGIN,
    PICTURE,
    TABLE,
    anchored_region,
)
from pagesight.adapters.pymupdf.figures.captions import Pairing, pair_captions
from pagesight.adapters.pymupdf.figures.cuts import cut, gaps, shrunk
from pagesight.adapters.pymupdf.figures.framing import framed_text
from pagesight.adapters.pymupdf.figures.parts import starts_with_mark
from pagesight.adapters.pymupdf.holding import assign
from pagesight.adapters.pymupdf.source import Source
from pagesight.adapters.pymupdf.text.words import Word
from pagesight.geometry import BBox, union
from pagesight.references import names_figure, names_table

_LABEL_WIDTH = 100.0
"""Points; a narrower text over a scanned caption may be a label in its figure."""
_FARTHEST = 45.0
"""Points from a picture to the captions that divide it, or to those of its parts."""
_LONGEST_SUB_CAPTION = 40
"""Words of the caption of a part."""
_EITHER = "Exhibit"
"""Reports call figures and tables that."""
_EDGE_SHARE = 0.15
"""Of a picture's height; what lies between its edge and a caption in it and is smaller, is none."""


def with_captions(boxes: Sequence[Box], source: Source) -> tuple[list[Box], dict[int, int]]:
    """Boxes with figures split, joined, added and told from tables by their captions, and index
    of object -> index of caption."""
    settled = _split(boxes, source)
    settled = _with_sub_captions(settled, source.words)
    added = _anchored(settled, _pairs(settled), source)
    drawn = [box for box in added if not box.framed]
    inside = [box for box in settled if box.kind != CAPTION and _is_inside(box, drawn)]
    settled = [box for box in settled if box not in inside] + added
    settled = _joined_parts(settled, _pairs(settled))
    pairs = _pairs(settled)
    for pairing in pairs:
        kind, label = settled[pairing.object].kind, settled[pairing.caption].label
        if kind == TABLE and names_figure(label) and not label.startswith(_EITHER):
            settled[pairing.object] = replace(settled[pairing.object], kind=PICTURE)
        elif kind == PICTURE and names_table(label):
            settled[pairing.object] = replace(settled[pairing.object], kind=TABLE)
    return settled, {pairing.object: pairing.caption for pairing in pairs}


def _split(boxes: Sequence[Box], source: Source) -> list[Box]:
    """A picture over or around the captions of several figures is several pictures."""
    captions = [box.bbox for box in boxes if box.kind == CAPTION and names_figure(box.label)]
    items = [*source.marks, *(word.bbox for word in source.words)]
    found: list[Box] = []
    for box in boxes:
        if box.kind != PICTURE:
            found.append(box)
            continue
        for piece in _off_captions(box.bbox, captions, items):
            found += (replace(box, bbox=each) for each in _side_by_side(piece, captions, items))
    return found


def _off_captions(picture: BBox, captions: Sequence[BBox], items: Sequence[BBox]) -> Iterator[BBox]:
    """The picture without the captions that stand in it from side to side."""
    rest = picture
    for caption in sorted(captions, key=lambda box: box.y0):
        if caption.inside(rest) < 0.6 or not _is_alone(caption, rest, items):
            continue
        above, below = replace(rest, y1=caption.y0 - 1), replace(rest, y0=caption.y1 + 1)
        if above.height > _EDGE_SHARE * picture.height:
            yield above
        rest = below
    if rest is picture or rest.height > _EDGE_SHARE * picture.height:
        yield rest


def _is_alone(caption: BBox, picture: BBox, items: Sequence[BBox]) -> bool:
    """Whether nothing of the picture is level with the caption; frames do not count."""
    band = replace(picture, y0=caption.y0 + 1, y1=max(caption.y1 - 1, caption.y0 + 2))
    beside = (
        item
        for item in items
        if item.grown(0.1).intersection(band)
        and item.inside(caption.grown(2)) < 0.5
        and item.height < 0.6 * picture.height
    )
    return not any(item.width > 1 for item in beside)


def _side_by_side(picture: BBox, captions: Sequence[BBox], items: Sequence[BBox]) -> Iterator[BBox]:
    """The picture cut between the captions that stand next to each other under or over it."""
    near = sorted((each for each in captions if _is_at(each, picture)), key=lambda each: each.x0)
    rest = picture
    for left, right in pairwise(near):
        level = min(left.y1, right.y1) - max(left.y0, right.y0)
        if level < 0.5 * min(left.height, right.height) or right.x0 < left.x1:
            continue
        low, high = (left.x0 + left.x1) / 2, (right.x0 + right.x1) / 2
        inside = [item for item in items if item.intersection(rest)]
        between = [gap for gap in gaps(inside, picture, "x") if gap[1] > low and gap[0] < high]
        start, end = max(between, key=lambda gap: gap[1] - gap[0], default=(left.x1, right.x0))
        done, rest = cut(rest, "x", (start + end) / 2)
        yield shrunk(done, inside)
    yield rest if rest is picture else shrunk(rest, items)


def _is_at(caption: BBox, picture: BBox) -> bool:
    middle = (caption.x0 + caption.x1) / 2
    gap = max(caption.y0 - picture.y1, picture.y0 - caption.y1)
    return picture.x0 < middle < picture.x1 and -3 <= gap <= _FARTHEST


def _with_sub_captions(boxes: Sequence[Box], words: Sequence[Word]) -> list[Box]:
    """Pictures that reach down (or up) to the captions of their parts; these are no boxes of
    their own any more. "(a)" also begins an item of a list: only those count that stand between
    a picture and its caption, or several side by side. A caption without number ("before") is
    that of a part where one with a number stands below it."""
    found, _ = assign(words, boxes)
    marked = [
        index
        for index, (box, own) in enumerate(zip(boxes, found, strict=True))
        if box.kind in (CAPTION, "text", "list-item") and not box.label
        if starts_with_mark(own) and len(own) <= _LONGEST_SUB_CAPTION
    ]
    unmarked = [
        index
        for index, (box, own) in enumerate(zip(boxes, found, strict=True))
        if box.kind == CAPTION and not box.label and len(own) <= _LONGEST_SUB_CAPTION
    ]
    owners: dict[int, int] = {}
    for index in dict.fromkeys([*marked, *unmarked]):
        if not (
            _is_over_caption(index, boxes) or (index in marked and _in_row(index, marked, boxes))
        ):
            continue
        near = [
            (abs(gap), number)
            for number, box in enumerate(boxes)
            if box.kind == PICTURE
            and (gap := _gap(box.bbox, boxes[index].bbox)) is not None
            and abs(gap) <= _FARTHEST
        ]
        if near:
            owners[index] = min(near)[1]
    return [
        replace(box, bbox=union([box.bbox, *(boxes[i].bbox for i in owners if owners[i] == index)]))
        for index, box in enumerate(boxes)
        if index not in owners
    ]


def _is_over_caption(index: int, boxes: Sequence[Box]) -> bool:
    bbox = boxes[index].bbox
    return any(
        other.kind == CAPTION
        and names_figure(other.label)
        and -3 <= other.bbox.y0 - bbox.y1 <= _FARTHEST
        and min(other.bbox.x1, bbox.x1) > max(other.bbox.x0, bbox.x0)
        for other in boxes
    )


def _in_row(index: int, marked: Sequence[int], boxes: Sequence[Box]) -> bool:
    bbox = boxes[index].bbox
    return any(
        other != index
        and abs(boxes[other].bbox.y0 - bbox.y0) < 0.5 * bbox.height
        and max(boxes[other].bbox.x0 - bbox.x1, bbox.x0 - boxes[other].bbox.x1) > 0
        for other in marked
    )


def _gap(picture: BBox, caption: BBox) -> float | None:
    """Points from the picture down to the caption; None where they are not over each other."""
    shared = min(picture.x1, caption.x1) - max(picture.x0, caption.x0)
    if shared < 0.4 * min(picture.width, caption.width):
        return None
    if caption.y0 >= picture.y1 - 6:
        return caption.y0 - picture.y1
    return picture.y0 - caption.y1 if caption.y1 <= picture.y0 + 6 else None


def _pairs(boxes: Sequence[Box]) -> list[Pairing]:
    return pair_captions(
        _numbered(boxes, (PICTURE, TABLE)),
        {index: (box.label, box.bbox) for index, box in enumerate(boxes) if box.kind == CAPTION},
        [box.bbox for box in boxes if box.kind not in (PICTURE, TABLE, CAPTION, *MARGIN)],
    )


def _numbered(boxes: Sequence[Box], kinds: tuple[str, ...]) -> Mapping[int, tuple[str, BBox]]:
    return {index: (box.kind, box.bbox) for index, box in enumerate(boxes) if box.kind in kinds}


def _anchored(boxes: Sequence[Box], pairs: Sequence[Pairing], source: Source) -> list[Box]:
    """Figures for the "Figure N" captions that have found none."""
    taken = {pairing.caption for pairing in pairs}
    above = sum(pairing.gap < 0 for pairing in pairs) <= len(pairs) / 2
    found = []
    for index, box in enumerate(boxes):
        if box.kind == CAPTION and names_figure(box.label) and index not in taken:
            others = [
                other.bbox
                for other in boxes
                if other is not box
                and not (source.is_scan and other.kind == "text" and _is_narrow(other))
            ]
            region = anchored_region(
                box.bbox, above, others, None if source.is_scan else source.marks, source.page
            )
            words = [word.bbox for word in source.words]
            if region:
                found.append(Box(PICTURE, region))
            elif frame := framed_text(box.bbox, above, words, source.marks, source.page):
                found.append(Box(PICTURE, frame, framed=True))
    return found


def _is_inside(box: Box, figures: Sequence[Box]) -> bool:
    return any(box.bbox.inside(figure.bbox) > 0.7 for figure in figures)


def _is_narrow(box: Box) -> bool:
    return box.bbox.width < _LABEL_WIDTH


def _joined_parts(boxes: list[Box], pairs: Sequence[Pairing]) -> list[Box]:
    """Figures that share a caption become one."""
    groups: dict[int, list[int]] = {}
    for pairing in pairs:
        groups.setdefault(pairing.caption, []).append(pairing.object)
    joined, gone = dict[int, Box](), set[int]()
    for objects in groups.values():
        if len(objects) > 1:
            pieces = tuple(boxes[index].bbox for index in objects)
            whole = union(pieces)
            joined[objects[0]] = replace(boxes[objects[0]], bbox=whole, pieces=pieces)
            gone.update(objects[1:])
            gone.update(
                index
                for index, box in enumerate(boxes)
                if box.kind not in (CAPTION, *MARGIN)
                and index not in objects
                and box.bbox.inside(whole) > 0.8
            )
    return [joined.get(index, box) for index, box in enumerate(boxes) if index not in gone]
