"""Spreadsheets, a section a sheet. Excel files are read by openpyxl, by which unstructured reads
them: merged cells, number formats, pictures and what is hidden are lost on the way through it."""

from __future__ import annotations

import csv
import datetime
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import openpyxl

from pagesight.adapters.unstructured.decoding import decoded
from pagesight.adapters.unstructured.numerals import shown_date, shown_number
from pagesight.adapters.unstructured.tables import grid_of_rows
from pagesight.document import Cell
from pagesight.errors import DocumentError
from pagesight.flow import Flow, Grid, Passage, Picture, Piece, Section, Unseen

MOST_CELLS = 100_000
"""Of a file: twice as many take minutes to be laid out on pages that nobody reads."""
_SNIFFED = 8192
"""Characters from which the separator of a CSV file is told."""


def read_workbook(path: Path) -> Flow:
    """Hidden sheets, rows and columns are told as unseen; a formula stands for itself where no
    program has computed it.

    Raises:
        DocumentError: it has too many cells.
        Exception: whatever a damaged file makes the library raise.
    """
    values = openpyxl.load_workbook(path, data_only=True, keep_links=False)
    formulas = openpyxl.load_workbook(path, keep_links=False)
    sections = []
    count = 0
    for sheet in values.worksheets:
        cells = {
            (cell.row, cell.column): shown
            for row in sheet.iter_rows()
            for cell in row
            if (shown := _shown(cell) or _formula(formulas[sheet.title], cell))
        }
        count += len(cells)
        _check(path, count)
        sections.append(_sheet(sheet, cells))
    return Flow(title=values.properties.title or "", sections=tuple(sections))


def read_separated(path: Path) -> Flow:
    """A file of values separated by commas, semicolons or tabs.

    Raises:
        DocumentError: it has too many cells.
        csv.Error: it is no such file.
    """
    text = decoded(path.read_bytes())
    try:
        dialect: Any = csv.Sniffer().sniff(text[:_SNIFFED], delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel_tab if path.suffix.lower() == ".tsv" else csv.excel
    rows = [row for row in csv.reader(text.splitlines(keepends=True), dialect) if any(row)]
    _check(path, sum(map(len, rows)))
    return Flow(title="", sections=(Section(pieces=(grid_of_rows(rows),)),))


def _check(path: Path, cells: int) -> None:
    if cells > MOST_CELLS:
        raise DocumentError(
            f"{path} has more than {MOST_CELLS} cells: split it, or keep it in a database"
        )


def _sheet(sheet: Any, cells: Mapping[tuple[int, int], str]) -> Section:
    if sheet.sheet_state != "visible":
        words = "\n".join(cells.values())
        unseen = (Unseen(text=words, reason="on a hidden slide or sheet"),) if words else ()
        return Section(pieces=(), label=f"{sheet.title} (hidden)", unseen=unseen)
    columns = _hidden_columns(sheet)
    off = {
        (row, column)
        for row, column in cells
        if column in columns or sheet.row_dimensions[row].hidden
    }
    seen = {place: text for place, text in cells.items() if place not in off}
    words = "\n".join(text for place, text in cells.items() if place in off)
    unseen = (Unseen(text=words, reason="on a hidden slide or sheet"),) if words else ()
    pieces: list[Piece] = [_grid(sheet, seen)] if seen else []
    pieces += _pictures(sheet)
    if pieces:
        # Says what the table is about, and parts it from that of the sheet before.
        pieces.insert(0, Passage(text=sheet.title, role="heading", level=1))
    return Section(pieces=tuple(pieces), label=sheet.title, unseen=unseen)


def _hidden_columns(sheet: Any) -> frozenset[int]:
    return frozenset(
        column
        for each in sheet.column_dimensions.values()
        if each.hidden
        for column in range(each.min or 0, (each.max or -1) + 1)
    )


def _grid(sheet: Any, cells: Mapping[tuple[int, int], str]) -> Grid:
    """The cells with all empty rows and columns left out."""
    rows = {row: number for number, row in enumerate(sorted({row for row, _ in cells}))}
    columns = {each: number for number, each in enumerate(sorted({each for _, each in cells}))}
    spans = {(merged.min_row, merged.min_col): merged for merged in sheet.merged_cells.ranges}
    covered: set[tuple[int, int]] = set()
    placed = []
    for (row, column), text in sorted(cells.items()):
        merged = spans.get((row, column))
        own, across = [rows[row]], [columns[column]]
        if merged:
            own = [rows[each] for each in rows if row <= each <= merged.max_row]
            across = [columns[each] for each in columns if column <= each <= merged.max_col]
        covered |= {(down, beside) for down in own for beside in across}
        placed.append(
            Cell(
                row=rows[row],
                column=columns[column],
                text=text,
                row_span=len(own),
                column_span=len(across),
                page=0,
            )
        )
    empty = [
        Cell(row=row, column=column, text="", page=0)
        for row in rows.values()
        for column in columns.values()
        if (row, column) not in covered
    ]
    ordered = sorted([*placed, *empty], key=lambda cell: (cell.row, cell.column))
    return Grid(cells=tuple(ordered), header_rows=1 if len(rows) > 1 else 0)


def _pictures(sheet: Any) -> Iterator[Picture]:
    for image in sheet._images:
        yield Picture(data=image._data())


def _shown(cell: Any) -> str:
    """A value as Excel shows it."""
    value, code = cell.value, cell.number_format or "General"
    match value:
        case None:
            return ""
        case bool():
            return str(value).upper()
        case datetime.datetime() | datetime.date() | datetime.time():
            return shown_date(value, code)
        case int() | float():
            return shown_number(value, code)
    return str(value).strip()


def _formula(sheet: Any, cell: Any) -> str:
    formula = sheet.cell(cell.row, cell.column).value
    return formula if isinstance(formula, str) and formula.startswith("=") else ""
