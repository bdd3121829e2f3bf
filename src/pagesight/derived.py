"""Derived indexes: kept in step with the catalogue, checked after a crash, rebuilt when wrong.

Index NAME lives in the directory NAME-GENERATION. The catalogue's settings say which generation
serves, and whether a writer may have left it half-written ("dirty"). A rebuild fills the next
generation and then moves the setting: until that commit, the old one serves. They also say which
version of the program's rules made it: one of another version is built anew by the next writer.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Generic, TypeVar

from pagesight.apart import DiedError, do_apart
from pagesight.errors import LibraryError, ServiceError, SettingsError
from pagesight.feeds import (
    BATCH,
    AnyIndex,
    Done,
    Feed,
    batches,
    difference,
    difference_of_files,
    fill,
)
from pagesight.locks import SharedLock
from pagesight.ports import Catalogue

log = logging.getLogger(__name__)

Found = TypeVar("Found")


def in_silence(done: int, total: int) -> None:
    """Tells nobody how far a comparison is."""


class DerivedIndex(Generic[AnyIndex]):
    """One index, of whichever generation serves."""

    def __init__(
        self, name: str, folder: Path, catalogue: Catalogue, feed: Feed[AnyIndex], *, writable: bool
    ) -> None:
        self.name = name
        self._folder = folder
        self._catalogue = catalogue
        self._feed: Feed[AnyIndex] = feed
        self._writable = writable
        self._index: AnyIndex | None = None
        self._use = SharedLock()
        """Shared by who asks the index that is open, alone for who lets go of it."""
        self._opening = threading.Lock()
        self._seen: object = None
        """What `_stamp` was when a reader opened the index."""
        self._marked = False
        """This process has set the dirty flag."""
        self._sound = False
        """This process has checked the index, or built it."""
        self._failed = False

    def ask(self, question: Callable[[AnyIndex], list[Found]]) -> list[Found]:
        """The answer of the index as of the catalogue's last commit; [] where there is none.

        Raises:
            LibraryError: the index is damaged; a writer's start repairs it.
        """
        self._refresh()
        try:
            return self._answer(question)
        except LibraryError:
            if self._writable:
                raise
        # A reader may have caught the files while another process was writing them.
        self._let_go()
        return self._answer(question)

    def recover(self) -> str:
        """What a writer does first: checks the index, repairs it and brings it up to date.
        Returns what was wrong with it; "" if nothing was."""
        self._retire_others()
        stopped = self.stopped()
        fault = self.fault(thorough=stopped, careful=stopped)
        if fault:
            log.info("the %s index is rebuilt: %s", self.name, fault)
            self.rebuild()
        self._sound = True
        self.drain()
        return fault

    def fault(self, done: Done = in_silence, *, thorough: bool, careful: bool = True) -> str:
        """How the index differs from the catalogue, apart from what it still has to learn; ""
        if it does not. `thorough` compares every vector, otherwise only ids and samples;
        `careful` expects damage, which may bring down the process that reads it. A reader
        compares a copy of the files, because to open some of them is to write.

        Raises:
            SettingsError: there is no room for the copy.
        """
        waiting = {id for _, _, id in self._pending()}
        if self.generation() is None:
            return "it is missing" if self._feed.ids() - waiting else ""
        if not self._there():
            return "its directory is missing"
        if (self._catalogue.setting(_version_key(self.name)) or "") != self._feed.version:
            return "it was made by another version of the program"
        if self._writable and careful and self._feed.fragile and self._index is None:
            return self._difference(self._directory(), waiting, done, thorough)
        if self._writable:
            try:
                index = self._opened()
            except LibraryError as error:
                return str(error)
            return difference(self._feed, index, waiting, done, thorough=thorough)
        if self._feed.remote:
            return self._difference(self._directory(), waiting, done, thorough)
        # A copy may have been made while a search was opening the files.
        return self._copied(waiting, done, thorough) and self._copied(waiting, done, thorough)

    def drain(self) -> None:
        """Teaches the index what waits in the outbox; doing it twice is doing it once.

        The rows say which chunks to look at, the catalogue says what became of them.
        """
        while rows := self._catalogue.pending(self.name, BATCH):
            if self.generation() is None:
                self._catalogue.set_setting(_generation_key(self.name), "0")
                self._set_version()
            self._mark_dirty()
            ids = list(dict.fromkeys(id for _, _, id in rows))
            with self._guarded():
                index = self._opened()
                there = self._feed.add(index, ids)
                index.remove([id for id in ids if id not in there])
            self._catalogue.settle(self.name, rows[-1][0])

    def rebuild(self, *, spotless: bool = False) -> None:
        """Builds the next generation from the catalogue and lets it serve. `spotless` builds it
        in a process that never saw what is no longer in the catalogue: Chroma writes memory to
        its files that it did not clear."""
        learnt = self._pending()
        generation = self.build(self._feed, apart=spotless and self._feed.fragile)
        with self.unasked():
            self._catalogue.set_setting(_generation_key(self.name), str(generation))
            self._set_version()
            if learnt:
                self._catalogue.settle(self.name, learnt[-1][0])
            self.adopt()

    def unasked(self) -> AbstractContextManager[None]:
        """Inside, no other thread asks the index: questions wait for the end of the block."""
        return self._use.alone()

    def build(self, feed: Feed[AnyIndex], *, apart: bool = False) -> int:
        """Fills the directory of the next generation, in another process if `apart`, and returns
        its number."""
        self._mark_dirty()
        serving = self.generation()
        generation = 0 if serving is None else serving + 1
        directory = self._folder / f"{self.name}-{generation}"
        self._feed.drop(directory)
        if not apart:
            fill(feed, directory, in_silence)
            return generation
        try:
            do_apart(fill, feed, directory, told=in_silence)
        except DiedError as error:
            raise LibraryError(f"{directory} could not be built: {error}") from error
        return generation

    def adopt(self) -> None:
        """Turns to the generation that serves now, and drops the others."""
        self._let_go()
        self._sound = True
        self._failed = False
        self._retire_others()

    def generation(self) -> int | None:
        """None where nothing was ever indexed."""
        setting = self._catalogue.setting(_generation_key(self.name))
        return None if setting is None else int(setting)

    def others(self) -> list[Path]:
        """Directories of generations that do not serve."""
        found = self._folder.glob(f"{self.name}-*")
        return sorted(directory for directory in found if directory != self._directory())

    def drop_others(self) -> None:
        """Drops generations that do not serve.

        Raises:
            LibraryError: a directory cannot be removed.
            ServiceError: the server that keeps one is away.
        """
        for directory in self.others():
            self._feed.drop(directory)

    def dirty(self) -> bool:
        """A writer is at work on the index, or died while it was."""
        return bool(self._catalogue.setting(_dirty_key(self.name)))

    def stopped(self) -> bool:
        """Dirty, and not since this process has checked or built it."""
        return self.dirty() and not self._sound

    def generation_setting(self, generation: int) -> dict[str, str]:
        """The catalogue's setting that lets `generation` serve."""
        return {_generation_key(self.name): str(generation)}

    def waiting(self) -> tuple[list[str], set[str]]:
        """Ids in the outbox that come, and all ids in it."""
        rows = self._pending()
        return (
            list(dict.fromkeys(id for _, operation, id in rows if operation == "add")),
            {id for _, _, id in rows},
        )

    def close(self) -> None:
        """Lets go of the files; a writer that has checked them clears the dirty flag if nothing
        failed since."""
        with self._guarded():
            self._let_go()
        if self._sound and not self._failed and self.dirty():
            self._catalogue.set_setting(_dirty_key(self.name), "")

    def _copied(self, waiting: Collection[str], done: Done, thorough: bool) -> str:
        """How a copy of the files differs."""
        directory = self._directory()
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            copy = Path(folder) / self.name
            try:
                shutil.copytree(directory, copy)
            except OSError as error:
                raise SettingsError(
                    f"{directory} cannot be copied to be looked at ({error}): make room in "
                    f"{folder}, or set TMPDIR to a larger folder"
                ) from error
            fault = self._difference(copy, waiting, done, thorough)
            return fault.replace(str(copy), str(directory))

    def _difference(
        self, directory: Path, waiting: Collection[str], done: Done, thorough: bool
    ) -> str:
        """How the index in a directory differs, without bringing this process in danger."""
        if not self._feed.fragile:
            return difference_of_files(self._feed, directory, waiting, thorough, done)
        work = (difference_of_files, self._feed, directory, waiting, thorough)
        try:
            return str(do_apart(*work, told=done))
        except DiedError as error:
            return f"a process that read it came to its end: {error}"

    def _answer(self, question: Callable[[AnyIndex], list[Found]]) -> list[Found]:
        with self._use.shared():
            return [] if self.generation() is None else question(self._opened())

    def _refresh(self) -> None:
        # An index that is open does not learn what another process writes, and says nothing.
        if self._writable:
            return
        if self._stamp() != self._seen:
            with self._use.alone():
                self._let_go()
                self._seen = self._stamp()

    def _stamp(self) -> object:
        """Changes with whatever any process does to the index that serves. Until then, what the
        catalogue has more than the index is in the outbox."""
        return self.generation(), self._catalogue.settled(self.name)

    def _opened(self) -> AnyIndex:
        with self._opening:
            if self._index is None:
                directory = self._directory()
                if not self._writable and not self._there():
                    raise LibraryError(
                        f"index {directory} is missing: `pagesight doctor --repair` rebuilds it"
                    )
                self._index = self._feed.open(directory)
            return self._index

    def _let_go(self) -> None:
        with self._use.alone():
            index, self._index = self._index, None
            if index is not None:
                index.close()

    def _directory(self) -> Path:
        return self._folder / f"{self.name}-{self.generation()}"

    def _there(self) -> bool:
        directory = self._directory()
        return directory.is_dir() and any(directory.iterdir())

    def _retire_others(self) -> None:
        try:
            self.drop_others()
        except (LibraryError, ServiceError) as error:
            log.warning("a former %s index stays for now: %s", self.name, error)

    def _pending(self) -> list[tuple[int, str, str]]:
        return self._catalogue.pending(self.name)

    def _set_version(self) -> None:
        if self._feed.version:
            self._catalogue.set_setting(_version_key(self.name), self._feed.version)

    def _mark_dirty(self) -> None:
        if not self._marked:
            self._catalogue.set_setting(_dirty_key(self.name), "1")
            self._marked = True

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """What fails in here leaves the index dirty for the next writer to check."""
        try:
            yield
        except BaseException:
            self._failed = True
            raise


class MemoryIndex(Generic[AnyIndex]):
    """An index that is empty at every start, filled from the catalogue when it is first asked and
    whenever the catalogue has changed. It leaves the outbox to the index on disk."""

    def __init__(self, name: str, catalogue: Catalogue, feed: Feed[AnyIndex]) -> None:
        self.name = name
        self._catalogue = catalogue
        self._feed: Feed[AnyIndex] = feed
        self._index: AnyIndex | None = None
        self._one_at_a_time = threading.RLock()
        self._revision = -1

    def ask(self, question: Callable[[AnyIndex], list[Found]]) -> list[Found]:
        """The answer of the index as of the catalogue's last commit."""
        with self._one_at_a_time:
            revision = self._catalogue.revision()
            if self._index is None or revision != self._revision:
                self.close()
                self._index = self._feed.open(Path())
                for batch in batches(sorted(self._feed.ids())):
                    self._feed.add(self._index, batch)
                self._revision = revision
            return question(self._index)

    def recover(self) -> str:
        """There is nothing to repair."""
        return ""

    def fault(self, done: Done = in_silence, *, thorough: bool) -> str:
        """It cannot differ from the catalogue."""
        return ""

    def stopped(self) -> bool:
        """It is never left half-written."""
        return False

    def others(self) -> list[Path]:
        """It has no directory."""
        return []

    def drop_others(self) -> None:
        """It has none."""

    def drain(self) -> None:
        """It learns what is new when it is asked."""

    def rebuild(self) -> None:
        """It is built anew when it is asked."""
        self.close()

    def close(self) -> None:
        with self._one_at_a_time:
            index, self._index = self._index, None
            if index is not None:
                index.close()


def _generation_key(name: str) -> str:
    return f"{name}.generation"


def _version_key(name: str) -> str:
    return f"{name}.version"


def _dirty_key(name: str) -> str:
    return f"{name}.dirty"
