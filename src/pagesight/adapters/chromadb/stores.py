"""Where the vector indexes of libraries are kept.

Chroma itself is imported when an index is opened or dropped: it takes a second of processor time,
and much of what is asked of a library needs no vectors.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pagesight.files import remove_folder
from pagesight.ports import VectorIndex

ANSWER_SECONDS = 120.0
"""A Chroma server that is silent for so long is given up: it may have to load an index of
millions of vectors first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChromaFolders:
    """VectorStore in directories, by Chroma in this process."""

    remote = False

    def open(self, directory: Path) -> VectorIndex:
        from pagesight.adapters.chromadb.embedded import ChromaVectorIndex

        return ChromaVectorIndex(directory)

    def drop(self, directory: Path) -> None:
        _drop(directory)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChromaServer:
    """VectorStore on the Chroma server at `url`."""

    url: str
    seconds: float = ANSWER_SECONDS

    remote = True

    def open(self, directory: Path) -> VectorIndex:
        from pagesight.adapters.chromadb.server import ServedVectorIndex

        return ServedVectorIndex(directory, self.url, seconds=self.seconds)

    def drop(self, directory: Path) -> None:
        _drop(directory, self.seconds)


def _drop(directory: Path, seconds: float = ANSWER_SECONDS) -> None:
    """Whatever is in it: the settings may have changed since it was made."""
    from pagesight.adapters.chromadb.server import drop

    drop(directory, seconds=seconds)
    remove_folder(directory)
