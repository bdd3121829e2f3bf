"""Parsing as ingest does it, without a library: the same workers, limits and assembly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import perf_counter

from pagesight.assembly import assemble
from pagesight.document import DocumentProfile, PageContent, ParsedDocument
from pagesight.errors import DocumentError, PagesightError, SettingsError, StoppedError
from pagesight.ingest.looking import PROFILE_SECONDS
from pagesight.ingest.parsing import ParsedWindow, Window, lost_page
from pagesight.ports import WorkerPool
from pagesight.renditions import RENDITIONS, Renditions
from pagesight.settings import Settings
from pagesight.workers import (
    crops_folder,
    parse_in_worker,
    profile_in_worker,
    window_picture_in_worker,
)

PAGE_DPI = 110
"""Of pages that are shown: the resolution at which the server shows them, print stays readable."""

Done = Callable[[int, int], None]
"""Told (pages done, pages in all)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """A parsed document, and what the parser said of its pages before they were assembled."""

    parsed: ParsedDocument
    contents: tuple[PageContent, ...]
    """By page."""
    cpu_seconds: tuple[float, ...]
    """Processor seconds of each of them, without those of programs for OCR; 0 for a page that was
    stopped."""
    wall_seconds: float
    crops: Path
    """The folder of the crop store that the elements' images are keys of."""


@dataclass(slots=True)
class Inspector:
    """Parses pages of a file, and draws them. Crops go into `folder`."""

    settings: Settings
    folder: Path
    pool: WorkerPool
    passwords: tuple[str, ...] = field(default=(), repr=False)

    @staticmethod
    def build(settings: Settings, folder: Path, passwords: tuple[str, ...] = ()) -> Inspector:
        """With the worker processes of the settings."""
        from pagesight.adapters.pebble import PebblePool

        pool = PebblePool(settings.parse.workers, settings.parse.memory_mb, niceness=0)
        return Inspector(settings, folder, pool, passwords)

    def inspect(self, path: Path, pages: tuple[int, int] | None, done: Done) -> Inspected:
        """Parses the pages [first, last], 0-based, by default all. A page that hangs or crashes
        costs that page only. What spans pages (running headers, headings) is judged by the pages
        parsed.

        Raises:
            DocumentError: the file cannot be parsed.
            SettingsError: it has none of these pages.
        """
        started = perf_counter()
        profile = self._profile(path)
        wanted = _wanted(profile, pages)
        contents: list[PageContent] = []
        seconds: list[float] = []
        done(0, len(wanted))
        for window, result in self.pool.map(
            partial(parse_in_worker, self.settings, self.folder),
            (self._window(path, index) for index in wanted),
            lambda _: self.settings.parse.page_seconds,
        ):
            content, spent = _page_of(window, result)
            contents.append(content)
            seconds.append(spent)
            done(len(contents), len(wanted))
        return Inspected(
            parsed=assemble(profile, contents),
            contents=tuple(contents),
            cpu_seconds=tuple(seconds),
            wall_seconds=perf_counter() - started,
            crops=crops_folder(self.folder),
        )

    def pictures(self, inspected: Inspected) -> Iterator[bytes]:
        """Each of its pages as PNG, in order; b"" for one that cannot be drawn."""
        profile = inspected.parsed.profile
        made = Renditions(self.folder / RENDITIONS).path(profile.id)
        path = made if made.is_file() else Path(profile.source)
        draw = partial(window_picture_in_worker, PAGE_DPI)
        windows = (self._window(path, page.index) for page in inspected.parsed.pages)
        for _, result in self.pool.map(draw, windows, lambda _: self.settings.parse.page_seconds):
            yield result if isinstance(result, bytes) else b""

    def _profile(self, path: Path) -> DocumentProfile:
        look = partial(profile_in_worker, self.settings, self.folder)
        task = (path, self.passwords)
        [(_, result)] = self.pool.map(look, [task], lambda _: PROFILE_SECONDS)
        if isinstance(result, DocumentProfile):
            return result
        raise _said(path, result)

    def _window(self, path: Path, index: int) -> Window:
        return Window(path=path, start=index, stop=index + 1, passwords=self.passwords)


def _wanted(profile: DocumentProfile, pages: tuple[int, int] | None) -> range:
    first, last = pages or (0, profile.page_count - 1)
    if first >= profile.page_count:
        count = f"{profile.page_count} page{'' if profile.page_count == 1 else 's'}"
        raise SettingsError(f"{profile.source} has {count}: there is no page {first + 1}")
    return range(first, min(last + 1, profile.page_count))


def _page_of(window: Window, result: ParsedWindow | Exception) -> tuple[PageContent, float]:
    match result:
        case ParsedWindow():
            [content] = result.contents
            return content, result.cpu_seconds
        case StoppedError():
            return lost_page(window.start, result), 0.0
        case _:
            raise _said(window.path, result)


def _said(path: Path, error: Exception) -> PagesightError:
    if isinstance(error, PagesightError):
        return error
    return DocumentError(f"{path}: {error or type(error).__name__}")
