"""The extractive answerer: quotes the evidence that answers best, word for word.

It needs no endpoint. Sentences, rows of tables and the words of figures compete by the rare words
that they share with the question, by meaning (the text embedder), by the rank of their evidence
and by what the question wishes for; what is chosen is written with what is needed to understand
it: the header of a row, the steps of a procedure, the sentence before "It".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import assert_never

from pagesight.extractive.choosing import chosen
from pagesight.extractive.grids import Grid
from pagesight.extractive.passages import Passage
from pagesight.extractive.pictures import Picture
from pagesight.extractive.quoting import Source
from pagesight.extractive.scoring import Candidate, scores
from pagesight.extractive.wishes import Wish
from pagesight.ports import TextEmbedder
from pagesight.results import EXTRACTIVE, Evidence, Message, Reply

__all__ = ["ExtractiveAnswerer"]


class ExtractiveAnswerer:
    """Implements the Answerer port by quoting: whole sentences, steps and rows, lines of figures,
    and cells of rows that are too long to be read. Captions and headings lead into them."""

    name = EXTRACTIVE

    def __init__(self, embedder: TextEmbedder) -> None:
        self._embedder = embedder

    def write(
        self, question: str, evidence: Sequence[Evidence], picture: Path | None = None
    ) -> Reply:
        """See the port. Quotes of one piece of evidence stand together, in its order; the pieces
        are apart by an empty line. Nothing is written only where the evidence has no words.

        A picture is not looked at: what is like it stands first in the evidence.
        """
        return Reply(pieces=self._pieces(question, evidence))

    def messages(
        self, question: str, evidence: Sequence[Evidence], picture: Path | None = None
    ) -> tuple[Message, ...]:
        """None: no model is asked."""
        return ()

    def _pieces(self, question: str, evidence: Sequence[Evidence]) -> Iterator[str]:
        wish = Wish(question)
        last = len(evidence) + 1
        candidates = [
            Candidate(source=source, rank=source.piece.rank or last, number=number)
            for source in map(_source, evidence)
            for number in range(len(source.parts))
        ]
        if not candidates:
            return
        groups = chosen(wish, candidates, scores(wish, candidates, self._embedder))
        for position, (source, numbers) in enumerate(groups):
            yield ("\n\n" if position else "") + "\n".join(source.written(numbers, wish))


def _source(piece: Evidence) -> Source:
    match piece.chunk.kind:
        case "figure":
            return Picture(piece)
        case "table":
            return Grid(piece)
        case "text":
            return Passage(piece)
        case never:
            assert_never(never)
