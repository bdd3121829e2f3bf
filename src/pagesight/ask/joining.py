"""Chunks that are shown together become one, and what does not fit is cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pagesight.budget import text_tokens
from pagesight.document import Chunk, Kind, Region, Span
from pagesight.sentences import first_words, sentence_ranges
from pagesight.tables import markdown_rule, with_rows_of


def joined(chunks: Sequence[Chunk], id: str) -> Chunk:
    """One chunk of several of the same kind and section, in their order, under one of their ids.

    Its text is theirs, joined by line breaks; of the parts of a table the caption and the header
    are kept once. Spans move with the text, regions follow each other without repeats.
    """
    text, html = "", chunks[0].html
    spans: list[Span] = []
    for number, chunk in enumerate(chunks):
        start = body_start(chunk) if number else 0
        offset = len(text) + 1 - start if text else -start
        text += ("\n" if text else "") + chunk.text[start:]
        spans += (span.moved(offset) for span in chunk.spans if span.start >= start)
        if number and html:
            html = with_rows_of(html, chunk.html)
    return replace(
        chunks[0],
        id=id,
        text=text,
        spans=tuple(spans),
        regions=tuple(dict.fromkeys(region for chunk in chunks for region in chunk.regions)),
        html=html,
    )


def body_start(chunk: Chunk) -> int:
    """Where the rows of a part of a table begin, after the caption and the header that every part
    repeats; 0 for other chunks."""
    if chunk.kind != "table":
        return 0
    start = position = 0
    for line in chunk.text.splitlines(keepends=True):
        position += len(line)
        if not line.startswith("|"):
            start = position
        elif line.rstrip() == markdown_rule(line.count("|") - 1):
            return position
    return start if start < len(chunk.text) else 0


def same_table(one: Chunk, other: Chunk) -> bool:
    """Whether two chunks are parts of one table, which was split by rows."""
    return one.kind == other.kind == "table" and _table(one) == _table(other)


def cut(text: str, kind: Kind, tokens: int) -> str:
    """The first whole sentences of a text, or rows of a table, that fit; "" where none does."""
    end = 0
    for _, stop in _line_ranges(text) if kind == "table" else sentence_ranges(text):
        if text_tokens(text[:stop]) > tokens:
            break
        end = stop
    return text[:end]


def cut_at_word(text: str, tokens: int) -> str:
    """The first words of a text that fit."""
    words = len(text.split())
    while words and text_tokens(first_words(text, words)) > tokens:
        words -= max(1, words // 8)
    return first_words(text, words) if words else ""


def reading_order(chunks: Sequence[Chunk]) -> list[Chunk]:
    """Chunks by page, and on a page column by column.

    A catalogue orders the chunks of a page from top to bottom, so that columns take turns. Here
    one comes before another where their widths overlap and it begins higher, and where it stands
    wholly to the left of the other and nothing between them in height reaches over both (T. M.
    Breuel, "High Performance Document Layout Analysis", 2003, section 4). Only the box in which a
    chunk begins counts; chunks without a place are left out.
    """
    pages: dict[int, list[Chunk]] = {}
    for chunk in chunks:
        if chunk.regions:
            pages.setdefault(chunk.regions[0].page, []).append(chunk)
    return [chunk for _, there in sorted(pages.items()) for chunk in _by_column(there)]


def _by_column(chunks: Sequence[Chunk]) -> Iterator[Chunk]:
    left = list(chunks)
    while left:
        first = next(
            (
                chunk
                for chunk in left
                if not any(
                    _precedes(other.regions[0], chunk.regions[0], chunks)
                    for other in left
                    if other is not chunk
                )
            ),
            left[0],
        )
        left.remove(first)
        yield first


def _precedes(one: Region, other: Region, around: Sequence[Chunk]) -> bool:
    if _overlap(one, other):
        return one.bbox.y0 < other.bbox.y0
    if one.bbox.x0 > other.bbox.x0:
        return False
    top, bottom = sorted((one.bbox.y0, other.bbox.y0))
    return not any(
        top < region.bbox.y0 < bottom and _overlap(region, one) and _overlap(region, other)
        for region in (chunk.regions[0] for chunk in around)
    )


def _overlap(one: Region, other: Region) -> bool:
    """Whether two boxes share a part of the page's width that is more than a touch."""
    shared = min(one.bbox.x1, other.bbox.x1) - max(one.bbox.x0, other.bbox.x0)
    return shared > 0.1 * min(one.bbox.width, other.bbox.width)


def _table(chunk: Chunk) -> tuple[str, str, str, tuple[Region, ...]]:
    return chunk.document_id, chunk.image, chunk.label, chunk.regions[:1]


def _line_ranges(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for line in text.split("\n"):
        yield start, start + len(line)
        start += len(line) + 1
