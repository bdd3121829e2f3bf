"""Tables as text: Markdown for models and quotes, HTML for people."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence

Row = Sequence[str]

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


def to_html(rows: Sequence[Row], header_rows: int, caption: str = "") -> str:
    """A plain HTML table; every cell is escaped."""
    lines = ["<table>"]
    if caption:
        lines.append(f"<caption>{html.escape(caption)}</caption>")
    for number, row in enumerate(rows):
        tag = "th" if number < header_rows else "td"
        cells = "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row)
        lines.append(f"<tr>{cells}</tr>")
    lines.append(_HTML_END)
    return "\n".join(lines)


def with_rows_of(table: str, other: str) -> str:
    """A table written by `to_html` with the rows of another one that are no header below its
    own."""
    rows = [line for line in other.splitlines() if line.startswith("<tr><td>")]
    return table.removesuffix(_HTML_END) + "\n".join((*rows, _HTML_END))
