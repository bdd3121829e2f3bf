"""Options that several commands share, and the App that they configure."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from pagesight import settings as configuration
from pagesight.app import App, build
from pagesight.document import KINDS, Kind
from pagesight.errors import SettingsError
from pagesight.library import Library
from pagesight.results import Filter
from pagesight.settings import Settings

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
    chosen = settings or configuration.load()
    return build(chosen, library, writable=writable, create=create, notify=warn)


def warn(message: str) -> None:
    typer.echo(f"note: {message}", err=True)


def make_filter(
    library: Library,
    kinds: list[str] | None,
    documents: list[str] | None,
    pages: str | None,
) -> Filter:
    """The filter that the options mean.

    Raises:
        SettingsError: an unknown kind or document, or pages that are no range.
    """
    return Filter(
        documents=tuple(library.find(name).id for name in documents or ()),
        kinds=tuple(_kind(name) for name in kinds or ()),
        pages=_page_range(pages) if pages else None,
    )


def _kind(name: str) -> Kind:
    for kind in KINDS:
        if kind == name:
            return kind
    raise SettingsError(f"--kind {name}: write {', '.join(KINDS[:-1])} or {KINDS[-1]}")


def _page_range(text: str) -> tuple[int, int]:
    """0-based, inclusive."""
    first, _, last = text.partition("-")
    try:
        start, stop = int(first), int(last or first)
    except ValueError:
        start = stop = 0
    if not 1 <= start <= stop:
        raise SettingsError(f"--pages {text}: write a page number or a range, like 12 or 3-10")
    return start - 1, stop - 1
