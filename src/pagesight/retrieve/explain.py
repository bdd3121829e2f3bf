"""Why hits stand where they do: computed from a ranking, only when it is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from pagesight.explaining import is_spaced
from pagesight.fusion import Fused, share
from pagesight.languages import ENGLISH, language_of
from pagesight.references import asked, mentions
from pagesight.results import Explanation, Field, Hit, ListRank, MatchedWord, Related
from pagesight.settings import RetrieveSettings
from pagesight.tokens import question_tokens, tokenize

_PIECE = re.compile(r"\S+")
_AROUND = ".,;:!?()[]{}<>|\"'`*_…“”„‘’«»"
"""What stands around a word and is none of it."""

_LATE = frozenset({"rerank"})
"""Lists that are made of the best hits of the others, and added after the factors."""


class _Ranking(Protocol):
    """What of a ranking is needed here."""

    @property
    def fused(self) -> Sequence[Fused]: ...

    @property
    def documents(self) -> Mapping[str, float]: ...

    @property
    def words(self) -> str: ...


def explained(
    hits: Sequence[Hit], ranking: _Ranking, settings: RetrieveSettings
) -> tuple[Explanation, ...]:
    """Why each of the hits of a ranking stands where it does, in their order."""
    fused = {item.id: item for item in ranking.fused}
    best = sorted(ranking.documents, key=lambda id: (-ranking.documents[id], id))
    places = {id: place for place, id in enumerate(best, start=1)}
    things, related = asked(ranking.words), _related(hits)
    return tuple(
        _explanation(
            hit,
            fused[hit.chunk.id],
            settings,
            document_rank=places.get(hit.document.id, 0),
            documents=len(best),
            words=tuple(_matched(hit, ranking.words)),
            named=_named(hit, things, hits),
            related=related[hit.chunk.id],
        )
        for hit in hits
    )


def _explanation(
    hit: Hit,
    item: Fused,
    settings: RetrieveSettings,
    *,
    document_rank: int,
    documents: int,
    words: tuple[MatchedWord, ...],
    named: tuple[str, ...],
    related: tuple[Related, ...],
) -> Explanation:
    weights = settings.weights
    lists = [
        ListRank(
            list=name,
            rank=rank,
            share=share(weights.get(name, 0.0), settings.rrf_k, rank),
            late=name in _LATE,
        )
        for name, rank in hit.ranks.items()
    ]
    lists.sort(key=lambda each: (-each.share, each.list))
    return Explanation(
        lists=tuple(lists),
        sum=sum(each.share for each in lists if not each.late),
        factors=dict(item.factors),
        document_rank=document_rank,
        documents=documents,
        words=words,
        named=named,
        related=related,
    )


def _matched(hit: Hit, question: str) -> Iterator[MatchedWord]:
    """The words that a hit shares with the question, each once a field, whichever its case; both
    are cut by the language of the hit."""
    chunk = hit.chunk
    language = language_of(chunk.text) or ENGLISH
    tokens = frozenset(question_tokens(question, [language])) if question else frozenset[str]()
    fields: tuple[tuple[Field, str], ...] = (
        ("body", chunk.text),
        ("heading", "\n".join(chunk.heading_path)),
        ("title", chunk.title),
    )
    for field, text in fields:
        for word in _written(text, tokens, language):
            yield MatchedWord(word=word, field=field)


def _written(text: str, tokens: frozenset[str], language: str) -> list[str]:
    """The words of a text that give one of the tokens, as the text writes them."""
    found: dict[str, str] = {}
    pieces = dict.fromkeys(piece.strip(_AROUND) for piece in _PIECE.findall(text))
    for piece in pieces:
        shared = tokens.intersection(tokenize(piece, language))
        if not shared:
            continue
        for word in [piece] if is_spaced(piece) else sorted(shared, key=piece.casefold().find):
            found.setdefault(word.casefold(), word)
    return list(found.values())


def _named(hit: Hit, things: Sequence[Sequence[str]], hits: Sequence[Hit]) -> tuple[str, ...]:
    """What of the things that a question names, each by its labels, a hit is: by its own label,
    else what no other hit is, where it has none and yet came by its name."""
    if "references" not in hit.ranks:
        return ()
    own = [hit.chunk.label for thing in things if hit.chunk.label in thing]
    others = {other.chunk.label for other in hits if other is not hit}
    left = [thing[0] for thing in things if not others.intersection(thing)]
    return tuple(dict.fromkeys(own or left))


def _related(hits: Sequence[Hit]) -> dict[str, tuple[Related, ...]]:
    """Chunk id -> the hits of its document that it mentions by their labels, or that mention
    it."""
    found: dict[str, list[Related]] = {hit.chunk.id: [] for hit in hits}
    for hit in hits:
        labels = {mention.label for mention in mentions(hit.chunk.text)} - {hit.chunk.label}
        for other in hits:
            label = other.chunk.label
            if label in labels and other.document.id == hit.document.id:
                found[hit.chunk.id].append(Related(how="mentions", label=label, rank=other.rank))
                back = Related(how="mentioned by", label=label, rank=hit.rank)
                found[other.chunk.id].append(back)
    return {
        id: tuple(sorted(each, key=lambda one: (one.rank, one.how))) for id, each in found.items()
    }
