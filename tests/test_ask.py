"""Asking: evidence, budget, marks, refusal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pagesight.ask import Asker
from pagesight.ask.refusal import NOTHING_FOUND
from pagesight.document import Metadata
from pagesight.generative import TEMPLATES, GenerativeAnswerer
from pagesight.ingest.vectors import text_vectors
from pagesight.library import Library
from pagesight.prompts import load as load_prompt
from pagesight.results import Answer, Filter, ImagePart, Query
from pagesight.retrieve import Retriever
from pagesight.settings import load
from tests.builders import a_chunk, a_document, a_png, an_id, open_library, some_pages
from tests.evidence import CROP, ScriptedChat, an_asker
from tests.models import HashedWords

CHUNKS = [
    a_chunk("torque", "The bearing bracket is tightened to 85 Nm.", pages=(1,)),
    a_chunk("drawing", "Figure 7-1: Bearing bracket", kind="figure", pages=(2,), image=CROP),
]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(tmp_path / "library") as opened:
        vectors = {"text": text_vectors(HashedWords(), CHUNKS)}
        opened.put(a_document(), some_pages(), CHUNKS, vectors)
        crop = opened.crop_path(CROP)
        crop.parent.mkdir(parents=True)
        crop.write_bytes(a_png())
        yield opened


def asker(library: Library, chat: ScriptedChat, *overrides: str) -> Asker:
    settings = load(overrides=overrides)
    retriever = Retriever(library, HashedWords(), None, settings.retrieve)
    answerer = GenerativeAnswerer(
        chat, load_prompt("answer", TEMPLATES), images=settings.ask.images
    )
    return an_asker(library, retriever, answerer, settings.ask)


QUESTION = Query(text="To how many Nm is the bearing bracket tightened?")


def test_an_answer_is_checked_against_what_was_shown(library: Library) -> None:
    chat = ScriptedChat("The bearing bracket is tightened to 85 Nm [1]. See the drawing [9].")
    answer = asker(library, chat).ask(QUESTION)
    assert answer.text == "The bearing bracket is tightened to 85 Nm [1]. See the drawing."
    assert answer.unknown_marks == 1
    assert answer.grounded
    assert answer.answerer == "scripted"
    (citation,) = answer.citations
    assert citation.verified
    assert (citation.page_number, citation.page_label) == (2, "1-2")
    assert answer.usage["completion_tokens"] == len(chat.reply)


def test_the_answer_says_which_of_two_revisions_it_cites(library: Library) -> None:
    chunk = a_chunk(
        "newer", "The bearing bracket is tightened to 90 Nm.", document_id=an_id("second")
    )
    vectors = {"text": text_vectors(HashedWords(), [chunk])}
    newer = replace(a_document("second"), metadata=Metadata(supersedes=("manual.pdf",)))
    library.put(newer, some_pages(), [chunk], vectors)
    first = asker(library, ScriptedChat("It is tightened to 90 Nm [1].")).ask(QUESTION)
    assert first.notes == ("second.pdf is preferred to manual.pdf, which it supersedes",)
    second = asker(library, ScriptedChat("It was tightened to 85 Nm [2].")).ask(QUESTION)
    assert second.notes == ("manual.pdf is superseded by second.pdf",)


def test_a_changed_number_is_cited_and_not_verified(library: Library) -> None:
    chat = ScriptedChat("The bearing bracket is tightened to 58 Nm [1].")
    (citation,) = asker(library, chat).ask(QUESTION).citations
    assert not citation.verified
    assert "85 Nm" in citation.quote


def test_texts_and_crops_of_the_hits_are_shown(library: Library) -> None:
    chat = ScriptedChat("x")
    asker(library, chat).ask(QUESTION)
    texts = [part for part in chat.shown if isinstance(part, str)]
    assert any("85 Nm" in text for text in texts)
    assert [part.path.name for part in chat.shown if isinstance(part, ImagePart)] == [f"{CROP}.png"]


def test_text_is_cut_to_the_budget_of_tokens(library: Library) -> None:
    answer = asker(library, ScriptedChat("x"), "ask.tokens=4").ask(QUESTION)
    assert answer.evidence[0].shown_text == "The bearing bracket is"
    assert not any(piece.shown_text for piece in answer.evidence[1:])


def test_the_pieces_come_before_the_checked_answer(library: Library) -> None:
    pieces = list(asker(library, ScriptedChat("Tighten it [1].")).stream(QUESTION))
    assert "".join(piece for piece in pieces if isinstance(piece, str)) == "Tighten it [1]."
    assert isinstance(pieces[-1], Answer)


def test_without_evidence_no_model_is_asked_and_the_answer_is_a_refusal(library: Library) -> None:
    chat = ScriptedChat("made up [1]")
    query = Query(text="torque", filter=Filter(documents=("none",)))
    answer = asker(library, chat).ask(query)
    assert (answer.text, answer.grounded, answer.citations) == (NOTHING_FOUND, False, ())
    assert chat.shown == []


def test_an_answer_without_marks_is_not_grounded(library: Library) -> None:
    answer = asker(library, ScriptedChat("The evidence does not say.")).ask(QUESTION)
    assert not answer.grounded
