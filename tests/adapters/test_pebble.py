"""Worker processes: order, errors, limits, crashes, and that none outlives its pool."""

from __future__ import annotations

import ctypes
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import cast

import psutil
import pytest

from pagesight.adapters.pebble import TASKS_A_WORKER, PebblePool
from pagesight.errors import DocumentError, LibraryError
from tests.conftest import ROOT
from tests.processes import orphans, session

LIMIT_MB = 400
SECONDS = 2.0
"""Time limit of the tasks that hang."""
SLEEPER = (sys.executable, "-c", "import time; time.sleep(600)")
HOG = (sys.executable, "-c", "held = b'x' * 600_000_000; import time; time.sleep(600)")


class TwoParts(Exception):
    """Can be pickled, and not made again."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} {second}")


class Locked(Exception):
    """Cannot be pickled."""

    def __init__(self) -> None:
        super().__init__("the door is locked")
        self.lock = threading.Lock()


def loop() -> None:
    while True:
        pass


def native_loop() -> None:
    # Keeps the interpreter to itself: no thread and no handler of the process runs.
    ctypes.PyDLL(None).sleep(600)


def hog() -> None:
    held = []
    while True:
        held.append(b"x" * 10_000_000)
        time.sleep(0.01)


def fail(error: BaseException) -> None:
    raise error


ACTIONS: dict[str, Callable[[], object]] = {
    "loop": loop,
    "native loop": native_loop,
    "program that hangs": lambda: subprocess.run(SLEEPER, check=False),
    "exit": lambda: os._exit(11),
    "abort": os.abort,
    "segmentation fault": lambda: ctypes.string_at(0),
    "hog": hog,
    "program that hogs": lambda: subprocess.run(HOG, check=False),
    "bad file": lambda: fail(DocumentError("a.pdf: is damaged")),
    "full disk": lambda: fail(LibraryError("cannot write /crops/ab.png: no space left")),
    "timeout of its own": lambda: fail(TimeoutError("the share does not answer")),
    "error of two parts": lambda: fail(TwoParts("one", "two")),
    "error with a lock": lambda: fail(Locked()),
    "exit of the interpreter": lambda: sys.exit("good night"),
    "result that cannot be sent": lambda: threading.Lock(),
    "who": os.getpid,
    "temporary file": lambda: tempfile.mkstemp()[1],
}
STOPPED = "StoppedError: took longer than 2 s and was stopped (parse.page_seconds)"
HUNGRY = "StoppedError: needed more than 400 MB of memory and was stopped (parse.memory_mb)"
OUTCOMES = {
    "loop": STOPPED,
    "native loop": STOPPED,
    "program that hangs": STOPPED,
    "exit": "StoppedError: crashed the parser (exit code 11)",
    "abort": "StoppedError: crashed the parser (signal 6, SIGABRT)",
    "segmentation fault": "StoppedError: crashed the parser (signal 11, SIGSEGV)",
    "hog": HUNGRY,
    "program that hogs": HUNGRY,
    "bad file": "DocumentError: a.pdf: is damaged",
    "full disk": "LibraryError: cannot write /crops/ab.png: no space left",
    "timeout of its own": "TimeoutError: the share does not answer",
    "error of two parts": "DocumentError: TwoParts: one two",
    "error with a lock": "DocumentError: Locked: the door is locked",
    "exit of the interpreter": "DocumentError: SystemExit: good night",
    "result that cannot be sent": "TypeError: cannot pickle '_thread.lock' object",
}


def work(task: str) -> object:
    """Does what the task says."""
    return ACTIONS[task]() if task in ACTIONS else task.upper()


def limit(task: str) -> float:
    return SECONDS if "loop" in task or "hangs" in task else 60


def running(pool: PebblePool, tasks: Iterator[str]) -> Generator[tuple[str, object]]:
    return cast("Generator[tuple[str, object]]", pool.map(work, tasks, limit))


@pytest.fixture
def pool() -> Iterator[PebblePool]:
    made = PebblePool(2, LIMIT_MB)
    yield made
    made.close()


def started() -> set[int]:
    """Processes below this one, but for Python's own that cleans up."""
    processes = psutil.Process().children(recursive=True)
    return {each.pid for each in processes if "resource_tracker" not in str(each.cmdline())}


@pytest.fixture(scope="module")
def batch() -> dict[str, str]:
    """What every bad task comes to when they run together, good ones in between."""
    before = started()
    tasks = [task for bad in OUTCOMES for task in (bad, f"good after {bad}")]
    results = {}
    pool = PebblePool(2, LIMIT_MB)
    for task, result in running(pool, iter(tasks)):
        kind = f"{type(result).__name__}: " if isinstance(result, Exception) else ""
        results[task] = f"{kind}{result}"
    pool.close()
    assert list(results) == tasks
    assert started() == before
    return results


@pytest.mark.parametrize("bad", OUTCOMES)
def test_a_bad_task_costs_itself_and_says_why(batch: dict[str, str], bad: str) -> None:
    assert batch[bad] == OUTCOMES[bad]
    assert batch[f"good after {bad}"] == f"GOOD AFTER {bad.upper()}"


def test_tasks_are_taken_as_they_are_needed(pool: PebblePool) -> None:
    taken = []

    def tasks() -> Iterator[str]:
        for number in range(100):
            taken.append(number)
            yield str(number)

    results = running(pool, tasks())
    assert next(results) == ("0", "0")
    results.close()
    assert len(taken) < 20


def test_no_tasks_start_no_workers(pool: PebblePool) -> None:
    before = started()
    assert list(running(pool, iter(()))) == []
    assert started() == before


def test_workers_that_are_done_take_the_tasks_of_the_next_call(pool: PebblePool) -> None:
    first = {pid for _, pid in running(pool, iter(["who"] * 20))}
    workers = started()  # one that started late may have had none of the tasks
    assert first <= workers
    assert {pid for _, pid in running(pool, iter(["who"] * 20))} <= workers
    assert first <= started()
    pool.close()
    assert not workers & started()
    assert {pid for _, pid in running(pool, iter(["who"]))}.isdisjoint(workers)


def test_a_worker_is_replaced_after_its_share_of_tasks_without_losing_any() -> None:
    pool = PebblePool(1, LIMIT_MB)
    tasks = 2 * TASKS_A_WORKER + 1
    workers = [pid for _, pid in running(pool, iter(["who"] * tasks))]
    pool.close()
    assert len(workers) == tasks
    shares = [workers.count(pid) for pid in dict.fromkeys(workers)]
    assert shares == [TASKS_A_WORKER, TASKS_A_WORKER, 1]


def test_closing_kills_the_workers_and_what_they_run_and_removes_their_files(
    pool: PebblePool,
) -> None:
    before = started()
    results = running(pool, iter(["temporary file", "program that hangs", "native loop"]))
    file = Path(str(next(results)[1]))
    assert file.exists()
    assert len(started() - before) > 2
    results.close()
    assert started() == before
    assert not file.parent.exists()


def test_a_pool_survives_the_death_of_all_its_idle_workers(pool: PebblePool) -> None:
    results = running(pool, iter(["who"] * 40))
    seen = [next(results)[1]]
    time.sleep(0.5)  # those that were given out are done
    for worker in psutil.Process().children():
        if "spawn_main" in str(worker.cmdline()):
            worker.kill()
    seen += [pid for _, pid in results]
    assert len(seen) == 40
    assert seen[-1] != seen[0]
    assert all(isinstance(pid, int) for pid in seen)


PARENT = """
import sys
from pagesight.adapters.pebble import PebblePool
from tests.adapters.test_pebble import work

if __name__ == "__main__":
    for task, result in PebblePool(2).map(work, sys.argv[1:], lambda task: 600):
        print(result, flush=True)
"""


def parent(folder: Path, *tasks: str) -> subprocess.Popen[str]:
    """A process with a pool of its own; temporary files go into the folder."""
    script = folder / "parent.py"
    script.write_text(PARENT)
    return subprocess.Popen(
        [sys.executable, str(script), *tasks],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder)},
    )


@pytest.mark.parametrize("deadly", [signal.SIGKILL, signal.SIGTERM])
def test_no_worker_outlives_a_process_that_is_killed(tmp_path: Path, deadly: int) -> None:
    process = parent(tmp_path, "good", "native loop", "program that hangs")
    assert process.stdout is not None
    assert process.stdout.readline() == "GOOD\n"
    while " ".join(SLEEPER) not in session(process.pid):
        time.sleep(0.1)
    process.send_signal(deadly)
    process.wait()
    assert not orphans(process.pid)
    assert [path.name for path in tmp_path.iterdir()] == ["parent.py"]


def test_no_worker_outlives_a_process_that_is_killed_while_they_start(tmp_path: Path) -> None:
    rng = random.Random(1)
    for _ in range(6):
        process = parent(tmp_path, *["who"] * 50)
        time.sleep(rng.uniform(0.2, 1.0))
        process.kill()
        process.communicate()
        assert not orphans(process.pid)


def test_workers_that_wait_end_with_their_process(tmp_path: Path) -> None:
    process = parent(tmp_path, "good", "better")
    assert process.communicate(timeout=60)[0] == "GOOD\nBETTER\n"
    assert process.returncode == 0
    assert not orphans(process.pid)
    assert [path.name for path in tmp_path.iterdir()] == ["parent.py"]


def niceness(_: str) -> int:
    return os.nice(0)


def test_workers_wait_for_further_tasks_as_long_as_they_are_told() -> None:
    before = started()
    pool = PebblePool(1, LIMIT_MB, spare_seconds=0.0)
    assert list(running(pool, iter(["a"]))) == [("a", "A")]
    deadline = time.monotonic() + 30
    while started() != before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert started() == before
    pool = PebblePool(1, LIMIT_MB, spare_seconds=None)
    list(running(pool, iter(["a"])))
    waiting = started() - before
    assert not any(isinstance(thread, threading.Timer) for thread in threading.enumerate())
    list(running(pool, iter(["b"])))
    assert started() - before == waiting
    pool.close()
    assert started() == before


def test_workers_are_as_nice_as_they_are_told() -> None:
    pool = PebblePool(1, LIMIT_MB, niceness=3)
    assert [result for _, result in pool.map(niceness, ["a"], limit)] == [os.nice(0) + 3]
    pool.close()
