"""Looking at files before any is parsed: what is new, what is known, what cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from pagesight.chunking import CHUNKER_VERSION
from pagesight.document import Document, DocumentProfile, Metadata
from pagesight.errors import DocumentError
from pagesight.files import digest
from pagesight.library import Library
from pagesight.ports import WorkerPool
from pagesight.results import Action, Failed, Looked, Planned
from pagesight.settings import ChunkSettings
from pagesight.sources import Located

PROFILE_SECONDS = 120.0
"""Time limit for opening one file: a gigabyte on a slow share takes a minute."""
READERS = 8
"""Files that are read at the same time to tell their content: on a network share, waiting for
the first byte takes longer than reading."""


def nothing_said(source: str) -> Metadata:
    """Leaves what was said about the document of a path or URL."""
    return Metadata()


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the user wants to have in the library."""

    paths: Sequence[str]
    """Files, folders, globs and URLs."""
    passwords: tuple[str, ...] = field(default=(), repr=False)
    """Tried on encrypted files, in order."""
    metadata: Callable[[str], Metadata] = nothing_said
    """What is said about the document of a path or URL; an empty one leaves what was said."""
    prune: bool = False
    """Sources below the folders of `paths` that are gone leave the library."""
    reparse: bool = False
    """Parses again what the library has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What the chunks of a document depend on beside its bytes."""

    parser: str
    """The parser's fingerprint."""
    chunk: ChunkSettings

    def of(self, metadata: Metadata) -> str:
        settings = " ".join(f"{key}={value}" for key, value in asdict(self.chunk).items())
        title = f"; title {metadata.title}" if metadata.title else ""
        return f"{self.parser}; chunker {CHUNKER_VERSION} {settings}{title}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the library had before."""

    documents: Mapping[str, Document]
    """Id -> document."""
    sources: Mapping[str, str]
    """Path or URL -> id."""

    @classmethod
    def of(cls, library: Library) -> Known:
        documents = {document.id: document for document in library.documents()}
        return cls(documents=documents, sources=library.sources())


@dataclass(frozen=True, slots=True, kw_only=True)
class New:
    """A file whose content the library lacks, or has by another recipe."""

    path: Path
    """Where the bytes are."""
    profile: DocumentProfile
    metadata: Metadata
    recipe: str
    stamp: tuple[int, int]
    """Bytes and time of the last change in nanoseconds, when it was looked at."""

    @property
    def source(self) -> str:
        """Path or URL that names it."""
        return self.profile.source

    def planned(self, known: Known) -> Planned:
        """What is going to happen to it."""
        action: Action = "store"
        if self.profile.id in known.documents:
            action = "renew"
        elif self.source in known.sources:
            action = "replace"
        return Planned(source=self.source, action=action, pages=self.profile.page_count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Same:
    """A file whose content the library has."""

    source: str
    document: Document
    placed: bool
    """The library knows that the document stands at this path."""
    metadata: Metadata
    """What is said about it now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A file with the bytes of another file of the same run."""

    source: str
    of: str
    """Path or URL of the other one."""


class Looker:
    """Tells new files from known ones by their bytes, and opens the new ones."""

    def __init__(
        self, pool: WorkerPool, profile: Callable[[tuple[Path, tuple[str, ...]]], DocumentProfile]
    ) -> None:
        self._pool = pool
        self._profile = profile

    def look(
        self, files: Sequence[Located], request: Request, known: Known, recipe: Recipe
    ) -> Iterator[Looked | Failed | Same | Copy | New]:
        """Exactly one Failed, Same, Copy or New a file; a copy comes after its original."""
        fresh: list[Located] = []
        first: dict[str, str] = {}
        readers = ThreadPoolExecutor(READERS)
        try:
            ids = readers.map(_content, files)
            for done, (file, id) in enumerate(zip(files, ids, strict=True), start=1):
                document = known.documents.get(id)
                said = _said(request, file.source, document)
                if document and document.recipe == recipe.of(said) and not request.reparse:
                    placed = known.sources.get(file.source) == id
                    yield Same(source=file.source, document=document, placed=placed, metadata=said)
                elif id and id in first:
                    yield Copy(source=file.source, of=first[id])
                else:
                    first[id] = file.source
                    fresh.append(file)
                yield Looked(done=done, total=len(files))
        finally:
            # Whoever stops here must not wait until ten thousand files are read.
            readers.shutdown(wait=False, cancel_futures=True)
        yield from self._opened(fresh, request, known, recipe)

    def _opened(
        self, files: Sequence[Located], request: Request, known: Known, recipe: Recipe
    ) -> Iterator[Failed | New]:
        by_path = {file.path: file for file in files}
        tasks = ((file.path, request.passwords) for file in files)
        for (path, _), profile in self._pool.map(self._profile, tasks, lambda _: PROFILE_SECONDS):
            file = by_path[path]
            if isinstance(profile, Exception):
                yield failure(file.source, profile)
                continue
            said = _said(request, file.source, known.documents.get(profile.id))
            yield New(
                path=path,
                profile=replace(profile, source=file.source),
                metadata=said,
                recipe=recipe.of(said),
                stamp=stamp(path),
            )


def failure(source: str, error: Exception) -> Failed:
    """A failure on one line; an error that is not ours is named by its type."""
    text = " ".join(str(error).split()) or "no reason given"
    if not isinstance(error, DocumentError):
        text = f"{type(error).__name__}: {text}"
    return Failed(source=source, reason=text.removeprefix(source).lstrip(" :"))


def stamp(path: Path) -> tuple[int, int]:
    """Changes when the file is written again; zeros where it is gone."""
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_size, status.st_mtime_ns


def _content(file: Located) -> str:
    """The id of the bytes; "" where they cannot be read, which opening it explains."""
    try:
        return digest(file.path)
    except OSError:
        return ""


def _said(request: Request, source: str, document: Document | None) -> Metadata:
    """What is said about it now; else what was said before."""
    said = request.metadata(source)
    return document.metadata if document and said == Metadata() else said
