"""Checks the [n] marks of an answer and turns them into places in documents."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pagesight import results
from pagesight.document import Page
from pagesight.results import Box, Citation, Evidence
from pagesight.sentences import sentence_ranges
from pagesight.tokens import tokenize

_MARKS = re.compile(r"([ \t]*)((?:[ \t]*\[\d+(?:\s*[,;]\s*\d+)*\])+)")
"""A run of marks, with the white space before it: " [1][2, 3]"."""
_PUNCTUATION = re.compile(r"^[.;,:]?\s+|\s+$")
_FEWEST_WORDS = 2
"""A verbatim match of a single word proves nothing, unless the word is all there is to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A stretch of the answer, and the marks that stand behind it."""

    text: str
    marks: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounded:
    """An answer after its marks and claims were checked."""

    text: str
    """Without the marks that point to nothing shown."""
    claims: tuple[results.Claim, ...]
    citations: tuple[Citation, ...]
    unknown_marks: int
    """Marks that were removed."""


def ground(
    text: str, evidence: Sequence[Evidence], pages: Callable[[str], Sequence[Page]]
) -> Grounded:
    """Checks an answer against the evidence that it was written from.

    `pages` gives the pages of a document id.
    """
    checked, unknown = check_marks(text.strip(), [piece.mark for piece in evidence])
    return Grounded(
        text=checked, claims=(), citations=cite(checked, evidence, pages), unknown_marks=unknown
    )


def check_marks(text: str, known: Sequence[int]) -> tuple[str, int]:
    """Removes the marks that are not `known`; returns the text and how many were removed."""
    unknown = 0

    def keep(match: re.Match[str]) -> str:
        nonlocal unknown
        numbers = _numbers(match)
        kept = [number for number in numbers if number in known]
        unknown += len(numbers) - len(kept)
        return match.group(1) + "".join(f"[{number}]" for number in kept) if kept else ""

    return _MARKS.sub(keep, text), unknown


def claims(text: str) -> Iterator[Claim]:
    """The marked stretches of a checked text, in order: from the previous marks or line start."""
    for line in text.splitlines():
        start = 0
        for match in _MARKS.finditer(line):
            stretch = _PUNCTUATION.sub("", line[start : match.start()])
            if stretch:
                yield Claim(text=stretch, marks=tuple(_numbers(match)))
            start = match.end()


def _numbers(match: re.Match[str]) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", match.group(2))]


def cite(
    text: str, evidence: Sequence[Evidence], pages: Callable[[str], Sequence[Page]]
) -> tuple[Citation, ...]:
    """One citation for each claim and mark of a checked text, in order, without repeats.

    `pages` gives the pages of a document id. A citation is verified only when the claim stands
    verbatim in the cited chunk (case and white space aside); otherwise its quote is the sentence
    or row of the chunk that shares the most words with the claim.
    """
    shown = {piece.mark: piece for piece in evidence}
    found: dict[tuple[int, int, int], Citation] = {}
    for claim in claims(text):
        for mark in claim.marks:
            source = shown[mark].chunk.text
            place = find_verbatim(claim.text, source)
            start, end = place or closest_sentence(claim.text, source)
            key = (mark, start, end)
            if key not in found:
                found[key] = _citation(shown[mark], start, end, place is not None, pages)
    return tuple(found.values())


def find_verbatim(needle: str, source: str) -> tuple[int, int] | None:
    """Where `needle` stands in `source`, case and white space aside: [start, end) or None.

    Closing punctuation and quotation marks around the needle do not count. Digits, signs and
    units do: "1.5 bar" is not found in "1,5 bar" or "11.5 bar".
    """
    words = needle.strip().strip("\"'“”„«»").rstrip(".;:,").split()
    if not words or (len(words) < _FEWEST_WORDS and len(source.split()) > _FEWEST_WORDS):
        return None
    pattern = r"(?<!\w)(?<!\d[.,])" + r"\s+".join(map(re.escape, words)) + r"(?!\w)(?![.,]\d)"
    match = re.search(pattern, source, re.IGNORECASE)
    return match.span() if match else None


def closest_sentence(claim: str, source: str) -> tuple[int, int]:
    """The sentence or line of `source` that shares the largest part of its words with `claim`."""
    wanted = set(tokenize(claim))

    def shared(place: tuple[int, int]) -> tuple[float, int]:
        words = set(tokenize(source[place[0] : place[1]]))
        both = len(wanted & words)
        return (2 * both / (len(wanted) + len(words)) if both else 0.0, -place[0])

    return max(sentence_ranges(source), key=shared, default=(0, len(source)))


def _citation(
    piece: Evidence,
    start: int,
    end: int,
    verified: bool,
    pages: Callable[[str], Sequence[Page]],
) -> Citation:
    chunk = piece.chunk
    boxes = _boxes(piece, start, end, {page.index: page for page in pages(chunk.document_id)})
    return Citation(
        mark=piece.mark,
        chunk_id=chunk.id,
        document_id=chunk.document_id,
        document=piece.document.name,
        title=piece.document.title,
        kind=chunk.kind,
        label=chunk.label,
        page_number=boxes[0].page_number,
        page_label=boxes[0].page_label,
        boxes=boxes,
        quote=chunk.text[start:end],
        crop=piece.image_path,
        verified=verified,
        claim=0,
    )


def _boxes(piece: Evidence, start: int, end: int, pages: Mapping[int, Page]) -> tuple[Box, ...]:
    """Boxes of the lines that the quote touches; the whole chunk's where the quote is empty."""
    chunk = piece.chunk
    places = chunk.touched(start, end) or chunk.regions
    return tuple(
        Box(
            page_index=index,
            page_number=index + 1,
            page_label=pages[index].label,
            bbox=bbox,
            fractions=bbox.fractions(pages[index].width, pages[index].height),
        )
        for index, bbox in dict.fromkeys((place.page, place.bbox) for place in places)
    )
