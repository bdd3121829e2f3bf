"""Questions for the section that a numbered heading opens; the heading with its number answers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from pagesight.document import Chunk
from pagesight.evaluation.sets.building.candidate import Candidate, quoted, same

TAG = "heading"
_NUMBERED = re.compile(
    r"(?P<number>(?i:chapter|appendix|section|annex) (?:[A-Z]|\d{1,2})|[A-Z]|"
    r"(?:[A-Z][.\-])?\d{1,2}(?:[.\-]\d{1,2})*)[.:]?\s+(?P<words>[A-Z].*)"
)
_WORDS = (2, 10)


def candidates(chunks: Sequence[Chunk], document: str) -> Iterator[Candidate]:
    """A question for each numbered heading that opens a section, where it stands in the text.

    `document` names the document in the question, if it is not "".
    """
    paths = (heading for chunk in chunks for heading in chunk.heading_path)
    wanted = {same(match[0]): match for match in _numbered(paths) if _distinct(match["words"])}
    for chunk in chunks:
        if chunk.kind != "text":
            continue
        start = 0
        for line in chunk.text.splitlines(keepends=True):
            match = wanted.pop(same(line), None)
            if match is not None:
                yield _candidate(chunk, start, start + len(line.rstrip()), match, document)
            start += len(line)


def _numbered(headings: Iterable[str]) -> list[re.Match[str]]:
    """Headings with a number; a count or a letter is one only beside its neighbour.

    "12 Weeks Ended" and "A Survey of" begin with words.
    """
    found = [match for each in dict.fromkeys(headings) if (match := _NUMBERED.fullmatch(each))]
    places = {_place(match["number"]) for match in found}
    return [
        match
        for match in found
        if (place := _place(match["number"])) is None or {place - 1, place + 1} & places
    ]


def _place(number: str) -> int | None:
    """Of a plain count or letter in its row; None for other numbers."""
    if number.isdigit():
        return int(number)
    return -100 + ord(number) if len(number) == 1 else None


def _distinct(words: str) -> bool:
    count = len(words.split())
    return _WORDS[0] <= count <= _WORDS[1] and words[-1] not in ".:;,?!"


def _candidate(
    chunk: Chunk, start: int, end: int, found: re.Match[str], document: str
) -> Candidate:
    of = f" of {document}" if document else ""
    number = found["number"]
    named = number if number[:1].isalpha() and " " in number else f"section {number}"
    return Candidate(
        question=f"Which section{of} describes {quoted(found['words'])}?",
        answers=(found[0], named),
        tag=TAG,
        chunk=chunk,
        start=start,
        end=end,
    )
