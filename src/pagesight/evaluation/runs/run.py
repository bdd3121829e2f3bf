"""Runs a question set over the very retriever and asker that users get: one row a case."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pagesight.ask import Asker
from pagesight.document import Chunk, Document
from pagesight.errors import SettingsError
from pagesight.evaluation.record import (
    KEPT_HITS,
    Cited,
    Found,
    Given,
    Place,
    Row,
    Trace,
)
from pagesight.evaluation.scores.answers import contains_gold
from pagesight.evaluation.scores.levels import holds_box
from pagesight.evaluation.sets.cases import Case
from pagesight.library import Library
from pagesight.results import Answer, Filter, Hit, Query
from pagesight.retrieve import Ranking, Retriever

if TYPE_CHECKING:
    from pagesight.evaluation.scores.judge import Judge

SNIPPET = 240
"""Characters of a hit that a row keeps."""
TELLING = 3
"""Characters of an answer that is looked for on its page: shorter ones stand on many pages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is measured: a library, and what was built over it for users."""

    library: Library
    retriever: Retriever
    asker: Asker | None
    """None: only retrieval is measured."""
    judge: Judge | None
    in_document: bool
    """Each question is restricted to its own documents, for sets that say "this report"."""
    file_text: Callable[[Document, int], str | None]
    """The text layer of a page (0-based index) of the file itself; None where it cannot be had."""


class Runner:
    """Gives each case its row. The harness configures nothing: what is served is measured.

    Raises:
        SettingsError: none of the documents of the cases is in the library.
    """

    def __init__(self, subject: Subject, cases: Sequence[Case]) -> None:
        self._subject = subject
        self._documents = {document.name: document for document in subject.library.documents()}
        named = {name for case in cases for name in case.documents}
        if named and not named & set(self._documents):
            some = ", ".join(sorted(named)[:3])
            raise SettingsError(
                f"none of the {len(named)} documents of the set is in {subject.library.root} "
                f"({some} ...): ingest them first"
            )

    def row(self, case: Case) -> Row:
        """Runs one case. A case that fails gives a row with the error."""
        try:
            return self._row(case)
        except Exception as error:
            # A crash is a result too: it counts as zero, is shown, and the run goes on.
            said = " ".join(str(error).split())
            return Row(id=case.id, error=f"{type(error).__name__}: {said}")

    def _row(self, case: Case) -> Row:
        query = Query(text=case.question, image=case.image, filter=self._filter(case))
        ranking = self._subject.retriever.retrieve(query)
        seconds = dict(ranking.seconds) | {"retrieve": sum(ranking.seconds.values())}
        given = None
        if self._subject.asker is not None:
            answer = self._subject.asker.ask(query)
            seconds["write"] = answer.timings["write"]
            given = self._given(case, answer)
        return Row(
            id=case.id,
            hits=tuple(
                _found(hit) for hit in self._subject.retriever.hits(ranking.fused[:KEPT_HITS])
            ),
            seconds=seconds,
            trace=self._trace(case, ranking),
            given=given,
        )

    def _filter(self, case: Case) -> Filter:
        if not self._subject.in_document:
            return Filter()
        own = tuple(self._documents[name].id for name in case.documents if name in self._documents)
        if case.documents and not own:
            raise SettingsError(f"not in the library: {', '.join(case.documents)}")
        return Filter(documents=own)

    def _given(self, case: Case, answer: Answer) -> Given:
        cited = dict.fromkeys(
            Cited(document=citation.document, page=box.page_number)
            for citation in answer.citations
            for box in citation.boxes
        )
        judge, judged = self._subject.judge, None
        if judge is not None and case.answers:
            judged = judge.verdict(case.question, case.answers, answer.text)
        return Given(
            text=answer.text,
            answerer=answer.answerer,
            grounded=answer.grounded,
            shown=tuple(part for piece in answer.evidence for part in piece.parts),
            cited=tuple(cited),
            verified=answer.verified,
            claims=len(answer.claims),
            refused=bool(answer.refused),
            usage=dict(answer.usage),
            judged=judged,
        )

    def _trace(self, case: Case, ranking: Ranking) -> Trace:
        """What the library holds of the gold pages (of the gold documents, if none is named)."""
        library = self._subject.library
        gold = list(self._gold_pages(case))
        chunks = self._gold_chunks(case, gold)
        pages = [library.pages(document.id)[index] for document, index in gold]
        relevant = tuple(chunk.id for chunk in chunks if self._is_relevant(case, chunk))
        ids = {chunk.id for chunk in chunks}
        text = "\n".join(chunk.text for chunk in chunks)
        on_page = _answer_in(_telling(case), text) if gold else None
        return Trace(
            missing=tuple(name for name in case.documents if name not in self._documents),
            page_errors=tuple(page.error for page in pages if page.error),
            ocr=any(page.ocr for page in pages),
            chunks=len(chunks),
            embedded=len(
                library.embedded("text", list(ids)) | library.embedded("visual", list(ids))
            ),
            characters=sum(len(chunk.text) for chunk in chunks),
            answer_on_page=on_page,
            answer_in_file=self._answer_in_file(case, gold) if on_page is False else None,
            relevant=relevant,
            list_ranks=_first_in_lists(ranking, ids),
            fused_rank=_first(ranking, ids),
            relevant_rank=_first(ranking, set(relevant)),
        )

    def _gold_pages(self, case: Case) -> Iterator[tuple[Document, int]]:
        """The gold pages that the library has, with 0-based indices."""
        for place in case.pages:
            document = self._documents.get(place.document)
            if document is not None and place.page <= document.page_count:
                yield document, place.page - 1

    def _gold_chunks(self, case: Case, gold: Sequence[tuple[Document, int]]) -> list[Chunk]:
        library = self._subject.library
        if case.pages:
            on_pages = library.chunks_on([(document.id, page) for document, page in gold])
            return library.chunks(list(dict.fromkeys(id for ids in on_pages for id in ids)))
        documents = [self._documents[name] for name in case.documents if name in self._documents]
        return [chunk for document in documents for chunk in library.document_chunks(document.id)]

    def _is_relevant(self, case: Case, chunk: Chunk) -> bool:
        """Whether a chunk on a gold page holds a gold box, or else a gold answer."""
        if case.boxes:
            places = _places(chunk)
            return any(
                self._documents[box.document].id == chunk.document_id and holds_box(places, box)
                for box in case.boxes
                if box.document in self._documents
            )
        return bool(case.pages and _answer_in(case.answers, chunk.text))

    def _answer_in_file(self, case: Case, gold: Sequence[tuple[Document, int]]) -> bool | None:
        texts = [self._subject.file_text(document, index) for document, index in gold]
        known = [text for text in texts if text is not None]
        return _answer_in(_telling(case), "\n".join(known)) if known else None


def _answer_in(answers: Sequence[str], text: str) -> bool | None:
    return contains_gold(text, answers) if answers else None


def _telling(case: Case) -> list[str]:
    """The gold answers that a page does not hold by chance, as it does a "2"."""
    return [answer for answer in case.answers if len(answer.strip()) >= TELLING]


def _first(ranking: Ranking, ids: set[str]) -> int:
    """1-based rank of the first of `ids` in the fused ranking; 0 if none is there."""
    ranks = (rank for rank, item in enumerate(ranking.fused, start=1) if item.id in ids)
    return next(ranks, 0)


def _first_in_lists(ranking: Ranking, ids: set[str]) -> Mapping[str, int]:
    best: dict[str, int] = {}
    for item in ranking.fused:
        if item.id in ids:
            for name, rank in item.ranks.items():
                best[name] = min(rank, best.get(name, rank))
    return best


def _places(chunk: Chunk) -> tuple[Place, ...]:
    return tuple(Place(page=region.page + 1, bbox=region.bbox) for region in chunk.regions)


def _found(hit: Hit) -> Found:
    chunk = hit.chunk
    return Found(
        chunk=chunk.id,
        document=hit.document.name,
        kind=chunk.kind,
        label=chunk.label,
        places=_places(chunk),
        image=chunk.image,
        snippet=" ".join(chunk.text.split())[:SNIPPET],
        ranks=dict(hit.ranks),
    )
