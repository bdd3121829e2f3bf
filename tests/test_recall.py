"""Rankings are remembered for as long as the library stays as it was, whoever changes it."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from pathlib import Path

import pytest

from pagesight.ingest.vectors import text_vectors
from pagesight.library import Library
from pagesight.optical import ReadWord
from pagesight.ports import OpticalWord
from pagesight.results import Filter, Query
from pagesight.retrieve import Ranking, Retriever
from pagesight.retrieve.memory import Memory
from pagesight.settings import load
from tests.builders import a_chunk, a_document, a_png, an_id, open_library, some_pages
from tests.models import HashedWords

QUESTION = Query(text="How tight is the bearing bracket?")


class Reader:
    """OCR for a test: what a picture says depends on its bytes."""

    fingerprint = "length"

    def read(self, png: bytes, *, sparse: bool) -> tuple[OpticalWord, ...]:
        word = "bracket" if png == a_png() else "seal"
        return (
            ReadWord(text=word, left=0, top=0, width=1, height=1, line=(1, 1, 1), confidence=1),
        )


def put(library: Library, name: str, text: str) -> None:
    chunks = [a_chunk(f"{name}-0", text, document_id=an_id(name))]
    vectors = {"text": text_vectors(HashedWords(), chunks)}
    library.put(a_document(name), some_pages(), chunks, vectors)


def put_elsewhere(root: Path) -> None:
    """A writer of its own, in a process of its own."""
    with open_library(root) as library:
        put(library, "pump", "The bearing bracket is tightened to 90 Nm.")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    with open_library(tmp_path) as library:
        put(library, "valve", "The bearing bracket is tightened to 85 Nm.")
        put(library, "seal", "The shaft seal is pressed in with a sleeve.")
    return tmp_path


@pytest.fixture
def retriever(root: Path) -> Iterator[Retriever]:
    with open_library(root, write=False) as library:
        yield Retriever(library, HashedWords(), None, load().retrieve, Reader)


def ids(ranking: Ranking) -> list[str]:
    return [hit.chunk.id for hit in ranking.hits]


def recalled(ranking: Ranking) -> bool:
    return set(ranking.seconds) == {"recall"}


def test_the_same_question_is_recalled_and_gives_the_same(retriever: Retriever) -> None:
    first, second = retriever.retrieve(QUESTION), retriever.retrieve(QUESTION)
    assert not recalled(first)
    assert recalled(second)
    assert (first.hits, first.fused, first.words) == (second.hits, second.fused, second.words)


def test_another_count_filter_or_picture_is_another_question(
    retriever: Retriever, tmp_path: Path
) -> None:
    retriever.retrieve(QUESTION)
    assert not recalled(retriever.retrieve(QUESTION, 1))
    only = Filter(documents=(an_id("seal"),))
    assert ids(retriever.retrieve(Query(text=QUESTION.text, filter=only))) == ["seal-0"]
    picture = tmp_path / "asked.png"
    picture.write_bytes(a_png())
    assert ids(retriever.retrieve(Query(text="", image=picture)))[0] == "valve-0"
    picture.write_bytes(a_png(7))
    assert ids(retriever.retrieve(Query(text="", image=picture)))[0] == "seal-0"
    assert recalled(retriever.retrieve(Query(text="", image=picture)))


def test_what_another_process_commits_is_found_at_once(root: Path, retriever: Retriever) -> None:
    before = retriever.retrieve(QUESTION)
    assert "pump-0" not in ids(before)
    writer = multiprocessing.get_context("spawn").Process(target=put_elsewhere, args=(root,))
    writer.start()
    writer.join()
    after = retriever.retrieve(QUESTION)
    assert not recalled(after)
    assert "pump-0" in ids(after)
    found = next(item for item in after.fused if item.id == "pump-0")
    assert {"dense", "words"} <= set(found.ranks)


def test_words_that_an_index_learns_later_are_found_when_it_has(
    root: Path, retriever: Retriever
) -> None:
    with open_library(root) as writer:
        chunk = a_chunk("pump-0", "Bearing bracket: 90 Nm.", document_id=an_id("pump"))
        vectors = {"text": text_vectors(HashedWords(), [chunk])}
        writer.catalogue.put(a_document("pump"), some_pages(), [chunk], vectors, ())
        committed = retriever.retrieve(QUESTION)
        assert recalled(retriever.retrieve(QUESTION))
        assert "words" not in next(i for i in committed.fused if i.id == "pump-0").ranks
        writer.drain()
        learnt = retriever.retrieve(QUESTION)
        assert "words" in next(i for i in learnt.fused if i.id == "pump-0").ranks


def test_what_is_removed_is_not_recalled(root: Path, retriever: Retriever) -> None:
    retriever.retrieve(QUESTION)
    with open_library(root) as writer:
        writer.remove(an_id("valve"))
    assert "valve-0" not in ids(retriever.retrieve(QUESTION))


def test_only_the_last_questions_are_kept_and_none_of_a_changed_library() -> None:
    revision = [1]
    memory: Memory[str] = Memory(lambda: revision[0], remembered=2)
    keys = [(name, "", Filter(), None) for name in "abc"]
    for key in keys[:2]:
        memory.learn(key, key[0], 1)
    assert memory.recall(keys[0]) == "a"
    memory.learn(keys[2], "c", 1)
    assert [memory.recall(key) for key in keys] == ["a", None, "c"]
    revision[0] = 2
    memory.learn(keys[1], "found while the library changed", 1)
    assert [memory.recall(key) for key in keys] == [None, None, None]
