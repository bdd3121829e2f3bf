"""One process asks again and again while the real command ingests, replaces and removes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT, json_of
from tests.odd_pdfs import manual
from tests.processes import start
from tests.reader import Round

SETTINGS = ("--set", "visual.enabled=false")


@contextmanager
def reading(library: Path, log: Path) -> Iterator[None]:
    """A reader is at work until a second after the block; it ends without an error."""
    end = log.with_suffix(".end")
    with log.open("w") as output:
        reader = subprocess.Popen(
            [sys.executable, "-m", "tests.reader", str(library), str(end)],
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            while not log.stat().st_size and reader.poll() is None:
                time.sleep(0.1)
            yield
            time.sleep(1)
        finally:
            end.touch()
            _, errors = reader.communicate(timeout=60)
    assert (reader.returncode, errors) == (0, "")


def ingest(folder: Path, library: Path) -> tuple[dict[str, float], list[str]]:
    """Runs the command. Id of each document -> when it was said to be stored; and the ids of
    those that were replaced."""
    stored: dict[str, float] = {}
    replaced: list[str] = []
    command = ("ingest", folder, *SETTINGS, "--library", library, "--json")
    with start(subprocess.PIPE, *command, errors=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        for line in process.stdout:
            event = json.loads(line)
            if event["type"] == "stored":
                stored[event["document"]["id"]] = time.monotonic()
                replaced += event["replaced"]
    assert process.returncode == 0
    return stored, replaced


@dataclass(frozen=True, slots=True)
class Watched:
    """What a reader saw, and what happened meanwhile, by document id and in seconds."""

    rounds: Sequence[Round]
    stored: Mapping[str, float]
    gone: Mapping[str, float]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Watched:
    """Six documents come, one is replaced, and one removed."""
    folder = tmp_path_factory.mktemp("live")
    documents, library, log = folder / "documents", folder / "library", folder / "rounds.jsonl"
    documents.mkdir()
    manual(documents / "unit-0.pdf", 0)
    stored, _ = ingest(documents, library)
    with reading(library, log):
        for seed in range(1, 6):
            manual(documents / f"unit-{seed}.pdf", seed, pages=1 + seed % 2)
        stored |= ingest(documents, library)[0]
        manual(documents / "unit-2.pdf", 102)
        renewed, replaced = ingest(documents, library)
        assert (len(renewed), len(replaced)) == (1, 1)
        gone = dict.fromkeys(replaced, max(renewed.values()))
        removed = json_of("docs", "rm", "unit-3.pdf", "--library", library)
        gone |= dict.fromkeys(removed, time.monotonic())
    rounds = [Round(**json.loads(line)) for line in log.read_text().splitlines()]
    assert len(stored | renewed) == 7
    assert len(gone) == 2
    return Watched(rounds, stored | renewed, gone)


def test_what_was_said_to_be_stored_is_found_whole_by_the_next_question(watched: Watched) -> None:
    """By vectors as soon as it is listed; by words when the command says that it is stored, which
    is up to a quarter of a second later on a busy machine."""
    worded: dict[str, set[str]] = defaultdict(set)
    for each in watched.rounds:
        for document, chunks in each.listed_after.items():
            worded[document] |= {*chunks} & {*each.by_words}
    assert all(worded[document] for document in watched.stored)
    for each in watched.rounds:
        for document in each.listed_before.keys() & each.listed_after.keys():
            assert {*each.listed_before[document]} <= {*each.by_vectors}
            if watched.stored[document] < each.begun:
                assert worded[document] <= {*each.by_words}


def test_nothing_is_found_that_is_not_listed(watched: Watched) -> None:
    for each in watched.rounds:
        listed = {
            chunk
            for documents in (each.listed_before, each.listed_after)
            for chunks in documents.values()
            for chunk in chunks
        }
        assert {*each.by_vectors, *each.by_words, *each.hits} <= listed
        assert each.hits


def test_what_was_replaced_or_removed_is_found_no_more(watched: Watched) -> None:
    for document, when in watched.gone.items():
        later = [each for each in watched.rounds if each.begun > when]
        assert later
        assert not [each for each in later if document in each.listed_before]
