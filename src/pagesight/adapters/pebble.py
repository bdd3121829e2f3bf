"""Worker processes that can be killed, from pebble: a hang, a crash or a hog costs one task.

The workers of a pool and whatever they start (tesseract) are one process group. Its leader is a
shell that waits until this process ends, in whatever way, and then ends the group: no worker
parses on, whether it waits for a program or never comes back from native code. POSIX only.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import pickle
import signal
import subprocess
import tempfile
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, TimeoutError
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any, Generic

import psutil
from pebble import ProcessExpired, ProcessPool

from pagesight.errors import DocumentError, ServiceError, StoppedError
from pagesight.ports import Result, Task

TASKS_A_WORKER = 200
"""A worker is replaced after this many tasks, so that native leaks cannot add up."""
AHEAD = 4
"""Tasks a worker that are under way, or done and not yet taken: results are small, and workers
must not starve while the process that takes them embeds for half a minute."""
LEAST_MEMORY_MB = 1_500
"""Of a worker, where the limit is not set: a parser with its layout model takes 450, and
tesseract on a page at 300 dpi as much again."""
WATCH_SECONDS = 0.2
"""Between two looks at the workers' memory; it grows by less than a gigabyte in between."""
SPARE_SECONDS = 10.0
"""That workers without tasks are kept, where nothing else is said: files are looked at first,
and then parsed."""
BREAKS = 3
"""Times in a row that all workers are replaced without any result, before it is given up."""
WORKER_NICENESS = 5
"""Added to this process's own: a worker then gets a quarter of a processor that both want. With
less, its pages would come to their limits of time on a busy machine."""

_MEGABYTE = 1_000_000
_CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
"""Bytes that a container may use, or "max"."""
_LEADER = 'trap "" TERM; read -r _ || { kill -TERM 0; sleep 1; }; kill -TERM 0; rm -rf -- "$1"'
"""Of a process group: waits for a line or the end of its standard input, ends the others and
removes their temporary folder. Where no line came, a worker may just be joining the group."""


@dataclass(slots=True)
class _Job(Generic[Task]):
    task: Task
    seconds: float
    future: Future[bytes] | None = None

    @property
    def lost(self) -> bool:
        """It was given to workers that broke down before it was done."""
        if self.future is None:
            return False
        return not self.future.done() or isinstance(self.future.exception(), RuntimeError)


class PebblePool:
    """Implements WorkerPool. `workers` 0 means one a core.

    `memory_mb` (10^6 bytes) limits what a worker and the programs that it runs hold in memory
    together; 0 means its share of half of the machine's, but at least 1,500.

    Workers that have done all tasks of one `map` wait `spare_seconds` for another, because each
    imports the parser anew; None: until the pool is closed. `niceness` is added to this
    process's own.
    """

    def __init__(
        self,
        workers: int,
        memory_mb: int = 0,
        *,
        spare_seconds: float | None = SPARE_SECONDS,
        niceness: int = WORKER_NICENESS,
    ) -> None:
        self._workers = workers or _cores()
        self._memory_mb = memory_mb or max(
            LEAST_MEMORY_MB, _memory() // _MEGABYTE // 2 // self._workers
        )
        self._spare_seconds = spare_seconds
        self._niceness = niceness
        self._lock = threading.Lock()
        self._spare: _Crew | None = None

    def map(
        self,
        function: Callable[[Task], Result],
        tasks: Iterable[Task],
        limit: Callable[[Task], float],
    ) -> Iterator[tuple[Task, Result | Exception]]:
        """See the port. At most `AHEAD` tasks a worker are under way or done and not yet taken;
        closing the iterator kills the workers.

        Raises:
            ServiceError: workers die before they take a task, again and again.
        """
        upcoming = iter(tasks)
        jobs: deque[_Job[Task]] = deque()
        crew: _Crew | None = None
        breaks = 0
        try:
            while True:
                for task in islice(upcoming, AHEAD * self._workers - len(jobs)):
                    jobs.append(_Job(task, limit(task)))
                if not jobs:
                    break
                crew = crew or self._taken(min(self._workers, len(jobs)))
                try:
                    outcome: Any = crew.outcome(function, jobs)
                except RuntimeError as error:
                    # A worker that dies between two tasks can take pebble's whole pool along.
                    breaks += 1
                    if breaks == BREAKS:
                        raise ServiceError(
                            "the worker processes die before they begin to work: make sure that "
                            "there is memory for them (parse.workers, parse.memory_mb)"
                        ) from error
                    crew.close()
                    crew = None
                    for job in jobs:
                        job.future = None if job.lost else job.future
                    continue
                breaks = 0
                yield jobs.popleft().task, outcome
            if crew is not None:
                self._keep(crew)
                crew = None
        finally:
            if crew is not None:
                crew.close()

    def close(self) -> None:
        """Ends the workers that wait for tasks; more tasks start others."""
        with self._lock:
            spare, self._spare = self._spare, None
        if spare is not None:
            spare.close()

    def _taken(self, workers: int) -> _Crew:
        with self._lock:
            spare, self._spare = self._spare, None
        if spare is not None:
            if spare.workers >= workers:
                return spare
            spare.close()
        return _Crew(workers, self._memory_mb, self._niceness)

    def _keep(self, crew: _Crew) -> None:
        self.close()
        with self._lock:
            self._spare = crew
        if self._spare_seconds is None:
            return
        timer = threading.Timer(self._spare_seconds, self._dismiss, [crew])
        timer.daemon = True
        timer.start()

    def _dismiss(self, crew: _Crew) -> None:
        """Ends these workers if they are still waiting."""
        if self._spare is crew:
            self.close()


class _Crew:
    """Worker processes that start, are watched and end together."""

    def __init__(self, workers: int, memory_mb: int, niceness: int) -> None:
        self.workers = workers
        self._memory_mb = memory_mb
        folder = tempfile.mkdtemp(prefix="pagesight-")
        self._leader = subprocess.Popen(
            ["sh", "-c", _LEADER, "sh", folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,
            env={"PATH": os.defpath},
        )
        self._pool = ProcessPool(
            max_workers=workers,
            max_tasks=TASKS_A_WORKER,
            initializer=_begin,
            initargs=(os.getpid(), self._leader.pid, folder, niceness),
            context=multiprocessing.get_context("spawn"),
        )
        self._hogs: set[int] = set()
        """Workers that were killed for what they held in memory."""
        self._closed = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()
        atexit.register(self.close)

    def outcome(self, function: Callable[[Task], Result], jobs: deque[_Job[Task]]) -> Any:
        """Gives out the jobs that nobody has, and waits for what the first of all comes to: the
        result, or the error.

        Raises:
            RuntimeError: the pool is broken.
        """
        with _uninterrupted_children():
            for job in jobs:
                if job.future is None:
                    job.future = self._pool.schedule(
                        _packed, args=(function, job.task), timeout=job.seconds
                    )
        first = jobs[0]
        assert first.future is not None
        try:
            packed = first.future.result()
        except TimeoutError:
            return StoppedError(
                f"took longer than {first.seconds:g} s and was stopped (parse.page_seconds)"
            )
        except ProcessExpired as error:
            return StoppedError(self._cause(error))
        except RuntimeError:
            raise
        except Exception as error:
            return error  # the task could not be sent
        return pickle.loads(packed)

    def close(self) -> None:
        """Kills the workers and what they started, and removes their temporary files."""
        atexit.unregister(self.close)
        self._pool.stop()
        self._pool.join()
        self._closed.set()
        self._watcher.join()
        self._leader.communicate(b"\n")

    def _cause(self, end: ProcessExpired) -> str:
        if end.pid in self._hogs:
            self._hogs.remove(end.pid)
            return (
                f"needed more than {self._memory_mb} MB of memory and was stopped (parse.memory_mb)"
            )
        if end.exitcode < 0:
            return (
                f"crashed the parser (signal {-end.exitcode}, {signal.Signals(-end.exitcode).name})"
            )
        return f"crashed the parser (exit code {end.exitcode})"

    def _watch(self) -> None:
        """Kills workers that hold too much, and what workers that are gone left running."""
        while not self._closed.wait(WATCH_SECONDS):
            for worker, family in _families(self._leader.pid).items():
                if worker is not None:
                    if sum(map(_held, family)) <= self._memory_mb * _MEGABYTE:
                        continue
                    self._hogs.add(worker)
                for process in family:
                    with suppress(psutil.Error):
                        process.kill()


@contextmanager
def _uninterrupted_children() -> Iterator[None]:
    """Threads that are started meanwhile, and the processes that these start, do not see Ctrl-C:
    a worker that is just starting, not in its group yet, would show where it was interrupted.
    Pebble starts its threads with the first task."""
    # Which would let the thread that starts it, and a worker with it, see Ctrl-C again.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _cores() -> int:
    """Cores that this process may use; macOS tells only how many there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory() -> int:
    """Bytes that this machine, or the container, has."""
    total = int(psutil.virtual_memory().total)
    with suppress(OSError, ValueError):
        return min(total, int(_CGROUP_LIMIT.read_text()))
    return total


def _begin(parent: int, leader: int, folder: str, niceness: int) -> None:
    """What a worker does first; one that comes too late ends at once."""
    with suppress(OSError):
        os.setpgid(0, leader)
    if os.getpgrp() != leader or os.getppid() != parent:
        os._exit(1)
    # pebble's own handler waits for native code to return, which it may never do.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # Whoever waits for an answer goes first where processors are few.
    os.nice(niceness)
    tempfile.tempdir = folder


def _packed(function: Callable[[Task], Result], task: Task) -> bytes:
    """What the function gives or raises, pickled. pebble would pickle it where a failure to do
    so, or to unpickle it on the other side, breaks the pool."""
    try:
        return pickle.dumps(function(task))
    except BaseException as error:
        return _packed_error(error)


def _packed_error(error: BaseException) -> bytes:
    """The error itself, or a DocumentError that names it where it cannot be pickled and made
    again, or would end this process when it is raised there."""
    with suppress(Exception):
        packed = pickle.dumps(error)
        if isinstance(pickle.loads(packed), Exception):
            return packed
    return pickle.dumps(DocumentError(f"{type(error).__name__}: {error}"))


def _families(leader: int) -> dict[int | None, list[psutil.Process]]:
    """The processes of a group by the worker that they are or come from; those of workers that
    are gone by None. Without the leader."""
    parents: dict[int, int] = {}
    members: dict[int, psutil.Process] = {}
    for pid in psutil.pids():
        with suppress(OSError, psutil.Error):
            if pid != leader and os.getpgid(pid) == leader:
                process = psutil.Process(pid)
                parents[pid], members[pid] = process.ppid(), process
    families: dict[int | None, list[psutil.Process]] = defaultdict(list)
    for pid, process in members.items():
        while parents[pid] in parents:
            pid = parents[pid]
        families[pid if parents[pid] == os.getpid() else None].append(process)
    return families


def _held(process: psutil.Process) -> int:
    """Bytes in memory; 0 for one that is gone."""
    with suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0
