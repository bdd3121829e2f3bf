"""What is different between two answers to one question."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal, TypeVar

from pagesight.ask.bundle import Bundle, Ranked
from pagesight.results import Evidence

Change = Literal["same", "gone", "new"]
_Value = TypeVar("_Value")

_PIECES = re.compile(r"\S+\s*")
"""A word with the white space behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Something that has another place than before: 1-based, 0 where it had or has none."""

    id: str
    """Of the chunk."""
    name: str
    """Label or kind, file name and pages."""
    before: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """How much of an answer is verified."""

    verified: int
    claims: int
    refused: str
    """Why nothing was answered; "" for an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Everything that is not the same; equal answers leave only `text` and the counts."""

    versions: Mapping[str, tuple[str, str]]
    """Name -> before, after; "" where there was none."""
    settings: Mapping[str, tuple[object, object]]
    """"ask.model" -> before, after."""
    searched: tuple[str, str]
    """The question as it was searched for, before and after."""
    hits: tuple[Move, ...]
    """Hits that came, went or moved, by their rank now, those that went last."""
    same_hits: int
    evidence: tuple[Move, ...]
    """Pieces that came, went, or got another mark; their places are marks."""
    same_evidence: int
    text: tuple[tuple[Change, str], ...]
    """The answer word by word: what is the same, gone or new."""
    before: Checked
    after: Checked


def difference(before: Bundle, after: Bundle) -> Difference:
    """Compares two bundles of one question."""
    old_hits, new_hits = _hits(before), _hits(after)
    old_shown, new_shown = _shown(before), _shown(after)
    return Difference(
        versions=_changed(before.versions, after.versions, ""),
        settings=_changed(_flat(before), _flat(after), None),
        searched=(before.question.searched, after.question.searched),
        hits=_moves(old_hits, new_hits),
        same_hits=_same(old_hits, new_hits),
        evidence=_moves(old_shown, new_shown),
        same_evidence=_same(old_shown, new_shown),
        text=tuple(word_difference(before.answer.text, after.answer.text)),
        before=_checked(before),
        after=_checked(after),
    )


def word_difference(before: str, after: str) -> Iterator[tuple[Change, str]]:
    """The two texts as one: stretches of words that are the same, gone or new. The same and the
    new ones together are `after`; the same and the gone ones are `before`, white space aside."""
    old, new = _PIECES.findall(before.strip()), _PIECES.findall(after.strip())
    words = [piece.strip() for piece in old], [piece.strip() for piece in new]
    matcher = SequenceMatcher(None, words[0], words[1], autojunk=False)
    for kind, i, j, k, m in matcher.get_opcodes():
        if kind == "equal":
            yield "same", "".join(new[k:m])
            continue
        if i < j:
            yield "gone", "".join(old[i:j])
        if k < m:
            yield "new", "".join(new[k:m])


_Places = Mapping[str, tuple[int, str]]
"""Chunk id -> its place, and its name."""


def _hits(bundle: Bundle) -> _Places:
    ranked = bundle.ranking.ranked[: bundle.ranking.hits]
    return {item.chunk: (rank, _ranked_name(item)) for rank, item in enumerate(ranked, start=1)}


def _shown(bundle: Bundle) -> _Places:
    return {piece.chunk.id: (piece.mark, _piece_name(piece)) for piece in bundle.answer.evidence}


def _moves(before: _Places, after: _Places) -> tuple[Move, ...]:
    moves = [
        Move(id=id, name=name, before=before.get(id, (0, ""))[0], after=place)
        for id, (place, name) in after.items()
        if before.get(id, (0, ""))[0] != place
    ]
    moves += [
        Move(id=id, name=name, before=place, after=0)
        for id, (place, name) in before.items()
        if id not in after
    ]
    return tuple(moves)


def _same(before: _Places, after: _Places) -> int:
    return sum(before[id][0] == place for id, (place, _) in after.items() if id in before)


def _ranked_name(item: Ranked) -> str:
    return _name(item.label or item.kind, item.document, item.pages)


def _piece_name(piece: Evidence) -> str:
    pages = tuple(page + 1 for page in piece.chunk.pages)
    return _name(piece.chunk.label or piece.chunk.kind, piece.document.name, pages)


def _name(what: str, document: str, pages: tuple[int, ...]) -> str:
    """ "Table 4-1, manual.pdf, pages 31, 32"."""
    word = "page" if len(pages) == 1 else "pages"
    return f"{what}, {document}, {word} {', '.join(map(str, pages))}"


def _flat(bundle: Bundle) -> Mapping[str, object]:
    return {
        f"{section}.{key}": value
        for section, pairs in bundle.settings.as_dict().items()
        for key, value in pairs.items()
    }


def _changed(
    before: Mapping[str, _Value], after: Mapping[str, _Value], missing: _Value
) -> dict[str, tuple[_Value, _Value]]:
    return {
        name: (before.get(name, missing), after.get(name, missing))
        for name in {**before, **after}
        if before.get(name, missing) != after.get(name, missing)
    }


def _checked(bundle: Bundle) -> Checked:
    answer = bundle.answer
    return Checked(verified=answer.verified, claims=len(answer.claims), refused=answer.refused)
