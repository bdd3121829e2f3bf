"""Thumbs of readers: a log that several processes write at once, and the cases it gives."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from pagesight.document import Kind
from pagesight.errors import SettingsError
from pagesight.evaluation.record import Cited
from pagesight.evaluation.sets.cases import Case, GoldPage, made_id

FILE_NAME = "feedback.jsonl"
"""Of the log, in the library's folder."""

_CANCELLED = b"\x18"
"""Ends a line that was never finished; JSON has no such character."""
_ANSWER_WORDS = 12
"""A longer answer is an explanation: its exact words are no gold answer."""
_SHOWN = 200
"""Characters of an answer in a case's `review`."""
_MARKS = re.compile(r"\s*\[\d+(?:\s*[,;]\s*\d+)*\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What a reader thought of one answer."""

    id: str
    time: str
    """ISO 8601, UTC."""
    question: str
    answer: str
    """The text as it was shown, with its marks."""
    answerer: str
    verdict: Literal["up", "down"]
    comment: str = ""
    cited: tuple[Cited, ...] = ()
    """What the answer cited, in order."""
    kinds: tuple[Kind, ...] = ()
    """Kinds of the evidence that it cited."""
    documents: tuple[str, ...] = ()
    """File names of the documents that the question was restricted to; empty: all."""


_LINE = TypeAdapter(Feedback)


class FeedbackLog:
    """A JSONL file that only grows, safe for several threads and processes at once."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, feedback: Feedback) -> None:
        """Adds one line, and returns once it is on disk.

        What a crash left unfinished at the end is cancelled first. Where that is another
        writer's line after all, the cancelling mark lands on a line of its own.

        Raises:
            SettingsError: the file cannot be written.
        """
        line = _LINE.dump_json(feedback) + b"\n"
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT
        try:
            file = os.open(self._path, flags, 0o666)
            try:
                if self._torn(file):
                    line = _CANCELLED + b"\n" + line
                written = os.write(file, line)
                os.fsync(file)
            finally:
                os.close(file)
        except OSError as error:
            raise SettingsError(
                f"{self._path}: the feedback cannot be written ({error}); "
                "give the folder write permission and free space"
            ) from error
        if written < len(line):
            raise SettingsError(f"{self._path}: the disk is full; the feedback was not kept")

    @staticmethod
    def _torn(file: int) -> bool:
        """Whether the last line has no end."""
        size = os.lseek(file, 0, os.SEEK_END)
        if size == 0:
            return False
        os.lseek(file, size - 1, os.SEEK_SET)
        return os.read(file, 1) != b"\n"

    def read(self) -> list[Feedback]:
        """All feedback in the order in which it was written; none where there is no file.

        A last line without an end is one that is being written, or never was finished: it is
        left out.

        Raises:
            SettingsError: the file cannot be read, or a line is not feedback; names the line.
        """
        try:
            lines = self._path.read_bytes().split(b"\n")[:-1]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise SettingsError(f"{self._path}: cannot be read ({error})") from error
        return [
            self._parsed(line, number)
            for number, line in enumerate(lines, start=1)
            if not line.endswith(_CANCELLED)
        ]

    def _parsed(self, line: bytes, number: int) -> Feedback:
        try:
            return _LINE.validate_json(line)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            field = ".".join(map(str, first["loc"])) or "line"
            raise SettingsError(
                f"{self._path}, line {number}: is not feedback ({field}: {first['msg']}); "
                "mend the line or delete it"
            ) from error


def cases_from(feedback: Sequence[Feedback]) -> list[Case]:
    """One case for each question and restriction, in the order in which they came up first.

    The last verdict decides. Thumbs up: the cited pages are gold, and a short answer is the gold
    answer. Thumbs down: only the question and its documents are known. All have `review` set,
    since a thumb may be meant for the wording, or for one of several pages. What was asked by a
    picture alone gives none.
    """
    asked: dict[tuple[str, tuple[str, ...]], list[Feedback]] = {}
    for each in feedback:
        if not each.question.strip():  # a picture asked alone, and the log does not have it
            continue
        key = " ".join(each.question.casefold().split()), tuple(sorted(each.documents))
        asked.setdefault(key, []).append(each)
    return [_case(each) for each in asked.values()]


def _case(given: Sequence[Feedback]) -> Case:
    last = given[-1]
    up = last.verdict == "up"
    pages = sorted({(cited.document, cited.page) for cited in last.cited})
    answer = " ".join(_MARKS.sub("", last.answer).split())
    short = up and bool(answer) and len(answer.split()) <= _ANSWER_WORDS
    cited = dict.fromkeys(each.document for each in last.cited)
    question = " ".join(last.question.split())
    return Case(
        id=made_id("f", question.casefold(), *sorted(last.documents)),
        question=question,
        documents=tuple(cited) if up and cited else last.documents or tuple(cited),
        pages=tuple(GoldPage(document=document, page=page) for document, page in pages)
        if up
        else (),
        evidence=last.kinds[0] if len(set(last.kinds)) == 1 else "",
        answers=(answer,) if short else (),
        tags=("feedback", last.verdict),
        review=_review(given, answer),
    )


def _review(given: Sequence[Feedback], answer: str) -> str:
    """What a person needs to decide: verdicts, comments, the last answer and what it cited."""
    counts = [
        f"{count} {verdict}"
        for verdict in ("up", "down")
        if (count := sum(each.verdict == verdict for each in given))
    ]
    comments = dict.fromkeys(
        comment for each in given if (comment := " ".join(each.comment.split()))
    )
    cited = dict.fromkeys(f"{each.document}#{each.page}" for each in given[-1].cited)
    said = answer if len(answer) <= _SHOWN else f"{answer[:_SHOWN].rstrip()} ..."
    parts = [
        f"thumbs {given[-1].verdict}" + (f" (of {', '.join(counts)})" if len(given) > 1 else "")
    ]
    parts += [f"comment: {comment}" for comment in comments]
    parts.append(f"answered: {said}" if said else "answered: nothing")
    parts += [f"cited: {', '.join(cited)}"] if cited else []
    return "; ".join(parts)
