"""Questions are embedded once, and in batches where several are asked at the same moment."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from pagesight.adapters.openvino import OpenVinoEmbedder
from pagesight.ask import Asker
from pagesight.ask.conversation import CarryingCondenser
from pagesight.ask.evidence import Assembler
from pagesight.ask.refusal import Gauge
from pagesight.embedding import QuestionEmbedder
from pagesight.errors import ServiceError
from pagesight.extractive import ExtractiveAnswerer
from pagesight.ingest.vectors import text_vectors
from pagesight.results import Query
from pagesight.retrieve import Retriever
from pagesight.settings import load
from tests.builders import a_chunk, a_document, open_library, some_pages
from tests.models import HashedWords

if TYPE_CHECKING:
    from pagesight.ports import Matrix

PATIENCE = 30.0
"""Seconds after which a test that hangs is given up."""
OTHERS = [f"Which torque does screw {number} take?" for number in range(12)]


class Gated(HashedWords):
    """Notes its batches; each waits until it is let through."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.entered = threading.Semaphore(0)
        self.gate = threading.Semaphore(0)
        self.broken = False

    def embed_questions(self, texts: Sequence[str]) -> Matrix:
        self.batches.append(list(texts))
        self.entered.release()
        assert self.gate.acquire(timeout=PATIENCE)
        if self.broken:
            raise ServiceError("the model is gone")
        return super().embed_questions(texts)


@contextmanager
def all_waiting(embedder: QuestionEmbedder, gated: Gated) -> Iterator[list[Callable[[], object]]]:
    """Twelve threads that ask while another question is being computed, all in line; inside, their
    results can be waited for."""
    with ThreadPoolExecutor(len(OTHERS) + 1) as pool:
        first = pool.submit(embedder.embed_question, "the first")
        assert gated.entered.acquire(timeout=PATIENCE)
        asked = [pool.submit(embedder.embed_question, text) for text in OTHERS]
        while embedder.waiting < len(OTHERS):
            threading.Event().wait(0.001)
        yield [future.result for future in (first, *asked)]


def test_questions_of_one_moment_are_one_batch_and_get_their_own_vectors() -> None:
    gated = Gated()
    with all_waiting(QuestionEmbedder(gated), gated) as results:
        gated.gate.release(2)
        vectors = [result() for result in results]
    assert [sorted(batch) for batch in gated.batches] == [["the first"], sorted(OTHERS)]
    alone = [HashedWords().embed_question(text) for text in ("the first", *OTHERS)]
    assert np.array_equal(np.stack(vectors), np.stack(alone))  # type: ignore[arg-type]


def test_a_question_is_embedded_once_and_its_vector_has_the_same_bytes() -> None:
    gated = Gated()
    gated.gate.release(9)
    embedder = QuestionEmbedder(gated)
    first, again = (embedder.embed_question("Which oil?") for _ in range(2))
    both = embedder.embed_questions(["Which oil?", "Which seal?"])
    assert gated.batches == [["Which oil?"], ["Which seal?"]]
    plain = HashedWords().embed_questions(["Which oil?", "Which seal?"])
    assert first.tobytes() == again.tobytes() == plain[0].tobytes()
    assert both.tobytes() == plain.tobytes()
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 0


def test_the_question_that_was_asked_longest_ago_is_forgotten_first() -> None:
    gated = Gated()
    gated.gate.release(9)
    embedder = QuestionEmbedder(gated, remembered=2)
    for text in ("a", "b", "a", "c", "a", "b"):
        embedder.embed_question(text)
    assert gated.batches == [["a"], ["b"], ["c"], ["b"]]


def test_a_model_that_fails_fails_for_each_of_those_that_asked_and_is_asked_again_later() -> None:
    gated = Gated()
    gated.broken = True
    embedder = QuestionEmbedder(gated)
    with all_waiting(embedder, gated) as results:
        gated.gate.release(len(results))
        errors = []
        for result in results:
            with pytest.raises(ServiceError) as caught:
                result()
            errors.append(caught.value)
    assert len(set(map(id, errors))) == len(errors)
    gated.broken = False
    gated.gate.release()
    vector = embedder.embed_question("the first")
    assert np.array_equal(vector, HashedWords().embed_question("the first"))


def test_many_threads_get_right_vectors_from_a_memory_that_is_too_small() -> None:
    embedder = QuestionEmbedder(HashedWords(), remembered=3)
    plain = {text: HashedWords().embed_question(text).tobytes() for text in OTHERS}
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(8) as pool:
            asked = [OTHERS[number * 7 % 12] for number in range(600)]
            vectors = list(pool.map(embedder.embed_question, asked))
    finally:
        sys.setswitchinterval(interval)
    assert [vector.tobytes() for vector in vectors] == [plain[text] for text in asked]


class Counting(OpenVinoEmbedder):
    """Notes the questions that it embeds."""

    def __init__(self) -> None:
        super().__init__("all-MiniLM-L6-v2", batch_size=8)
        self.asked: list[str] = []

    def embed_questions(self, texts: Sequence[str]) -> Matrix:
        self.asked += texts
        return super().embed_questions(texts)


def test_the_question_of_an_answer_is_embedded_once(tmp_path: Path) -> None:
    question = "Which torque does the bracket take?"
    counting = Counting()
    embedder = QuestionEmbedder(counting)
    settings = load()
    chunk = a_chunk("torque", "The bearing bracket takes a torque of 85 Nm.")
    with open_library(tmp_path / "library") as library:
        vectors = {"text": text_vectors(embedder, [chunk])}
        library.put(a_document(), some_pages(), [chunk], vectors)
        asker = Asker(
            library=library,
            retriever=Retriever(library, embedder, None, settings.retrieve),
            condenser=CarryingCondenser(turns=settings.ask.history),
            assembler=Assembler(library, settings.ask),
            gauge=Gauge(embedder, library, settings.ask),
            answerer=ExtractiveAnswerer(embedder),
            settings=settings.ask,
        )
        answer = asker.ask(Query(text=question))
    assert answer.grounded
    assert counting.asked == [question]


def test_passages_and_the_fingerprint_are_those_of_the_model() -> None:
    embedder = QuestionEmbedder(HashedWords())
    assert embedder.fingerprint == HashedWords.fingerprint
    assert np.array_equal(
        embedder.embed_passages(["oil", "seal"]), HashedWords().embed_passages(["oil", "seal"])
    )
