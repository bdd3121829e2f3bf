"""Search and ask."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial

from fastapi import APIRouter, Request, Response
from fastapi.sse import format_sse_event
from pydantic import TypeAdapter

from pagesight.server import tracing
from pagesight.server.access import Everything, Readable, Who
from pagesight.server.answering import answering, begun, while_there, whole
from pagesight.server.problems import RESPONSES, problem_of
from pagesight.server.requests import AskRequest, SearchRequest, question
from pagesight.views import Answered, AskEvent, Found

router = APIRouter(tags=["questions"], responses=RESPONSES)

_FOUND = TypeAdapter(Found)
_ANSWERED = TypeAdapter(Answered)
_EVENT: TypeAdapter[AskEvent] = TypeAdapter(AskEvent)

_STREAM = {
    "description": "The answer; with `stream` the events `hits`, `delta`, `citation`, `final` and "
    "`error`, whose data are the JSON of an event each.",
    "content": {"text/event-stream": {"itemSchema": {"type": "object"}}},
}


@router.post("/api/libraries/{library}/search", response_model=Found)
async def search(
    request: Request, shelf: Readable, shelves: Everything, who: Who, asked: SearchRequest
) -> Response:
    """Ranked text, figures and tables, with their ranks in each list; with `explain`, the share
    of each list in a hit's score, the factors on it, the words that match, and the reasons."""

    def work() -> Found:
        with question(asked, shelves.settings.serve.image_mb) as said:
            return shelf.service_for(who).search(said, asked.count, explain=asked.explain)

    found = await while_there(request, shelves.admission.run(work))
    shelves.metrics.searched(shelf.name, found)
    tracing.stages("search", found.seconds)
    return _json(_FOUND.dump_json(found))


@router.post("/api/libraries/{library}/ask", response_model=Answered, responses={200: _STREAM})
async def ask(
    request: Request, shelf: Readable, shelves: Everything, who: Who, asked: AskRequest
) -> Response:
    """An answer whose claims are checked, with citations into the documents.

    With `stream`, the text comes in pieces, unchecked, and the event `final` has the checked text
    that takes their place.
    """
    history = [turn.turn for turn in asked.history]
    events = answering(shelves, shelf, who, asked, history)
    if asked.stream:
        return await begun(request, events, partial(_written, _id(request)))
    return _json(_ANSWERED.dump_json(await while_there(request, whole(events))))


async def _written(
    request_id: str, events: AsyncGenerator[AskEvent, None]
) -> AsyncGenerator[bytes, None]:
    """Events as they are sent; an error becomes the last of them."""
    try:
        async with aclosing(events):
            async for event in events:
                yield format_sse_event(event=event.type, data_str=_EVENT.dump_json(event).decode())
    except Exception as error:
        body = problem_of(error, request_id).body(request_id) | {"type": "error"}
        yield format_sse_event(event="error", data_str=json.dumps(body))


def _id(request: Request) -> str:
    found: str = getattr(request.state, "request_id", "")
    return found


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")
