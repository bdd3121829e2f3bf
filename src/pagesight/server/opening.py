"""Opens the libraries that are served, with their models warm, and closes them again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import quote

from pagesight.app import App, build
from pagesight.document import file_name
from pagesight.encoders import Encoders, Notify
from pagesight.errors import SettingsError
from pagesight.library import Library
from pagesight.results import Query
from pagesight.server.admission import Admission
from pagesight.server.jobs import Jobs
from pagesight.server.metrics import Metrics
from pagesight.server.shelves import Shelf, Shelves
from pagesight.service import LocalService
from pagesight.settings import Settings
from pagesight.sources import is_remote
from pagesight.views import Links

CLOSE_SECONDS = 20.0
"""That an ingest has to come to a point where it can be broken off."""


def named(folders: Sequence[str]) -> Mapping[str, Path]:
    """Name -> folder, from "NAME=DIR", or from "DIR" whose last part is the name.

    Raises:
        SettingsError: two have one name, or a name cannot stand in a URL.
    """
    roots: dict[str, Path] = {}
    for folder in folders:
        said, equals, path = folder.partition("=")
        root = Path(path if equals else folder).expanduser().absolute()
        name = said if equals else root.name
        if not name or len(name) > 200 or any(sign in name for sign in "/\\%?#"):
            raise SettingsError(f"--library {folder}: {name!r} is no name: write NAME=DIR")
        if name in roots:
            raise SettingsError(
                f"two libraries are called {name}: give one another name with --library NAME=DIR"
            )
        roots[name] = root
    return roots


@contextmanager
def opened(
    settings: Settings, roots: Mapping[str, Path], *, keyed: bool, notify: Notify
) -> Iterator[Shelves]:
    """Everything that is served, ready to answer; a library that is not there is made.

    Raises:
        LibraryError: a library is being written by another process, or is damaged.
        SettingsError: the vectors of a library belong to another model.
    """
    with ExitStack() as stack:
        metrics = Metrics()
        libraries: dict[str, Shelf] = {}
        encoders = Encoders(settings, notify)
        for name, root in roots.items():
            app = stack.enter_context(
                build(settings, root, writable=True, create=True, notify=notify, encoders=encoders)
            )
            libraries[name] = shelf = _shelf(name, app, metrics)
            stack.callback(shelf.jobs.close, CLOSE_SECONDS)
            _warm(app)
        serve = settings.serve
        yield Shelves(
            settings=settings,
            libraries=libraries,
            admission=Admission(serve.concurrent, serve.waiting, serve.wait_seconds),
            metrics=metrics,
            keyed=keyed,
        )


def _shelf(name: str, app: App, metrics: Metrics) -> Shelf:
    return Shelf(
        name=name,
        app=app,
        service=LocalService(app, urls(name)),
        local=LocalService(app),
        jobs=Jobs(app, told=partial(metrics.ingested, name)),
    )


def urls(name: str) -> Links:
    """How places of the library are written down for callers of the server."""

    def crop(library: Library, key: str) -> str:
        there = library.crop_path(key).is_file()
        return f"/api/libraries/{quote(name, safe='')}/crops/{key}" if there else ""

    return Links(
        crop=crop, source=lambda source: source if is_remote(source) else file_name(source)
    )


def _warm(app: App) -> None:
    """Loads what the first question would wait for."""
    app.retriever.retrieve(Query(text="warm"))
    app.renderer.warm()
