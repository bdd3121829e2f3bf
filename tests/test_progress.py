"""What an ingest shows while it runs: on a terminal, in a pipe and to programs."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from rich.console import Console

from pagesight.cli.progress import Summary, follow, outcome_lines, print_summary
from pagesight.document import Audit, Document
from pagesight.results import (
    Event,
    Failed,
    Looked,
    Plan,
    Progress,
    Removed,
    Skipped,
    Stored,
)
from tests.builders import a_document

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def document(name: str, *, pages: int = 40, chunks: int = 100) -> Document:
    found = Audit(characters=10_000, unreadable=5)
    return replace(
        a_document(name),
        page_count=pages,
        chunks=chunks,
        figures=4,
        tables=2,
        ocr_pages=3,
        audit=found,
    )


def stored(name: str, *findings: str, replaced: tuple[str, ...] = ()) -> Stored:
    seconds = {"parse": 20.0, "embed": 2.0, "clip": 0.5, "store": 0.25}
    return Stored(document=document(name), seconds=seconds, findings=findings, replaced=replaced)


def progress(name: str, pages: int) -> Progress:
    return Progress(source=f"/documents/{name}.pdf", pages_done=pages, page_count=40)


RUN: tuple[Event, ...] = (
    Looked(done=2, total=4),
    Looked(done=4, total=4),
    Skipped(source="/documents/old.pdf", document_id="0" * 64),
    Plan(documents=3, pages=2_120),
    progress("pump", 40),
    stored("pump", "Figure 9 is mentioned, not found"),
    progress("valve", 16),
    Failed(source="/documents/valve.pdf", reason="pages 17 to 24: not parsed in 60 s"),
    progress("relay", 8),
    Removed(source="/documents/gone.pdf", document_id="1" * 64),
)


def generated(events: Iterable[Event]) -> Generator[Event]:
    yield from events


def ticking(step: float) -> Callable[[], float]:
    """A clock that goes on by `step` seconds whenever it is read."""
    ticks: Iterator[int] = count()
    return lambda: step * next(ticks)


def followed(
    events: Iterable[Event], *, terminal: bool, width: int = 80, step: float = 0.0
) -> tuple[str, Summary]:
    """What people see of the events, control codes included, and the summary."""
    file = io.StringIO()
    console = Console(
        file=file, force_terminal=terminal, width=width, soft_wrap=True, highlight=False
    )
    summary = Summary()
    follow(generated(events), summary, as_json=False, console=console, clock=ticking(step))
    return file.getvalue(), summary


def test_a_terminal_shows_documents_pages_failures_rates_and_the_one_in_hand() -> None:
    shown, _ = followed(RUN, terminal=True, width=100)
    last = _CONTROL.sub("", shown.replace("\r", "\n")).split("ingesting")[-1]
    assert "88 of 2,120 pages" in last
    assert "2 of 3 documents, 1 failed" in last
    assert "chunks/s embedded" in last
    assert "parse 0.50 CPU s/page, embed 50 chunks/s, clip 12.0 crops/s, store 0.25 s/doc" in last
    assert "page 8 of 40: relay.pdf" in last
    assert "\x1b[1;31m1 failed" in shown


def test_a_terminal_shows_outcomes_above_the_bar_and_failures_in_full() -> None:
    reason = "is damaged: " + "copy or download it again, or try qpdf to repair it; " * 5
    shown, _ = followed([Failed(source="/documents/valve.pdf", reason=reason)], terminal=True)
    assert f"FAILED   /documents/valve.pdf: {reason}" in _CONTROL.sub("", shown)
    assert "1 failed" in shown.split(reason)[-1]


@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_line_of_the_display_is_wider_than_the_terminal(width: int) -> None:
    long = progress("a-service-manual-whose-name-is-longer-than-a-terminal-is-wide" * 3, 8)
    quiet: list[Event] = [event for event in RUN if isinstance(event, Looked | Plan | Progress)]
    quiet.append(long)
    shown, _ = followed(quiet, terminal=True, width=width)
    lines = re.split(r"[\r\n]+", _CONTROL.sub("", shown))
    assert max(map(len, lines)) <= width
    assert any("page 8 of 40: a-service" in line for line in lines)


def test_files_are_looked_at_first() -> None:
    shown, _ = followed([Looked(done=1_200, total=10_000)], terminal=True)
    assert "looking at files" in shown
    assert "1,200 of 10,000" in _CONTROL.sub("", shown)


def test_a_pipe_gets_a_line_an_outcome_and_no_control_codes() -> None:
    shown, _ = followed(RUN, terminal=False)
    assert shown.splitlines() == [
        "skipped  /documents/old.pdf: already in the library",
        "stored   pump.pdf: 40 pages, 100 chunks, 4 figures, 2 tables, 3 pages read by OCR",
        "         Figure 9 is mentioned, not found",
        "FAILED   /documents/valve.pdf: pages 17 to 24: not parsed in 60 s",
        "removed  /documents/gone.pdf: gone from its folder",
    ]


def test_a_log_shows_life_in_long_work_without_an_outcome() -> None:
    events: list[Event] = [
        *(Looked(done=done, total=9) for done in range(9)),
        Plan(documents=2, pages=4_000),
        Failed(source="/documents/pump.pdf", reason="is empty"),
        *(progress("valve", pages) for pages in range(1, 9)),
    ]
    shown, _ = followed(events, terminal=False, step=8.0)
    assert shown.splitlines() == [
        "... looked at 3 of 9 files",
        "... looked at 7 of 9 files",
        "FAILED   /documents/pump.pdf: is empty",
        "... 4 of 4,000 pages, 1 document failed",
        "... 8 of 4,000 pages, 1 document failed",
    ]


def test_programs_get_an_object_an_event_and_the_summary_last(
    capsys: pytest.CaptureFixture[str],
) -> None:
    follow(generated(RUN), Summary(), as_json=True, clock=ticking(90.0))
    objects = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["type"] for each in objects[:-1]] == [event.type for event in RUN]
    assert objects[-1] == {
        "type": "summary",
        "stored": 1,
        "skipped": 1,
        "failed": 1,
        "removed": 1,
        "pages": 40,
        "chunks": 100,
        "findings": 1,
        "seconds": 90.0,
    }


INTERRUPTED = """
import signal
from pagesight.cli.progress import Summary, follow
from tests.test_progress import stored

def events():
    try:
        yield stored("pump")
        signal.raise_signal(signal.SIGINT)
        yield stored("valve")
        yield stored("relay")
    finally:
        print("closed")

try:
    follow(events(), Summary(), as_json=True)
except KeyboardInterrupt:
    print("interrupted")
"""


def test_ctrl_c_takes_effect_after_the_event_in_hand() -> None:
    """In a process of its own: a signal that goes astray would end all other tests."""
    code = [sys.executable, "-c", INTERRUPTED]
    run = subprocess.run(code, capture_output=True, text=True, timeout=120, check=True)
    *lines, interrupted = run.stdout.splitlines()
    assert interrupted == "interrupted"
    assert lines.count("closed") == 1
    said = [json.loads(line) for line in lines if line != "closed"]
    names = [Path(each["document"]["source"]).name for each in said if each["type"] == "stored"]
    assert names == ["pump.pdf", "valve.pdf"]
    assert (said[-1]["type"], said[-1]["stored"]) == ("summary", 2)


def test_a_document_in_place_of_an_older_one_says_so() -> None:
    (line,) = outcome_lines(stored("pump", replaced=("0" * 64,)))
    assert line.endswith("in place of an older version")


def test_a_summary_counts_and_is_clean_without_failure_and_finding() -> None:
    summary = Summary()
    summary.add(stored("pump"))
    summary.add(Skipped(source="/documents/old.pdf", document_id="0" * 64))
    assert summary.clean
    assert summary.line == "1 documents stored (40 pages), 1 already there, 0 failed"
    summary.add(Removed(source="/documents/gone.pdf", document_id="1" * 64))
    assert summary.clean
    assert summary.line.endswith("0 failed, 1 removed")
    summary.add(stored("valve", "no text at all"))
    assert not summary.clean
    assert summary.findings == {"valve.pdf": ("no text at all",)}
    failed = Summary(failed=[Failed(source="/documents/pump.pdf", reason="is empty")])
    assert not failed.clean


def test_documents_with_one_name_are_told_apart_by_their_paths() -> None:
    one, other = stored("pump", "no text at all"), stored("pump", "page 1: damaged")
    moved = replace(other, document=replace(other.document, source="/archive/pump.pdf"))
    assert Summary(stored=[one, moved]).findings == {
        "pump.pdf": ("no text at all",),
        "/archive/pump.pdf": ("page 1: damaged",),
    }


def test_the_audit_at_the_end_lists_twenty_documents_and_the_totals() -> None:
    summary = Summary(stored=[stored(f"m{n}", "no text at all", "page 1: x") for n in range(23)])
    lines = summary.lines
    assert lines[:3] == ["m0.pdf", "  no text at all", "  page 1: x"]
    assert lines[-3] == "  page 1: x"
    assert lines[-2] == "and 3 more: pagesight docs show DOCUMENT"
    assert lines[-1] == (
        "23 documents: 920 pages, 69 by OCR, 92 figures, 46 tables, 0.05 % unreadable"
    )
    assert Summary().lines == []


def test_the_summary_of_a_run_is_printed_with_its_audit(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_summary(Summary(stored=[stored("pump", "no text at all")]))
    assert capsys.readouterr().out.splitlines() == [
        "pump.pdf",
        "  no text at all",
        "1 documents: 40 pages, 3 by OCR, 4 figures, 2 tables, 0.05 % unreadable",
        "1 documents stored (40 pages), 0 already there, 0 failed",
    ]
