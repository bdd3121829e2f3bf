"""Prompts are files that render with real evidence."""

from pathlib import Path

import pytest

from pagesight.errors import SettingsError
from pagesight.generative import TEMPLATES, GenerativeAnswerer
from pagesight.prompts import load, render
from tests.evidence import ScriptedChat, an_evidence


def test_the_answer_prompt_renders_with_evidence() -> None:
    answerer = GenerativeAnswerer(ScriptedChat(), load("answer", TEMPLATES), images=1)
    table = an_evidence(1, "| E07 | overheated |", "table")
    text = an_evidence(2, "Stop the pump.")
    parts = answerer.message("What does E07 mean?", [table, text])
    assert isinstance(parts[0], str)
    assert parts[0].startswith("[1] ")
    assert "E07" in parts[0]
    assert isinstance(parts[1], Path)
    assert isinstance(parts[2], str)
    assert "Stop the pump." in parts[2]
    assert parts[3] == "Question: What does E07 mean?"


def test_no_more_crops_are_shown_than_the_setting_says() -> None:
    answerer = GenerativeAnswerer(ScriptedChat(), load("answer", TEMPLATES), images=1)
    evidence = [an_evidence(mark, "A caption", "figure") for mark in (1, 2, 3)]
    parts = answerer.message("Which?", evidence)
    assert sum(isinstance(part, Path) for part in parts) == 1


def test_text_of_the_evidence_is_not_taken_for_a_template() -> None:
    assert render("$text", {"text": "costs $5, see $question"}) == "costs $5, see $question"


def test_a_prompt_that_lacks_a_part_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('version = 1\nsystem = "x"\nevidence = "$text"\n')
    with pytest.raises(SettingsError, match=r"mine.toml: the prompt has no 'question'"):
        load(str(path), TEMPLATES)


def test_an_unknown_variable_is_named() -> None:
    with pytest.raises(SettingsError, match="'colour'"):
        render("$colour", {"text": ""})
