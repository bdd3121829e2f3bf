"""The reference graph in the catalogue."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence

from pagesight.adapters.sqlite import statements as sql
from pagesight.adapters.sqlite.database import LABEL, Database
from pagesight.document import ChunkReferences
from pagesight.results import Filter


class SQLiteReferences:
    """CatalogueReferences of the catalogue in a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._there = False

    def defining(self, keys: Sequence[str], filter: Filter) -> list[tuple[str, str, str]]:
        condition, values = sql.condition(filter)
        # The first condition is that of the index of labels.
        query = (
            f"SELECT {LABEL} AS key, document_id, id, position FROM chunk "
            f"WHERE {LABEL} != '' AND {LABEL} IN (SELECT value FROM json_each(?)) AND {condition}"
        )
        wanted = json.dumps(list(keys))
        parameters = [wanted, *values]
        if self._made():
            query += (
                " UNION SELECT key, document_id, id, position FROM definition "
                "CROSS JOIN chunk ON id = chunk_id "
                f"WHERE key IN (SELECT value FROM json_each(?)) AND {condition}"
            )
            parameters *= 2
        rows = self._database.rows(f"{query} ORDER BY 1, 2, 4", *parameters)
        return [(key, document_id, id) for key, document_id, id, _ in rows]

    def on_page(self, label: str, filter: Filter) -> list[tuple[str, str]]:
        condition, values = sql.condition(filter)
        printed = f"SELECT document_id, position FROM page WHERE {LABEL} = ?"
        # The pages first, each by the index of its document's pages.
        query = (
            f"WITH printed AS MATERIALIZED ({printed}), wanted(document, number) AS MATERIALIZED "
            "(SELECT * FROM printed UNION SELECT document_id, position FROM page "
            "WHERE position = ? AND document_id NOT IN (SELECT document_id FROM printed)) "
            "SELECT document_id, id FROM wanted CROSS JOIN chunk "
            "ON document_id = document AND first_page <= number AND last_page >= number "
            "WHERE EXISTS (SELECT 1 FROM json_each(chunk.pages) AS page "
            f"WHERE page.value = number) AND {condition} ORDER BY document_id, chunk.position"
        )
        number = int(label) - 1 if label.isascii() and label.isdigit() else None
        return self._database.rows(query, label, number, *values)

    def mentioned(self, chunk_id: str) -> list[tuple[str, str]]:
        query = "SELECT key, target FROM mention WHERE chunk_id = ? AND target IS NOT NULL"
        return self._database.rows(f"{query} ORDER BY rowid", chunk_id) if self._made() else []

    def mentioning(self, chunk_id: str) -> list[str]:
        query = (
            "SELECT DISTINCT id, position FROM mention JOIN chunk ON id = chunk_id "
            "WHERE target = ? ORDER BY position"
        )
        return [id for id, _ in self._database.rows(query, chunk_id)] if self._made() else []

    def lacking(self, version: int) -> list[str]:
        graphs = "SELECT document_id FROM graph WHERE version = ?"
        query = f"SELECT id FROM document WHERE id NOT IN ({graphs}) ORDER BY source, id"
        return [id for (id,) in self._database.rows(query, version)]

    def replace(self, graphs: Mapping[str, ChunkReferences], version: int) -> None:
        with self._database.transaction() as connection:
            for document_id, graph in graphs.items():
                there = "SELECT 1 FROM document WHERE id = ?"
                if connection.execute(there, (document_id,)).fetchone():
                    insert_references(connection, document_id, version, graph)

    def _made(self) -> bool:
        """Whether the tables are there: a reader of an older library does without."""
        if not self._there:
            query = "SELECT 1 FROM sqlite_master WHERE name = 'mention'"
            self._there = bool(self._database.rows(query))
        return self._there


def insert_references(
    database: sqlite3.Connection, document_id: str, version: int, graph: ChunkReferences
) -> None:
    """The graph of a document whose chunks are there, in place of a former one."""
    for table in ("definition", "mention"):
        database.execute(
            f"DELETE FROM {table} WHERE chunk_id IN (SELECT id FROM chunk WHERE document_id = ?)",
            (document_id,),
        )
    database.executemany("INSERT OR IGNORE INTO definition VALUES (?, ?)", graph.defined)
    database.executemany(
        "INSERT INTO mention VALUES (?, ?, ?)",
        ((each.chunk_id, each.key, each.target or None) for each in graph.mentions),
    )
    database.execute("INSERT OR REPLACE INTO graph VALUES (?, ?)", (document_id, version))
