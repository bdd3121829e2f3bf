"""What is chosen to be shown, within a budget of tokens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from pagesight.ask.joining import body_start, cut, cut_at_word, joined, same_table
from pagesight.budget import text_tokens
from pagesight.document import Chunk


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Chunks that are shown as one."""

    chunk: Chunk
    parts: tuple[str, ...]
    """Ids of its chunks, in reading order."""
    rank: int
    """Of the best hit among them; 0 where none is one."""
    text: str
    """What is shown of the chunk's text."""


@dataclass(slots=True)
class Selection:
    """Chunks that are shown, each once, and what is left of the budget."""

    left: int
    """Tokens."""
    _chunks: dict[str, Chunk] = field(default_factory=dict)
    _ranks: dict[str, int] = field(default_factory=dict)
    _cut: dict[str, str] = field(default_factory=dict)
    _said: set[tuple[str, ...]] = field(default_factory=set)
    _next: dict[str, str] = field(default_factory=dict)

    def __contains__(self, chunk: Chunk) -> bool:
        return chunk.id in self._chunks

    def __iter__(self) -> Iterator[Chunk]:
        """In the order in which they were taken."""
        return iter(tuple(self._chunks.values()))

    def whole(self, chunk: Chunk) -> bool:
        """The chunk is shown, and nothing of its text is cut off."""
        return chunk.id in self._chunks and chunk.id not in self._cut

    def take_hit(self, chunk: Chunk, rank: int) -> None:
        """Shows a hit, cut between sentences or rows where it does not fit.

        One that says word for word what is shown already is left out, and so is one of which
        nothing fits and that has no crop. The first is shown in any case, if need be cut between
        words.
        """
        text = chunk.text
        if text_tokens(text) > self.left:
            text = cut(text, chunk.kind, self.left)
            if not text and not self._chunks:
                text = cut_at_word(chunk.text, self.left)
        if _words(chunk) in self._said or not (text or chunk.image):
            return
        self._add(chunk, text_tokens(text))
        self._ranks[chunk.id] = rank
        if text != chunk.text:
            self._cut[chunk.id] = text

    def take(self, chunks: Iterable[Chunk]) -> bool:
        """Shows chunks whole, all or none of them; whether it was done."""
        costs = {chunk.id: (chunk, self._cost(chunk)) for chunk in chunks if chunk not in self}
        fits = sum(tokens for _, tokens in costs.values()) <= self.left
        if not fits or any(_words(chunk) in self._said for chunk, _ in costs.values()):
            return False
        for chunk, tokens in costs.values():
            self._add(chunk, tokens)
        return True

    def link(self, chunks: Sequence[Chunk]) -> None:
        """These chunks follow each other: neighbours among them that are shown become one
        piece."""
        for one, other in pairwise(chunks):
            self._next[one.id] = other.id

    def pieces(self) -> list[Piece]:
        """In no particular order."""
        follows = self._follows()
        inner = set(follows.values())
        return [self._piece(_chain(id, follows)) for id in self._chunks if id not in inner]

    def _follows(self) -> dict[str, str]:
        """The links between chunks that are shown whole: at most one to and from each, and no
        circle, though two views of a page may order it differently."""
        follows: dict[str, str] = {}
        taken: set[str] = set()
        for one, other in self._next.items():
            shown = all(id in self._chunks and id not in self._cut for id in (one, other))
            if shown and other not in taken and one not in _chain(other, follows):
                follows[one] = other
                taken.add(other)
        return follows

    def _piece(self, ids: Sequence[str]) -> Piece:
        ranks = {self._ranks[id]: id for id in ids if id in self._ranks}
        rank = min(ranks, default=0)
        chunk = joined([self._chunks[id] for id in ids], ranks.get(rank, ids[0]))
        text = self._cut.get(chunk.id, chunk.text)
        return Piece(chunk=chunk, parts=tuple(ids), rank=rank, text=text)

    def _cost(self, chunk: Chunk) -> int:
        """Tokens that a chunk adds; the header of a table that is shown already adds none."""
        again = any(same_table(chunk, other) for other in self._chunks.values())
        return text_tokens(chunk.text[body_start(chunk) if again else 0 :])

    def _add(self, chunk: Chunk, tokens: int) -> None:
        self._chunks[chunk.id] = chunk
        self._said.add(_words(chunk))
        self.left -= tokens


def _words(chunk: Chunk) -> tuple[str, ...]:
    """What two chunks share where they say the same: their words, and the crop of a figure."""
    words = " ".join(chunk.text.casefold().split())
    if chunk.kind == "figure":
        return (chunk.kind, words, chunk.image)
    return (chunk.kind, words) if words else (chunk.kind, chunk.id)


def _chain(id: str, follows: dict[str, str]) -> list[str]:
    """The id and those that follow it."""
    ids = [id]
    while ids[-1] in follows:
        ids.append(follows[ids[-1]])
    return ids
