"""From elements to chunks: prose by heading and size, one chunk a figure and one for each of its
parts, tables by rows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from itertools import groupby

from pagesight.document import (
    Chunk,
    Element,
    Figure,
    FigurePart,
    HiddenText,
    Kind,
    ParsedDocument,
    Region,
    Span,
    Table,
    TextBlock,
)
from pagesight.geometry import union
from pagesight.sentences import first_words, sentence_ranges
from pagesight.settings import ChunkSettings
from pagesight.tables import (
    PlacedRow,
    Row,
    cell_ranges,
    markdown_row,
    markdown_rule,
    placed,
    texts_of,
    to_html,
)

CHUNKER_VERSION = 3
"""Raised with every change that makes other chunks of the same elements: documents are then
chunked anew by the next ingest."""


HIDDEN = "hidden text"
"""The heading of a chunk that is made of text that cannot be seen on the page."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """Consecutive characters of one block, with spans that count from the piece's start."""

    text: str
    spans: tuple[Span, ...]
    heading_path: tuple[str, ...]
    opens_section: bool

    @property
    def words(self) -> int:
        return len(self.text.split())


@dataclass(slots=True)
class _Draft:
    """A chunk in the making."""

    kind: Kind
    heading_path: tuple[str, ...]
    text: str = ""
    spans: list[Span] = field(default_factory=list)
    regions: list[Region] = field(default_factory=list)
    label: str = ""
    image: str = ""
    html: str = ""

    def append(self, text: str, spans: Sequence[Span], separator: str = "\n") -> None:
        """Adds text, moving its spans to where it lands."""
        if self.text and text:
            self.text += separator
        offset = len(self.text)
        self.text += text
        self.spans += (span.moved(offset) for span in spans)


def chunk_document(parsed: ParsedDocument, settings: ChunkSettings) -> list[Chunk]:
    """The chunks of a document in reading order; the same input gives the same ids.

    What stands in the margins of a page is kept apart from its text. Hidden text makes no chunk,
    unless the settings want it: then it follows what can be seen of its page, under a heading that
    says so.
    """
    drafts = [*_visual_drafts(parsed.elements, settings)]
    blocks = [element for element in parsed.elements if isinstance(element, TextBlock)]
    drafts += _text_drafts([block for block in blocks if not block.is_marginal], settings)
    marginal = [block for block in blocks if block.is_marginal]
    for _, margin in groupby(marginal, key=lambda block: block.page):
        drafts += _text_drafts([*margin], settings)
    drafts.sort(key=lambda draft: (draft.regions[0].page, draft.regions[0].bbox.y0, draft.kind))
    if settings.hidden_text:
        drafts += _hidden_drafts(parsed.hidden, settings)
        drafts.sort(key=lambda draft: draft.regions[0].page)
    return [_finished(parsed, draft, number) for number, draft in enumerate(drafts)]


def _finished(parsed: ParsedDocument, draft: _Draft, number: int) -> Chunk:
    identity = "\0".join(
        (
            parsed.profile.id,
            str(number),
            draft.kind,
            parsed.title,
            *draft.heading_path,
            draft.text,
            draft.image,
        )
    )
    return Chunk(
        id=blake2b(identity.encode(), digest_size=12).hexdigest(),
        document_id=parsed.profile.id,
        kind=draft.kind,
        text=draft.text,
        title=parsed.title,
        heading_path=draft.heading_path,
        spans=tuple(draft.spans),
        regions=tuple(draft.regions),
        label=draft.label,
        image=draft.image,
        html=draft.html,
    )


def _text_drafts(blocks: Sequence[TextBlock], settings: ChunkSettings) -> Iterator[_Draft]:
    """Fills chunks up to the target size; a new section or page ends one that is long enough."""
    pending: list[_Piece] = []
    for block in blocks:
        for piece in _pieces(block, settings.words):
            if pending and _must_end(pending, piece, settings):
                yield _text_draft(pending)
                pending = []
            pending.append(piece)
    if pending:
        yield _text_draft(pending)


def _hidden_drafts(hidden: Sequence[HiddenText], settings: ChunkSettings) -> Iterator[_Draft]:
    """Apart from other text and page by page."""
    for _, texts in groupby(hidden, key=lambda each: each.page):
        yield from _text_drafts([_hidden_block(each) for each in texts], settings)


def _hidden_block(hidden: HiddenText) -> TextBlock:
    span = Span(start=0, end=len(hidden.text), page=hidden.page, bbox=hidden.bbox)
    return TextBlock(
        page=hidden.page,
        bbox=hidden.bbox,
        role="paragraph",
        text=hidden.text,
        spans=(span,),
        heading_path=(HIDDEN,),
    )


def _must_end(pending: Sequence[_Piece], piece: _Piece, settings: ChunkSettings) -> bool:
    words = sum(each.words for each in pending)
    if words + piece.words > settings.words:
        return True
    turns = piece.spans[0].page != pending[-1].spans[-1].page
    if words < settings.least_words:
        return turns and piece.opens_section  # the next slide, however few its words
    return turns or piece.opens_section


def _text_draft(pieces: Sequence[_Piece]) -> _Draft:
    draft = _Draft("text", _common_path([piece.heading_path for piece in pieces]))
    for piece in pieces:
        draft.append(piece.text, piece.spans)
        for page in sorted({span.page for span in piece.spans}):
            boxes = (span.bbox for span in piece.spans if span.page == page)
            draft.regions.append(Region(page=page, bbox=union(boxes)))
    return draft


def _common_path(paths: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The path that most of the words would agree on: shared headings of all the pieces."""
    shared = paths[0]
    for path in paths[1:]:
        length = 0
        while length < min(len(shared), len(path)) and shared[length] == path[length]:
            length += 1
        shared = shared[:length]
    return shared


def _pieces(block: TextBlock, limit: int) -> Iterator[_Piece]:
    """The block whole, or cut between sentences where it is longer than `limit` words."""
    if not block.text.strip() or not block.spans:
        return
    opens = block.role in ("heading", "title")
    path = (*block.heading_path, block.text) if opens else block.heading_path
    if len(block.text.split()) <= limit:
        yield _Piece(block.text, block.spans, path, opens)
        return
    for start, end in _runs(block.text, limit):
        spans = tuple(
            Span(
                start=max(span.start, start) - start,
                end=min(span.end, end) - start,
                page=span.page,
                bbox=span.bbox,
            )
            for span in block.spans
            if span.start < end and span.end > start
        )
        if spans:
            yield _Piece(block.text[start:end], spans, path, opens)


def _runs(text: str, limit: int) -> Iterator[tuple[int, int]]:
    """Ranges of whole sentences with at most `limit` words (a longer sentence is cut at words)."""
    start = end = words = 0
    for left, right in _short_sentences(text, limit):
        size = len(text[left:right].split())
        if words and words + size > limit:
            yield start, end
            start, words = left, 0
        if not words:
            start = left
        end, words = right, words + size
    if words:
        yield start, end


def _short_sentences(text: str, limit: int) -> Iterator[tuple[int, int]]:
    for start, end in sentence_ranges(text):
        words = text[start:end].split(" ")
        if len(words) <= limit:
            yield start, end
            continue
        for first in range(0, len(words), limit):
            length = len(" ".join(words[first : first + limit]))
            yield start, start + length
            start += length + 1


def _visual_drafts(elements: Sequence[Element], settings: ChunkSettings) -> Iterator[_Draft]:
    for element in elements:
        if isinstance(element, Figure):
            yield _figure_draft(element, settings)
            yield from (_part_draft(element, part, settings) for part in element.parts)
        elif isinstance(element, Table):
            yield from _table_drafts(element, settings)


def _visual_draft(element: Figure | Table, kind: Kind) -> _Draft:
    draft = _Draft(kind, element.heading_path, image=element.image)
    draft.regions.append(Region(page=element.page, bbox=element.bbox))
    if element.caption:
        draft.label = element.caption.label
        draft.append(element.caption.text, element.caption.spans)
        for page in sorted({span.page for span in element.caption.spans}):
            boxes = (span.bbox for span in element.caption.spans if span.page == page)
            draft.regions.append(Region(page=page, bbox=union(boxes)))
    return draft


def _whole(element: Figure | Table, text: str) -> Span:
    return Span(start=0, end=len(text), page=element.page, bbox=element.bbox)


def _figure_draft(figure: Figure, settings: ChunkSettings) -> _Draft:
    draft = _visual_draft(figure, "figure")
    inner = first_words(figure.text.strip(), settings.figure_words)
    if inner:
        draft.append(inner, [_whole(figure, inner)])
    return draft


def _part_draft(figure: Figure, part: FigurePart, settings: ChunkSettings) -> _Draft:
    """The caption of the whole, which says what its parts are, and the part's own words."""
    own = replace(figure, bbox=part.bbox, image=part.image, text=part.text)
    draft = _figure_draft(own, settings)
    draft.label = part.label
    return draft


def _table_drafts(table: Table, settings: ChunkSettings) -> Iterator[_Draft]:
    """One chunk, or several of whole rows with caption and header repeated."""
    if not table.cells:
        draft = _visual_draft(table, "table")
        draft.append(table.text, [_whole(table, table.text)])
        yield draft
        return
    rows = placed(table)
    body = range(table.header_rows, len(rows))
    texts = [texts_of(row) for row in rows]
    for numbers in _row_groups(texts, body, settings.table_words) or [[]]:
        yield _rows_draft(table, rows, numbers)


def _row_groups(rows: Sequence[Row], body: Sequence[int], limit: int) -> list[list[int]]:
    groups: list[list[int]] = []
    words = 0
    for number in body:
        size = sum(len(cell.split()) for cell in rows[number])
        if not groups or words + size > limit:
            groups.append([])
            words = 0
        groups[-1].append(number)
        words += size
    return groups


def _rows_draft(table: Table, rows: Sequence[PlacedRow], numbers: Sequence[int]) -> _Draft:
    own = _on_its_parts(table, {cell.page for number in numbers for cell in rows[number] if cell})
    draft = _visual_draft(own, "table")
    draft.regions += (Region(page=part.page, bbox=part.bbox) for part in own.continued)
    shown = [*range(min(table.header_rows, len(rows))), *numbers]
    boxes = {table.page: table.bbox} | {part.page: part.bbox for part in table.continued}
    for position, number in enumerate(shown):
        texts = texts_of(rows[number])
        spans = [
            Span(start=start, end=end, page=cell.page, bbox=cell.bbox or boxes[cell.page])
            for cell, (start, end) in zip(rows[number], cell_ranges(texts), strict=True)
            if cell
        ]
        draft.append(markdown_row(texts), spans)
        if position == table.header_rows - 1:
            draft.append(markdown_rule(len(texts)), [])
    draft.html = to_html(table, shown)
    return draft


def _on_its_parts(table: Table, pages: Collection[int]) -> Table:
    """The table with those of its parts that stand on `pages`, the first of them as its place."""
    parts = [part for part in table.continued if part.page in pages]
    if table.page in pages or not parts:
        return replace(table, continued=tuple(parts))
    first, *rest = parts
    return replace(
        table, page=first.page, bbox=first.bbox, image=first.image, continued=tuple(rest)
    )
