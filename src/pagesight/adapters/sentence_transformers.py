"""Text embeddings by sentence-transformers: the installed default, a hub name, or a folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from pagesight.errors import ServiceError
from pagesight.models import find_folder, fingerprint

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from pagesight.ports import Matrix, Vector


class SentenceTransformerEmbedder:
    """Implements TextEmbedder. The model is loaded when the first vector is asked for;
    `before_hub` is called before a model hub is asked for it."""

    def __init__(
        self,
        model: str,
        *,
        batch_size: int,
        passage_prefix: str = "",
        question_prefix: str = "",
        before_hub: Callable[[], object] = lambda: None,
    ) -> None:
        self._name = model
        self._folder = find_folder(model)
        self._batch_size = batch_size
        self._passage_prefix = passage_prefix
        self._question_prefix = question_prefix
        self._before_hub = before_hub

    @cached_property
    def fingerprint(self) -> str:
        """Model, weights, prefixes; cheap: the model is not loaded."""
        return fingerprint(
            self._name,
            self._folder,
            passage_prefix=self._passage_prefix,
            question_prefix=self._question_prefix,
        )

    def embed_passages(self, texts: Sequence[str]) -> Matrix:
        """Shape (len(texts), dimension), unit rows."""
        return self._embed([self._passage_prefix + text for text in texts])

    def embed_questions(self, texts: Sequence[str]) -> Matrix:
        """Shape (len(texts), dimension), unit rows."""
        return self._embed([self._question_prefix + text for text in texts])

    def embed_question(self, text: str) -> Vector:
        """Shape (dimension,), unit length."""
        vector: Vector = self.embed_questions([text])[0]
        return vector

    def _embed(self, texts: list[str]) -> Matrix:
        import numpy as np

        tensor = self._model.encode(
            texts,
            batch_size=self._batch_size,
            convert_to_tensor=True,
            show_progress_bar=False,
        )
        vectors: Matrix = tensor.float().cpu().numpy()
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        return vectors

    @cached_property
    def _model(self) -> SentenceTransformer:
        if self._folder is None:
            self._before_hub()
        _quiet()
        from sentence_transformers import SentenceTransformer

        try:
            return SentenceTransformer(str(self._folder or self._name))
        except (OSError, ValueError) as error:
            raise ServiceError(
                f"the text model {self._name!r} cannot be loaded: {_first_line(error)}; set "
                "text.model to a folder that holds it, or to all-MiniLM-L6-v2, which is installed"
            ) from error


def _quiet() -> None:
    """No progress bars or warnings of the libraries in the middle of ours."""
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
