"""Measures the parser on labelled pages: figures and tables at IoU 0.5, captions, letters kept,
and evidence boxes of questions.

    python benchmarks/parse_quality.py [FOLDER] [--set figures|evidence] [--most N] [--baselines]

FOLDER holds figures_gt/ (`pdfs/` and `elements.jsonl`, one labelled element a line: `doc`, `page`
(1-based), `type` ("picture", "table", "caption", ...), `bbox` (points, top-left), `id`,
`caption_id`) and mmlongbench/ (`pdfs/` and `questions.jsonl`, see evidence_boxes.py). The default
is ../shared/data beside the project; what is missing there is not measured. `--most` takes that
many pages of each, drawn with a fixed seed. `--baselines` finds figures on the same pages by
PyMuPDF's own means, for a ratio.
"""

from __future__ import annotations

import argparse
import json
import random
import time
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import evidence_boxes
import figure_baselines
import numpy as np

from pagesight.adapters.pymupdf import PyMuPDFParser
from pagesight.adapters.pymupdf.engine import pymupdf
from pagesight.adapters.pytesseract import PytesseractReader, available
from pagesight.document import Figure, PageContent, Table, TextBlock
from pagesight.geometry import BBox, union

DEFAULT = Path(__file__).resolve().parents[2] / "shared" / "data"
SETS = ("figures", "evidence")
SEED = 7
LEAST_IOU = 0.5
WHOLLY_INSIDE = 0.8
"""Share of a labelled part that a figure of several parts has to hold."""
LEAST_FILLED = 0.3
"""Share of such a figure that its parts fill; the rest is gaps, axes and marks. Pictures of a page
that is taken for one figure fill about a tenth of it."""
ICON = 40.0
"""Points of a side: people label icons as pictures too; the parser leaves them out by intent."""
INK = 250
"""Of 255: lighter is paper. Boxes from LaTeX hold the white margins of a picture's file."""


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
    inked: Count = field(default_factory=Count)
    """With labels cut to their ink."""
    large: Count = field(default_factory=Count)
    """The same without icons."""
    tables: Count = field(default_factory=Count)
    links: int = 0
    links_right: int = 0
    letters: int = 0
    letters_kept: int = 0
    pages: int = 0
    seconds: float = 0.0


class Crops:
    """Takes crops and keeps nothing."""

    def put(self, png: bytes) -> str:
        return f"{len(png)}.png"


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").split(":")[0])
    options.add_argument("folder", nargs="?", type=Path, default=DEFAULT)
    options.add_argument("--set", choices=SETS, action="append", help="may be repeated")
    options.add_argument("--most", type=int, default=0, metavar="N", help="pages of each set")
    options.add_argument("--baselines", action="store_true")
    given = options.parse_args()
    parser = PyMuPDFParser(Crops(), PytesseractReader() if available() else None)
    sets = given.set or SETS
    if "figures" in sets and (folder := there(given.folder / "figures_gt")):
        measure_figures(parser, folder, given.most, baselines=given.baselines)
    if "evidence" in sets and (folder := there(given.folder / "mmlongbench")):
        pages = drawn(evidence_boxes.labelled_pages(folder), given.most)
        evidence_boxes.measure(parser, pages)


def there(folder: Path) -> Path | None:
    if folder.is_dir():
        return folder
    print(f"no labelled pages at {folder}: not measured")
    return None


Key = TypeVar("Key", bound=tuple[Any, ...])
Value = TypeVar("Value")


def drawn(pages: dict[Key, Value], most: int) -> dict[Key, Value]:
    """At most that many of the pages (0: all), in order; the same ones each time."""
    keys = sorted(pages)
    if most:
        keys = sorted(random.Random(SEED).sample(keys, min(most, len(keys))))
    return {key: pages[key] for key in keys}


def measure_figures(parser: PyMuPDFParser, folder: Path, most: int, *, baselines: bool) -> None:
    score = Score()
    others: dict[str, Count] = {name: Count() for name in figure_baselines.METHODS}
    for (name, page), truth in drawn(labelled_pages(folder), most).items():
        path = folder / "pdfs" / name
        started = time.process_time()
        (content,) = parser.parse_pages(path, page - 1, page)
        score.seconds += time.process_time() - started
        score.pages += 1
        before = (score.figures.recalled, score.figures.correct)
        add_page(score, truth, content)
        add_inked(score, [trimmed(path, element) for element in truth], content)
        report_misses(name, page, truth, content, score, before)
        if not content.page.ocr:
            add_letters(score, path, content)
        for method, find in figure_baselines.METHODS.items() if baselines else ():
            found = [(box,) for box in find(path, page - 1)]
            add_matches(others[method], boxes_of(truth, "picture"), found)
    print(f"figures: {score.figures}")
    print(f"  with labels cut to their ink: {score.inked}")
    print(f"  and without icons: {score.large}")
    for method, count in others.items() if baselines else ():
        print(f"  {method}: {count}")
    print(f"tables: {score.tables}")
    print(f"caption links: {score.links_right} of {score.links}")
    print(f"letters kept: {score.letters_kept / max(score.letters, 1):.4f} of {score.letters}")
    speed = score.pages / max(score.seconds, 0.01)
    print(f"{score.pages} pages, {speed:.2f} per CPU second (without tesseract)")


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
    add_matches(score.figures, boxes_of(truth, "picture"), [boxes_in(each) for each in figures])
    add_matches(score.tables, boxes_of(truth, "table"), [(each.bbox,) for each in tables])
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


def add_inked(score: Score, truth: Sequence[dict[str, Any]], content: PageContent) -> None:
    figures = [each for each in content.elements if isinstance(each, Figure)]
    true = boxes_of(truth, "picture")
    add_matches(score.inked, true, [boxes_in(each) for each in figures])
    add_matches(
        score.large,
        [box for box in true if not is_icon(box)],
        [boxes_in(each) for each in figures if not is_icon(each.bbox)],
    )


def covers(found: BBox, true: BBox) -> bool:
    """The same thing, or a figure of several parts that has it inside."""
    return found.iou(true) >= LEAST_IOU or true.inside(found) > WHOLLY_INSIDE


def boxes_in(figure: Figure) -> tuple[BBox, ...]:
    """Its own, then those of its parts."""
    return (figure.bbox, *(part.bbox for part in figure.parts))


def boxes_of(truth: Iterable[dict[str, Any]], kind: str) -> list[BBox]:
    return [BBox(*element["bbox"]) for element in truth if element["type"] == kind]


def add_matches(count: Count, true: Sequence[BBox], found: Sequence[tuple[BBox, ...]]) -> None:
    """Best pairs first, one to one. Each found figure is its own box and those of its parts.

    A figure that is labelled part by part is also found by one box that matches the union of the
    parts inside it and is mostly these parts (a box around a page with pictures here and there is
    not), or by parts that match them; it counts as one that was found.
    """
    boxes = [(j, box) for j, own in enumerate(found) for box in own]
    pairs = sorted(
        ((t.iou(f), i, k) for i, t in enumerate(true) for k, (_, f) in enumerate(boxes)),
        reverse=True,
    )
    recalled: set[int] = set()
    taken: set[int] = set()
    for iou, i, k in pairs:
        if iou >= LEAST_IOU and i not in recalled and k not in taken:
            recalled.add(i)
            taken.add(k)
    correct = {boxes[k][0] for k in taken}
    for j, own in enumerate(found):
        parts = [i for i, each in enumerate(true) if each.inside(own[0]) > WHOLLY_INSIDE]
        if len(parts) > 1 and is_union(own[0], [true[i] for i in parts]):
            correct.add(j)
            recalled.update(parts)
    count.true += len(true)
    count.found += len(found)
    count.recalled += len(recalled)
    count.correct += len(correct)


def is_union(found: BBox, parts: Sequence[BBox]) -> bool:
    filled = evidence_boxes.joint_area(parts) / max(found.area, 1.0)
    return union(parts).iou(found) >= LEAST_IOU and filled >= LEAST_FILLED


def is_icon(box: BBox) -> bool:
    return min(box.width, box.height) < ICON


def trimmed(path: Path, element: dict[str, Any]) -> dict[str, Any]:
    """A labelled picture without the white margins in its box; other elements as they are."""
    if element["type"] != "picture":
        return element
    with pymupdf.open(path) as document:
        clip = pymupdf.Rect(element["bbox"])
        pixels = document[element["page"] - 1].get_pixmap(clip=clip, colorspace=pymupdf.csGRAY)
    grey = np.frombuffer(pixels.samples, np.uint8).reshape(pixels.height, pixels.stride)
    rows, columns = np.nonzero(grey[:, : pixels.width] < INK)
    if not len(rows):
        return element
    left, top = pixels.x + int(columns.min()), pixels.y + int(rows.min())
    right, bottom = pixels.x + int(columns.max()) + 1, pixels.y + int(rows.max()) + 1
    return element | {"bbox": [left, top, right, bottom]}


def add_letters(score: Score, path: Path, content: PageContent) -> None:
    """Counts the letters and digits of the text layer that some element has. Words would not do:
    exponents and marks of footnotes are told apart from what the layer glues them to."""
    with pymupdf.open(path) as document:
        text = document[content.page.index].get_text(
            "text", flags=pymupdf.TEXT_MEDIABOX_CLIP | pymupdf.TEXT_DEHYPHENATE
        )
    letters = letters_of(text)
    score.letters += letters.total()
    score.letters_kept += (letters & letters_of(text_of(content))).total()


def letters_of(text: str) -> Counter[str]:
    return Counter(filter(str.isalnum, unicodedata.normalize("NFKC", text)))


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
    main()
