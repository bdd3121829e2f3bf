"""Text embeddings by OpenVINO: several times the speed of torch on the same cores, and nothing of
torch is loaded.

What is run is the sentence-transformers model of the folder, translated once (`store`) and kept
with vectors that torch gave in float32. Every process holds the runtime to these vectors before it
uses it, in bfloat16 where the processor computes it, else in float32 (`encoding`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from pagesight.adapters.openvino.encoding import PRECISIONS, Encoder, load
from pagesight.adapters.openvino.store import translated
from pagesight.errors import ServiceError, SettingsError
from pagesight.models import find_folder, fingerprint, not_plain

if TYPE_CHECKING:
    from pagesight.ports import Matrix, TokenEmbedder, TokenVectors, Vector


class OpenVinoEmbedder:
    """Implements TokenEmbedder, for plain models. The model is loaded when the first vector is
    asked for.

    The vectors are those of sentence-transformers, with a cosine of at least 0.999. A text's vector
    hangs on its batch as little as that: in bfloat16 the width of the batch changes the rounding.

    Of `precisions` the first one is taken that the processor computes and that is faithful.
    `otherwise` makes the embedder that takes over where OpenVINO cannot give these vectors; without
    it, embedding raises ServiceError then. `notify` is told what takes time or goes another way.

    Raises:
        SettingsError: the model is not a plain one.
    """

    def __init__(
        self,
        model: str,
        *,
        batch_size: int,
        passage_prefix: str = "",
        question_prefix: str = "",
        precisions: Sequence[str] = PRECISIONS,
        otherwise: Callable[[], TokenEmbedder] | None = None,
        notify: Callable[[str], object] = lambda _: None,
    ) -> None:
        folder = find_folder(model)
        if folder is None or not_plain(folder):
            raise SettingsError(
                f"text.engine: openvino cannot run {model}: {not_plain(folder)}; "
                "set text.engine to auto"
            )
        self._name = model
        self._folder = folder
        self._batch_size = batch_size
        self._passage_prefix = passage_prefix
        self._question_prefix = question_prefix
        self._precisions = precisions
        self._otherwise = otherwise
        self._notify = notify

    @cached_property
    def fingerprint(self) -> str:
        """That of sentence-transformers for this model: the vectors are of one space."""
        return fingerprint(
            self._name,
            self._folder,
            passage_prefix=self._passage_prefix,
            question_prefix=self._question_prefix,
        )

    def embed_passages(self, texts: Sequence[str]) -> Matrix:
        """Shape (len(texts), dimension), unit rows."""
        if isinstance(self._engine, Encoder):
            return self._engine.encode([self._passage_prefix + text for text in texts])
        return self._engine.embed_passages(texts)

    def embed_questions(self, texts: Sequence[str]) -> Matrix:
        """Shape (len(texts), dimension), unit rows."""
        if isinstance(self._engine, Encoder):
            return self._engine.encode([self._question_prefix + text for text in texts])
        return self._engine.embed_questions(texts)

    def embed_question(self, text: str) -> Vector:
        """Shape (dimension,), unit length."""
        vector: Vector = self.embed_questions([text])[0]
        return vector

    def embed_tokens(self, texts: Sequence[str]) -> list[TokenVectors]:
        """One a text, in their order."""
        if isinstance(self._engine, Encoder):
            return self._engine.encode_tokens(texts)
        return self._engine.embed_tokens(texts)

    @cached_property
    def _engine(self) -> Encoder | TokenEmbedder:
        try:
            with translated(self._folder, self._notify) as folder:
                return load(folder, self._batch_size, self._precisions)
        except ServiceError as error:
            if self._otherwise is None:
                raise
            self._notify(f"{error}. torch embeds the text instead, which takes longer")
            return self._otherwise()
