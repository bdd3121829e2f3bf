"""The application: its routes, and what stands in front of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI, Security
from fastapi.security import HTTPBearer

from pagesight.server import agents, pages, problems, tracing
from pagesight.server.guard import Guard
from pagesight.server.keys import KeyStore
from pagesight.server.observing import Observed
from pagesight.server.routes import (
    asking,
    documents,
    feedback,
    health,
    info,
    jobs,
    openai,
)
from pagesight.server.routes import pages as document_pages
from pagesight.server.shelves import Shelves

ROUTES = (info, asking, documents, jobs, document_pages, feedback, openai, health)

DRAIN_SECONDS = 20.0
"""That questions have to come to their end when the server is told to stop."""


def create_app(
    shelves: Shelves,
    *,
    keys: KeyStore | None = None,
    local: Mapping[str, str] | None = None,
    hosts: Collection[str] = (),
) -> FastAPI:
    """The application over open libraries; see `Guard` for the rest."""

    tools = agents.endpoint(shelves)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with tools.running():
            yield
        shelves.stop()
        await shelves.admission.drain(DRAIN_SECONDS)

    app = FastAPI(
        title="pagesight",
        version=version("pagesight"),
        summary="Questions about documents, answered with evidence that can be checked",
        lifespan=lifespan,
        dependencies=[
            Security(HTTPBearer(auto_error=False, description="A key of `pagesight keys add`."))
        ],
        docs_url=None,  # they load scripts from another host
        redoc_url=None,
        telemetry=tracing.OF_REQUESTS,
    )
    app.state.shelves = shelves
    problems.install(app)
    for module in ROUTES:
        app.include_router(module.router)
    app.router.routes.append(agents.AgentsRoute(tools))
    pages.mount(app)
    app.add_middleware(
        Guard, keys=keys, local=local or {}, hosts=hosts, limits=shelves.settings.serve
    )
    app.add_middleware(Observed, metrics=shelves.metrics)
    return app
