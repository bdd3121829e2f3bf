"""Five levels at which retrieval can be right: from a case and its row to judged and ranked units.

A unit is what a level counts. On each level a case has graded gold units (qrels) and its row gives
a ranking of units, so that the same metrics serve all five.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, assert_never, get_args

from pagesight.document import KINDS
from pagesight.evaluation.record import Found, Place, Row
from pagesight.evaluation.sets.cases import Case, GoldBox

Level = Literal["document", "page", "box", "kind", "chunk"]
LEVELS: tuple[Level, ...] = get_args(Level)

COVERED = 0.5
"""Share of a gold box that a chunk must cover: the usual half of detection benchmarks."""
LARGER = 2.0
"""A chunk may be this many times as large as the gold box that it covers. With `COVERED` this takes
in every pair of boxes with an intersection over union of a half."""
CHUNK_AREA = 80_000.0
"""Square points (a sixth of an A4 page) that a chunk may always have, however small the gold box:
19 of 20 text chunks with the default number of words are smaller. It is less than the smallest
usual page (slides of 363 x 272 points), so that a whole page is not let through."""
WITHIN = 0.5
"""Share of a chunk that must lie in the gold box of which it is only a part."""
PART = 0.25
"""Share of the gold box that such a part must cover at least."""


def applies(level: Level, case: Case) -> bool:
    """Whether the case is measured at the level; an unanswerable case is measured at none.

    document, page, box: the case names documents, pages, boxes. kind: its evidence is labelled
    text, figure or table, and it names pages. chunk: it has boxes, or an answer and pages, by which
    a chunk can be told to hold the evidence.
    """
    if case.unanswerable:
        return False
    match level:
        case "document":
            return bool(case.documents)
        case "page":
            return bool(case.pages)
        case "box":
            return bool(case.boxes)
        case "kind":
            return case.evidence in KINDS and bool(case.pages)
        case "chunk":
            return bool(case.boxes or (case.answers and case.pages))
    assert_never(level)


def gold_units(level: Level, case: Case, row: Row) -> dict[str, int]:
    """Gold unit -> grade, at least 1; empty where the level does not apply.

    Documents are "a.pdf", pages "a.pdf#12", both with the case's grade, else 1. A box is
    "a.pdf#12@0" with its index in the case; a page of a kind is "a.pdf#12/figure". Chunks are those
    that the row's trace calls relevant. They may be none although the level applies, because the
    text was lost in parsing or the answer has to be computed: every metric is then zero.
    """
    if not applies(level, case):
        return {}
    match level:
        case "document":
            return {name: case.grades.get(name, 1) for name in case.documents}
        case "page":
            return _gold_pages(case)
        case "box":
            return {_box_unit(box, index): 1 for index, box in enumerate(case.boxes)}
        case "kind":
            return {f"{page}/{case.evidence}": grade for page, grade in _gold_pages(case).items()}
        case "chunk":
            return dict.fromkeys(row.trace.relevant, 1)
    assert_never(level)


def ranked_units(level: Level, case: Case, row: Row) -> list[str]:
    """Units that the hits name, best first, without repeats; none where the case failed.

    document, page: in the order in which the hits name them first, pages of one hit ascending.
    kind: the pages of hits of the labelled kind; any other hit stands for itself, a miss.
    box: for each hit the gold boxes that it is the first to find (see `holds_box`), in their order;
    a hit that finds no new one stands for itself, a miss.
    chunk: the hits.
    """
    if row.error:
        return []
    match level:
        case "document":
            named = [hit.document for hit in row.hits]
        case "page":
            named = [page for hit in row.hits for page in _pages(hit)]
        case "box":
            named = list(_found_boxes(case.boxes, row.hits))
        case "kind":
            named = [unit for hit in row.hits for unit in _of_kind(hit, case.evidence)]
        case "chunk":
            named = [hit.chunk for hit in row.hits]
        case _:
            assert_never(level)
    return list(dict.fromkeys(named))


def holds_box(places: Sequence[Place], box: GoldBox) -> bool:
    """Whether a chunk of the box's document, with its places, stands where the evidence stands.

    Evidence is labelled by layout region, from a single line to a whole page, while a text chunk is
    a run of lines, and a figure or table one region with its caption. So a chunk holds a box

    - if it covers at least `COVERED` of it, and is at most `LARGER` times as large or at most
      `CHUNK_AREA`: a chunk of text holds the line within it, but a page-wide figure or a page-long
      chunk holds only what fills half of the page, because it locates nothing;
    - or if it is a part of it: at least `WITHIN` of the chunk lies in the box, and covers at least
      `PART` of it, as the rows of a long table or a paragraph of a labelled section do.

    Only places on the box's page count, and their areas are added up: lines and captions do not
    overlap.
    """
    here = [place.bbox for place in places if place.page == box.page]
    gold = box.bbox.area
    area = sum(bbox.area for bbox in here)
    shared = sum(bbox.intersection(box.bbox) for bbox in here)
    if not shared:
        return False
    covers = shared >= COVERED * gold and area <= max(LARGER * gold, CHUNK_AREA)
    return covers or (shared >= PART * gold and shared >= WITHIN * area)


def _gold_pages(case: Case) -> dict[str, int]:
    return {str(page): case.grades.get(str(page), 1) for page in case.pages}


def _pages(hit: Found) -> list[str]:
    return [f"{hit.document}#{page}" for page in hit.pages]


def _of_kind(hit: Found, kind: str) -> list[str]:
    return [f"{page}/{kind}" for page in _pages(hit)] if hit.kind == kind else [hit.chunk]


def _box_unit(box: GoldBox, index: int) -> str:
    return f"{box.document}#{box.page}@{index}"


def _found_boxes(boxes: Sequence[GoldBox], hits: Sequence[Found]) -> Iterator[str]:
    missing = dict(enumerate(boxes))
    for hit in hits:
        found = [
            index
            for index, box in missing.items()
            if box.document == hit.document and holds_box(hit.places, box)
        ]
        for index in found:
            yield _box_unit(missing.pop(index), index)
        if not found:
            yield hit.chunk
