"""One library, many threads: they ask, search and write at the same time."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pagesight.adapters.chromadb.stores import ChromaFolders
from pagesight.app import build
from pagesight.ingest.vectors import text_vectors
from pagesight.library import Library
from pagesight.locks import SharedLock
from pagesight.ports import VectorIndex
from pagesight.results import Answer, Query
from pagesight.retrieve import Retriever
from pagesight.settings import load
from tests.builders import a_chunk, a_document, an_id, open_library, prose, questions, some_pages
from tests.conftest import ROOT
from tests.models import HashedWords

if TYPE_CHECKING:
    from pagesight.document import Chunk
    from pagesight.ports import Matrix

PATIENCE = 60.0
"""Seconds after which a test that hangs is given up."""
THREADS = 16


@pytest.fixture(autouse=True)
def _restless() -> Iterator[None]:
    """Threads take turns far more often than usual."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    yield
    sys.setswitchinterval(interval)


def put(library: Library, name: str, chunks: Sequence[Chunk]) -> None:
    """A document of these chunks."""
    own = [replace(chunk, document_id=an_id(name)) for chunk in chunks]
    pages = some_pages(1 + max(page for chunk in own for page in chunk.pages))
    vectors = {"text": text_vectors(HashedWords(), own)}
    library.put(replace(a_document(name), page_count=len(pages)), pages, own, vectors)


def named_prose(name: str, count: int) -> list[Chunk]:
    """Chunks of a document, each with the document's name among its words."""
    return [
        replace(chunk, id=f"{name}-{number}", text=f"{chunk.text} {name}")
        for number, chunk in enumerate(prose(count, seed=len(name)))
    ]


def test_sixteen_threads_get_the_answers_that_one_gets(samples_library: Path) -> None:
    lines = (ROOT / "eval" / "golden.jsonl").read_text(encoding="utf-8").splitlines()
    asked = [json.loads(line)["question"] for line in lines[:THREADS]]

    def answer(question: str) -> Answer:
        return replace(app.asker.ask(Query(text=question)), timings={})

    settings = load(overrides=["visual.enabled=false"])
    with build(settings, samples_library, notify=print) as app:
        alone = [answer(question) for question in asked]
    with (
        build(settings, samples_library, notify=print) as app,
        ThreadPoolExecutor(THREADS) as pool,
    ):
        together = list(pool.map(answer, asked, timeout=PATIENCE))
    assert together == alone
    assert sum(answer.grounded for answer in alone) > THREADS // 2


def test_many_threads_find_what_one_finds(tmp_path: Path) -> None:
    asked = [Query(text=text) for text in questions(60)]
    with open_library(tmp_path / "library") as library:
        put(library, "manual", prose(300))
    found = []
    for write, threads in ((True, 1), (True, THREADS), (False, THREADS)):
        with (
            open_library(tmp_path / "library", write=write) as library,
            ThreadPoolExecutor(threads) as pool,
        ):
            retriever = Retriever(library, HashedWords(), None, load().retrieve)
            rankings = pool.map(retriever.retrieve, asked, timeout=PATIENCE)
            found.append([ranking.hits for ranking in rankings])
    assert found[0] == found[1] == found[2]


@dataclass(frozen=True)
class Slow:
    """Keeps vectors in Chroma, and can be stopped before it adds some."""

    entered: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)
    remote = False

    def open(self, directory: Path) -> VectorIndex:
        return _SlowIndex(ChromaFolders().open(directory), self)

    def drop(self, directory: Path) -> None:
        ChromaFolders().drop(directory)


class _SlowIndex:
    def __init__(self, index: VectorIndex, store: Slow) -> None:
        self._store = store
        self.add_now = index.add
        self.remove, self.search, self.vectors = index.remove, index.search, index.vectors
        self.ids, self.close = index.ids, index.close

    def add(self, ids: Sequence[str], vectors: Matrix) -> None:
        self._store.entered.set()
        assert self._store.go_on.wait(PATIENCE)
        self.add_now(ids, vectors)


def test_a_search_does_not_wait_for_a_thread_that_writes_and_sees_its_commit(
    tmp_path: Path,
) -> None:
    store = Slow()
    pump = a_chunk("pump", "The pump takes oil.", document_id=an_id("pump"))
    fan = a_chunk("fan", "The fan takes grease.", document_id=an_id("fan"))
    asked = HashedWords().embed_question("Which grease does the fan take?")
    with open_library(tmp_path / "library", vectors=store) as library:
        store.go_on.set()
        put(library, "pump", [pump])
        store.entered.clear()
        store.go_on.clear()
        with ThreadPoolExecutor(1) as pool:
            try:
                writing = pool.submit(put, library, "fan", [fan])
                assert store.entered.wait(PATIENCE)
                found = library.search_vectors("text", asked, 5)
                assert [id for id, _ in found] == ["fan", "pump"]
                assert [id for id, _ in library.search_words("oil", 5)] == ["pump"]
                assert library.search_pages_within(an_id("pump"), "oil", 5) == [(an_id("pump"), 0)]
                assert len(library.documents()) == 2
                assert not writing.done()
            finally:
                store.go_on.set()
            writing.result(PATIENCE)
        assert library.search_vectors("text", asked, 5) == found
        assert library.check() == {}


@contextmanager
def searching(library: Library, done: threading.Event) -> Iterator[list[Future[int]]]:
    """Threads that search until they are told to stop; each gives how often it did."""
    retriever = Retriever(library, HashedWords(), None, load().retrieve)

    def search(seed: int) -> int:
        count = 0
        while not done.is_set() or not count:
            for text in questions(3, seed=seed):
                hits = retriever.retrieve(Query(text=f"{text} alpha")).hits
                assert len({hit.chunk.id for hit in hits}) == len(hits) > 0
                count += 1
        return count

    with ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(search, seed) for seed in range(4)]
        try:
            yield futures
        finally:
            done.set()


@pytest.mark.parametrize("words_in_memory", [False, True])
def test_what_is_written_while_others_search_is_found_at_once(
    tmp_path: Path, words_in_memory: bool
) -> None:
    with open_library(tmp_path / "library", words_in_memory=words_in_memory) as library:
        put(library, "alpha", named_prose("alpha", 60))
        done = threading.Event()
        with searching(library, done) as searches:
            for name in ("beta", "gamma", "delta"):
                chunks = named_prose(name, 300 if name == "beta" else 20)
                put(library, name, chunks)
                vector = HashedWords().embed_passages([chunks[7].text])[0]
                assert chunks[7].id in dict(library.search_vectors("text", vector, 5))
                assert library.search_words(name, 1)[0][0].startswith(name)
            library.remove(an_id("beta"))
            assert library.search_words("beta", 5) == []
            for index in ("words", "pages", "text"):
                library.rebuild(index)
            library.replace_space(
                "text", "another", lambda chunks: text_vectors(HashedWords(), chunks)
            )
        assert all(search.result(PATIENCE) for search in searches)
        assert library.check() == {}


def test_a_library_that_reads_follows_a_writer_from_many_threads(tmp_path: Path) -> None:
    with open_library(tmp_path / "library") as writer:
        put(writer, "alpha", named_prose("alpha", 60))
        with open_library(tmp_path / "library", write=False) as reader:
            done = threading.Event()
            with searching(reader, done) as searches:
                for name in ("beta", "gamma"):
                    put(writer, name, named_prose(name, 20))
                    assert reader.search_words(name, 1)[0][0].startswith(name)
            assert all(search.result(PATIENCE) for search in searches)


def test_a_library_can_be_closed_while_it_is_searched(tmp_path: Path) -> None:
    with open_library(tmp_path / "library") as library:
        put(library, "alpha", named_prose("alpha", 60))
        begun = threading.Barrier(5)

        def search(seed: int) -> str:
            begun.wait(PATIENCE)
            try:
                while True:
                    library.search_words(questions(1, seed=seed)[0], 5)
            except Exception as error:
                return type(error).__name__

        with ThreadPoolExecutor(4) as pool:
            ended = [pool.submit(search, seed) for seed in range(4)]
            begun.wait(PATIENCE)
            library.close()
            assert {each.result(PATIENCE) for each in ended} == {"LibraryError"}
    with open_library(tmp_path / "library") as library:
        assert library.repaired == {}
        assert library.check() == {}


def test_a_share_that_an_interrupt_cut_off_does_not_keep_its_own_thread_from_closing() -> None:
    lock = SharedLock()

    def interrupted() -> bool:
        share = lock.shared()
        share.__enter__()
        with lock.alone():
            return True

    thread = ThreadPoolExecutor(1)
    assert thread.submit(interrupted).result(PATIENCE)
    thread.shutdown()


def test_who_wants_a_lock_alone_waits_for_those_that_share_it_and_goes_first() -> None:
    lock = SharedLock()
    order: list[str] = []
    first, second = threading.Event(), threading.Event()

    def share(name: str, inside: threading.Event, leave: threading.Event) -> None:
        with lock.shared():
            order.append(name)
            inside.set()
            assert leave.wait(PATIENCE)

    def have() -> None:
        with lock.alone(), lock.alone(), lock.shared():
            order.append("alone")

    with ThreadPoolExecutor(4) as pool:
        leave = threading.Event()
        sharing = [pool.submit(share, "shared", event, leave) for event in (first, second)]
        assert first.wait(PATIENCE)
        assert second.wait(PATIENCE)
        alone = pool.submit(have)
        while not lock.wanted:
            threading.Event().wait(0.001)
        late = pool.submit(share, "late", threading.Event(), leave)
        leave.set()
        for future in (*sharing, alone, late):
            future.result(PATIENCE)
    assert order == ["shared", "shared", "alone", "late"]
