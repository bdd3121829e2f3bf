"""Tables as text: Markdown for models and quotes, HTML for people."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence

from pagesight.document import Cell, Table

Row = Sequence[str]
PlacedRow = Sequence[Cell | None]
"""The cell at each column, None where nothing stands."""

_HTML_START = "<table>"
_HTML_END = "</table>"


def markdown_row(row: Row) -> str:
    """One Markdown table row; pipes inside cells are escaped, line breaks become spaces."""
    return f"| {' | '.join(map(_markdown_cell, row))} |"


def cell_ranges(row: Row) -> Iterator[tuple[int, int]]:
    """Characters [start, end) of each cell in `markdown_row`, the blank before it included, so that
    an empty one has a place as well."""
    start = 1
    for cell in row:
        end = start + 1 + len(_markdown_cell(cell))
        yield start, end
        start = end + 2


def _markdown_cell(cell: str) -> str:
    return " ".join(cell.split()).replace("|", "\\|")


def markdown_rule(columns: int) -> str:
    """The line between header and body."""
    return f"|{' --- |' * columns}"


def row_cells(line: str) -> tuple[str, ...] | None:
    """The cells of a line written by `markdown_row`; None for other lines and for rules."""
    line = line.strip()
    if not (line.startswith("|") and line.endswith("|")) or len(line) < 2:
        return None
    cells = line[1:-1].replace("\\|", "\0").split("|")
    if all(set(cell.strip()) <= {"-"} and cell.strip() for cell in cells):
        return None
    return tuple(cell.strip().replace("\0", "|") for cell in cells)


def placed(table: Table) -> list[list[Cell | None]]:
    """The cells row by row, all rows equally long, as a reader without spans needs them: a head is
    told for each row and column that it covers, a label for each row, and what stands alone in a
    row in its first column. None where nothing stands."""
    height = max((cell.row + cell.row_span for cell in table.cells), default=0)
    width = max((cell.column + cell.column_span for cell in table.cells), default=0)
    rows: list[list[Cell | None]] = [[None] * width for _ in range(height)]
    for cell in table.cells:
        is_head = cell.row < table.header_rows
        for row in range(cell.row, cell.row + cell.row_span):
            for column in range(cell.column, cell.column + (cell.column_span if is_head else 1)):
                rows[row][column] = cell
    return [
        _group_first(row) if number >= table.header_rows else row for number, row in enumerate(rows)
    ]


def _group_first(row: list[Cell | None]) -> list[Cell | None]:
    filled = [cell for cell in row if cell and cell.text]
    if len(filled) == 1 and filled[0].column_span > 1:
        return [filled[0], *[None] * (len(row) - 1)]
    return row


def texts_of(row: PlacedRow) -> tuple[str, ...]:
    """The texts of a row of `placed`, "" where nothing stands."""
    return tuple(cell.text if cell else "" for cell in row)


def joined_head(rows: Sequence[Row]) -> tuple[str, ...]:
    """One text a column: those of all header rows, each once."""
    width = max(map(len, rows), default=0)
    columns = ([row[column] for row in rows if column < len(row)] for column in range(width))
    return tuple(" ".join(dict.fromkeys(filter(None, cells))) for cells in columns)


def to_html(table: Table, shown: Sequence[int]) -> str:
    """An HTML table of the rows with the numbers `shown`, ascending, with the spans that are left
    in them; every text is escaped."""
    lines = [_HTML_START]
    if table.caption:
        lines.append(f"<caption>{html.escape(table.caption.text)}</caption>")
    starts: dict[int, list[str]] = {number: [] for number in shown}
    for cell in sorted(table.cells, key=lambda cell: (cell.row, cell.column)):
        rows = [row for row in range(cell.row, cell.row + cell.row_span) if row in starts]
        if rows:
            starts[rows[0]].append(_html_cell(cell, len(rows), cell.row < table.header_rows))
    lines += (f"<tr>{''.join(cells)}</tr>" for cells in starts.values())
    lines.append(_HTML_END)
    return "\n".join(lines)


def _html_cell(cell: Cell, rows: int, is_head: bool) -> str:
    tag = "th" if is_head else "td"
    spans = f' rowspan="{rows}"' if rows > 1 else ""
    spans += f' colspan="{cell.column_span}"' if cell.column_span > 1 else ""
    return f"<{tag}{spans}>{html.escape(cell.text)}</{tag}>"


def with_rows_of(table: str, other: str) -> str:
    """A table written by `to_html` with the rows of another one that are no header below its
    own."""
    rows = [line for line in other.splitlines() if line.startswith("<tr><td")]
    return table.removesuffix(_HTML_END) + "\n".join((*rows, _HTML_END))
