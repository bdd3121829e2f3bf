"""`pagesight doctor` and `pagesight reembed`: a library is checked, mended, given new vectors."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.text import Text

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

if TYPE_CHECKING:
    from pagesight.doctor import Finding
    from pagesight.settings import TextSettings, VisualSettings

HEALTHY, ILL = 0, 1


def doctor(
    repair: Annotated[
        bool, typer.Option("--repair", help="Mend what differs, and remove what is left over.")
    ] = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="Ids, samples and names instead of every byte.")
    ] = False,
    library: Where = DEFAULT_LIBRARY,
    pipeline: Pipeline = "default",
    settings_file: Config = None,
    sets: Sets = None,
    as_json: Json = False,
) -> None:
    """Compare the catalogue with its indexes and files; without --repair nothing is changed.

    Exit codes, for monitoring:

    0  healthy, or all was mended; notes do not count.

    1  something is wrong, or is left after --repair.

    3  the catalogue cannot be read, or cannot be written now (--repair).
    """
    from pagesight.app import build

    settings = load_settings(pipeline, settings_file, sets)
    with (
        build(settings, library, writable=repair, recover=False, notify=warn) as built,
        _telling() as tell,
    ):
        found, left = built.doctor(tell, quick=quick, repair=repair)
        count = len(built.library.catalogue.upkeep.document_ids())
    still = {(finding.kind, finding.subject) for finding in left}
    mended = [finding for finding in found if (finding.kind, finding.subject) not in still]
    healthy = not any(finding.fault for finding in left)
    if as_json:
        output.print_json({"healthy": healthy, "findings": left, "mended": mended})
    else:
        _print_findings(mended, left)
        verdict = "healthy" if healthy else "not healthy"
        output.console.print(f"{verdict}: {count} documents", markup=False)
    raise typer.Exit(HEALTHY if healthy else ILL)


def reembed(
    model: Annotated[
        str | None, typer.Option(help="Short for --set text.model=MODEL (--visual: visual.model).")
    ] = None,
    visual: Annotated[bool, typer.Option("--visual", help="The CLIP vectors.")] = False,
    library: Where = DEFAULT_LIBRARY,
    pipeline: Pipeline = "default",
    settings_file: Config = None,
    sets: Sets = None,
    as_json: Json = False,
) -> None:
    """Make the text vectors (or with --visual the CLIP vectors) by the model of the settings.

    The old vectors serve until all new ones are there. Interrupted, the same command goes on.
    """
    space = "visual" if visual else "text"
    chosen = () if model is None else (f"{space}.model={model}",)
    settings = load_settings(pipeline, settings_file, sets, *chosen)
    with open_app(library, settings, writable=True) as built:
        try:
            with output.counting(f"{space} vectors") as done:
                built.reembed(space, done)
        except KeyboardInterrupt:
            made = built.library.stage(space)[1]
            warn(f"interrupted: {made} {space} vectors are made. Run the same command to go on.")
            raise typer.Exit(130) from None
        fingerprint = built.library.spaces()[space]
    if as_json:
        output.print_json({"space": space, "fingerprint": fingerprint})
        return
    output.console.print(f"the {space} vectors are by {fingerprint} now", markup=False)
    standing = load_settings(pipeline, settings_file, None)
    before, now = (standing.visual, settings.visual) if visual else (standing.text, settings.text)
    if lines := _changed(before, now):
        output.console.print(
            f"so that other commands use it, write into the settings file (--config): {lines}",
            markup=False,
        )


def _changed(before: TextSettings | VisualSettings, now: TextSettings | VisualSettings) -> str:
    """What differs, as lines of a settings file: text.model = "..."."""
    from pagesight.settings import TextSettings

    section = "text" if isinstance(now, TextSettings) else "visual"
    old = asdict(before)
    return ", ".join(
        f"{section}.{key} = {json.dumps(value, ensure_ascii=False)}"
        for key, value in asdict(now).items()
        if value != old[key]
    )


def _print_findings(mended: Sequence[Finding], left: Sequence[Finding]) -> None:
    for finding in mended:
        output.console.print(_line("mended", "green", finding))
    for finding in left:
        word, style = ("FAULT ", "bold red") if finding.fault else ("note  ", "yellow")
        output.console.print(_line(word, style, finding))
        remedy = finding.remedy
        if finding.repairable and not remedy:
            remedy = "`pagesight doctor --repair` mends it"
        output.console.print(Text(f"        {remedy}", style="dim"))


def _line(word: str, style: str, finding: Finding) -> Text:
    line = Text(f"{word}  ", style=style)
    return line.append(f"{finding.kind} {finding.subject}: {finding.detail}", style="default")


@contextmanager
def _telling() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar on standard error: call it with (what, done, in all)."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    silent = not sys.stderr.isatty()
    with Bar(*columns, console=Console(stderr=True), transient=True, disable=silent) as bar:
        task = bar.add_task("", total=None)

        def tell(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total)

        yield tell
