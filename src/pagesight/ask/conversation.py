"""Follow-up questions become standalone ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from pagesight.results import Turn


class Condenser(Protocol):
    """Makes a question that stands on its own of one that follows others."""

    def standalone(self, question: str, history: Sequence[Turn]) -> str:
        """The question itself where there is no history."""


class CarryingCondenser:
    """Implements Condenser without a model."""

    def standalone(self, question: str, history: Sequence[Turn]) -> str:
        """See the port."""
        return question


def earlier_marks(history: Sequence[Turn]) -> Mapping[str, int]:
    """Chunk id -> the mark that it had in the conversation so far."""
    return {id: mark for turn in history for id, mark in turn.marks.items()}
