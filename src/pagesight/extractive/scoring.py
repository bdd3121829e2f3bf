"""How well each part of the evidence answers: words, meaning, rank, and what is wished for."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pagesight.extractive.quoting import Part, Source
from pagesight.extractive.wishes import Wish
from pagesight.ports import TextEmbedder
from pagesight.tokens import tokenize

SHORTLIST = 32
"""Candidates that are embedded: about half a second on a laptop's core."""
EMBEDDED_WORDS = 60
"""Words of a candidate that are embedded, the last of its context and the first of it itself."""

_WORDS, _MEANING, _RANK, _KIND, _NUMBER = 1.0, 0.8, 0.1, 0.3, 0.15
_DEFINES, _STEPS, _FRAGMENT = 0.3, 0.2, -0.2
"""Weights of the parts of the score, each part in 0..1; see eval/DECISIONS.md."""
_CONTEXT = 0.4
"""A question word in the header, caption or heading counts this much of one in the quote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A part of a piece of evidence."""

    source: Source
    rank: int
    """1-based rank of the piece; what a hit brought along comes after all hits."""
    number: int
    """Index in `source.parts`."""

    @property
    def part(self) -> Part:
        return self.source.parts[self.number]


def scores(wish: Wish, candidates: Sequence[Candidate], embedder: TextEmbedder) -> list[float]:
    """One number a candidate, comparable within one question only. Those that are not among the
    first `SHORTLIST` by everything else get nothing for their meaning."""
    found = [
        _WORDS * overlap + _RANK / candidate.rank + _wished(wish, candidate)
        for overlap, candidate in zip(_overlaps(wish, candidates), candidates, strict=True)
    ]
    if not wish.question:  # a picture without words: the evidence that is most like it decides
        return found
    shortlist = sorted(range(len(found)), key=lambda number: (-found[number], number))[:SHORTLIST]
    passages = [_passage(candidates[number].part) for number in shortlist]
    similar = embedder.embed_passages(passages) @ embedder.embed_question(wish.question)
    for number, cosine in zip(shortlist, similar.tolist(), strict=True):
        found[number] += _MEANING * max(0.0, cosine)
    return found


def _wished(wish: Wish, candidate: Candidate) -> float:
    part, chunk = candidate.part, candidate.source.piece.chunk
    return (
        _KIND * (chunk.kind in wish.kinds or chunk.label in wish.labels)
        + _NUMBER * wish.number_met(part.text, part.units)
        + _DEFINES * wish.defined_by(part.text, part.label)
        + _STEPS * (wish.steps and part.whole != "")
        + _FRAGMENT * part.fragment
    )


def _quote(wish: Wish, part: Part) -> str:
    """The words that would be quoted: all of a list where that is asked for."""
    return (part.whole if wish.steps or wish.several else "") or part.text


def _passage(part: Part) -> str:
    """The quote with the end of its context, which is nearest to it."""
    words = part.text.split()[:EMBEDDED_WORDS]
    before = part.context.split()
    room = EMBEDDED_WORDS - len(words)
    return " ".join([*before[max(0, len(before) - room) :], *words])


def _overlaps(wish: Wish, candidates: Sequence[Candidate]) -> list[float]:
    """Share of the question's words, weighted by rarity among the candidates, in 0..1."""
    quotes = [set(tokenize(_quote(wish, candidate.part))) for candidate in candidates]
    contexts = [set(tokenize(candidate.part.context)) for candidate in candidates]
    seen = Counter(
        word for quote, context in zip(quotes, contexts, strict=True) for word in quote | context
    )
    weight = {word: math.log(1 + len(candidates) / (0.5 + seen[word])) for word in wish.words}
    total = sum(weight.values()) or 1.0
    return [
        sum(
            weight[word] * (1.0 if word in quote else _CONTEXT if word in context else 0.0)
            for word in wish.words
        )
        / total
        for quote, context in zip(quotes, contexts, strict=True)
    ]
