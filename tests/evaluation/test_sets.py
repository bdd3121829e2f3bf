"""Question sets: what is read, and how a wrong line is named."""

import json
from pathlib import Path

import pytest

from pagesight.errors import SettingsError
from pagesight.evaluation.sets import load_set

LINE = {"id": "q1", "question": "Torque?", "documents": ["m.pdf"], "pages": [3]}


def write(folder: Path, *lines: object) -> Path:
    path = folder / "set.jsonl"
    texts = (line if isinstance(line, str) else json.dumps(line) for line in lines)
    path.write_text("\n".join(texts) + "\n")
    return path


def test_both_spellings_of_a_case_are_read(tmp_path: Path) -> None:
    other = {"id": "q2", "question": "Which?", "doc": "n.pdf", "pages": [1], "evidence_type": None}
    golden = LINE | {"evidence": "table", "answer": "45 Nm", "aliases": ["45 N m"]}
    first, second = load_set(write(tmp_path, golden, "", other))
    assert (first.evidence, first.answers) == ("table", ("45 Nm", "45 N m"))
    assert (second.documents, second.evidence, second.answers) == (("n.pdf",), "", ())


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 1: is not JSON"),
        ("[1]", "line 1: is not a JSON object"),
        ({**LINE, "id": ""}, "line 1: `id` must be a text"),
        ({**LINE, "question": 7}, "line 1: `question` must be a text"),
        ({**LINE, "pages": [0]}, "line 1: `pages` must be a list of page numbers from 1"),
        ({**LINE, "pages": [True]}, "line 1: `pages`"),
        ({**LINE, "documents": "m.pdf"}, "line 1: `documents` must be a list of texts"),
    ],
)
def test_a_wrong_line_is_named_with_its_field(tmp_path: Path, line: object, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        load_set(write(tmp_path, line))


def test_a_repeated_id_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="line 2: the id 'q1' occurs twice"):
        load_set(write(tmp_path, LINE, LINE))


def test_a_set_that_is_not_there_or_empty_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load_set(tmp_path / "no.jsonl")
    with pytest.raises(SettingsError, match="holds no questions"):
        load_set(write(tmp_path, ""))
