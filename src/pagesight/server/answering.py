"""How a route has a question answered: let in, counted, streamed, and given up when whoever asked
has gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing
from typing import TypeVar

from anyio import CancelScope
from fastapi import Request
from fastapi.sse import KEEPALIVE_COMMENT
from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse
from starlette.types import Send

from pagesight.results import Turn
from pagesight.server import tracing
from pagesight.server.callers import Caller
from pagesight.server.requests import Asked, question
from pagesight.server.shelves import Shelf, Shelves
from pagesight.views import Answered, AskEvent, FinalEvent

QUIET_SECONDS = 15.0
"""Without an event, after which a comment is sent: proxies close what is silent for a minute."""
STALLED_SECONDS = 60.0
"""A client that takes nothing for so long has gone, whatever its connection says."""

T = TypeVar("T")


async def answering(
    shelves: Shelves, shelf: Shelf, who: Caller, asked: Asked, history: Sequence[Turn]
) -> AsyncGenerator[AskEvent, None]:
    """The events of an answer, once the question is let in.

    Raises:
        Problem: too many questions are waiting, or the picture is none.
        PagesightError: see `Service.ask`.
    """

    def work() -> Iterator[AskEvent]:
        with question(asked, shelves.settings.serve.image_mb) as said:
            yield from shelf.service_for(who).ask(said, history)

    async with aclosing(shelves.admission.stream(work)) as events:
        async for event in events:
            if isinstance(event, FinalEvent):
                shelves.metrics.asked(shelf.name, event.answer)
                tracing.stages("ask", event.answer.timings)
            yield event


async def whole(events: AsyncGenerator[AskEvent, None]) -> Answered:
    """The answer at the end of its events."""
    async with aclosing(events):
        async for event in events:
            if isinstance(event, FinalEvent):
                return event.answer
    raise AssertionError("the answer comes last")


async def while_there(request: Request, work: Awaitable[T]) -> T:
    """What `work` gives; it is cancelled when the client goes away.

    The body of the request must have been read.

    Raises:
        ClientDisconnect: the client has gone.
    """
    tasks = asyncio.ensure_future(work), asyncio.ensure_future(_gone(request))
    done = tasks[0]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if not done.done():
            raise ClientDisconnect
        return done.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def begun(
    request: Request,
    events: AsyncGenerator[T, None],
    write: Callable[[AsyncGenerator[T, None]], AsyncGenerator[bytes, None]],
) -> EventStream:
    """The response that streams events as `write` writes them, once the first is there: an error
    before it is answered as such, with its status."""
    first = await while_there(request, anext(events))

    async def again() -> AsyncGenerator[T, None]:
        async with aclosing(events):
            yield first
            async for event in events:
                yield event

    return EventStream(write(again()))


class EventStream(StreamingResponse):
    """Server-sent events, and comments while none comes for `quiet` seconds. Their source is closed
    when they end, and when the client goes away or takes nothing for `stalled` seconds."""

    media_type = "text/event-stream"

    def __init__(
        self,
        events: AsyncGenerator[bytes, None],
        *,
        quiet: float = QUIET_SECONDS,
        stalled: float = STALLED_SECONDS,
    ) -> None:
        # Nginx would keep events back until it has some kilobytes of them.
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(events, headers=headers)
        self._events = events
        self._quiet = quiet
        self._stalled = stalled

    async def stream_response(self, send: Send) -> None:
        async def give(body: bytes, *, more: bool = True) -> None:
            async with asyncio.timeout(self._stalled):
                await send({"type": "http.response.body", "body": body, "more_body": more})

        coming: asyncio.Future[bytes | None] | None = None
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            while True:
                coming = asyncio.ensure_future(anext(self._events, None))
                while not (await asyncio.wait([coming], timeout=self._quiet))[0]:
                    await give(KEEPALIVE_COMMENT)
                event = coming.result()
                await give(event or b"", more=event is not None)
                if event is None:
                    return
        except TimeoutError:
            return  # what is open is closed by the server that runs this
        finally:
            with CancelScope(shield=True):
                if coming is not None:
                    coming.cancel()
                    await asyncio.wait([coming])
                await self._events.aclose()
