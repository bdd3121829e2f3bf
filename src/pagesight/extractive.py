"""The extractive answerer: quotes the evidence that answers best, word for word.

It needs no endpoint. Sentences, table rows and figure captions compete by the rare words that
they share with the question, by meaning (the text embedder) and by the rank of their evidence.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from pagesight.document import Kind
from pagesight.ports import TextEmbedder
from pagesight.results import Evidence
from pagesight.sentences import sentence_ranges
from pagesight.tables import row_cells
from pagesight.tokens import tokenize

QUOTES = 3
"""Quotes shown at most: one is often the neighbour of the right one, more are not read."""
KEEP = 0.72
"""A further quote must reach this share of the best one's score."""
SHORTLIST = 32
"""Candidates that are embedded: about half a second on a laptop's core."""

_WORDS, _MEANING, _RANK, _KIND, _NUMBER = 1.0, 0.8, 0.1, 0.3, 0.1
"""Weights of the parts of the score, each part in 0..1; chosen on the sample questions."""
_CONTEXT = 0.4
"""A question word in the header, caption or heading counts this much of one in the quote."""

_HEADING = re.compile(r"(?:[A-Z]?[\d.]+\s+)?[^\d.!?:]+")
_HEADING_WORDS = 6
"""A line of at most so many words that looks like a heading says what follows, not an answer."""

_ASKS_NUMBER = re.compile(
    r"\bhow (?:much|many|long|often|far|high|large|big|deep|fast|hot|thick)\b"
    r"|\bwhat (?:is|are) the (?:\w+ ){0,3}(?:torque|pressure|temperature|voltage|current|speed"
    r"|value|interval|number|rate|weight|length|width|height|size|address|frequency|capacity"
    r"|clearance|limit|price|score)",
    re.IGNORECASE,
)
_ASKS_KIND: Mapping[Kind, re.Pattern[str]] = {
    "figure": re.compile(
        r"\b(?:figure|fig\.|drawing|diagram|chart|graph|plot|curve|picture|photo|image|sketch"
        r"|schematic|axis|exploded|call-?out)s?\b",
        re.IGNORECASE,
    ),
    "table": re.compile(r"\b(?:table|row|column|listed)s?\b", re.IGNORECASE),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """Something that can be quoted, and the words around it that say what it is about."""

    evidence: Evidence
    quote: str
    context: str
    header: str = ""
    """The header row of a table row, as it stands in the chunk."""

    @property
    def kind(self) -> Kind:
        return self.evidence.chunk.kind


class ExtractiveAnswerer:
    """Implements the Answerer port by quoting. Every claim that it writes is verbatim."""

    name = "extractive"

    def __init__(self, embedder: TextEmbedder) -> None:
        self._embedder = embedder

    def write(self, question: str, evidence: Sequence[Evidence]) -> Iterator[str]:
        """One quote a line, each followed by its mark; a table row comes under its header."""
        candidates = [one for piece in evidence for one in _candidates(piece)]
        if not candidates:
            return
        scores = self._scores(question, candidates)
        order = sorted(range(len(candidates)), key=lambda number: (-scores[number], number))
        best = scores[order[0]]
        chosen = [number for number in order[:QUOTES] if scores[number] >= KEEP * best]
        for position, number in enumerate(chosen):
            yield ("\n" if position else "") + _line(candidates[number])

    def usage(self) -> Mapping[str, int]:
        return {}

    def _scores(self, question: str, candidates: Sequence[_Candidate]) -> list[float]:
        lexical = _overlaps(question, candidates)
        scores = [
            _WORDS * overlap
            + _RANK / candidate.evidence.mark
            + _KIND * _kind_wish(question, candidate)
            + _NUMBER * _number_wish(question, candidate)
            for overlap, candidate in zip(lexical, candidates, strict=True)
        ]
        shortlist = sorted(range(len(scores)), key=lambda number: (-scores[number], number))
        shortlist = shortlist[:SHORTLIST]
        passages = [f"{candidates[n].context}\n{candidates[n].quote}" for n in shortlist]
        similar = self._embedder.embed_passages(passages) @ self._embedder.embed_question(question)
        for number, cosine in zip(shortlist, similar.tolist(), strict=True):
            scores[number] += _MEANING * max(0.0, cosine)
        return scores


def _line(candidate: _Candidate) -> str:
    """The quote on one line with its mark; a table row stands under its header."""
    above = f"{candidate.header}\n" if candidate.header else ""
    return f"{above}{' '.join(candidate.quote.split())} [{candidate.evidence.mark}]"


def _candidates(piece: Evidence) -> Iterator[_Candidate]:
    heading = " > ".join(piece.chunk.heading_path)
    match piece.chunk.kind:
        case "figure":
            if piece.shown_text:
                yield _Candidate(evidence=piece, quote=piece.shown_text, context=heading)
        case "table":
            yield from _row_candidates(piece, heading)
        case "text":
            yield from _sentence_candidates(piece, heading)
        case never:
            assert_never(never)


def _sentence_candidates(piece: Evidence, heading: str) -> Iterator[_Candidate]:
    """Each sentence, the one before it as context; headings are context only."""
    before = ""
    for start, end in sentence_ranges(piece.shown_text):
        quote = piece.shown_text[start:end]
        if not (_HEADING.fullmatch(quote) and len(quote.split()) <= _HEADING_WORDS):
            yield _Candidate(evidence=piece, quote=quote, context=f"{heading}\n{before}")
        before = quote


def _row_candidates(piece: Evidence, heading: str) -> Iterator[_Candidate]:
    """Each row, with caption and header as context; the caption where there are no rows."""
    lines = piece.shown_text.splitlines()
    rows = [line for line in lines if line.startswith("|")]
    caption = " ".join(line for line in lines if not line.startswith("|"))
    ruled = [number for number, line in enumerate(rows) if row_cells(line) is None]
    header = rows[ruled[0] - 1] if ruled and ruled[0] else ""
    body = rows[ruled[0] + 1 :] if ruled else rows
    for row in body:
        context = f"{heading}\n{caption}\n{header}"
        yield _Candidate(evidence=piece, quote=row, context=context, header=header)
    if caption and not body:
        yield _Candidate(evidence=piece, quote=caption, context=heading)


def _overlaps(question: str, candidates: Sequence[_Candidate]) -> list[float]:
    """Share of the question's words, weighted by rarity among the candidates, in 0..1."""
    wanted = set(tokenize(question))
    quotes = [set(tokenize(candidate.quote)) for candidate in candidates]
    contexts = [set(tokenize(candidate.context)) for candidate in candidates]
    seen = Counter(
        word for quote, context in zip(quotes, contexts, strict=True) for word in quote | context
    )
    weight = {word: math.log(1 + len(candidates) / (0.5 + seen[word])) for word in wanted}
    total = sum(weight.values()) or 1.0
    return [
        sum(
            weight[word] * (1.0 if word in quote else _CONTEXT if word in context else 0.0)
            for word in wanted
        )
        / total
        for quote, context in zip(quotes, contexts, strict=True)
    ]


def _kind_wish(question: str, candidate: _Candidate) -> float:
    pattern = _ASKS_KIND.get(candidate.kind)
    return 1.0 if pattern is not None and pattern.search(question) else 0.0


def _number_wish(question: str, candidate: _Candidate) -> float:
    asked = _ASKS_NUMBER.search(question) is not None
    return 1.0 if asked and re.search(r"\d", candidate.quote) else 0.0
