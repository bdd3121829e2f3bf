"""From the words and boxes of a page to its regions in reading order, captions paired."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from pagesight.adapters.pymupdf.captions import Pairing, pair_captions
from pagesight.adapters.pymupdf.engine import Box, reading_order
from pagesight.adapters.pymupdf.figures import (
    CAPTION,
    MARGIN,
    PICTURE,
    TABLE,
    anchored_region,
    settle_figures,
    split_from_tables,
)
from pagesight.adapters.pymupdf.source import Source
from pagesight.adapters.pymupdf.tables import Cells, is_prose, read_cells
from pagesight.adapters.pymupdf.text import line_text, lines_of
from pagesight.adapters.pymupdf.words import Word
from pagesight.geometry import BBox, union
from pagesight.references import names_figure, names_table, parse_caption

_NEAR = 12.0
"""Points from a box to a word of one of its lines that it leaves out."""
_BLOCK_GAP = 3.0
"""Line heights between two lines of one paragraph at most."""
_LABEL_WIDTH = 100.0
"""Points; a narrower text over a scanned caption may be a label in its figure."""
_LONGEST_CAPTION = 8
"""Lines of a caption inside the box of its figure."""
_MOST_CAPTION_WORDS = 250


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the page, its words, and for a figure or table its caption."""

    kind: str
    bbox: BBox
    words: tuple[Word, ...]
    label: str = ""
    cells: Cells | None = None
    caption: Region | None = None


def arrange(page: Any, source: Source) -> list[Region]:
    """The regions of a page in reading order. Every word is in one of them; captions that have
    found their figure or table are inside it."""
    boxes = split_from_tables(source.boxes, source.pictures)
    boxes = _with_rest(source.words, boxes)
    found, _ = assign(source.words, boxes)
    boxes = [_settled(box, words) for box, words in zip(boxes, found, strict=True)]
    boxes = [box for box in boxes if not _is_text_only(box, source)]
    boxes = settle_figures(boxes, source.pictures, source.page)
    boxes = _with_rest(source.words, boxes)
    boxes, captions = _with_captions(boxes, source)
    order = reading_order(page, boxes, source.blocks)
    words = assign(source.words, boxes)[0]
    carried = set(captions.values())
    regions = []
    for index in order:
        if index not in carried:
            number = captions.get(index)
            caption = None if number is None else _region(boxes[number], words[number])
            region = _region(boxes[index], words[index])
            regions.append(replace(region, caption=caption) if caption else _own_caption(region))
    return regions


def assign(words: Sequence[Word], boxes: Sequence[Box]) -> tuple[list[list[Word]], list[Word]]:
    """The words of each box, in the order given, and those of none.

    A word just outside belongs to the box that has the other words of its line.
    """
    ranked = sorted(enumerate(boxes), key=lambda item: (_rank(item[1]), item[1].bbox.area))
    owners = [
        next((index for index, box in ranked if _holds(box.bbox, word)), None) for word in words
    ]
    lines = {
        (word.block, word.line): owner
        for word, owner in zip(words, owners, strict=True)
        if owner is not None
    }
    found: list[list[Word]] = [[] for _ in boxes]
    rest = []
    for word, owner in zip(words, owners, strict=True):
        near = owner if owner is not None else lines.get((word.block, word.line))
        if near is None or not boxes[near].bbox.grown(_NEAR).intersection(word.bbox):
            rest.append(word)
        else:
            found[near].append(word)
    return found, rest


def _rank(box: Box) -> int:
    """Whose word it is, where boxes overlap: captions, text, tables, pictures."""
    return {CAPTION: 0, TABLE: 2, PICTURE: 3}.get(box.kind, 1)


def _with_rest(words: Sequence[Word], boxes: Sequence[Box]) -> list[Box]:
    """Text boxes for the words that the layout left out: one a block of the text layer, blocks
    that follow each other closely together. Boxes of text without words go."""
    found, rest = assign(words, boxes)
    kept = [
        box for box, own in zip(boxes, found, strict=True) if own or box.kind in (PICTURE, TABLE)
    ]
    return kept + [Box("text", union(word.bbox for word in group)) for group in _groups(rest)]


def _groups(words: Sequence[Word]) -> Iterator[list[Word]]:
    """Paragraphs of words, by their lines."""
    group: list[Word] = []
    for _, line in groupby(words, key=lambda word: (word.block, word.line)):
        following = list(line)
        if group and not _follows(group, following):
            yield group
            group = []
        group += following
    if group:
        yield group


def _follows(group: Sequence[Word], line: Sequence[Word]) -> bool:
    """Whether a line goes on with the paragraph above it. Blocks of a text layer mostly know, but
    those of scans also take in labels from all over a drawing."""
    above, box = (union(word.bbox for word in words) for words in (group, line))
    height = group[-1].bbox.height
    gap = box.y0 - above.y1
    beside = max(box.x0 - above.x1, above.x0 - box.x1)
    if line[0].block == group[-1].block:
        return gap < _BLOCK_GAP * height and beside < _BLOCK_GAP * height
    aligned = abs(box.x0 - above.x0) < 2 * height
    same_size = abs(box.height - height) < 0.3 * height
    return -0.3 * height < gap < 0.8 * height and aligned and same_size


def _holds(box: BBox, word: Word) -> bool:
    x, y = word.centre
    return box.x0 - 1 <= x <= box.x1 + 1 and box.y0 - 1 <= y <= box.y1 + 1


def _settled(box: Box, words: Sequence[Word]) -> Box:
    """A table that is none becomes text; text that reads as a caption becomes one."""
    if box.kind == TABLE:
        cells = read_cells(box.grid, words) if box.grid else None
        if box.grid and words and (cells is None or is_prose(cells, words)):
            return Box("text", box.bbox)
        return box
    if box.kind in (PICTURE, *MARGIN, "formula") or not words:
        return box
    lines = [line_text(line) for line in lines_of(words)]
    label = parse_caption(" ".join(lines[:2]), trusted=box.kind == CAPTION)
    if box.kind == CAPTION and label is None:
        # Captions of parts ("(a) before (b) after") often stand above the caption of the whole.
        label = next((found for line in lines[1:] if (found := parse_caption(line))), None)
    if label and len(words) <= _MOST_CAPTION_WORDS:
        return Box(CAPTION, box.bbox, label=label)
    return box


def _is_text_only(box: Box, source: Source) -> bool:
    """A picture in which nothing is drawn, say the captions of its parts."""
    if box.kind != PICTURE or source.ocr:
        return False
    drawn = any(mark.grown(0.5).intersection(box.bbox) for mark in source.marks)
    return not drawn and any(_holds(box.bbox, word) for word in source.words)


def _with_captions(boxes: list[Box], source: Source) -> tuple[list[Box], dict[int, int]]:
    """Boxes with figures joined, added and told from tables by their captions, and index of
    object -> index of caption."""
    pairs = _pairs(boxes)
    added = _anchored(boxes, pairs, source)
    inside = [box for box in boxes if box.kind != CAPTION and _is_inside(box, added)]
    boxes = [box for box in boxes if box not in inside] + added
    boxes = _joined_parts(boxes, _pairs(boxes))
    pairs = _pairs(boxes)
    for pairing in pairs:
        kind, label = boxes[pairing.object].kind, boxes[pairing.caption].label
        if kind == TABLE and names_figure(label):
            boxes[pairing.object] = replace(boxes[pairing.object], kind=PICTURE)
        elif kind == PICTURE and names_table(label):
            boxes[pairing.object] = replace(boxes[pairing.object], kind=TABLE)
    return boxes, {pairing.object: pairing.caption for pairing in pairs}


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
            if region:
                found.append(Box(PICTURE, region))
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
            whole = union(boxes[index].bbox for index in objects)
            joined[objects[0]] = replace(boxes[objects[0]], bbox=whole)
            gone.update(objects[1:])
            gone.update(
                index
                for index, box in enumerate(boxes)
                if box.kind not in (CAPTION, *MARGIN)
                and index not in objects
                and box.bbox.inside(whole) > 0.8
            )
    return [joined.get(index, box) for index, box in enumerate(boxes) if index not in gone]


def _region(box: Box, words: Sequence[Word]) -> Region:
    """A figure or table reaches at least as far as its words: the network cuts them short."""
    cells = read_cells(box.grid, words) if box.kind == TABLE and box.grid else None
    bbox = union([box.bbox, *(word.bbox for word in words)])
    return Region(box.kind, bbox, tuple(words), box.label, cells)


def _own_caption(region: Region) -> Region:
    """A figure whose box took its caption in: the caption's lines are split off."""
    if region.kind != PICTURE or not region.words:
        return region
    lines = lines_of(region.words)
    for start, line in enumerate(lines):
        label = parse_caption(line_text(line))
        height = union(word.bbox for word in line).y0 - region.bbox.y0
        if label and height > 0.6 * region.bbox.height and len(lines) - start <= _LONGEST_CAPTION:
            own = {id(word) for each in lines[start:] for word in each}
            words = tuple(word for word in region.words if id(word) in own)
            caption = Region(CAPTION, union(word.bbox for word in words), words, label)
            inside = tuple(word for word in region.words if id(word) not in own)
            bbox = replace(region.bbox, y1=max(caption.bbox.y0 - 1, region.bbox.y0 + 1))
            return Region(PICTURE, bbox, inside, caption=caption)
    return region
