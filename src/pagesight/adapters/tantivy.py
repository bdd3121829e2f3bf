"""BM25 by tantivy, on disk, over our own token stream."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import tantivy
from tantivy import FieldType, Occur, Query

from pagesight.document import Chunk
from pagesight.errors import LibraryError
from pagesight.languages import ENGLISH, LANGUAGES
from pagesight.results import Filter
from pagesight.tokens import question_tokens, tokenize

BOOSTS = {"body": 1.0, "headings": 0.4, "caption": 0.3, "title": 0.1}
"""Field -> weight of its BM25 score. What a chunk says itself counts most. A heading is short,
so that one word of it scores high, and all chunks of a section share it: it tells sections apart
and must not outweigh the text. A caption says once more what its figure or table is about, among
all the words that stand in it. A title is shared by a whole document and only tells documents
apart."""

LANGUAGE = "language"
"""The field that says in which language a chunk's words were cut."""

META = "meta.json"
"""The file that makes a directory an index."""

HEAP_BYTES = 32_000_000
"""Memory of the writer before it spills a segment; a big manual's text is about 2 MB."""

TIE_MARGIN = 16
"""Hits fetched beyond what was asked, to see whether a tie is cut through."""

SCORE_DECIMALS = 4
"""Scores are float32, summed in an order that depends on the segments."""


class TantivyWordIndex:
    """WordIndex in `directory`, which is made where it is missing.

    Texts are stored as the tokens that `tokenize` makes of them, split at white space and
    changed no further; a question becomes one term query a token and field, never query syntax.
    Each `add` or `remove` is one durable commit, whatever the number of chunks.

    Raises:
        LibraryError: the directory cannot be opened as an index.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._writer: tantivy.IndexWriter | None = None
        self._languages: tuple[str, ...] = ()
        with self._translated():
            directory.mkdir(parents=True, exist_ok=True)
            if any(directory.iterdir()) and not (directory / META).is_file():
                # tantivy would make an empty one beside the files of the lost one.
                raise FileNotFoundError(f"{META} is missing")
            self._index = _opened(directory)
            self._schema = self._index.schema
            self._fields = _fields(directory)
            analyzer = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
            self._index.register_tokenizer("tokens", analyzer)
            # The default policy watches the directory from a thread of its own.
            self._index.config_reader(reload_policy="manual")
            self._reload()

    def add(self, chunks: Sequence[Chunk], languages: Mapping[str, str] | None = None) -> None:
        with self._translated():
            writer = self._opened_writer()
            for chunk in chunks:
                writer.delete_documents_by_term("id", chunk.id)
                language = (languages or {}).get(chunk.id, ENGLISH)
                writer.add_document(_document(chunk, language))
            writer.commit()
            self._reload()

    def remove(self, ids: Sequence[str]) -> None:
        if not ids:
            return
        with self._translated():
            writer = self._opened_writer()
            for id in ids:
                writer.delete_documents_by_term("id", id)
            writer.commit()
            self._reload()

    def search(self, text: str, count: int, filter: Filter) -> list[tuple[str, float]]:
        with self._translated():
            boosts = {(field, token): BOOSTS[field] for field, token, _ in self._terms(text)}
            return self._best(boosts, count, filter)

    def search_within(
        self, document_id: str, text: str, count: int, filter: Filter
    ) -> list[tuple[str, float]]:
        own = replace(filter, documents=(document_id,))
        with self._translated():
            return self._best(self._boosts_within(document_id, text), count, own)

    def ids(self) -> set[str]:
        with self._translated():
            searcher = self._index.searcher()
            if not searcher.num_docs:
                return set()
            hits = searcher.search(Query.all_query(), limit=searcher.num_docs, count=False).hits
            return {str(searcher.doc(address).get_first("id")) for _, address in hits}

    def close(self) -> None:
        if self._writer is not None:
            with self._translated():
                self._writer.wait_merging_threads()
            self._writer = None

    def _terms(self, text: str) -> Iterator[tuple[str, str, int]]:
        """(Field, token of a question, chunks that have it there), for what the index has at all:
        one that an earlier version made may lack fields."""
        searcher = self._index.searcher()
        fields = [field for field in BOOSTS if field in self._fields]
        for token in question_tokens(text, self._languages):
            for field in fields:
                if frequency := searcher.doc_freq(field, token):
                    yield field, token, frequency

    def _reload(self) -> None:
        self._index.reload()
        if LANGUAGE in self._fields:
            searcher = self._index.searcher()
            self._languages = tuple(each for each in LANGUAGES if searcher.doc_freq(LANGUAGE, each))

    def _opened_writer(self) -> tantivy.IndexWriter:
        # Made with the first change: it locks the directory, and readers must not.
        if self._writer is None:
            self._writer = self._index.writer(HEAP_BYTES, num_threads=1)
        return self._writer

    def _boosts_within(self, document_id: str, text: str) -> dict[tuple[str, str], float]:
        """What makes of the engine's idf, that of the whole index, that of the document."""
        searcher = self._index.searcher()
        inside = Query.term_query(self._schema, "document", document_id, index_option="basic")
        chunks = _count(searcher, inside)
        boosts = {}
        for field, token, frequency in self._terms(text):
            both = [(Occur.Must, inside), (Occur.Must, self._term(field, token))]
            here = _count(searcher, Query.boolean_query(both))
            if here:
                everywhere = _idf(frequency, searcher.num_docs)
                boosts[field, token] = BOOSTS[field] * _idf(here, chunks) / everywhere
        return boosts

    def _query(self, boosts: Mapping[tuple[str, str], float], filter: Filter) -> Query:
        words = [
            (Occur.Should, Query.boost_query(self._term(field, token), boost))
            for (field, token), boost in boosts.items()
        ]
        conditions = [
            # A constant score of nothing: a filter must not move a score.
            (Occur.Must, Query.const_score_query(condition, 0.0))
            for condition in self._conditions(filter)
        ]
        return Query.boolean_query([(Occur.Must, Query.boolean_query(words)), *conditions])

    def _term(self, field: str, token: str) -> Query:
        return Query.term_query(self._schema, field, token, index_option="freq")

    def _conditions(self, filter: Filter) -> Iterator[Query]:
        if filter.documents:
            yield Query.term_set_query(self._schema, "document", list(filter.documents))
        if filter.kinds:
            yield Query.term_set_query(self._schema, "kind", list(filter.kinds))
        if filter.pages is not None:
            first, last = filter.pages
            yield Query.range_query(self._schema, "page", FieldType.Unsigned, first, last)

    def _best(
        self, boosts: Mapping[tuple[str, str], float], count: int, filter: Filter
    ) -> list[tuple[str, float]]:
        """At most `count` chunks, best first, ties by id; `boosts` is (field, token) -> weight."""
        if count < 1 or not boosts:
            return []
        query = self._query(boosts, filter)
        fetch = count + TIE_MARGIN
        while True:
            found = self._found(query, fetch)
            if len(found) < fetch or found[-1][1] < found[count - 1][1]:
                return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:count]
            fetch *= 2

    def _found(self, query: Query, limit: int) -> list[tuple[str, float]]:
        searcher = self._index.searcher()
        return [
            (str(searcher.doc(address).get_first("id")), round(score, SCORE_DECIMALS))
            for score, address in searcher.search(query, limit=limit, count=False).hits
        ]

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (ValueError, RuntimeError, OSError) as error:
            raise LibraryError(
                f"word index {self._directory}: {error}: "
                "`pagesight doctor --repair` rebuilds it from the catalogue"
            ) from error


def _opened(directory: Path) -> tantivy.Index:
    """The index as it is, whichever version made it, or a new one."""
    if (directory / META).is_file():
        return tantivy.Index.open(str(directory))
    return tantivy.Index(_schema(), path=str(directory))


def _fields(directory: Path) -> frozenset[str]:
    described = json.loads((directory / META).read_text())
    return frozenset(field["name"] for field in described["schema"])


def _count(searcher: tantivy.Searcher, query: Query) -> int:
    found = searcher.search(query, limit=1, count=True)
    return int(found.count or 0)  # type: ignore[attr-defined]  # which its stubs leave out


def _idf(having: int, of: int) -> float:
    """Lucene's and tantivy's inverse document frequency. Chunks that were deleted count in
    `having` until segments are merged."""
    return math.log(1 + max(of - having + 0.5, 0.5) / (having + 0.5))


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    for field in BOOSTS:
        builder.add_text_field(field, tokenizer_name="tokens", index_option="freq")
    for field in ("document", "kind", LANGUAGE):
        builder.add_text_field(field, tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("page", indexed=True, fast=True)
    return builder.build()


def _document(chunk: Chunk, language: str) -> tantivy.Document:
    document = tantivy.Document()
    document.add_text("id", chunk.id)
    document.add_text("body", " ".join(tokenize(chunk.text, language)))
    document.add_text("headings", _repeated("\n".join(chunk.heading_path), language))
    document.add_text("caption", " ".join(tokenize(chunk.caption, language)))
    document.add_text("title", _repeated(chunk.title, language))
    document.add_text(LANGUAGE, language)
    document.add_text("document", chunk.document_id)
    document.add_text("kind", chunk.kind)
    for page in chunk.pages:
        document.add_unsigned("page", page)
    return document


@lru_cache(maxsize=1024)
def _repeated(text: str, language: str) -> str:
    """Tokens of what all chunks of a section or document have in common."""
    return " ".join(tokenize(text, language))
