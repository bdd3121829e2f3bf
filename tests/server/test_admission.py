"""Admission: how much runs at a time, who waits, and what becomes of work that nobody wants."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import aclosing
from contextvars import ContextVar
from dataclasses import dataclass, field

import pytest

from pagesight.server.admission import Admission
from pagesight.server.problems import Problem

LONG = 30.0
"""Seconds that no test gets near to, unless it fails."""

told: ContextVar[str] = ContextVar("told", default="")


@dataclass
class Held:
    """Work that goes on until it is let go, and tells when it began and how it ended."""

    begun: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)
    closed: threading.Event = field(default_factory=threading.Event)
    threads: list[int] = field(default_factory=list)
    finished: bool = False

    def run(self) -> str:
        self.begun.set()
        assert self.go.wait(LONG)
        return "done"

    def pieces(self) -> Iterator[int]:
        """One piece, and two more once it is let go."""
        self.threads.append(threading.get_ident())
        try:
            yield 1
            self.begun.set()
            assert self.go.wait(LONG)
            yield 2
            yield 3
            self.finished = True
        finally:
            self.threads.append(threading.get_ident())
            self.closed.set()


async def reached(event: threading.Event) -> None:
    """Waits for what a thread says."""
    assert await asyncio.to_thread(event.wait, LONG)


async def first_piece(admission: Admission, work: Held) -> None:
    """Takes one piece and goes away, when the work is in the middle of the next."""
    async with aclosing(admission.stream(work.pieces)) as pieces:
        assert await anext(pieces) == 1
        await reached(work.begun)


def test_work_is_done_in_another_thread_and_sees_the_context_of_its_caller() -> None:
    async def test() -> tuple[int, str]:
        told.set("request 7")
        return await Admission(1, 0, LONG).run(lambda: (threading.get_ident(), told.get()))

    thread, context = asyncio.run(test())
    assert thread != threading.get_ident()
    assert context == "request 7"


def test_the_error_of_the_work_is_that_of_the_caller_and_frees_the_place() -> None:
    async def test() -> None:
        admission = Admission(1, 0, LONG)
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                await admission.run(lambda: 1 // 0)
        assert await admission.run(lambda: "still there") == "still there"

    asyncio.run(test())


def test_the_others_wait_and_come_in_the_order_in_which_they_asked() -> None:
    async def test() -> None:
        admission, work, came = Admission(2, 8, LONG), [Held(), Held()], list[int]()
        first = [asyncio.create_task(admission.run(each.run)) for each in work]
        for each in work:
            await reached(each.begun)
        later = [
            asyncio.create_task(admission.run(lambda number=number: came.append(number)))  # type: ignore[misc]
            for number in range(5)
        ]
        await asyncio.sleep(0)
        assert (admission.running, admission.waiting, came) == (2, 5, [])
        work[0].go.set()
        await asyncio.gather(*later)
        assert came == [0, 1, 2, 3, 4]
        work[1].go.set()
        assert await asyncio.gather(*first) == ["done", "done"]
        assert (admission.running, admission.waiting) == (0, 0)

    asyncio.run(test())


def test_whoever_finds_the_queue_full_is_told_at_once_when_to_come_again() -> None:
    async def test() -> None:
        admission, work = Admission(1, 1, LONG), Held()
        tasks = [asyncio.create_task(admission.run(work.run)) for _ in range(2)]
        await reached(work.begun)
        with pytest.raises(Problem) as refused:
            await admission.run(work.run)
        assert refused.value.status == 503
        assert refused.value.headers is not None
        assert int(refused.value.headers["Retry-After"]) > 0
        work.go.set()
        assert await asyncio.gather(*tasks) == ["done", "done"]

    asyncio.run(test())


def test_whoever_has_waited_for_too_long_is_refused_and_leaves_the_queue() -> None:
    async def test() -> None:
        admission, work = Admission(1, 1, 0.01), Held()
        task = asyncio.create_task(admission.run(work.run))
        await reached(work.begun)
        for _ in range(3):
            with pytest.raises(Problem, match=r"waited for 0\.01 seconds"):
                await admission.run(work.run)
            assert admission.waiting == 0
        work.go.set()
        assert await task == "done"

    asyncio.run(test())


def test_whoever_goes_away_while_waiting_leaves_the_queue() -> None:
    async def test() -> None:
        admission, work = Admission(1, 1, LONG), Held()
        task = asyncio.create_task(admission.run(work.run))
        await reached(work.begun)
        waiting = asyncio.create_task(admission.run(work.run))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        assert admission.waiting == 0
        work.go.set()
        await task
        assert admission.running == 0

    asyncio.run(test())


def test_a_place_that_is_given_to_one_who_goes_at_the_same_moment_is_not_lost() -> None:
    async def test() -> None:
        admission, work = Admission(1, 1, LONG), Held()
        pieces = admission.stream(work.pieces)
        await anext(pieces)
        waiting = asyncio.create_task(admission.run(work.run))
        await asyncio.sleep(0)
        await pieces.aclose()
        waiting.cancel()
        await asyncio.wait([waiting])
        assert admission.running == 0
        work.go.set()
        assert await admission.drain(LONG)

    asyncio.run(test())


def test_pieces_come_in_order_and_from_one_thread() -> None:
    async def test() -> list[int]:
        return [piece async for piece in Admission(4, 0, LONG).stream(pieces)]

    def pieces() -> Iterator[int]:
        for _ in range(50):
            yield threading.get_ident()

    came = asyncio.run(test())
    assert len(came) == 50
    assert len(set(came)) == 1
    assert came[0] != threading.get_ident()


def test_an_error_comes_after_the_pieces_before_it() -> None:
    def pieces() -> Iterator[int]:
        yield 1
        raise ValueError("the rest is missing")

    async def test() -> None:
        stream = Admission(1, 0, LONG).stream(pieces)
        assert await anext(stream) == 1
        with pytest.raises(ValueError, match="the rest is missing"):
            await anext(stream)

    asyncio.run(test())


def test_a_consumer_that_goes_away_frees_its_place_at_once_and_closes_the_work() -> None:
    async def test() -> None:
        admission, work = Admission(1, 0, LONG), Held()
        await first_piece(admission, work)
        assert admission.running == 0
        assert not work.closed.is_set()
        assert await admission.run(lambda: "next") == "next"
        work.go.set()
        await reached(work.closed)
        assert not work.finished
        assert len(set(work.threads)) == 1

    asyncio.run(test())


def test_a_consumer_that_is_cancelled_frees_its_place_as_well() -> None:
    async def test() -> None:
        admission, work = Admission(1, 0, LONG), Held()
        task = asyncio.create_task(admission.run(work.run))
        await reached(work.begun)
        task.cancel()
        await asyncio.wait([task])
        assert admission.running == 0
        work.go.set()
        assert await admission.drain(LONG)

    asyncio.run(test())


def test_abandoned_work_that_does_not_end_takes_no_more_than_as_many_places_again() -> None:
    async def test() -> None:
        admission, work = Admission(1, 0, LONG), [Held(), Held()]
        await first_piece(admission, work[0])
        await first_piece(admission, work[1])
        assert admission.running == 1
        with pytest.raises(Problem):
            await admission.run(lambda: "one too many")
        work[1].go.set()
        await reached(work[1].closed)
        work[0].go.set()
        assert await admission.drain(LONG)
        assert admission.running == 0

    asyncio.run(test())


def test_a_slow_consumer_does_not_hold_up_the_work_nor_keep_its_place() -> None:
    async def test() -> list[int]:
        admission, work = Admission(1, 1, LONG), Held()
        work.go.set()
        async with aclosing(admission.stream(work.pieces)) as pieces:
            came = [await anext(pieces)]
            await reached(work.closed)
            assert await admission.run(lambda: "next") == "next"
            return came + [piece async for piece in pieces]

    assert asyncio.run(test()) == [1, 2, 3]


def test_at_the_end_what_runs_is_waited_for_and_nothing_more_is_let_in() -> None:
    async def test() -> None:
        admission, work = Admission(1, 1, LONG), Held()
        running = asyncio.create_task(admission.run(work.run))
        await reached(work.begun)
        waiting = asyncio.create_task(admission.run(work.run))
        await asyncio.sleep(0)
        draining = asyncio.create_task(admission.drain(LONG))
        with pytest.raises(Problem, match="shutting down"):
            await waiting
        with pytest.raises(Problem, match="shutting down"):
            await admission.run(work.run)
        assert not draining.done()
        work.go.set()
        assert await draining
        assert await running == "done"

    asyncio.run(test())


def test_what_has_not_ended_at_the_end_is_closed_at_its_next_piece() -> None:
    async def test() -> None:
        admission, work = Admission(1, 0, LONG), Held()
        pieces = admission.stream(work.pieces)
        assert await anext(pieces) == 1
        await reached(work.begun)
        assert not await admission.drain(0.01)
        work.go.set()
        with pytest.raises(Problem, match="shutting down"):
            await anext(pieces)
        assert work.closed.is_set()

    asyncio.run(test())
