"""Mending what doctor found."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from pagesight.doctor.findings import Done, Finding, counted
from pagesight.document import Chunk, Document
from pagesight.errors import DocumentError, LibraryError
from pagesight.feeds import batches
from pagesight.files import digest
from pagesight.library import EMBED_BATCH, Library

if TYPE_CHECKING:
    from pagesight.ports import Vector


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What makes again what is lost."""

    embed: Callable[[str, Sequence[Chunk]], Mapping[str, Vector]]
    """Space and chunks -> chunk id -> vector, by the model that the space belongs to."""
    reparse: Callable[[Path, Document, Collection[int]], None]
    """Parses pages (0-based) of a document from a file that has its bytes, so that its crops are
    cut anew."""
    restore: Callable[[str], None]
    """Ingests what is at a path or URL anew."""


class Mending:
    """What makes good a finding of each kind."""

    def __init__(self, library: Library, means: Means, done: Done) -> None:
        self._library = library
        self._means = means
        self._done = done

    def mend(self, finding: Finding) -> None:
        """Mends what a finding tells of, or leaves it where that is done for all at the end.

        Raises:
            PagesightError: it cannot be mended; the message says why.
        """
        match finding.kind:
            case "strays":
                self._library.drop_strays()
            case "document":
                self._restore(finding.document_id)
            case "counts":
                self._count(finding.document_id)
            case "crops":
                self._cut(finding)
            case "vectors" if finding.fault:
                self._embed(finding.subject, finding.ids)
            case "parses":
                self._library.parses.discard([Path(finding.subject)])
            case "index":
                self._done(f"{finding.subject} index", 0, 1)
                self._library.rebuild(finding.subject)
            case (
                "vectors"
                | "stopped"
                | "erasing"
                | "leftovers"
                | "reembedding"
                | "source"
                | "writer"
            ):
                pass
            case _:
                assert_never(finding.kind)

    def _restore(self, id: str) -> None:
        """Ingests a document anew."""
        source, _ = self._file(id)
        try:
            self._library.document(id)
        except LibraryError:
            with suppress(LibraryError):  # an index may be damaged; it is rebuilt in the end
                self._library.remove(id)
        self._done("documents", 0, 1)
        self._means.restore(source)

    def _count(self, id: str) -> None:
        document = self._library.document(id)
        if document is not None:
            pages, chunks = self._library.pages(id), self._library.document_chunks(id)
            self._library.update(counted(document, pages, chunks))

    def _cut(self, finding: Finding) -> None:
        """Cuts the crops of a document anew, from any of its files that still has its bytes."""
        library = self._library
        document = library.document(finding.document_id)
        if document is None:
            return
        _, path = self._file(document.id)
        chunks = library.document_chunks(document.id)
        pages = {chunk.regions[0].page for chunk in chunks if chunk.image in finding.ids}
        library.crops.remove(finding.ids)
        self._done("crops", 0, 1)
        self._means.reparse(path, document, pages)
        still = [key for key in finding.ids if not library.crops.path(key).is_file()]
        if still:
            raise DocumentError(
                f"the parser cuts other crops today than {len(still)} of these: "
                f"`pagesight ingest {document.source} --reparse` takes them in"
            )

    def _file(self, id: str) -> tuple[str, Path]:
        """Path or URL of a document, and the file there that has its bytes."""
        sources = [path for path, of in self._library.sources().items() if of == id]
        for source in sources:
            path = self._library.file_of(source)
            with suppress(OSError):
                if digest(path) == id:
                    return source, path
        raise DocumentError(
            f"{' and '.join(sources)} is gone or has changed: put it back and repair again, or "
            f"drop the document with `pagesight docs rm {id[:12]}`"
        )

    def _embed(self, space: str, ids: Sequence[str]) -> None:
        lacking = 0
        for number, batch in enumerate(batches(ids, EMBED_BATCH)):
            self._done(f"{space} vectors", number * EMBED_BATCH, len(ids))
            vectors = self._means.embed(space, self._library.chunks(batch))
            self._library.add_vectors(space, vectors)
            lacking += len(batch) - len(vectors)
        if lacking:
            raise DocumentError(f"{lacking} chunks got no {space} vector: their crops are missing")
