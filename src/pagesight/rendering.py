"""Pages of documents as pictures, rendered by processes that can be killed."""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pagesight.document import Document
from pagesight.errors import (
    DocumentError,
    LockedError,
    MissingError,
    PagesightError,
    ServiceError,
    StoppedError,
)
from pagesight.files import digest, write_whole
from pagesight.geometry import BBox
from pagesight.highlights import Highlight, highlighted
from pagesight.library import Library
from pagesight.results import Citation
from pagesight.settings import ParseSettings
from pagesight.workers import picture_in_worker, warm_in_worker

CITED_DPI = 120
"""Of cited pages: text of 8 points is read without a glass."""
KEPT_BYTES = 64_000_000
"""Of pages that a Renderer keeps: some 300 at 110 dpi."""
WARM_SECONDS = 120.0
"""That a worker may take to start: seconds, on a machine that does nothing else."""
STOPPED_SECONDS = 600.0
"""That a page which had to be stopped is not tried again: each time would cost its limit."""
_LONGEST_NAME = 60
"""Characters of a document's name in the name of a picture."""

Place = tuple[str, int]
"""Document id and 0-based page index."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """Pictures of cited pages."""

    paths: tuple[Path, ...]
    """In the order in which the pages are cited."""
    faults: tuple[str, ...]
    """A line for each page that could not be rendered."""


def page_pictures(
    library: Library, parse: ParseSettings, places: Iterable[Place], dpi: int
) -> Iterator[tuple[Place, bytes | PagesightError]]:
    """Each page once, in order: as PNG, or why there is none. A file whose bytes are not those
    that were ingested is not rendered: its boxes may lie elsewhere."""
    from pagesight.adapters.pebble import PebblePool

    wanted = list(dict.fromkeys(places))
    files: dict[str, Path] = {}
    names: dict[Path, str] = {}
    for id in dict.fromkeys(id for id, _ in wanted):
        try:
            document = library.document(id)
            files[id] = _cited_file(library, document)
            names[files[id]] = document.name if document else id
        except DocumentError as error:
            yield from ((place, error) for place in wanted if place[0] == id)
    tasks = {(files[id], index): (id, index) for id, index in wanted if id in files}
    pool = PebblePool(parse.workers, parse.memory_mb)
    render = partial(picture_in_worker, dpi)
    for task, result in pool.map(render, tasks, lambda task: parse.page_seconds):
        if isinstance(result, bytes):
            yield tasks[task], result
        else:
            path, index = task
            yield tasks[task], _fault(result, path, index, names[path])


class Renderer:
    """Pages of one library as pictures, for as long as a server runs; any thread may ask.

    One worker process renders page after page and then waits for more, because to start one
    takes seconds. Pictures are kept, at most `kept` bytes of them, those asked for last.
    """

    def __init__(self, library: Library, parse: ParseSettings, *, kept: int = KEPT_BYTES) -> None:
        from pagesight.adapters.pebble import PebblePool

        self._library = library
        self._seconds = parse.page_seconds
        # Somebody waits for a page: it goes before those that are being ingested.
        self._pool = PebblePool(1, parse.memory_mb, spare_seconds=None, niceness=0)
        self._rendering = threading.Lock()
        self._pictures = _Pictures(kept)
        self._digests = _Digests()
        self._stopped: dict[Place, tuple[float, DocumentError]] = {}
        """Until when a page is not tried again, on the monotonic clock, and why."""
        self._closed = False

    def picture(self, document_id: str, index: int, dpi: int, boxes: Sequence[BBox] = ()) -> bytes:
        """A page (0-based index) as PNG, with `boxes` (points) highlighted on it.

        Raises:
            MissingError: the document is not in the library.
            DocumentError: the page cannot be rendered, or the file has gone or changed since it
                was ingested. The message names no path.
            ServiceError: the worker cannot be started, or the renderer is closed.
        """
        document = self._library.document(document_id)
        if document is None:
            raise MissingError("there is no such document")
        key = (document_id, index, dpi)
        png = self._pictures.get(key)
        if png is None:
            path = _file(self._library, document, self._digests, "its file")
            with self._rendering:
                png = self._pictures.get(key)  # made while this one waited
                if png is None:
                    png = self._render(path, document, index, dpi)
                    self._pictures.put(key, png)
        if not boxes:
            return png
        width = self._library.pages(document_id)[index].width
        return highlighted(png, width, [Highlight(bbox=box) for box in boxes])

    def warm(self) -> None:
        """Starts the worker before somebody waits for it."""
        with self._rendering:
            if not self._closed:
                list(self._pool.map(warm_in_worker, [None], lambda _: WARM_SECONDS))

    def close(self) -> None:
        """Ends the worker: at once if it waits, else after the page that it is at."""
        self._closed = True
        if self._rendering.acquire(blocking=False):
            self._pool.close()
            self._rendering.release()

    def _render(self, path: Path, document: Document, index: int, dpi: int) -> bytes:
        if self._closed:
            raise ServiceError("pages are not rendered any more: the server is shutting down")
        place = (document.id, index)
        until, known = self._stopped.get(place, (0.0, None))
        if known is not None and time.monotonic() < until:
            raise known
        work = partial(picture_in_worker, dpi)
        [(_, result)] = self._pool.map(work, [(path, index)], lambda _: self._seconds)
        if self._closed:
            self._pool.close()
        if isinstance(result, bytes):
            return result
        fault = _fault(result, path, index, document.name)
        if isinstance(result, StoppedError):
            now = time.monotonic()
            self._stopped = {at: kept for at, kept in self._stopped.items() if kept[0] > now}
            self._stopped[place] = (now + STOPPED_SECONDS, fault)
        raise fault


class _Pictures:
    """The pictures asked for last, at most `most` bytes of them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, int, int], bytes] = OrderedDict()
        self._bytes = 0

    def get(self, key: tuple[str, int, int]) -> bytes | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, key: tuple[str, int, int], png: bytes) -> None:
        with self._lock:
            self._bytes += len(png) - len(self._kept.pop(key, b""))
            self._kept[key] = png
            while self._bytes > self._most:
                _, dropped = self._kept.popitem(last=False)
                self._bytes -= len(dropped)


class _Digests:
    """Digests of files, computed anew when a file's size or time has changed."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[int, int, str]] = {}

    def __call__(self, path: Path) -> str:
        stat = path.stat()
        size, changed, known = self._known.get(path, (-1, 0, ""))
        if (size, changed) != (stat.st_size, stat.st_mtime_ns):
            known = digest(path)
            self._known[path] = (stat.st_size, stat.st_mtime_ns, known)
        return known


def save_cited(
    library: Library, parse: ParseSettings, citations: Sequence[Citation], folder: Path
) -> Saved:
    """Writes every page that is cited as a PNG into the folder, with the boxes of the quotes and
    their marks: "1-manual-p31.png" is page 31 of manual.pdf, and [1] the first mark on it."""
    cited: dict[Place, list[Highlight]] = {}
    names: dict[Place, str] = {}
    for citation in citations:
        marked: set[int] = set()
        for box in citation.boxes:
            place = (citation.document_id, box.page_index)
            mark = "" if box.page_index in marked else f"[{citation.mark}]"
            marked.add(box.page_index)
            cited.setdefault(place, []).append(Highlight(bbox=box.bbox, mark=mark))
            names.setdefault(place, _name(citation, box.page_number))
    paths: dict[Place, Path] = {}
    faults: list[str] = []
    for place, result in page_pictures(library, parse, cited, CITED_DPI):
        if isinstance(result, bytes):
            id, index = place
            paths[place] = folder / names[place]
            width = library.pages(id)[index].width
            write_whole(paths[place], highlighted(result, width, cited[place]))
        else:
            faults.append(str(result))
    return Saved(paths=_ordered(paths, cited), faults=tuple(dict.fromkeys(faults)))


def _ordered(paths: Mapping[Place, Path], places: Iterable[Place]) -> tuple[Path, ...]:
    return tuple(paths[place] for place in places if place in paths)


def _cited_file(library: Library, document: Document | None) -> Path:
    if document is None:
        raise DocumentError("a cited document has left the library")
    return _file(library, document, digest, document.source)


def _file(
    library: Library, document: Document, digest_of: Callable[[Path], str], called: str
) -> Path:
    """The PDF of a document whose bytes are those that were ingested. `called` is what errors
    call the file."""
    path = library.original(document)
    try:
        same = digest_of(path) == document.id
    except OSError as error:
        raise DocumentError(
            f"{document.name}: its pages cannot be shown: {called} cannot be read "
            f"({error.strerror})"
        ) from error
    if not same:
        raise DocumentError(
            f"{document.name}: its pages cannot be shown: {called} has changed since it was "
            "ingested; ingest it again"
        )
    shown = library.shown(document)
    if not shown.is_file():
        raise DocumentError(
            f"{document.name}: its pages cannot be shown: the PDF that was made of it is gone; "
            "ingest it again with --reparse"
        )
    return shown


def _fault(result: Exception, path: Path, index: int, name: str) -> DocumentError:
    """Why a page has no picture; it names the file, and not where it is."""
    if isinstance(result, LockedError):
        return DocumentError(
            f"{name}: its pages cannot be shown: it is protected by a password, and passwords "
            "are not kept"
        )
    why = str(result).replace(str(path), name)
    return DocumentError(f"{name}, page {index + 1}: cannot be rendered ({why})")


def _name(citation: Citation, page: int) -> str:
    stem = re.sub(r"[^\w.-]+", "-", Path(citation.document).stem)[:_LONGEST_NAME].strip("-.")
    return f"{citation.mark}-{stem or 'document'}-p{page}.png"
