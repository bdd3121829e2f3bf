"""Chunks become vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pagesight.document import Chunk
from pagesight.library import Library
from pagesight.ports import TextEmbedder, VisualEmbedder

if TYPE_CHECKING:
    from pagesight.ports import Matrix, Vector


def text_vectors(embedder: TextEmbedder, chunks: Sequence[Chunk]) -> Mapping[str, Vector]:
    """Chunk id -> vector of context and text; a figure without any words has none."""
    worded = [chunk for chunk in chunks if chunk.text]
    passages = [passage(chunk) for chunk in worded]
    return _by_id(worded, embedder.embed_passages(passages)) if worded else {}


def visual_vectors(
    embedder: VisualEmbedder, library: Library, chunks: Sequence[Chunk]
) -> Mapping[str, Vector]:
    """Chunk id -> vector of the crop, for chunks that have one."""
    pictured = [chunk for chunk in chunks if chunk.image]
    paths = [library.crop_path(chunk.image) for chunk in pictured]
    return _by_id(pictured, embedder.embed_images(paths)) if pictured else {}


def passage(chunk: Chunk) -> str:
    """What is embedded for a chunk: its context line, then its text."""
    return f"{chunk.context}\n{chunk.text}" if chunk.context else chunk.text


def _by_id(chunks: Sequence[Chunk], matrix: Matrix) -> Mapping[str, Vector]:
    return {chunk.id: row for chunk, row in zip(chunks, matrix, strict=True)}
