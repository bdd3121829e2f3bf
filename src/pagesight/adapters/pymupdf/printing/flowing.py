"""Documents without pages printed as a PDF, and what stands where on its pages."""

from __future__ import annotations

import io
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, assert_never

from pagesight.adapters.pymupdf.engine import pymupdf
from pagesight.adapters.pymupdf.printing.typesetting import (
    BODY_SIZE,
    HEADING_SIZES,
    STYLE,
    Set,
    archive_of,
    cell_id,
    piece_id,
    typeset,
)
from pagesight.adapters.pymupdf.text.characters import clean
from pagesight.document import (
    Caption,
    Element,
    Figure,
    HiddenText,
    Page,
    PageContent,
    Span,
    Table,
    TablePart,
    TextBlock,
)
from pagesight.errors import DocumentError
from pagesight.flow import Flow, Grid, Passage, Picture, Rendition, Section
from pagesight.geometry import BBox, union
from pagesight.references import names_table, parse_caption

_MARGIN = 42.0
"""Points around what is printed."""
_SHEET = pymupdf.paper_rect("a4")
_COLUMN = 72.0
"""Points that a column of a table gets before the page is made wider than A4."""
_WIDEST = 14_000.0
"""Points: a PDF page has 14,400 at most."""
_SHAPE = 0.7
"""Height of a page that is wider than A4, in widths."""
_PICTURE_SHARE = 0.8
"""Of the height of a page that a picture may take: its caption goes below it."""
MOST_PAGES = 3000
"""A flow that makes more is no document to be read, or is not laid out any further."""
_TEXT_FLAGS = 0
"""Ligatures are parted, as in the text that was printed."""

_Place = tuple[int, BBox]
"""0-based page index and box."""


@dataclass(slots=True)
class _Printed:
    """A section on its pages."""

    section: Section
    pieces: list[Set]
    first: int
    """0-based index of its first page."""
    sizes: list[tuple[float, float]] = field(default_factory=list)
    places: dict[str, _Place] = field(default_factory=dict)
    """Id of a piece or cell -> where it begins."""


def print_flow(flow: Flow, path: Path) -> Rendition:
    """Prints every section from a new page on, as wide as its tables need.

    Raises:
        DocumentError: there is nothing to print, or far too much; the message names `path`.
    """
    output = io.BytesIO()
    writer = pymupdf.DocumentWriter(output)
    printed: list[_Printed] = []
    pages = 0
    for section in flow.sections:
        done = _print_section(writer, section, pages)
        pages += len(done.sizes)
        if pages > MOST_PAGES:
            raise DocumentError(f"{path} makes more than {MOST_PAGES} pages: split it")
        printed.append(done)
    if not any(done.pieces or done.section.unseen for done in printed):
        raise DocumentError(f"{path} has nothing in it to read: leave it out")
    writer.close()
    with pymupdf.open("pdf", output.getvalue()) as document:
        lines = [_lines(page) for page in document]
        contents = [page for done in printed for page in _contents(done, lines)]
        document.set_metadata({"title": clean(" ".join(flow.title.split()))})
        document.set_toc(_outline(contents))
        document.subset_fonts()
        data = document.tobytes(garbage=3, deflate=True, no_new_id=True)
    return Rendition(pdf=data, contents=tuple(contents))


def _print_section(writer: Any, section: Section, first: int) -> _Printed:
    width = max([_SHEET.width, *(_width(each) for each in section.pieces)])
    while True:
        height = max(_SHEET.height, _SHAPE * width) if width > _SHEET.width else _SHEET.height
        area = pymupdf.Rect(_MARGIN, _MARGIN, width - _MARGIN, height - _MARGIN)
        pieces = list(typeset(section.pieces, area.width, _PICTURE_SHARE * area.height))
        needed = _needed(pieces, area)
        if needed <= width or width >= _WIDEST:
            break
        width = min(needed, _WIDEST)
    printed = _Printed(section, pieces, first)
    story = _story(pieces)
    more = True
    while more and first + len(printed.sizes) <= MOST_PAGES:
        page = first + len(printed.sizes)
        device = writer.begin_page(pymupdf.Rect(0, 0, width, height))
        more, _ = story.place(area)
        _note_places(story, page, printed.places)
        story.draw(device)
        writer.end_page()
        printed.sizes.append((float(width), float(height)))
    return printed


def _story(pieces: Sequence[Set]) -> Any:
    body = "".join(each.html for each in pieces)
    return pymupdf.Story(f"<body>{body}</body>", user_css=STYLE, archive=archive_of(pieces))


def _width(piece: object) -> float:
    """Points of a page on which the columns of a table are not too narrow to be read."""
    if not isinstance(piece, Grid):
        return 0.0
    columns = max((cell.column + cell.column_span for cell in piece.cells), default=0)
    return min(columns * _COLUMN + 2 * _MARGIN, _WIDEST)


def _needed(pieces: Sequence[Set], area: Any) -> float:
    """The width of a page over whose edge no table runs: words cannot be broken everywhere."""
    tables = [each for each in pieces if isinstance(each.piece, Grid)]
    if not tables:
        return 0.0
    places: dict[str, _Place] = {}
    story = _story(tables)
    story.place(pymupdf.Rect(area.x0, area.y0, area.x1, _WIDEST * 100))
    _note_places(story, 0, places)
    return max(bbox.x1 for _, bbox in places.values()) + _MARGIN


def _note_places(story: Any, page: int, places: dict[str, _Place]) -> None:
    def note(position: Any) -> None:
        if position.id and position.open_close & 1 and position.id not in places:
            places[position.id] = page, BBox(*(round(float(each), 2) for each in position.rect))

    story.element_positions(note)


_Line = tuple[int, BBox, str]
"""0-based page index, box and text."""


def _lines(page: Any) -> list[_Line]:
    found = []
    for block in page.get_text("dict", flags=_TEXT_FLAGS)["blocks"]:
        for line in block.get("lines", ()):
            text = "".join(span["text"] for span in line["spans"])
            if text.strip():
                bbox = BBox(*(round(float(each), 2) for each in line["bbox"]))
                found.append((page.number, bbox, text))
    return found


def _contents(printed: _Printed, lines: Sequence[Sequence[_Line]]) -> Iterator[PageContent]:
    elements: dict[int, list[Element]] = defaultdict(list)
    for element in _elements(printed, lines):
        elements[element.page].append(element)
    section = printed.section
    for number, (width, height) in enumerate(printed.sizes):
        index = printed.first + number
        label = section.label or str(index + 1)
        if section.label and number:
            label = f"{section.label} ({number + 1})"
        hidden = [
            HiddenText(page=index, bbox=BBox(0, 0, 0, 0), text=each.text, reason=each.reason)
            for each in section.unseen
            if not number
        ]
        yield PageContent(
            page=Page(index=index, label=label, width=width, height=height),
            elements=tuple(elements[index]),
            hidden=tuple(hidden),
        )


def _elements(printed: _Printed, lines: Sequence[Sequence[_Line]]) -> Iterator[Element]:
    blocks = _blocks(printed, lines)
    captions = _captions(printed.pieces)
    taken = set(captions.values())
    for number, each in enumerate(printed.pieces):
        place = printed.places.get(piece_id(number))
        if place is None:
            continue
        caption = _caption(blocks[captions[number]]) if number in captions else None
        match each.piece:
            case Passage():
                if number not in taken:
                    yield blocks[number]
            case Grid():
                yield _table(printed, number, each.piece, caption)
            case Picture():
                page, bbox = place
                box = BBox(bbox.x0, bbox.y0, bbox.x0 + each.size[0], bbox.y0 + each.size[1])
                text = clean(each.piece.text)
                yield Figure(page=page, bbox=box, image="", caption=caption, text=text)
            case _:
                assert_never(each.piece)


def _blocks(printed: _Printed, lines: Sequence[Sequence[_Line]]) -> Mapping[int, TextBlock]:
    """Number of a passage -> its block. A line belongs to the piece that began last before it."""
    starts = []
    for number in range(len(printed.pieces)):
        if piece_id(number) in printed.places:
            page, bbox = printed.places[piece_id(number)]
            starts.append(((page, bbox.y0), number))
    own: dict[int, list[_Line]] = defaultdict(list)
    for index in range(printed.first, printed.first + len(printed.sizes)):
        for line in lines[index]:
            middle = (line[1].y0 + line[1].y1) / 2
            at = bisect_right(starts, ((index, middle), len(printed.pieces))) - 1
            if at >= 0:
                own[starts[at][1]].append(line)
    return {
        number: _block(piece, own[number], printed.places[piece_id(number)])
        for _, number in starts
        if isinstance(piece := printed.pieces[number].piece, Passage)
    }


def _block(passage: Passage, lines: Sequence[_Line], place: _Place) -> TextBlock:
    spans = _spans(passage.text, lines)
    if not spans:
        spans = [Span(start=0, end=len(passage.text), page=place[0], bbox=place[1])]
    page = spans[0].page
    level = min(passage.level, len(HEADING_SIZES))
    return TextBlock(
        page=page,
        bbox=union(span.bbox for span in spans if span.page == page),
        role=passage.role,
        text=passage.text,
        spans=tuple(spans),
        font_size=HEADING_SIZES[level - 1] if level else BODY_SIZE,
        links=passage.links,
    )


def _spans(text: str, lines: Sequence[_Line]) -> list[Span]:
    """Where the text stands, line by line: characters that are no blanks are counted off, as
    blanks are lost at the ends of lines."""
    marks = [index for index, character in enumerate(text) if not character.isspace()]
    spans: list[Span] = []
    done = 0
    for page, bbox, line in lines:
        own = marks[done : done + sum(not each.isspace() for each in line)]
        if own:
            spans.append(Span(start=own[0], end=own[-1] + 1, page=page, bbox=bbox))
            done += len(own)
    if spans and done < len(marks):
        # The text layer has fewer characters than the text: an accent was joined to its letter.
        spans[-1] = replace(spans[-1], end=marks[-1] + 1)
    return spans


def _table(printed: _Printed, number: int, grid: Grid, caption: Caption | None) -> Table:
    cells = []
    pages: dict[int, list[BBox]] = defaultdict(list)
    page, bbox = printed.places[piece_id(number)]
    for index, cell in enumerate(grid.cells):
        place = printed.places.get(cell_id(number, index))
        if place is not None:
            page, bbox = place
            pages[page].append(bbox)
        cells.append(replace(cell, page=page, bbox=bbox if place else None))
    first, *further = sorted((page, union(boxes)) for page, boxes in pages.items()) or [
        (page, bbox)
    ]
    return Table(
        page=first[0],
        bbox=first[1],
        image="",
        cells=tuple(cells),
        header_rows=grid.header_rows,
        caption=caption,
        continued=tuple(TablePart(page=page, bbox=box, image="") for page, box in further),
    )


def _captions(pieces: Sequence[Set]) -> Mapping[int, int]:
    """Number of a picture or grid -> number of the passage beside it that is its caption."""
    found: dict[int, int] = {}
    for number, each in enumerate(pieces):
        is_grid = isinstance(each.piece, Grid)
        if isinstance(each.piece, Passage):
            continue
        for beside in (number - 1, number + 1) if is_grid else (number + 1, number - 1):
            if 0 <= beside < len(pieces) and beside not in found.values():
                label = _label(pieces[beside])
                if label and names_table(label) == is_grid:
                    found[number] = beside
                    break
    return found


def _label(each: Set) -> str:
    piece = each.piece
    if not isinstance(piece, Passage) or piece.level:
        return ""
    return parse_caption(piece.text, trusted=piece.role == "caption") or ""


def _caption(block: TextBlock) -> Caption:
    return Caption(
        label=parse_caption(block.text, trusted=True) or "", text=block.text, spans=block.spans
    )


def _outline(contents: Sequence[PageContent]) -> list[tuple[int, str, int]]:
    """Headings as bookmarks; a level is at most one deeper than the one before."""
    entries: list[tuple[int, str, int]] = []
    for block in (each for content in contents for each in content.elements):
        if isinstance(block, TextBlock) and block.role in ("title", "heading"):
            level = HEADING_SIZES.index(block.font_size) + 1
            deepest = entries[-1][0] + 1 if entries else 1
            title = " ".join(block.text.split())
            entries.append((min(level, deepest), title, block.page + 1))
    return entries
