"""Nearest neighbours by Chroma, embedded, one directory a space."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from chromadb.api import ServerAPI
from chromadb.api.collection_configuration import CreateCollectionConfiguration
from chromadb.api.models.Collection import Collection
from chromadb.config import Settings, System
from chromadb.errors import ChromaError, NotFoundError

from pagesight.errors import LibraryError

if TYPE_CHECKING:
    from pagesight.ports import Matrix, Vector

COLLECTION = "vectors"

DATABASE = "chroma.sqlite3"
"""The file that makes a directory an index."""

BATCH = 5_000
"""Records a call; Chroma refuses more than 5,461 (SQLite's limit on parameters)."""

EF_SEARCH = 400
"""Candidates that a search keeps. On 100,000 vectors recall@10 is .9975, with Chroma's 100 .971."""

TIE_MARGIN = 8
"""Neighbours fetched beyond what was asked, to see whether a tie is cut through."""

_CONFIGURATION: CreateCollectionConfiguration = {
    "hnsw": {"space": "cosine", "ef_search": EF_SEARCH, "ef_construction": 100, "max_neighbors": 16}
}


class ChromaVectorIndex:
    """VectorIndex in `directory`, which is made where it is missing.

    Chroma keeps ids and vectors only: the texts are in the catalogue, and a filter by Chroma's
    metadata costs a hundred times what the search costs.

    It opens a Chroma `System` of its own. The usual client shares one among all clients of a
    path for as long as any of them lives, and that one never learns what another process added.

    Raises:
        LibraryError: the directory cannot be opened as an index.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        with self._translated():
            directory.mkdir(parents=True, exist_ok=True)
            if any(directory.iterdir()) and not (directory / DATABASE).is_file():
                # Chroma would make an empty one beside the files of the lost one.
                raise FileNotFoundError(f"{DATABASE} is missing")
            self._system = System(
                Settings(
                    is_persistent=True,
                    persist_directory=str(directory.absolute()),
                    anonymized_telemetry=False,
                )
            )
            server = self._system.instance(ServerAPI)  # type: ignore[type-abstract]
            self._system.start()
            try:
                self._collection = _opened(server)
            except BaseException:
                self._system.stop()
                raise

    def add(self, ids: Sequence[str], vectors: Matrix) -> None:
        with self._translated():
            for start in range(0, len(ids), BATCH):
                part = slice(start, start + BATCH)
                self._collection.upsert(ids=list(ids[part]), embeddings=vectors[part])

    def remove(self, ids: Sequence[str]) -> None:
        with self._translated():
            for start in range(0, len(ids), BATCH):
                part = list(ids[start : start + BATCH])
                if there := self._collection.get(ids=part, include=[])["ids"]:
                    self._collection.delete(ids=there)

    def search(self, vector: Vector, count: int) -> list[tuple[str, float]]:
        if count < 1:
            return []
        fetch = count + TIE_MARGIN
        while True:
            found = self._nearest(vector, fetch)
            complete = len(found) < fetch or found[-1][1] < found[count - 1][1]
            if complete:
                return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:count]
            fetch *= 2

    def vectors(self, ids: Sequence[str]) -> Mapping[str, Vector]:
        found: dict[str, Vector] = {}
        with self._translated():
            for start in range(0, len(ids), BATCH):
                part = list(ids[start : start + BATCH])
                answer = self._collection.get(ids=part, include=["embeddings"])
                stored = np.asarray(answer["embeddings"], dtype=np.float32)
                found.update(zip(answer["ids"], stored, strict=True))
        return found

    def ids(self) -> set[str]:
        with self._translated():
            return set(self._collection.get(include=[])["ids"])

    def close(self) -> None:
        self._system.stop()

    def _nearest(self, vector: Vector, count: int) -> list[tuple[str, float]]:
        with self._translated():
            answer = self._collection.query(
                query_embeddings=np.asarray(vector, dtype=np.float32)[None],
                n_results=count,
                include=["distances"],
            )
        distances = (answer["distances"] or [[]])[0]
        # Float32 carries about seven digits: beyond six, equal vectors would differ.
        return [
            (id, round(1.0 - distance, 6))
            for id, distance in zip(answer["ids"][0], distances, strict=True)
        ]

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (ChromaError, ValueError, AttributeError, OSError) as error:
            raise LibraryError(
                f"vector index {self._directory}: {error}: "
                "`pagesight doctor --repair` rebuilds it from the catalogue"
            ) from error


def _opened(server: ServerAPI) -> Collection:
    try:
        model = server.get_collection(COLLECTION)
    except NotFoundError:
        model = server.create_collection(COLLECTION, configuration=_CONFIGURATION)
    return Collection(client=server, model=model, embedding_function=None)
