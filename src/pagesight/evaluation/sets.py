"""Question sets: JSONL, one case a line.

Keys: `id`, `question`, `documents` (file names; or `doc`, one of them), `pages` (1-based; empty
for a question that the documents do not answer), and optionally `evidence` (text, figure, table;
or `evidence_type`), `answer`, `aliases`, `tags`. Other keys are ignored.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pagesight.errors import SettingsError


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One question with what a right result contains."""

    id: str
    question: str
    documents: tuple[str, ...]
    pages: tuple[int, ...]
    """1-based numbers of the pages that hold the answer."""
    evidence: str
    """"text", "figure", "table", another word of the set, or "" where it is not labelled."""
    answers: tuple[str, ...]
    """The gold fact and its accepted variants; empty where the set has none."""


def load_set(path: Path) -> list[Case]:
    """The cases in the order of the file.

    Raises:
        SettingsError: the file cannot be read or a line is not a case; names line and field.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read as a question set ({error})") from error
    cases: dict[str, Case] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        case = _case(_object(line, where), where)
        if case.id in cases:
            raise SettingsError(f"{where}: the id {case.id!r} occurs twice")
        cases[case.id] = case
    if not cases:
        raise SettingsError(f"{path}: holds no questions")
    return list(cases.values())


def _object(line: str, where: str) -> Mapping[str, object]:
    try:
        raw = json.loads(line)
    except json.JSONDecodeError as error:
        raise SettingsError(f"{where}: is not JSON ({error.msg})") from error
    if not isinstance(raw, dict):
        raise SettingsError(f"{where}: is not a JSON object")
    return raw


def _case(raw: Mapping[str, object], where: str) -> Case:
    pages = raw.get("pages", [])
    if not isinstance(pages, list) or not all(type(page) is int and page > 0 for page in pages):
        raise SettingsError(f"{where}: `pages` must be a list of page numbers from 1")
    answer = _text(raw, "answer", where, optional=True)
    return Case(
        id=_text(raw, "id", where),
        question=_text(raw, "question", where),
        documents=_documents(raw, where),
        pages=tuple(pages),
        evidence=_text(raw, "evidence", where, optional=True)
        or _text(raw, "evidence_type", where, optional=True),
        answers=tuple(text for text in (answer, *_texts(raw, "aliases", where)) if text),
    )


def _documents(raw: Mapping[str, object], where: str) -> tuple[str, ...]:
    if "documents" in raw:
        return _texts(raw, "documents", where)
    return (_text(raw, "doc", where),)


def _text(raw: Mapping[str, object], key: str, where: str, *, optional: bool = False) -> str:
    value = raw.get(key)
    if value is None and optional:
        return ""
    if not isinstance(value, str) or not (value.strip() or optional):
        raise SettingsError(f"{where}: `{key}` must be a text")
    return value


def _texts(raw: Mapping[str, object], key: str, where: str) -> tuple[str, ...]:
    value = raw.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise SettingsError(f"{where}: `{key}` must be a list of texts")
    return tuple(value)
