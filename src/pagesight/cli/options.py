"""Options that several commands share, and the App that they configure."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pagesight import settings as configuration
from pagesight.document import KINDS, Kind, Metadata
from pagesight.errors import SettingsError
from pagesight.results import Filter
from pagesight.settings import Settings

if TYPE_CHECKING:
    from pagesight.app import App
    from pagesight.library import Library

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

_FIELDS: Mapping[str, Callable[[Metadata], Collection[str]]] = {
    "tag": lambda metadata: metadata.tags,
    "language": lambda metadata: (metadata.language,),
    "revision": lambda metadata: (metadata.revision,),
}

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


def make_filter(
    library: Library,
    kinds: list[str] | None,
    documents: list[str] | None,
    pages: str | None,
    conditions: list[str] | None = None,
) -> Filter:
    """The filter that the options mean.

    Raises:
        SettingsError: an unknown kind, document or field, pages that are no range, or conditions
            that no document meets.
    """
    chosen = tuple(library.find(name).id for name in documents or ())
    if conditions:
        meeting = _meeting(library, conditions)
        chosen = tuple(id for id in chosen or meeting if id in meeting)
        if not chosen:
            raise SettingsError(f"no document meets --where {' --where '.join(conditions)}")
    return Filter(
        documents=chosen,
        kinds=tuple(_kind(name) for name in kinds or ()),
        pages=_page_range(pages) if pages else None,
    )


def _meeting(library: Library, conditions: list[str]) -> list[str]:
    """Ids of the documents whose metadata meet every condition."""
    documents = library.documents()
    for condition in conditions:
        field, equals, value = condition.partition("=")
        if field not in _FIELDS or not equals:
            raise SettingsError(
                f"--where {condition}: write it as FIELD=VALUE; fields are {', '.join(_FIELDS)}"
            )
        said = _FIELDS[field]
        documents = [document for document in documents if value in said(document.metadata)]
    return [document.id for document in documents]


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
