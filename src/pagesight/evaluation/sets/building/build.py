"""Question sets from the documents of a library: facts with known answers and known places."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from random import Random

from pagesight.document import Chunk, Document, Kind, Page
from pagesight.errors import ServiceError
from pagesight.evaluation.sets.building import captions, cells, definitions, headings
from pagesight.evaluation.sets.building.candidate import Candidate, quoted, same
from pagesight.evaluation.sets.building.reply import Reason, checked
from pagesight.evaluation.sets.building.selection import balanced
from pagesight.evaluation.sets.cases import Case, GoldBox, GoldPage, made_id
from pagesight.ports import ChatModel
from pagesight.prompts import Prompt

TEMPLATES = ("passage",)
"""Templates of the prompt of `write_cases`."""
OCR_REVIEW = "read by OCR: compare question and answer with the page"
"""Why a case from a scan has to be looked at: a misread answer makes right ones look wrong."""

_PER_CHUNK = 4
"""Questions of one kind from one chunk: more on one small table measure the same thing again."""
_TITLE_WORDS = (2, 12)
"""Words of a title that a question names its document by."""
_FEWEST_WORDS: Mapping[Kind, int] = {"text": 40, "table": 12, "figure": 6}
"""Words of a chunk that a model is shown: in fewer there is hardly anything to ask for."""
_MOST_FAILURES = 3
"""Failures of the endpoint one after the other; it will then fail for the rest too."""

ChunksOf = Callable[[str], Sequence[Chunk]]
"""Document id -> its chunks in reading order."""
PagesOf = Callable[[str], Sequence[Page]]
"""Document id -> its pages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A chunk that gave no question."""

    chunk: Chunk
    reason: Reason
    detail: str
    """What the model replied, or the endpoint's error."""


def build_cases(
    documents: Sequence[Document],
    chunks_of: ChunksOf,
    pages_of: PagesOf,
    *,
    per_document: int,
    seed: int,
) -> list[Case]:
    """At most `per_document` questions for each document, made without a model.

    They ask for table cells, for the figure or table of a caption, for definitions, for what
    abbreviations stand for and for numbered sections, as evenly as the document allows, and are
    spread over it. A question that two documents answer, or one document in two ways, is left
    out. Questions about pages read by OCR are asked only where a document has no others, and
    have `review` set. The same documents and seed give the same cases, in the order of the
    documents and of their pages.
    """
    names = _names(documents)
    found = {one.id: _candidates(chunks_of(one.id), names[one.id]) for one in documents}
    clear = _unambiguous(found)
    cases: list[Case] = []
    for document in documents:
        ocr = _ocr_pages(pages_of(document.id))
        read = [each for each in clear[document.id] if not _pages(each) & ocr]
        chosen = balanced(
            read or clear[document.id],
            per_document,
            _rng(seed, document),
            kind=lambda question: question[0].tag,
            source=lambda question: question[0].chunk.id,
            preferred=lambda question: question[0].preferred,
            per_source=_PER_CHUNK,
        )
        cases += (_case(document, each, ocr) for each in sorted(chosen, key=_position))
    return cases


def write_cases(
    model: ChatModel,
    prompt: Prompt,
    documents: Iterable[Document],
    chunks_of: ChunksOf,
    pages_of: PagesOf,
    crop_of: Callable[[str], Path] | None,
    *,
    per_document: int,
    seed: int,
) -> Iterator[Case | Rejected]:
    """Questions that a model writes, each checked against its passage by code.

    At most `per_document` chunks of each document are shown, evenly text, tables and figures, the
    crops of the latter as pictures. `crop_of` maps the key of a crop to its file; None sends no
    pictures, for a model that takes none. A question that fails a check, or that was asked
    before, of whichever document, is yielded as `Rejected`, and so is a single failure of the
    endpoint.

    Raises:
        ServiceError: the endpoint failed several times in a row.
    """
    asked: set[str] = set()
    failures = 0
    for document in documents:
        ocr = _ocr_pages(pages_of(document.id))
        for chunk in _passages(chunks_of(document.id), per_document, _rng(seed, document)):
            try:
                reply = "".join(
                    model.stream(prompt.system, _shown(prompt, document, chunk, crop_of))
                )
            except ServiceError as error:
                failures += 1
                if failures == _MOST_FAILURES:
                    raise
                yield Rejected(chunk=chunk, reason="endpoint failed", detail=str(error))
                continue
            failures = 0
            result = checked(reply, chunk)
            if isinstance(result, Candidate) and same(result.question) in asked:
                result = "asked before"
            if isinstance(result, Candidate):
                asked.add(same(result.question))
                yield _case(document, [result], ocr)
            else:
                yield Rejected(chunk=chunk, reason=result, detail=reply)


def _rng(seed: int, document: Document) -> Random:
    """One stream for each document, so that another document changes nothing for this one."""
    return Random(f"{seed} {document.id}")


def _ocr_pages(pages: Sequence[Page]) -> frozenset[int]:
    return frozenset(page.index for page in pages if page.ocr)


def _names(documents: Sequence[Document]) -> dict[str, str]:
    """Document id -> how a question names it: title, else file; "" where there is only one."""
    titles = Counter(document.title for document in documents)

    def name(document: Document) -> str:
        fewest, most = _TITLE_WORDS
        if len(documents) == 1:
            return ""
        if titles[document.title] == 1 and fewest <= len(document.title.split()) <= most:
            return quoted(document.title)
        return PurePath(document.name).stem

    return {document.id: name(document) for document in documents}


def _candidates(chunks: Sequence[Chunk], document: str) -> list[Candidate]:
    return [
        *cells.candidates(chunks, document),
        *captions.candidates(chunks, document),
        *definitions.candidates(chunks),
        *headings.candidates(chunks, document),
    ]


_Question = Sequence[Candidate]
"""One question with its answer, at each place of the document where it is answered."""


def _unambiguous(found: Mapping[str, Sequence[Candidate]]) -> dict[str, list[_Question]]:
    """Document id -> questions that only it answers, and in one way only."""
    asked: dict[str, set[str]] = defaultdict(set)
    for document, candidates in found.items():
        for candidate in candidates:
            asked[same(candidate.question)].add(document)
    clear: dict[str, list[_Question]] = {}
    for document, candidates in found.items():
        questions: dict[str, list[Candidate]] = defaultdict(list)
        for candidate in candidates:
            questions[same(candidate.question)].append(candidate)
        clear[document] = [
            each
            for question, each in questions.items()
            if len(asked[question]) == 1 and len({same(one.answers[0]) for one in each}) == 1
        ]
    return clear


def _pages(question: _Question) -> set[int]:
    return {place.page for candidate in question for place in candidate.places}


def _position(question: _Question) -> tuple[int, float, str]:
    place = question[0].places[0]
    return place.page, place.bbox.y0, question[0].question


def _case(document: Document, question: _Question, ocr: frozenset[int]) -> Case:
    first = question[0]
    places = dict.fromkeys(place for candidate in question for place in candidate.places)
    answers = dict.fromkeys(answer for candidate in question for answer in candidate.answers)
    return Case(
        id=made_id("s", document.name, first.question),
        question=first.question,
        documents=(document.name,),
        pages=tuple(
            GoldPage(document=document.name, page=page + 1) for page in sorted(_pages(question))
        ),
        boxes=tuple(
            GoldBox(document=document.name, page=place.page + 1, bbox=place.bbox)
            for place in places
        ),
        evidence=first.chunk.kind,
        answers=tuple(answers),
        tags=(first.tag,),
        synthetic=True,
        review=OCR_REVIEW if _pages(question) & ocr else "",
    )


def _passages(chunks: Sequence[Chunk], count: int, rng: Random) -> list[Chunk]:
    """Chunks with enough words to ask about."""
    return balanced(
        [chunk for chunk in chunks if len(chunk.text.split()) >= _FEWEST_WORDS[chunk.kind]],
        count,
        rng,
        kind=lambda chunk: chunk.kind,
        source=lambda chunk: chunk.id,
        preferred=lambda chunk: True,
        per_source=1,
    )


def _shown(
    prompt: Prompt, document: Document, chunk: Chunk, crop_of: Callable[[str], Path] | None
) -> list[str | Path]:
    text = prompt.fill(
        "passage",
        {
            "document": document.title or document.name,
            "headings": " > ".join(chunk.heading_path),
            "kind": chunk.kind,
            "label": chunk.label,
            "text": chunk.text,
        },
    )
    return [text, crop_of(chunk.image)] if crop_of is not None and chunk.image else [text]
