"""One SQLite file as a catalogue: opening, versions, transactions, errors."""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pagesight.errors import LibraryError

SCHEMA_VERSION = 1
"""Raised with every change of `_SCHEMA` that older releases could not read."""

APPLICATION_ID = 0x50475347
""""PGSG": tells a catalogue from other programs' SQLite files."""

BUSY_TIMEOUT = 30.0
"""Seconds to wait for another connection's transaction: longer than storing a big document."""

MOST_IDLE = 16
"""Connections that are kept for the next readers; each may hold 2 MB of pages."""

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

LABEL = "json_extract(body, '$.label')"
IMAGE = "json_extract(body, '$.image')"
SUPERSEDES = "json_extract(body, '$.metadata.supersedes')"
_INDEXES = (
    f"CREATE INDEX IF NOT EXISTS chunk_label ON chunk({LABEL}) WHERE {LABEL} != ''",
    "CREATE INDEX IF NOT EXISTS chunk_page ON chunk(document_id, first_page, last_page)",
    # All that a filter looks at: the chunks themselves are a hundred times as long.
    "CREATE INDEX IF NOT EXISTS chunk_filter "
    "ON chunk(kind, first_page, last_page, document_id, pages, id)",
    f"CREATE INDEX IF NOT EXISTS chunk_image ON chunk({IMAGE}) WHERE {IMAGE} != ''",
    f"CREATE INDEX IF NOT EXISTS page_label ON page({LABEL})",
    f"CREATE INDEX IF NOT EXISTS document_supersedes ON document({SUPERSEDES}) "
    f"WHERE {SUPERSEDES} != '[]'",
)
_REFERENCES = (
    "CREATE TABLE IF NOT EXISTS graph (document_id TEXT PRIMARY KEY "
    "REFERENCES document(id) ON DELETE CASCADE, version INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS definition (key TEXT NOT NULL, chunk_id TEXT NOT NULL "
    "REFERENCES chunk(id) ON DELETE CASCADE, PRIMARY KEY (key, chunk_id)) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS definition_chunk ON definition(chunk_id)",
    "CREATE TABLE IF NOT EXISTS mention (chunk_id TEXT NOT NULL "
    "REFERENCES chunk(id) ON DELETE CASCADE, key TEXT NOT NULL, "
    "target TEXT REFERENCES chunk(id) ON DELETE CASCADE)",
    "CREATE INDEX IF NOT EXISTS mention_chunk ON mention(chunk_id)",
    "CREATE INDEX IF NOT EXISTS mention_target ON mention(target) WHERE target IS NOT NULL",
)
"""The reference graph: `graph` says which documents have theirs, and by which rules it was made."""
_ADDITIONS = (*_INDEXES, *_REFERENCES)
"""Made where they are missing: an older library gets them from its next writer, and its readers
do without."""

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


class Database:
    """The SQLite file `path`, which is made where it is missing.

    All threads of the process write through one connection behind a lock, and read through others,
    one a thread that is reading: they do not wait for each other, nor for a thread that writes.
    Whoever begins to read sees every commit of any process (WAL), and a commit survives a loss of
    power (synchronous = FULL).

    Raises:
        LibraryError: the file is not a catalogue, is of a newer release, is missing while
            `read_only`, or cannot be opened.
    """

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._holder: int | None = None
        """The thread that has the lock."""
        self._idle: deque[sqlite3.Connection] = deque()
        """Connections that nobody reads through now."""
        self._closed = False
        if read_only and not path.is_file():
            raise LibraryError(
                f"there is no library at {path.parent}: make one with `pagesight ingest`, or name "
                "another with --library"
            )
        with self.translated():
            self._connection = self._connect(read_only)
            try:
                self._prepare(read_only)
            except BaseException:
                self._connection.close()
                raise

    def rows(self, query: str, *values: object) -> list[Any]:
        with self.reading() as connection:
            return connection.execute(query, values).fetchall()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection to read through, to oneself; inside of `connected` that one."""
        if self._holder == threading.get_ident():
            with self.translated():
                yield self._connection
            return
        with self.translated():
            connection = self._borrowed()
            try:
                yield connection
            finally:
                self._give_back(connection)

    @contextmanager
    def connected(self) -> Iterator[sqlite3.Connection]:
        """The connection that writes, to oneself."""
        with self._lock, self.translated():
            outside, self._holder = self._holder, threading.get_ident()
            try:
                yield self._connection
            finally:
                self._holder = outside

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All that is written inside is one commit, or nothing; the revision grows."""
        with self.connected() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("UPDATE revision SET number = number + 1")
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def translated(self) -> Iterator[None]:
        """SQLite's errors, with the file and the remedy."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            said = str(error).lower()
            remedy = next(
                (do for words, do in _REMEDIES if words in said),
                "try again, or ingest the documents into a new library",
            )
            raise LibraryError(f"catalogue {self._path}: {error}: {remedy}") from error

    def close(self) -> None:
        self._closed = True
        # First: the last connection moves what is in the log into the file, if it may write.
        self._drop_idle(0)
        with self._lock:
            self._connection.close()

    def _borrowed(self) -> sqlite3.Connection:
        if self._closed:
            raise sqlite3.ProgrammingError("it is closed")
        try:
            return self._idle.pop()
        except IndexError:
            return self._connect(read_only=True)

    def _give_back(self, connection: sqlite3.Connection) -> None:
        self._idle.append(connection)
        self._drop_idle(0 if self._closed else MOST_IDLE)

    def _drop_idle(self, left: int) -> None:
        while len(self._idle) > left:
            with suppress(IndexError):
                self._idle.popleft().close()

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
        connection = self._connection
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
        if not read_only:
            self._check_version(may_be_empty=True)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("BEGIN IMMEDIATE")  # two first writers: one makes the tables
            if not _tables(connection):
                for statement in _SCHEMA.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            for statement in _ADDITIONS:
                connection.execute(statement)
            connection.execute("COMMIT")
        self._check_version(may_be_empty=False)

    def _check_version(self, *, may_be_empty: bool) -> None:
        if may_be_empty and not _tables(self._connection):
            return
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if self._connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            raise LibraryError(
                f"{self._path} is a database of another program: choose another folder with "
                "--library"
            )
        if version > SCHEMA_VERSION:
            raise LibraryError(
                f"{self._path} was written by a newer pagesight (schema {version}, this one reads "
                f"{SCHEMA_VERSION}): upgrade pagesight"
            )


def put_settings(connection: sqlite3.Connection, settings: Mapping[str, str]) -> None:
    """Sets them, inside of a transaction."""
    connection.executemany("INSERT OR REPLACE INTO setting VALUES (?, ?)", settings.items())


def _tables(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
