"""What the core asks of the world. Adapters implement these, one library a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pagesight.ports.asking import Answerer, ChatModel, VisionModel
from pagesight.ports.catalogue import Catalogue, CatalogueReferences, CatalogueUpkeep
from pagesight.ports.embedding import TextEmbedder, VisualEmbedder
from pagesight.ports.indexes import (
    DOCUMENTS,
    PAGES,
    WORDS,
    VectorIndex,
    VectorStore,
    WordIndex,
    page_id,
    page_of,
)
from pagesight.ports.parsing import (
    Converter,
    Illustrator,
    OpticalReader,
    OpticalWord,
    Parser,
    RemoteFiles,
    Result,
    Segmenter,
    Task,
    WorkerPool,
)
from pagesight.ports.reranking import Candidate, Reranker, TokenEmbedder, TokenVectors
from pagesight.ports.stores import CropStore, CropWriter, ParseCache, WriterLock

if TYPE_CHECKING:
    from pagesight.ports.embedding import Matrix as Matrix
    from pagesight.ports.embedding import Vector as Vector

__all__ = [
    "DOCUMENTS",
    "PAGES",
    "WORDS",
    "Answerer",
    "Candidate",
    "Catalogue",
    "CatalogueReferences",
    "CatalogueUpkeep",
    "ChatModel",
    "Converter",
    "CropStore",
    "CropWriter",
    "Illustrator",
    "OpticalReader",
    "OpticalWord",
    "ParseCache",
    "Parser",
    "RemoteFiles",
    "Reranker",
    "Result",
    "Segmenter",
    "Task",
    "TextEmbedder",
    "TokenEmbedder",
    "TokenVectors",
    "VectorIndex",
    "VectorStore",
    "VisionModel",
    "VisualEmbedder",
    "WordIndex",
    "WorkerPool",
    "WriterLock",
    "page_id",
    "page_of",
]
