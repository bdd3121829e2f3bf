"""Processor seconds by the module that is at work, without a line in the modules themselves."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType

EVERY = 0.002
"""Seconds of processor time between two looks."""


@contextmanager
def sampled(stages: Mapping[str, str], otherwise: str) -> Iterator[Counter[str]]:
    """Stage -> processor seconds of this process while the block runs.

    The stack is looked at every 2 ms of processor time, and the time since the last look goes to
    the innermost module that `stages` (start of a module's name -> stage) knows. Native code
    is not interrupted: the look comes right after it, when the function that called it is
    still the innermost, so that its time is not lost. POSIX only, main thread only.
    """
    seconds: Counter[str] = Counter()
    before = time.process_time()

    def look(_: int, frame: FrameType | None) -> None:
        nonlocal before
        now = time.process_time()
        seconds[_stage(frame, stages) or otherwise] += now - before  # type: ignore[assignment]
        before = now

    previous = signal.signal(signal.SIGPROF, look)
    signal.siginterrupt(signal.SIGPROF, False)
    signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)
    try:
        yield seconds
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, previous)


def _stage(frame: FrameType | None, stages: Mapping[str, str]) -> str:
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        for start, stage in stages.items():
            if module.startswith(start):
                return stage
        frame = frame.f_back
    return ""
