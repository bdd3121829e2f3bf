"""Evidence: what is shown to the answerer, of what was found and of what stands around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pagesight.ask.joining import reading_order, same_table
from pagesight.ask.selection import Piece, Selection
from pagesight.document import Chunk
from pagesight.library import Library
from pagesight.references import names_figure, names_table
from pagesight.results import Brought, Evidence, Hit, How
from pagesight.settings import AskSettings

BROUGHT = 3
"""Figures, tables and passages that are brought along at most, because a hit refers to them or
they to it."""
CONTEXT = 2
"""Chunks before a hit, and after it, that are joined to it at most."""
REACH = 12
"""Places in a document within which the neighbours of a hit are looked for: two columns of text
with figures take turns there."""
LONG_REACH = 80
"""The same for the parts of a table that is longer; twice as many fit in no usual budget."""


class Assembler:
    """Turns hits into evidence.

    Hits are served first, best first; then what they refer to and what refers to them, then the
    rest of split tables, and what is left of the budget goes to the text around the hits.
    """

    def __init__(self, library: Library, settings: AskSettings) -> None:
        self._library = library
        self._settings = settings

    def assemble(self, hits: Sequence[Hit], marks: Mapping[str, int]) -> list[Evidence]:
        """What is shown, ordered by document (that of the best hit first), page and position.

        Marks count in that order from 1. Where `marks` (chunk id -> mark) says that a chunk was
        shown before, its piece keeps that mark, and new ones go on after the highest.
        """
        selection = Selection(self._settings.tokens)
        for hit in hits:
            selection.take_hit(hit.chunk, hit.rank)
        found = list(selection)
        bringing = self._bring(found, selection)
        self._complete(selection)
        self._surround(found, selection)
        return self._evidence(selection.pieces(), hits, marks, bringing)

    def _bring(self, found: Sequence[Chunk], selection: Selection) -> Mapping[str, _Bringing]:
        """Brings along the figures and tables that the hits name, and what names those found.
        Chunk id -> what brought it."""
        bringing: dict[str, _Bringing] = {}
        for chunk in found:
            related = [
                (other, _Bringing(how="mentioned by", label=other.label, chunk=chunk.id))
                for other in self._named(chunk, selection)
            ] + [
                (other, _Bringing(how="mentions", label=chunk.label, chunk=chunk.id))
                for other in self._naming(chunk, selection)
            ]
            for other, why in related:
                left = len(bringing) < BROUGHT
                if left and other not in selection and selection.take([other]):
                    bringing[other.id] = why
        return bringing

    def _named(self, chunk: Chunk, selection: Selection) -> Iterator[Chunk]:
        """What a chunk refers to and what is not shown."""
        shown = {each.label for each in selection if each.document_id == chunk.document_id}
        found = self._library.references.mentioned(chunk.id)
        wanted = {
            key: id
            for key, id in found
            if (names_figure(key) or names_table(key)) and key not in shown
        }
        yield from self._library.chunks(list(dict.fromkeys(wanted.values())))

    def _naming(self, chunk: Chunk, selection: Selection) -> Iterator[Chunk]:
        """The passage nearest to a figure or table that refers to it, unless one is shown."""
        if not chunk.label:
            return
        parts = self._parts(chunk) if chunk.kind == "table" else [chunk]
        ids = [id for part in parts for id in self._library.references.mentioning(part.id)]
        naming = [each for each in self._library.chunks(ids) if each.kind == "text"]
        if naming and not any(each in selection for each in naming):
            yield min(naming, key=lambda other: _distance(chunk, other))

    def _complete(self, selection: Selection) -> None:
        """Shows tables whole that were split by rows; the rows around a hit, where the whole does
        not fit."""
        for chunk in selection:
            if chunk.kind != "table" or not selection.whole(chunk):
                continue
            parts = self._parts(chunk)
            selection.link(parts)
            if not selection.take(parts):
                here = parts.index(chunk)
                for part in (*parts[here + 1 : here + 2], *parts[:here][-1:]):
                    selection.take([part])

    def _parts(self, table: Chunk) -> list[Chunk]:
        """All parts of the table of which a chunk is one, in order."""
        for reach in (REACH, LONG_REACH):
            near = list(self._library.neighbours(table.id, reach).values())
            parts = [chunk for chunk in near if same_table(chunk, table)]
            if not parts:  # its document has left the library since it was found
                return [table]
            if not {near[0].id, near[-1].id} & {part.id for part in parts}:
                break
        return parts

    def _surround(self, found: Sequence[Chunk], selection: Selection) -> None:
        """Joins the text around the hits to them: first what is next to each, best first."""
        lines = [
            self._line(chunk) for chunk in found if chunk.kind == "text" and selection.whole(chunk)
        ]
        for line in lines:
            selection.link(line.chunks)
        for distance in range(1, CONTEXT + 1):
            for line in lines:
                for step in (1, -1):
                    chunk = line.at(step * distance)
                    before = line.at(step * (distance - 1))
                    if chunk and before and selection.whole(before):
                        selection.take([chunk])

    def _line(self, hit: Chunk) -> _Line:
        """The text of the hit's section around it, in reading order."""
        near = self._library.neighbours(hit.id, REACH).values()
        texts = reading_order([chunk for chunk in near if chunk.kind == "text"])
        here = next((place for place, chunk in enumerate(texts) if chunk.id == hit.id), None)
        if here is None:
            return _Line(chunks=(hit,), here=0)
        first = last = here
        while first and texts[first - 1].heading_path == hit.heading_path:
            first -= 1
        while last + 1 < len(texts) and texts[last + 1].heading_path == hit.heading_path:
            last += 1
        return _Line(chunks=tuple(texts[first : last + 1]), here=here - first)

    def _evidence(
        self,
        pieces: Sequence[Piece],
        hits: Sequence[Hit],
        marks: Mapping[str, int],
        bringing: Mapping[str, _Bringing],
    ) -> list[Evidence]:
        best = {hit.document.id: hit for hit in reversed(hits)}
        order = {id: number for number, id in enumerate(dict.fromkeys(h.document.id for h in hits))}
        ordered = sorted(pieces, key=lambda piece: (order[piece.chunk.document_id], _place(piece)))
        labels = {id: self._labels(id, pieces) for id in order}
        given = _marked(ordered, marks)
        by_part = {
            part: mark for piece, mark in zip(ordered, given, strict=True) for part in piece.parts
        }
        return [
            Evidence(
                mark=mark,
                chunk=piece.chunk,
                parts=piece.parts,
                document=best[piece.chunk.document_id].document,
                page_labels=tuple(
                    labels[piece.chunk.document_id].get(page, str(page + 1))
                    for page in piece.chunk.pages
                ),
                rank=piece.rank,
                shown_text=piece.text,
                image_path=self._crop(piece.chunk),
                superseded_by=best[piece.chunk.document_id].superseded_by,
                brought=None if piece.rank else _brought(piece, bringing, by_part),
            )
            for piece, mark in zip(ordered, given, strict=True)
        ]

    def _labels(self, document_id: str, pieces: Sequence[Piece]) -> Mapping[int, str]:
        """0-based index -> printed label, of the pages of a document that the pieces stand on."""
        chunks = [piece.chunk for piece in pieces if piece.chunk.document_id == document_id]
        pages = {page for chunk in chunks for page in chunk.pages}
        return {page.index: page.label for page in self._library.pages(document_id, pages)}

    def _crop(self, chunk: Chunk) -> str:
        return str(self._library.crop_path(chunk.image)) if chunk.image else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bringing:
    """Which chunk brought another along, and how."""

    how: How
    label: str
    chunk: str
    """Its id."""


def _brought(
    piece: Piece, bringing: Mapping[str, _Bringing], marks: Mapping[str, int]
) -> Brought | None:
    """What brought a piece along; `marks` is part -> mark."""
    each = next((bringing[part] for part in piece.parts if part in bringing), None)
    return Brought(how=each.how, label=each.label, mark=marks[each.chunk]) if each else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """Text chunks that follow each other, and where among them the hit stands."""

    chunks: tuple[Chunk, ...]
    here: int

    def at(self, distance: int) -> Chunk | None:
        """The chunk so many places after the hit (before it, where negative)."""
        place = self.here + distance
        return self.chunks[place] if 0 <= place < len(self.chunks) else None


def _marked(pieces: Sequence[Piece], marks: Mapping[str, int]) -> list[int]:
    """The mark of each piece: an earlier one of its chunks that no piece before it has taken, the
    best hit's first; else the next new one."""
    given: list[int] = []
    new = max(marks.values(), default=0)
    for piece in pieces:
        earlier = (marks[id] for id in (piece.chunk.id, *piece.parts) if id in marks)
        mark = next((mark for mark in earlier if mark not in given), 0)
        if not mark:
            mark = new = new + 1
        given.append(mark)
    return given


def _place(piece: Piece) -> tuple[int, float, float, str]:
    """Page, height on it, x, and id: the order of a document."""
    if not piece.chunk.regions:
        return -1, 0.0, 0.0, piece.chunk.id
    region = piece.chunk.regions[0]
    return region.page, region.bbox.y0, region.bbox.x0, piece.chunk.id


def _distance(one: Chunk, other: Chunk) -> int:
    """Pages between two chunks."""
    return min((abs(a - b) for a in one.pages for b in other.pages), default=0)
