"""What a document consists of: pages and elements (from a parser), chunks (for retrieval)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from pagesight.geometry import BBox

Kind = Literal["text", "figure", "table"]
KINDS: tuple[Kind, ...] = ("text", "figure", "table")

Role = Literal[
    "title",
    "heading",
    "paragraph",
    "list",
    "code",
    "formula",
    "caption",
    "footnote",
    "header",
    "footer",
    "annotation",
]
"""What a block of text is; an annotation is what a reader wrote on the page."""

HiddenReason = Literal[
    "in the colour of its background",
    "covered or clipped away",
    "drawn invisibly",
    "too small to be read",
    "outside of the page",
    "in a hidden layer",
    "in a hidden annotation",
    "on a hidden slide or sheet",
    "marked as hidden",
    "invisible characters",
]
"""Why a text cannot be seen; it goes on "hidden text ..."."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page. `index` is 0-based; `label` is what is printed or declared ("3-17", "xii")."""

    index: int
    label: str
    width: float
    """Points, after rotation."""
    height: float
    """Points, after rotation."""
    ocr: bool = False
    """The text was read by OCR, because there was no usable text layer."""
    error: str = ""
    """Why the page could not be parsed; empty when it could."""

    @property
    def number(self) -> int:
        """1-based position in the file."""
        return self.index + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Characters [start, end) of a text stand at `bbox` on the page with 0-based index `page`."""

    start: int
    end: int
    page: int
    bbox: BBox

    def moved(self, offset: int) -> Span:
        """The span in a text that has `offset` more characters before it."""
        return replace(self, start=self.start + offset, end=self.end + offset)


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A place in a document: 0-based page index and box."""

    page: int
    bbox: BBox


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Characters [start, end) of a text lead to `uri`, or to the page with 0-based index `page`."""

    start: int
    end: int
    uri: str = ""
    page: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextBlock:
    """A paragraph, heading, list item ... in reading order. `spans` has one entry a line."""

    page: int
    bbox: BBox
    role: Role
    text: str
    spans: tuple[Span, ...]
    font_size: float = 0.0
    """Points; the largest in the block, 0 where it is unknown (OCR)."""
    heading_path: tuple[str, ...] = ()
    """Enclosing headings, outermost first; for a heading, those above it."""
    links: tuple[Link, ...] = ()
    """By where they start."""
    depth: int = 0
    """Of an item of a list: how many items it stands under."""
    type: Literal["text"] = "text"

    @property
    def is_marginal(self) -> bool:
        """It is a header or footer."""
        return self.role in ("header", "footer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """The caption of a figure or table; `label` is its key ("Figure 3-2"), "" if it has none."""

    label: str
    text: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FigurePart:
    """One of the pictures that a figure is made of, say "(b)"."""

    label: str
    """Its key ("Figure 3(b)")."""
    bbox: BBox
    """On the page of the figure, with the part's own words below or above it."""
    image: str
    """Key of its own crop in the crop store."""
    text: str = ""
    """Words inside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A picture, chart or drawing, raster or vector, as one rendered crop."""

    page: int
    bbox: BBox
    image: str
    """Key of the crop in the crop store."""
    caption: Caption | None = None
    text: str = ""
    """Words inside the figure: text layer, else OCR."""
    text_by_ocr: bool = False
    parts: tuple[FigurePart, ...] = ()
    """By label; empty where it has no parts that its caption or marks of their own tell apart."""
    heading_path: tuple[str, ...] = ()
    type: Literal["figure"] = "figure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell of a table: what stands in it, and where. It covers the rows [row, row + row_span) and
    the columns [column, column + column_span), counted from 0."""

    row: int
    column: int
    text: str
    row_span: int = 1
    column_span: int = 1
    page: int
    """0-based index: a table may go on over several pages."""
    bbox: BBox | None = None
    """None where only its text is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePart:
    """Where a table goes on: 0-based page index, box and crop."""

    page: int
    bbox: BBox
    image: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table: a crop, and its cells where they can be read."""

    page: int
    bbox: BBox
    image: str
    """Key of the crop in the crop store."""
    cells: tuple[Cell, ...] = ()
    """By row, then column, none twice; empty where cells could not be read. Places that no cell
    covers are empty."""
    header_rows: int = 1
    """How many of the first rows are column headers."""
    caption: Caption | None = None
    text: str = ""
    """The words in the region in reading order, for a table whose cells could not be read."""
    continued: tuple[TablePart, ...] = ()
    """Where it goes on, by page; the header that is repeated there is in no cell."""
    heading_path: tuple[str, ...] = ()
    type: Literal["table"] = "table"

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """The cells' texts row by row, all rows equally long. A cell that spans several places
        stands in the first of them; "" stands where there is no text."""
        height = max((cell.row + cell.row_span for cell in self.cells), default=0)
        width = max((cell.column + cell.column_span for cell in self.cells), default=0)
        rows = [[""] * width for _ in range(height)]
        for cell in self.cells:
            rows[cell.row][cell.column] = cell.text
        return tuple(tuple(row) for row in rows)


def plain_cells(
    rows: Sequence[Sequence[str]], page: int, boxes: Sequence[Sequence[BBox | None]] = ()
) -> tuple[Cell, ...]:
    """The cells of a table in which none spans several places; `boxes` are row by row as well."""
    return tuple(
        Cell(
            row=row,
            column=column,
            text=text,
            page=page,
            bbox=boxes[row][column] if boxes else None,
        )
        for row, texts in enumerate(rows)
        for column, text in enumerate(texts)
    )


Element = TextBlock | Figure | Table


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlineEntry:
    """One bookmark: `level` from 1, `page` 0-based."""

    level: int
    title: str
    page: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentProfile:
    """What is known of a file before its pages are parsed."""

    id: str
    """SHA-256 of the bytes, hexadecimal."""
    source: str
    """Absolute path or URL."""
    title: str
    """From the metadata; "" where there is none worth the name."""
    page_count: int
    outline: tuple[OutlineEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a thing is defined: 0-based page index and box."""

    page: int
    bbox: BBox
    element: int | None = None
    """Index in `ParsedDocument.elements`; that of the caption for a listing, whose box holds the
    code as well; None for a page, and for a heading that only the outline has: the box is then the
    page's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MentionPlace:
    """Where a text of an element mentions a thing: characters [start, end) of a text block's text,
    else of the text of `cell`, else of the caption's."""

    element: int
    """Index in `ParsedDocument.elements`."""
    cell: int | None = None
    """Index in `Table.cells`."""
    start: int
    end: int
    spans: tuple[Span, ...] = ()
    """One a line, its box cut as if all characters were equally wide; for a cell all of it."""
    target: int | None = None
    """Index of the place that is meant in `Reference.defined`; None where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A key ("Figure 7-2", "Section 5.1"), where it is defined and where it is mentioned."""

    key: str
    defined: tuple[Place, ...] = ()
    """In reading order. A part of a figure that has no place of its own has that of the whole, and
    a whole that of its parts; a chapter has that of the section with its number."""
    mentions: tuple[MentionPlace, ...] = ()
    """In reading order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkMention:
    """The text of a chunk names the thing with a key."""

    chunk_id: str
    key: str
    target: str = ""
    """Id of the chunk in which the thing that is meant begins; "" where the document has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkReferences:
    """The reference graph of a document, between its chunks."""

    defined: tuple[tuple[str, str], ...] = ()
    """(key, id of a chunk that is the thing or a piece of it), in reading order. All chunks of a
    section have its key, and all chunks with a numbered item that of a step. Pages are not told:
    chunks know theirs."""
    mentions: tuple[ChunkMention, ...] = ()
    """In reading order, one for each chunk and key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenText:
    """Text of a page that no reader of it can see, and that is therefore in none of its elements.

    Whoever wants to steer a program that reads the document writes it like that.
    """

    page: int
    bbox: BBox
    """Where it stands; the nearest place on the page for what is outside of it, the corner for what
    has no place."""
    text: str
    reason: HiddenReason


@dataclass(frozen=True, slots=True, kw_only=True)
class PageContent:
    """One parsed page with its elements in reading order."""

    page: Page
    elements: tuple[Element, ...]
    hidden: tuple[HiddenText, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedDocument:
    """A whole parsed document; `elements` are in reading order, headings resolved."""

    profile: DocumentProfile
    title: str
    pages: tuple[Page, ...]
    elements: tuple[Element, ...]
    hidden: tuple[HiddenText, ...] = ()
    """By page."""


def file_name(source: str) -> str:
    """The last part of a path or URL, whichever way its slashes lean."""
    return source.replace("\\", "/").rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What people say about a document beside its bytes; empty fields say nothing."""

    title: str = ""
    """In place of the title that the file declares or shows."""
    revision: str = ""
    language: str = ""
    """A code like "en"."""
    tags: tuple[str, ...] = ()
    supersedes: tuple[str, ...] = ()
    """Older documents that this one replaces: ids, paths, URLs or file names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenPart:
    """What is hidden on a page for one reason."""

    page_number: int
    reason: HiddenReason
    words: str
    """The first of them."""
    characters: int
    """Of all of them, blanks not counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What was found in a document and what is missing, for a reader to judge the parsing by."""

    characters: int = 0
    """Of all text that was read, blanks not counted."""
    unreadable: int = 0
    """Of these, characters that stand for no letter: U+FFFD, private use, control."""
    labels: str = ""
    """The printed page labels in runs: "i to xii, 1-1 to 1-20"; "" where they are the page
    numbers."""
    missing: tuple[str, ...] = ()
    """Keys that the text mentions, or that a sequence leaves out, and that were not found."""
    bare_captions: tuple[str, ...] = ()
    """Those of the missing keys that have a caption: beside it no figure or table was found."""
    page_errors: tuple[str, ...] = ()
    """A line for each page that could not be parsed or read."""
    hidden: tuple[HiddenPart, ...] = ()
    """Text that cannot be seen, by page; the characters above leave it out."""

    @property
    def unreadable_share(self) -> float:
        """0 to 1; 0 for a document without text."""
        return self.unreadable / self.characters if self.characters else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document as the library knows it."""

    id: str
    source: str
    title: str
    page_count: int
    figures: int = 0
    tables: int = 0
    chunks: int = 0
    ocr_pages: int = 0
    failed_pages: int = 0
    recipe: str = ""
    """What the chunks were made by: parser, its settings, chunk settings, title. The same bytes
    and the same recipe give the same chunks."""
    metadata: Metadata = field(default_factory=Metadata)
    audit: Audit = field(default_factory=Audit)

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return file_name(self.source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How much a library holds."""

    documents: int
    pages: int
    chunks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """The unit of retrieval. Vectors and scores are never fields of it."""

    id: str
    document_id: str
    kind: Kind
    text: str
    """What may be quoted: prose; caption and words of a figure; caption and Markdown of a table."""
    title: str
    """Title of the document: context for embedding and words, never quoted."""
    heading_path: tuple[str, ...]
    spans: tuple[Span, ...]
    """Where the characters of `text` stand, in the order of the text."""
    regions: tuple[Region, ...]
    """Where the chunk stands: for a figure or table its box first, then its caption's."""
    label: str = ""
    """"Figure 3-2", "Table 5-1", or ""."""
    image: str = ""
    """Key of the crop; "" for text."""
    html: str = ""
    """A table for people; "" for the other kinds."""

    @property
    def pages(self) -> tuple[int, ...]:
        """0-based indices of the pages that it stands on, ascending."""
        return tuple(sorted({region.page for region in self.regions}))

    @property
    def caption(self) -> str:
        """What its figure or table is said to be, "Figure 3-2" included; "" where it has no label.
        It is the first line of the text."""
        return self.text.partition("\n")[0] if self.label else ""

    @property
    def context(self) -> str:
        """Title and headings on one line, for embedding and words."""
        return " > ".join(part for part in (self.title, *self.heading_path) if part)

    def touched(self, start: int, end: int) -> tuple[Span, ...]:
        """The spans that overlap the characters [start, end) of `text`, in its order."""
        return tuple(span for span in self.spans if span.start < end and span.end > start)
