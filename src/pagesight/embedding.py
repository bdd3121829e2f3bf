"""Questions are embedded once, and together where several are asked at the same moment."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pagesight.ports import TextEmbedder

if TYPE_CHECKING:
    from pagesight.ports import Matrix, Vector

REMEMBERED = 1_024
"""Questions whose vectors are kept: 1.5 MB at 384 dimensions. The three parts of one ask that need
the vector of its question follow each other within moments."""


@dataclass(slots=True)
class _Batch:
    """Questions that are embedded together, in the order in which they came."""

    texts: dict[str, None] = field(default_factory=dict)
    vectors: Mapping[str, Vector] = field(default_factory=dict)
    over: bool = False
    """Its vectors are there, or it failed."""


class QuestionEmbedder:
    """Implements TextEmbedder by another one, which embeds one batch of questions at a time.

    A question that comes while nothing is computed is embedded at once; those that come while a
    batch is computed, from whichever threads, are the next batch. The vectors of the last
    `remembered` questions are kept; they cannot be written to. Passages go straight through.
    """

    def __init__(self, embedder: TextEmbedder, *, remembered: int = REMEMBERED) -> None:
        self._embedder = embedder
        self._remembered = remembered
        self._known: OrderedDict[str, Vector] = OrderedDict()
        """The question that was asked last comes last."""
        self._next = _Batch()
        self._computing = False
        self._turn = threading.Condition()

    @property
    def fingerprint(self) -> str:
        """That of the other embedder."""
        return self._embedder.fingerprint

    @property
    def waiting(self) -> int:
        """Questions of the batch that is computed next."""
        return len(self._next.texts)

    def embed_passages(self, texts: Sequence[str]) -> Matrix:
        """See the port."""
        return self._embedder.embed_passages(texts)

    def embed_question(self, text: str) -> Vector:
        """See the port."""
        return self._found([text])[text]

    def embed_questions(self, texts: Sequence[str]) -> Matrix:
        """See the port."""
        import numpy as np

        found = self._found(texts)
        return np.stack([found[text] for text in texts])

    def _found(self, texts: Sequence[str]) -> Mapping[str, Vector]:
        """Question -> vector."""
        found: dict[str, Vector] = {}
        while missing := [text for text in texts if text not in found]:
            with self._turn:
                found |= self._recalled(missing)
                batch = self._joined([text for text in missing if text not in found])
                while batch.texts and self._computing and not batch.over:
                    self._turn.wait()
                mine = bool(batch.texts) and not batch.over
                if mine:
                    self._computing = True
                    self._next = _Batch()
            if mine:
                self._compute(batch)
            # A batch that failed in another thread has none: then its questions are asked again
            # here, so that each thread gets an error of its own.
            found |= {text: batch.vectors[text] for text in missing if text in batch.vectors}
        return found

    def _recalled(self, texts: Sequence[str]) -> Mapping[str, Vector]:
        """Those that are remembered."""
        known = {text: self._known[text] for text in texts if text in self._known}
        for text in known:
            self._known.move_to_end(text)
        return known

    def _joined(self, texts: Sequence[str]) -> _Batch:
        """The batch that is computed next, with these questions in it; an empty one for none."""
        if not texts:
            return _Batch()
        self._next.texts.update(dict.fromkeys(texts))
        return self._next

    def _compute(self, batch: _Batch) -> None:
        vectors: Mapping[str, Vector] = {}
        try:
            texts = list(batch.texts)
            # Copies: a row would keep the whole matrix.
            rows = [row.copy() for row in self._embedder.embed_questions(texts)]
            for row in rows:
                row.setflags(write=False)
            vectors = dict(zip(texts, rows, strict=True))
        finally:
            with self._turn:
                batch.vectors = vectors
                batch.over = True
                self._known.update(vectors)
                while len(self._known) > self._remembered:
                    self._known.popitem(last=False)
                self._computing = False
                self._turn.notify_all()
