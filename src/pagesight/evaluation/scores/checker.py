"""The checker of claims is checked itself, on right and wrong answers that were written by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from pagesight.citations import ground
from pagesight.document import Chunk, Document, Kind, Page, Region, Span
from pagesight.errors import SettingsError
from pagesight.evaluation.sets.lines import Text
from pagesight.geometry import BBox
from pagesight.results import Claim, Evidence, Support

_PAGE = Page(index=0, label="1", width=612.0, height=792.0)
_BOX = BBox(72.0, 72.0, 540.0, 720.0)
_DOCUMENT = Document(id="cases", source="cases.pdf", title="", page_count=1, chunks=0)


class CasePiece(BaseModel):
    """A piece of evidence of a case; its mark is its place in the list, from 1."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    text: Text
    headings: tuple[str, ...] = ()


class CheckerCase(BaseModel):
    """An answer to be checked, and what is true of each of its claims."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Text
    evidence: tuple[CasePiece, ...]
    answer: Text
    expected: tuple[Support, ...]
    """For each claim, in order."""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """A case after its answer was checked."""

    case: CheckerCase
    claims: tuple[Claim, ...]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Expected and found support of each claim; "" where there is no such claim."""
        found = (claim.support for claim in self.claims)
        return list(zip_longest(self.case.expected, found, fillvalue=""))

    @property
    def is_right(self) -> bool:
        return all(expected == found for expected, found in self.pairs)


@dataclass(frozen=True, slots=True)
class Rates:
    """Precision and recall over the claims of cases, each of "verified" and of "unverified"."""

    verified_precision: float
    """Share of the claims called verified that are right."""
    verified_recall: float
    """Share of the right claims that are called verified."""
    caught_precision: float
    """Share of the claims called unverified that are wrong."""
    caught_recall: float
    """Share of the wrong claims that are called unverified."""


def load_cases(path: Path) -> list[CheckerCase]:
    """The cases of a JSONL file.

    Raises:
        SettingsError: the file cannot be read, or a line is no case.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror})") from error
    cases = []
    for number, line in enumerate(lines, start=1):
        try:
            cases.append(CheckerCase.model_validate_json(line))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "the line"
            raise SettingsError(f"{path} line {number}: {where}: {first['msg']}") from error
    return cases


def outcome(case: CheckerCase) -> Outcome:
    """Checks the answer of a case as `ask` does."""
    pieces = [_evidence(mark, piece) for mark, piece in enumerate(case.evidence, start=1)]
    return Outcome(case, ground(case.answer, pieces, lambda _: [_PAGE]).claims)


def rates(outcomes: Iterable[Outcome]) -> Rates:
    """Over all claims of the cases; 1.0 where there is nothing to count."""
    pairs = [pair for each in outcomes for pair in each.pairs]
    return Rates(
        verified_precision=_share(pairs, found="verified", of="found"),
        verified_recall=_share(pairs, found="verified", of="expected"),
        caught_precision=_share(pairs, found="unverified", of="found"),
        caught_recall=_share(pairs, found="unverified", of="expected"),
    )


def _share(pairs: Sequence[tuple[str, str]], *, found: str, of: str) -> float:
    chosen = [pair for pair in pairs if pair[of == "found"] == found]
    return sum(one == other for one, other in chosen) / len(chosen) if chosen else 1.0


def _evidence(mark: int, piece: CasePiece) -> Evidence:
    chunk = Chunk(
        id=f"piece-{mark}",
        document_id=_DOCUMENT.id,
        kind=piece.kind,
        text=piece.text,
        title="",
        heading_path=piece.headings,
        spans=(Span(start=0, end=len(piece.text), page=0, bbox=_BOX),),
        regions=(Region(page=0, bbox=_BOX),),
    )
    return Evidence(
        mark=mark,
        chunk=chunk,
        parts=(chunk.id,),
        document=_DOCUMENT,
        page_labels=(_PAGE.label,),
        rank=mark,
        shown_text=piece.text,
    )
