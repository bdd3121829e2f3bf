"""Parsed documents become chunks, vectors and one commit each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pagesight.audit import audit, findings
from pagesight.chunking import chunk_document
from pagesight.document import Chunk, Document, ParsedDocument
from pagesight.ingest.looking import failure
from pagesight.ingest.parsing import Made
from pagesight.ingest.vectors import text_vectors, visual_vectors
from pagesight.library import Library
from pagesight.ports import TextEmbedder, VisualEmbedder
from pagesight.results import Failed, Stored
from pagesight.settings import ChunkSettings

if TYPE_CHECKING:
    from pagesight.ports import Vector


@dataclass(frozen=True, slots=True)
class _Chunked:
    made: Made
    parsed: ParsedDocument
    """With the title that the user gave it, if any."""
    chunks: Sequence[Chunk]


class Storer:
    """Chunks, embeds and commits documents.

    `visual` is asked when the first document is stored; it gives None where CLIP cannot be had,
    and documents are then stored without that list.
    """

    def __init__(
        self,
        *,
        library: Library,
        text: TextEmbedder,
        visual: Callable[[], VisualEmbedder | None],
        chunk: ChunkSettings,
    ) -> None:
        self._library = library
        self._text = text
        self._visual = visual
        self._chunk = chunk

    def store(self, batch: Sequence[Made]) -> Iterator[Stored | Failed]:
        """One outcome a document, in order; all are embedded together, then each is committed."""
        chunked = []
        for made in batch:
            outcome = self._chunked(made)
            if isinstance(outcome, Failed):
                yield outcome
            else:
                chunked.append(outcome)
        if not chunked:
            return
        together = [chunk for document in chunked for chunk in document.chunks]
        started = time.process_time()
        vectors = {"text": text_vectors(self._text, together)}
        embedded = time.process_time()
        if (visual := self._visual()) is not None:
            vectors["visual"] = visual_vectors(visual, self._library, together)
        spent = {"embed": embedded - started, "clip": time.process_time() - embedded}
        for document in chunked:
            share = len(document.chunks) / len(together)
            own = {stage: seconds * share for stage, seconds in spent.items()}
            yield self._committed(document, vectors, own)

    def _chunked(self, made: Made) -> _Chunked | Failed:
        title = made.new.metadata.title
        parsed = replace(made.parsed, title=title) if title else made.parsed
        try:
            chunks = chunk_document(parsed, self._chunk)
        except Exception as error:
            # Whatever a strange document brings up must not end a batch that runs over night.
            return failure(made.new.source, error)
        if not chunks or all(page.error for page in parsed.pages):
            return Failed(source=made.new.source, reason=_nothing(parsed))
        return _Chunked(made, parsed, chunks)

    def _committed(
        self,
        chunked: _Chunked,
        vectors: Mapping[str, Mapping[str, Vector]],
        spent: Mapping[str, float],
    ) -> Stored:
        started = time.process_time()
        document = _document(chunked)
        own = {
            space: {chunk.id: of[chunk.id] for chunk in chunked.chunks if chunk.id in of}
            for space, of in vectors.items()
        }
        replaced = displaced(self._library, document.source, document.id)
        self._library.put(document, chunked.parsed.pages, chunked.chunks, own, replaced)
        stored = time.process_time() - started
        return Stored(
            document=document,
            seconds={**chunked.made.seconds, **spent, "store": stored},
            findings=findings(document.audit),
            replaced=tuple(replaced),
        )


def move_in(library: Library, source: str, document_id: str) -> None:
    """Notes that a stored document stands at `source` too, in place of what stood there."""
    for old in displaced(library, source, document_id):
        library.remove(old)
    library.add_source(source, document_id)


def displaced(library: Library, source: str, document_id: str) -> list[str]:
    """The other document that stood at this path, unless it stands elsewhere too."""
    sources = library.sources()
    old = sources.get(source)
    if old is None or old == document_id or list(sources.values()).count(old) > 1:
        return []
    return [old]


def _document(chunked: _Chunked) -> Document:
    parsed, new = chunked.parsed, chunked.made.new
    elements = parsed.elements
    return Document(
        id=new.profile.id,
        source=new.source,
        title=parsed.title,
        page_count=new.profile.page_count,
        figures=sum(element.type == "figure" for element in elements),
        tables=sum(element.type == "table" for element in elements),
        chunks=len(chunked.chunks),
        ocr_pages=sum(page.ocr for page in parsed.pages),
        failed_pages=sum(bool(page.error) for page in parsed.pages),
        recipe=new.recipe,
        metadata=new.metadata,
        audit=audit(parsed),
    )


def _nothing(parsed: ParsedDocument) -> str:
    errors = [f"page {page.number}: {page.error}" for page in parsed.pages if page.error]
    return errors[0] if errors else "no text, figure or table was found on any page"
