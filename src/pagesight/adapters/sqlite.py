"""The catalogue of a library in one SQLite file."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import TypeAdapter

from pagesight.document import Chunk, Document, Page
from pagesight.errors import LibraryError
from pagesight.ports import PAGES, WORDS, page_id
from pagesight.results import Filter

if TYPE_CHECKING:
    from pagesight.ports import Vector

SCHEMA_VERSION = 1
"""Raised with every change of `_SCHEMA` that older releases could not read."""

APPLICATION_ID = 0x50475347
""""PGSG": tells a catalogue from other programs' SQLite files."""

BUSY_TIMEOUT = 30.0
"""Seconds to wait for another connection's transaction: longer than storing a big document."""

_SCHEMA = """
CREATE TABLE document (id TEXT PRIMARY KEY, source TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE source (
    path TEXT PRIMARY KEY,
    document_id TEXT NOT NULL REFERENCES document(id) ON DELETE CASCADE
);
CREATE INDEX source_document ON source(document_id);
CREATE TABLE page (
    document_id TEXT NOT NULL REFERENCES document(id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (document_id, position)
);
CREATE TABLE chunk (
    id TEXT PRIMARY KEY,
    document_id TEXT NOT NULL REFERENCES document(id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    kind TEXT NOT NULL,
    first_page INTEGER,
    last_page INTEGER,
    pages TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX chunk_document ON chunk(document_id, position);
CREATE TABLE vector (
    chunk_id TEXT NOT NULL REFERENCES chunk(id) ON DELETE CASCADE,
    space TEXT NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (chunk_id, space)
);
CREATE TABLE outbox (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    index_name TEXT NOT NULL,
    operation TEXT NOT NULL CHECK (operation IN ('add', 'remove')),
    chunk_id TEXT NOT NULL
);
CREATE INDEX outbox_index ON outbox(index_name, sequence);
CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE revision (number INTEGER NOT NULL);
INSERT INTO revision VALUES (0);
"""

_LABEL = "json_extract(body, '$.label')"
_INDEXES = (f"CREATE INDEX IF NOT EXISTS chunk_label ON chunk({_LABEL}) WHERE {_LABEL} != ''",)
"""Made where they are missing: an older library gets them from its next writer, and its readers
do without."""

_DOCUMENT = TypeAdapter(Document)
_PAGE = TypeAdapter(Page)
_CHUNK = TypeAdapter(Chunk)

_REMEDIES = (
    ("not a database", "it is no pagesight library; choose another folder with --library"),
    ("malformed", "restore the library from a copy, or ingest its documents into a new one"),
    ("readonly", "make the folder writable, or choose another with --library"),
    ("unable to open", "check that the folder exists and may be read and written"),
    ("disk is full", "free some space and try again; nothing was changed"),
    ("disk i/o", "check the disk; nothing was changed"),
    ("locked", "another program keeps it locked; close that and try again"),
)
"""What SQLite says, and what to do about it."""


class SQLiteCatalogue:
    """Catalogue in the SQLite file `path`, which is made where it is missing.

    One connection behind a lock serves all threads of the process; other processes see each
    commit at once (WAL), and a commit survives a loss of power (synchronous = FULL).

    Raises:
        LibraryError: the file is not a catalogue, is of a newer release, is missing while
            `read_only`, or cannot be opened.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self._path = path
        self._lock = threading.RLock()
        if read_only and not path.is_file():
            raise LibraryError(
                f"there is no library at {path.parent}: make one with `pagesight ingest`, or name "
                "another with --library"
            )
        with self._translated():
            self._database = self._connect(read_only)
            try:
                self._prepare(read_only)
            except BaseException:
                self._database.close()
                raise

    def revision(self) -> int:
        return int(self._rows("SELECT number FROM revision")[0][0])

    def setting(self, key: str) -> str | None:
        rows = self._rows("SELECT value FROM setting WHERE key = ?", key)
        return rows[0][0] if rows else None

    def set_setting(self, key: str, value: str) -> None:
        with self._transaction() as database:
            _set(database, {key: value})

    def put(
        self,
        document: Document,
        pages: Sequence[Page],
        chunks: Sequence[Chunk],
        vectors: Mapping[str, Mapping[str, Vector]],
        replaces: Collection[str],
    ) -> None:
        with self._transaction() as database:
            gone = _indexed(database, {document.id, *replaces})
            for document_id in set(replaces) - {document.id}:
                database.execute("DELETE FROM document WHERE id = ?", (document_id,))
            _insert_document(database, document, pages)
            database.executemany(
                "INSERT INTO chunk VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (_chunk_row(position, chunk) for position, chunk in enumerate(chunks)),
            )
            come = {
                WORDS: [chunk.id for chunk in chunks],
                PAGES: [page_id(document.id, page.index) for page in pages],
            }
            for space, of_chunks in vectors.items():
                _insert_vectors(database, space, of_chunks)
                come[space] = list(of_chunks)
            # New before old, so that an index never lacks both versions of a document. What
            # comes back under its old id must not be taken out after it was put in.
            for index, ids in come.items():
                _post(database, index, "add", ids)
            for index, old_ids in gone.items():
                _post(database, index, "remove", sorted(old_ids - set(come.get(index, ()))))

    def remove(self, document_id: str) -> None:
        with self._transaction() as database:
            gone = _indexed(database, {document_id})
            database.execute("DELETE FROM document WHERE id = ?", (document_id,))
            for index, ids in gone.items():
                _post(database, index, "remove", sorted(ids))

    def add_source(self, source: str, document_id: str) -> None:
        with self._transaction() as database:
            _insert_source(database, source, document_id)

    def put_vectors(self, space: str, vectors: Mapping[str, Vector]) -> None:
        with self._transaction() as database:
            there = _live(database, list(vectors), Filter())
            known = {id: vector for id, vector in vectors.items() if id in there}
            _insert_vectors(database, space, known)
            _post(database, space, "add", known)

    def drop_vectors(self, space: str) -> None:
        with self._transaction() as database:
            _drop_vectors(database, space)

    def swap_vectors(self, staged: str, space: str, settings: Mapping[str, str]) -> None:
        with self._transaction() as database:
            _drop_vectors(database, space)
            database.execute("UPDATE vector SET space = ? WHERE space = ?", (space, staged))
            database.execute("DELETE FROM outbox WHERE index_name = ?", (staged,))
            _set(database, settings)

    def documents(self) -> list[Document]:
        rows = self._rows("SELECT body FROM document ORDER BY source, id")
        return [_DOCUMENT.validate_json(body) for (body,) in rows]

    def document(self, document_id: str) -> Document | None:
        rows = self._rows("SELECT body FROM document WHERE id = ?", document_id)
        return _DOCUMENT.validate_json(rows[0][0]) if rows else None

    def sources(self) -> Mapping[str, str]:
        return dict(self._rows("SELECT path, document_id FROM source ORDER BY path"))

    def pages(self, document_id: str) -> list[Page]:
        query = "SELECT body FROM page WHERE document_id = ? ORDER BY position"
        return [_PAGE.validate_json(body) for (body,) in self._rows(query, document_id)]

    def page_ids(self) -> set[str]:
        query = "SELECT document_id, position FROM page"
        return {page_id(document_id, index) for document_id, index in self._rows(query)}

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        query = (
            "SELECT body FROM json_each(?) AS wanted JOIN chunk ON chunk.id = wanted.value "
            "ORDER BY wanted.key"
        )
        return [_CHUNK.validate_json(body) for (body,) in self._rows(query, json.dumps(list(ids)))]

    def document_chunks(self, document_id: str) -> list[Chunk]:
        query = "SELECT body FROM chunk WHERE document_id = ? ORDER BY position"
        return [_CHUNK.validate_json(body) for (body,) in self._rows(query, document_id)]

    def matching(self, filter: Filter, limit: int) -> list[str] | None:
        condition, values = _condition(filter)
        query = f"SELECT id FROM chunk WHERE {condition} LIMIT ?"
        rows = self._rows(query, *values, limit + 1)
        return sorted(id for (id,) in rows) if len(rows) <= limit else None

    def labelled(self, labels: Sequence[str], filter: Filter) -> list[tuple[str, str, str]]:
        condition, values = _condition(filter)
        rows = self._rows(
            f"SELECT {_LABEL}, document_id, id FROM chunk WHERE {_LABEL} != '' "
            f"AND {_LABEL} IN (SELECT value FROM json_each(?)) AND {condition} "
            f"ORDER BY {_LABEL}, document_id, position",
            json.dumps(list(labels)),
            *values,
        )
        return [(label, document_id, id) for label, document_id, id in rows]

    def live(self, ids: Sequence[str], filter: Filter) -> set[str]:
        with self._lock, self._translated():
            return _live(self._database, ids, filter)

    def all_ids(self, space: str = "") -> set[str]:
        if space:
            return {id for (id,) in self._rows("SELECT chunk_id FROM vector WHERE space=?", space)}
        return {id for (id,) in self._rows("SELECT id FROM chunk")}

    def vectors(self, space: str, ids: Sequence[str]) -> Mapping[str, Vector]:
        query = (
            "SELECT chunk_id, data FROM json_each(?) AS wanted "
            "JOIN vector ON chunk_id = wanted.value AND space = ?"
        )
        rows = self._rows(query, json.dumps(list(ids)), space)
        return {id: np.frombuffer(data, dtype="<f4") for id, data in rows}

    def pending(self, index: str, limit: int | None = None) -> list[tuple[int, str, str]]:
        query = (
            "SELECT sequence, operation, chunk_id FROM outbox WHERE index_name = ? "
            "ORDER BY sequence LIMIT ?"
        )
        return self._rows(query, index, -1 if limit is None else limit)

    def settle(self, index: str, up_to: int) -> None:
        with self._transaction() as database:
            database.execute(
                "DELETE FROM outbox WHERE index_name = ? AND sequence <= ?", (index, up_to)
            )
            _set(database, {f"{index}.settled": str(up_to)})

    def settled(self, index: str) -> int:
        return int(self.setting(f"{index}.settled") or 0)

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def _connect(self, read_only: bool) -> sqlite3.Connection:
        if not read_only:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        # isolation_level None: the module starts no transactions of its own.
        return sqlite3.connect(
            f"{self._path.absolute().as_uri()}?mode={'ro' if read_only else 'rwc'}",
            uri=True,
            timeout=BUSY_TIMEOUT,
            isolation_level=None,
            check_same_thread=False,
        )

    def _prepare(self, read_only: bool) -> None:
        database = self._database
        database.execute("PRAGMA foreign_keys = ON")
        database.execute("PRAGMA synchronous = FULL")
        if not read_only:
            self._check_version(may_be_empty=True)
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("BEGIN IMMEDIATE")  # two first writers: one makes the tables
            if not _tables(database):
                for statement in _SCHEMA.split(";"):
                    database.execute(statement)
                database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            for statement in _INDEXES:
                database.execute(statement)
            database.execute("COMMIT")
        self._check_version(may_be_empty=False)

    def _check_version(self, *, may_be_empty: bool) -> None:
        if may_be_empty and not _tables(self._database):
            return
        version = self._database.execute("PRAGMA user_version").fetchone()[0]
        if self._database.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            raise LibraryError(
                f"{self._path} is a database of another program: choose another folder with "
                "--library"
            )
        if version > SCHEMA_VERSION:
            raise LibraryError(
                f"{self._path} was written by a newer pagesight (schema {version}, this one reads "
                f"{SCHEMA_VERSION}): upgrade pagesight"
            )

    def _rows(self, query: str, *values: object) -> list[Any]:
        with self._lock, self._translated():
            return self._database.execute(query, values).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._translated():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
                self._database.execute("UPDATE revision SET number = number + 1")
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            said = str(error).lower()
            remedy = next(
                (do for words, do in _REMEDIES if words in said),
                "try again, or ingest the documents into a new library",
            )
            raise LibraryError(f"catalogue {self._path}: {error}: {remedy}") from error


def _tables(database: sqlite3.Connection) -> bool:
    return bool(database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])


def _set(database: sqlite3.Connection, settings: Mapping[str, str]) -> None:
    database.executemany("INSERT OR REPLACE INTO setting VALUES (?, ?)", settings.items())


def _indexed(database: sqlite3.Connection, documents: Collection[str]) -> dict[str, set[str]]:
    """Index name -> ids of the chunks (or pages) of these documents that it holds."""
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
    return found


def _insert_document(
    database: sqlite3.Connection, document: Document, pages: Sequence[Page]
) -> None:
    """The document without the chunks of its former version; its aliases stay."""
    for table in ("chunk", "page"):
        database.execute(f"DELETE FROM {table} WHERE document_id = ?", (document.id,))
    database.execute(
        "INSERT INTO document VALUES (?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET source = excluded.source, body = excluded.body",
        (document.id, document.source, _DOCUMENT.dump_json(document).decode()),
    )
    _insert_source(database, document.source, document.id)
    database.executemany(
        "INSERT INTO page VALUES (?, ?, ?)",
        ((document.id, at, _PAGE.dump_json(page).decode()) for at, page in enumerate(pages)),
    )


def _insert_source(database: sqlite3.Connection, source: str, document_id: str) -> None:
    database.execute("INSERT OR REPLACE INTO source VALUES (?, ?)", (source, document_id))


def _chunk_row(position: int, chunk: Chunk) -> tuple[object, ...]:
    pages = chunk.pages or (None,)
    body = _CHUNK.dump_json(chunk).decode()
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


def _insert_vectors(
    database: sqlite3.Connection, space: str, vectors: Mapping[str, Vector]
) -> None:
    database.executemany(
        "INSERT OR REPLACE INTO vector VALUES (?, ?, ?)",
        ((id, space, np.asarray(data, dtype="<f4").tobytes()) for id, data in vectors.items()),
    )


def _drop_vectors(database: sqlite3.Connection, space: str) -> None:
    database.execute("DELETE FROM vector WHERE space = ?", (space,))
    database.execute("DELETE FROM outbox WHERE index_name = ?", (space,))


def _post(database: sqlite3.Connection, index: str, operation: str, ids: Iterable[str]) -> None:
    database.executemany(
        "INSERT INTO outbox (index_name, operation, chunk_id) VALUES (?, ?, ?)",
        ((index, operation, id) for id in ids),
    )


def _live(database: sqlite3.Connection, ids: Sequence[str], filter: Filter) -> set[str]:
    condition, values = _condition(filter)
    query = (
        "SELECT chunk.id FROM json_each(?) AS wanted JOIN chunk ON chunk.id = wanted.value "
        f"WHERE {condition}"
    )
    return {id for (id,) in database.execute(query, (json.dumps(list(ids)), *values))}


def _condition(filter: Filter) -> tuple[str, list[object]]:
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
        # The columns exclude nearly all; the list decides on chunks with a gap in their pages.
        clauses.append(
            "last_page >= ? AND first_page <= ? AND EXISTS "
            "(SELECT 1 FROM json_each(chunk.pages) AS page WHERE page.value BETWEEN ? AND ?)"
        )
        values += [first, last, first, last]
    return " AND ".join(clauses), values
