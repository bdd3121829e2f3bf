"""Shows an ingest run: a bar on a terminal, plain lines in a pipe, NDJSON with --json."""

from __future__ import annotations

import signal
import sys
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import (
    Progress as Bar,
)

from pagesight.cli.output import plain, print_json
from pagesight.document import file_name
from pagesight.results import Failed, Outcome, Plan, Progress, Skipped, Stored


@dataclass(slots=True)
class Summary:
    """What a run came to."""

    stored: list[Stored] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        match outcome:
            case Stored():
                self.stored.append(outcome)
            case Skipped():
                self.skipped.append(outcome)
            case Failed():
                self.failed.append(outcome)

    @property
    def line(self) -> str:
        pages = sum(outcome.document.page_count for outcome in self.stored)
        return (
            f"{len(self.stored)} documents stored ({pages} pages), "
            f"{len(self.skipped)} already there, {len(self.failed)} failed"
        )


def follow(
    events: Generator[Plan | Progress | Outcome], summary: Summary, *, as_json: bool
) -> None:
    """Shows the events as they come and adds the outcomes to `summary`.

    Raises:
        KeyboardInterrupt: Ctrl-C, after the event in hand; what is stored is in `summary`.
    """
    if as_json:
        _follow_json(_until_interrupted(events), summary)
    else:
        _follow_bar(_until_interrupted(events), summary)


def _until_interrupted(
    events: Generator[Plan | Progress | Outcome],
) -> Iterator[Plan | Progress | Outcome]:
    """The first Ctrl-C takes effect between two events, some seconds apart: raised anywhere, it
    can be lost in a library's callback. The second one is raised where it falls."""
    pressed = False

    def press(signal_number: int, frame: object) -> None:
        nonlocal pressed
        if pressed:
            raise KeyboardInterrupt
        pressed = True

    before = signal.signal(signal.SIGINT, press)
    try:
        with closing(events):
            for event in events:
                yield event
                if pressed:
                    raise KeyboardInterrupt
    finally:
        signal.signal(signal.SIGINT, before)


def _follow_json(events: Iterable[Plan | Progress | Outcome], summary: Summary) -> None:
    for event in events:
        if not isinstance(event, Plan | Progress):
            summary.add(event)
        print_json(plain(event), indent=None)


def _follow_bar(events: Iterable[Plan | Progress | Outcome], summary: Summary) -> None:
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    bar = Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("pages"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not sys.stderr.isatty(),
    )
    with bar:
        task = bar.add_task("looking at files", total=None)
        done: dict[str, int] = {}
        for event in events:
            match event:
                case Plan():
                    bar.update(task, total=event.pages, description="parsing")
                case Progress():
                    done[event.source] = event.pages_done
                    name = escape(file_name(event.source))
                    bar.update(task, completed=sum(done.values()), description=name)
                case _:
                    summary.add(event)
                    for line in outcome_lines(event):
                        bar.console.print(line, markup=False)


def outcome_lines(outcome: Outcome) -> list[str]:
    """A line for the outcome, and one for each finding."""
    match outcome:
        case Stored():
            document = outcome.document
            line = (
                f"stored   {document.name}: {document.page_count} pages, {document.chunks} chunks, "
                f"{document.figures} figures, {document.tables} tables"
            )
            if document.ocr_pages:
                line += f", {document.ocr_pages} pages read by OCR"
            return [line, *(f"         {finding}" for finding in outcome.findings)]
        case Skipped():
            return [f"skipped  {outcome.source}: already in the library"]
        case Failed():
            return [f"FAILED   {outcome.source}: {outcome.reason}"]
