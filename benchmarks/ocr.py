"""Measures what is read: checkable facts of pages, many of them scans.

    python benchmarks/ocr.py [FOLDER] [--baseline] [--set SECTION.KEY=VALUE]

FOLDER holds `pdfs/` and `facts.jsonl`, one fact a line: `doc`, `page` (1-based), `type`, and

- present, absent: `text` (with `case_sensitive`, `first_n`, `last_n` characters of the page);
- order: the text `before` stands before the text `after`;
- table: beside a `cell` stands `up`, `down`, `left`, `right`, over or left of it `top_heading`,
  `left_heading`;
- math: the formula in LaTeX. It holds where a formula of the page has the same characters in the
  same order, markup left out: nobody reads LaTeX from a page here.

Texts are normalised and compared as olmOCR-bench does, up to `max_diffs` characters. The default
is ../shared/data/ocr_facts beside the project; without it there is nothing to measure.
`--baseline` measures `pymupdf4llm.to_markdown` in the same run.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rapidfuzz import fuzz

from pagesight.adapters.pymupdf import PyMuPDFParser
from pagesight.adapters.pymupdf.engine import network, pymupdf
from pagesight.assembly import assemble
from pagesight.document import Element, Figure, Table, TextBlock
from pagesight.settings import load
from pagesight.tables import markdown_row, markdown_rule, row_cells
from pagesight.workers import reader_of

DEFAULT = Path(__file__).resolve().parents[2] / "shared" / "data" / "ocr_facts"
Fact = dict[str, Any]
Grid = list[tuple[str, ...]]
"""Rows of a table."""

LEAST_MATH = 0.9
"""Share of a formula's characters that have to stand in the text one after the other."""
_PLAIN = str.maketrans("‘’‚“”„＿–—‑‒−\u00b5", "'''\"\"\"_-----\u03bc")
_COMMANDS = {
    "int": "∫",
    "sum": "∑",
    "nabla": "∇",
    "partial": "∂",
    "in": "∈",
    "times": "×",
    "prime": "′",
    "pi": "π",
    "lambda": "λ",
    "zeta": "ζ",
    "psi": "ψ",
}
"""LaTeX commands that are characters; all others say how the formula looks."""


@dataclass(frozen=True, slots=True)
class PageText:
    """What was read of a page: its body as Markdown, and its tables."""

    markdown: str
    tables: list[Grid]


class Crops:
    """Takes crops and keeps nothing."""

    def put(self, png: bytes) -> str:
        return f"{len(png)}.png"


def main(arguments: Sequence[str]) -> int:
    command = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    command.add_argument("folder", nargs="?", type=Path, default=DEFAULT)
    command.add_argument("--baseline", action="store_true", help="pymupdf4llm as well")
    command.add_argument("--set", action="append", default=[], help="section.key=value")
    options = command.parse_args(arguments)
    if not (options.folder / "facts.jsonl").exists():
        print(f"no facts at {options.folder}: nothing to measure")
        return 0
    facts = [json.loads(line) for line in (options.folder / "facts.jsonl").open()]
    settings = load(overrides=options.set)
    parser = PyMuPDFParser(Crops(), reader_of(settings), ocr_dpi=settings.parse.ocr_dpi)
    readers: dict[str, Callable[[Path, int], PageText]] = {
        "pagesight": lambda path, page: running_text(parser, path, page),
    }
    if options.baseline:
        readers["pymupdf4llm"] = by_pymupdf4llm
    for name, read in readers.items():
        measure(name, read, options.folder / "pdfs", facts)
    return 0


def measure(
    name: str, read: Callable[[Path, int], PageText], folder: Path, facts: Sequence[Fact]
) -> None:
    """Prints which facts fail, and the share of each type that holds."""
    pages: dict[tuple[str, int], PageText] = {}
    started = time.perf_counter()
    for fact in facts:
        key = (fact["doc"], fact["page"])
        if key not in pages:
            pages[key] = read(folder / key[0], key[1])
    seconds = time.perf_counter() - started
    print(f"{name}: {len(pages)} pages in {seconds:.0f} s")
    held: Counter[str] = Counter()
    counts = Counter(fact["type"] for fact in facts)
    for fact in facts:
        holds = CHECKS[fact["type"]](fact, pages[fact["doc"], fact["page"]])
        held[fact["type"]] += holds
        if not holds:
            said = {key: fact[key] for key in ("text", "before", "cell", "math") if key in fact}
            print(f"  fails: {fact['doc']} {fact['type']} {said}")
    for kind, count in sorted(counts.items()):
        print(f"  {kind}: {held[kind]} of {count}")
    worded = counts.total() - counts["math"]
    share = (held.total() - held["math"]) / max(worded, 1)
    print(f"  all: {held.total() / counts.total():.3f}; without math: {share:.3f}")


def running_text(parser: PyMuPDFParser, path: Path, page: int) -> PageText:
    """A page as it is chunked: headers and footers have chunks of their own."""
    (content,) = parser.parse_pages(path, page - 1, page)
    return page_text(
        [
            element
            for element in assemble(parser.profile(path), [content]).elements
            if not (isinstance(element, TextBlock) and element.is_marginal)
        ]
    )


def page_text(elements: Sequence[Element]) -> PageText:
    tables = [[*element.rows] for element in elements if isinstance(element, Table)]
    return PageText("\n\n".join(map(markdown, elements)), [grid for grid in tables if grid])


def markdown(element: Element) -> str:
    """An element as it is published."""
    if isinstance(element, TextBlock):
        return element.text
    caption = element.caption.text if element.caption else ""
    if isinstance(element, Figure) or not element.rows:
        return f"{caption}\n{element.text}"
    rows = [markdown_row(row) for row in element.rows]
    rows.insert(1, markdown_rule(len(element.rows[0])))
    return "\n".join([caption, *rows])


def by_pymupdf4llm(path: Path, page: int) -> PageText:
    """What most would call."""
    network()
    import pymupdf4llm

    with pymupdf.open(path) as document:
        text = str(pymupdf4llm.to_markdown(document, pages=[page - 1]))
    return PageText(text, [*markdown_tables(text)])


def markdown_tables(text: str) -> Iterator[Grid]:
    """Runs of lines that are rows."""
    grid: Grid = []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            cells = row_cells(line)
            if cells:
                grid.append(cells)
        elif grid:
            yield grid
            grid = []


def plain(text: str) -> str:
    """As olmOCR-bench normalises."""
    text = re.sub(r"<br/?>", " ", text)
    text = re.sub(r"\*\*(.*?)\*\*|__(.*?)__", r"\1\2", text)
    text = re.sub(r"</?[bi]>", "", text)
    text = re.sub(r"(\*|_)(.*?)\1", r"\2", text)
    return unicodedata.normalize("NFC", re.sub(r"\s+", " ", text)).translate(_PLAIN)


def is_present(fact: Fact, page: PageText) -> bool:
    wanted, text = plain(fact["text"]), plain(page.markdown)
    if fact.get("case_sensitive") is False:
        wanted, text = wanted.lower(), text.lower()
    first, last = fact.get("first_n") or 0, fact.get("last_n") or 0
    if first or last:
        text = text[:first] + (text[-last:] if last else "")
    return _stands_in(wanted, text, fact.get("max_diffs") or 0)


def is_absent(fact: Fact, page: PageText) -> bool:
    return not is_present(fact, page)


def is_ordered(fact: Fact, page: PageText) -> bool:
    """The first place of one before the last place of the other."""
    text = plain(page.markdown)
    first, last = text.find(plain(fact["before"])), text.rfind(plain(fact["after"]))
    return 0 <= first < last


def is_in_table(fact: Fact, page: PageText) -> bool:
    return any(_holds(fact, grid, *place) for grid in page.tables for place in _places(grid))


def _places(grid: Grid) -> Iterator[tuple[int, int]]:
    return ((row, column) for row, cells in enumerate(grid) for column in range(len(cells)))


def _holds(fact: Fact, grid: Grid, row: int, column: int) -> bool:
    beside = {
        "up": [(row - 1, column)],
        "down": [(row + 1, column)],
        "left": [(row, column - 1)],
        "right": [(row, column + 1)],
        "top_heading": [(above, column) for above in range(row)],
        "left_heading": [(row, before) for before in range(column)],
    }
    diffs = fact.get("max_diffs") or 0
    return _alike(fact["cell"], grid[row][column], diffs) and all(
        any(_alike(fact[where], _cell(grid, *place), diffs) for place in places)
        for where, places in beside.items()
        if fact.get(where)
    )


def _cell(grid: Grid, row: int, column: int) -> str:
    """ "" outside of the table."""
    is_inside = 0 <= row < len(grid) and 0 <= column < len(grid[row])
    return grid[row][column] if is_inside else ""


def _alike(wanted: str, cell: str, diffs: int) -> bool:
    least = max(0.5, 1 - diffs / len(wanted))
    return fuzz.ratio(plain(wanted), plain(cell).strip()) / 100 >= least


def _stands_in(wanted: str, text: str, diffs: int) -> bool:
    if len(text) < len(wanted) - diffs:
        return False
    return fuzz.partial_ratio(wanted, text) / 100 >= 1 - diffs / len(wanted)


def is_formula(fact: Fact, page: PageText) -> bool:
    wanted = characters(re.sub(r"\\([A-Za-z]+)", lambda at: _COMMANDS.get(at[1], ""), fact["math"]))
    return fuzz.partial_ratio(wanted, characters(page.markdown)) / 100 >= LEAST_MATH


def characters(text: str) -> str:
    """Without what only says where the characters stand, the bars of fractions too."""
    folded = unicodedata.normalize("NFKC", text).translate(_PLAIN)
    return re.sub(r"[\s{}_^\\$*/]+", "", folded)


CHECKS: dict[str, Callable[[Fact, PageText], bool]] = {
    "present": is_present,
    "absent": is_absent,
    "order": is_ordered,
    "table": is_in_table,
    "math": is_formula,
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
