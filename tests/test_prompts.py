"""Prompts are files that render with real evidence, and say what they are filled with."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from string import Template

import pytest

from pagesight.ask.conversation import TEMPLATES as CONDENSE_TEMPLATES
from pagesight.ask.conversation import CarryingCondenser, PromptedCondenser
from pagesight.errors import SettingsError
from pagesight.evaluation.scores.judge import TEMPLATES as JUDGE_TEMPLATES
from pagesight.evaluation.scores.judge import Judge
from pagesight.evaluation.sets.building.build import TEMPLATES as WRITER_TEMPLATES
from pagesight.evaluation.sets.building.build import write_cases
from pagesight.generative import TEMPLATES, GenerativeAnswerer
from pagesight.ports import Candidate
from pagesight.prompts import load, render
from pagesight.resources import find, names
from pagesight.results import Turn
from pagesight.retrieve.listwise import TEMPLATES as RERANK_TEMPLATES
from pagesight.retrieve.listwise import ListwiseReranker
from tests.builders import a_document, some_pages
from tests.evidence import ScriptedChat, an_evidence

TEXT = (
    "The casing cover is tightened to 25 Nm in two passes, crosswise. A clean thread costs $5 of "
    "oil. After an hour the screws are tightened once more, because the gasket settles. Write the "
    "date on the plate beside the filler neck."
)
QUESTION = "To how many Nm is the casing cover tightened?"


def _answer() -> list[str]:
    answerer = GenerativeAnswerer(ScriptedChat(), load("answer", TEMPLATES), images=0)
    evidence = [an_evidence(1, TEXT), an_evidence(2, "| E07 | overheated |", "table")]
    return [
        part
        for message in answerer.messages(QUESTION, evidence)
        for part in message.parts
        if isinstance(part, str)
    ]


def _judge() -> list[str]:
    return [Judge(ScriptedChat(), load("judge", JUDGE_TEMPLATES)).message(QUESTION, ["25"], TEXT)]


def _writer() -> list[str]:
    chat = ScriptedChat()
    chunk = an_evidence(1, TEXT).chunk
    prompt = load("question_writer", WRITER_TEMPLATES)
    documents, pages = [a_document()], some_pages()
    found = write_cases(
        chat, prompt, documents, lambda _: [chunk], lambda _: pages, None, per_document=1, seed=0
    )
    assert list(found)
    return list(map(str, chat.shown))


def _condense() -> list[str]:
    prompt = load("condense", CONDENSE_TEMPLATES)
    rules = CarryingCondenser(turns=2)
    condenser = PromptedCondenser(ScriptedChat(), prompt, turns=2, otherwise=rules)
    return condenser.message("and the seal?", [Turn(question=QUESTION, answer=TEXT)])


def _rerank() -> list[str]:
    prompt = load("rerank", RERANK_TEMPLATES)
    reranker = ListwiseReranker(ScriptedChat(), prompt, images=0, notify=lambda _: None)
    candidate = Candidate(context="Pump > Casing", text=TEXT)
    return [str(part) for part in reranker.parts(QUESTION, [candidate])]


SHOWN: Mapping[str, Callable[[], list[str]]] = {
    "answer": _answer,
    "judge": _judge,
    "question_writer": _writer,
    "condense": _condense,
    "rerank": _rerank,
}
"""Prompt -> what a model is shown by it."""


def test_every_prompt_that_is_shipped_is_tried_here() -> None:
    assert names("prompts", ".toml") == sorted(SHOWN)


@pytest.mark.parametrize("name", SHOWN)
def test_a_prompt_renders_with_real_evidence(name: str) -> None:
    shown = "\n".join(SHOWN[name]())
    assert TEXT in shown
    assert "$" not in shown.replace(TEXT, "")


@pytest.mark.parametrize("name", SHOWN)
def test_the_variables_that_a_prompt_documents_are_those_of_its_templates(name: str) -> None:
    source = find("prompts", name, ".toml").read_text()
    raw = tomllib.loads(source)
    comment = "\n".join(line for line in source.splitlines() if line.startswith("#"))
    assert "# Variables: " in comment
    templates = {part: text for part, text in raw.items() if part not in ("version", "system")}
    used = {
        variable for text in templates.values() for variable in Template(text).get_identifiers()
    }
    assert set(re.findall(r"\$(\w+)", comment)) == used
    assert Template(raw["system"]).get_identifiers() == []


@pytest.mark.parametrize("name", SHOWN)
def test_a_prompt_has_a_version(name: str) -> None:
    assert load(name, ()).version >= 1


def test_text_of_the_evidence_is_not_taken_for_a_template() -> None:
    assert render("$text", {"text": "costs $5, see $question"}) == "costs $5, see $question"


def test_a_prompt_that_lacks_a_part_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('version = 1\nsystem = "x"\nevidence = "$text"\n')
    with pytest.raises(SettingsError, match=r"mine.toml: the prompt has no 'question'"):
        load(str(path), ("evidence", "question"))


def test_an_unknown_variable_is_named() -> None:
    with pytest.raises(SettingsError, match="'colour'"):
        render("$colour", {"text": ""})
