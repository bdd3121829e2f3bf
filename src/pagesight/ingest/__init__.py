"""Ingest: files become pages, pages elements, elements chunks, chunks vectors, and all is stored.

Files are looked at first, and what the library has is left alone. Parsing runs in worker
processes, a window of pages at a time; everything else happens here, and one transaction makes a
document visible.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import replace

from pagesight.ingest.looking import (
    Copy,
    Known,
    Looker,
    New,
    Recipe,
    Request,
    Same,
    nothing_said,
)
from pagesight.ingest.parsing import Made, Parsing
from pagesight.ingest.pruning import vanished
from pagesight.ingest.storing import Storer, move_in
from pagesight.library import Library
from pagesight.ports import ParseCache, RemoteFiles
from pagesight.results import (
    Event,
    Failed,
    Looked,
    Plan,
    Planned,
    Progress,
    Removed,
    Skipped,
    Stored,
)
from pagesight.sources import Located, find_sources

__all__ = ["Ingester", "Looker", "Parsing", "Recipe", "Request", "Storer", "nothing_said"]

BATCH_ELEMENTS = 256
"""Documents are embedded together until they have as many: short ones share the padding."""
BATCH_SECONDS = 5.0
"""A finished document waits no longer than this for others to be embedded with."""


class Ingester:
    """Brings documents into a library."""

    def __init__(
        self,
        *,
        library: Library,
        remote: RemoteFiles,
        looker: Looker,
        parsing: Parsing,
        storer: Storer,
        cache: ParseCache,
        recipe: Recipe,
    ) -> None:
        self._library = library
        self._remote = remote
        self._looker = looker
        self._parsing = parsing
        self._storer = storer
        self._cache = cache
        self._recipe = recipe

    def ingest(self, request: Request) -> Generator[Event]:
        """Looks at every file, says what is new, then gives one outcome a file, with progress in
        between.

        A document that fails is an outcome too. Stopping the iteration leaves the library with
        the documents stored so far, and nothing of those in hand.

        Raises:
            LibraryError: the library cannot be written, or its disk is full. What was stored
                stays, and the same call goes on from there.
            ServiceError: a model cannot be had.
        """
        files, failed = _located(request, self._remote)
        yield from failed
        before = Known.of(self._library)
        new: list[New] = []
        copies: dict[str, list[str]] = defaultdict(list)
        for seen in self._looker.look(files, request, before, self._recipe):
            match seen:
                case New():
                    new.append(seen)
                case Copy():
                    copies[seen.of].append(seen.source)
                case Same():
                    yield self._left_alone(seen)
                case _:
                    yield seen
        yield Plan(documents=len(new), pages=sum(file.profile.page_count for file in new))
        for event in self._stored(self._made(new, request)):
            yield event
            if isinstance(event, Stored | Failed):
                yield from self._copied(event, copies)
        if request.prune:
            for source in _vanished(request, files, failed, before):
                self._library.remove_source(source)
                yield Removed(source=source, document_id=before.sources[source])
        if self._left_something(before, new):
            self._library.sweep()

    def plan(self, request: Request) -> Iterator[Looked | Failed | Planned]:
        """What `ingest` would do with each file; nothing is changed."""
        files, failed = _located(request, self._remote)
        yield from failed
        known = Known.of(self._library)
        for seen in self._looker.look(files, request, known, self._recipe):
            match seen:
                case New():
                    yield seen.planned(known)
                case Copy():
                    yield Planned(source=seen.source, action="alias")
                case Same():
                    yield Planned(source=seen.source, action="skip" if seen.placed else "alias")
                case _:
                    yield seen
        if request.prune:
            for source in _vanished(request, files, failed, known):
                yield Planned(source=source, action="remove")

    def _left_alone(self, seen: Same) -> Skipped:
        """The library has it: only where it stands and what is said about it may be new."""
        if not seen.placed:
            move_in(self._library, seen.source, seen.document.id)
        if seen.metadata != seen.document.metadata:
            self._library.update(replace(seen.document, metadata=seen.metadata))
        return Skipped(source=seen.source, document_id=seen.document.id)

    def _made(self, new: Sequence[New], request: Request) -> Iterator[Progress | Failed | Made]:
        """Parsed documents, those of the cache first: they cost nothing."""
        waiting = []
        for file in new:
            cached = None
            if not request.reparse:
                cached = self._cache.get(file.profile.id, self._recipe.parser)
            if cached is None:
                waiting.append(file)
                continue
            pages = file.profile.page_count
            yield Progress(source=file.source, pages_done=pages, page_count=pages)
            yield Made(new=file, parsed=replace(cached, profile=file.profile), seconds={})
        for item in self._parsing.parse(waiting, request.passwords):
            if isinstance(item, Made):
                self._cache.put(item.parsed, self._recipe.parser)
            yield item

    def _stored(
        self, items: Iterable[Progress | Failed | Made]
    ) -> Iterator[Progress | Failed | Stored]:
        """Stores documents in batches, without letting any wait for long."""
        batch: list[Made] = []
        since = time.monotonic()
        for item in items:
            if isinstance(item, Made):
                if not batch:
                    since = time.monotonic()
                batch.append(item)
            else:
                yield item
            full = sum(len(made.parsed.elements) for made in batch) >= BATCH_ELEMENTS
            if batch and (full or time.monotonic() - since > BATCH_SECONDS):
                yield from self._storer.store(batch)
                batch = []
        yield from self._storer.store(batch)

    def _copied(
        self, outcome: Stored | Failed, copies: dict[str, list[str]]
    ) -> Iterator[Skipped | Failed]:
        """What became of a document holds for other files with the same bytes."""
        if isinstance(outcome, Failed):
            for path in copies.pop(outcome.source, ()):
                yield Failed(source=path, reason=f"same bytes as {outcome.source}, which failed")
            return
        document = outcome.document
        for path in copies.pop(document.source, ()):
            move_in(self._library, path, document.id)
            yield Skipped(source=path, document_id=document.id)

    def _left_something(self, before: Known, new: Sequence[New]) -> bool:
        """Documents went or were made anew, and their crops may be nobody's now."""
        now = {document.id for document in self._library.documents()}
        return any(id not in now for id in before.documents) or any(
            file.profile.id in before.documents for file in new
        )


def _located(request: Request, remote: RemoteFiles) -> tuple[list[Located], list[Failed]]:
    """What is there, and what is not."""
    files, failed = [], []
    for found in find_sources(request.paths, remote):
        if isinstance(found, Located):
            files.append(found)
        else:
            failed.append(found)
    return files, failed


def _vanished(
    request: Request, files: Sequence[Located], failed: Sequence[Failed], known: Known
) -> list[str]:
    return vanished(
        request.paths,
        found={file.source for file in files},
        failed={failure.source for failure in failed},
        sources=known.sources,
    )
