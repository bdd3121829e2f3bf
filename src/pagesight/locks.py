"""A lock that many may share."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class SharedLock:
    """Any number of threads share what it guards, or one has it alone.

    Who wants it alone waits for those that share it, and new ones wait for him. The thread that has
    it alone may take it again, either way; a thread that shares it may not share it again.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._sharing: set[int] = set()
        """Threads."""
        self._wanting = 0
        """Threads that wait to have it alone."""
        self._owner: int | None = None
        """The thread that has it alone."""

    @property
    def wanted(self) -> bool:
        """Some thread waits to have it alone."""
        return self._wanting > 0

    @contextmanager
    def shared(self) -> Iterator[None]:
        if self._owner == threading.get_ident():
            yield
            return
        with self._changed:
            while self._wanting or self._owner is not None:
                self._changed.wait()
            self._sharing.add(threading.get_ident())
        try:
            yield
        finally:
            with self._changed:
                self._sharing.discard(threading.get_ident())
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        if self._owner == threading.get_ident():
            yield
            return
        with self._changed:
            # Ctrl-C may end a share before it is given back; its thread then closes what is open.
            self._sharing.discard(threading.get_ident())
            self._wanting += 1
            try:
                while self._sharing or self._owner is not None:
                    self._changed.wait()
                self._owner = threading.get_ident()
            finally:
                self._wanting -= 1
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._owner = None
                self._changed.notify_all()
