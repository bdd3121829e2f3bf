"""What the catalogue tells and does for its own upkeep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from pagesight.adapters.sqlite.database import IMAGE, Database
from pagesight.errors import LibraryError

if TYPE_CHECKING:
    from pagesight.ports import Vector

BATCH = 5_000
"""Vectors read at a time: some megabytes."""

MOST_FAULTS = 3
"""Lines of SQLite's own check that are told; a torn page gives hundreds."""

UNIT_TOLERANCE = 0.01
"""By which a vector's length may differ from 1: far more than float32 loses."""


class SQLiteUpkeep:
    """CatalogueUpkeep of the catalogue in a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        with self._database.connected() as connection:
            connection.execute("BEGIN")
            try:
                yield
            finally:
                connection.execute("COMMIT")

    def damage(self, *, quick: bool) -> str:
        check = "quick_check" if quick else "integrity_check"
        lines = [line for (line,) in self._database.rows(f"PRAGMA {check}({MOST_FAULTS})")]
        return "" if lines == ["ok"] else "; ".join(lines).replace("\n", " ")

    def strays(self) -> Mapping[str, int]:
        found: dict[str, int] = {}
        for table, *_ in self._database.rows("PRAGMA foreign_key_check"):
            found[table] = found.get(table, 0) + 1
        return found

    def drop_strays(self) -> None:
        with self._database.transaction() as connection:
            # What belongs to chunks comes last: these may be strays themselves.
            for table in ("source", "page", "chunk", "graph"):
                connection.execute(
                    f"DELETE FROM {table} WHERE document_id NOT IN (SELECT id FROM document)"
                )
            for table in ("vector", "definition", "mention"):
                connection.execute(
                    f"DELETE FROM {table} WHERE chunk_id NOT IN (SELECT id FROM chunk)"
                )
            connection.execute("DELETE FROM mention WHERE target NOT IN (SELECT id FROM chunk)")

    def document_ids(self) -> list[str]:
        return [id for (id,) in self._database.rows("SELECT id FROM document ORDER BY source, id")]

    def lacking(self) -> set[str]:
        rows = self._database.rows(
            "SELECT document_id FROM chunk GROUP BY 1 HAVING count(*) <= max(position) UNION "
            "SELECT document_id FROM page GROUP BY 1 HAVING count(*) <= max(position)"
        )
        return {id for (id,) in rows}

    def images(self) -> set[str]:
        query = f"SELECT DISTINCT {IMAGE} FROM chunk WHERE {IMAGE} != ''"
        return {key for (key,) in self._database.rows(query)}

    def odd_vectors(self, space: str) -> Mapping[str, str]:
        rows = self._database.rows(
            "SELECT length(data) FROM vector WHERE space = ? GROUP BY 1 "
            "ORDER BY count(*) DESC, 1 LIMIT 1",
            space,
        )
        usual = int(rows[0][0]) if rows else 0
        found: dict[str, str] = {}
        for id, data in self._vectors(space):
            if fault := _fault(data, usual):
                found[id] = fault
        return found

    def shrink(self) -> None:
        with self._database.connected() as connection:
            # The copy that VACUUM makes takes this setting over: without it, pages may carry
            # what stood in memory before.
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("VACUUM")
            busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise LibraryError(
                "deleted text is still in the catalogue's log, because another process is reading "
                "the library: close that, and run `pagesight docs rm --erase` again"
            )

    def _vectors(self, space: str) -> Iterator[tuple[str, bytes]]:
        last = ""
        while rows := self._database.rows(
            "SELECT chunk_id, data FROM vector WHERE space = ? AND chunk_id > ? "
            "ORDER BY chunk_id LIMIT ?",
            space,
            last,
            BATCH,
        ):
            yield from rows
            last = rows[-1][0]


def _fault(data: bytes, usual: int) -> str:
    if len(data) != usual or usual % 4:
        return f"{len(data)} bytes where others have {usual}"
    vector: Vector = np.frombuffer(data, dtype="<f4")
    length = float(np.linalg.norm(vector))
    if not np.isfinite(length):
        return "values that are no numbers"
    return "" if abs(length - 1) < UNIT_TOLERANCE else f"length {length:.3f} instead of 1"
