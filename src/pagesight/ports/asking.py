"""What answers are written by."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from pagesight.results import Evidence, ImagePart, Message, Reply


class ChatModel(Protocol):
    """A (vision) LLM behind an endpoint."""

    @property
    def name(self) -> str: ...

    def stream(self, system: str, parts: Sequence[str | Path]) -> Reply:
        """The reply to one user message made of texts and image files, in order. For a file that
        cannot be read a text says so.

        Its pieces raise:
            UnfinishedReplyError: the reply broke off, was cut at the model's limit, or was
                withheld; what came before was yielded.
            ServiceError: the endpoint refused or failed.
        """


class VisionModel(ChatModel, Protocol):
    """A ChatModel that tells beforehand how it is sent a picture."""

    def fit(self, path: Path, most: int) -> tuple[ImagePart, ...]:
        """A picture file as it is sent: whole, or in at most `most` tiles.

        Raises:
            OSError: the file is gone, or is no picture that can be read.
        """

    def stream(self, system: str, parts: Sequence[str | Path | ImagePart]) -> Reply:
        """See ChatModel; what was fitted before is sent as it is."""


class Answerer(Protocol):
    """Writes an answer from evidence, with [n] marks."""

    @property
    def name(self) -> str: ...

    def write(
        self, question: str, evidence: Sequence[Evidence], picture: Path | None = None
    ) -> Reply:
        """The text; each claim ends with the marks of its evidence, like [2].

        Args:
            question: where a picture asks alone, the words that are read in it; there may be none.
            picture: the picture file that asks, or belongs to the question.
        """

    def messages(
        self, question: str, evidence: Sequence[Evidence], picture: Path | None = None
    ) -> tuple[Message, ...]:
        """Exactly what `write` sends to a model; empty where no model is asked."""
