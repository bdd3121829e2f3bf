"""What texts and pictures are turned into vectors by.

Vectors are float32 of unit length, one row an item, in the order of the items given.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vector = npt.NDArray[np.float32]
    """Shape (dimension,)."""
    Matrix = npt.NDArray[np.float32]
    """Shape (items, dimension)."""


class TextEmbedder(Protocol):
    """Maps text into the text space."""

    @property
    def fingerprint(self) -> str:
        """Model, revision, dimension, normalisation, prefixes: vectors of two fingerprints are
        never mixed."""

    def embed_passages(self, texts: Sequence[str]) -> Matrix: ...

    def embed_questions(self, texts: Sequence[str]) -> Matrix: ...

    def embed_question(self, text: str) -> Vector: ...


class VisualEmbedder(Protocol):
    """Maps pictures and text into the CLIP space."""

    @property
    def fingerprint(self) -> str: ...

    def embed_images(self, paths: Sequence[Path]) -> Matrix: ...

    def embed_question(self, text: str) -> Vector: ...
