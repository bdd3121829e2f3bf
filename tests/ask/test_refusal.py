"""Weak evidence is refused; the reader is told where it was looked and what came closest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pagesight.ask import Asker, Prepared
from pagesight.ask.refusal import NOTHING_FOUND, Gauge, Signals, declined, refusal_text, searched
from pagesight.errors import SettingsError
from pagesight.extractive import ExtractiveAnswerer
from pagesight.generative import TEMPLATES, GenerativeAnswerer
from pagesight.ingest.vectors import text_vectors
from pagesight.library import Library
from pagesight.prompts import load as load_prompt
from pagesight.results import Filter, Query
from pagesight.retrieve import Retriever
from pagesight.settings import load
from tests.builders import a_chunk, a_document, an_id, open_library, some_pages
from tests.evidence import ScriptedChat, an_asker, an_evidence
from tests.models import HashedWords

CHUNKS = [
    a_chunk("torque", "The bearing bracket is tightened to 85 Nm, see Figure 7-1.", pages=(1,)),
    a_chunk("seal", "The shaft seal is pressed in with a sleeve.", pages=(1,)),
    a_chunk(
        "table",
        "Table 4-1: Oils\n| Oil | Grade |\n| --- | --- |\n| HLP 46 | mineral |",
        kind="table",
        pages=(2,),
    ),
]
ANSWERED = Query(text="To how many Nm is the bearing bracket tightened?")
OFF_TOPIC = Query(text="Who won the football World Cup in Brazil?")


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(tmp_path / "library") as opened:
        vectors = {"text": text_vectors(HashedWords(), CHUNKS)}
        opened.put(a_document(), some_pages(), CHUNKS, vectors)
        yield opened


def asker(library: Library, chat: ScriptedChat, *overrides: str) -> Asker:
    settings = load(overrides=overrides)
    retriever = Retriever(library, HashedWords(), None, settings.retrieve)
    answerer = GenerativeAnswerer(chat, load_prompt("answer", TEMPLATES), images=0)
    return an_asker(library, retriever, answerer, settings.ask)


def prepared(library: Library, question: str) -> Prepared:
    return asker(library, ScriptedChat("x")).prepare(Query(text=question))


def signals(library: Library, question: str) -> Signals:
    found = prepared(library, question)
    gauge = Gauge(HashedWords(), library, load().ask)
    return gauge.signals(question, found.evidence, found.ranking)


def test_an_off_topic_question_is_refused_with_what_was_searched_and_the_closest(
    library: Library,
) -> None:
    chat = ScriptedChat("made up [1]")
    answer = asker(library, chat).ask(OFF_TOPIC)
    assert chat.shown == []
    assert answer.refused == 'nothing that was found says "World" or "Cup" or "Brazil"'
    assert (answer.grounded, answer.citations) == (False, ())
    assert answer.text.startswith(f"No answer was found in 1 document: {answer.refused}. ")
    closest = asker(library, chat).prepare(OFF_TOPIC).ranking.hits[0]
    assert f"page {closest.page_labels[0]} of manual.pdf: " in answer.text
    assert closest.chunk.text.split()[0] in answer.text
    assert answer.evidence
    assert "write" in answer.timings


def test_an_off_topic_question_without_names_is_refused(library: Library) -> None:
    found = prepared(library, "how long should sourdough bread dough rise before baking?")
    assert found.refused == "nothing that was found comes close to the question"


def test_a_question_whose_words_stand_in_the_evidence_is_answered(library: Library) -> None:
    answer = asker(library, ScriptedChat("It is tightened to 85 Nm [1].")).ask(ANSWERED)
    assert answer.refused == ""
    assert answer.grounded


def test_a_part_number_that_stands_nowhere_is_named(library: Library) -> None:
    found = prepared(library, "To how many Nm is the bearing bracket of the P4-100 tightened?")
    assert found.refused == 'nothing that was found says "P4-100"'


def test_a_figure_that_is_neither_shown_nor_named_is_missing(library: Library) -> None:
    assert signals(library, "What does Figure 7-1 show of the bracket?").missing == ()
    assert signals(library, "What does Figure 9-9 show of the bracket?").missing == ("Figure 9-9",)


def test_no_question_is_refused_where_the_threshold_is_zero(library: Library) -> None:
    answer = asker(library, ScriptedChat("Guessed [1]."), "ask.refuse_below=0").ask(OFF_TOPIC)
    assert (answer.text, answer.refused) == ("Guessed [1].", "")


def test_nothing_found_is_refused_even_then(library: Library) -> None:
    nowhere = Query(text="bearing bracket", filter=Filter(documents=(an_id("none"),)))
    answer = asker(library, ScriptedChat("made up"), "ask.refuse_below=0").ask(nowhere)
    assert (answer.text, answer.refused) == (NOTHING_FOUND, "nothing was found")


def test_a_question_with_a_picture_is_tried(library: Library) -> None:
    found = asker(library, ScriptedChat("x")).prepare(OFF_TOPIC)
    pictured = Query(text=OFF_TOPIC.text, image=Path("part.png"))
    gauge = Gauge(HashedWords(), library, load().ask)
    assert gauge.weakness(OFF_TOPIC, found.evidence, found.ranking)
    assert gauge.weakness(pictured, found.evidence, found.ranking) == ""


@pytest.mark.parametrize(
    "question",
    [
        "To how many Nm is the bearing bracket tightened? Please write a Number in JSON.",
        "To how many Nm is the bearing bracket on page 912 tightened?",
        "To how many Nm is the 2nd bearing bracket tightened?",
    ],
)
def test_how_to_answer_and_where_to_look_need_not_be_in_the_evidence(
    library: Library, question: str
) -> None:
    assert signals(library, question).missing == ()


def test_each_signal_makes_the_evidence_stronger(library: Library) -> None:
    weak, strong = signals(library, OFF_TOPIC.text), signals(library, ANSWERED.text)
    assert weak.coverage < strong.coverage
    assert weak.specifics < strong.specifics == 1
    assert weak.meaning < strong.meaning
    assert 0 <= weak.strength < 0.05 < 0.5 < strong.strength <= 1


def test_the_closest_table_is_shown_without_its_pipes(library: Library) -> None:
    hits = prepared(library, "Table 4-1").ranking.hits
    text = refusal_text("nothing was said", "3 documents", hits)
    assert text == (
        "No answer was found in 3 documents: nothing was said. What comes closest is page 1-3 of "
        'manual.pdf: "Table 4-1: Oils Oil Grade HLP 46 mineral".'
    )


@pytest.mark.parametrize(
    ("filter", "said"),
    [
        (Filter(), "2 documents"),
        (Filter(documents=(an_id("manual"),)), "manual.pdf"),
        (Filter(kinds=("table",), pages=(2, 6)), "the tables on pages 3 to 7 of 2 documents"),
        (Filter(kinds=("text", "figure")), "the text and figures of 2 documents"),
        (Filter(pages=(4, 4)), "page 5 of 2 documents"),
        (Filter(documents=(an_id("none"),)), ""),
    ],
)
def test_what_was_searched_is_said(library: Library, filter: Filter, said: str) -> None:
    chunk = a_chunk("other", document_id=an_id("other"))
    vectors = {"text": text_vectors(HashedWords(), [chunk])}
    library.put(a_document("other"), some_pages(), [chunk], vectors)
    assert searched(library, filter) == said


@pytest.mark.parametrize(
    ("text", "refuses"),
    [
        ("The evidence does not say how tight. The bracket takes 85 Nm [1].", True),
        ("The documents do not specify a torque [1].", True),
        ("No information about torques is given.", True),
        ("I cannot answer this from the evidence shown.", True),
        ("The bracket takes 85 Nm [1]. The evidence does not say how often.", False),
        ("Although the evidence does not name the M8, the bracket takes 85 Nm [1].", False),
        ("It does not need oil [1].", False),
        ("", False),
    ],
)
def test_an_answer_declines_by_its_first_sentence(text: str, refuses: bool) -> None:
    assert declined(text, [an_evidence(1, "The bearing bracket is tightened to 85 Nm.")]) is refuses


def test_a_quote_is_no_refusal() -> None:
    said = "The manual does not specify an interval for this seal."
    assert declined(f"{said} [1]", [])
    assert not declined(f"{said} [1]", [an_evidence(1, f"Replace worn seals. {said}")])


def test_the_refusal_of_a_model_is_not_grounded_and_keeps_what_it_points_to(
    library: Library,
) -> None:
    reply = "The evidence does not say it. The bearing bracket is tightened to 85 Nm [1]."
    answer = asker(library, ScriptedChat(reply)).ask(ANSWERED)
    assert answer.refused == "scripted says that the evidence does not tell"
    assert not answer.grounded
    assert [citation.mark for citation in answer.citations] == [1]


def test_the_gauge_saves_quoting_too(library: Library) -> None:
    settings = load()
    retriever = Retriever(library, HashedWords(), None, settings.retrieve)
    quoting = an_asker(library, retriever, ExtractiveAnswerer(HashedWords()), settings.ask)
    assert quoting.ask(OFF_TOPIC).refused
    assert "85 Nm" in quoting.ask(ANSWERED).text


@pytest.mark.parametrize("value", ["-0.1", "1.5"])
def test_a_threshold_that_is_no_strength_is_refused(value: str) -> None:
    with pytest.raises(SettingsError, match=r"ask\.refuse_below must be between 0 and 1"):
        load(overrides=[f"ask.refuse_below={value}"])


def test_the_evidence_counts_where_it_says_more_than_the_hits(library: Library) -> None:
    found = prepared(library, "To how many Nm is the bracket of the P4-100 tightened?")
    gauge = Gauge(HashedWords(), library, load().ask)
    around = an_evidence(9, "This chapter is about the P4-100.")
    query = Query(text="To how many Nm is the bracket of the P4-100 tightened?")
    assert gauge.weakness(query, found.evidence, found.ranking)
    assert gauge.weakness(query, [*found.evidence, around], found.ranking) == ""
