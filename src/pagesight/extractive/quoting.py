"""What can be quoted, and how a quote is written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from pagesight.extractive.wishes import Wish
from pagesight.references import BIBLIOGRAPHIC, parse_caption
from pagesight.results import Evidence
from pagesight.sentences import sentence_ranges

_INDEX = re.compile(r"\[(?=\d+(?:\s*[,;]\s*\d+)*\])")
_KEY = re.compile(r"^(\W*[A-Z]\w+\.?\s+[\w.\-\u2013]*\w)\.?\s+(?=[A-Z(\"“])")
"""The key of a caption ("Fig. 3."), which is no sentence of its own."""
_WORD_JOINER = "\u2060"


class Source(Protocol):
    """A piece of evidence, read into the parts that can be quoted of it."""

    @property
    def piece(self) -> Evidence: ...

    @property
    def parts(self) -> Sequence[Part]: ...

    def written(self, chosen: Sequence[int], wish: Wish) -> list[str]:
        """The lines that quote the parts with these indices (best first), with what is needed to
        understand them, and marks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A sentence, a row or a figure's words."""

    text: str
    context: str
    """The words around it that say what it is about."""
    units: frozenset[str] = frozenset()
    """Units of a table row that stand in its header, or in a cell of their own."""
    label: str = ""
    """The first cell of a table row."""
    in_list: bool = False
    """It is a step or item of a list, or leads into one."""
    whole: str = ""
    """Of a list's first item: all of the list with what leads into it."""
    fragment: bool = False
    """It is no sentence."""


def quoted(text: str) -> str:
    """The text on one line. What a document's own reference marks would make of ours is prevented:
    "[12]" is left out, and an index ("CTRL[3]") gets an invisible character."""
    return " ".join(_INDEX.sub(f"[{_WORD_JOINER}", BIBLIOGRAPHIC.sub("", text)).split())


def marked(text: str, mark: int) -> str:
    """A quote with its mark."""
    return f"{quoted(text)} [{mark}]"


def led(text: str, mark: int) -> str:
    """A lead-in: the last sentence of a caption, a heading or what stands above a list, with a
    colon behind its mark."""
    last = [*sentences(quoted(text))][-1:]
    return f"{' '.join(last).rstrip(' .:')} [{mark}]:"


def sentences(text: str) -> Iterator[str]:
    """The sentences of a text, in order."""
    for start, end in sentence_ranges(text):
        yield text[start:end]


def captioned(caption: str) -> str:
    """A caption with a colon behind its key: "Fig. 3: Energy of a window"."""
    named = parse_caption(caption, trusted=True) is not None
    return _KEY.sub(r"\1: ", caption) if named else caption
