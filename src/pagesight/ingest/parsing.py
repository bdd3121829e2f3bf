"""Parsing documents in worker processes, a window of pages at a time, within limits of time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pagesight.assembly import assemble
from pagesight.document import Page, PageContent, ParsedDocument
from pagesight.errors import LibraryError, StoppedError
from pagesight.ingest.looking import New, failure, stamp
from pagesight.ports import WorkerPool
from pagesight.results import Failed, Progress
from pagesight.settings import ParseSettings

ORDINARY_PAGE = 10.0
"""Seconds that an ordinary page takes at most, read by OCR. A window is stopped after the limit
of one page and this for each of the others, and its pages are then tried one by one."""
DOCUMENT_START = 120.0
"""Seconds that any document may take, beside those for its pages."""
_UNKNOWN_SIZE = (612.0, 792.0)
"""Points, for a page that was never opened: US Letter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Pages [start, stop) of a document, 0-based: what one worker parses at a time."""

    path: Path
    start: int
    stop: int
    passwords: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedWindow:
    """The pages of a window, and the processor seconds that they took."""

    contents: tuple[PageContent, ...]
    cpu_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A parsed document."""

    new: New
    parsed: ParsedDocument
    seconds: Mapping[str, float]
    """Stage -> processor seconds spent so far."""


@dataclass(slots=True)
class _Open:
    """A document of which some pages are still to come."""

    new: New
    left: int
    """Windows that have not come back."""
    contents: list[PageContent] = field(default_factory=list)
    cpu_seconds: float = 0.0
    spent: float = 0.0
    """Processor seconds, and the whole limit of each window that was stopped."""


class Parsing:
    """Parses documents; a page that hangs or crashes costs that page only."""

    def __init__(
        self,
        pool: WorkerPool,
        parse: Callable[[Window], ParsedWindow],
        settings: ParseSettings,
    ) -> None:
        self._pool = pool
        self._parse = parse
        self._settings = settings

    def parse(
        self, documents: Sequence[New], passwords: tuple[str, ...]
    ) -> Iterator[Progress | Failed | Made]:
        """One Made or Failed a document, as they are done, with progress in between.

        The pages of a window that was stopped are tried again one by one, and a page that is
        stopped again gets an `error`; the document keeps the others.

        Raises:
            LibraryError: a crop could not be written: the disk is full, say.
        """
        batch = _Batch(self._settings, documents, passwords)
        tasks = batch.windows()
        while True:
            for window, result in self._pool.map(self._parse, tasks, batch.limit):
                yield from batch.take(window, result)
            if not batch.again:
                return
            tasks = batch.retries()


class _Batch:
    """Documents that are parsed together, so that no worker waits for one of them."""

    def __init__(
        self, settings: ParseSettings, documents: Sequence[New], passwords: tuple[str, ...]
    ) -> None:
        self._settings = settings
        self._documents = documents
        self._passwords = passwords
        self._open: dict[Path, _Open] = {}
        self.again: deque[Window] = deque()

    def windows(self) -> Iterator[Window]:
        """All windows of all documents, made as they are asked for."""
        for new in self._documents:
            starts = range(0, new.profile.page_count, self._settings.window_pages)
            self._open[new.path] = _Open(new, left=len(starts))
            for start in starts:
                yield from self.retries()
                if new.path not in self._open:
                    break
                stop = min(start + self._settings.window_pages, new.profile.page_count)
                yield self._window(new.path, start, stop)
        yield from self.retries()

    def retries(self) -> Iterator[Window]:
        """Windows of one page that wait for their second try."""
        while self.again:
            yield self.again.popleft()

    def limit(self, window: Window) -> float:
        """Seconds for a window."""
        return self._settings.page_seconds + ORDINARY_PAGE * (window.stop - window.start - 1)

    def take(
        self, window: Window, result: ParsedWindow | Exception
    ) -> Iterator[Progress | Failed | Made]:
        """Takes what came of a window."""
        document = self._open.get(window.path)
        if document is None:
            return
        document.left -= 1
        match result:
            case LibraryError():
                raise result
            case StoppedError():
                self._stopped(document, window, result)
            case Exception():
                del self._open[window.path]
                yield failure(document.new.source, result)
                return
            case ParsedWindow():
                document.contents += result.contents
                document.cpu_seconds += result.cpu_seconds
                document.spent += result.cpu_seconds
        pages = document.new.profile.page_count
        yield Progress(
            source=document.new.source, pages_done=len(document.contents), page_count=pages
        )
        most = self._settings.document_seconds or DOCUMENT_START + ORDINARY_PAGE * pages
        if document.left and document.spent > most:
            del self._open[window.path]
            reason = (
                f"was given up after {document.spent:.0f} s with {len(document.contents)} of "
                f"{pages} pages parsed (parse.document_seconds)"
            )
            yield Failed(source=document.new.source, reason=reason)
        elif not document.left:
            del self._open[window.path]
            yield _finished(document)

    def _stopped(self, document: _Open, window: Window, error: StoppedError) -> None:
        document.spent += self.limit(window)
        if window.stop - window.start == 1:
            document.contents.append(lost_page(window.start, error))
            return
        pages = range(window.start, window.stop)
        self.again += (self._window(window.path, page, page + 1) for page in pages)
        document.left += len(pages)

    def _window(self, path: Path, start: int, stop: int) -> Window:
        return Window(path=path, start=start, stop=stop, passwords=self._passwords)


def lost_page(index: int, error: StoppedError) -> PageContent:
    """What is known of a page (0-based index) whose parsing was stopped."""
    width, height = _UNKNOWN_SIZE
    page = Page(index=index, label=str(index + 1), width=width, height=height, error=str(error))
    return PageContent(page=page, elements=())


def _finished(document: _Open) -> Made | Failed:
    new = document.new
    if stamp(new.path) != new.stamp:
        reason = "changed while it was being read: run the same command again"
        return Failed(source=new.source, reason=reason)
    try:
        parsed = assemble(new.profile, document.contents)
    except Exception as error:
        # Whatever a strange document brings up must not end a batch that runs over night.
        return failure(new.source, error)
    return Made(new=new, parsed=parsed, seconds={"parse": document.cpu_seconds})
