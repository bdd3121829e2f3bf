"""`pagesight parse`: what the parser makes of a file, without a library."""

from __future__ import annotations

import dataclasses
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pagesight.cli import output
from pagesight.cli.ingesting import PASSWORD
from pagesight.cli.options import Config, Json, Pages, Pipeline, Sets, load_settings, warn
from pagesight.document import ParsedDocument
from pagesight.errors import SettingsError

if TYPE_CHECKING:
    from pagesight.inspection import Inspected, Inspector


def parse(
    file: Annotated[Path, typer.Argument(help="A document.")],
    html: Annotated[
        Path | None,
        typer.Option(help="Writes the pages with all that was found on them into this file."),
    ] = None,
    pages: Pages = None,
    password: Annotated[
        list[str] | None,
        typer.Option(help=f"Opens an encrypted file; may be repeated, or stand in {PASSWORD}."),
    ] = None,
    pipeline: Pipeline = "default",
    settings_file: Config = None,
    sets: Sets = None,
    as_json: Json = False,
) -> None:
    """Parse a file and show what was found, to judge the parser by: as Markdown, JSON lines, or
    a page to look at. Nothing is stored."""
    from pagesight.audit import audit, findings
    from pagesight.inspection import Inspector
    from pagesight.service import page_range

    settings = load_settings(pipeline, settings_file, sets)
    wanted = page_range(pages) if pages else None
    if html and as_json:
        raise SettingsError("--html and --json: choose one of them")
    _check(file, html)
    passwords = (*(password or ()), *filter(None, [os.environ.get(PASSWORD)]))
    try:
        with tempfile.TemporaryDirectory() as folder:
            inspector = Inspector.build(settings, Path(folder), passwords)
            with output.counting("parsing") as done:
                inspected = inspector.inspect(file, wanted, done)
            if html:
                _write(inspector, inspected, html)
            else:
                _print(inspected.parsed, as_json=as_json)
    except KeyboardInterrupt:
        warn("interrupted: no file was written")
        raise typer.Exit(130) from None
    for finding in findings(audit(inspected.parsed)):
        warn(finding)


def _check(file: Path, html: Path | None) -> None:
    """Refuses, before anything is parsed, what could not be done afterwards."""
    if file.is_dir():
        raise SettingsError(f"{file} is a folder: name one file in it")
    if html is None:
        return
    if not html.absolute().parent.is_dir():
        raise SettingsError(f"{html}: cannot be written: there is no folder {html.parent}")
    if html.is_dir():
        raise SettingsError(f"{html}: cannot be written: it is a folder; name a file in it")
    if html.exists() and file.exists() and html.samefile(file):
        raise SettingsError(f"{html}: would take the place of the document: name another file")


def _print(parsed: ParsedDocument, *, as_json: bool) -> None:
    from pagesight.inspection import to_markdown

    if as_json:
        for line in lines_of(parsed):
            output.print_json(line, indent=None)
    else:
        for block in to_markdown(parsed):
            typer.echo(f"{block}\n")


def _write(inspector: Inspector, inspected: Inspected, html: Path) -> None:
    from pagesight.files import replacing
    from pagesight.inspection import render_html

    pages = len(inspected.parsed.pages)
    with output.counting("drawing") as done:

        def pictures() -> Iterator[bytes]:
            for number, picture in enumerate(inspector.pictures(inspected), start=1):
                yield picture
                done(number, pages)

        try:
            with replacing(html) as out:
                for piece in render_html(inspected, pictures()):
                    out.write(piece.encode())
        except OSError as error:
            raise SettingsError(f"{html}: cannot be written ({error.strerror})") from error
    typer.echo(f"{html}: {_counts(inspected)}")


def _counts(inspected: Inspected) -> str:
    types = [element.type for element in inspected.parsed.elements]
    counts: Sequence[tuple[int, str]] = (
        (len(inspected.parsed.pages), "page"),
        (types.count("text"), "text"),
        (types.count("figure"), "figure"),
        (types.count("table"), "table"),
    )
    return ", ".join(f"{count:,} {name}{'' if count == 1 else 's'}" for count, name in counts)


def lines_of(parsed: ParsedDocument) -> Iterator[dict[str, Any]]:
    """The pages, then the elements in reading order, then hidden text."""
    for page in parsed.pages:
        yield {"type": "page", "number": page.number, **dataclasses.asdict(page)}
    for element in parsed.elements:
        yield dataclasses.asdict(element)
    for hidden in parsed.hidden:
        yield {"type": "hidden", **dataclasses.asdict(hidden)}
