"""Looks at every request from outside: its line in the log, its metrics."""

from __future__ import annotations

import time
from typing import Any

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pagesight.server.callers import Caller
from pagesight.server.metrics import Metrics
from pagesight.server.tracing import PROBES

NO_ROUTE = "none"
"""Stands for the route of what the guard refused or no route matched: paths are the caller's
words."""
CLIENT_GONE = 499
"""Status of a request whose caller went away before there was an answer."""


class Observed:
    """ASGI middleware around everything else, the guard included."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics
        self._log = structlog.stdlib.get_logger("pagesight.requests")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # The guard and the routes leave in it what is told of the request afterwards.
        scope.setdefault("state", {})
        status = CLIENT_GONE

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        method, mount = scope["method"], scope.get("root_path", "")
        started = time.perf_counter()
        try:
            await self._app(scope, receive, noted)
        except Exception:
            status = 500 if status == CLIENT_GONE else status
            raise
        finally:
            seconds = time.perf_counter() - started
            route = _route(scope, mount)
            self._metrics.request(method, route, status, seconds)
            self._tell(scope, route, status, seconds)

    def _tell(self, scope: Scope, route: str, status: int, seconds: float) -> None:
        if route in PROBES and status < 400:
            return
        state: dict[str, Any] = scope["state"]
        caller: Caller | None = state.get("caller")
        tell = self._log.error if status >= 500 else self._log.info
        tell(
            "request",
            request_id=state.get("request_id", ""),
            method=scope["method"],
            route=route,
            status=status,
            milliseconds=round(seconds * 1000, 1),
            key=caller.name if caller else "",
        )


def _route(scope: Scope, mount: str) -> str:
    """The template of the route that was taken; of what is mounted, the place where it is."""
    route = scope.get("route")
    if route is not None:
        return str(route.path)
    return scope.get("root_path", "").removeprefix(mount) or NO_ROUTE
