"""Worker processes: order, errors, time limits and crashes."""

from __future__ import annotations

import os
import time

from pagesight.adapters.pebble import PebblePool
from pagesight.errors import DocumentError


def work(task: str) -> str:
    """Does what the task says."""
    if task == "hang":
        time.sleep(60)
    if task == "crash":
        os._exit(11)
    if task == "fail":
        raise DocumentError("a.pdf: is damaged")
    return task.upper()


def run(*tasks: str, limit: float = 20) -> list[str]:
    pool = PebblePool(2)
    return [f"{task}: {result}" for task, result in pool.map(work, tasks, lambda task: limit)]


def test_results_come_in_the_order_of_the_tasks() -> None:
    assert run("a", "b", "c") == ["a: A", "b: B", "c: C"]


def test_a_task_that_fails_or_crashes_costs_nobody_else() -> None:
    results = run("a", "fail", "crash", "b")
    assert results[0] == "a: A"
    assert results[1] == "fail: a.pdf: is damaged"
    assert results[2].startswith("crash: crashed the parser (exit code")
    assert results[3] == "b: B"


def test_a_task_that_hangs_is_stopped_at_its_limit() -> None:
    started = time.monotonic()
    results = run("hang", "a", limit=5)
    assert results == ["hang: took longer than 5 s and was stopped (parse.page_seconds)", "a: A"]
    assert time.monotonic() - started < 40


def test_tasks_are_taken_as_they_are_needed() -> None:
    taken = []

    def tasks() -> object:
        for number in range(100):
            taken.append(number)
            yield str(number)

    results = PebblePool(2).map(work, tasks(), lambda task: 20)  # type: ignore[arg-type]
    assert next(results)[1] == "0"
    results.close()  # type: ignore[attr-defined]
    assert len(taken) < 10


def test_no_tasks_start_no_workers() -> None:
    assert run() == []
