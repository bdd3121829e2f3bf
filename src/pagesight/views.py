"""What is shown of results, in one shape: what `--json` prints and the server sends, and what the
clients of the server read back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Literal

from pagesight.audit import findings
from pagesight.document import Chunk, Document, Kind, Page
from pagesight.explaining import place_in_evidence, reasons
from pagesight.results import (
    Answer,
    Box,
    Brought,
    Citation,
    Claim,
    Evidence,
    Explanation,
    Hit,
    Turn,
)

if TYPE_CHECKING:
    from pagesight.library import Library


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A text, figure or table of a document."""

    chunk: str
    """Id."""
    document_id: str
    document: str
    """File name."""
    source: str
    """Path or URL."""
    title: str
    kind: Kind
    label: str
    """"Figure 3-2", or ""."""
    pages: tuple[int, ...]
    """1-based."""
    page_labels: tuple[str, ...]
    headings: tuple[str, ...]
    text: str
    html: str
    """A table for people; "" for the other kinds."""
    crop: str
    """Path or URL of the PNG; "" for text."""
    boxes: tuple[Box, ...]
    """Where it stands; for a figure or table its own box first, then its caption's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained(Explanation):
    """Why a hit stands where it does, as facts and in words."""

    reasons: tuple[str, ...]
    """For people, a line each, the most telling first."""

    @classmethod
    def of(cls, told: Explanation) -> Explained:
        known = {field.name: getattr(told, field.name) for field in fields(Explanation)}
        return cls(reasons=reasons(told), **known)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPassage(Passage):
    """A hit."""

    rank: int
    score: float
    """Comparable within one result only."""
    ranks: Mapping[str, int]
    """List -> 1-based rank in it, for each list that found it."""
    superseded_by: str
    explanation: Explained | None = None
    """None unless it was asked for."""
    repeats: tuple[int, ...] = ()
    """1-based numbers of the pages on which hits say the same, which come after all others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPassage(Passage):
    """A piece of evidence."""

    mark: int
    rank: int
    """Of its best hit; 0 for what a hit brought along."""
    parts: tuple[str, ...]
    """Ids of the chunks that it consists of."""
    superseded_by: str
    brought: Brought | None
    """What brought it along; null for a hit."""
    reason: str
    """Why it is shown, for people: "hit 2", "[1] mentions Figure 7-2"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search gave."""

    hits: tuple[FoundPassage, ...]
    """Best first."""
    seconds: Mapping[str, float]
    """Wall clock by stage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportCount:
    verified: int
    claims: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The text of an answer, and what was found out about it."""

    question: str
    """As it was searched for: standalone, where it followed others."""
    text: str
    """The checked text. Streamed pieces are unchecked: marks may be gone from it."""
    grounded: bool
    refused: str
    """Why nothing was answered; "" for an answer."""
    answerer: str
    support: SupportCount
    claims: tuple[Claim, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(Checked):
    """An answer with its claims, its citations and the evidence that was shown."""

    citations: tuple[Citation, ...]
    evidence: tuple[ShownPassage, ...]
    unknown_marks: int
    usage: Mapping[str, int]
    timings: Mapping[str, float]
    """Seconds by stage."""

    @property
    def checked(self) -> dict[str, Any]:
        """The fields of `Checked`, for what shows them and something else."""
        return {field.name: getattr(self, field.name) for field in fields(Checked)}

    @property
    def turn(self) -> Turn:
        """What it becomes for the questions that follow it."""
        return Turn.of(self.question, self.text, self.evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceEvent:
    """What the answer is going to be written from: it comes first."""

    evidence: tuple[ShownPassage, ...]
    type: Literal["hits"] = "hits"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeltaEvent:
    """A piece of the answer's text, unchecked."""

    text: str
    type: Literal["delta"] = "delta"


@dataclass(frozen=True, slots=True, kw_only=True)
class CitationEvent:
    """A checked citation; all come after the last piece of text."""

    citation: Citation
    type: Literal["citation"] = "citation"


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalEvent:
    """The whole checked answer: its text takes the place of the pieces."""

    answer: Answered
    type: Literal["final"] = "final"


AskEvent = EvidenceEvent | DeltaEvent | CitationEvent | FinalEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRow:
    """A document in a list."""

    id: str
    name: str
    source: str
    title: str
    pages: int
    figures: int
    tables: int
    chunks: int
    ocr_pages: int
    failed_pages: int
    revision: str
    language: str
    tags: tuple[str, ...]
    supersedes: tuple[str, ...]
    findings: tuple[str, ...]
    """What its audit found, a line each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRow:
    number: int
    label: str
    width: float
    """Points."""
    height: float
    """Points."""
    ocr: bool
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentDetail(DocumentRow):
    """A document with its pages, and its figures and tables."""

    page_list: tuple[PageRow, ...]
    visuals: tuple[Passage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageText(PageRow):
    """A page with its words."""

    document_id: str
    document: str
    text: str
    """The chunks that stand on it, in reading order, with an empty line in between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """What may be found, as a user says it; an empty field restricts nothing."""

    documents: tuple[str, ...] = ()
    """Ids, paths or file names."""
    kinds: tuple[str, ...] = ()
    pages: str = ""
    """A page number or a range: "12", "3-10"."""
    where: tuple[str, ...] = ()
    """Conditions on metadata: "tag=pump", "language=en", "revision=C"."""


def _path(library: Library, key: str) -> str:
    path = library.crop_path(key)
    return str(path) if path.is_file() else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """How places are written down: as paths for people on the machine, as URLs for others."""

    crop: Callable[[Library, str], str] = _path
    """Of the crop with a key; "" where there is none."""
    source: Callable[[str], str] = str
    """Of a document's source."""


class Viewer:
    """Turns results of one library into what is shown of them."""

    def __init__(self, library: Library, links: Links | None = None) -> None:
        self._library = library
        self._links = links or Links()

    def found(
        self,
        hits: Sequence[Hit],
        seconds: Mapping[str, float],
        explanations: Sequence[Explanation] = (),
    ) -> Found:
        """Hits, in their order, and why each stands there, where that was asked for."""
        pages = self._pages()
        rounded = {stage: round(spent, 4) for stage, spent in seconds.items()}
        shown = tuple(
            FoundPassage(
                rank=hit.rank,
                score=round(hit.score, 6),
                ranks=dict(hit.ranks),
                superseded_by=hit.superseded_by,
                explanation=Explained.of(told) if told else None,
                repeats=tuple(page + 1 for page in hit.repeats),
                **self._passage(hit.chunk, hit.document, hit.page_labels, pages),
            )
            for hit, told in zip_longest(hits, explanations)
        )
        return Found(hits=shown, seconds=rounded)

    def evidence(self, evidence: Sequence[Evidence]) -> tuple[ShownPassage, ...]:
        """Pieces of evidence, in their order."""
        pages = self._pages()
        return tuple(
            ShownPassage(
                mark=piece.mark,
                rank=piece.rank,
                parts=piece.parts,
                superseded_by=piece.superseded_by,
                brought=piece.brought,
                reason=place_in_evidence(piece),
                **self._passage(piece.chunk, piece.document, piece.page_labels, pages),
            )
            for piece in evidence
        )

    def answered(self, answer: Answer) -> Answered:
        evidence = self.evidence(answer.evidence)
        crops = {piece.chunk: piece.crop for piece in evidence}
        return Answered(
            question=answer.question,
            text=answer.text,
            grounded=answer.grounded,
            refused=answer.refused,
            answerer=answer.answerer,
            support=SupportCount(verified=answer.verified, claims=len(answer.claims)),
            claims=answer.claims,
            citations=tuple(
                replace(citation, crop=crops.get(citation.chunk_id, ""))
                for citation in answer.citations
            ),
            evidence=evidence,
            notes=answer.notes,
            unknown_marks=answer.unknown_marks,
            usage=dict(answer.usage),
            timings={stage: round(seconds, 4) for stage, seconds in answer.timings.items()},
        )

    def row(self, document: Document) -> DocumentRow:
        return DocumentRow(**self._row(document))

    def detail(
        self, document: Document, pages: Sequence[Page], chunks: Sequence[Chunk]
    ) -> DocumentDetail:
        labels = {page.index: page.label for page in pages}
        known = self._pages()
        return DocumentDetail(
            page_list=tuple(PageRow(**_page(page)) for page in pages),
            visuals=tuple(
                Passage(
                    **self._passage(
                        chunk, document, [labels.get(page, "") for page in chunk.pages], known
                    )
                )
                for chunk in chunks
                if chunk.image
            ),
            **self._row(document),
        )

    def page(self, document: Document, page: Page, texts: Sequence[str]) -> PageText:
        return PageText(
            document_id=document.id,
            document=document.name,
            text="\n\n".join(texts),
            **_page(page),
        )

    def _row(self, document: Document) -> dict[str, Any]:
        said = document.metadata
        return {
            "id": document.id,
            "name": document.name,
            "source": self._links.source(document.source),
            "title": document.title,
            "pages": document.page_count,
            "figures": document.figures,
            "tables": document.tables,
            "chunks": document.chunks,
            "ocr_pages": document.ocr_pages,
            "failed_pages": document.failed_pages,
            "revision": said.revision,
            "language": said.language,
            "tags": said.tags,
            "supersedes": said.supersedes,
            "findings": found_in(document),
        }

    def _passage(
        self,
        chunk: Chunk,
        document: Document,
        page_labels: Sequence[str],
        pages: Callable[[str, tuple[int, ...]], Mapping[int, Page]],
    ) -> dict[str, Any]:
        return {
            "chunk": chunk.id,
            "document_id": chunk.document_id,
            "document": document.name,
            "source": self._links.source(document.source),
            "title": chunk.title,
            "kind": chunk.kind,
            "label": chunk.label,
            "pages": tuple(page + 1 for page in chunk.pages),
            "page_labels": tuple(page_labels),
            "headings": chunk.heading_path,
            "text": chunk.text,
            "html": chunk.html,
            "crop": self._links.crop(self._library, chunk.image) if chunk.image else "",
            "boxes": tuple(
                Box.on(pages(chunk.document_id, chunk.pages)[region.page], region.bbox)
                for region in chunk.regions
            ),
        }

    def _pages(self) -> Callable[[str, tuple[int, ...]], Mapping[int, Page]]:
        """0-based index -> page, for pages of a document; read once for one result."""

        @cache
        def read(document_id: str, indexes: tuple[int, ...]) -> Mapping[int, Page]:
            return {page.index: page for page in self._library.pages(document_id, indexes)}

        return read


def _page(page: Page) -> dict[str, Any]:
    return {
        "number": page.number,
        "label": page.label,
        "width": page.width,
        "height": page.height,
        "ocr": page.ocr,
        "error": page.error,
    }


def found_in(document: Document) -> tuple[str, ...]:
    """What a document's audit found, a line each."""
    if not document.recipe:
        return ("stored by an older version: ingest it again for an audit",)
    return findings(document.audit)
