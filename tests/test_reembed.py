"""Vectors of another model: interrupted, gone on with, refused, kept."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from pagesight.adapters.sqlite import SQLiteCatalogue
from pagesight.document import Chunk
from pagesight.errors import LibraryError
from pagesight.ingest.vectors import text_vectors
from pagesight.library import EMBED_BATCH, Library
from tests.builders import a_document, an_id, open_library, prose
from tests.conftest import COMMAND, ROOT, run_pagesight
from tests.models import HashedWords

if TYPE_CHECKING:
    from pagesight.ports import Vector

COUNT = 4 * EMBED_BATCH + 10
"""Chunks: five batches."""


class Backwards(HashedWords):
    """Another real model of the same kind: each vector has its values in reverse order."""

    fingerprint = "hashed words, backwards"

    def embed_question(self, text: str) -> Vector:
        return super().embed_question(text)[::-1]


class Counted:
    """Embeds by a model, counts the chunks, and ends the process after some batches."""

    def __init__(self, fatal: int = 0) -> None:
        self.chunks = 0
        self._fatal = fatal
        self._batches = 0

    def __call__(self, chunks: Sequence[Chunk]) -> Mapping[str, Vector]:
        self._batches += 1
        if self._batches == self._fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        self.chunks += len(chunks)
        return text_vectors(Backwards(), chunks)


def put(library: Library, name: str, chunks: Sequence[Chunk]) -> None:
    document = a_document(name, chunks=len(chunks))
    library.put(document, [], chunks, {"text": text_vectors(HashedWords(), chunks)})


def machines(count: int = COUNT) -> dict[str, list[Chunk]]:
    """Document name -> its chunks."""
    chunks = prose(count)
    names = [f"machine {number}" for number in range(7)]
    return {name: [c for c in chunks if c.document_id == an_id(name)] for name in names}


def fill(root: Path, names: Sequence[str] = ()) -> None:
    with open_library(root) as library:
        library.bind("text", HashedWords.fingerprint)
        for name, chunks in machines().items():
            if not names or name in names:
                put(library, name, chunks)


def kill_in_the_middle(root: Path) -> None:
    """A real process makes two batches and is killed in the third."""
    code = (
        "import sys; from pathlib import Path; from tests.test_reembed import *\n"
        "with open_library(Path(sys.argv[1])) as library:\n"
        "    library.replace_space('text', Backwards.fingerprint, Counted(fatal=3))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(root)], cwd=ROOT, check=False, timeout=120
    )
    assert run.returncode == -signal.SIGKILL


def vectors(library: Library) -> dict[str, bytes]:
    ids = sorted(library.catalogue.all_ids("text"))
    return {id: vector.tobytes() for id, vector in library.catalogue.vectors("text", ids).items()}


def test_a_killed_reembedding_goes_on_where_it_was(tmp_path: Path) -> None:
    fill(tmp_path)
    kill_in_the_middle(tmp_path)
    question = HashedWords().embed_question("Which valve may overheat near the exhaust?")
    with open_library(tmp_path, write=False) as reader:
        assert reader.stage("text") == (Backwards.fingerprint, 2 * EMBED_BATCH)
        assert reader.spaces() == {"text": HashedWords.fingerprint}
        old = reader.search_vectors("text", question, 5)
    with open_library(tmp_path) as library:
        assert library.stage("text") == (Backwards.fingerprint, 2 * EMBED_BATCH)
        assert library.search_vectors("text", question, 5) == old
        library.replace_space("text", Backwards.fingerprint, embed := Counted())
        assert embed.chunks == COUNT - 2 * EMBED_BATCH
        assert library.spaces() == {"text": Backwards.fingerprint}
        assert library.stage("text") == ("", 0)
        assert library.check() == {}
        resumed = vectors(library)
        found = library.search_vectors("text", question[::-1], 5)
    fill(tmp_path / "other")
    with open_library(tmp_path / "other") as library:
        library.replace_space("text", Backwards.fingerprint, embed := Counted())
        assert embed.chunks == COUNT
        assert vectors(library) == resumed
        assert library.search_vectors("text", question[::-1], 5) == found
    assert [id for id, _ in found] == [id for id, _ in old]


def test_documents_come_and_go_while_a_reembedding_is_unfinished(tmp_path: Path) -> None:
    early = [f"machine {number}" for number in range(6)]
    fill(tmp_path, early)
    kill_in_the_middle(tmp_path)
    with open_library(tmp_path) as library:
        library.bind("text", HashedWords.fingerprint)
        library.forget([an_id("machine 0")])
        put(library, "machine 6", machines()["machine 6"])
        library.replace_space("text", Backwards.fingerprint, Counted())
        assert library.check() == {}
        there = vectors(library)
    chunks = [chunk for name, of in machines().items() if name != "machine 0" for chunk in of]
    wanted = text_vectors(Backwards(), chunks)
    assert there == {id: np.asarray(vector, np.float32).tobytes() for id, vector in wanted.items()}


def test_another_model_starts_over(tmp_path: Path) -> None:
    fill(tmp_path)
    kill_in_the_middle(tmp_path)
    with open_library(tmp_path) as library:
        library.replace_space("text", "a third", embed := Counted())
        assert embed.chunks == COUNT
        assert library.spaces() == {"text": "a third"}


def test_what_a_failing_model_has_made_is_kept(tmp_path: Path) -> None:
    fill(tmp_path)
    made = 0

    def failing(chunks: Sequence[Chunk]) -> Mapping[str, Vector]:
        nonlocal made
        if made == 3 * EMBED_BATCH:
            raise LibraryError("the disk is full")
        made += len(chunks)
        return text_vectors(Backwards(), chunks)

    with open_library(tmp_path) as library:
        with pytest.raises(LibraryError, match="disk is full"):
            library.replace_space("text", Backwards.fingerprint, failing)
        told: list[tuple[int, int]] = []
        library.replace_space(
            "text", Backwards.fingerprint, embed := Counted(), lambda *numbers: told.append(numbers)
        )
        assert embed.chunks == COUNT - 3 * EMBED_BATCH
        assert told == [(3 * EMBED_BATCH, COUNT), (4 * EMBED_BATCH, COUNT), (COUNT, COUNT)]


def wait_for(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_command_is_interrupted_and_goes_on(tmp_path: Path) -> None:
    with open_library(tmp_path / "library") as library:
        library.bind("text", HashedWords.fingerprint)
        for name, chunks in machines(2 * EMBED_BATCH).items():
            put(library, name, chunks)
    options = ("--library", tmp_path / "library")
    refused = run_pagesight("search", "valve", *options)
    assert refused.returncode == 2
    assert "pagesight reembed --model all-MiniLM-L6-v2 --library" in refused.stderr

    prefix = ("--set", "text.passage_prefix=Upkeep:")
    command = ("reembed", "--model", "all-MiniLM-L6-v2", *prefix, *options)
    running = subprocess.Popen(
        [str(COMMAND), *map(str, command)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    reader = SQLiteCatalogue(tmp_path / "library" / "catalogue.db", read_only=True)
    wait_for(lambda: bool(reader.all_ids("text.staged")))
    reader.close()
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=120)
    assert running.returncode == 130
    assert f"interrupted: {EMBED_BATCH} text vectors are made" in errors
    assert "Run the same command to go on." in errors
    assert "Traceback" not in errors
    looked = run_pagesight("doctor", *options)
    assert f"{EMBED_BATCH} chunks have a vector by all-MiniLM-L6-v2" in looked.stdout

    done = run_pagesight(*command)
    assert done.returncode == 0, done.stderr
    assert 'text.passage_prefix = "Upkeep:"' in done.stdout
    assert "text.model" not in done.stdout  # it is what the settings say anyhow
    found = run_pagesight("search", "valve", *prefix, *options)
    assert found.returncode == 0, found.stderr
