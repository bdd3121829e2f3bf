"""`pagesight ingest`: documents into the library."""

from __future__ import annotations

import os
import sys
import tempfile
from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pagesight.cli import output
from pagesight.cli.options import (
    DEFAULT_LIBRARY,
    Config,
    Json,
    Pipeline,
    Sets,
    Where,
    load_settings,
    open_app,
    warn,
)
from pagesight.cli.progress import Summary, follow, print_summary
from pagesight.results import Event, Failed, Looked, Planned

if TYPE_CHECKING:
    from pagesight.ingest import Request
    from pagesight.settings import Settings

STDIN = "-"
PASSWORD = "PAGESIGHT_PASSWORD"
"""Environment variable with one password: an argument can be read by all users of a machine."""


def ingest(
    paths: Annotated[
        list[str],
        typer.Argument(help="Files, folders, globs, URLs (https, s3 ...); - reads them a line."),
    ],
    metadata: Annotated[
        Path | None,
        typer.Option(help="CSV or JSON: title, revision, language, tags, supersedes of each file."),
    ] = None,
    password: Annotated[
        list[str] | None,
        typer.Option(help=f"Opens encrypted files; may be repeated, or stand in {PASSWORD}."),
    ] = None,
    password_file: Annotated[Path | None, typer.Option(help="Passwords, one a line.")] = None,
    parser: Annotated[
        str | None, typer.Option(help="What divides the pages of PDFs: pymupdf or unstructured.")
    ] = None,
    prune: Annotated[
        bool, typer.Option("--prune", help="Remove what is gone from the folders.")
    ] = False,
    reparse: Annotated[
        bool, typer.Option("--reparse", help="Parse again what is in the library.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 if the audit finds anything.")
    ] = False,
    library: Where = DEFAULT_LIBRARY,
    pipeline: Pipeline = "default",
    settings_file: Config = None,
    sets: Sets = None,
    as_json: Json = False,
) -> None:
    """Bring documents into the library. What is there already is skipped."""
    from pagesight import client
    from pagesight.ingest import Request, nothing_said
    from pagesight.sidecar import load_sidecar
    from pagesight.sources import read_passwords

    chosen = [f"parse.engine={parser}"] if parser else []
    settings = load_settings(pipeline, settings_file, sets, *chosen)
    sidecar = load_sidecar(metadata) if metadata else None
    request = Request(
        paths=[*_listed(paths)],
        passwords=(
            *(password or ()),
            *filter(None, [os.environ.get(PASSWORD)]),
            *(read_passwords(password_file) if password_file else ()),
        ),
        metadata=sidecar.of if sidecar else nothing_said,
        prune=prune,
        reparse=reparse,
    )
    if dry_run:
        _plan(request, library, settings, as_json=as_json)
        return
    summary = Summary()
    if remote := client.find(library, settings):
        _follow(remote.ingest(request, metadata), summary, as_json=as_json)
        known = {row.source for row in remote.documents()} if sidecar else set()
    else:
        with open_app(library, settings, writable=True, create=True) as built:
            _follow(built.ingester.ingest(request), summary, as_json=as_json)
            known = set(built.library.sources())
    for row in sidecar.unused(known) if sidecar else ():
        warn(f"{metadata}: no document is called {row}")
    if not as_json:
        print_summary(summary)
    if summary.failed or (strict and not summary.clean):
        raise typer.Exit(1)


def _follow(events: Generator[Event], summary: Summary, *, as_json: bool) -> None:
    try:
        follow(events, summary, as_json=as_json)
    except KeyboardInterrupt:
        warn(
            f"interrupted: {summary.line}; the documents in hand were left out. "
            "Run the same command to go on."
        )
        raise typer.Exit(130) from None


def _listed(paths: Iterable[str]) -> Iterator[str]:
    """The paths; "-" stands for those on standard input."""
    for path in paths:
        if path == STDIN:
            yield from filter(None, (line.rstrip("\r\n") for line in sys.stdin))
        else:
            yield path


def _plan(request: Request, library: Path, settings: Settings, *, as_json: bool) -> None:
    """Says what an ingest would do. Where there is no library yet, an empty one is asked."""
    from pagesight.app import is_library

    with tempfile.TemporaryDirectory() as empty:
        there = is_library(library)
        where = library if there else Path(empty)
        with open_app(where, settings, writable=not there, create=not there) as built:
            counts: Counter[str] = Counter()
            for event in built.ingester.plan(request):
                if isinstance(event, Looked):
                    continue
                counts[event.action if isinstance(event, Planned) else event.type] += 1
                if as_json:
                    output.print_json(output.plain(event), indent=None)
                else:
                    output.console.print(_planned_line(event), markup=False)
    if not as_json:
        output.console.print(
            ", ".join(f"{action} {count}" for action, count in sorted(counts.items()))
        )


def _planned_line(event: Planned | Failed) -> str:
    if isinstance(event, Failed):
        return f"FAILED   {event.source}: {event.reason}"
    pages = f" ({event.pages} pages)" if event.pages else ""
    return f"{event.action:8} {event.source}{pages}"
