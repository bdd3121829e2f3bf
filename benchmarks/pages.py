"""The pages that questions are about, and those that a library gives for them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pagesight.app import App
from pagesight.evaluation.sets.cases import Case, load_set
from pagesight.results import Filter, Query

HITS = 100
"""Hits that are asked for: they stand on more than twenty pages."""

Page = tuple[str, int]
"""Document id and 0-based index."""


def answerable(path: Path) -> list[Case]:
    """The cases of a set that ask in words and that pages of a document answer."""
    return [
        case for case in load_set(path) if case.pages and not case.unanswerable and not case.image
    ]


class Pages:
    """Cases asked of a library as it is, or each of its own documents."""

    def __init__(self, app: App, *, in_document: bool) -> None:
        self.ids = {document.name: document.id for document in app.library.documents()}
        self._app = app
        self._in_document = in_document

    def filter(self, case: Case) -> Filter:
        own = tuple(self.ids[name] for name in case.documents if name in self.ids)
        return Filter(documents=own) if self._in_document else Filter()

    def gold(self, case: Case) -> set[Page]:
        return {(self.ids.get(page.document, ""), page.page - 1) for page in case.pages}

    def found(self, case: Case) -> list[Page]:
        """Best first, each once, by the built retriever."""
        query = Query(text=case.question, filter=self.filter(case))
        hits = self._app.retriever.retrieve(query, HITS).hits
        pages = ((hit.document.id, page) for hit in hits for page in hit.chunk.pages)
        return list(dict.fromkeys(pages))


def first(found: Iterable[object], right: set[Page] | set[str]) -> int:
    """1-based rank of the first that is right; 0 where none is."""
    return next((rank for rank, each in enumerate(found, 1) if each in right), 0)
