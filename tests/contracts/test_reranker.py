"""Every Reranker keeps the same promises."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pagesight.adapters.openvino import OpenVinoEmbedder
from pagesight.adapters.sentence_transformers import (
    SentenceTransformerEmbedder,
    SentenceTransformersReranker,
)
from pagesight.ports import Candidate, Reranker
from pagesight.prompts import load
from pagesight.retrieve.late_interaction import LateInteraction
from pagesight.retrieve.listwise import TEMPLATES, ListwiseReranker
from tests.evidence import ScriptedChat
from tests.models import HashedWords, tiny_cross_encoder

MODEL = "all-MiniLM-L6-v2"
CANDIDATES = [
    Candidate(context="Sales > Europe", text="Quarterly revenue rose by 4 %."),
    Candidate(context="Pump > Upkeep", text="The seal of the pump drips when it is worn."),
    Candidate(context="", text=""),
]
QUESTION = "Why does the seal of the pump drip?"

MAKERS: dict[str, Callable[[Path], Reranker]] = {
    "cross-encoder": lambda folder: SentenceTransformersReranker(
        str(tiny_cross_encoder(folder)), batch_size=2
    ),
    "tokens, hashed words": lambda _: LateInteraction(HashedWords()),
    "tokens, openvino": lambda _: LateInteraction(OpenVinoEmbedder(MODEL, batch_size=8)),
    "tokens, sentence_transformers": lambda _: LateInteraction(
        SentenceTransformerEmbedder(MODEL, batch_size=8)
    ),
    "llm": lambda _: ListwiseReranker(
        ScriptedChat('{"order": [2, 1]}'),
        load("rerank", TEMPLATES),
        images=4,
        notify=lambda _: None,
    ),
}
READERS = [name for name in MAKERS if name != "cross-encoder"]
"""Those whose order means something; the cross-encoder's weights are random."""


@pytest.fixture(scope="module")
def rerankers(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Reranker]:
    made: dict[str, Reranker] = {}

    def one(name: str) -> Reranker:
        if name not in made:
            made[name] = MAKERS[name](tmp_path_factory.mktemp("model"))
        return made[name]

    return one


@pytest.mark.parametrize("name", MAKERS)
def test_each_candidate_has_a_score_and_the_same_ones_again(
    name: str, rerankers: Callable[[str], Reranker]
) -> None:
    first, again = (rerankers(name).scores(QUESTION, CANDIDATES) for _ in range(2))
    assert len(first) == len(CANDIDATES)
    assert list(first) == pytest.approx(list(again), abs=1e-6)
    assert len(set(first)) > 1


@pytest.mark.parametrize("name", READERS)
def test_what_answers_the_question_has_the_highest_score(
    name: str, rerankers: Callable[[str], Reranker]
) -> None:
    scores = rerankers(name).scores(QUESTION, CANDIDATES)
    assert scores[1] == max(scores)


@pytest.mark.parametrize("name", [name for name in MAKERS if name != "llm"])
def test_a_score_does_not_depend_on_the_other_candidates(
    name: str, rerankers: Callable[[str], Reranker]
) -> None:
    together = rerankers(name).scores(QUESTION, CANDIDATES)
    alone = [rerankers(name).scores(QUESTION, [each])[0] for each in CANDIDATES]
    assert alone == pytest.approx(list(together), abs=5e-3)
