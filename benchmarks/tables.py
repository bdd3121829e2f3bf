"""Measures tables on labelled documents, beside what other parsers make of the same files.

    python benchmarks/tables.py [FOLDER] [--only pagesight,pymupdf4llm,...] [--docs eu-004,...] [-v]

FOLDER holds `pdfs/` and `tables.jsonl`, one true table a line, as in ../shared/data beside the
project: `doc`, `alt_annotation` (a second opinion: left out), `regions` with `page` (1-based),
`bbox` and `cells` (`row`, `col`, `rowspan`, `colspan`, `text`). What a table has on one page counts
as one table; a page without true tables counts as well, for the false ones on it.

* regions: precision, recall and F1 at IoU 0.5, one to one. Purity and completeness as in the ICDAR
  2013 table competition: tables found whose words are all of one true table, true tables whose
  words are all in one table found.
* cells: the competition's precision, recall and F1 of adjacency relations: pairs of a filled cell
  and the next filled cell to its right or below, by their texts without white space, over all
  tables, those missed and those that are none included.
* TEDS: 1 - tree edit distance / size of the larger tree (Zhong et al. 2020), tables as rows of
  cells with spans; the mean over all true tables, 0 for one that was not found. Header cells count
  as other cells do. A row is one row in the other tree, or none: an edit distance without that
  rule can be lower, so that the score is never above the original one. TEDS-S is the same without
  the texts.
"""

from __future__ import annotations

import argparse
import importlib
import json
import re
import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from itertools import pairwise, product
from pathlib import Path
from typing import Any, TypeVar

from rapidfuzz.distance import Levenshtein

from pagesight.adapters.pymupdf import PyMuPDFParser
from pagesight.adapters.pymupdf.engine import pymupdf
from pagesight.adapters.pytesseract import PytesseractReader, available
from pagesight.document import Table
from pagesight.geometry import BBox, union

DEFAULT = Path(__file__).resolve().parents[2] / "shared" / "data" / "tables_icdar2013"
LEAST_IOU = 0.5
T = TypeVar("T")
NO_LETTER = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Entry:
    """A cell: its first row and column, what it spans, and its text."""

    row: int
    column: int
    row_span: int
    column_span: int
    text: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A table on a page (1-based), in display points."""

    page: int
    bbox: BBox
    cells: tuple[Entry, ...]


@dataclass(slots=True)
class Score:
    """Sums over all documents."""

    true: int = 0
    found: int = 0
    matched: int = 0
    pure: int = 0
    complete: int = 0
    relations: Counter[str] = field(default_factory=Counter)
    teds: list[float] = field(default_factory=list)
    structure: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def __str__(self) -> str:
        relations = rates(self.relations["right"], self.relations["found"], self.relations["true"])
        teds = sum(self.teds) / max(len(self.teds), 1)
        structure = sum(self.structure) / max(len(self.structure), 1)
        return (
            f"regions {rates(self.matched, self.found, self.true)}"
            f" (pure {self.pure} of {self.found}, complete {self.complete} of {self.true})\n"
            f"  cells   {relations}\n"
            f"  TEDS    {teds:.3f}   TEDS-S {structure:.3f}   {self.seconds:.0f} CPU s"
        )


def rates(right: int, found: int, true: int) -> str:
    precision, recall = right / max(found, 1), right / max(true, 1)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    return f"precision {precision:.3f}, recall {recall:.3f}, F1 {f1:.3f}"


Reader = Callable[[Path, int], list[Sample]]
"""From a file and its number of pages to the tables on them."""


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    if not (options.folder / "tables.jsonl").exists():
        print(f"no labelled tables at {options.folder}: nothing to measure")
        return 0
    truth = true_tables(options.folder / "tables.jsonl")
    names = sorted(
        name for name in truth if not options.docs or Path(name).stem in options.docs.split(",")
    )
    for reader in options.only.split(","):
        try:
            score = measured(READERS[reader](), options.folder / "pdfs", names, truth, options.v)
        except ImportError:
            print(f"{reader}\n  not installed")
            continue
        print(f"{reader}\n  {score}", flush=True)
    return 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT)
    parser.add_argument("--only", default=",".join(READERS), help="parsers, with commas")
    parser.add_argument("--docs", default="", help="file names without .pdf, with commas")
    parser.add_argument("-v", action="store_true", help="a line for each true table")
    return parser.parse_args(arguments)


def true_tables(file: Path) -> dict[str, list[Sample]]:
    """By document, those without a table that is true not at all."""
    found: dict[str, list[Sample]] = {}
    for line in file.read_text().splitlines():
        table = json.loads(line)
        if table["alt_annotation"]:
            continue
        pages: dict[int, list[dict[str, Any]]] = {}
        for region in table["regions"]:
            pages.setdefault(region["page"], []).append(region)
        for page, regions in pages.items():
            cells = [
                Entry(cell["row"], cell["col"], cell["rowspan"], cell["colspan"], cell["text"])
                for region in regions
                for cell in region["cells"]
            ]
            box = union(BBox(*region["bbox"]) for region in regions)
            found.setdefault(table["doc"], []).append(Sample(page, box, _from_zero(cells)))
    return found


def measured(
    read: Reader, folder: Path, names: Sequence[str], truth: dict[str, list[Sample]], tell: bool
) -> Score:
    score = Score()
    for name in names:
        with pymupdf.open(folder / name) as document:
            words = {page.number + 1: _word_boxes(page) for page in document}
        started = time.process_time()
        found = read(folder / name, len(words))
        score.seconds += time.process_time() - started
        add_document(score, name, truth[name], found, words, tell)
    return score


def _word_boxes(page: Any) -> list[BBox]:
    return [
        BBox(*(pymupdf.Rect(word[:4]) * page.rotation_matrix)) for word in page.get_text("words")
    ]


def add_document(
    score: Score,
    name: str,
    true: Sequence[Sample],
    found: Sequence[Sample],
    words: dict[int, list[BBox]],
    tell: bool,
) -> None:
    pairs = matches(true, found)
    score.true += len(true)
    score.found += len(found)
    true, found = [_plain(each) for each in true], [_plain(each) for each in found]
    inside = [words_in(each, words[each.page]) for each in true]
    other = [words_in(each, words[each.page]) for each in found]
    score.matched += sum(found[j].bbox.iou(true[i].bbox) >= LEAST_IOU for i, j in pairs.items())
    score.pure += sum(any(mine <= each for each in inside) for mine in other if mine)
    score.complete += sum(any(each <= mine for mine in other) for each in inside)
    for i, each in enumerate(true):
        partner = found[pairs[i]].cells if i in pairs else ()
        wanted, got = relations_of(each.cells), relations_of(partner)
        score.relations["true"] += wanted.total()
        score.relations["right"] += (wanted & got).total()
        score.teds.append(teds(each.cells, partner) if partner else 0.0)
        score.structure.append(teds(_bare(each.cells), _bare(partner)) if partner else 0.0)
        if tell:
            iou = found[pairs[i]].bbox.iou(each.bbox) if i in pairs else 0.0
            share = (wanted & got).total() / max(wanted.total(), 1)
            print(
                f"    {name} page {each.page}: IoU {iou:.2f}, cells {share:.2f},"
                f" TEDS {score.teds[-1]:.2f} {tuple(map(round, _corners(each.bbox)))}"
            )
    score.relations["found"] += sum(relations_of(each.cells).total() for each in found)
    if tell:
        for j, each in enumerate(found):
            if j not in pairs.values():
                corners = tuple(map(round, _corners(each.bbox)))
                print(f"    {name} page {each.page}: false {corners}")


def _corners(box: BBox) -> tuple[float, float, float, float]:
    return box.x0, box.y0, box.x1, box.y1


def matches(true: Sequence[Sample], found: Sequence[Sample]) -> dict[int, int]:
    """True table -> the one found, best overlap first; any overlap at all counts for cells."""
    ranked = sorted(
        (
            (-each.bbox.iou(other.bbox), i, j)
            for (i, each), (j, other) in product(enumerate(true), enumerate(found))
            if each.page == other.page and each.bbox.intersection(other.bbox)
        )
    )
    pairs: dict[int, int] = {}
    for _, i, j in ranked:
        if i not in pairs and j not in pairs.values():
            pairs[i] = j
    return pairs


def words_in(sample: Sample, words: Sequence[BBox]) -> frozenset[tuple[int, int]]:
    """(page, number) of the words whose middle is in the table."""
    box = sample.bbox.grown(1)
    return frozenset(
        (sample.page, number)
        for number, word in enumerate(words)
        if box.x0 <= (word.x0 + word.x1) / 2 <= box.x1
        and box.y0 <= (word.y0 + word.y1) / 2 <= box.y1
    )


def normal(text: str) -> str:
    """As the competition compares: capitals, no white space, no special characters; signs alone
    stay."""
    upper = unicodedata.normalize("NFKC", text).upper()
    return NO_LETTER.sub("", upper) or "".join(upper.split())


def relations_of(cells: Sequence[Entry]) -> Counter[tuple[str, str, str]]:
    """From each filled cell to the next filled one on its right and below, over blank places."""
    places: dict[tuple[int, int], int] = {}
    texts = [normal(cell.text) for cell in cells]
    for number, cell in enumerate(cells):
        if texts[number]:
            for row in range(cell.row, cell.row + cell.row_span):
                for column in range(cell.column, cell.column + cell.column_span):
                    places[row, column] = number
    found = set[tuple[str, int, int]]()
    for direction, key in (("right", (0, 1)), ("below", (1, 0))):
        lines: dict[int, list[tuple[int, int]]] = {}
        for place, number in places.items():
            lines.setdefault(place[key[0]], []).append((place[key[1]], number))
        for line in lines.values():
            ordered = [number for _, number in sorted(line)]
            found |= {(direction, one, other) for one, other in pairwise(ordered) if one != other}
    return Counter((direction, texts[one], texts[other]) for direction, one, other in found)


Line = tuple[Entry, ...]
"""The cells that begin in one row; places that no cell covers are empty cells."""


def teds(true: Sequence[Entry], found: Sequence[Entry]) -> float:
    """0 to 1; see the head of this file."""
    one, other = tree(true), tree(found)
    distance = _distance(one, other, _weight, _row_distance)
    return max(0.0, 1.0 - distance / (1 + max(sum(map(_weight, one)), sum(map(_weight, other)))))


def tree(cells: Sequence[Entry]) -> list[Line]:
    """The rows of a table."""
    height = max((cell.row + cell.row_span for cell in cells), default=0)
    width = max((cell.column + cell.column_span for cell in cells), default=0)
    starts = {(cell.row, cell.column): cell for cell in cells}
    covered = {
        (row, column)
        for cell in cells
        for row in range(cell.row, cell.row + cell.row_span)
        for column in range(cell.column, cell.column + cell.column_span)
    }
    return [
        tuple(
            starts.get((row, column)) or Entry(row, column, 1, 1, "")
            for column in range(width)
            if (row, column) in starts or (row, column) not in covered
        )
        for row in range(height)
    ]


def _weight(line: Line) -> int:
    return 1 + len(line)


def _row_distance(one: Line, other: Line) -> float:
    return _distance(one, other, lambda _: 1, _cell_distance)


def _cell_distance(one: Entry, other: Entry) -> float:
    if (one.row_span, one.column_span) != (other.row_span, other.column_span):
        return 1.0
    return float(Levenshtein.normalized_distance(one.text, other.text))


def _distance(
    one: Sequence[T],
    other: Sequence[T],
    weight: Callable[[T], int],
    rename: Callable[[T, T], float],
) -> float:
    """The least cost of making one sequence the other: `weight` for what is left out or put in,
    `rename` for what stays in its order."""
    above = [0.0]
    for each in other:
        above.append(above[-1] + weight(each))
    for mine in one:
        line = [above[0] + weight(mine)]
        for column, each in enumerate(other):
            cheaper = min(above[column + 1] + weight(mine), line[column] + weight(each))
            line.append(
                min(cheaper, above[column] + rename(mine, each))
                if above[column] < cheaper
                else cheaper
            )
        above = line
    return above[-1]


def _plain(sample: Sample) -> Sample:
    """Texts on one line, with letters that are equal written equally."""
    texts = (" ".join(unicodedata.normalize("NFKC", cell.text).split()) for cell in sample.cells)
    cells = (replace(cell, text=text) for cell, text in zip(sample.cells, texts, strict=True))
    return replace(sample, cells=tuple(cells))


def _bare(cells: Sequence[Entry]) -> list[Entry]:
    return [replace(each, text="") for each in cells]


def _from_zero(cells: Sequence[Entry]) -> tuple[Entry, ...]:
    """The cells of one region counted from its own first row and column."""
    row, column = min(cell.row for cell in cells), min(cell.column for cell in cells)
    return tuple(replace(cell, row=cell.row - row, column=cell.column - column) for cell in cells)


class Crops:
    """Takes crops and keeps nothing."""

    def put(self, png: bytes) -> str:
        return f"{len(png)}.png"


def by_pagesight() -> Reader:
    parser = PyMuPDFParser(Crops(), PytesseractReader() if available() else None)

    def read(path: Path, pages: int) -> list[Sample]:
        return [
            Sample(content.page.number, element.bbox, entries_of(element))
            for content in parser.parse_pages(path, 0, pages)
            for element in content.elements
            if isinstance(element, Table)
        ]

    return read


def entries_of(table: Table) -> tuple[Entry, ...]:
    return tuple(
        Entry(cell.row, cell.column, cell.row_span, cell.column_span, cell.text)
        for cell in table.cells
    )


def by_pymupdf4llm() -> Reader:
    """Its tables as JSON, whose cells have no spans."""
    return _by_pymupdf4llm()


def by_pymupdf4llm_html() -> Reader:
    """Its tables as HTML, with spans."""
    return _by_pymupdf4llm(table_output="html")


def _by_pymupdf4llm(**options: str) -> Reader:
    convert = importlib.import_module("pymupdf4llm").to_json

    def read(path: Path, pages: int) -> list[Sample]:
        answer = json.loads(convert(str(path), show_progress=False, **options))
        return [
            Sample(page["page_number"], BBox(*bbox), cells)
            for page in answer["pages"]
            for box in page["boxes"]
            if box["boxclass"] == "table"
            for bbox, cells in _tables_of(box["table"])
        ]

    return read


def _tables_of(table: dict[str, Any]) -> Iterator[tuple[Sequence[float], tuple[Entry, ...]]]:
    for each in table.get("html_tables") or ():
        yield each["bbox"], entries_of_html(each["html"])
    if not table.get("html_tables"):
        yield (
            table["bbox"],
            tuple(
                Entry(row, column, 1, 1, text or "")
                for row, line in enumerate(table["extract"] or ())
                for column, text in enumerate(line)
            ),
        )


def by_unstructured() -> Reader:
    """Its strategy "fast", the one that needs no further models: it reads text, and has no tables
    unless the file says where they are."""
    partition = importlib.import_module("unstructured.partition.pdf").partition_pdf

    def read(path: Path, pages: int) -> list[Sample]:
        found = []
        for element in partition(str(path), strategy="fast"):
            said = element.metadata
            if element.category == "Table" and said.coordinates:
                xs, ys = zip(*said.coordinates.points, strict=True)
                cells = entries_of_html(said.text_as_html or "")
                box = BBox(min(xs), min(ys), max(xs), max(ys))
                found.append(Sample(said.page_number, box, cells))
        return found

    return read


def entries_of_html(source: str) -> tuple[Entry, ...]:
    """The cells of the first table."""
    parser = _Cells()
    parser.feed(source)
    return tuple(parser.found)


class _Cells(HTMLParser):
    """Lays cells into the next free place of their row."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Entry] = []
        self._taken = set[tuple[int, int]]()
        self._row = -1
        self._text: list[str] | None = None
        self._spans = (1, 1)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self._row += 1
        elif tag in ("td", "th"):
            said = dict(attrs)
            self._spans = int(said.get("rowspan") or 1), int(said.get("colspan") or 1)
            self._text = []
        elif tag == "br" and self._text is not None:
            self._text.append(" ")

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("td", "th") or self._text is None:
            return
        column = 0
        while (self._row, column) in self._taken:
            column += 1
        height, width = self._spans
        self._taken |= set(
            product(range(self._row, self._row + height), range(column, column + width))
        )
        self.found.append(Entry(self._row, column, height, width, "".join(self._text)))
        self._text = None


READERS: dict[str, Callable[[], Reader]] = {
    "pagesight": by_pagesight,
    "pymupdf4llm": by_pymupdf4llm,
    "pymupdf4llm-html": by_pymupdf4llm_html,
    "unstructured": by_unstructured,
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
