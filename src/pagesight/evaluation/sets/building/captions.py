"""Questions for the figure or table that a caption describes; the label answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pagesight.document import Chunk
from pagesight.evaluation.sets.building.candidate import LABEL, Candidate, of_document, quoted
from pagesight.references import names_figure, names_table
from pagesight.sentences import sentence_ranges

TAG = "caption"
_WORDS = (3, 25)
_NOTE = re.compile(r"[.\s]*[*†‡∗❶①]")
"""Where a note to the caption begins."""


def candidates(chunks: Sequence[Chunk], document: str) -> Iterator[Candidate]:
    """A question for each labelled figure and table, by the first sentence of its caption.

    `document` is named where the caption is short, if it is not "".
    """
    for chunk in chunks:
        line = chunk.text.split("\n", 1)[0]
        printed = LABEL.match(line)
        words = _words(line[printed.end() :]) if chunk.label and printed else ""
        noun = (
            "figure" if names_figure(chunk.label) else "table" if names_table(chunk.label) else ""
        )
        if not words or not noun or printed is None:
            continue
        yield Candidate(
            question=f"Which {noun}{of_document(words, document)} shows {quoted(words)}?",
            answers=tuple(dict.fromkeys((chunk.label, printed["label"]))),
            tag=TAG,
            chunk=chunk,
            start=0,
            end=len(line),
            whole=True,
        )


def _words(caption: str) -> str:
    """The first sentence of a caption, without its label; "" where it is too short or long."""
    start, end = next(sentence_ranges(caption), (0, 0))
    words = _NOTE.split(caption[start:end])[0].rstrip(" .:;")
    good = _WORDS[0] <= len(words.split()) <= _WORDS[1] and words.count("(") == words.count(")")
    return words if good and re.match(r"[\"'“‘(]?[A-Z0-9]", words) else ""
