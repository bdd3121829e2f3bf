"""A model judges answers, and is judged itself on hand-labelled ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from pagesight.errors import ServiceError, SettingsError
from pagesight.evaluation.sets.lines import Text
from pagesight.ports import ChatModel
from pagesight.prompts import Prompt, secret_key

TEMPLATES = ("case",)
"""Templates of its prompt."""
_VERDICT = re.compile(r"[\s*_`#-]*verdict[\s*_`]*:[\s*_`]*(correct|wrong)[\s*_`.]*", re.IGNORECASE)
"""A whole line, with what models put around it: "**VERDICT:** correct.". A quoted one is none."""
_SHOWN = 80
"""Characters of an unreadable reply that the error shows."""


class NoVerdict(ServiceError):
    """The model replied, but not with a verdict."""


class Judge:
    """Asks a chat model whether answers are correct."""

    def __init__(self, model: ChatModel, prompt: Prompt) -> None:
        self._model = model
        self._prompt = prompt

    def verdict(self, question: str, answers: Sequence[str], text: str) -> float:
        """1.0 if `text` is a correct answer, given the gold answers; else 0.0.

        Raises:
            NoVerdict: the last line of the reply is no verdict.
            ServiceError: the endpoint refused or failed.
        """
        message = self.message(question, answers, text)
        return self._read("".join(self._model.stream(self._prompt.system, [message])))

    def message(self, question: str, answers: Sequence[str], text: str) -> str:
        """What the model is shown."""
        parts = {"question": question, "gold": "\n".join(answers), "answer": text}
        return self._prompt.fill("case", parts | {"key": secret_key([*parts.values()])})

    def _read(self, reply: str) -> float:
        """Only the last line counts: above it the model may quote the answer, verdict and all."""
        lines = [line for line in reply.splitlines() if re.search(r"\w", line)]
        last = lines[-1] if lines else ""
        match = _VERDICT.fullmatch(last)
        if match is None:
            raise NoVerdict(
                f"{self._model.name}: the reply ends in {last[:_SHOWN]!r} and not in a verdict: "
                "judge with another model"
            )
        return float(match[1].lower() == "correct")


class JudgeCase(BaseModel):
    """An answer that a person has marked."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    id: Text
    """What it tries, and a number: "digit-3"."""
    question: Text
    gold: Text
    answer: Text
    correct: bool
    why: Text
    """The reason of the label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How far a judge agrees with the labels."""

    cases: int
    accuracy: float
    kappa: float
    """Cohen's kappa: 0 is what guessing with the same frequencies gives, 1 is full agreement."""
    false_correct: tuple[str, ...]
    """Ids of wrong answers that it took for correct."""
    false_wrong: tuple[str, ...]
    """Ids of correct answers that it took for wrong."""
    unread: tuple[str, ...]
    """Ids of cases on which it gave no verdict; they count as disagreement."""


def load_cases(path: Path) -> list[JudgeCase]:
    """Hand-labelled answers from JSON lines, in the order of the file.

    Raises:
        SettingsError: the file cannot be read or a line is not a case; names line and field.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read ({error})") from error
    cases: dict[str, JudgeCase] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            case = JudgeCase.model_validate_json(line)
        except ValidationError as error:
            fault = error.errors(include_url=False)[0]
            field = f"`{'.'.join(map(str, fault['loc']))}`: " if fault["loc"] else ""
            raise SettingsError(f"{path}, line {number}: {field}{fault['msg']}") from error
        if case.id in cases:
            raise SettingsError(f"{path}, line {number}: `id`: {case.id!r} occurs twice")
        cases[case.id] = case
    if not cases:
        raise SettingsError(f"{path}: holds no cases")
    return list(cases.values())


def validate(
    judge: Judge, cases: Sequence[JudgeCase], done: Callable[[int, int], None]
) -> Agreement:
    """Lets a judge mark what a person has marked; `done` is told (marked, in all).

    Raises:
        ServiceError: the endpoint refused or failed.
    """
    verdicts = []
    for case in cases:
        verdicts.append(_marked(judge, case))
        done(len(verdicts), len(cases))
    return agreement(cases, verdicts)


def _marked(judge: Judge, case: JudgeCase) -> bool | None:
    try:
        return judge.verdict(case.question, [case.gold], case.answer) > 0
    except NoVerdict:
        return None


def agreement(cases: Sequence[JudgeCase], verdicts: Sequence[bool | None]) -> Agreement:
    """Compares one verdict a case, None where there was none, with the labels.

    Kappa is (p_o - p_e) / (1 - p_e), with p_o the share of agreement and p_e what chance gives:
    the sum over the verdicts of the products of their shares (J. Cohen, "A coefficient of
    agreement for nominal scales", 1960). Where both only ever say one and the same it is 1.
    """
    marked = list(zip(cases, verdicts, strict=True))
    count = len(marked)
    observed = sum(case.correct is verdict for case, verdict in marked) / count
    expected = sum(
        sum(case.correct is value for case in cases) * sum(each is value for each in verdicts)
        for value in (True, False)
    ) / (count * count)
    return Agreement(
        cases=count,
        accuracy=observed,
        kappa=(observed - expected) / (1 - expected) if expected < 1 else 1.0,
        false_correct=tuple(case.id for case, said in marked if said is True and not case.correct),
        false_wrong=tuple(case.id for case, said in marked if said is False and case.correct),
        unread=tuple(case.id for case, said in marked if said is None),
    )
