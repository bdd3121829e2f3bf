"""One writer to a library at a time, by a lock on a file."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock, Timeout

from pagesight.errors import LibraryError

PATIENCE = 0.2
"""Seconds that taking the lock waits: longer than `held` takes to look."""


class FileWriterLock:
    """WriterLock on the file `path`. The system drops it when its process dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = FileLock(path, is_singleton=False)

    def acquire(self) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=PATIENCE)
        except Timeout:
            raise LibraryError(
                f"another pagesight process is writing to {self._path.parent}: wait until it is "
                "done, or stop it"
            ) from None
        except (OSError, NotImplementedError) as error:
            raise LibraryError(
                f"cannot lock {self._path} for writing ({error}): make the folder writable, or "
                "choose another with --library"
            ) from error

    def release(self) -> None:
        self._lock.release()

    def held(self) -> bool:
        # There is no way to look without taking it.
        if not self._path.is_file():
            return False
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            return True
        except (OSError, NotImplementedError):
            return False  # who may not take it cannot know
        self._lock.release()
        return False
