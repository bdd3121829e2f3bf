"""Options that several commands share, and the App that they configure."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pagesight import settings as configuration
from pagesight.settings import Settings

if TYPE_CHECKING:
    from pagesight.app import App
    from pagesight.service import Service, Told
    from pagesight.views import Narrowing

Where = Annotated[
    Path, typer.Option("--library", "-l", envvar="PAGESIGHT_LIBRARY", help="The library's folder.")
]
Pipeline = Annotated[str, typer.Option(help="A shipped pipeline, or a .toml file.")]
Config = Annotated[
    Path | None,
    typer.Option(
        "--config", envvar="PAGESIGHT_CONFIG", help="A settings file: sections as in the pipeline."
    ),
]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="SECTION.KEY=VALUE", help="One setting; may be repeated."),
]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
Kinds = Annotated[
    list[str] | None, typer.Option("--kind", help="text, figure or table; may be repeated.")
]
Documents = Annotated[
    list[str] | None,
    typer.Option("--document", "-d", help="Id, path or file name; may be repeated."),
]
Conditions = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar="FIELD=VALUE",
        help="Only documents with this tag, language or revision; may be repeated.",
    ),
]
Pages = Annotated[str | None, typer.Option(help="Page number, or range: 12 or 3-10.")]

DEFAULT_LIBRARY = Path("pagesight-library")


def load_settings(
    pipeline: str, config: Path | None, sets: list[str] | None, *more: str
) -> Settings:
    """The settings of one call; `more` are overrides from options of their own."""
    return configuration.load(
        pipeline=pipeline, file=config, environment=os.environ, overrides=[*(sets or []), *more]
    )


def open_app(
    library: Path,
    settings: Settings | None = None,
    *,
    writable: bool = False,
    create: bool = False,
) -> App:
    """The App over a library folder, by default with the shipped settings."""
    from pagesight.app import build

    chosen = settings or configuration.load()
    return build(chosen, library, writable=writable, create=create, notify=warn)


def warn(message: str) -> None:
    typer.echo(f"note: {message}", err=True)


def narrowing(
    kinds: list[str] | None,
    documents: list[str] | None,
    pages: str | None,
    conditions: list[str] | None = None,
) -> Narrowing:
    """What the options restrict a question to. A path is looked up from the library, which may
    be served from another folder."""
    from pagesight.views import Narrowing

    return Narrowing(
        documents=tuple(_from_here(name) for name in documents or ()),
        kinds=tuple(kinds or ()),
        pages=pages or "",
        where=tuple(conditions or ()),
    )


def _from_here(name: str) -> str:
    return str(Path(name).absolute()) if Path(name).is_file() else name


@contextmanager
def asking(
    library: Path, settings: Settings, *, alone: bool = False, told: Told | None = None
) -> Iterator[Service]:
    """What answers about a library: the server that has it open, whose models are warm, else
    this process. `alone` asks no server, and `told` is for answers of this process."""
    from pagesight import client
    from pagesight.service import LocalService, forget

    if not alone and (remote := client.find(library, settings)):
        yield remote
        return
    with open_app(library, settings) as app:
        yield LocalService(app, told=told or forget)
