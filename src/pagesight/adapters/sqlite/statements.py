"""The SQL of a catalogue that is used inside of transactions."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from pydantic import TypeAdapter, ValidationError

from pagesight.document import Chunk, Document, Page
from pagesight.errors import LibraryError
from pagesight.ports import DOCUMENTS, PAGES, WORDS, page_id
from pagesight.results import Filter

if TYPE_CHECKING:
    from pagesight.ports import Vector

DOCUMENT = TypeAdapter(Document)
PAGE = TypeAdapter(Page)
CHUNK = TypeAdapter(Chunk)

Row = TypeVar("Row", Document, Page, Chunk)


def read(adapter: TypeAdapter[Row], rows: Iterable[tuple[str]]) -> list[Row]:
    """Documents, pages or chunks from the column `body` of their rows.

    Raises:
        LibraryError: one of them is none.
    """
    try:
        return [adapter.validate_json(body) for (body,) in rows]
    except ValidationError as error:
        raise LibraryError(
            f"the catalogue has a row that is no {error.title.lower()}: `pagesight doctor` says "
            "which, and what to do"
        ) from error


def indexed(database: sqlite3.Connection, documents: Collection[str]) -> dict[str, set[str]]:
    """Index name -> ids of the chunks (pages, documents) of these documents that it holds."""
    found: dict[str, set[str]] = {}
    for document_id in documents:
        query = (
            "SELECT ?, id FROM chunk WHERE document_id = ? UNION ALL "
            "SELECT space, chunk_id FROM chunk JOIN vector ON chunk_id = id WHERE document_id = ?"
        )
        for index, id in database.execute(query, (WORDS, document_id, document_id)):
            found.setdefault(index, set()).add(id)
        query = "SELECT position FROM page WHERE document_id = ?"
        for (index,) in database.execute(query, (document_id,)):
            found.setdefault(PAGES, set()).add(page_id(document_id, index))
        if database.execute("SELECT 1 FROM document WHERE id = ?", (document_id,)).fetchone():
            found.setdefault(DOCUMENTS, set()).add(document_id)
    return found


def insert_document(
    database: sqlite3.Connection, document: Document, pages: Sequence[Page]
) -> None:
    """The document without the chunks of its former version; its aliases stay."""
    for table in ("chunk", "page", "graph"):
        database.execute(f"DELETE FROM {table} WHERE document_id = ?", (document.id,))
    database.execute(
        "INSERT INTO document VALUES (?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET source = excluded.source, body = excluded.body",
        (document.id, document.source, DOCUMENT.dump_json(document).decode()),
    )
    insert_source(database, document.source, document.id)
    database.executemany(
        "INSERT INTO page VALUES (?, ?, ?)",
        ((document.id, at, PAGE.dump_json(page).decode()) for at, page in enumerate(pages)),
    )


def insert_source(database: sqlite3.Connection, source: str, document_id: str) -> None:
    database.execute("INSERT OR REPLACE INTO source VALUES (?, ?)", (source, document_id))


def chunk_row(position: int, chunk: Chunk) -> tuple[object, ...]:
    pages = chunk.pages or (None,)
    body = CHUNK.dump_json(chunk).decode()
    listed = json.dumps(chunk.pages)
    return (
        chunk.id,
        chunk.document_id,
        position,
        chunk.kind,
        pages[0],
        pages[-1],
        listed,
        body,
    )


def insert_vectors(database: sqlite3.Connection, space: str, vectors: Mapping[str, Vector]) -> None:
    database.executemany(
        "INSERT OR REPLACE INTO vector VALUES (?, ?, ?)",
        ((id, space, np.asarray(data, dtype="<f4").tobytes()) for id, data in vectors.items()),
    )


def drop_vectors(database: sqlite3.Connection, space: str) -> None:
    database.execute("DELETE FROM vector WHERE space = ?", (space,))
    database.execute("DELETE FROM outbox WHERE index_name = ?", (space,))


def post(database: sqlite3.Connection, index: str, operation: str, ids: Iterable[str]) -> None:
    database.executemany(
        "INSERT INTO outbox (index_name, operation, chunk_id) VALUES (?, ?, ?)",
        ((index, operation, id) for id in ids),
    )


def live(database: sqlite3.Connection, ids: Sequence[str], filter: Filter) -> set[str]:
    clause, values = condition(filter)
    query = (
        "SELECT chunk.id FROM json_each(?) AS wanted JOIN chunk ON chunk.id = wanted.value "
        f"WHERE {clause}"
    )
    return {id for (id,) in database.execute(query, (json.dumps(list(ids)), *values))}


def condition(filter: Filter) -> tuple[str, list[object]]:
    """A filter in SQL over the columns of `chunk`, and its parameters."""
    clauses: list[str] = ["1"]
    values: list[object] = []
    if filter.documents:
        clauses.append("document_id IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(filter.documents))
    if filter.kinds:
        clauses.append("kind IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(filter.kinds))
    if filter.pages is not None:
        first, last = filter.pages
        # The columns decide nearly all; the list those that begin before and end after the range,
        # which may have a gap there.
        clauses.append(
            "last_page >= ? AND first_page <= ? AND (first_page >= ? OR last_page <= ? OR EXISTS "
            "(SELECT 1 FROM json_each(chunk.pages) AS page WHERE page.value BETWEEN ? AND ?))"
        )
        values += [first, last] * 3
    return " AND ".join(clauses), values
