"""What reads the best hits again, together with the question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pagesight.ports.embedding import TextEmbedder

if TYPE_CHECKING:
    from pagesight.ports.embedding import Matrix


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A chunk as a reranker reads it."""

    context: str
    """Title and headings on one line; "" where it has none."""
    text: str
    picture: Path | None = None
    """The crop of a figure or table."""


class Reranker(Protocol):
    """Says how well candidates answer a question."""

    def scores(self, question: str, candidates: Sequence[Candidate]) -> Sequence[float]:
        """One a candidate, in their order, higher is better, comparable within one call; none at
        all where nothing usable came, which it has told.

        Raises:
            ServiceError: an endpoint or a model hub refused or failed.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenVectors:
    """What a text model makes of each token of a text, before it makes one vector of all."""

    vectors: Matrix
    """Shape (tokens, dimension), unit rows."""
    spans: Sequence[tuple[int, int]]
    """Characters [start, end) of the text that each stands for; empty for marks of the model."""


class TokenEmbedder(TextEmbedder, Protocol):
    """A TextEmbedder that shows its tokens."""

    def embed_tokens(self, texts: Sequence[str]) -> list[TokenVectors]:
        """One a text, in their order. No prefix is put before a text."""
