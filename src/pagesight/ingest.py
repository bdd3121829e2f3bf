"""Ingest: files become pages, pages elements, elements chunks, chunks vectors, and all is stored.

Parsing runs in worker processes, a window of pages at a time; everything else happens here, one
document after the other, and one transaction makes a document visible.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pagesight.assembly import assemble
from pagesight.chunking import chunk_document
from pagesight.document import Chunk, Document, DocumentProfile, PageContent, ParsedDocument
from pagesight.errors import DocumentError
from pagesight.library import Library
from pagesight.ports import ParseCache, TextEmbedder, VisualEmbedder, WorkerPool
from pagesight.results import Failed, Outcome, Plan, Progress, Skipped, Stored
from pagesight.settings import ChunkSettings, ParseSettings
from pagesight.sources import find_sources

if TYPE_CHECKING:
    from pagesight.ports import Matrix, Vector

PROFILE_SECONDS = 120.0
"""Time limit for hashing and opening one file: a gigabyte on a slow share takes a minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Pages [start, stop) of a document, 0-based: what one worker parses at a time."""

    path: Path
    start: int
    stop: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedWindow:
    """The pages of a window, and the CPU seconds that they took."""

    contents: tuple[PageContent, ...]
    cpu_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
    """What runs in the worker processes; both functions can be pickled."""

    pool: WorkerPool
    profile: Callable[[Path], DocumentProfile]
    parse: Callable[[Window], ParsedWindow]


_Seconds = dict[str, float]
"""Stage -> seconds that one document spent in it."""


class Ingester:
    """Brings documents into a library.

    `visual` is asked when the first document is stored; it gives None where CLIP cannot be had,
    and documents are then stored without that list.
    """

    def __init__(
        self,
        *,
        library: Library,
        workers: Workers,
        cache: ParseCache,
        parser_fingerprint: str,
        text: TextEmbedder,
        visual: Callable[[], VisualEmbedder | None],
        parse: ParseSettings,
        chunk: ChunkSettings,
    ) -> None:
        self._library = library
        self._workers = workers
        self._cache = cache
        self._fingerprint = parser_fingerprint
        self._text = text
        self._visual = visual
        self._parse = parse
        self._chunk = chunk
        self._copies: dict[str, list[str]] = {}
        """Id of a document of this run -> other paths of the same bytes."""

    def ingest(self, paths: Sequence[str]) -> Generator[Plan | Progress | Outcome]:
        """A plan, then one outcome a document, in order of completion, with progress in between.

        A document that fails is an outcome too. Stopping the iteration leaves the library with
        the documents stored so far, and nothing of the one in hand.
        """
        self._copies.clear()
        profiles: list[DocumentProfile] = []
        for outcome in self._profiles(paths):
            if isinstance(outcome, DocumentProfile):
                profiles.append(outcome)
            else:
                yield outcome
        waiting = []
        for profile in profiles:
            parsed = self._cache.get(profile.id, self._fingerprint)
            if parsed is None:
                waiting.append(profile)
            else:
                yield self._store(replace(parsed, profile=profile), {})
        pages = sum(profile.page_count for profile in waiting)
        yield Plan(documents=len(waiting), pages=pages)
        for item in self._parsed(waiting):
            yield item if isinstance(item, Progress | Failed) else self._store(*item)

    def _profiles(self, paths: Sequence[str]) -> Iterator[DocumentProfile | Failed | Skipped]:
        """Profiles of what is new, each content once."""
        files = []
        for source in find_sources(paths):
            if isinstance(source, Failed):
                yield source
            else:
                files.append(source)
        stored = {document.id for document in self._library.documents()}
        pool, profile_of = self._workers.pool, self._workers.profile
        for path, profile in pool.map(profile_of, files, lambda _: PROFILE_SECONDS):
            if isinstance(profile, Exception):
                yield _failed(str(path), profile)
            elif profile.id in stored:
                self._add_alias(str(path), profile.id)
                yield Skipped(source=str(path), document_id=profile.id)
            elif profile.id in self._copies:
                self._copies[profile.id].append(str(path))
                yield Skipped(source=str(path), document_id=profile.id)
            else:
                self._copies[profile.id] = []
                yield profile

    def _parsed(
        self, profiles: Sequence[DocumentProfile]
    ) -> Iterator[Progress | Failed | tuple[ParsedDocument, _Seconds]]:
        """Parses all windows of all documents in order, so that no worker waits for a document."""
        by_source = {profile.source: profile for profile in profiles}
        windows = (window for profile in profiles for window in self._windows(profile))
        contents: list[PageContent] = []
        parsing = 0.0
        failed = ""
        for window, result in self._workers.pool.map(self._workers.parse, windows, self._limit):
            profile = by_source[str(window.path)]
            if window.start == 0:
                contents, parsing, failed = [], 0.0, ""
            if failed:
                continue
            if isinstance(result, Exception):
                failed = f"pages {window.start + 1} to {window.stop}: {_reason(result)}"
                yield Failed(source=profile.source, reason=failed)
                continue
            contents += result.contents
            parsing += result.cpu_seconds
            yield Progress(
                source=profile.source, pages_done=window.stop, page_count=profile.page_count
            )
            if window.stop == profile.page_count:
                parsed = assemble(profile, contents)
                self._cache.put(parsed, self._fingerprint)
                yield parsed, {"parse": parsing}

    def _windows(self, profile: DocumentProfile) -> Iterator[Window]:
        size = self._parse.window_pages
        for start in range(0, profile.page_count, size):
            stop = min(start + size, profile.page_count)
            yield Window(path=Path(profile.source), start=start, stop=stop)

    def _limit(self, window: Window) -> float:
        return self._parse.page_seconds * (window.stop - window.start)

    def _store(self, parsed: ParsedDocument, spent: _Seconds) -> Stored | Failed:
        """Chunks, embeds and commits one document on which `spent` was spent before."""
        started = time.perf_counter()
        chunks = chunk_document(parsed, self._chunk)
        if not chunks or all(page.error for page in parsed.pages):
            return Failed(source=parsed.profile.source, reason=_nothing(parsed))
        vectors = {"text": text_vectors(self._text, chunks)}
        embedded = time.perf_counter()
        if (visual := self._visual()) is not None:
            vectors["visual"] = visual_vectors(visual, self._library, chunks)
        seen = time.perf_counter()
        document = _document(parsed, chunks)
        replaced = self._replaced(document.source, document.id)
        self._library.put(document, parsed.pages, chunks, vectors, replaced)
        for path in self._copies.get(document.id, ()):
            self._add_alias(path, document.id)
        seconds = spent | {
            "embed": embedded - started,
            "clip": seen - embedded,
            "store": time.perf_counter() - seen,
        }
        return Stored(document=document, seconds=seconds, findings=_findings(parsed))

    def _add_alias(self, path: str, document_id: str) -> None:
        """Notes that a stored document stands at `path` too, in place of what stood there."""
        for old in self._replaced(path, document_id):
            self._library.remove(old)
        self._library.add_source(path, document_id)

    def _replaced(self, path: str, document_id: str) -> list[str]:
        """The other document that stood at this path, unless it stands elsewhere too."""
        sources = self._library.sources()
        old = sources.get(path)
        if old is None or old == document_id or list(sources.values()).count(old) > 1:
            return []
        return [old]


def text_vectors(embedder: TextEmbedder, chunks: Sequence[Chunk]) -> Mapping[str, Vector]:
    """Chunk id -> vector of context and text; a figure without any words has none."""
    worded = [chunk for chunk in chunks if chunk.text]
    passages = [passage(chunk) for chunk in worded]
    return _by_id(worded, embedder.embed_passages(passages)) if worded else {}


def visual_vectors(
    embedder: VisualEmbedder, library: Library, chunks: Sequence[Chunk]
) -> Mapping[str, Vector]:
    """Chunk id -> vector of the crop, for chunks that have one."""
    pictured = [chunk for chunk in chunks if chunk.image]
    paths = [library.crop_path(chunk.image) for chunk in pictured]
    return _by_id(pictured, embedder.embed_images(paths)) if pictured else {}


def passage(chunk: Chunk) -> str:
    """What is embedded for a chunk: its context line, then its text."""
    return f"{chunk.context}\n{chunk.text}" if chunk.context else chunk.text


def _by_id(chunks: Sequence[Chunk], matrix: Matrix) -> Mapping[str, Vector]:
    return {chunk.id: row for chunk, row in zip(chunks, matrix, strict=True)}


def _document(parsed: ParsedDocument, chunks: Sequence[Chunk]) -> Document:
    elements = parsed.elements
    return Document(
        id=parsed.profile.id,
        source=parsed.profile.source,
        title=parsed.title,
        page_count=parsed.profile.page_count,
        figures=sum(element.type == "figure" for element in elements),
        tables=sum(element.type == "table" for element in elements),
        chunks=len(chunks),
        ocr_pages=sum(page.ocr for page in parsed.pages),
        failed_pages=sum(bool(page.error) for page in parsed.pages),
    )


def _findings(parsed: ParsedDocument) -> tuple[str, ...]:
    return tuple(f"page {page.number}: {page.error}" for page in parsed.pages if page.error)


def _nothing(parsed: ParsedDocument) -> str:
    findings = _findings(parsed)
    return findings[0] if findings else "no text, figure or table was found on any page"


def _failed(source: str, error: Exception) -> Failed:
    return Failed(source=source, reason=_reason(error).removeprefix(source).lstrip(" :"))


def _reason(error: Exception) -> str:
    """A failure on one line; an error that is not ours is named by its type."""
    text = " ".join(str(error).split()) or "no reason given"
    return text if isinstance(error, DocumentError) else f"{type(error).__name__}: {text}"
