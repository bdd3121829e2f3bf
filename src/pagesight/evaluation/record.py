"""What a run leaves behind: one row a case. Every figure is computed from rows, so that an old run
can be scored again, and two runs compared, without the library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pagesight.document import Kind
from pagesight.geometry import BBox

KEPT_HITS = 100
"""Hits kept in a row: enough to name twenty different pages, and what trec_eval is usually fed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A box on a page: `page` is 1-based."""

    page: int
    bbox: BBox


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A hit, as far as measuring and showing it needs; hits of a row are in order of rank."""

    chunk: str
    document: str
    """File name."""
    kind: Kind
    label: str
    """"Figure 3-2", "Table 5-1", or ""."""
    places: tuple[Place, ...]
    image: str
    """Key of the crop in the library's crop store; "" for text."""
    snippet: str
    """The beginning of its text."""
    ranks: Mapping[str, int]
    """List -> 1-based rank in it."""

    @property
    def pages(self) -> tuple[int, ...]:
        """1-based, ascending."""
        return tuple(sorted({place.page for place in self.places}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What the library knew of a case's gold pages when the case was run."""

    missing: tuple[str, ...] = ()
    """Documents of the case that are not in the library."""
    page_errors: tuple[str, ...] = ()
    """Why gold pages could not be parsed."""
    ocr: bool = False
    """A gold page was read by OCR."""
    chunks: int = 0
    """Chunks on the gold pages."""
    embedded: int = 0
    """Of these, chunks that have a vector in the text space."""
    characters: int = 0
    """Characters of text on the gold pages, as parsed."""
    answer_on_page: bool | None = None
    """A gold answer stands word for word in the parsed text of a gold page; None: there is no
    answer, or it is too short to tell."""
    answer_in_file: bool | None = None
    """A gold answer stands in the file's own text layer of a gold page; None: not looked at."""
    relevant: tuple[str, ...] = ()
    """Ids of the chunks that hold a gold box or a gold answer, on the gold pages."""
    list_ranks: Mapping[str, int] = field(default_factory=dict)
    """List -> 1-based rank in it of the first chunk on a gold page; absent where it has none."""
    fused_rank: int = 0
    """1-based rank of the first hit on a gold page in the whole fused ranking; 0: none."""
    relevant_rank: int = 0
    """The same for the chunks in `relevant`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """A page that an answer cites: file name and 1-based number."""

    document: str
    page: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The answer that a case got."""

    text: str
    answerer: str
    grounded: bool
    """False for a refusal."""
    shown: tuple[str, ...]
    """Ids of the chunks that the answerer was shown, in order of their marks."""
    cited: tuple[Cited, ...]
    """Pages of all boxes of all citations, in order, without repeats."""
    verified: int
    """Claims that their cited sources say."""
    claims: int
    """All claims: verified, unverified and uncited ones."""
    refused: bool = False
    """It says why it does not answer. What it names as closest is no answer."""
    usage: Mapping[str, int] = field(default_factory=dict)
    """Tokens, as the endpoint reported them."""
    judged: float | None = None
    """The judge's verdict, 1.0 correct or 0.0 wrong; None: no judge was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What happened with one case."""

    id: str
    """The case's id."""
    hits: tuple[Found, ...] = ()
    """In order of rank, at most `KEPT_HITS`."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """Stage -> wall clock."""
    trace: Trace = field(default_factory=Trace)
    given: Given | None = None
    """None where only retrieval was run, or where it failed."""
    error: str = ""
    """Why the case failed; it then counts as zero everywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInfo:
    """What was run on what."""

    name: str
    """Set and pipeline, for people."""
    set_name: str
    set_hash: str
    cases: int
    pipeline: str
    settings: Mapping[str, Mapping[str, object]]
    library: str
    """The library's folder."""
    library_hash: str
    """Of the ids of all chunks and the fingerprints of the models: equal contents, equal hash."""
    documents: int
    pages: int
    chunks: int
    index_bytes: int
    """Size on disk of catalogue and indexes."""
    answers: bool
    """Whether each question was asked as well."""
    answerer: str
    in_document: bool
    """Whether each question was restricted to its own documents."""
    count: int
    """Hits that search prints (`retrieve.count`): k of the blame table."""
    depth: int
    """Length of each list before fusion (`retrieve.depth`)."""
    version: str
    """Of pagesight."""
    started: str
    """ISO 8601, UTC."""
    judge: str = ""
    """Name of the model that judged the answers; "" if none was asked."""
    key: str = ""
    """Hash of everything that the rows depend on, the code of pagesight included."""
