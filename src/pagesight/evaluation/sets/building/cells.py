"""Questions about the cells of tables: row and column are asked for, the cell answers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pagesight.document import Chunk
from pagesight.evaluation.sets.building.candidate import (
    LABEL,
    Candidate,
    holds,
    of_document,
    quoted,
    same,
)
from pagesight.tables import row_cells

TAG = "table-cell"

_LONGEST_CELL = 8
"""Words of an answer: a longer cell is a sentence, of which people quote a part."""
_LONGEST_LABEL = 10
_LONGEST_HEADER = 6
_CONTEXT_WORDS = (2, 16)
"""Words of a caption or heading that names a table: fewer are vague, more are unreadable."""

_NOUNS = (
    "accuracy action address age amount angle area bit capacity category cause class "
    "clearance code color colour company compound connection content cost count country "
    "current date default delay density depth description diameter dimension displacement "
    "distance duration effect efficiency energy error factor flow force format frequency "
    "function gain height impedance interface interval jurisdiction length level limit load "
    "location mass material meaning message method mode model name number offset outlook "
    "output owner package parameter part percentage performance period pin position power "
    "pressure price purpose quantity range rank rate rating ratio reading reason register "
    "remedy resistance resolution role score section setting share signal size source speed "
    "state status strategy supplier symbol symptom temperature thickness thread time title "
    "tolerance torque type unit value venue version voltage volume weight width"
)
_NATURAL = re.compile(
    rf"(?:[^\W\d_][\w./-]* ){{0,4}}(?:{'|'.join(_NOUNS.split())})(?: \([^()]+\))?", re.I
)
"""A column that "What is the ... for" can be said of; others are quoted."""
_YEAR = re.compile(r"(?:FY\s?)?(?:19|20)\d\d")
_NUMBER = re.compile(r"[-+±<>≤≥~(]*[$€£]?[-+(]?\d[\d.,]*\)?%?[*∗†‡§]*")
_NOTE_MARKS = re.compile(r"\s*(?:[*∗†‡§]+|\(\d\))$")
_BULLET = re.compile(r"(?:[-–•*]|\(?\d{1,2}[.)])\s+")
_NOTED_NUMBER = re.compile(r"\d+[a-e]{1,4}")
"""A number with the letters of footnotes, raised in print: "53b"."""
_NOTHING = re.compile(r"n/?a|none|nil|yes|no|do|ditto|x|tbd", re.I)
_LOOSE_END = re.compile(r"(?:[,:;?(&/-]|\b(?:and|or|of|the|a|an|in|for|to|by|with|from|on))$", re.I)
_REPEATED = re.compile(r"\b(\w{3,})\b.*\b\1\b", re.I)
"""What the cells of several lines look like once they ran into each other."""
_WHOLE = re.compile(r"100(?:\.0+)?\s?%?")
_CONTENTS = re.compile(r"\bcontents\b|\blist of (?:figures|tables)\b", re.I)
_NAMELESS = re.compile(
    r"(?:part|item|page|form) \S{1,4}(?:$|\W{2})|continued\b|.*\bin (?:millions|thousands)\b", re.I
)
_LETTERED = re.compile(r"(?:table|exhibit) [a-z0-9.-]{1,4}\s?[:.]\s*", re.I)
_CONTINUED = re.compile(r"\W*\(?\bcont(?:inued|\.|'d)\)?\W*$", re.I)
_SYMBOLS = re.compile("[\U0001d400-\U0001d7ff✓✗✘]")
"""Formulas and ticks, whose text is in no order."""
_BAR = re.compile(r"[Il|!] ")
"""The line of a table that was read as a letter."""
_LINKS = frozenset(("to", "x", "×", "-", "–", "/", "±", "and", "or", "at", "of"))
"""Words by which two numbers are one answer."""
_MONTH = re.compile(r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)", re.I)


@dataclass(frozen=True, slots=True)
class _Row:
    chunk: Chunk
    start: int
    end: int
    cells: tuple[str, ...]

    @property
    def label(self) -> str:
        """The first cell, without bullet, count and note marks."""
        return _NOTE_MARKS.sub("", _BULLET.sub("", self.cells[0]))


@dataclass(frozen=True, slots=True)
class _Table:
    name: str
    captioned: bool
    """The name is that of its caption, else that of its section."""
    header: tuple[str, ...]
    rows: tuple[_Row, ...]


def candidates(chunks: Sequence[Chunk], document: str) -> Iterator[Candidate]:
    """A question for each cell that a row, a column and the table's name tell from all others.

    `chunks` are those of one document, in order; parts of a long table are read as one. A table
    with a short caption or none is named by the `document` too, if that is not "".
    """
    parts: dict[str, list[Chunk]] = {}
    for chunk in chunks:
        if chunk.kind == "table":
            parts.setdefault(chunk.image or chunk.id, []).append(chunk)
    for pieces in parts.values():
        table = _read(pieces)
        if table is not None and not _broken(table):
            yield from _questions(table, document)


def _read(pieces: Sequence[Chunk]) -> _Table | None:
    """None where the table has no name, or not exactly one header row."""
    name, captioned = _name(pieces[0])
    rows: list[_Row] = []
    header: tuple[str, ...] = ()
    for chunk in pieces:
        above, body = _lines(chunk)
        if len(above) != 1 or (header and above[0].cells != header):
            return None
        header = above[0].cells
        rows += body
    return _Table(name, captioned, header, tuple(rows)) if name and rows else None


def _lines(chunk: Chunk) -> tuple[list[_Row], list[_Row]]:
    """Header rows and body rows of a chunk; no header rows where no rule follows them."""
    header: list[_Row] = []
    body: list[_Row] = []
    start = 0
    for line in chunk.text.splitlines(keepends=True):
        cells = row_cells(line)
        if cells is not None:
            body.append(_Row(chunk, start, start + len(line.rstrip()), cells))
        elif line.startswith("|"):
            header, body = body, []
        start += len(line)
    return header, body


def _name(chunk: Chunk) -> tuple[str, bool]:
    """Words of the caption and True, else the nearest heading that says something and False."""
    first = chunk.text.split("\n", 1)[0]
    if not first.startswith("|"):
        words = first if not chunk.label else LABEL.sub("", first, count=1)
        words = _named(re.split(r"(?<=[a-z)])\.\s", words)[0])
        if words:
            return words, True
    return next((words for words in map(_named, reversed(chunk.heading_path)) if words), ""), False


def _named(words: str) -> str:
    """A caption or heading without "(continued)"; "" where it names nothing."""
    words = _CONTINUED.sub("", _LETTERED.sub("", words)).rstrip(" .:")
    fewest, most = _CONTEXT_WORDS
    wordy = sum(map(str.isalpha, words)) > 0.6 * len(words) and not _NAMELESS.match(words)
    return words if wordy and fewest <= len(words.split()) <= most else ""


def _broken(table: _Table) -> bool:
    """Contents, columns without names of their own, or columns that ran into each other."""
    columns = [same(cell) for cell in table.header[1:]]
    if not columns or not all(columns) or len(set(columns)) < len(columns):
        return True
    if any(len(row.cells) != len(table.header) for row in table.rows):
        return True
    shapes = {re.sub(r"\d+", "#", row.label) for row in table.rows if re.search(r"\d", row.label)}
    if re.sub(r"\d+", "#", table.header[0]) in shapes:
        return True
    guessed = len(columns) == 1 and not table.captioned and not _NATURAL.fullmatch(table.header[1])
    return guessed or bool(_CONTENTS.search(table.name)) or _swallowed(table)


def _swallowed(table: _Table) -> bool:
    """Whether the first column holds the values of the second: "Some college 69"."""
    labels = [row.cells[0] for row in table.rows if any(row.cells[1:])]
    ends = [found[1] for label in labels if (found := re.match(r"(.*\S) \d{2,}%?$", label))]
    return 2 * len(ends) > len(labels) and 2 * len(set(ends)) > len(ends)


def _questions(table: _Table, document: str) -> Iterator[Candidate]:
    labels = Counter(same(row.label) for row in table.rows)
    numeric = [_numeric(table, column) for column in range(1, len(table.header))]
    for number, row in enumerate(table.rows):
        if labels[same(row.label)] > 1 or not _names_row(row.label):
            continue
        below = table.rows[number + 1] if number + 1 < len(table.rows) else None
        if below is not None and _continues(below):
            continue
        cells = zip(table.header[1:], row.cells[1:], numeric, strict=True)
        for column, cell, number_wanted in cells:
            if not _names_column(column) or not _answers(cell):
                continue
            has_number = any(map(str.isdigit, cell))
            question = _question(table, row.label, column, document)
            headed = same(column) in map(same, row.cells)
            torn = not has_number and (number_wanted or not _NATURAL.fullmatch(column))
            if headed or torn or holds(question, cell):
                continue
            yield Candidate(
                question=question,
                answers=(_NOTE_MARKS.sub("", cell),),
                tag=TAG,
                chunk=row.chunk,
                start=row.start,
                end=row.end,
                preferred=has_number,
            )


def _numeric(table: _Table, column: int) -> bool:
    """Whether most cells of the column have digits: those without are then headings or torn."""
    cells = [row.cells[column] for row in table.rows if row.cells[column].strip(" -–—")]
    return 2 * sum(any(map(str.isdigit, cell)) for cell in cells) > len(cells)


def _continues(row: _Row) -> bool:
    """A row that begins without a name or in lower case goes on with the one above."""
    return not row.label or bool(re.match(r"[a-z]{2,}\b", row.label))


def _names_row(label: str) -> bool:
    letters = sum(map(str.isalpha, label))
    digits = sum(map(str.isdigit, label))
    return (
        letters + bool(digits) >= 2
        and letters * 2 >= digits
        and len(label.split()) <= _LONGEST_LABEL
        and not _LOOSE_END.search(label)
        and not _BAR.match(label)
        and not _SYMBOLS.search(label)
        and label[0] not in "/("
        and not re.match(r"[a-z]{2,}\b", label)
    )


def _names_column(header: str) -> bool:
    if _YEAR.fullmatch(header):
        return True
    return (
        re.search(r"[^\W\d_]{2}|[^\W\d_]\d|%", header) is not None
        and len(header.split()) <= _LONGEST_HEADER
        and header[-1] not in ",:;(&/-"
        and not _BAR.match(header)
        and not re.search(r"\d\s?%$", header)
    )


def _answers(cell: str) -> bool:
    words = cell.split()
    return (
        sum(map(str.isalnum, cell)) > 1
        and len(words) <= _LONGEST_CELL
        and not _WHOLE.fullmatch(cell)
        and not _REPEATED.search(cell)
        and not _NOTHING.fullmatch(cell.strip(" .-"))
        and not _NOTED_NUMBER.fullmatch(cell)
        and not _LOOSE_END.search(cell)
        and not _BAR.match(cell)
        and not _SYMBOLS.search(cell)
        and not _merged(words)
    )


def _merged(words: Sequence[str]) -> bool:
    """Whether the words of a cell are those of two: two numbers, or something after a mark."""
    numbers = [bool(_NUMBER.fullmatch(word.rstrip(","))) for word in words]
    marked = any(word[-1] in "*∗†‡" for word in words[:-1])
    side_by_side = any(one and two for one, two in pairwise(numbers))
    unlinked = len(words) > 1 and numbers[0] and numbers[-1] and not _LINKS.intersection(words)
    return marked or ((side_by_side or unlinked) and not _MONTH.search(" ".join(words)))


def _question(table: _Table, label: str, column: str, document: str) -> str:
    if table.captioned:
        place = table_at = f"the table {quoted(table.name)}{of_document(table.name, document)}"
    else:
        place = f"the section {quoted(table.name)}" + (f" of {document}" if document else "")
        table_at = f"the table in {place}"
    if _NATURAL.fullmatch(column):
        head = re.sub(r"\b[A-Z](?=[a-z])", lambda letter: letter[0].lower(), column)
        return f"What is the {head} given for {quoted(label)} in {place}?"
    return f"What does {table_at} list under {quoted(column)} for {quoted(label)}?"
