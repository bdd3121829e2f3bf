"""Nearest neighbours by Chroma: embedded, one directory a space, or on a Chroma server."""

from pagesight.adapters.chromadb.collection import BATCH
from pagesight.adapters.chromadb.embedded import ChromaVectorIndex
from pagesight.adapters.chromadb.server import ServedVectorIndex
from pagesight.adapters.chromadb.stores import ChromaFolders, ChromaServer

__all__ = ["BATCH", "ChromaFolders", "ChromaServer", "ChromaVectorIndex", "ServedVectorIndex"]
