"""Pieces of a flow as the HTML that MuPDF prints, each with an id by which it is found again."""

from __future__ import annotations

import html
import io
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from PIL import Image

from pagesight.adapters.pymupdf.engine import pymupdf
from pagesight.adapters.pymupdf.printing.text import printable
from pagesight.document import Cell
from pagesight.flow import Grid, Passage, Picture, Piece

BODY_SIZE = 11.0
"""Points."""
HEADING_SIZES = (20.0, 16.0, 14.0, 12.5, 12.0, 11.5)
"""Points, by level."""
_CELL_SIZE = 9.0
"""Points."""
STYLE = (
    f"body {{font-family: sans-serif; font-size: {BODY_SIZE}pt; margin: 0}}"
    "* {overflow-wrap: break-word}"
    "p, div {margin: 0 0 7pt 0}"
    ".list {margin-left: 16pt} .code {font-family: monospace; font-size: 9pt}"
    ".caption, .footnote, .header, .footer {font-size: 9pt}"
    f"table {{border-collapse: collapse; font-size: {_CELL_SIZE}pt; margin: 0 0 9pt 0}}"
    ".short {overflow-wrap: normal}"
    "td, th {border: 0.7pt solid #888; padding: 2pt; text-align: left}"
    + "".join(
        f"h{level} {{font-size: {size}pt; font-weight: bold; margin: 9pt 0 6pt 0}}"
        for level, size in enumerate(HEADING_SIZES, 1)
    )
)
_SHORT_CELL = 20
"""Characters of a cell that stays on one line: MuPDF makes columns a little too narrow."""
_POINTS_A_PIXEL = 0.75
"""The pixel of the web: 96 an inch."""
_LEAST_PIXELS = 8
"""Of a picture's longer side that shows something: smaller ones are spacers."""
_FORMATS = frozenset({"PNG", "JPEG", "BMP"})
"""That MuPDF prints as they are."""


@dataclass(frozen=True, slots=True)
class Set:
    """A piece as it is printed: `html`, with its picture in points (width, height) and as file."""

    piece: Piece
    html: str
    size: tuple[float, float] = (0.0, 0.0)
    image: bytes = b""


def piece_id(number: int) -> str:
    return f"e{number}"


def cell_id(number: int, cell: int) -> str:
    return f"e{number}c{cell}"


def typeset(pieces: Sequence[Piece], width: float, height: float) -> Iterator[Set]:
    """The pieces in order, numbered from 0; pictures fit into `width` x `height` points. What has
    nothing to print is left out; a picture that cannot be drawn becomes a sentence that says so."""
    number = 0
    for piece in pieces:
        if isinstance(piece, Picture):
            piece, drawn = _drawn(piece)
            if isinstance(piece, Picture):
                yield _picture(number, piece, drawn, width, height)
                number += 1
                continue
        if isinstance(piece, Passage) and piece.text.strip():
            yield _passage(number, piece)
            number += 1
        elif isinstance(piece, Grid) and any(cell.text for cell in piece.cells):
            yield Set(piece, _grid(number, piece))
            number += 1


def _passage(number: int, passage: Passage) -> Set:
    # Trailing blanks would have no place on the page.
    passage = replace(passage, text=passage.text.rstrip())
    tag = f"h{min(passage.level, len(HEADING_SIZES))}" if passage.level else "p"
    text = html.escape(printable(passage.text)).replace("\n", "<br/>")
    if passage.role == "code":
        text = text.replace("  ", "&#160; ")
    return Set(passage, f'<{tag} id="{piece_id(number)}" class="{passage.role}">{text}</{tag}>')


def _grid(number: int, grid: Grid) -> str:
    rows: dict[int, list[str]] = defaultdict(list)
    for index, cell in enumerate(grid.cells):
        rows[cell.row].append(_cell(cell_id(number, index), cell, cell.row < grid.header_rows))
    lines = "".join(f"<tr>{''.join(rows[row])}</tr>" for row in range(max(rows, default=-1) + 1))
    return f'<table id="{piece_id(number)}">{lines}</table>'


def _cell(id: str, cell: Cell, is_head: bool) -> str:
    tag = "th" if is_head else "td"
    spans = f' rowspan="{cell.row_span}"' if cell.row_span > 1 else ""
    spans += f' colspan="{cell.column_span}"' if cell.column_span > 1 else ""
    text = html.escape(printable(cell.text)).replace("\n", "<br/>")
    if len(cell.text) <= _SHORT_CELL:
        text = text.replace(" ", "&#160;")
        spans += ' class="short"'
    return f'<{tag} id="{id}"{spans}>{text or "&#160;"}</{tag}>'


def _picture(
    number: int, picture: Picture, image: tuple[bytes, int, int], width: float, height: float
) -> Set:
    data, wide, high = image
    scale = min(_POINTS_A_PIXEL, width / wide, height / high)
    size = (wide * scale, high * scale)
    style = f"width:{size[0]:.2f}pt;height:{size[1]:.2f}pt"
    line = f'<div id="{piece_id(number)}"><img src="{piece_id(number)}" style="{style}"/></div>'
    return Set(picture, line, size, data)


def _drawn(picture: Picture) -> tuple[Piece, tuple[bytes, int, int]]:
    """The picture as a file that can be printed, with its pixels; or what is said instead."""
    nothing = b"", 0, 0
    try:
        with Image.open(io.BytesIO(picture.data)) as image:
            if max(image.size) < _LEAST_PIXELS:
                return Passage(text=picture.text), nothing
            if image.format in _FORMATS:
                return picture, (picture.data, *image.size)
            plain = io.BytesIO()
            image.convert("RGBA").save(plain, "PNG")
            return picture, (plain.getvalue(), *image.size)
    except Exception:
        # Metafiles of Windows, damaged files, bombs: Pillow raises whatever it runs into.
        said = f": {picture.text}" if picture.text else ""
        return Passage(text=f"[A picture that cannot be drawn{said}]"), nothing


def archive_of(pieces: Sequence[Set]) -> object:
    """The pictures of the pieces under the names by which their HTML calls them."""
    archive = pymupdf.Archive()
    for number, each in enumerate(pieces):
        if each.image:
            archive.add(each.image, piece_id(number))
    return archive
