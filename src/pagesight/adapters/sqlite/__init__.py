"""The catalogue of a library in one SQLite file."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pagesight.adapters.sqlite import statements as sql
from pagesight.adapters.sqlite.database import (
    IMAGE,
    SCHEMA_VERSION,
    SUPERSEDES,
    Database,
    put_settings,
)
from pagesight.adapters.sqlite.references import SQLiteReferences, insert_references
from pagesight.adapters.sqlite.upkeep import SQLiteUpkeep
from pagesight.document import Chunk, ChunkReferences, Counts, Document, Page
from pagesight.errors import LibraryError
from pagesight.ports import DOCUMENTS, PAGES, WORDS, page_id
from pagesight.results import Filter

if TYPE_CHECKING:
    from pagesight.ports import Vector

__all__ = ["SCHEMA_VERSION", "SQLiteCatalogue"]


class SQLiteCatalogue:
    """Catalogue in the SQLite file `path`, which is made where it is missing.

    In another process, to which it is sent as an argument, it opens the file for reading.

    Raises:
        LibraryError: the file is not a catalogue, is of a newer release, is missing while
            `read_only`, or cannot be opened.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self._path = path
        self._database = Database(path, read_only=read_only)
        self.references = SQLiteReferences(self._database)
        self.upkeep = SQLiteUpkeep(self._database)

    def __reduce__(self) -> tuple[Callable[[Path], SQLiteCatalogue], tuple[Path]]:
        return partial(SQLiteCatalogue, read_only=True), (self._path,)

    def revision(self) -> int:
        return int(self._database.rows("SELECT number FROM revision")[0][0])

    def setting(self, key: str) -> str | None:
        rows = self._database.rows("SELECT value FROM setting WHERE key = ?", key)
        return rows[0][0] if rows else None

    def set_setting(self, key: str, value: str) -> None:
        with self._database.transaction() as connection:
            put_settings(connection, {key: value})

    def put(
        self,
        document: Document,
        pages: Sequence[Page],
        chunks: Sequence[Chunk],
        vectors: Mapping[str, Mapping[str, Vector]],
        replaces: Collection[str],
        references: tuple[int, ChunkReferences] | None = None,
    ) -> None:
        with self._database.transaction() as connection:
            gone = sql.indexed(connection, {document.id, *replaces})
            for document_id in set(replaces) - {document.id}:
                connection.execute("DELETE FROM document WHERE id = ?", (document_id,))
            sql.insert_document(connection, document, pages)
            connection.executemany(
                "INSERT INTO chunk VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (sql.chunk_row(position, chunk) for position, chunk in enumerate(chunks)),
            )
            if references is not None:
                insert_references(connection, document.id, *references)
            come = {
                WORDS: [chunk.id for chunk in chunks],
                PAGES: [page_id(document.id, page.index) for page in pages],
                DOCUMENTS: [document.id],
            }
            for space, of_chunks in vectors.items():
                sql.insert_vectors(connection, space, of_chunks)
                come[space] = list(of_chunks)
            # New before old, so that an index never lacks both versions of a document. What
            # comes back under its old id must not be taken out after it was put in.
            for index, ids in come.items():
                sql.post(connection, index, "add", ids)
            for index, old_ids in gone.items():
                sql.post(connection, index, "remove", sorted(old_ids - set(come.get(index, ()))))

    def remove(self, document_id: str) -> None:
        with self._database.transaction() as connection:
            gone = sql.indexed(connection, {document_id})
            connection.execute("DELETE FROM document WHERE id = ?", (document_id,))
            for index, ids in gone.items():
                sql.post(connection, index, "remove", sorted(ids))

    def add_source(self, source: str, document_id: str) -> None:
        with self._database.transaction() as connection:
            sql.insert_source(connection, source, document_id)

    def update(self, document: Document) -> None:
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE document SET source = ?, body = ? WHERE id = ?",
                (document.source, sql.DOCUMENT.dump_json(document).decode(), document.id),
            )
            sql.post(connection, DOCUMENTS, "add", [document.id])

    def remove_source(self, source: str) -> None:
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM source WHERE path = ?", (source,))

    def put_vectors(self, space: str, vectors: Mapping[str, Vector]) -> None:
        with self._database.transaction() as connection:
            there = sql.live(connection, list(vectors), Filter())
            known = {id: vector for id, vector in vectors.items() if id in there}
            sql.insert_vectors(connection, space, known)
            sql.post(connection, space, "add", known)

    def drop_vectors(self, space: str) -> None:
        with self._database.transaction() as connection:
            sql.drop_vectors(connection, space)

    def swap_vectors(self, staged: str, space: str, settings: Mapping[str, str]) -> None:
        with self._database.transaction() as connection:
            sql.drop_vectors(connection, space)
            connection.execute("UPDATE vector SET space = ? WHERE space = ?", (space, staged))
            connection.execute("DELETE FROM outbox WHERE index_name = ?", (staged,))
            put_settings(connection, settings)

    def documents(self) -> list[Document]:
        rows = self._database.rows("SELECT body FROM document ORDER BY source, id")
        return sql.read(sql.DOCUMENT, rows)

    def superseding(self) -> list[Document]:
        rows = self._database.rows(
            f"SELECT body FROM document WHERE {SUPERSEDES} != '[]' ORDER BY source, id"
        )
        return sql.read(sql.DOCUMENT, rows)

    def document(self, document_id: str) -> Document | None:
        rows = self._database.rows("SELECT body FROM document WHERE id = ?", document_id)
        return next(iter(sql.read(sql.DOCUMENT, rows)), None)

    def sources(self) -> Mapping[str, str]:
        return dict(self._database.rows("SELECT path, document_id FROM source ORDER BY path"))

    def pages(self, document_id: str, only: Collection[int] | None = None) -> list[Page]:
        if only is None:
            query = "SELECT body FROM page WHERE document_id = ? ORDER BY position"
            return sql.read(sql.PAGE, self._database.rows(query, document_id))
        query = (
            "SELECT body FROM page WHERE document_id = ? "
            "AND position IN (SELECT value FROM json_each(?)) ORDER BY position"
        )
        return sql.read(
            sql.PAGE, self._database.rows(query, document_id, json.dumps(sorted(set(only))))
        )

    def page_ids(self) -> set[str]:
        query = "SELECT document_id, position FROM page"
        return {page_id(document_id, index) for document_id, index in self._database.rows(query)}

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        query = (
            "SELECT body FROM json_each(?) AS wanted JOIN chunk ON chunk.id = wanted.value "
            "ORDER BY wanted.key"
        )
        return sql.read(sql.CHUNK, self._database.rows(query, json.dumps(list(ids))))

    def owners(self, ids: Sequence[str]) -> Mapping[str, str]:
        query = (
            "SELECT chunk.id, document_id FROM json_each(?) AS wanted "
            "JOIN chunk ON chunk.id = wanted.value"
        )
        return dict(self._database.rows(query, json.dumps(list(ids))))

    def document_chunks(self, document_id: str) -> list[Chunk]:
        query = "SELECT body FROM chunk WHERE document_id = ? ORDER BY position"
        return sql.read(sql.CHUNK, self._database.rows(query, document_id))

    def neighbours(self, id: str, reach: int) -> Mapping[int, Chunk]:
        query = (
            "SELECT near.position, near.body FROM chunk AS here JOIN chunk AS near "
            "ON near.document_id = here.document_id "
            "AND near.position BETWEEN here.position - ? AND here.position + ? "
            "WHERE here.id = ? ORDER BY near.position"
        )
        rows = self._database.rows(query, reach, reach, id)
        chunks = sql.read(sql.CHUNK, [(body,) for _, body in rows])
        return {position: chunk for (position, _), chunk in zip(rows, chunks, strict=True)}

    def page_texts(self, document_id: str, first: int, last: int) -> Mapping[int, list[str]]:
        query = (
            "SELECT position FROM page WHERE document_id = ? AND position BETWEEN ? AND ? "
            "ORDER BY position"
        )
        there = self._database.rows(query, document_id, first, last)
        found: dict[int, list[str]] = {index: [] for (index,) in there}
        query = (
            "SELECT page.value, json_extract(body, '$.text') "
            "FROM chunk, json_each(chunk.pages) AS page "
            "WHERE document_id = ? AND first_page <= ? AND last_page >= ? ORDER BY position"
        )
        for index, text in self._database.rows(query, document_id, last, first):
            if index in found:
                found[index].append(text)
        return found

    def headings(self, document_id: str) -> list[str]:
        query = (
            "SELECT title.value FROM chunk, json_each(chunk.body, '$.heading_path') AS title "
            "WHERE document_id = ? GROUP BY title.value ORDER BY min(position), min(title.key)"
        )
        return [title for (title,) in self._database.rows(query, document_id)]

    def matching(self, filter: Filter, limit: int) -> list[str] | None:
        condition, values = sql.condition(filter)
        query = f"SELECT id FROM chunk WHERE {condition} LIMIT ?"
        rows = self._database.rows(query, *values, limit + 1)
        return sorted(id for (id,) in rows) if len(rows) <= limit else None

    def chunks_on(self, pages: Sequence[tuple[str, int]], filter: Filter) -> list[list[str]]:
        condition, values = sql.condition(Filter(kinds=filter.kinds))
        # The pages first, each by the index of its document's pages.
        query = (
            "WITH wanted AS MATERIALIZED (SELECT key, json_extract(value, '$[0]') AS document, "
            "json_extract(value, '$[1]') AS number FROM json_each(?)) "
            "SELECT wanted.key, chunk.id FROM wanted CROSS JOIN chunk "
            "ON document_id = document AND first_page <= number AND last_page >= number "
            "WHERE EXISTS (SELECT 1 FROM json_each(chunk.pages) AS page "
            f"WHERE page.value = number) AND {condition} ORDER BY chunk.id"
        )
        found: list[list[str]] = [[] for _ in pages]
        for place, id in self._database.rows(query, json.dumps(list(pages)), *values):
            found[place].append(id)
        return found

    def shows(self, image: str) -> bool:
        # The first condition is that of the index, which serves no query without it.
        query = f"SELECT 1 FROM chunk WHERE {IMAGE} != '' AND {IMAGE} = ? LIMIT 1"
        return bool(self._database.rows(query, image))

    def counts(self) -> Counts:
        tables = ("document", "page", "chunk")
        counted = ", ".join(f"(SELECT count(*) FROM {table})" for table in tables)
        documents, pages, chunks = self._database.rows(f"SELECT {counted}")[0]
        return Counts(documents=documents, pages=pages, chunks=chunks)

    def live(self, ids: Sequence[str], filter: Filter) -> set[str]:
        with self._database.reading() as connection:
            return sql.live(connection, ids, filter)

    def all_ids(self, space: str = "") -> set[str]:
        if space:
            return {
                id
                for (id,) in self._database.rows("SELECT chunk_id FROM vector WHERE space=?", space)
            }
        return {id for (id,) in self._database.rows("SELECT id FROM chunk")}

    def vectors(self, space: str, ids: Sequence[str]) -> Mapping[str, Vector]:
        query = (
            "SELECT chunk_id, data FROM json_each(?) AS wanted "
            "JOIN vector ON chunk_id = wanted.value AND space = ?"
        )
        rows = self._database.rows(query, json.dumps(list(ids)), space)
        try:
            return {id: np.frombuffer(data, dtype="<f4") for id, data in rows}
        except ValueError as error:
            raise LibraryError(
                f"the catalogue holds a broken {space} vector: `pagesight doctor --repair` makes "
                "it anew"
            ) from error

    def pending(self, index: str, limit: int | None = None) -> list[tuple[int, str, str]]:
        query = (
            "SELECT sequence, operation, chunk_id FROM outbox WHERE index_name = ? "
            "ORDER BY sequence LIMIT ?"
        )
        return self._database.rows(query, index, -1 if limit is None else limit)

    def settle(self, index: str, up_to: int) -> None:
        with self._database.transaction() as connection:
            connection.execute(
                "DELETE FROM outbox WHERE index_name = ? AND sequence <= ?", (index, up_to)
            )
            put_settings(connection, {f"{index}.settled": str(up_to)})

    def settled(self, index: str) -> int:
        return int(self.setting(f"{index}.settled") or 0)

    def close(self) -> None:
        self._database.close()
