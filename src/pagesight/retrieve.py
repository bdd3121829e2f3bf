"""Retrieve: a question becomes ranked lists, the lists one ranking, the ranking hits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pagesight.document import Chunk, Document, Page
from pagesight.errors import SettingsError
from pagesight.fusion import Fused, reciprocal_rank_fusion
from pagesight.library import Library
from pagesight.ports import TextEmbedder, VisualEmbedder
from pagesight.results import Hit, Query
from pagesight.settings import RetrieveSettings


class Retriever:
    """Finds chunks of a library by meaning, by pixels and by words.

    `visual` is None where the library has no CLIP space or its model cannot be had: the list
    is then left out.
    """

    def __init__(
        self,
        library: Library,
        text: TextEmbedder,
        visual: VisualEmbedder | None,
        settings: RetrieveSettings,
    ) -> None:
        self._library = library
        self._text = text
        self._visual = visual
        self._settings = settings

    def retrieve(self, query: Query, count: int | None = None) -> list[Hit]:
        """At most `count` hits (default: the setting), best first, ties by chunk id.

        Raises:
            SettingsError: the question is empty.
        """
        if not query.text.strip():
            raise SettingsError("the question is empty: write what you want to know")
        lists = self._lists(query)
        fused = reciprocal_rank_fusion(
            lists, k=self._settings.rrf_k, weights=self._settings.weights
        )
        return self._hits(fused[: count or self._settings.count])

    def _lists(self, query: Query) -> Mapping[str, Sequence[str]]:
        """List name -> chunk ids, best first, each at most `depth` long."""
        depth = self._settings.depth
        library, weights = self._library, self._settings.weights
        lists: dict[str, Sequence[str]] = {}
        if weights["dense"]:
            vector = self._text.embed_question(query.text)
            lists["dense"] = _ids(library.search_vectors("text", vector, depth, query.filter))
        if weights["visual"] and self._visual is not None:
            vector = self._visual.embed_question(query.text)
            lists["visual"] = _ids(library.search_vectors("visual", vector, depth, query.filter))
        if weights["words"]:
            lists["words"] = _ids(library.search_words(query.text, depth, query.filter))
        if weights["pages"]:
            lists["pages"] = self._page_list(query, lists)
        return lists

    def _page_list(self, query: Query, lists: Mapping[str, Sequence[str]]) -> list[str]:
        """BM25 over whole pages, each page standing for its best chunk so far.

        A page says what no single chunk says: the words of a question are often spread over
        the paragraphs, captions and cells of one page.
        """
        pages = self._library.search_pages(query.text, self._settings.depth, query.filter)
        best = reciprocal_rank_fusion(lists, k=self._settings.rrf_k, weights=self._settings.weights)
        order = {item.id: number for number, item in enumerate(best)}
        chosen = []
        for document_id, page in pages:
            ids = self._library.chunks_on(document_id, page, query.filter)
            if ids:
                chosen.append(min(ids, key=lambda id: order.get(id, len(order))))
        return list(dict.fromkeys(chosen))

    def _hits(self, fused: Sequence[Fused]) -> list[Hit]:
        chunks = {chunk.id: chunk for chunk in self._library.chunks([item.id for item in fused])}
        documents = _Documents(self._library)
        live = [item for item in fused if item.id in chunks]
        return [
            documents.hit(chunks[item.id], item, rank) for rank, item in enumerate(live, start=1)
        ]


def _ids(found: Sequence[tuple[str, float]]) -> list[str]:
    return [id for id, _ in found]


class _Documents:
    """Documents and pages of one result, each read once."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._known: dict[str, tuple[Document, list[Page]]] = {}

    def hit(self, chunk: Chunk, item: Fused, rank: int) -> Hit:
        if chunk.document_id not in self._known:
            document = self._library.document(chunk.document_id)
            assert document is not None, "a live chunk has a document"
            self._known[document.id] = (document, self._library.pages(document.id))
        document, pages = self._known[chunk.document_id]
        return Hit(
            chunk=chunk,
            document=document,
            page_labels=tuple(pages[index].label for index in chunk.pages),
            rank=rank,
            score=item.score,
            ranks=item.ranks,
        )
