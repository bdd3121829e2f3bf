"""How much memory a process and those below it held at most."""

from __future__ import annotations

import threading
from contextlib import suppress
from types import TracebackType

import psutil

EVERY = 0.1
"""Seconds between two looks."""


class Peaks:
    """Watches a process while the block runs; afterwards megabytes (10^6 bytes, resident)."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.main = 0
        self.worker = 0
        """Of the largest process below it."""
        self.together = 0

    def __enter__(self) -> Peaks:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(EVERY):
            with suppress(psutil.Error):
                main = _megabytes(self._process)
                below = [_megabytes(child) for child in self._process.children(recursive=True)]
                self.main = max(self.main, main)
                self.worker = max(self.worker, *below, 0)
                self.together = max(self.together, main + sum(below))


def _megabytes(process: psutil.Process) -> int:
    with suppress(psutil.NoSuchProcess):
        return int(process.memory_info().rss) // 1_000_000
    return 0
