"""Tables: rows under their header, and of long rows the columns that are asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from pagesight.extractive.quoting import Part, captioned, led, marked, sentences
from pagesight.extractive.wishes import Wish
from pagesight.quantities import quantities
from pagesight.quantities.units import spelled
from pagesight.references import parse_caption
from pagesight.results import Evidence
from pagesight.tables import joined_head, markdown_row, markdown_rule, row_cells
from pagesight.tokens import tokenize

MOST_CELLS = 8
"""A row of more is cut to the columns that are asked for. A shorter one is quoted whole: it is
word for word what the document says, and its other cells tell what the row is."""
_EXTREMES = 3
"""Rows shown where the most or least is asked for: the reader sees what it was compared with."""
_LEAST_VALUES = 3
"""Numbers of a column that make it one that can be ordered."""
_LEAD_WORDS = 30

_WORD = re.compile(r"[^\s\[\]()|,]+")
_TOTAL = re.compile(r"\b(?:total|sum|all|overall|average|mean)\b", re.IGNORECASE)
_UNIT = re.compile(r"\bunits?\b", re.IGNORECASE)
_SHORT = {"typic": "typ", "maximum": "max", "minimum": "min", "nomin": "nom", "paramet": "param"}
"""Stems of what headers abbreviate."""


@dataclass(frozen=True)
class Grid:
    """Implements Source for a table."""

    piece: Evidence

    @cached_property
    def parts(self) -> Sequence[Part]:
        """One for each row, with caption, header and the row of its group as context; one for
        each line of a table without cells; the caption where there is nothing else."""
        heading = " > ".join(self.piece.chunk.heading_path)
        if self._rows:
            return [
                Part(
                    text=markdown_row(cells),
                    context="\n".join((heading, self._caption, self._header_text, *above)),
                    units=self._units.union(map(spelled, cells)),
                    label=cells[0],
                )
                for cells, above in zip(self._rows, self._above, strict=True)
            ]
        return [
            Part(text=line, context=f"{heading}\n{self._caption}")
            for line in self._lines or [self._caption]
            if line
        ]

    def written(self, chosen: Sequence[int], wish: Wish) -> list[str]:
        """See the port: the caption as a lead-in, the header, and the rows in their order."""
        if not self._rows:
            texts = [self.parts[number].text for number in sorted(chosen)]
            return [*self._lead(texts), *(marked(text, self.piece.mark) for text in texts)]
        numbers = sorted({n for row in self._chosen(chosen, wish) for n in self._with_label(row)})
        columns = self._columns(numbers, wish)
        head = [self._header] if self._header else []
        lines = [markdown_row(_taken(cells, columns)) for cells in head]
        lines += [markdown_rule(len(columns))] if head else []
        for number in numbers:
            row = markdown_row(_taken(self._rows[number], columns))
            lines.append(marked(row, self.piece.mark))
        return [*self._lead([]), *lines]

    def _lead(self, quotes: Sequence[str]) -> list[str]:
        """The caption's first sentence, unless it is quoted itself or there is none."""
        first = next(sentences(captioned(self._caption)), "")
        if not first or self._caption in quotes:
            return []
        return [led(" ".join(first.split()[:_LEAD_WORDS]), self.piece.mark)]

    def _chosen(self, chosen: Sequence[int], wish: Wish) -> Sequence[int]:
        """The rows to show: those chosen, but for the most or least of something those that have
        it, unless some rows are named in the question ("the highest pressure of the pump")."""
        named = [cells for cells in self._rows if wish.words & _stems(cells[0])]
        if not wish.extreme or 0 < len(named) <= len(self._rows) // 2:
            return chosen
        return self._ordered(wish)[:_EXTREMES] or chosen

    def _ordered(self, wish: Wish) -> list[int]:
        """Rows by their number in the column that is asked for, the most wished first; none where
        no column is named, or has hardly a number, or several units."""
        column = next(iter(self._named_columns(wish)), 0)
        found = {
            number: amounts[0]
            for number, cells in enumerate(self._rows)
            if column
            and not _TOTAL.search(cells[0])
            and (amounts := quantities(" ".join(cells[column : column + 1])))
        }
        if len(found) < _LEAST_VALUES or len({amount.unit for amount in found.values()}) > 1:
            return []
        return sorted(found, key=lambda number: (-wish.extreme * found[number].value, number))

    def _with_label(self, row: int) -> Iterator[int]:
        """A row, and the one that has its label where its own first cell is empty."""
        first = row
        while first and not self._rows[first][0]:
            first -= 1
        if self._rows[first][0] and first != row:
            yield first
        yield row

    def _columns(self, rows: Sequence[int], wish: Wish) -> Sequence[int]:
        """All columns where the rows are short, or the question does not say which; else the
        label, units and what is asked for, with the columns without header that belong to it."""
        count = max(len(self._rows[row]) for row in rows)
        named = self._named_columns(wish) if count > MOST_CELLS else []
        for column in range(1, len(self._header)):
            if column - 1 in named and not self._header[column]:
                named.append(column)
        if any(not any(_taken(self._rows[row], named)) for row in rows):
            return range(count)
        units = [number for number, cell in enumerate(self._header) if _UNIT.search(cell)]
        return sorted({0, *units, *named})

    def _named_columns(self, wish: Wish) -> list[int]:
        """Columns, without the first, whose header has most of the question's words that not all
        headers share."""
        headers = [_stems(cell) for cell in self._header[1:]]
        shared = set[str]().union(*headers) and set.intersection(*headers)
        wanted = ({_SHORT.get(word, word) for word in wish.words} | wish.words) - shared
        met = [len(wanted & header) for header in headers]
        most = max(met, default=0)
        return [number for number, count in enumerate(met, 1) if most and count == most]

    @cached_property
    def _header(self) -> tuple[str, ...]:
        """One cell a column: the words of all header rows, without repeats."""
        return joined_head([cells for cells in map(row_cells, self._table[: self._rule]) if cells])

    @cached_property
    def _header_text(self) -> str:
        return markdown_row(self._header) if self._header else ""

    @cached_property
    def _units(self) -> frozenset[str]:
        """Units that the header names."""
        return frozenset(map(spelled, _WORD.findall(self._header_text)))

    @cached_property
    def _rows(self) -> Sequence[tuple[str, ...]]:
        return [cells for cells in map(row_cells, self._table[self._rule :]) if cells]

    @cached_property
    def _above(self) -> Sequence[tuple[str, ...]]:
        """For each row the label that it has from a row above, and the title of its group (a row
        with nothing but a label)."""
        group = label = ""
        above = []
        for cells in self._rows:
            if cells[0] and not any(cells[1:]):
                group = cells[0]
            above.append(tuple(filter(None, (group, "" if cells[0] else label))))
            label = cells[0] or label
        return above

    @cached_property
    def _rule(self) -> int:
        """How many of the table's lines stand above the body; 0 without a header."""
        rules = (n for n, line in enumerate(self._table) if row_cells(line) is None)
        return next(rules, 0)

    @cached_property
    def _table(self) -> Sequence[str]:
        return [line for line in self.piece.shown_text.splitlines() if line.startswith("|")]

    @cached_property
    def _caption(self) -> str:
        """The lines before the rows; of a table without cells the line that names it."""
        if self._table:
            return " ".join(self._others)
        named = self._others and parse_caption(self._others[0], trusted=True)
        return self._others[0] if named or len(self._others) == 1 else ""

    @cached_property
    def _lines(self) -> Sequence[str]:
        """The rows of a table without cells."""
        return self._others[bool(self._caption) :] if not self._table else ()

    @cached_property
    def _others(self) -> Sequence[str]:
        lines = map(str.strip, self.piece.shown_text.splitlines())
        return [line for line in lines if line and not line.startswith("|")]


def _taken(cells: Sequence[str], columns: Sequence[int]) -> list[str]:
    return [cells[number] for number in columns if number < len(cells)]


def _stems(cell: str) -> set[str]:
    words = tokenize(cell)
    return {_SHORT.get(word, word) for word in words} | set(words)
