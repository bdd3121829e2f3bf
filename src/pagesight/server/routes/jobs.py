"""Ingest jobs: how far they are, cancel, try again, forget."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncGenerator, AsyncIterable, Sequence
from contextlib import aclosing
from pathlib import Path as FilePath
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import EventSourceResponse, ServerSentEvent, format_sse_event
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    TypeAdapter,
)

from pagesight.ingest import Request, nothing_said
from pagesight.results import Event
from pagesight.server.access import Readable, Who, Writable
from pagesight.server.answering import EventStream
from pagesight.server.callers import Caller
from pagesight.server.jobs import Jobs, JobView
from pagesight.server.problems import RESPONSES, Problem
from pagesight.sidecar import load_sidecar
from pagesight.sources import is_remote

router = APIRouter(tags=["jobs"], responses=RESPONSES)

_EVENT: TypeAdapter[Event] = TypeAdapter(Event)

JobId = Annotated[str, Path(description="Id of a job.", max_length=100)]
_SourcePath = Annotated[str, StringConstraints(min_length=1, max_length=4096)]
_Password = Annotated[SecretStr, Field(max_length=1000)]
_CONFLICT: dict[int | str, dict[str, Any]] = {
    409: {**RESPONSES[422], "description": "The job is in a state in which this cannot be done."}
}


class PathsRequest(BaseModel):
    """What is to be ingested, of the server's own machine."""

    model_config = ConfigDict(extra="forbid")

    paths: list[_SourcePath] = Field(
        min_length=1, max_length=100_000, description="Absolute paths, globs of such, and URLs."
    )
    metadata: _SourcePath | None = Field(
        default=None, description="Absolute path of a CSV or JSON file with titles, tags ..."
    )
    passwords: list[_Password] = Field(default=[], max_length=1000)
    prune: bool = Field(default=False, description="Remove what is gone from the folders.")
    reparse: bool = Field(default=False, description="Parse again what is in the library.")


class RetryRequest(BaseModel):
    """How a job is to be tried again."""

    model_config = ConfigDict(extra="forbid")

    password: _Password = Field(default=SecretStr(""), description="Opens an encrypted file.")


@router.get("/api/libraries/{library}/jobs")
def list_jobs(shelf: Readable) -> Sequence[JobView]:
    """The jobs that are remembered, newest first."""
    return shelf.jobs.list()


@router.post("/api/libraries/{library}/jobs", status_code=202)
def submit_job(shelf: Writable, who: Who, said: PathsRequest) -> JobView:
    """Ingests files and folders by path: for programs of the same user on the same machine."""
    return shelf.jobs.submit(_request(who, said))


@router.post("/api/libraries/{library}/ingest", status_code=200, response_class=EventStream)
async def ingest(shelf: Writable, who: Who, said: PathsRequest) -> Response:
    """The same, followed to its end: `event: ingest` for everything that it tells, `event: error`
    at the end where it broke off. It is cancelled when the client goes away."""
    wanted = await run_in_threadpool(_request, who, said)
    return EventStream(_told(shelf.jobs, wanted))


async def _told(jobs: Jobs, wanted: Request) -> AsyncGenerator[bytes, None]:
    loop = asyncio.get_running_loop()
    events: asyncio.Queue[Event | None] = asyncio.Queue()

    def heard(event: Event | None) -> None:
        loop.call_soon_threadsafe(events.put_nowait, event)

    job = jobs.submit(wanted, heard)
    ended = asyncio.ensure_future(_ended(jobs, job.id))
    ended.add_done_callback(lambda _: heard(None))
    try:
        while (event := await events.get()) is not None:
            yield format_sse_event(event="ingest", data_str=_EVENT.dump_json(event).decode())
        last = ended.result()
        if last.broken:
            body = Problem(503, "broken off", last.error or "the ingest was cancelled").body()
            yield format_sse_event(event="error", data_str=json.dumps(body))
    finally:
        ended.cancel()
        jobs.cancel(job.id)


async def _ended(jobs: Jobs, id: str) -> JobView:
    """The job when it has ended."""
    views = [view async for view in jobs.watch(id)]
    return views[-1]


def _request(who: Caller, said: PathsRequest) -> Request:
    if not who.local:
        raise Problem(403, "not from here", "only programs on the server's machine may name paths")
    for path in (*said.paths, *filter(None, [said.metadata])):
        if not (os.path.isabs(path) or is_remote(path) or path.lower().startswith("file://")):
            raise Problem(422, "not absolute", f"{path} is not an absolute path, nor a URL")
    sidecar = load_sidecar(FilePath(said.metadata)) if said.metadata else None
    return Request(
        paths=said.paths,
        passwords=tuple(password.get_secret_value() for password in said.passwords),
        metadata=sidecar.of if sidecar else nothing_said,
        prune=said.prune,
        reparse=said.reparse,
    )


@router.get("/api/libraries/{library}/jobs/{job}")
def show_job(shelf: Readable, job: JobId) -> JobView:
    """A job and its files."""
    return shelf.jobs.get(job)


# The events come after the status: what is not there must be found out before.
@router.get(
    "/api/libraries/{library}/jobs/{job}/events",
    response_class=EventSourceResponse,
    dependencies=[Depends(show_job)],
)
async def follow_job(shelf: Readable, job: JobId) -> AsyncIterable[ServerSentEvent]:
    """The job as it stands, and again whenever it changes, until it ends: `event: job`, with the
    same JSON as the job itself in `data`."""
    async with aclosing(shelf.jobs.watch(job)) as views:
        async for view in views:
            yield ServerSentEvent(event="job", data=view)


@router.post("/api/libraries/{library}/jobs/{job}/cancel")
def cancel_job(shelf: Writable, job: JobId) -> JobView:
    """Cancels a job: at once while it is queued, else at its next step. What is stored stays; an
    ended job is left as it is."""
    return shelf.jobs.cancel(job)


@router.post("/api/libraries/{library}/jobs/{job}/retry", responses=_CONFLICT)
def retry_job(shelf: Writable, job: JobId, said: RetryRequest | None = None) -> JobView:
    """Queues a job again that failed or was cancelled."""
    password = said.password.get_secret_value() if said else ""
    return shelf.jobs.retry(job, password)


@router.delete("/api/libraries/{library}/jobs/{job}", status_code=204, responses=_CONFLICT)
def forget_job(shelf: Writable, job: JobId) -> None:
    """Forgets a job that has ended, with its file if that is not in the library."""
    shelf.jobs.forget(job)
