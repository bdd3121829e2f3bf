"""The jobs of a library that are known: those that wait, the one that runs, the latest that
ended; and who watches them."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from pagesight.errors import MissingError
from pagesight.results import Event
from pagesight.server.problems import unavailable
from pagesight.server.progress import Job, JobView, State

KEPT = 200
"""Ended jobs that are remembered."""
KEPT_FILES = 20_000
"""Files of ended jobs that are remembered: a job of paths may have thousands."""
MOST_QUEUED = 5_000
"""Jobs."""
WATCH_SECONDS = 0.1
"""Between two views of a job for one who watches it."""


class Board:
    """May be used from any thread; what it does takes moments, so that an event loop may wait for
    it. Whoever changes a job itself does so in `changing`."""

    def __init__(self) -> None:
        self._lock = threading.Condition(threading.RLock())
        self._jobs: dict[str, Job] = {}
        self._queue: deque[Job] = deque()
        self._watchers: dict[str, list[Callable[[], None]]] = {}
        self._poked = False
        self.closing = False
        """No more jobs are taken."""

    @property
    def waiting(self) -> int:
        """Jobs in the queue."""
        return len(self._queue)

    @property
    def watchers(self) -> int:
        """Watches that have not ended."""
        with self._lock:
            return sum(map(len, self._watchers.values()))

    def views(self) -> Sequence[JobView]:
        """All, newest first."""
        with self._lock:
            return [job.view() for job in reversed(self._jobs.values())]

    def view(self, id: str) -> JobView:
        """
        Raises:
            MissingError: there is no such job.
        """
        with self._lock:
            return self.job(id).view()

    def job(self, id: str) -> Job:
        """
        Raises:
            MissingError: there is no such job.
        """
        job = self._jobs.get(id)
        if job is None:
            raise MissingError(f"there is no job {id}")
        return job

    def some(self, wanted: Callable[[Job], bool]) -> Sequence[Job]:
        """The jobs that are wanted, oldest first."""
        with self._lock:
            return [job for job in self._jobs.values() if wanted(job)]

    def users(self, path: Path) -> Sequence[Job]:
        """The jobs that have not ended and need an uploaded file."""
        return self.some(lambda job: job.upload == path and not job.ended)

    def check_room(self) -> None:
        """
        Raises:
            Problem: 503, too many jobs are queued, or the server stops.
        """
        if self.closing:
            raise unavailable("stopping", "the server is shutting down: try again later")
        if len(self._queue) >= MOST_QUEUED:
            raise unavailable("too many jobs", f"{MOST_QUEUED:,} jobs are queued: try again later")

    def submit(self, job: Job) -> JobView:
        """Puts a job at the end of the queue."""
        with self.changing(job):
            job.state = "queued"
            self._jobs[job.id] = job
            self._queue.append(job)
            self._lock.notify_all()
            return job.view()

    def keep(self, job: Job) -> None:
        """Takes a job that has ended."""
        with self._lock:
            self._jobs[job.id] = job

    def unqueue(self, job: Job) -> bool:
        """Takes a job out of the queue; whether it was in it."""
        with self._lock:
            if job not in self._queue:
                return False
            self._queue.remove(job)
            return True

    def drop(self, job: Job) -> None:
        """Forgets a job."""
        with self.changing(job):
            self.unqueue(job)
            self._jobs.pop(job.id, None)

    def next(self) -> Job | None:
        """Waits for a job, which runs then; None when somebody pokes or closes."""
        with self._lock:
            while not (self._queue or self._poked or self.closing):
                self._lock.wait()
            if self._queue and not self.closing:
                with self.changing(self._queue.popleft()) as job:
                    job.state = "running"
                    job.set_all("parsing")
                    return job
            self._poked = False
            return None

    def take(self, job: Job, event: Event) -> None:
        """Notes what an event says about a job."""
        with self.changing(job):
            job.take(event)

    def end(self, job: Job, state: State, error: str) -> None:
        """A job has ended."""
        with self.changing(job):
            job.end(state, error)
            self._prune()

    def poke(self) -> None:
        """Wakes whoever waits for a job."""
        with self._lock:
            self._poked = True
            self._lock.notify_all()

    def close(self) -> None:
        """Takes no more jobs, and ends all watches."""
        with self._lock:
            self.closing = True
            self._lock.notify_all()
            for wakes in self._watchers.values():
                for wake in wakes:
                    wake()

    @contextmanager
    def changing(self, job: Job) -> Iterator[Job]:
        """While a job is changed; those who watch it are told."""
        with self._lock:
            yield job
            for wake in self._watchers.get(job.id, ()):
                wake()

    async def watch(self, id: str) -> AsyncGenerator[JobView, None]:
        """A job as it stands, and again after every change, until it has ended, is forgotten, or
        the server stops. Changes that come fast are shown together.

        Raises:
            MissingError: there is no such job.
        """
        loop = asyncio.get_running_loop()
        moved = asyncio.Event()

        def wake() -> None:
            with suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(moved.set)

        with self._lock:
            job = self.job(id)
            self._watchers.setdefault(id, []).append(wake)
        shown: JobView | None = None
        try:
            while True:
                moved.clear()
                with self._lock:
                    view, last = job.view(), job.ended or self.closing or id not in self._jobs
                if view != shown:
                    yield view
                if last:
                    return
                shown = view
                await moved.wait()
                await asyncio.sleep(WATCH_SECONDS)
        finally:
            with self._lock:
                self._watchers[id].remove(wake)
                if not self._watchers[id]:
                    del self._watchers[id]

    def _prune(self) -> None:
        """Forgets ended jobs, those that are done and old first."""
        ended = [job for job in self._jobs.values() if job.ended]
        ended.sort(key=lambda job: job.state != "done")
        files = sum(len(job.files) for job in ended)
        for number, job in enumerate(ended):
            if len(ended) - number <= KEPT and files <= KEPT_FILES:
                return
            files -= len(job.files)
            del self._jobs[job.id]
