"""What tests of uploads and jobs share: files that arrive, jobs that end, and a real port."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from pagesight.document import Metadata
from pagesight.files import digest
from pagesight.server.jobs import Jobs, JobView
from pagesight.server.uploaded import Arrived

PATIENCE = 180.0
"""Seconds; a busy machine is slow."""


def arrive(jobs: Jobs, pdf: Path, name: str = "") -> Arrived:
    """The file as it has come over the network."""
    path = jobs.uploads.temporary()
    path.write_bytes(pdf.read_bytes())
    return Arrived(path=path, name=name or pdf.name, digest=digest(pdf), fields={})


def upload(
    jobs: Jobs,
    pdf: Path,
    name: str = "",
    *,
    metadata: Metadata | None = None,
    passwords: tuple[str, ...] = (),
    replaces: bool = True,
) -> JobView:
    """Queues it."""
    arrived = arrive(jobs, pdf, name)
    said = metadata or Metadata()
    return jobs.add(arrived, metadata=said, passwords=passwords, replaces=replaces)


def reached(jobs: Jobs, id: str, wanted: Callable[[JobView], bool]) -> JobView:
    """The first view of a job that is wanted; the last one where none is."""

    async def follow() -> JobView:
        async with asyncio.timeout(PATIENCE):
            async for view in jobs.watch(id):
                if wanted(view):
                    break
            return view

    return asyncio.run(follow())


def ended(jobs: Jobs, id: str) -> JobView:
    """The job when it is over."""
    return reached(jobs, id, lambda view: False)


def until(happened: Callable[[], bool]) -> None:
    """Waits for what nobody tells."""
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)
