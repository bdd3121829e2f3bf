"""The real command as a process that can be killed, and what is left of it."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psutil

from tests.conftest import CACHE, COMMAND

ORPHAN_SECONDS = 5.0
"""What a killed command started is gone after this at the latest."""


@contextmanager
def started(log: Path, *arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    """The command, in a session of its own; it and its like write to `log`. What of it still
    runs at the end is killed."""
    with log.open("ab") as file:
        process = start(file, *arguments)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def start(
    output: IO[bytes] | int, *arguments: object, errors: IO[bytes] | int = subprocess.STDOUT
) -> subprocess.Popen[bytes]:
    """The command, in a session of its own; its standard error goes to `errors`."""
    return subprocess.Popen(
        [str(COMMAND), *map(str, arguments)],
        stdout=output,
        stderr=errors,
        start_new_session=True,
        env={
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PAGESIGHT_", "OPENAI_")) or name == CACHE
        },
    )


def session(leader: int) -> list[str]:
    """Command lines of the processes in the session of a process, itself included."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == leader and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()))
        except (OSError, psutil.Error):
            pass
    return found


def orphans(leader: int) -> list[str]:
    """Command lines of what a process that has ended started and that does not end by itself."""
    end = time.monotonic() + ORPHAN_SECONDS
    while (left := session(leader)) and time.monotonic() < end:
        time.sleep(0.05)
    return left
