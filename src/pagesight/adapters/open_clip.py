"""CLIP embeddings by open_clip: an architecture and weights by name, or a local folder."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pagesight.errors import ServiceError, SettingsError

if TYPE_CHECKING:
    import torch

    from pagesight.ports import Matrix, Vector


class OpenClipEmbedder:
    """Implements VisualEmbedder. The model is loaded by `load`, or at the first vector.

    `model` is an open_clip architecture ("ViT-B-32"), whose `weights` are an open_clip tag or a
    checkpoint file; or a folder with open_clip_config.json and its weights. `before_hub` is called
    before a model hub is asked for anything.
    """

    def __init__(
        self,
        model: str,
        weights: str,
        *,
        batch_size: int,
        before_hub: Callable[[], object] = lambda: None,
    ) -> None:
        self._name = model
        self._weights = weights
        self._batch_size = batch_size
        self._before_hub = before_hub

    @cached_property
    def fingerprint(self) -> str:
        """Model and weights, by name; of a folder or file, by its last name."""
        return " ".join(Path(part).name for part in (self._name, self._weights) if part)

    def load(self) -> None:
        """Loads the model now.

        Raises:
            ServiceError: the weights cannot be had; the message says what is needed.
            SettingsError: there is no such architecture or folder.
        """
        _ = self._parts

    def embed_images(self, paths: Sequence[Path]) -> Matrix:
        """Shape (len(paths), dimension), unit rows."""
        import numpy as np
        import torch

        model, preprocess, _ = self._parts
        batches = []
        for batch in _batches(paths, self._batch_size):
            pixels = torch.stack([preprocess(_picture(path)) for path in batch])
            with torch.inference_mode():
                batches.append(_unit(model.encode_image(pixels)))
        return np.concatenate(batches)

    def embed_question(self, text: str) -> Vector:
        """Shape (dimension,), unit length."""
        import torch

        model, _, tokenizer = self._parts
        with torch.inference_mode():
            vector: Vector = _unit(model.encode_text(tokenizer([text])))[0]
        return vector

    @cached_property
    def _parts(self) -> tuple[Any, Any, Any]:
        """Model, image transform, tokenizer."""
        import open_clip

        name, weights = self._source(open_clip.list_models())
        if weights is not None and not Path(weights).is_file():
            self._before_hub()
        try:
            with _quiet():
                model, _, preprocess = open_clip.create_model_and_transforms(
                    name, pretrained=weights
                )
                tokenizer = open_clip.get_tokenizer(name)
        except Exception as error:
            # open_clip lets the errors of several download and checkpoint libraries through.
            raise ServiceError(
                f"the CLIP weights {self._name} {self._weights} cannot be had "
                f"({type(error).__name__}); set visual.model to a folder with "
                "open_clip_config.json and its weights, or visual.weights to a checkpoint file"
            ) from error
        model.eval()
        return model, preprocess, tokenizer

    def _source(self, architectures: Sequence[str]) -> tuple[str, str | None]:
        """What open_clip calls the model and its weights."""
        folder = Path(self._name).expanduser()
        if (folder / "open_clip_config.json").is_file():
            return f"local-dir:{folder}", None
        if self._name not in architectures:
            raise SettingsError(
                f"visual.model: {self._name!r} is neither an open_clip architecture nor a folder "
                "with open_clip_config.json"
            )
        if not self._weights:
            raise SettingsError("visual.weights is empty: name an open_clip tag or a file")
        return self._name, self._weights


@contextmanager
def _quiet() -> Iterator[None]:
    """open_clip reports through the root logger what the error says better."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def _picture(path: Path) -> Any:
    from PIL import Image

    with Image.open(path) as image:
        return image.convert("RGB")


def _unit(vectors: torch.Tensor) -> Matrix:
    import torch.nn.functional as functional

    unit: Matrix = functional.normalize(vectors.float(), dim=-1).cpu().numpy()
    return unit


def _batches(paths: Sequence[Path], size: int) -> Iterator[Sequence[Path]]:
    for start in range(0, len(paths), size):
        yield paths[start : start + size]
