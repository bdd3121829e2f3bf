"""What retrieving, asking and ingesting give back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from pagesight.document import Chunk, Document, Kind, Page
from pagesight.geometry import BBox


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A restriction of what may be found; an empty field restricts nothing."""

    documents: tuple[str, ...] = ()
    """Document ids."""
    kinds: tuple[Kind, ...] = ()
    pages: tuple[int, int] | None = None
    """First and last page index, 0-based, inclusive."""

    def __bool__(self) -> bool:
        return bool(self.documents or self.kinds or self.pages)

    def admits(self, chunk: Chunk) -> bool:
        """Whether a chunk passes: any one of its pages in the range is enough."""
        if self.documents and chunk.document_id not in self.documents:
            return False
        if self.kinds and chunk.kind not in self.kinds:
            return False
        if self.pages is None:
            return True
        first, last = self.pages
        return any(first <= page <= last for page in chunk.pages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A question by text, by a picture or by both, and what may answer it."""

    text: str
    """"" where the picture asks."""
    image: Path | None = None
    """A picture file: finds what looks like it, and without a text what says its words."""
    filter: Filter = field(default_factory=Filter)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A retrieved chunk. Ranks are 1-based; `ranks` has one entry for each list that found it."""

    chunk: Chunk
    document: Document
    page_labels: tuple[str, ...]
    """Printed labels of `chunk.pages`, in the same order."""
    rank: int
    score: float
    """Fused score: comparable within one result only."""
    ranks: Mapping[str, int]
    superseded_by: str = ""
    """File name of the newer document that takes this one's place; "" where there is none."""
    repeats: tuple[int, ...] = ()
    """Page indices, 0-based, of hits that say the same in the same document and come after all
    others therefore: a logo on every page, a part of this figure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRank:
    """How a list ranks a hit."""

    list: str
    """Name: "dense", "words" ..."""
    rank: int
    """1-based."""
    share: float
    """What that adds: weight / (k + rank)."""
    late: bool
    """It is added after the factors, as what reading a hit again adds."""


Field = Literal["body", "heading", "title"]
"""Where a word of a hit stands: in itself, in the headings above it, in its document's title."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedWord:
    """A word of a hit that the question has too, in this form or another."""

    word: str
    """As the hit writes it."""
    field: Field


How = Literal["mentions", "mentioned by"]
"""How two things of a document are related."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """Another hit that a hit mentions, or that mentions it."""

    how: How
    label: str
    """What is mentioned: "Figure 3"."""
    rank: int
    """Of the other hit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a hit stands where it does: its score is `sum` times every factor, and the shares of
    late lists added to it."""

    lists: tuple[ListRank, ...]
    """Those that found it, the highest share first."""
    sum: float
    """Of the shares that are not late."""
    factors: Mapping[str, float]
    """Name -> what the sum is multiplied by, where that is not 1: "document" (its document fits
    worse than the best one), "superseded" (a newer one takes its document's place)."""
    document_rank: int
    """1-based, of its document among those that fit the question; 0 where nothing says that it
    does."""
    documents: int
    """How many fit."""
    words: tuple[MatchedWord, ...]
    """Each once a field, in the order of the hit."""
    named: tuple[str, ...]
    """What the question names and this is, or is part of: "Figure 7-2"."""
    related: tuple[Related, ...]
    """By rank."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One highlighted rectangle: points, and fractions of the page, both top-left origin."""

    page_index: int
    page_number: int
    page_label: str
    bbox: BBox
    fractions: tuple[float, float, float, float]

    @classmethod
    def on(cls, page: Page, bbox: BBox) -> Box:
        return cls(
            page_index=page.index,
            page_number=page.number,
            page_label=page.label,
            bbox=bbox,
            fractions=bbox.fractions(page.width, page.height),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """Why a piece of evidence is shown that is no hit: what it mentions is shown, or it is
    mentioned in what is shown."""

    how: How
    label: str
    """What is mentioned: "Figure 7-2"."""
    mark: int
    """Of the piece that brought it along."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A passage, figure or table as it was shown to the answerer under the mark [`mark`]."""

    mark: int
    chunk: Chunk
    """What may be quoted: the chunk of a hit, joined with those around it that are shown too. It
    has the id of the best of them."""
    parts: tuple[str, ...]
    """Ids of the chunks that it consists of, in reading order."""
    document: Document
    page_labels: tuple[str, ...]
    """Printed labels of `chunk.pages`, in the same order."""
    rank: int
    """Of its best hit, 1-based; 0 for what a hit brought along: a figure that it refers to."""
    shown_text: str
    """The text that was shown (it may be cut to the budget)."""
    image_path: str = ""
    """Path of the crop of a figure or table; "" for text."""
    superseded_by: str = ""
    """File name of the newer document that takes this one's place; "" where there is none."""
    brought: Brought | None = None
    """What brought it along; None for a hit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A checkable pointer from an answer into a document."""

    mark: int
    chunk_id: str
    document_id: str
    document: str
    """File name."""
    title: str
    kind: Kind
    label: str
    page_number: int
    """1-based; the page of the first box."""
    page_label: str
    boxes: tuple[Box, ...]
    quote: str
    """Verbatim words of the source, those that fit the claim best; "" where it has no words."""
    crop: str
    """Path of the crop's PNG; "" for text."""
    verified: bool
    """The claim is verified, and this quote bears it out or helps to."""
    claim: int
    """Index in `Answer.claims` of the claim that it stands behind."""


Detail = Literal["auto", "low", "high"]
"""How closely a model is to look at a picture; it decides what the picture costs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagePart:
    """A picture, or a tile of one, as it is sent to a model."""

    path: Path
    box: tuple[int, int, int, int]
    """Left, top, right, bottom in pixels of the file: what of it is sent."""
    width: int
    """Pixels, as sent."""
    height: int
    """Pixels, as sent."""
    detail: Detail
    tokens: int
    """Estimated."""


Part = str | ImagePart


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to a model: texts and pictures in the order in which they are read."""

    role: Literal["system", "user"]
    parts: tuple[Part, ...]
    text_tokens: int
    """Estimated."""
    image_tokens: int
    """Estimated."""


EXTRACTIVE = "extractive"
"""Name of the answerer that quotes, where no LLM is configured."""

Support = Literal["verified", "unverified", "uncited"]
"""The cited sources say it; they do not, as far as code can tell; there is no source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A sentence, list item, table row or code block of an answer that states something."""

    text: str
    """On one line, without its marks; code as it stands."""
    start: int
    end: int
    """Characters [start, end) of `Answer.text`, its marks included."""
    marks: tuple[int, ...]
    """Its own; of an item, row or code block without any, those of the lead-in above it or of the
    line of marks below it."""
    support: Support
    reason: str = ""
    """Why it is not verified, in a few words: "58 Nm is in none of its sources"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A text as it is being written; it can be read once."""

    pieces: Iterator[str]
    usage: Mapping[str, int] = field(default_factory=dict)
    """Tokens, as the endpoint reported them: there when the last piece has come, and empty if it
    did not."""

    def __iter__(self) -> Iterator[str]:
        return self.pieces


class _Shown(Protocol):
    """A piece of evidence."""

    @property
    def mark(self) -> int: ...

    @property
    def parts(self) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One question of a conversation and its answer, for the questions that follow."""

    question: str
    answer: str
    """With its marks."""
    marks: Mapping[str, int] = field(default_factory=dict)
    """Chunk id -> the mark under which it was shown: what is shown again keeps it."""

    @classmethod
    def of(cls, question: str, answer: str, shown: Iterable[_Shown]) -> Turn:
        """The turn that an answer becomes for the questions that follow it.

        Args:
            question: the standalone one.
        """
        marks = {part: piece.mark for piece in shown for part in piece.parts}
        return cls(question=question, answer=answer, marks=marks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer with its evidence. A refusal is an Answer with `grounded` False."""

    text: str
    citations: tuple[Citation, ...]
    evidence: tuple[Evidence, ...]
    grounded: bool
    """The answer has at least one citation that points to evidence shown, and does not begin by
    saying that the documents do not tell."""
    answerer: str
    """"extractive", or the model's name."""
    question: str = ""
    """The question as it was searched for: standalone, where it followed others."""
    claims: tuple[Claim, ...] = ()
    """In the order of the text."""
    refused: str = ""
    """Why nothing was answered: the evidence is too weak, or the answerer says that it does not
    tell; "" for an answer."""
    notes: tuple[str, ...] = ()
    """What a reader should know beside the answer: a cited document that is superseded."""
    unknown_marks: int = 0
    """Marks in the model's text that point to nothing shown; they were removed."""
    usage: Mapping[str, int] = field(default_factory=dict)
    """Tokens, as the endpoint reported them."""
    timings: Mapping[str, float] = field(default_factory=dict)
    """Seconds by stage."""

    @property
    def verified(self) -> int:
        """How many of the claims are verified."""
        return sum(claim.support == "verified" for claim in self.claims)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A document was parsed and is in the library now."""

    document: Document
    seconds: Mapping[str, float]
    """Seconds by stage: CPU of the parser, wall clock of the others."""
    findings: tuple[str, ...] = ()
    """What a reader of the log should know: pages that failed, OCR that was missing, figures that
    are mentioned and were not found."""
    replaced: tuple[str, ...] = ()
    """Ids of the documents whose place it took."""
    type: Literal["stored"] = "stored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """The same bytes are in the library already, or come under another path of the same run."""

    source: str
    document_id: str
    type: Literal["skipped"] = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A document could not be ingested; nothing of it was stored."""

    source: str
    reason: str
    type: Literal["failed"] = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """A source is gone (`ingest --prune`), and its document with it unless it has another."""

    source: str
    document_id: str
    type: Literal["removed"] = "removed"


Outcome = Stored | Skipped | Failed | Removed

Action = Literal["store", "replace", "renew", "alias", "skip", "remove"]
"""New; in place of what stood at the path; the same bytes by another recipe; another path of
known bytes; nothing to do; gone from its folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What an ingest would do with a file (`ingest --dry-run`)."""

    source: str
    action: Action
    pages: int = 0
    """Pages that would be stored."""
    type: Literal["planned"] = "planned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """Files that were looked at so far, before anything is parsed."""

    done: int
    total: int
    type: Literal["looked"] = "looked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is going to be stored, known once every file has been looked at."""

    documents: int
    pages: int
    type: Literal["plan"] = "plan"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Pages of one document that are done, while it is being parsed."""

    source: str
    pages_done: int
    page_count: int
    type: Literal["progress"] = "progress"


Event = Looked | Plan | Progress | Outcome
"""What an ingest tells while it runs."""
