"""Shows an ingest run: a live display on a terminal, lines in a pipe, NDJSON with --json."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from pagesight.cli.display import Display, Work
from pagesight.cli.output import console, plain, print_json
from pagesight.results import (
    Event,
    Failed,
    Looked,
    Outcome,
    Plan,
    Progress,
    Removed,
    Skipped,
    Stored,
)

_SIGN_OF_LIFE = 30.0
"""Seconds of work without an outcome after which a log says how far it is."""
_MOST_AUDITED = 20
"""Documents whose findings are repeated at the end."""
_Passing = Looked | Plan | Progress
"""Events that are no outcomes."""


@dataclass(slots=True)
class Summary:
    """What a run came to."""

    stored: list[Stored] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    removed: list[Removed] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        match outcome:
            case Stored():
                self.stored.append(outcome)
            case Skipped():
                self.skipped.append(outcome)
            case Failed():
                self.failed.append(outcome)
            case Removed():
                self.removed.append(outcome)

    @property
    def line(self) -> str:
        pages = sum(outcome.document.page_count for outcome in self.stored)
        removed = f", {len(self.removed)} removed" if self.removed else ""
        return (
            f"{len(self.stored)} documents stored ({pages} pages), "
            f"{len(self.skipped)} already there, {len(self.failed)} failed{removed}"
        )

    @property
    def findings(self) -> dict[str, tuple[str, ...]]:
        """Name of a document (its path where two have one name) -> what was found wrong."""
        found: dict[str, tuple[str, ...]] = {}
        for outcome in self.stored:
            if outcome.findings:
                document = outcome.document
                name = document.source if document.name in found else document.name
                found[name] = outcome.findings
        return found

    @property
    def clean(self) -> bool:
        """Nothing failed and nothing was found wrong."""
        return not self.failed and not any(outcome.findings for outcome in self.stored)

    @property
    def lines(self) -> list[str]:
        """The audit of what was stored: findings under the name of their document, indented, and
        a line for all documents together."""
        lines = []
        found = self.findings
        for name, findings in [*found.items()][:_MOST_AUDITED]:
            lines += [name, *(f"  {finding}" for finding in findings)]
        if len(found) > _MOST_AUDITED:
            lines.append(f"and {len(found) - _MOST_AUDITED} more: pagesight docs show DOCUMENT")
        return [*lines, self._totals] if self.stored else lines

    @property
    def _totals(self) -> str:
        documents = [outcome.document for outcome in self.stored]
        characters = sum(document.audit.characters for document in documents)
        unreadable = sum(document.audit.unreadable for document in documents)
        return (
            f"{len(documents):,} documents: "
            f"{sum(document.page_count for document in documents):,} pages, "
            f"{sum(document.ocr_pages for document in documents):,} by OCR, "
            f"{sum(document.figures for document in documents):,} figures, "
            f"{sum(document.tables for document in documents):,} tables, "
            f"{100 * unreadable / max(characters, 1):.2f} % unreadable"
        )

    def as_json(self, seconds: float) -> dict[str, object]:
        """The last object of --json, after a run of `seconds`."""
        return {
            "type": "summary",
            "stored": len(self.stored),
            "skipped": len(self.skipped),
            "failed": len(self.failed),
            "removed": len(self.removed),
            "pages": sum(outcome.document.page_count for outcome in self.stored),
            "chunks": sum(outcome.document.chunks for outcome in self.stored),
            "findings": sum(len(outcome.findings) for outcome in self.stored),
            "seconds": round(seconds, 3),
        }


def follow(
    events: Generator[Event],
    summary: Summary,
    *,
    as_json: bool,
    console: Console | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Shows the events as they come and adds the outcomes to `summary`.

    People look at `console`, standard error unless one is given; JSON goes to standard output,
    and the summary is its last object. `clock` gives seconds.

    Raises:
        KeyboardInterrupt: Ctrl-C, after the event in hand; what is stored is in `summary`.
    """
    shown = console or Console(
        stderr=True, highlight=False, soft_wrap=True, force_terminal=sys.stderr.isatty()
    )
    uninterrupted = _until_interrupted(events)
    if as_json:
        _follow_json(uninterrupted, summary, clock)
    elif shown.is_interactive:
        _follow_live(uninterrupted, summary, shown)
    else:
        _follow_log(uninterrupted, summary, shown, clock)


def _until_interrupted(events: Generator[Event]) -> Iterator[Event]:
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


def _follow_json(events: Iterable[Event], summary: Summary, clock: Callable[[], float]) -> None:
    started = clock()
    try:
        for event in events:
            if not isinstance(event, _Passing):
                summary.add(event)
            print_json(plain(event), indent=None)
    finally:
        print_json(summary.as_json(clock() - started), indent=None)


def _follow_log(
    events: Iterable[Event], summary: Summary, console: Console, clock: Callable[[], float]
) -> None:
    """A line an outcome, and now and then one that says how far it is."""
    work = Work()
    written = clock()
    for event in events:
        work.add(event)
        if not isinstance(event, _Passing):
            summary.add(event)
            for line in outcome_lines(event):
                console.print(line, markup=False)
            written = clock()
        elif clock() - written >= _SIGN_OF_LIFE:
            console.print(f"... {work.line}", markup=False)
            written = clock()


def _follow_live(events: Iterable[Event], summary: Summary, console: Console) -> None:
    with Display(console) as display:
        for event in events:
            display.show(event)
            if not isinstance(event, _Passing):
                summary.add(event)
                style = "red" if isinstance(event, Failed) else ""
                for line in outcome_lines(event):
                    console.print(Text(line, style=style))


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
            if outcome.replaced:
                line += ", in place of an older version"
            return [line, *(f"         {finding}" for finding in outcome.findings)]
        case Skipped():
            return [f"skipped  {outcome.source}: already in the library"]
        case Failed():
            return [f"FAILED   {outcome.source}: {outcome.reason}"]
        case Removed():
            return [f"removed  {outcome.source}: gone from its folder"]


def print_summary(summary: Summary) -> None:
    """What an ingest came to: the audit of what it stored, then the counts of all outcomes."""
    for line in (*summary.lines, summary.line):
        words = line.lstrip()
        indent = len(line) - len(words)
        if console.is_terminal:
            console.print(Padding(Text(words), (0, 0, 0, indent), expand=False))
        else:
            console.print(Text(line))
