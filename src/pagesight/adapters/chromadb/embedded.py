"""An index in a directory, by Chroma in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chromadb.api import ServerAPI
from chromadb.config import Settings, System
from chromadb.errors import ChromaError, NotFoundError
from chromadb.types import Collection as CollectionModel

from pagesight.adapters.chromadb.collection import CONFIGURATION, CollectionIndex
from pagesight.errors import LibraryError

COLLECTION = "vectors"

DATABASE = "chroma.sqlite3"
"""The file that makes a directory an index."""


class ChromaVectorIndex(CollectionIndex):
    """VectorIndex in `directory`, which is made where it is missing.

    It opens a Chroma `System` of its own. The usual client shares one among all clients of a
    path for as long as any of them lives, and that one never learns what another process added.

    Raises:
        LibraryError: the directory cannot be opened as an index.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        with self._as_ours():
            directory.mkdir(parents=True, exist_ok=True)
            if any(directory.iterdir()) and not (directory / DATABASE).is_file():
                # Chroma would make an empty one beside the files of the lost one.
                raise FileNotFoundError(f"{DATABASE} is missing")
        settings = Settings(
            is_persistent=True,
            persist_directory=str(directory.absolute()),
            anonymized_telemetry=False,
        )
        super().__init__(System(settings), _opened, self._as_ours)

    @contextmanager
    def _as_ours(self) -> Iterator[None]:
        try:
            yield
        except (ChromaError, ValueError, AttributeError, OSError) as error:
            raise LibraryError(
                f"vector index {self._directory}: {error}: "
                "`pagesight doctor --repair` rebuilds it from the catalogue"
            ) from error


def _opened(server: ServerAPI) -> CollectionModel:
    try:
        return server.get_collection(COLLECTION)
    except NotFoundError:
        return server.create_collection(COLLECTION, configuration=CONFIGURATION)
