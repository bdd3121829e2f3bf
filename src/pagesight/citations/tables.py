"""Tables of a chunk, read back from Markdown: what each cell belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

from pagesight.citations.folding import fold
from pagesight.citations.words import number_label, quantity_key, read
from pagesight.quantities import Quantity, quantities
from pagesight.quantities.units import CURRENCIES, spelled
from pagesight.tables import joined_head, row_cells

_SCALE = re.compile(r"\b(thousand|million|billion)s?\b|(?<=\()\s*(?:in\s+)?[$€£]?\s*000s?\b", re.I)
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9}
_CURRENCY = re.compile(r"US\$|[$€£¥₹]|\b(?:USD|EUR|GBP|dollars?|euros?)\b", re.IGNORECASE)
BRACKET = re.compile(r"[\[(]\s*(?:in\s+)?([^\])\s]{1,12}(?: [^\])\s]{1,6})?)\s*[\])]")
_IN = re.compile(r"\bin\s+([^\s,;.()]{1,12})")
_AFTER = re.compile(r"[,/]\s*([^\s,;()]{1,8})$")

_RATE = re.compile(r"\bper\b|%|\bratio\b|\bmargin\b", re.IGNORECASE)
"""Rows that are not in the millions of their table."""


@dataclass(frozen=True, slots=True)
class Implied:
    """What a header, caption or unit column adds to bare numbers."""

    unit: str = ""
    scale: int = 1


@dataclass(frozen=True)
class Row:
    """A row at characters [start, end) of the chunk."""

    start: int
    end: int
    cells: tuple[str, ...]
    label: tuple[str, ...]
    """Its cells that name it: no quantities, or the first; empty where a cell does not.
    A first cell that is empty is the one above."""
    words: frozenset[str]
    """Of the label; a number in the first cell with the unit of its header ("8 m")."""


@dataclass(frozen=True)
class Grid:
    """A table: header rows joined, and rows."""

    start: int
    end: int
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    caption: str
    """The lines of the chunk that are no rows."""

    @cached_property
    def columns(self) -> tuple[frozenset[str], ...]:
        """Words of each column's header."""
        return tuple(label_keys(cell) for cell in self.header)

    @cached_property
    def implied(self) -> tuple[Implied, ...]:
        """What each column's header says of its numbers; scales stand in the caption too, or in
        the first head."""
        around = implied(self.caption)
        if around.scale == 1 and self.header:
            around = Implied(around.unit, implied(self.header[0]).scale)
        return tuple(_joined(implied(cell), around) for cell in self.header)

    @cached_property
    def numbered_names(self) -> tuple[tuple[str, tuple[Quantity, ...]], ...]:
        """Headers and first cells of words and numbers ("Tier 1"), folded, with the numbers."""
        names = {*self.header, *(row.label[0] for row in self.rows)}
        readings = ((fold(name).text.strip(), read(name)) for name in sorted(names))
        return tuple(
            (name, each.quantities) for name, each in readings if each.words and each.quantities
        )

    def quantities(self, row: Row, column: int) -> list[tuple[Quantity, Quantity | None]]:
        """The quantities of a cell as printed, and in the unit that header or row imply."""
        cell = row.cells[column]
        own = self.implied[column] if column < len(self.implied) else Implied()
        own = _joined(own, Implied(unit=_row_unit(row)))
        if not own.unit:
            own = _joined(own, implied(row.label[0]))
        if _RATE.search(row.label[0]):
            own = Implied(own.unit)
        return [(each, _with(each, own)) for each in read(cell).quantities]

    def has_unit(self, row: Row, column: int) -> bool:
        """Whether the numbers of a cell have a unit, printed or implied."""
        return any((full or raw).unit for raw, full in self.quantities(row, column))


def grids(text: str) -> list[Grid]:
    """The Markdown tables of a chunk's text, in order."""
    blocks: list[list[tuple[int, int]]] = [[]]
    caption = []
    at = 0
    for line in text.split("\n"):
        place = (at, at + len(line))
        at += len(line) + 1
        if _is_row(line):
            blocks[-1].append(place)
        else:
            caption.append(line)
            if blocks[-1]:
                blocks.append([])
    return [_grid(text, block, "\n".join(caption)) for block in blocks if block]


def header_rows(text: str) -> list[tuple[str, ...]]:
    """The cells of every header row of the tables in a text, and of several joined by column."""
    found: list[tuple[str, ...]] = []
    waiting: list[tuple[str, ...]] = []
    for line in text.splitlines():
        cells = row_cells(line)
        if cells is not None:
            waiting.append(cells)
        elif _is_row(line):
            found += [*waiting, joined_head(waiting)]
            waiting = []
        else:
            waiting = []
    return found


def label_keys(cell: str) -> frozenset[str]:
    """The words of a label; a bare number is one too ("bit 7", "2023")."""
    return read(cell).all


def implied(words: str) -> Implied:
    """The unit and scale that a header or caption gives: "Torque [Nm]", "(in millions)"."""
    match = _SCALE.search(words)
    scale = _SCALES.get(match[0].casefold().rstrip("s"), 10**3) if match else 1
    money = _CURRENCY.search(words)
    unit = spelled(money[0]) or spelled(money[0].casefold()) if money else ""
    for pattern in (BRACKET, _IN, _AFTER):
        if not unit and (found := pattern.search(words)):
            unit = _unit(found[1])
    if not unit and "%" in words:
        unit = "per_cent"
    return Implied(unit, scale)


def _unit(written: str) -> str:
    found = quantities(f"1 {written}")
    return found[0].unit if len(found) == 1 and found[0].end == len(written) + 2 else ""


def _joined(own: Implied, around: Implied) -> Implied:
    """A percentage or length is not in millions."""
    scaled = own.scale if own.scale > 1 else around.scale
    unit = own.unit or around.unit
    money = not own.unit or own.unit in CURRENCIES
    return Implied(unit, scaled if money else 1)


def _row_unit(row: Row) -> str:
    """The unit of a row that has a cell for it."""
    units = (spelled(cell) for cell in row.cells[1:] if cell and len(cell) < 8)
    return next((unit for unit in units if unit), "")


def _with(quantity: Quantity, own: Implied) -> Quantity | None:
    scaled = own.scale > 1 and quantity.unit in CURRENCIES
    if quantity.unit not in ("", own.unit) and not scaled:
        return None
    if not own.unit and own.scale == 1:
        return None
    scale = Decimal(own.scale)
    return replace(
        quantity,
        value=quantity.value * scale,
        resolution=quantity.resolution * scale,
        unit=quantity.unit or own.unit,
    )


def _is_row(line: str) -> bool:
    line = line.strip()
    return line.startswith("|") and line.endswith("|") and len(line) > 1


def _grid(text: str, block: Sequence[tuple[int, int]], caption: str) -> Grid:
    cells = [row_cells(text[start:end]) for start, end in block]
    ruled = next((number for number, row in enumerate(cells) if row is None), -1)
    heads = [row for row in cells[: max(ruled, 0)] if row is not None]
    body = [
        (place, row)
        for place, row in list(zip(block, cells, strict=True))[ruled + 1 :]
        if row is not None
    ]
    header = joined_head(heads)
    first = implied(header[0]) if header else Implied()
    rows = tuple(_rows(body, first, header[0] if header else ""))
    return Grid(block[0][0], block[-1][1], header, rows, caption)


def _rows(
    body: Sequence[tuple[tuple[int, int], tuple[str, ...]]], numbered: Implied, head: str
) -> Iterator[Row]:
    first = ""
    for (start, end), cells in body:
        first = cells[0] or first
        label = tuple(
            (cell or first) if number == 0 else "" if read(cell).quantities else cell
            for number, cell in enumerate(cells)
        )
        words = frozenset(key for cell in label for key in label_keys(cell))
        full = (_with(each, numbered) for each in read(label[0]).quantities)
        words |= {quantity_key(each) for each in full if each is not None}
        if label[0].isdigit():
            words |= {number_label(noun, label[0]) for noun in head.split()}
        yield Row(start, end, cells, label, words)
