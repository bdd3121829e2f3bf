"""Measures the parser on labelled pages: figures and tables at IoU 0.5, captions, words kept.

    python benchmarks/parse_quality.py [FOLDER]

FOLDER holds `pdfs/` and `elements.jsonl`, one labelled element a line: `doc`, `page` (1-based),
`type` ("picture", "table", "caption", ...), `bbox` (points, top-left), `id`, `caption_id`. The
default is ../shared/data/figures_gt beside the project; without it there is nothing to measure.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pagesight.adapters.pymupdf import PyMuPDFParser
from pagesight.adapters.pymupdf.engine import pymupdf
from pagesight.adapters.pytesseract import PytesseractReader, available
from pagesight.document import Figure, PageContent, Table, TextBlock
from pagesight.geometry import BBox, union

DEFAULT = Path(__file__).resolve().parents[2] / "shared" / "data" / "figures_gt"
LEAST_IOU = 0.5
WORD = re.compile(r"\w+")


@dataclass(slots=True)
class Count:
    """True elements, found elements, and how many of each have a partner."""

    true: int = 0
    found: int = 0
    recalled: int = 0
    correct: int = 0

    def __str__(self) -> str:
        precision = self.correct / self.found if self.found else 0.0
        recall = self.recalled / self.true if self.true else 0.0
        counts = f"{self.true} true, {self.found} found"
        return f"precision {precision:.3f}, recall {recall:.3f} ({counts})"


@dataclass(slots=True)
class Score:
    """Everything that is counted over the pages."""

    figures: Count = field(default_factory=Count)
    tables: Count = field(default_factory=Count)
    links: int = 0
    links_right: int = 0
    words: int = 0
    words_kept: int = 0
    pages: int = 0
    seconds: float = 0.0


class Crops:
    """Takes crops and keeps nothing."""

    def put(self, png: bytes) -> str:
        return f"{len(png)}.png"


def main(arguments: Sequence[str]) -> int:
    folder = Path(arguments[0]) if arguments else DEFAULT
    if not (folder / "elements.jsonl").exists():
        print(f"no labelled pages at {folder}: nothing to measure")
        return 0
    parser = PyMuPDFParser(Crops(), PytesseractReader() if available() else None)
    score = Score()
    for (name, page), truth in sorted(labelled_pages(folder).items()):
        path = folder / "pdfs" / name
        if path.exists():
            started = time.process_time()
            (content,) = parser.parse_pages(path, page - 1, page)
            score.seconds += time.process_time() - started
            score.pages += 1
            before = (score.figures.recalled, score.figures.correct)
            add_page(score, truth, content)
            report_misses(name, page, truth, content, score, before)
            if not content.page.ocr:
                add_words(score, path, content)
    print(f"figures: {score.figures}")
    print(f"tables: {score.tables}")
    print(f"caption links: {score.links_right} of {score.links}")
    print(f"words kept: {score.words_kept / max(score.words, 1):.4f} of {score.words}")
    speed = score.pages / max(score.seconds, 0.01)
    print(f"{score.pages} pages, {speed:.2f} per CPU second (without tesseract)")
    return 0


def labelled_pages(folder: Path) -> dict[tuple[str, int], list[dict[str, Any]]]:
    """(document, 1-based page) -> its labelled elements."""
    pages: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for line in (folder / "elements.jsonl").read_text().splitlines():
        element = json.loads(line)
        pages.setdefault((element["doc"], element["page"]), []).append(element)
    return pages


def add_page(score: Score, truth: Sequence[dict[str, Any]], content: PageContent) -> None:
    figures = [each for each in content.elements if isinstance(each, Figure)]
    tables = [each for each in content.elements if isinstance(each, Table)]
    add_matches(score.figures, boxes_of(truth, "picture"), [each.bbox for each in figures])
    add_matches(score.tables, boxes_of(truth, "table"), [each.bbox for each in tables])
    captions = {each["id"]: BBox(*each["bbox"]) for each in truth if each["type"] == "caption"}
    for element in truth:
        caption = captions.get(element.get("caption_id", ""))
        if caption is None:
            continue
        score.links += 1
        box = BBox(*element["bbox"])
        objects: list[Figure | Table] = [*figures, *tables]
        best = max(
            (each for each in objects if covers(each.bbox, box)),
            key=lambda each: each.bbox.iou(box),
            default=None,
        )
        spans = best.caption.spans if best and best.caption else ()
        right = bool(spans) and union(s.bbox for s in spans).inside(caption.grown(6)) > 0.5
        score.links_right += right
        if not right:
            where = f"{element['doc']} page {element['page']} {element['bbox']}"
            print(f"  caption not linked: {where}")


def covers(found: BBox, true: BBox) -> bool:
    """The same thing, or a figure of several parts that has it inside."""
    return found.iou(true) >= LEAST_IOU or true.inside(found) > 0.8


def boxes_of(truth: Iterable[dict[str, Any]], kind: str) -> list[BBox]:
    return [BBox(*element["bbox"]) for element in truth if element["type"] == kind]


def add_matches(count: Count, true: Sequence[BBox], found: Sequence[BBox]) -> None:
    """Best pairs first, one to one. A figure labelled part by part is also found by one box that
    matches the union of the parts inside it."""
    pairs = sorted(
        ((t.iou(f), i, j) for i, t in enumerate(true) for j, f in enumerate(found)), reverse=True
    )
    recalled: set[int] = set()
    correct: set[int] = set()
    for iou, i, j in pairs:
        if iou >= LEAST_IOU and i not in recalled and j not in correct:
            recalled.add(i)
            correct.add(j)
    for j, box in enumerate(found):
        parts = [i for i, each in enumerate(true) if each.inside(box) > 0.8]
        if j in correct or len(parts) < 2:
            continue
        if union(true[i] for i in parts).iou(box) >= LEAST_IOU:
            correct.add(j)
            recalled.update(parts)
    count.true += len(true)
    count.found += len(found)
    count.recalled += len(recalled)
    count.correct += len(correct)


def add_words(score: Score, path: Path, content: PageContent) -> None:
    """Counts the words of the text layer that some element has."""
    with pymupdf.open(path) as document:
        text = document[content.page.index].get_text(
            "text", flags=pymupdf.TEXT_MEDIABOX_CLIP | pymupdf.TEXT_DEHYPHENATE
        )
    kept = Counter(WORD.findall(text_of(content)))
    words = Counter(word for word in WORD.findall(text) if len(word) > 1)
    score.words += words.total()
    score.words_kept += (words & kept).total()


def text_of(content: PageContent) -> str:
    parts: list[str] = []
    for element in content.elements:
        match element:
            case TextBlock():
                parts.append(element.text)
            case Figure():
                parts.append(element.text)
            case Table():
                parts += (cell for row in element.rows for cell in row)
                parts.append("" if element.rows else element.text)
        if not isinstance(element, TextBlock) and element.caption:
            parts.append(element.caption.text)
    return "\n".join(parts)


def report_misses(
    name: str,
    page: int,
    truth: Sequence[dict[str, Any]],
    content: PageContent,
    score: Score,
    before: tuple[int, int],
) -> None:
    true = len(boxes_of(truth, "picture"))
    found = sum(isinstance(each, Figure) for each in content.elements)
    recalled, correct = score.figures.recalled - before[0], score.figures.correct - before[1]
    if recalled < true or correct < found:
        print(f"  {name} page {page}: {recalled} of {true} true, {correct} of {found} found right")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
