"""What a library holds, read from its catalogue."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Protocol, TypeVar

from pagesight.document import Chunk, Counts, Document, Page, file_name
from pagesight.errors import MissingError, SettingsError
from pagesight.formats import PDF, kind_of
from pagesight.indexes import SPACES
from pagesight.ports import Catalogue, CatalogueReferences, CropStore
from pagesight.renditions import RENDITIONS, Renditions
from pagesight.results import Filter
from pagesight.sources import is_remote, local_copy

SHORTEST_PREFIX = 6
"""Digits of a document's id that may stand for it; among 10,000 documents one pair in 300 shares
six, and then the candidates are listed."""

NO_VISUAL = "visual.missing"
"""Key of a note: why documents of the library have no CLIP vectors."""

VECTORS_SERVER = "vectors.server"
"""Key of a note: the setting that the library's vectors were last put somewhere by."""

_ALL = Filter()


class _Listed(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def source(self) -> str: ...


Named = TypeVar("Named", bound=_Listed)


class Contents:
    """Documents, pages and chunks, and where their files are. It may be used from any thread."""

    def __init__(self, root: Path, catalogue: Catalogue, crops: CropStore) -> None:
        self.root = root
        self.catalogue = catalogue
        self.crops = crops
        self.downloads = root / "downloads"
        """Copies of what came from URLs."""
        self.uploads = root / "uploads"
        """Files that came over HTTP."""
        self.renditions = Renditions(root / RENDITIONS)
        """PDFs made of files that are none."""

    def spaces(self) -> Mapping[str, str]:
        """Space -> fingerprint of the model that its vectors belong to."""
        recorded = {space: self.catalogue.setting(fingerprint_key(space)) for space in SPACES}
        return {space: fingerprint for space, fingerprint in recorded.items() if fingerprint}

    def chunks_on(self, pages: Sequence[tuple[str, int]], filter: Filter = _ALL) -> list[list[str]]:
        """For each page (document id and 0-based index) the ids of the chunks on it that are of
        the filter's kinds, by id."""
        return self.catalogue.chunks_on(pages, filter)

    def owners(self, ids: Sequence[str]) -> Mapping[str, str]:
        """Chunk id -> document id; those that are not live are left out."""
        return self.catalogue.owners(ids)

    @property
    def references(self) -> CatalogueReferences:
        """The reference graph: which chunk is "Figure 3-2" or "Section 5.1", which mentions it."""
        return self.catalogue.references

    def note(self, key: str) -> str:
        """What was noted about the library under `key`; "" if nothing was."""
        return self.catalogue.setting(note_key(key)) or ""

    def revision(self) -> int:
        """Grows with every commit of any process."""
        return self.catalogue.revision()

    def content_hash(self) -> str:
        """SHA-256, hexadecimal, of the ids of all chunks and the models of the vectors: libraries
        with equal contents have equal ones, whatever happened to them before."""
        digest = sha256(json.dumps([sorted(self.catalogue.all_ids()), self.spaces()]).encode())
        return digest.hexdigest()

    def embedded(self, space: str, ids: Sequence[str]) -> set[str]:
        """Those of the chunk `ids` that have a vector in the space."""
        return set(self.catalogue.vectors(space, ids))

    def documents(self) -> list[Document]:
        """All, by source, then id."""
        return self.catalogue.documents()

    def superseded(self) -> Mapping[str, Document]:
        """Id of a document -> the newer one that says that it takes its place."""
        superseding = self.catalogue.superseding()
        if not superseding:
            return {}
        newer: dict[str, Document] = {}
        sources = self.sources()
        for document in superseding:
            for reference in document.metadata.supersedes:
                named = {id for path, id in sources.items() if reference in (path, file_name(path))}
                for id in {*named, reference} - {document.id}:
                    newer[id] = document
        return newer

    def among(self, ids: Sequence[str], filter: Filter) -> set[str]:
        """Those of the chunk `ids` that pass."""
        return self.catalogue.live(ids, filter)

    def document(self, document_id: str) -> Document | None:
        return self.catalogue.document(document_id)

    def pages(self, document_id: str, only: Collection[int] | None = None) -> list[Page]:
        """In order; those with the 0-based indices `only`, where given. None for an unknown id."""
        return self.catalogue.pages(document_id, only)

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        """In the order of `ids`; those that are not in the library are left out."""
        return self.catalogue.chunks(ids)

    def document_chunks(self, document_id: str) -> list[Chunk]:
        """In reading order; none for an unknown id."""
        return self.catalogue.document_chunks(document_id)

    def neighbours(self, id: str, reach: int) -> Mapping[int, Chunk]:
        """Position in its document -> chunk, for a chunk and those at most `reach` places before
        and after it, by position; empty for an unknown id."""
        return self.catalogue.neighbours(id, reach)

    def sources(self) -> Mapping[str, str]:
        """Path or URL -> document id, aliases included."""
        return self.catalogue.sources()

    def counts(self) -> Counts:
        """How much it holds; cheap, however much that is."""
        return self.catalogue.counts()

    def shows(self, image: str) -> bool:
        """Whether a figure or table of the library has the crop with this key."""
        return self.catalogue.shows(image)

    def crop_path(self, key: str) -> Path:
        """Where the picture of a figure or table is, or would be."""
        return self.crops.path(key)

    def picture(self, chunk: Chunk) -> Path | None:
        """The picture of a figure or table; None for text, and where the file is gone."""
        path = self.crops.path(chunk.image) if chunk.image else None
        return path if path is not None and path.is_file() else None

    def original(self, document: Document) -> Path:
        """Where the file of a document can be read: its path, or the copy of what a URL gave."""
        return self.file_of(document.source)

    def shown(self, document: Document) -> Path:
        """The PDF whose pages are shown for a document: its file, or what was made of it. It is
        for the caller to see to it that the file has not changed."""
        path = self.original(document)
        return path if kind_of(path) == PDF else self.renditions.path(document.id)

    def file_of(self, source: str) -> Path:
        """The same of any path or URL among `sources`."""
        return local_copy(source, self.downloads) if is_remote(source) else Path(source)

    def find(self, reference: str) -> Document:
        """The one document meant by the beginning of its id, a path, or a file name.

        Raises:
            MissingError: there is none.
            SettingsError: there are several.
        """
        sources = self.sources()
        exact = sources.get(reference) or sources.get(str(Path(reference).absolute()))
        document = self.document(exact or reference)
        if document is not None:
            return document
        return the_one(reference, self.documents(), sources)

    def find_all(self, reference: str) -> list[Document]:
        """The documents whose files lie under a folder, else the one that `find` gives.

        Raises:
            SettingsError: there is none, or `reference` is not enough to tell.
        """
        folder = Path(reference).absolute()
        under = {id for path, id in self.sources().items() if Path(path).is_relative_to(folder)}
        found = [document for document in self.documents() if document.id in under]
        return found or [self.find(reference)]


def the_one(reference: str, documents: Iterable[Named], sources: Mapping[str, str]) -> Named:
    """The one document meant by the beginning of its id or a file name.

    Args:
        sources: path or URL -> document id.

    Raises:
        MissingError: there is none.
        SettingsError: there are several.
    """
    named = {id for path, id in sources.items() if file_name(path) == reference}
    found = [
        document
        for document in documents
        if document.id in named
        or (len(reference) >= SHORTEST_PREFIX and document.id.startswith(reference.lower()))
    ]
    if len(found) == 1:
        return found[0]
    if not found:
        raise MissingError(
            f"no such document: {reference}; `pagesight docs list` shows what is there"
        )
    candidates = ", ".join(f"{document.id[:12]} ({document.source})" for document in found)
    raise SettingsError(f"{reference} may be any of {candidates}: give more of the id")


def fingerprint_key(space: str) -> str:
    """The setting that names the model of a space."""
    return f"{space}.fingerprint"


def note_key(key: str) -> str:
    """The setting that keeps a note."""
    return f"note.{key}"
