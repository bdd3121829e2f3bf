"""The composition root: settings become an App. The only place that imports adapters, lazily."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from pagesight import prompts
from pagesight.ask import Asker
from pagesight.document import Chunk
from pagesight.errors import ServiceError, SettingsError
from pagesight.extractive import ExtractiveAnswerer
from pagesight.generative import TEMPLATES, GenerativeAnswerer
from pagesight.ingest import (
    Ingester,
    Workers,
    text_vectors,
    visual_vectors,
)
from pagesight.library import Library
from pagesight.ports import Answerer, ChatModel, TextEmbedder, VisualEmbedder, WordIndex
from pagesight.retrieve import Retriever
from pagesight.settings import RetrieveSettings, Settings
from pagesight.workers import (
    crops_folder,
    parse_in_worker,
    parser_of,
    profile_in_worker,
    reader_of,
)

if TYPE_CHECKING:
    from pagesight.adapters.open_clip import OpenClipEmbedder
    from pagesight.ports import Vector

NO_VISUAL = "visual.missing"
"""Note in the library: why documents of it have no CLIP vectors."""
BATCH = 256
"""Chunks that are embedded at a time when a space is made anew."""

Notify = Callable[[str], None]


class App:
    """Everything that works on one library, built on first use from one configuration.

    `notify` is told, once each, what the user should know but need not stop for.
    """

    def __init__(self, settings: Settings, library: Library, notify: Notify) -> None:
        self.settings = settings
        self.library = library
        self._notify = notify

    def __enter__(self) -> App:
        return self

    def __exit__(self, *_: object) -> None:
        self.library.close()

    @cached_property
    def retriever(self) -> Retriever:
        """Finds chunks.

        Raises:
            SettingsError: the library's vectors belong to another model.
        """
        return self.retriever_with(self.settings.retrieve)

    @cached_property
    def asker(self) -> Asker:
        """Answers by the configured LLM, or by quoting where none is configured."""
        return Asker(self.library, self.retriever, self._answerer(), self.settings.ask)

    @cached_property
    def ingester(self) -> Ingester:
        """Brings documents in.

        Raises:
            SettingsError: the library's vectors belong to another model.
        """
        from pagesight.adapters.filesystem import FileParseCache
        from pagesight.adapters.pebble import PebblePool

        root, parse = self.library.root, self.settings.parse
        self.library.bind("text", self._text.fingerprint)
        return Ingester(
            library=self.library,
            workers=Workers(
                pool=PebblePool(parse.workers),
                profile=partial(profile_in_worker, self.settings, root),
                parse=partial(parse_in_worker, self.settings, root),
            ),
            cache=FileParseCache(root / "parsed", self.library.crops),
            parser_fingerprint=parser_of(self.settings, root).fingerprint,
            text=self._text,
            visual=lambda: self._visual_for_crops,
            parse=parse,
            chunk=self.settings.chunk,
        )

    def reembed(self, space: str, done: Callable[[int, int], None]) -> None:
        """Makes the vectors of a space by the configured model, anew or for the first time.

        `done` is told (chunks done, chunks in all). The old vectors serve until the end.

        Raises:
            ServiceError: the model cannot be had; nothing was changed.
        """
        vectors_of: Callable[[Sequence[Chunk]], Mapping[str, Vector]]
        if space == "visual":
            visual = self._open_clip()
            visual.load()
            fingerprint = visual.fingerprint
            vectors_of = partial(visual_vectors, visual, self.library)
        else:
            fingerprint = self._text.fingerprint
            vectors_of = partial(text_vectors, self._text)
        self.library.replace_space(space, fingerprint, self._batches(vectors_of, done))
        if space == "visual":
            self.library.set_note(NO_VISUAL, "")

    def _batches(
        self,
        vectors_of: Callable[[Sequence[Chunk]], Mapping[str, Vector]],
        done: Callable[[int, int], None],
    ) -> Iterator[Mapping[str, Vector]]:
        chunks = [
            chunk
            for document in self.library.documents()
            for chunk in self.library.document_chunks(document.id)
        ]
        for start in range(0, len(chunks), BATCH):
            yield vectors_of(chunks[start : start + BATCH])
            done(min(start + BATCH, len(chunks)), len(chunks))

    def retriever_with(self, retrieve: RetrieveSettings) -> Retriever:
        """The retriever with other settings: what an ablation measures.

        Raises:
            SettingsError: the library's vectors belong to another model.
        """
        self.library.bind("text", self._text.fingerprint)
        return Retriever(
            self.library,
            self._text,
            self._visual_for_questions,
            retrieve,
            reader=partial(reader_of, self.settings),
        )

    @cached_property
    def _text(self) -> TextEmbedder:
        from pagesight.adapters.huggingface_hub import prefer_local_files
        from pagesight.adapters.sentence_transformers import SentenceTransformerEmbedder

        text = self.settings.text
        return SentenceTransformerEmbedder(
            text.model,
            batch_size=text.batch_size,
            passage_prefix=text.passage_prefix,
            question_prefix=text.question_prefix,
            before_hub=prefer_local_files,
        )

    def _open_clip(self) -> OpenClipEmbedder:
        from pagesight.adapters.huggingface_hub import prefer_local_files
        from pagesight.adapters.open_clip import OpenClipEmbedder

        visual = self.settings.visual
        return OpenClipEmbedder(
            visual.model,
            visual.weights,
            batch_size=visual.batch_size,
            before_hub=prefer_local_files,
        )

    @cached_property
    def _visual_for_questions(self) -> VisualEmbedder | None:
        """None where the library has no CLIP vectors, or where their model cannot be had now."""
        if not self.settings.visual.enabled or "visual" not in self.library.spaces():
            return None
        visual = self._open_clip()
        self.library.bind("visual", visual.fingerprint)
        try:
            visual.load()
        except ServiceError as error:
            self._notify(f"the CLIP list is left out: {error}")
            return None
        return visual

    @cached_property
    def _visual_for_crops(self) -> VisualEmbedder | None:
        """None where CLIP is switched off or cannot be had; the library notes that it lacks it."""
        if not self.settings.visual.enabled:
            self.library.set_note(NO_VISUAL, "visual.enabled is false")
            return None
        visual = self._open_clip()
        try:
            visual.load()
        except ServiceError as error:
            self.library.set_note(NO_VISUAL, str(error))
            self._notify(
                f"{error}. Figures are found by caption, OCR and text until you run "
                f"`pagesight reembed --visual --library {self.library.root}`"
            )
            return None
        self.library.bind("visual", visual.fingerprint)
        return visual

    def _answerer(self) -> Answerer:
        ask = self.settings.ask
        if not ask.model:
            return ExtractiveAnswerer(self._text)
        prompt = prompts.load(ask.prompt, TEMPLATES)
        return GenerativeAnswerer(chat_model(self.settings, ask.model), prompt, images=ask.images)


def build(
    settings: Settings,
    root: Path,
    *,
    writable: bool = False,
    create: bool = False,
    notify: Notify,
) -> App:
    """Opens the library folder `root` and gives the App over it.

    `create` makes a library where there is none; it goes with `writable`.

    Raises:
        SettingsError: there is no library at `root`, and none is to be made.
        LibraryError: the folder is not a library, or another process is writing to it.
    """
    from pagesight.adapters.chromadb import ChromaVectorIndex
    from pagesight.adapters.filelock import FileWriterLock
    from pagesight.adapters.filesystem import FileCropStore
    from pagesight.adapters.sqlite import SQLiteCatalogue

    root = root.expanduser().absolute()
    catalogue = root / "catalogue.db"
    if not create and not catalogue.is_file():
        raise SettingsError(
            f"there is no library at {root}: make one with `pagesight ingest FOLDER --library "
            f"{root}`, or name another with --library"
        )
    library = Library(
        root,
        catalogue=SQLiteCatalogue(catalogue, read_only=not writable),
        crops=FileCropStore(crops_folder(root)),
        open_vectors=ChromaVectorIndex,
        open_words=_words(settings),
        words_in_memory=settings.words.engine == "rank_bm25",
        lock=FileWriterLock(root / "writer.lock") if writable else None,
    )
    for index, fault in library.repaired.items():
        notify(f"the {index} index was rebuilt: {fault}")
    return App(settings, library, notify)


def chat_model(settings: Settings, model: str) -> ChatModel:
    """A model at OPENAI_BASE_URL."""
    from pagesight.adapters.openai import OpenAIChat

    ask = settings.ask
    return OpenAIChat(model, image_side=ask.image_side, seconds=ask.seconds, retries=ask.retries)


def _words(settings: Settings) -> Callable[[Path], WordIndex]:
    """The keyword index that the settings name."""
    if settings.words.engine == "rank_bm25":
        from pagesight.adapters.rank_bm25 import RankBM25WordIndex

        return lambda _: RankBM25WordIndex()
    from pagesight.adapters.tantivy import TantivyWordIndex

    return TantivyWordIndex
