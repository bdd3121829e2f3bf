"""Worker processes that can be killed, from pebble: a hang or a crash costs one task."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import TimeoutError
from typing import Any

from pebble import ProcessExpired, ProcessPool

from pagesight.errors import DocumentError
from pagesight.ports import Result, Task

TASKS_A_WORKER = 200
"""A worker is replaced after this many tasks, so that native leaks cannot add up."""


class PebblePool:
    """Implements WorkerPool. `workers` 0 means one a core."""

    def __init__(self, workers: int) -> None:
        self._workers = workers or _cores()

    def map(
        self,
        function: Callable[[Task], Result],
        tasks: Iterable[Task],
        limit: Callable[[Task], float],
    ) -> Iterator[tuple[Task, Result | Exception]]:
        """See the port. Twice as many tasks as workers are under way or done and not yet taken;
        closing the iterator kills the workers."""
        waiting = iter(tasks)
        first = next(waiting, None)
        if first is None:
            return
        pool = ProcessPool(
            max_workers=self._workers,
            max_tasks=TASKS_A_WORKER,
            initializer=_ignore_interrupt,
            context=multiprocessing.get_context("spawn"),
        )
        running: deque[tuple[Task, float, Any]] = deque()

        def schedule(task: Task) -> None:
            seconds = limit(task)
            running.append((task, seconds, pool.schedule(function, args=(task,), timeout=seconds)))

        try:
            schedule(first)
            while running:
                while (
                    len(running) < 2 * self._workers and (task := next(waiting, None)) is not None
                ):
                    schedule(task)
                done, seconds, future = running.popleft()
                yield done, _outcome(future, seconds)
        finally:
            pool.stop()
            pool.join()


def _cores() -> int:
    """Cores that this process may use; macOS and Windows tell only how many there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _outcome(future: Any, seconds: float) -> Any:
    try:
        return future.result()
    except TimeoutError:
        return DocumentError(f"took longer than {seconds:g} s and was stopped (parse.page_seconds)")
    except ProcessExpired as error:
        return DocumentError(f"crashed the parser (exit code {error.exitcode})")
    except Exception as error:
        return error


def _ignore_interrupt() -> None:
    """Ctrl-C is the parent's to handle: it stops the workers itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
