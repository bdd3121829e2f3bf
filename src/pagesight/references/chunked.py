"""The reference graph between the chunks of a document.

It is made from the chunks alone: a library holds these for ever, and what they were made of only
in a cache. Blocks are cut out of their texts again; what the layout knew of a block beyond that
(a formula, a list) is judged by how it reads.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from pagesight.document import (
    Caption,
    Cell,
    Chunk,
    ChunkMention,
    ChunkReferences,
    DocumentProfile,
    Element,
    Figure,
    Page,
    ParsedDocument,
    Role,
    Span,
    Table,
    TextBlock,
)
from pagesight.references.definitions import is_formula, is_heading, is_item, steps
from pagesight.references.graph import reference_graph
from pagesight.references.keys import HEADINGS, word_of

RULES_VERSION = 1
"""Raised with every change that makes other references of the same chunks: a library's next writer
then makes them anew."""

_SECTIONS = HEADINGS | {"Note", "Example", "Step"}
"""What has a heading, so that the text below it belongs to it."""


def chunk_references(chunks: Sequence[Chunk]) -> ChunkReferences:
    """The graph of a document with these chunks, given in reading order."""
    elements, owners = _elements(chunks)
    position = {chunk.id: number for number, chunk in enumerate(chunks)}
    defined: dict[tuple[str, str], None] = {}
    found: dict[tuple[str, str], tuple[int, int, ChunkMention]] = {}
    parsed = _parsed(chunks, elements)
    for key, place in steps(parsed):
        if place.element is not None:
            defined[key, owners[place.element]] = None
    for reference in reference_graph(parsed):
        places = [place.element for place in reference.defined]
        if word_of(reference.key) != "Page":
            for element in places:
                if element is not None:
                    for id in _whole(reference.key, element, elements, owners, chunks):
                        defined[reference.key, id] = None
        for mention in reference.mentions:
            target = None if mention.target is None else places[mention.target]
            id = owners[mention.element]
            goal = "" if target is None else owners[target]
            if goal != id:
                named = ChunkMention(chunk_id=id, key=reference.key, target=goal)
                found.setdefault((id, reference.key), (mention.element, mention.start, named))
    return ChunkReferences(
        defined=tuple(sorted(defined, key=lambda pair: (position[pair[1]], pair[0]))),
        mentions=tuple(each for *_, each in sorted(found.values(), key=lambda each: each[:2])),
    )


def _whole(
    key: str,
    element: int,
    elements: Sequence[Element],
    owners: Sequence[str],
    chunks: Sequence[Chunk],
) -> Iterator[str]:
    """The chunk in which a thing begins, and those below its heading."""
    yield owners[element]
    heading = elements[element]
    if word_of(key) in _SECTIONS and is_heading(heading):
        depth = len(heading.heading_path)
        for chunk in chunks:
            path = chunk.heading_path
            # A chunk of several sections has the path that they share, so that the heading may
            # stand deeper than its own chunk says.
            if path[:depth] == heading.heading_path and heading.text in path[depth:]:
                yield chunk.id


def _parsed(chunks: Sequence[Chunk], elements: Sequence[Element]) -> ParsedDocument:
    """Without labels of pages, which need no definition, and without an outline, whose headings are
    in the text or nowhere."""
    document_id = chunks[0].document_id if chunks else ""
    profile = DocumentProfile(id=document_id, source="", title="", page_count=0)
    pages: tuple[Page, ...] = ()
    return ParsedDocument(profile=profile, title="", pages=pages, elements=tuple(elements))


def _elements(chunks: Sequence[Chunk]) -> tuple[list[Element], list[str]]:
    """What the chunks were made of, and the id of the chunk of each."""
    titles = {title for chunk in chunks for title in chunk.heading_path}
    elements: list[Element] = []
    owners: list[str] = []
    captions: set[tuple[str, str]] = set()
    for chunk in chunks:
        if not chunk.regions:
            continue
        made: list[Element] = []
        if chunk.kind == "figure":
            made = [_figure(chunk)]
        elif chunk.kind == "table":
            # The rows of a long table repeat its caption: it begins where that stands first.
            caption = chunk.label, chunk.text.partition("\n")[0]
            made = [_table(chunk, begins=caption not in captions)]
            captions.add(caption)
        else:
            made += _blocks(chunk, titles)
        elements += made
        owners += [chunk.id] * len(made)
    return elements, owners


def _figure(chunk: Chunk) -> Figure:
    """With its caption; the words inside it mention nothing."""
    place = chunk.regions[0]
    inner = next((each.start for each in chunk.spans if each.bbox == place.bbox), None)
    return Figure(
        page=place.page,
        bbox=place.bbox,
        image=chunk.image,
        caption=_caption(chunk, chunk.text[:inner]),
        heading_path=chunk.heading_path,
    )


def _table(chunk: Chunk, *, begins: bool) -> Table:
    """With its caption, if it begins here, and a cell for each further line."""
    place = chunk.regions[0]
    first, *rest = chunk.text.split("\n")
    lines = rest if chunk.label else [first, *rest]
    return Table(
        page=place.page,
        bbox=place.bbox,
        image=chunk.image,
        caption=_caption(chunk, first) if chunk.label and begins else None,
        cells=tuple(
            Cell(row=row, column=0, text=line, page=place.page) for row, line in enumerate(lines)
        ),
        heading_path=chunk.heading_path,
    )


def _caption(chunk: Chunk, text: str) -> Caption | None:
    text = text.strip()
    return Caption(label=chunk.label, text=text, spans=()) if text or chunk.label else None


def _blocks(chunk: Chunk, titles: Collection[str]) -> Iterator[TextBlock]:
    """A block for each line of the chunk's text: between lines of the page stands no line break."""
    start = 0
    for line in chunk.text.split("\n"):
        spans = chunk.touched(start, start + len(line))
        if line.strip() and spans:
            role = _role(line, titles)
            yield TextBlock(
                page=spans[0].page,
                bbox=spans[0].bbox,
                role=role,
                text=line,
                spans=tuple(_cut(span, start, len(line)) for span in spans),
                heading_path=_above(line, chunk) if role == "heading" else chunk.heading_path,
            )
        start += len(line) + 1


def _role(line: str, titles: Collection[str]) -> Role:
    if line in titles:
        return "heading"
    if is_formula(line):
        return "formula"
    return "list" if is_item(line) else "paragraph"


def _above(title: str, chunk: Chunk) -> tuple[str, ...]:
    """The headings above one in its chunk."""
    path = chunk.heading_path
    return path[: path.index(title)] if title in path else path


def _cut(span: Span, start: int, length: int) -> Span:
    """A span of a chunk as one of the line that begins at `start`."""
    return Span(
        start=max(span.start - start, 0),
        end=min(span.end - start, length),
        page=span.page,
        bbox=span.bbox,
    )
