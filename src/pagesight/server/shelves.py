"""The libraries that a server serves, each with all that works on it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from pagesight.app import App
from pagesight.rendering import Renderer
from pagesight.server.admission import Admission
from pagesight.server.callers import Caller
from pagesight.server.jobs import Jobs
from pagesight.server.metrics import Metrics
from pagesight.service import LocalService
from pagesight.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """One library, open for writing, under the name that callers know it by."""

    name: str
    app: App
    service: LocalService
    """Crops are URLs, sources names."""
    local: LocalService
    """For programs on the same machine: crops and sources are paths."""
    jobs: Jobs

    @property
    def renderer(self) -> Renderer:
        return self.app.renderer

    def service_for(self, caller: Caller) -> LocalService:
        return self.local if caller.local else self.service


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelves:
    """What every route may use; `request.app.state.shelves`."""

    settings: Settings
    libraries: Mapping[str, Shelf]
    admission: Admission
    metrics: Metrics
    keyed: bool
    """Callers need a key."""
    stopping: threading.Event = field(default_factory=threading.Event)
    """The server is shutting down."""

    def stop(self) -> None:
        """Begins to shut down: not ready any more, no more jobs, streams of progress end."""
        self.stopping.set()
        for shelf in self.libraries.values():
            shelf.jobs.release()
