"""Text embeddings and cross-encoders by sentence-transformers: the installed default, a hub name,
or a folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from pagesight.errors import ServiceError, SettingsError
from pagesight.models import find_folder, fingerprint
from pagesight.ports import Candidate, TokenVectors

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder, SentenceTransformer

    from pagesight.ports import Matrix, Vector


class SentenceTransformerEmbedder:
    """Implements TokenEmbedder. The model is loaded when the first vector is asked for;
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

    def embed_tokens(self, texts: Sequence[str]) -> list[TokenVectors]:
        """One a text, in their order."""
        outputs = self._model.encode(
            list(texts),
            batch_size=self._batch_size,
            output_value="token_embeddings",
            show_progress_bar=False,
        )
        # One at a time, as they are cut for the model: spans are given by fast tokenizers only.
        spans = [self._spans(text) for text in texts]
        return [
            TokenVectors(vectors=_unit_rows(tensor.float().cpu().numpy()), spans=each)
            for tensor, each in zip(outputs, spans, strict=True)
        ]

    def _spans(self, text: str) -> list[tuple[int, int]]:
        cut = self._model.tokenizer(
            text,
            truncation=True,
            max_length=self._model.max_seq_length,
            return_offsets_mapping=True,
        )
        return [(start, end) for start, end in cut["offset_mapping"]]

    def _embed(self, texts: list[str]) -> Matrix:
        tensor = self._model.encode(
            texts,
            batch_size=self._batch_size,
            convert_to_tensor=True,
            show_progress_bar=False,
        )
        return _unit_rows(tensor.float().cpu().numpy())

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


class SentenceTransformersReranker:
    """Implements Reranker by a cross-encoder, which reads the question and a candidate together: a
    hub name or a folder. Candidates are read with their context, and cut at the model's limit.

    `load` fetches and loads the model, which `scores` does otherwise; `before_hub` is called before
    a model hub is asked for it.

    Raises:
        SettingsError: the name is a path, and there is nothing.
    """

    def __init__(
        self, model: str, *, batch_size: int, before_hub: Callable[[], object] = lambda: None
    ) -> None:
        self._name = model
        self._folder = find_folder(model, "rerank.model")
        self._batch_size = batch_size
        self._before_hub = before_hub

    def load(self) -> None:
        """Makes the model ready.

        Raises:
            SettingsError: it is not there, and cannot be fetched; or it is no cross-encoder that
                gives one score.
        """
        _ = self._model

    def scores(self, question: str, candidates: Sequence[Candidate]) -> list[float]:
        """See the port; what the model gives, which is from 0 to 1 for most."""
        pairs = [(question, _passage(candidate)) for candidate in candidates]
        scores = self._model.predict(pairs, batch_size=self._batch_size, show_progress_bar=False)
        return [float(score) for score in scores]

    @cached_property
    def _model(self) -> CrossEncoder:
        if self._folder is None:
            self._before_hub()
        _quiet()
        from sentence_transformers import CrossEncoder

        try:
            model: CrossEncoder = CrossEncoder(str(self._folder or self._name))
        except (OSError, ValueError) as error:
            raise SettingsError(
                f"the cross-encoder {self._name!r} cannot be loaded: "
                f"{_first_line(error).rstrip('.')}; set rerank.model to a folder that holds it, or "
                'rerank.engine to "tokens", which needs no other model'
            ) from error
        if reason := _no_ranker(model):
            raise SettingsError(
                f"rerank.model: {self._name!r} {reason}; choose a cross-encoder with one score"
            )
        return model


def _no_ranker(model: CrossEncoder) -> str:
    """Why a model's scores would rank nothing; "" if they do."""
    if model.num_labels != 1:
        return f"gives {model.num_labels} scores a pair"
    if any(name.endswith("Model") for name in getattr(model.config, "architectures", None) or ()):
        # The library would give it a head of random weights, and say nothing.
        return "is a text model without a head that scores"
    return ""


def _passage(candidate: Candidate) -> str:
    return "\n".join(part for part in (candidate.context, candidate.text) if part)


def _unit_rows(vectors: Matrix) -> Matrix:
    import numpy as np

    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return vectors


def _quiet() -> None:
    """No progress bars or warnings of the libraries in the middle of ours."""
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
