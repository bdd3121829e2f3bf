"""Checks an answer claim by claim against what was shown, and turns its marks into places.

`claims` cuts the answer, `marks` finds [1]; `sources` reads the evidence (`tables` its tables,
`words` both sides, `bounds` what limits a number); `checking` holds a claim against its sources by
`folding` (word for word), `placing` (quantities), `naming` (identifiers), `rows`, `polarity` and
`aligning` (words and quotes); `places` finds the boxes.

Rules, no model: what they cannot tell is unverified, except for one thing. Who does what to whom is
seen in plain cases only, so that a claim of the right words with exchanged roles may pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from pagesight.citations.checking import Checked, check
from pagesight.citations.claims import Statement, statements
from pagesight.citations.folding import find_verbatim
from pagesight.citations.marks import check_marks
from pagesight.citations.places import Pages, citation
from pagesight.citations.sources import Source, source_of
from pagesight.citations.tables import header_rows
from pagesight.results import Citation, Claim, Evidence, Support

__all__ = ["Grounded", "check_marks", "find_verbatim", "ground"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounded:
    """An answer after its marks and claims were checked."""

    text: str
    """Without the marks that point to nothing shown."""
    claims: tuple[Claim, ...]
    citations: tuple[Citation, ...]
    unknown_marks: int
    """Marks that were removed."""


def ground(text: str, evidence: Sequence[Evidence], pages: Pages) -> Grounded:
    """Checks an answer against the evidence that it was written from.

    `pages` gives the pages of a document id. A claim is verified when its cited sources say it, in
    the part that was shown, as far as code can tell. Each claim has a citation for each of its
    marks, and two where its support stands in two places of one source.
    """
    pages = cache(pages)
    shown = {piece.mark: piece for piece in evidence}
    checked, unknown = check_marks(text.strip(), shown)
    sources: dict[int, Source] = {}
    claims: list[Claim] = []
    citations: list[Citation] = []
    headers = [cells for piece in evidence for cells in header_rows(piece.chunk.text)]
    for number, statement in enumerate(statements(checked, headers)):
        for mark in statement.marks:
            if mark not in sources:
                sources[mark] = source_of(shown[mark])
        found = check(statement, [sources[mark] for mark in statement.marks])
        claims.append(_claim(statement, found))
        for quote in dict.fromkeys(found.quotes):
            verified = claims[-1].support == "verified" and quote.helps
            place = (quote.start, quote.end)
            piece = shown[quote.mark]
            citations.append(citation(piece, place, pages, claim=number, verified=verified))
    return Grounded(
        text=checked,
        claims=tuple(claims),
        citations=tuple(citations),
        unknown_marks=unknown,
    )


def _claim(statement: Statement, found: Checked) -> Claim:
    support: Support = "unverified" if found.problem else "verified"
    return Claim(
        text=statement.text,
        start=statement.start,
        end=statement.end,
        marks=statement.marks,
        support=support if statement.marks else "uncited",
        reason=found.problem if statement.marks else "",
    )
