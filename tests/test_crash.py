"""The real command is killed at its work, again and again, and nothing is lost.

`kill -9` leaves to the system what was written: a loss of power is more than that, since what was
written may not have reached the disk. No test in user space can show that; the catalogue commits
with `synchronous = FULL`, and files are flushed to the disk before they are renamed.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from pagesight.adapters.sqlite import SQLiteCatalogue
from pagesight.app import build
from pagesight.document import Document
from pagesight.results import Query
from pagesight.settings import load
from tests.builders import questions
from tests.conftest import json_of, run_pagesight
from tests.odd_pdfs import manual, serial
from tests.processes import orphans, started

KILLS = int(os.environ.get("PAGESIGHT_KILLS", "6"))
DOCUMENTS = 12
CHANGING = range(6)
"""Documents that are written anew between two runs, three at a time."""
EVERY = 10_000
"""More chunks than there are."""
SCANNED = 7 if shutil.which("tesseract") else -1
SETTINGS = (
    *("--set", "visual.enabled=false"),
    *("--set", "parse.window_pages=2"),
    # The last bits of a vector depend on the texts that it is made together with.
    *("--set", "text.batch_size=1"),
)


def write_documents(folder: Path, changes: int = 0) -> None:
    """The documents as they are after so many changes."""
    folder.mkdir(exist_ok=True)
    for number in range(DOCUMENTS):
        path = folder / f"unit-{number:02}.pdf"
        seed = seed_of(number, changes)
        fresh = manual(folder / "new", seed, pages=1 + number % 2, scanned=number == SCANNED)
        if path.exists() and path.read_bytes() == fresh.read_bytes():
            fresh.unlink()
        else:
            fresh.replace(path)


def seed_of(number: int, changes: int) -> int:
    """What a document says. Each change is of every second one of those that change."""
    if number not in CHANGING:
        return number
    return number + 100 * ((changes + number % 2) // 2)


@dataclass(frozen=True, slots=True)
class Contents:
    """All that a library holds."""

    documents: Sequence[Document]
    chunks: Mapping[str, Sequence[object]]
    """Document id -> its chunks in reading order."""
    pages: Mapping[str, Sequence[object]]
    sources: Mapping[str, str]
    vectors: Mapping[str, bytes]
    found: Mapping[str, frozenset[str]]
    """Question -> ids of all chunks that share a word with it."""
    hits: Mapping[str, Sequence[tuple[str, float]]]
    """Question -> chunk ids and scores, best first."""
    crops: frozenset[str]

    @classmethod
    def of(cls, root: Path) -> Contents:
        asked = [*questions(8), "serial number of unit 4", "What does Figure 7 show?"]
        settings = load(overrides=["visual.enabled=false"])
        with build(settings, root, writable=True, notify=print) as app:
            library = app.library
            documents = library.documents()
            found = {text: library.search_words(text, EVERY) for text in asked}
            # BM25 counts with what was removed, until tantivy happens to merge it away.
            for words in ("words", "pages", "documents"):
                library.rebuild(words)
            hits = {text: app.retriever.retrieve(Query(text=text), 10).hits for text in asked}
            vectors = library.catalogue.vectors("text", sorted(library.catalogue.all_ids("text")))
            return cls(
                documents=documents,
                chunks={each.id: library.document_chunks(each.id) for each in documents},
                pages={each.id: library.pages(each.id) for each in documents},
                sources=library.sources(),
                vectors={id: vector.tobytes() for id, vector in vectors.items()},
                found={text: frozenset(id for id, _ in pairs) for text, pairs in found.items()},
                hits={
                    text: [(hit.chunk.id, round(hit.score, 6)) for hit in ranked]
                    for text, ranked in hits.items()
                },
                crops=frozenset(path.name for path in files(root / "crops")),
            )

    def differences(self, other: Contents) -> list[str]:
        """Names of what is not the same."""
        names = [field.name for field in fields(self)]
        return [name for name in names if getattr(self, name) != getattr(other, name)]


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def whole_documents(root: Path, told: Collection[str] = ()) -> int:
    """How many there are: those that were told of, and each with all its chunks and vectors."""
    if not (root / "catalogue.db").is_file():
        return 0
    catalogue = SQLiteCatalogue(root / "catalogue.db", read_only=True)
    documents = catalogue.documents()
    for document in documents:
        chunks = catalogue.document_chunks(document.id)
        assert len(chunks) == document.chunks > 0
        worded = {chunk.id for chunk in chunks if chunk.text}
        assert catalogue.vectors("text", sorted(worded)).keys() == worded
    catalogue.close()
    assert {*told} <= {document.name for document in documents}
    return len(documents)


def test_kills_at_any_moment_leave_what_runs_without_any_leave(tmp_path: Path) -> None:
    folder, library = tmp_path / "documents", tmp_path / "library"
    command = ("ingest", folder, *SETTINGS, "--library")
    straight = (*command, tmp_path / "straight")
    write_documents(folder)
    assert run_pagesight(*straight).returncode == 0
    write_documents(folder, changes := 1)
    moments = spread(KILLS, *lengths(tmp_path / "log", *straight))
    kills = runs = 0
    while kills < KILLS:
        runs += 1
        assert runs <= 4 * KILLS, "most runs end before they are killed"
        moment = next(moments)
        log = tmp_path / f"log-{runs}"
        killed = killed_at(moment, log, *command, library)
        kills += killed
        report(moment, "killed" if killed else "ended ", whole_documents(library, told(log)))
        if not killed or kills % 2:
            changes += 1
            write_documents(folder, changes)
    done = run_pagesight(*command, library)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert run_pagesight(*straight).returncode == 0
    checked = run_pagesight("doctor", "--library", library)
    assert checked.returncode == 0, checked.stdout
    # What was parsed and never stored, because the file changed first, leaves crops to sweep.
    swept = run_pagesight("doctor", "--repair", "--library", library)
    assert swept.returncode == 0, swept.stdout
    assert not [path for path in files(library) if path.suffix == ".tmp"]
    found, expected = Contents.of(library), Contents.of(tmp_path / "straight")
    differences = found.differences(expected)
    report(f"{kills} kills in {runs} runs, {changes} changes; differences:", differences or "none")
    assert not differences
    assert len(found.documents) == DOCUMENTS
    unit = seed_of(0, changes)
    asked = ("search", f"serial number of unit {unit}", *SETTINGS, "--library", library)
    said = [" ".join([*hit["headings"], hit["text"]]) for hit in json_of(*asked)]
    assert any(serial(unit) in text for text in said)


@dataclass(frozen=True, slots=True)
class Moment:
    seconds: float
    stored: bool
    """Counted from the first document that is stored, else from the start."""

    def __str__(self) -> str:
        return f"{self.seconds:5.1f} s after the {'first stored' if self.stored else 'start':12}"


def spread(count: int, whole: float, storing: float) -> Iterator[Moment]:
    """Random moments of a run, and as many of the end of it, where documents are stored: one in
    each of `count` / 2 equal parts of these seconds, again and again."""
    rng = random.Random(count)
    half = max(count // 2, 1)
    while True:
        for part in rng.sample(range(half), half):
            yield Moment(storing * (part + rng.random()) / half, stored=True)
            yield Moment(whole * (part + rng.random()) / half, stored=False)


def lengths(log: Path, *command: object) -> tuple[float, float]:
    """Seconds that the command takes, in all and from when it stores."""
    begun = time.monotonic()
    with started(log, *command) as process:
        wait_for_stored(process, log)
        stored = time.monotonic()
        assert process.wait() == 0, log.read_text()
    return time.monotonic() - begun, time.monotonic() - stored


def killed_at(moment: Moment, log: Path, *command: object) -> bool:
    """Whether the command was still at work then; nothing that it started outlives it."""
    with started(log, *command) as process:
        if moment.stored:
            wait_for_stored(process, log)
        try:
            assert process.wait(moment.seconds) == 0, log.read_text()
            killed = False
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            killed = True
        assert not orphans(process.pid)
        return killed


def wait_for_stored(process: subprocess.Popen[bytes], log: Path) -> None:
    """Until the first document is stored, or the process has ended."""
    while not told(log) and process.poll() is None:
        time.sleep(0.01)


def told(log: Path) -> set[str]:
    """Names of the documents that a run has said to be stored."""
    return set(re.findall(r"^stored +(\S+): \d", log.read_text(), re.MULTILINE))


def report(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def test_a_termination_loses_nothing_that_was_stored(tmp_path: Path) -> None:
    folder, library, log = tmp_path / "documents", tmp_path / "library", tmp_path / "log"
    write_documents(folder)
    command = ("ingest", folder, *SETTINGS, "--library", library)
    with started(log, *command) as process:
        wait_for_stored(process, log)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) in (130, 143, -signal.SIGTERM), log.read_text()
        assert not orphans(process.pid)
    assert "Traceback" not in log.read_text()
    stored = whole_documents(library, told(log))
    again = run_pagesight(*command)
    assert again.returncode == 0, again.stderr
    assert f"{DOCUMENTS - stored} documents stored" in again.stdout
    assert whole_documents(library) == DOCUMENTS
