"""The local models, as the settings name them: what turns texts and pictures into vectors, and what
reads a question and a text together."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from pagesight.embedding import QuestionEmbedder
from pagesight.models import best_engine
from pagesight.ports import TextEmbedder, TokenEmbedder
from pagesight.settings import Settings

if TYPE_CHECKING:
    from pagesight.adapters.open_clip import OpenClipEmbedder
    from pagesight.adapters.sentence_transformers import SentenceTransformersReranker

Notify = Callable[[str], None]


class Encoders:
    """Each is built on first use; several libraries may share them.

    `notify` is told, once each, what the user should know but need not stop for.
    """

    def __init__(self, settings: Settings, notify: Notify) -> None:
        self._settings = settings
        self._notify = notify

    @cached_property
    def text(self) -> TextEmbedder:
        """By OpenVINO, or by torch where the settings or the machine ask for it."""
        return QuestionEmbedder(self.tokens)

    @cached_property
    def clip(self) -> OpenClipEmbedder:
        """Its weights are not loaded yet: they may have to be fetched."""
        from pagesight.adapters.huggingface_hub import prefer_local_files
        from pagesight.adapters.open_clip import OpenClipEmbedder

        visual = self._settings.visual
        return OpenClipEmbedder(
            visual.model,
            visual.weights,
            batch_size=visual.batch_size,
            before_hub=prefer_local_files,
        )

    @cached_property
    def cross_encoder(self) -> SentenceTransformersReranker:
        """Loaded.

        Raises:
            SettingsError: it is not there, and cannot be fetched.
        """
        from pagesight.adapters.huggingface_hub import prefer_local_files
        from pagesight.adapters.sentence_transformers import SentenceTransformersReranker

        reranker = SentenceTransformersReranker(
            self._settings.rerank.model,
            batch_size=self._settings.text.batch_size,
            before_hub=prefer_local_files,
        )
        reranker.load()
        return reranker

    @cached_property
    def tokens(self) -> TokenEmbedder:
        """The model of `text`, which shows its tokens as well."""
        text = self._settings.text
        auto = text.engine == "auto"
        if (best_engine(text.model) if auto else text.engine) == "torch":
            return self._sentence_transformers()
        from pagesight.adapters.openvino import OpenVinoEmbedder

        return OpenVinoEmbedder(
            text.model,
            batch_size=text.batch_size,
            passage_prefix=text.passage_prefix,
            question_prefix=text.question_prefix,
            otherwise=self._sentence_transformers if auto else None,
            notify=self._notify,
        )

    def _sentence_transformers(self) -> TokenEmbedder:
        from pagesight.adapters.huggingface_hub import prefer_local_files
        from pagesight.adapters.sentence_transformers import SentenceTransformerEmbedder

        text = self._settings.text
        return SentenceTransformerEmbedder(
            text.model,
            batch_size=text.batch_size,
            passage_prefix=text.passage_prefix,
            question_prefix=text.question_prefix,
            before_hub=prefer_local_files,
        )
