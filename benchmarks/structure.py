"""Measures reading order, headings and what runs along the margins, beside pymupdf4llm.

    python benchmarks/structure.py [FOLDER] [--pages N] [--seed N] [--show]

Four sets, each read by the parser and, in the same run, by `pymupdf4llm.to_markdown`:

- drawn: pages that are drawn here, so that their order, headings and margins are known;
- tagged: PDFs of FOLDER with a structure tree, which gives order and headings (the parser never
  reads that tree);
- outlined: manuals and papers of FOLDER with bookmarks, which give the headings and their levels
  (the parser is not given them);
- facts: what has to come before what, and what must not be told at all (FOLDER/ocr_facts).

FOLDER is ../shared/data beside the project by default; without it only the first set is measured.

Order: share of the neighbours among a page's blocks that are told in their order; a block that is
missing or torn apart is in no order. Headings: precision and recall of their words, and, of those
found, the share whose level is to that of the one found before as it should be (deeper, the same,
higher). Bookmarks name the headings down to a depth that their author chose, so that precision on
them is a lower bound; "of listed levels" leaves out headings that are deeper than all those of the
same pages that have a bookmark.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pymupdf4llm

from pagesight.adapters.pymupdf import PyMuPDFParser
from pagesight.adapters.pymupdf.engine import pymupdf
from pagesight.assembly import assemble
from pagesight.document import DocumentProfile, Element, Figure, Table, TextBlock

DEFAULT = Path(__file__).resolve().parents[2] / "shared" / "data"
FACTS = ("mathfuncs.pdf", "test-graphical-text.pdf", "discoverworld_crazy_table4.pdf")
"""Those with a text layer; reading the others is OCR's."""
KEY = 40
"""Letters and digits that a block is known by."""
RUN = 5
"""Pages in a row that are taken out of a document: running headers show in no fewer."""
_BARE = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Told:
    """What a program tells of some pages: all its text, and the headings with their levels."""

    text: str
    headings: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Truth:
    """What is known of some pages of a file."""

    path: Path
    pages: tuple[int, ...]
    blocks: tuple[tuple[str, ...], ...] = ()
    """Beginnings of blocks in reading order, a list for each piece whose order is known."""
    headings: tuple[tuple[int, str], ...] | None = None
    absent: tuple[str, ...] = ()


@dataclass(slots=True)
class Score:
    """Counts over all pages of a set."""

    pairs: int = 0
    pairs_right: int = 0
    true: int = 0
    found: int = 0
    listed: int = 0
    """Headings found that are no deeper than all those that are right on the same pages."""
    right: int = 0
    levels: int = 0
    levels_right: int = 0
    absent: int = 0
    absent_right: int = 0
    seconds: float = 0.0
    misses: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        parts = []
        if self.pairs:
            parts.append(f"order {self.pairs_right / self.pairs:.3f} of {self.pairs}")
        if self.true:
            precision, recall = self.right / max(self.found, 1), self.right / self.true
            listed = self.right / max(self.listed, 1)
            parts.append(
                f"headings precision {precision:.3f}, {listed:.3f} of listed levels, "
                f"recall {recall:.3f} of {self.true}"
            )
            parts.append(f"levels {self.levels_right / max(self.levels, 1):.3f} of {self.levels}")
        if self.absent:
            parts.append(f"left out {self.absent_right / self.absent:.3f} of {self.absent}")
        return ", ".join([*parts, f"{self.seconds:.0f} CPU s"])


class Crops:
    """Takes crops and keeps nothing."""

    def put(self, png: bytes) -> str:
        return f"{len(png)}.png"


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    with tempfile.TemporaryDirectory() as folder:
        sets = {"drawn": list(drawn(Path(folder), options.seed))}
        if options.folder.is_dir():
            sets["tagged"] = list(tagged(options.folder, options.pages, options.seed))
            sets["outlined"] = list(outlined(options.folder, options.pages, options.seed))
            sets["facts"] = list(facts(options.folder / "ocr_facts"))
        for name, truths in sets.items():
            if options.only and name not in options.only:
                continue
            for reader in (by_pagesight, by_pymupdf4llm):
                score = Score()
                for truth in truths:
                    started = time.process_time()
                    told = reader(truth)
                    score.seconds += time.process_time() - started
                    add(score, truth, told)
                print(f"{name}, {reader.__name__[3:]}: {score}", flush=True)
                for miss in score.misses if options.show else ():
                    print(f"  {miss}")
    return 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default=DEFAULT)
    parser.add_argument("--pages", type=int, default=10, help="of each document")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", action="append", help="drawn, tagged, outlined or facts")
    parser.add_argument("--show", action="store_true", help="what was missed")
    return parser.parse_args(arguments)


def by_pagesight(truth: Truth) -> Told:
    parser = PyMuPDFParser(Crops(), None)
    contents = [parser.parse_pages(truth.path, page, page + 1)[0] for page in truth.pages]
    profile = DocumentProfile(id="0", source=str(truth.path), title="", page_count=len(contents))
    elements = assemble(profile, contents).elements
    headings = tuple(
        (len(each.heading_path) + 1, each.text)
        for each in elements
        if isinstance(each, TextBlock) and each.role in ("title", "heading")
    )
    return Told("\n".join(text_of(each) for each in elements), headings)


def text_of(element: Element) -> str:
    match element:
        case TextBlock():
            return element.text
        case Figure():
            text = element.text
        case Table():
            text = "\n".join(" ".join(row) for row in element.rows) or element.text
    return f"{text}\n{element.caption.text}" if element.caption else text


def by_pymupdf4llm(truth: Truth) -> Told:
    with pymupdf.open(truth.path) as document:
        text = pymupdf4llm.to_markdown(
            document, pages=list(truth.pages), header=False, footer=False, use_ocr=False
        )
    headings = re.findall(r"^(#+) (.*)$", text, re.MULTILINE)
    return Told(text, tuple((len(marks), words) for marks, words in headings))


def add(score: Score, truth: Truth, told: Told) -> None:
    text = bare(told.text)
    for blocks in truth.blocks:
        places = _places(text, blocks)
        for (first, second), (before, after) in zip(
            pairwise(blocks), pairwise(places), strict=True
        ):
            score.pairs += 1
            right = -1 < before < after
            score.pairs_right += right
            if not right:
                where = f"{truth.path.name} {truth.pages}"
                score.misses.append(f"order {where}: {first[:50]!r} then {second[:50]!r}")
    if truth.headings is not None:
        _add_headings(score, truth, told)
    for words in truth.absent:
        score.absent += 1
        score.absent_right += bare(words) not in text
        if bare(words) in text:
            score.misses.append(f"told {truth.path.name} {truth.pages}: {words!r}")


def bare(text: str) -> str:
    """Letters and digits only: neither blanks nor markup decide."""
    return _BARE.sub("", re.sub(r"<[^>\n]{1,12}>|\[\^?(\d+)\]", r"\1", text)).lower()


def _places(text: str, blocks: Sequence[str]) -> list[int]:
    """Where each block begins; -1 where it is missing. Of blocks that begin alike, as
    "Responsibilities" does under each job, the second is looked for behind the first."""
    ends: dict[str, int] = {}
    places = []
    for block in blocks:
        key = bare(block)[:KEY]
        place = text.find(key, ends.get(key, 0))
        ends[key] = place + 1 if place >= 0 else len(text)
        places.append(place)
    return places


def _add_headings(score: Score, truth: Truth, told: Told) -> None:
    true = [(level, bare(words)) for level, words in truth.headings or ()]
    found = [(level, bare(words)) for level, words in told.headings]
    left = list(found)
    matched = []
    for level, words in true:
        partner = next((each for each in left if _same(each[1], words)), None)
        if partner is None:
            score.misses.append(f"heading {truth.path.name} {truth.pages}: {words}")
        else:
            left.remove(partner)
            matched.append((level, partner[0], words))
    for _, words in left:
        score.misses.append(f"no heading {truth.path.name} {truth.pages}: {words}")
    score.true += len(true)
    score.found += len(found)
    deepest = max((level for _, level, _ in matched), default=0)
    score.listed += sum(level <= deepest for level, _ in found)
    score.right += len(matched)
    nested = zip(
        _depths([each[0] for each in matched]),
        _depths([each[1] for each in matched]),
        [each[2] for each in matched],
        strict=True,
    )
    for (before, was, _), (after, now, words) in pairwise(nested):
        score.levels += 1
        right = _sign(after - before) == _sign(now - was)
        score.levels_right += right
        if not right:
            where = f"{truth.path.name} {truth.pages}"
            score.misses.append(
                f"level {where}: {was} then {now}, not {before} then {after}: {words}"
            )


def _depths(levels: Sequence[int]) -> list[int]:
    """How many of the headings before each are above it, and 1: what a run of pages lacks of the
    headings before it changes nothing."""
    above: list[int] = []
    depths = []
    for level in levels:
        above = [each for each in above if each < level]
        above.append(level)
        depths.append(len(above))
    return depths


def _same(found: str, true: str) -> bool:
    """Bookmarks leave out numbers, or have them where the page has none."""
    return bool(true) and (
        found == true
        or (len(true) > 3 and found.endswith(true) and len(found) - len(true) < 12)
        or (len(found) > 3 and true.endswith(found) and len(true) - len(found) < 12)
    )


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def tagged(folder: Path, most: int, seed: int) -> Iterator[Truth]:
    """Page by page; only pages whose tree has most of their words."""
    for path in sorted(folder.glob("*/pdfs/*.pdf")):
        if path.parts[-3] not in ("azure_contoso", "mmlongbench"):
            continue
        with pymupdf.open(path) as document:
            kind, _ = document.xref_get_key(document.pdf_catalog(), "StructTreeRoot")
            if kind != "xref":
                continue
            for index in _sample(document.page_count, most, f"{seed} {path.name}"):
                leaves = list(_leaves(_structure(document[index]), ""))
                words = sum(len(bare(text)) for _, text in leaves)
                if words > 0.8 * len(bare(document[index].get_text())) and len(leaves) > 2:
                    # A beginning of few letters may stand at several places.
                    blocks = [text for _, text in leaves if len(bare(text)) >= 12]
                    heads = tuple((int(tag[1]), text) for tag, text in leaves if tag[:1] == "H")
                    yield Truth(path, (index,), (tuple(blocks),), heads or None)


def _structure(page: Any) -> list[dict[str, Any]]:
    flags = pymupdf.TEXT_COLLECT_STRUCTURE | pymupdf.TEXT_PRESERVE_WHITESPACE
    blocks: list[dict[str, Any]] = page.get_text("dict", flags=flags)["blocks"]
    return blocks


def _leaves(blocks: Sequence[dict[str, Any]], tag: str) -> Iterator[tuple[str, str]]:
    """Paragraphs, headings and items in the tree's order: (tag, text)."""
    for block in sorted(blocks, key=lambda each: each.get("index", 0)):
        if block["std"] == "Figure" if block["type"] == 2 else tag == "Artifact":
            continue
        if block["type"] == 2:
            inner = list(_leaves(block["blocks"], str(block["std"])))
            if block["std"] in ("P", "LI", "H1", "H2", "H3", "H4", "H5", "H6"):
                inner = [(str(block["std"]), " ".join(text for _, text in inner))]
            yield from ((name, text) for name, text in inner if bare(text))
        elif block["type"] == 0:
            lines = ("".join(span["text"] for span in line["spans"]) for line in block["lines"])
            yield tag, " ".join(lines)


def outlined(folder: Path, most: int, seed: int) -> Iterator[Truth]:
    """Runs of pages with at least two bookmarks."""
    paths = [*sorted(folder.glob("manuals/*.pdf")), *sorted(folder.glob("irpapers/pdfs/*.pdf"))[:9]]
    for path in paths:
        with pymupdf.open(path) as document:
            entries = document.get_toc()
            for start in _sample(document.page_count // RUN, most // RUN, f"{seed} {path.name}"):
                pages = range(start * RUN, (start + 1) * RUN)
                heads = tuple((level, title) for level, title, page in entries if page - 1 in pages)
                if len(heads) > 1:
                    yield Truth(path, tuple(pages), headings=heads)


def _sample(count: int, most: int, seed: str) -> list[int]:
    return sorted(random.Random(seed).sample(range(count), min(most, count)))


def facts(folder: Path) -> Iterator[Truth]:
    if not (folder / "facts.jsonl").exists():
        return
    for line in (folder / "facts.jsonl").read_text().splitlines():
        fact = json.loads(line)
        path, pages = folder / "pdfs" / fact["doc"], (fact["page"] - 1,)
        if fact["doc"] not in FACTS:
            continue
        if fact["type"] == "order":
            yield Truth(path, pages, ((fact["before"], fact["after"]),))
        elif fact["type"] == "absent":
            yield Truth(path, pages, absent=(fact["text"],))


_VOCABULARY = (
    "valve pump pressure oil motor cover filter seal shaft bearing gauge circuit sensor housing "
    "flange nozzle tank return supply cooler heater relief control signal cable terminal "
    "voltage current load speed torque limit range value table service interval leak drain hose "
    "clamp bolt closes opens holds turns measures shows limits keeps carries feeds cools heats "
    "lifts drives"
)
_WORDS = _VOCABULARY.split()


@dataclass(slots=True)
class _Sheet:
    """A page in the making; `told` collects the beginnings of its blocks in reading order."""

    page: Any
    random: random.Random
    told: list[str] = field(default_factory=list)
    headings: list[tuple[int, str]] = field(default_factory=list)

    def sentence(self, words: int) -> str:
        chosen = [self.random.choice(_WORDS) for _ in range(words)]
        return " ".join(chosen).capitalize() + "."

    def prose(self, left: float, top: float, width: float, words: int, size: float = 10) -> float:
        """Writes a paragraph and returns where the next one begins."""
        text = " ".join(self.sentence(10) for _ in range(words // 10))
        return self.write(left, top, width, text, size)

    def head(self, left: float, top: float, text: str, level: int, width: float = 460) -> float:
        self.headings.append((level, text))
        size = {1: 18.0, 2: 14.0, 3: 12.0}[level]
        return self.write(left, top, width, text, size, font="hebo") + 2

    def write(
        self, left: float, top: float, width: float, text: str, size: float, font: str = "helv"
    ) -> float:
        self.told.append(text)
        box = pymupdf.Rect(left, top, left + width, 835)
        spare = self.page.insert_textbox(box, text, fontsize=size, fontname=font)
        return float(835 - spare + 6)


def drawn(folder: Path, seed: int) -> Iterator[Truth]:
    """One document for each kind of page, four pages each."""
    kinds = (
        _columns_1,
        _columns_2,
        _columns_3,
        _spanning_head,
        _side_bar,
        _footnotes,
        _items,
        _wide_mark,
    )
    for kind in kinds:
        document = pymupdf.open()
        chance = random.Random(f"{seed} {kind.__name__}")
        sheets = []
        for number in range(4):
            sheet = _Sheet(document.new_page(width=595, height=842), chance)
            sheet.page.insert_text((72, 40), "HYDRA P4 service manual", fontsize=9)
            sheet.page.insert_text((72, 815), f"Nordvik Hydraulics AB    {number + 7}", fontsize=9)
            kind(sheet, number)
            sheets.append(sheet)
        path = folder / f"{kind.__name__.strip('_')}.pdf"
        document.save(path)
        absent = ["HYDRA P4 service manual", "Nordvik Hydraulics AB"]
        absent += ["DRAFT NOT RELEASED"] if kind is _wide_mark else []
        yield Truth(
            path,
            tuple(range(4)),
            tuple(tuple(sheet.told) for sheet in sheets),
            tuple(each for sheet in sheets for each in sheet.headings),
            tuple(absent),
        )


def _columns_1(sheet: _Sheet, number: int) -> None:
    top = sheet.head(72, 70, f"{number + 1} Chapter on {_WORDS[number]}s", 1)
    for part in range(1, 3):
        top = sheet.head(72, top + 6, f"{number + 1}.{part} The {_WORDS[part + 7]} at rest", 2)
        top = sheet.prose(72, top, 450, 60)
        top = sheet.prose(72, top, 450, 40)


def _columns(sheet: _Sheet, number: int, count: int, top: float) -> None:
    width = (468 - 18 * (count - 1)) / count
    for column in range(count):
        left, here = 64 + column * (width + 18), top
        here = sheet.head(left, here, f"About {_WORDS[number * 3 + column]}s", 3, width)
        for _ in range(3):
            here = sheet.prose(left, here, width, 50, 9)


def _columns_2(sheet: _Sheet, number: int) -> None:
    _columns(sheet, number, 2, 70)


def _columns_3(sheet: _Sheet, number: int) -> None:
    _columns(sheet, number, 3, 70)


def _spanning_head(sheet: _Sheet, number: int) -> None:
    top = sheet.head(64, 70, f"Report on the {_WORDS[number]} of the plant", 1)
    top = sheet.prose(64, top, 468, 40)
    for column in range(2):
        sheet.prose(64 + column * 243, top, 225, 70, 9)
    top = sheet.head(64, 420, f"Results with the {_WORDS[number + 9]}", 1)
    for column in range(2):
        sheet.prose(64 + column * 243, top, 225, 70, 9)


def _side_bar(sheet: _Sheet, number: int) -> None:
    """The bar is read after the text that it stands beside."""
    top = sheet.head(72, 70, f"Care of the {_WORDS[number]}", 1, 300)
    for _ in range(4):
        top = sheet.prose(72, top, 300, 60)
    sheet.page.draw_rect(pymupdf.Rect(392, 90, 535, 400), color=None, fill=(0.9, 0.92, 0.96))
    sheet.head(400, 98, f"In short, {_WORDS[number + 4]}", 3, 128)
    sheet.prose(400, 125, 128, 50, 9)


def _footnotes(sheet: _Sheet, number: int) -> None:
    for column in range(2):
        top = 70.0
        for _ in range(3):
            top = sheet.prose(64 + column * 243, top, 225, 60, 9)
        sheet.page.draw_line((64 + column * 243, 735), (130 + column * 243, 735), width=0.5)
        note = f"{2 * number + column + 1} {sheet.sentence(14)}"
        sheet.write(64 + column * 243, 740, 225, note, 7)


def _items(sheet: _Sheet, number: int) -> None:
    top = sheet.head(72, 70, f"Before the {_WORDS[number]} is opened", 1)
    top = sheet.prose(72, top, 450, 30)
    for item in range(1, 5):
        top = sheet.write(90, top, 430, f"{item}. {sheet.sentence(16)}", 10) - 4
        for letter in "ab":
            top = sheet.write(110, top, 410, f"{letter}) {sheet.sentence(8)}", 10) - 4
    sheet.prose(72, top + 8, 450, 40)


def _wide_mark(sheet: _Sheet, number: int) -> None:
    top = sheet.head(72, 70, f"Release of the {_WORDS[number]}", 1)
    for _ in range(5):
        top = sheet.prose(72, top, 450, 60)
    middle = pymupdf.Point(110, 640)
    turn = pymupdf.Matrix(45)
    sheet.page.insert_text(
        middle, "DRAFT NOT RELEASED", fontsize=52, color=(0.85, 0.85, 0.85), morph=(middle, turn)
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
