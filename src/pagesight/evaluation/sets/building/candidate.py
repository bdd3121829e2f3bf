"""A question with its answer, and the place in a chunk where the answer stands."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pagesight.document import Chunk, Region

LABEL = re.compile(
    r"\W{0,2}(?P<label>[^\W\d_]+\.?\s*(?:[A-Z]{1,2}[.\-\u2010-\u2013]?)?(?:\d+|[IVXLC]+\b)"
    r"(?:[.\-\u2010-\u2013]\d+)*(?:\s?\([a-z]\)|[a-z](?![A-Za-z]))?)[\s.:|\u2013\u2014-]*"
)
"""What a caption begins with: "Table 5-1: ", "FIG. 3(b). "."""

_TELLING_WORDS = 8
"""Words of a caption that are hardly those of another document's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One question that a chunk answers at the characters [start, end) of its text."""

    question: str
    answers: tuple[str, ...]
    """The answer, then its accepted variants."""
    tag: str
    """What kind of fact it asks for."""
    chunk: Chunk
    start: int
    end: int
    whole: bool = False
    """The figure or table itself is the evidence, not words of it."""
    preferred: bool = True
    """To be taken before others of its chunk."""

    @property
    def places(self) -> tuple[Region, ...]:
        """Where the evidence stands: the figure or table, or the lines that are touched."""
        if self.whole:
            return self.chunk.regions[:1]
        touched = (
            Region(page=span.page, bbox=span.bbox)
            for span in self.chunk.touched(self.start, self.end)
        )
        return tuple(dict.fromkeys(touched)) or self.chunk.regions[:1]


def same(text: str) -> str:
    """Equal for texts that differ only in case, white space and quotation marks."""
    return " ".join(re.sub(r"[\"'“”‘’]", "", text).casefold().split())


def holds(text: str, fact: str) -> bool:
    """Whether `fact` stands in `text` as whole words; see `same`."""
    return re.search(rf"(?<!\w){re.escape(same(fact))}(?!\w)", same(text)) is not None


def of_document(caption: str, document: str) -> str:
    """The document, to stand after a caption that is too short to be found by it; else ""."""
    short = len(caption.split()) < _TELLING_WORDS
    return f" of {document}" if document and short else ""


def quoted(text: str) -> str:
    """The text in quotation marks, on one line."""
    return f'"{" ".join(text.split()).replace(chr(34), chr(39))}"'
