"""For those who run the server: does it live, can it answer, what has it done."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from fastapi import APIRouter, Response

from pagesight.errors import LibraryError
from pagesight.server.access import Everything, Who
from pagesight.server.jobs import State
from pagesight.server.metrics import CONTENT_TYPE
from pagesight.server.problems import RESPONSES, Problem
from pagesight.server.shelves import Shelves

router = APIRouter(tags=["operations"])

LIVE_STATES: tuple[State, ...] = ("queued", "running", "cancelling")
"""Of ingest jobs that have not ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    status: Literal["ok"] = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    status: Literal["ready", "not ready"]
    reasons: list[str]
    """Why it is not ready."""


@router.get("/healthz")
async def health() -> Health:
    """The process lives."""
    return Health()


@router.get("/readyz", responses={503: {"model": Ready, "description": "Not ready."}})
def ready(all: Everything, response: Response) -> Ready:
    """Questions are answered at once: libraries can be read, and models are loaded, which they are
    before the first request is taken. 503 where not, and while the server is shutting down."""
    reasons = _obstacles(all)
    if reasons:
        response.status_code = 503
    return Ready(status="not ready" if reasons else "ready", reasons=reasons)


@router.get(
    "/metrics",
    response_class=Response,
    responses=RESPONSES | {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def metrics(all: Everything, who: Who) -> Response:
    """For Prometheus. It tells of every library, and so asks for a key that may see every one."""
    if who.libraries is not None:
        raise Problem(
            403, "not for this key", "metrics tell of all libraries: use a key that is for all"
        )
    for shelf in all.libraries.values():
        library = shelf.app.library
        states = Counter(job.state for job in shelf.jobs.list())
        all.metrics.library(
            shelf.name,
            library.counts(),
            library.revision(),
            {state: states[state] for state in LIVE_STATES},
        )
    all.metrics.admission(all.admission.running, all.admission.waiting)
    return Response(all.metrics.render(), media_type=CONTENT_TYPE)


def _obstacles(all: Shelves) -> list[str]:
    """Why questions are not answered. They name no library: anybody may ask."""
    if all.stopping.is_set():
        return ["the server is shutting down"]
    try:
        for shelf in all.libraries.values():
            shelf.app.library.revision()
    except LibraryError:
        return ["a library cannot be read: `pagesight doctor` says why"]
    return []
