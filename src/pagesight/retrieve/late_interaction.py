"""Reranking by late interaction: each token of the question looks for its like in a candidate."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pagesight.ports import Candidate, TokenEmbedder, TokenVectors
from pagesight.tokens import tokenize

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from pagesight.ports import Matrix, Vector

    _Kept = npt.NDArray[np.float16]

REMEMBERED_BYTES = 128 * 2**20
"""Of token vectors that are kept: those of some 1,300 chunks of MiniLM, at 768 bytes a token. What
is asked about the same documents finds most of its candidates there."""

_WORDS = re.compile(r"\S+")


class LateInteraction:
    """Implements Reranker by the token vectors of a text model, without any other model.

    score = mean over the question's tokens of the largest cosine to a token of the candidate
    (MaxSim; Khattab and Zaharia, ColBERT, SIGIR 2020, whose model is trained for it: this one need
    not be). Stopwords and punctuation of the question are left out, and only the text of a
    candidate is read, not its context.

    The vectors of the candidates that were read last are kept, `remembered` bytes of them.
    """

    def __init__(self, embedder: TokenEmbedder, *, remembered: int = REMEMBERED_BYTES) -> None:
        self._embedder = embedder
        self._remembered = remembered
        self._known: OrderedDict[str, _Kept] = OrderedDict()
        """Text -> vectors; the one that was read last comes last."""
        self._bytes = 0
        self._lock = threading.Lock()

    @property
    def bytes(self) -> int:
        """Of the vectors that are kept."""
        return self._bytes

    def scores(self, question: str, candidates: Sequence[Candidate]) -> list[float]:
        """See the port; -1 to 1."""
        asked = _telling(question, self._embedder.embed_tokens([question])[0])
        return _likeness(asked, self._vectors([candidate.text for candidate in candidates]))

    def _vectors(self, texts: Sequence[str]) -> list[_Kept]:
        """One matrix a text, in their order."""
        import numpy as np

        with self._lock:
            found = {text: self._known[text] for text in texts if text in self._known}
        missing = list(dict.fromkeys(text for text in texts if text not in found))
        for text, made in zip(missing, self._embedder.embed_tokens(missing), strict=True):
            found[text] = made.vectors.astype(np.float16)
        self._remember(found)
        return [found[text] for text in texts]

    def _remember(self, found: dict[str, _Kept]) -> None:
        with self._lock:
            for text, vectors in found.items():
                if text not in self._known:
                    self._bytes += vectors.nbytes
                self._known[text] = vectors
                self._known.move_to_end(text)
            while self._bytes > self._remembered:
                _, oldest = self._known.popitem(last=False)
                self._bytes -= oldest.nbytes


def _telling(question: str, tokens: TokenVectors) -> Matrix:
    """The vectors of those tokens of a question that say what it is about; all where none does."""
    import numpy as np

    wanted = set(tokenize(question))
    words = [word.span() for word in _telling_words(question, wanted)]
    rows = [
        row
        for row, (start, end) in enumerate(tokens.spans)
        if any(character.isalnum() for character in question[start:end])
        and any(first <= start and end <= last for first, last in words)
    ]
    return tokens.vectors[np.array(rows)] if rows else tokens.vectors


def _telling_words(question: str, wanted: set[str]) -> Iterator[re.Match[str]]:
    """Those of which a token is left in the whole question, from which stopwords are dropped."""
    for word in _WORDS.finditer(question):
        if wanted.intersection(tokenize(word[0])):
            yield word


def _likeness(question: Matrix, candidates: Sequence[_Kept]) -> list[float]:
    """MaxSim of each candidate, by one product of all: twenty small ones would each wait for the
    threads that numpy shares them out to."""
    import numpy as np

    cosines = question @ np.concatenate(candidates).astype(np.float32).T
    starts = np.cumsum([0, *(len(vectors) for vectors in candidates[:-1])])
    means: Vector = np.maximum.reduceat(cosines, starts, axis=1).mean(axis=0)
    return [float(mean) for mean in means]
