"""Agents (MCP) over HTTP: beside everything else that is served, or alone."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Scope

from pagesight.app import App
from pagesight.mcp import Agents, Endpoint
from pagesight.results import Turn
from pagesight.server import tracing
from pagesight.server.admission import Admission
from pagesight.server.callers import Caller
from pagesight.server.guard import LOOPBACK_HOSTS, Guard
from pagesight.server.keys import KeyStore
from pagesight.server.listening import configured, run_until_stopped
from pagesight.server.metrics import Metrics
from pagesight.server.opening import urls
from pagesight.server.problems import problem_of
from pagesight.server.shelves import Shelf, Shelves
from pagesight.service import LocalService, Question, Service
from pagesight.settings import ServeSettings
from pagesight.views import AskEvent, FinalEvent, Found

PATH = "/mcp"
STOP_SECONDS = 10
"""That calls have to come to their end."""


class AgentsRoute(Route):
    """Where the tools are; like FastAPI's own routes it tells logs and metrics its name."""

    def __init__(self, tools: Endpoint) -> None:
        super().__init__(PATH, tools)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, found = super().matches(scope)
        return match, {**found, "route": self} if found else found


def endpoint(shelves: Shelves) -> Endpoint:
    """The tools over all that is served, for an AgentsRoute behind the guard."""
    counted: Mapping[str, Service] = {
        name: _Counted(shelf, shelves.metrics) for name, shelf in shelves.libraries.items()
    }
    return _guarded(counted, shelves.admission)


def alone(
    app: App, name: str, *, keys: KeyStore | None, hosts: Sequence[str], limits: ServeSettings
) -> ASGIApp:
    """An application that has nothing but the tools over one library; see `Guard` for the rest.

    Args:
        hosts: names that it may be called by, besides those of this machine for itself.
    """
    hidden = replace(urls(name), crop=lambda library, key: "")
    admission = Admission(limits.concurrent, limits.waiting, limits.wait_seconds)
    tools = _guarded({name: LocalService(app, hidden)}, admission)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with tools.running():
            yield

    bare = Starlette(routes=[AgentsRoute(tools)], lifespan=lifespan)
    return Guard(bare, keys=keys, local={}, hosts=[*LOOPBACK_HOSTS, *hosts], limits=limits)


def _guarded(libraries: Mapping[str, Service], admission: Admission) -> Endpoint:
    """The tools over those libraries that the guard lets a caller see."""

    def visible(scope: Scope | None) -> Mapping[str, Service]:
        assert scope is not None, "every message comes by a request"
        caller: Caller = scope["state"]["caller"]
        return {name: service for name, service in libraries.items() if caller.sees(name)}

    return Agents(visible, admission, _told).endpoint(guarded=True)


def _told(error: Exception, scope: Scope | None) -> str:
    """What the routes would say, without the paths of this machine."""
    state = scope["state"] if scope else {}
    return str(problem_of(error, state.get("request_id", "")).detail)


class _Counted(LocalService):
    """A library whose questions are counted and traced like those of the routes."""

    def __init__(self, shelf: Shelf, metrics: Metrics) -> None:
        super().__init__(shelf.app, urls(shelf.name))
        self._name = shelf.name
        self._metrics = metrics

    def search(
        self, question: Question, count: int | None = None, *, explain: bool = False
    ) -> Found:
        found = super().search(question, count, explain=explain)
        self._metrics.searched(self._name, found)
        tracing.stages("search", found.seconds)
        return found

    def ask(self, question: Question, history: Sequence[Turn] = ()) -> Iterator[AskEvent]:
        for event in super().ask(question, history):
            if isinstance(event, FinalEvent):
                self._metrics.asked(self._name, event.answer)
                tracing.stages("ask", event.answer.timings)
            yield event


def run(application: ASGIApp, listening: socket.socket) -> None:
    """Serves until the process is told to stop."""
    config = configured(application, stop_seconds=STOP_SECONDS)
    run_until_stopped(uvicorn.Server(config), listening)
