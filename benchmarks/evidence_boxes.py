"""How many evidence boxes of questions the parser's elements cover.

`questions.jsonl` has a question a line: `doc`, `evidence_sources`, and `regions`, each with `page`
(1-based), `page_size` and `bbox` (points, top-left).
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from pagesight.adapters.pymupdf import PyMuPDFParser
from pagesight.document import Element, Figure, PageContent, Table
from pagesight.geometry import BBox, union

LEAST_IOU = 0.5
INSIDE = 0.8
"""Share of a region that one element has to hold, or of an element that stands in a region."""
MOST = 0.5
"""Share of a region that the elements in it have to cover together; the rest is white."""
PAGE_WIDE = 0.6
"""Share of the page from which a box says nothing of where on it: an element of that size covers
any region, and a region of that size is the page. Both are counted apart."""
KINDS = {
    "Chart": "figure",
    "Figure": "figure",
    "Table": "table",
    "Pure-text (Plain-text)": "text",
    "Generalized-text (Layout)": "text",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """`bbox` as fractions of the page; `kind` is "mixed" for a question with several sources."""

    bbox: BBox
    kind: str


@dataclass(slots=True)
class Count:
    """Regions, those that are covered, by a page-wide box only, and by an element of their kind."""

    regions: int = 0
    covered: int = 0
    page_wide: int = 0
    same_kind: int = 0
    whole_pages: int = 0
    """Regions as wide as their pages, in none of the other counts."""

    def __str__(self) -> str:
        total = max(self.regions, 1)
        return (
            f"{self.covered / total:.3f} of {self.regions} covered "
            f"({self.page_wide} more by page-wide boxes only), "
            f"{self.same_kind / total:.3f} by an element of the kind; "
            f"{self.whole_pages} whole pages left out"
        )


def labelled_pages(folder: Path) -> dict[tuple[str, int], list[Region]]:
    """(path, 0-based page) -> its regions, each once."""
    found: dict[tuple[str, int], dict[BBox, set[str]]] = {}
    for line in (folder / "questions.jsonl").read_text().splitlines():
        question = json.loads(line)
        kinds = {KINDS[source] for source in question["evidence_sources"]}
        path = folder / "pdfs" / question["doc"]
        for region in question.get("regions", ()) if path.exists() and kinds else ():
            page = found.setdefault((str(path), region["page"] - 1), {})
            page.setdefault(_fractions(region), set()).update(kinds)
    return {
        key: [
            Region(bbox=bbox, kind=kinds.pop() if len(kinds) == 1 else "mixed")
            for bbox, kinds in regions.items()
        ]
        for key, regions in found.items()
    }


def measure(parser: PyMuPDFParser, pages: dict[tuple[str, int], list[Region]]) -> None:
    """Parses each page once and prints the shares by kind, and the regions that are missed."""
    counts = {kind: Count() for kind in ("figure", "table", "text", "mixed")}
    started = time.process_time()
    for (path, index), regions in pages.items():
        (content,) = parser.parse_pages(Path(path), index, index + 1)
        for region in regions:
            box = _points(region.bbox, content)
            if not add(counts[region.kind], content, box, region.kind):
                place = f"{box.x0:.0f} {box.y0:.0f} {box.x1:.0f} {box.y1:.0f}"
                print(f"  {Path(path).name} page {index + 1}: {region.kind} at {place} missed")
    seconds = time.process_time() - started
    for kind, count in counts.items():
        print(f"evidence {kind}: {count}")
    print(f"{len(pages)} pages, {len(pages) / max(seconds, 0.01):.2f} per CPU second")


def add(count: Count, content: PageContent, region: BBox, kind: str) -> bool:
    """Counts a region; False where nothing covers it."""
    page = content.page.width * content.page.height
    if region.area >= PAGE_WIDE * page:
        count.whole_pages += 1
        return True
    narrow = [each for each in content.elements if each.bbox.area < PAGE_WIDE * page]
    covered = covers(boxes_of(narrow), region)
    page_wide = not covered and covers(boxes_of(content.elements), region)
    count.regions += 1
    count.covered += covered
    count.page_wide += page_wide
    alike = (each for each in content.elements if kind in ("mixed", each.type))
    count.same_kind += covers(boxes_of(alike), region)
    return covered or page_wide


def boxes_of(elements: Iterable[Element]) -> list[BBox]:
    """Boxes of elements, their captions and their parts."""
    return [box for element in elements for box in _boxes(element)]


def _boxes(element: Element) -> Iterator[BBox]:
    yield element.bbox
    if isinstance(element, Figure):
        yield from (part.bbox for part in element.parts)
    if isinstance(element, Figure | Table) and element.caption:
        spans = [span.bbox for span in element.caption.spans if span.page == element.page]
        if spans:
            yield union(spans)
            yield union([element.bbox, *spans])


def covers(boxes: Sequence[BBox], region: BBox) -> bool:
    """One box is about the region or holds it, or those that stand in it fill most of it."""
    if any(box.iou(region) >= LEAST_IOU or region.inside(box) >= INSIDE for box in boxes):
        return True
    inside = [box.clipped(region) for box in boxes if box.inside(region) >= INSIDE]
    return joint_area(inside) >= MOST * region.area


def joint_area(boxes: Sequence[BBox]) -> float:
    """Area that at least one of the boxes covers."""
    edges = sorted({x for box in boxes for x in (box.x0, box.x1)})
    area = 0.0
    for left, right in pairwise(edges):
        rows = sorted((b.y0, b.y1) for b in boxes if b.x0 <= left and b.x1 >= right)
        bottom = float("-inf")
        for top, end in rows:
            area += (right - left) * max(0.0, end - max(top, bottom))
            bottom = max(bottom, end)
    return area


def _fractions(region: dict[str, Any]) -> BBox:
    width, height = region["page_size"]
    return BBox(*BBox(*region["bbox"]).fractions(width, height))


def _points(box: BBox, content: PageContent) -> BBox:
    width, height = content.page.width, content.page.height
    return BBox(box.x0 * width, box.y0 * height, box.x1 * width, box.y1 * height)
