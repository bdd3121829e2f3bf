"""Follow-up questions become standalone ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from pagesight.ask.following import carried, is_follow_up
from pagesight.errors import UnfinishedReplyError
from pagesight.ports import ChatModel
from pagesight.prompts import Prompt, secret_key
from pagesight.results import Turn

TEMPLATES = ("turn", "question")
"""Templates of the prompt: an earlier question with its answer, and the question at hand."""
ANSWER_CHARACTERS = 500
"""Of each earlier answer that a model is shown: what it is about stands in its first sentences."""
LONGEST_QUESTION = 400
"""Characters of a usable rewritten question; what is longer is an answer, or an essay."""
_QUOTES = "\"'“”„«»`"


class Condenser(Protocol):
    """Makes a question that stands on its own of one that follows others."""

    def standalone(self, question: str, history: Sequence[Turn]) -> str:
        """The question itself where there is no history, or where it needs none."""


class CarryingCondenser:
    """Implements Condenser without a model, from the last `turns` turns: see `following`."""

    def __init__(self, *, turns: int) -> None:
        self._turns = turns

    def standalone(self, question: str, history: Sequence[Turn]) -> str:
        """See the port. Earlier questions are made standalone one after the other, as they may
        be follow-ups themselves."""
        before = ""
        for asked in (*(turn.question for turn in recent(history, self._turns)), question):
            before = carried(asked, before) if before and is_follow_up(asked) else asked
        return before


class PromptedCondenser:
    """Implements Condenser by a model, which is shown the last `turns` turns; by `otherwise` where
    the model returns nothing usable."""

    def __init__(
        self, model: ChatModel, prompt: Prompt, *, turns: int, otherwise: Condenser
    ) -> None:
        self._model = model
        self._prompt = prompt
        self._turns = turns
        self._otherwise = otherwise

    def standalone(self, question: str, history: Sequence[Turn]) -> str:
        """See the port.

        Raises:
            ServiceError: the endpoint refused or failed.
        """
        turns = recent(history, self._turns)
        if not turns or not question.strip():
            return question
        try:
            pieces = self._model.stream(self._prompt.system, self.message(question, turns))
            rewritten = usable("".join(pieces))
        except UnfinishedReplyError:
            rewritten = ""
        return rewritten or self._otherwise.standalone(question, turns)

    def message(self, question: str, turns: Sequence[Turn]) -> list[str]:
        """What the model is shown: each turn, then the question. They stand between lines with a
        key that none of them holds, so that none can end its own part."""
        texts = [text for turn in turns for text in (turn.question, turn.answer)]
        key = secret_key([*texts, question])
        shown = [
            self._prompt.fill(
                "turn",
                {
                    "key": key,
                    "question": turn.question,
                    "answer": turn.answer[:ANSWER_CHARACTERS],
                },
            )
            for turn in turns
        ]
        return [*shown, self._prompt.fill("question", {"key": key, "question": question})]


def usable(reply: str) -> str:
    """The question that a model's reply is; "" for one that is empty, too long or of several
    lines."""
    text = reply.strip()
    if len(text) > 1 and text[0] in _QUOTES and text[-1] in _QUOTES:
        text = text[1:-1].strip()
    fits = len(text) <= LONGEST_QUESTION and len(text.splitlines()) == 1
    return text if fits and any(character.isalnum() for character in text) else ""


def recent(history: Sequence[Turn], turns: int) -> Sequence[Turn]:
    """The last turns, oldest first."""
    return history[-turns:] if turns > 0 else ()


def earlier_marks(history: Sequence[Turn]) -> Mapping[str, int]:
    """Chunk id -> the mark that it had in the conversation so far."""
    return {id: mark for turn in history for id, mark in turn.marks.items()}
