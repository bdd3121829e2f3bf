"""A parsed document page by page, as it is drawn: marks on the page, and rows beside it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from pagesight.document import (
    Caption,
    Cell,
    Element,
    Figure,
    FigurePart,
    HiddenText,
    Link,
    MentionPlace,
    Page,
    ParsedDocument,
    Place,
    Role,
    Span,
    Table,
    TextBlock,
)
from pagesight.geometry import BBox, union
from pagesight.inspection.reading import Inspected
from pagesight.references import reference_graph

KINDS = ("heading", "text", "list", "code", "formula", "note", "caption", "figure", "table")
"""Classes of elements, each with a colour of its own."""
EXTRAS = {
    "number": "order",
    "order": "order line",
    "part": "parts",
    "cell": "cells",
    "tie": "ties",
    "line": "lines",
    "link": "links",
    "mention": "mentions",
    "hidden": "hidden text",
    "dropped": "left out",
}
"""What is drawn besides the elements' boxes, and how it is called."""
OFF_AT_FIRST = frozenset({"order", "line"})
_KIND_OF_ROLE: dict[Role, str] = {
    "title": "heading",
    "heading": "heading",
    "paragraph": "text",
    "list": "list",
    "code": "code",
    "formula": "formula",
    "caption": "caption",
}
"""The rest are notes: what stands at the margins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A box on a page. `kind` is one of KINDS or a key of EXTRAS."""

    kind: str
    bbox: BBox
    row: str = ""
    """Id of the row that it belongs to."""
    number: str = ""
    """Drawn at its corner."""
    said: str = ""
    """What it is, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stroke:
    """A line on a page from (x0, y0) to (x1, y1), in points."""

    kind: str
    row: str
    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Mentioned:
    """What a text mentions."""

    key: str
    target: str
    """Id of the row, or page, that is meant; "" where it was not found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What is told of one element beside its page."""

    id: str
    number: int
    """1-based place in the reading order of its page."""
    kind: str
    role: str
    label: str = ""
    text: str = ""
    depth: int = 0
    """Headings above it."""
    path: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    caption: Caption | None = None
    image: str = ""
    """Key of its crop."""
    parts: tuple[FigurePart, ...] = ()
    grid: tuple[tuple[Cell | None, ...], ...] = ()
    header_rows: int = 0
    links: tuple[tuple[str, str], ...] = ()
    """(words, where they lead)."""
    mentions: tuple[Mentioned, ...] = ()
    """Each once."""


@dataclass(slots=True)
class Sheet:
    """One page."""

    page: Page
    cpu_seconds: float
    marks: list[Mark] = field(default_factory=list)
    strokes: list[Stroke] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    dropped: list[Row] = field(default_factory=list)
    """Elements of the page that assembly left out: running headers, decoration."""
    hidden: list[HiddenText] = field(default_factory=list)


def sheets(inspected: Inspected) -> list[Sheet]:
    """The pages in order."""
    made = {
        content.page.index: Sheet(page=content.page, cpu_seconds=seconds)
        for content, seconds in zip(inspected.contents, inspected.cpu_seconds, strict=True)
    }
    mentions = _mentions(inspected.parsed)
    for index, element in enumerate(inspected.parsed.elements):
        mentioned = tuple(dict.fromkeys(each for each, _ in mentions[index]))
        _add(made, element, f"e{index}", mentioned)
        for each, place in mentions[index]:
            _add_mention(made, f"e{index}", each, place)
    for sheet, content in zip(made.values(), inspected.contents, strict=True):
        for number, element in enumerate(_left_out(inspected.parsed, content.elements)):
            id = f"d{content.page.index}-{number}"
            sheet.dropped.append(_row(element, id, number + 1))
            sheet.marks.append(Mark(kind="dropped", bbox=element.bbox, row=id, said="left out"))
        sheet.hidden += content.hidden
        sheet.marks += (
            Mark(kind="hidden", bbox=hidden.bbox, said=f"{hidden.reason}: {hidden.text}")
            for hidden in content.hidden
        )
        sheet.strokes += _order(sheet)
    return list(made.values())


def grid(table: Table) -> tuple[tuple[Cell | None, ...], ...]:
    """The cells row by row, each in the first of its places; None for a place that no cell
    covers, so that the others stand in their columns."""
    covered = {
        (row, column)
        for cell in table.cells
        for row in range(cell.row, cell.row + cell.row_span)
        for column in range(cell.column, cell.column + cell.column_span)
    }
    height = max((row + 1 for row, _ in covered), default=0)
    width = max((column + 1 for _, column in covered), default=0)
    first = {(cell.row, cell.column): cell for cell in table.cells}
    return tuple(
        tuple(
            first.get((row, column))
            for column in range(width)
            if (row, column) in first or (row, column) not in covered
        )
        for row in range(height)
    )


def _mentions(parsed: ParsedDocument) -> Mapping[int, list[tuple[Mentioned, MentionPlace]]]:
    """Index of an element -> what its text mentions, and where in it."""
    found: dict[int, list[tuple[Mentioned, MentionPlace]]] = defaultdict(list)
    for reference in reference_graph(parsed):
        for place in reference.mentions:
            target = "" if place.target is None else _place_id(reference.defined[place.target])
            found[place.element].append((Mentioned(key=reference.key, target=target), place))
    return found


def _place_id(place: Place) -> str:
    return f"p{place.page + 1}" if place.element is None else f"e{place.element}"


def _add_mention(
    made: dict[int, Sheet], id: str, mentioned: Mentioned, place: MentionPlace
) -> None:
    said = mentioned.key if mentioned.target else f"{mentioned.key}: not found"
    for span in place.spans:
        if span.page in made:
            made[span.page].marks.append(Mark(kind="mention", bbox=span.bbox, row=id, said=said))


def _add(
    made: dict[int, Sheet], element: Element, id: str, mentioned: tuple[Mentioned, ...]
) -> None:
    home = made[element.page]
    row = replace(_row(element, id, len(home.rows) + 1), mentions=mentioned)
    home.rows.append(row)
    said = row.label or row.role
    number = str(row.number)
    home.marks.append(Mark(kind=row.kind, bbox=element.bbox, row=id, number=number, said=said))
    match element:
        case TextBlock():
            _add_lines(made, element, id)
        case Figure():
            home.marks += (
                Mark(kind="part", bbox=part.bbox, row=id, said=part.label) for part in element.parts
            )
        case Table():
            _add_cells(made, element, row)
    if not isinstance(element, TextBlock) and element.caption:
        _add_caption(made, element, element.caption, id)


def _add_lines(made: dict[int, Sheet], block: TextBlock, id: str) -> None:
    for span in block.spans:
        made[span.page].marks.append(Mark(kind="line", bbox=span.bbox, row=id))
    for link in block.links:
        said = f"leads to {_target(link)}"
        for span in block.spans:
            if span.start < link.end and span.end > link.start:
                bbox = _stretch(span, link)
                made[span.page].marks.append(Mark(kind="link", bbox=bbox, row=id, said=said))


def _add_cells(made: dict[int, Sheet], table: Table, row: Row) -> None:
    for cell in table.cells:
        if cell.bbox and cell.page in made:
            mark = Mark(kind="cell", bbox=cell.bbox, row=cell_id(row.id, cell), said=cell.text)
            made[cell.page].marks.append(mark)
    for part in table.continued:
        if part.page in made:
            said = f"{row.label or 'table'} goes on"
            made[part.page].marks.append(
                Mark(kind="table", bbox=part.bbox, row=row.id, number="…", said=said)
            )


def cell_id(row: str, cell: Cell) -> str:
    """What a cell's box and its place in the table beside the page have in common."""
    return f"{row}-{cell.row}-{cell.column}"


def _add_caption(
    made: dict[int, Sheet], element: Figure | Table, caption: Caption, id: str
) -> None:
    by_page: dict[int, list[BBox]] = defaultdict(list)
    for span in caption.spans:
        by_page[span.page].append(span.bbox)
    for page, boxes in by_page.items():
        if page not in made:
            continue
        box = union(boxes)
        said = f"caption of {caption.label or element.type}"
        made[page].marks.append(Mark(kind="caption", bbox=box, row=id, said=said))
        if page == element.page:
            made[page].strokes.append(_tie(box, element.bbox, id))


def _row(element: Element, id: str, number: int) -> Row:
    match element:
        case TextBlock():
            return Row(
                id=id,
                number=number,
                kind=_KIND_OF_ROLE.get(element.role, "note"),
                role=element.role,
                text=element.text,
                depth=len(element.heading_path),
                path=element.heading_path,
                notes=("belongs to no figure or table",) if element.role == "caption" else (),
                links=tuple(
                    (element.text[link.start : link.end], _target(link)) for link in element.links
                ),
            )
        case Figure():
            return Row(
                id=id,
                number=number,
                kind="figure",
                role="figure",
                label=element.caption.label if element.caption else "",
                text=element.text,
                path=element.heading_path,
                notes=tuple(_figure_notes(element)),
                caption=element.caption,
                image=element.image,
                parts=element.parts,
            )
        case Table():
            return Row(
                id=id,
                number=number,
                kind="table",
                role="table",
                label=element.caption.label if element.caption else "",
                text="" if element.cells else element.text,
                path=element.heading_path,
                notes=tuple(_table_notes(element)),
                caption=element.caption,
                image=element.image,
                grid=grid(element),
                header_rows=element.header_rows,
            )


def _figure_notes(figure: Figure) -> Iterator[str]:
    if figure.caption is None:
        yield "no caption"
    if figure.text_by_ocr:
        yield "words read by OCR"
    if not figure.text:
        yield "no words in it"


def _table_notes(table: Table) -> Iterator[str]:
    if table.caption is None:
        yield "no caption"
    if not table.cells:
        yield "cells could not be read"
    else:
        rows = table.rows
        yield f"{len(rows)} rows, {len(rows[0])} columns, {table.header_rows} of header"
    for part in table.continued:
        yield f"goes on on page {part.page + 1}"


def _target(link: Link) -> str:
    return link.uri or (f"page {link.page + 1}" if link.page is not None else "nowhere")


def _stretch(span: Span, link: Link) -> BBox:
    """About where the link's characters stand in the line, as if all were equally wide."""
    box, length = span.bbox, max(1, span.end - span.start)
    start = (max(link.start, span.start) - span.start) / length
    end = (min(link.end, span.end) - span.start) / length
    return BBox(box.x0 + start * box.width, box.y0, box.x0 + end * box.width, box.y1)


def _left_out(parsed: ParsedDocument, elements: Sequence[Element]) -> Iterator[Element]:
    """Elements of a page that are not in the document, and not part of something in it."""
    kept = {(each.type, each.page, each.bbox) for each in parsed.elements}
    captions: set[tuple[int, BBox]] = set()
    for each in parsed.elements:
        if isinstance(each, Table):
            kept |= {("table", part.page, part.bbox) for part in each.continued}
        if not isinstance(each, TextBlock) and each.caption:
            captions |= {(span.page, span.bbox) for span in each.caption.spans}
    for element in elements:
        if (element.type, element.page, element.bbox) in kept:
            continue
        spans = element.spans if isinstance(element, TextBlock) else ()
        if not spans or any((span.page, span.bbox) not in captions for span in spans):
            yield element


def _tie(caption: BBox, thing: BBox, row: str) -> Stroke:
    """The shortest line between two boxes."""
    x0, x1 = _nearest((caption.x0, caption.x1), (thing.x0, thing.x1))
    y0, y1 = _nearest((caption.y0, caption.y1), (thing.y0, thing.y1))
    return Stroke(kind="tie", row=row, x0=x0, y0=y0, x1=x1, y1=y1)


def _nearest(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    """A point of each of two intervals, as near to each other as can be."""
    start, end = max(one[0], other[0]), min(one[1], other[1])
    if start <= end:
        return (start + end) / 2, (start + end) / 2
    return (one[0], other[1]) if one[0] > other[1] else (one[1], other[0])


def _order(sheet: Sheet) -> Iterator[Stroke]:
    boxes = [mark for mark in sheet.marks if mark.number.isdigit()]
    for one, other in pairwise(boxes):
        yield Stroke(
            kind="order", row="", x0=one.bbox.x0, y0=one.bbox.y0, x1=other.bbox.x0, y1=other.bbox.y0
        )
