"""Admission: how many questions are worked on at a time, how many may wait, and for how long.

Questions are work for processors. More of them at a time than there are cores make each slower
and none done earlier, so that the others wait in the order in which they came, and whoever would
wait in vain is told so at once.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pagesight.server.problems import Problem, unavailable

T = TypeVar("T")


class _End:
    """Comes after the last piece."""


@dataclass(eq=False, slots=True)
class _Job:
    """Work that has been let in."""

    gone: threading.Event = field(default_factory=threading.Event)
    """Nobody wants its pieces any more."""
    ended: bool = False
    lingering: bool = False
    """Its place was given to others before it ended."""


class Admission:
    """Lets `concurrent` pieces of work run at a time (0: one a core), in threads of its own, and
    `waiting` further ones wait for at most `wait_seconds`, in order of arrival.

    It belongs to the event loop that it is first used in.
    """

    def __init__(self, concurrent: int, waiting: int, wait_seconds: float) -> None:
        self._concurrent = concurrent or _cores()
        self._most_waiting = waiting
        self._wait_seconds = wait_seconds
        self._queue: deque[asyncio.Future[None]] = deque()
        self._jobs: set[_Job] = set()
        self._taken = 0
        self._closed = False
        self._idle = asyncio.Event()
        self._idle.set()
        # Twice as many: what is abandoned in the middle of a piece goes on until its end.
        self._threads = ThreadPoolExecutor(2 * self._concurrent, thread_name_prefix="question")

    @property
    def running(self) -> int:
        """Places that are taken."""
        return self._taken

    @property
    def waiting(self) -> int:
        return len(self._queue)

    @property
    def lingering(self) -> int:
        """Work that nobody waits for any more, and that has given its place away before its end."""
        return sum(job.lingering for job in self._jobs)

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` returns, from a thread, once there is a place.

        A cancelled caller gives its place up at once; the thread goes on to the end of `work`.

        Raises:
            Problem: 503, too many are waiting, it has waited for too long, or no more is let in.
        """
        async with aclosing(self.stream(lambda: (work() for _ in range(1)))) as results:
            async for result in results:
                return result
        raise AssertionError("a result or an error comes")

    async def stream(self, work: Callable[[], Iterator[T]]) -> AsyncGenerator[T, None]:
        """What the iterator that `work` makes gives, all from one thread, once there is a place.

        The pieces are kept for a consumer that is slower than the work, and never hold it up: the
        place is free when the work is done. When the consumer closes the stream or is cancelled,
        the place is free at once, and the iterator is closed in its thread instead of going on
        after the piece that it is at.

        Raises:
            Problem: see `run`.
        """
        await self._enter()
        job = _Job()
        self._jobs.add(job)
        loop = asyncio.get_running_loop()
        pieces: asyncio.Queue[T | _End] = asyncio.Queue()

        def tell(piece: T) -> None:
            loop.call_soon_threadsafe(pieces.put_nowait, piece)

        def end(task: asyncio.Future[Any]) -> None:
            task.exception()  # whoever has gone does not ask for it, and asyncio would complain
            self._end(job)
            pieces.put_nowait(_End())

        task = loop.run_in_executor(
            self._threads, copy_context().run, _advance, work, tell, job.gone
        )
        task.add_done_callback(end)
        try:
            while not isinstance(piece := await pieces.get(), _End):
                yield piece
            await task
            if job.gone.is_set():
                raise _refused("the server is shutting down")
        finally:
            self._abandon(job)

    async def drain(self, seconds: float) -> bool:
        """Lets no more in, sends away those that wait, and waits for what runs; whether all of it
        ended in time."""
        self._closed = True
        for turn in self._queue:
            if not turn.done():
                turn.set_exception(_refused("the server is shutting down"))
        self._queue.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        except TimeoutError:
            for job in self._jobs:
                job.gone.set()
            return False
        finally:
            self._threads.shutdown(wait=False)
        return True

    async def _enter(self) -> None:
        """Waits for a place and takes it."""
        if self._closed:
            raise _refused("the server is shutting down")
        if self._taken < self._concurrent and not self._queue:
            self._taken += 1
            self._idle.clear()
            return
        if len(self._queue) >= self._most_waiting:
            raise _refused(f"{len(self._queue)} questions are waiting already")
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            async with asyncio.timeout(self._wait_seconds):
                await turn
        except TimeoutError:
            self._give_up(turn)
            raise _refused(f"the question has waited for {self._wait_seconds:g} seconds") from None
        except asyncio.CancelledError:
            self._give_up(turn)
            raise

    def _give_up(self, turn: asyncio.Future[None]) -> None:
        """Leaves the queue, or the place that was given at the same moment."""
        if turn in self._queue:
            self._queue.remove(turn)
        elif not turn.cancelled() and turn.exception() is None:
            self._leave()

    def _leave(self) -> None:
        """Gives a place to whoever waits longest."""
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._taken -= 1
        if not self._taken and not self._jobs:
            self._idle.set()

    def _abandon(self, job: _Job) -> None:
        """Frees the place of a job that nobody waits for, unless too many such jobs go on."""
        job.gone.set()
        if not job.ended and self.lingering < self._concurrent:
            job.lingering = True
            self._leave()

    def _end(self, job: _Job) -> None:
        job.ended = True
        self._jobs.discard(job)
        if not job.lingering:
            self._leave()
        elif not self._taken and not self._jobs:
            self._idle.set()


def _advance(
    work: Callable[[], Iterator[T]], tell: Callable[[T], object], gone: threading.Event
) -> None:
    """Tells what an iterator gives until its end, or until nobody wants it; closes it then."""
    pieces = work()
    try:
        for piece in pieces:
            if gone.is_set():
                return
            tell(piece)
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            close()


def _cores() -> int:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _refused(why: str) -> Problem:
    return unavailable("too busy", f"{why}: try again later")
