"""What can be asked of a library, whoever asks: the command line, the server, an agent."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pagesight.document import KINDS, Document, Kind, Metadata
from pagesight.errors import MissingError, SettingsError
from pagesight.results import Answer, Filter, Query, Turn
from pagesight.views import (
    AskEvent,
    CitationEvent,
    DeltaEvent,
    DocumentDetail,
    DocumentRow,
    EvidenceEvent,
    FinalEvent,
    Found,
    Narrowing,
    PageText,
    Passage,
    Viewer,
)

if TYPE_CHECKING:
    from pagesight.app import App
    from pagesight.ask import Prepared
    from pagesight.library import Library
    from pagesight.views import Links

PAGE_DPI = 110
"""Of pages as pictures: text of 8 points can be read, and a page has some 200 kB."""

_FIELDS: Mapping[str, Callable[[Metadata], Collection[str]]] = {
    "tag": lambda metadata: metadata.tags,
    "language": lambda metadata: (metadata.language,),
    "revision": lambda metadata: (metadata.revision,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked, by words, by a picture or by both, and of what."""

    text: str
    image: Path | None = None
    narrowing: Narrowing = field(default_factory=Narrowing)


class Service(Protocol):
    """One library, in this process or behind a server.

    Every method may raise SettingsError (what is asked for is not there, or cannot be), and
    those that need a model or a server ServiceError.
    """

    def search(
        self, question: Question, count: int | None = None, *, explain: bool = False
    ) -> Found:
        """At most `count` hits (default: the setting), best first; with `explain`, why each
        stands where it does."""

    def ask(self, question: Question, history: Sequence[Turn] = ()) -> Iterator[AskEvent]:
        """The evidence, pieces of text as they come, the citations, and at last the answer.

        Args:
            history: earlier questions and answers of the conversation, oldest first.
        """

    def documents(self) -> list[DocumentRow]:
        """All, by source."""

    def document(self, reference: str) -> DocumentDetail:
        """The one meant by an id or its beginning, a path, or a file name."""

    def page(self, reference: str, number: int) -> PageText:
        """A page of a document by its 1-based number."""

    def page_picture(self, reference: str, number: int) -> bytes:
        """The same as PNG.

        Raises:
            DocumentError: it cannot be rendered, or the file has changed since it was ingested.
        """

    def crop(self, passage: Passage) -> bytes | None:
        """The picture of a figure or table as PNG; None for text, and where its file is gone."""


Told = Callable[[Query, Sequence[Turn], "Prepared", Answer], None]


def forget(query: Query, history: Sequence[Turn], prepared: Prepared, answer: Answer) -> None:
    """Told by default: nobody wants to know."""


class LocalService:
    """Implements Service over an App of this process. It may be used from any thread.

    `told` is called with each answer and what it came of, before the answer is given.
    """

    def __init__(self, app: App, links: Links | None = None, *, told: Told = forget) -> None:
        self._app = app
        self._viewer = Viewer(app.library, links)
        self._told = told

    def search(
        self, question: Question, count: int | None = None, *, explain: bool = False
    ) -> Found:
        """See the protocol."""
        retriever = self._app.retriever
        ranking = retriever.retrieve(self.query(question), count)
        told = retriever.explain(ranking) if explain else ()
        return self._viewer.found(ranking.hits, ranking.seconds, told)

    def ask(self, question: Question, history: Sequence[Turn] = ()) -> Iterator[AskEvent]:
        """See the protocol."""
        asker = self._app.asker
        query = self.query(question)
        prepared = asker.prepare(query, history)
        yield EvidenceEvent(evidence=self._viewer.evidence(prepared.evidence))
        for piece in asker.answer(prepared):
            if not isinstance(piece, Answer):
                yield DeltaEvent(text=piece)
                continue
            self._told(query, history, prepared, piece)
            answered = self._viewer.answered(piece)
            for citation in answered.citations:
                yield CitationEvent(citation=citation)
            yield FinalEvent(answer=answered)

    def documents(self) -> list[DocumentRow]:
        """See the protocol."""
        return [self._viewer.row(document) for document in self._app.library.documents()]

    def document(self, reference: str) -> DocumentDetail:
        """See the protocol."""
        library = self._app.library
        document = library.find(reference)
        return self._viewer.detail(
            document, library.pages(document.id), library.document_chunks(document.id)
        )

    def page(self, reference: str, number: int) -> PageText:
        """See the protocol."""
        library = self._app.library
        document = library.find(reference)
        index = page_index(document, number)
        texts = library.catalogue.page_texts(document.id, index, index)
        return self._viewer.page(document, library.pages(document.id)[index], texts.get(index, ()))

    def page_picture(self, reference: str, number: int) -> bytes:
        """See the protocol."""
        document = self._app.library.find(reference)
        return self._app.renderer.picture(document.id, page_index(document, number), PAGE_DPI)

    def crop(self, passage: Passage) -> bytes | None:
        """See the protocol."""
        chunks = self._app.library.chunks([passage.chunk])
        path = self._app.library.picture(chunks[0]) if chunks else None
        return path.read_bytes() if path else None

    def query(self, question: Question) -> Query:
        """The question with its filter."""
        narrowed = narrow(self._app.library, question.narrowing)
        return Query(text=question.text, image=question.image, filter=narrowed)


def page_index(document: Document, number: int) -> int:
    """0-based, of a 1-based number.

    Raises:
        MissingError: the document has no such page.
    """
    if not 1 <= number <= document.page_count:
        raise MissingError(
            f"{document.name} has no page {number}: its pages are 1 to {document.page_count}"
        )
    return number - 1


def narrow(library: Library, said: Narrowing) -> Filter:
    """The filter that is meant.

    Raises:
        SettingsError: an unknown kind, document or field, pages that are no range, or conditions
            that no document meets.
    """
    chosen = tuple(library.find(name).id for name in said.documents)
    if said.where:
        meeting = _meeting(library, said.where)
        chosen = tuple(id for id in chosen or meeting if id in meeting)
        if not chosen:
            raise SettingsError(f"no document meets {' and '.join(said.where)}")
    return Filter(
        documents=chosen,
        kinds=tuple(_kind(name) for name in said.kinds),
        pages=page_range(said.pages) if said.pages else None,
    )


def _meeting(library: Library, conditions: Sequence[str]) -> list[str]:
    """Ids of the documents whose metadata meet every condition."""
    documents = library.documents()
    for condition in conditions:
        field, equals, value = condition.partition("=")
        if field not in _FIELDS or not equals:
            raise SettingsError(
                f"where {condition}: write it as FIELD=VALUE; fields are {', '.join(_FIELDS)}"
            )
        said = _FIELDS[field]
        documents = [document for document in documents if value in said(document.metadata)]
    return [document.id for document in documents]


def _kind(name: str) -> Kind:
    for kind in KINDS:
        if kind == name:
            return kind
    raise SettingsError(f"kind {name}: write {', '.join(KINDS[:-1])} or {KINDS[-1]}")


def page_range(text: str) -> tuple[int, int]:
    """0-based, inclusive."""
    first, _, last = text.partition("-")
    try:
        start, stop = int(first), int(last or first)
    except ValueError:
        start = stop = 0
    if not 1 <= start <= stop:
        raise SettingsError(f"pages {text}: write a page number or a range, like 12 or 3-10")
    return start - 1, stop - 1
