"""The composition root: settings become an App. The only place that imports adapters, lazily."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from pagesight import doctor, prompts
from pagesight.ask import Asker
from pagesight.ask.conversation import TEMPLATES as CONDENSE_TEMPLATES
from pagesight.ask.conversation import CarryingCondenser, Condenser, PromptedCondenser
from pagesight.ask.evidence import Assembler
from pagesight.ask.refusal import Gauge
from pagesight.contents import NO_VISUAL, VECTORS_SERVER, note_key
from pagesight.doctor import Finding
from pagesight.document import Chunk, Document
from pagesight.encoders import Encoders, Notify
from pagesight.errors import DocumentError, PagesightError, ServiceError, SettingsError
from pagesight.extractive import ExtractiveAnswerer
from pagesight.feeds import Done
from pagesight.generative import TEMPLATES, GenerativeAnswerer
from pagesight.indexes import SPACES
from pagesight.ingest import Ingester, Looker, Parsing, Recipe, Request, Storer
from pagesight.ingest.parsing import Window
from pagesight.ingest.vectors import text_vectors, visual_vectors
from pagesight.library import Library
from pagesight.ports import (
    Answerer,
    VectorStore,
    VisionModel,
    VisualEmbedder,
    WordIndex,
)
from pagesight.rendering import Renderer
from pagesight.rerankers import reranking
from pagesight.results import Failed
from pagesight.retrieve import Retriever
from pagesight.retrieve.reranking import Reranking
from pagesight.settings import IN_FOLDER, PACKED, RetrieveSettings, Settings
from pagesight.workers import (
    crops_folder,
    parse_in_worker,
    parser_of,
    profile_in_worker,
    reader_of,
)

if TYPE_CHECKING:
    from pagesight.ports import Vector

CATALOGUE = "catalogue.db"
"""The file in a library's folder that makes it one."""
WRITER_LOCK = "writer.lock"
"""The file in a library's folder that its writer locks."""
NEAREST = 50
"""Neighbours by which the loss of packed vectors is told: the default length of a list."""


class App:
    """Everything that works on one library, built on first use from one configuration.

    `notify` is told, once each, what the user should know but need not stop for.
    """

    def __init__(
        self, settings: Settings, library: Library, encoders: Encoders, notify: Notify
    ) -> None:
        self.settings = settings
        self.encoders = encoders
        self.library = library
        self._notify = notify
        self._visual_fault = ""

    def __enter__(self) -> App:
        return self

    def __exit__(self, *_: object) -> None:
        if "renderer" in self.__dict__:
            self.renderer.close()
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
        ask = self.settings.ask
        return Asker(
            library=self.library,
            retriever=self.retriever,
            condenser=self._condenser(),
            assembler=Assembler(self.library, ask),
            gauge=self.gauge,
            answerer=self.answerer,
            settings=ask,
        )

    @cached_property
    def gauge(self) -> Gauge:
        """Says which questions are refused."""
        return Gauge(self.encoders.text, self.library, self.settings.ask)

    @cached_property
    def renderer(self) -> Renderer:
        """Shows pages, by a process that stays."""
        return Renderer(self.library, self.settings.parse)

    @cached_property
    def ingester(self) -> Ingester:
        """Brings documents in.

        Raises:
            SettingsError: the library's vectors belong to another model.
        """
        from pagesight.adapters.fsspec import FsspecFiles
        from pagesight.adapters.pebble import PebblePool

        root, fetch = self.library.root, self.settings.fetch
        parse, chunk = self.settings.parse, self.settings.chunk
        self.library.bind("text", self.encoders.text.fingerprint, self.settings.text.model)
        pool = PebblePool(parse.workers, parse.memory_mb)
        return Ingester(
            library=self.library,
            remote=FsspecFiles(
                self.library.downloads, seconds=fetch.seconds, most_bytes=fetch.most_mb * 2**20
            ),
            looker=Looker(pool, partial(profile_in_worker, self.settings, root)),
            parsing=Parsing(pool, partial(parse_in_worker, self.settings, root), parse),
            storer=Storer(
                library=self.library,
                text=self.encoders.text,
                visual=lambda: self._visual_for_crops,
                chunk=chunk,
            ),
            cache=self.library.parses,
            recipe=Recipe(parser=parser_of(self.settings, root).fingerprint, chunk=chunk),
        )

    def reembed(self, space: str, done: Done) -> None:
        """Makes the vectors of a space by the configured model, anew or for the first time.

        `done` is told (chunks done, chunks in all). The old vectors serve until the end; what
        was made before an interruption is kept, and the next call goes on from there.

        Raises:
            ServiceError: the model cannot be had; nothing was changed.
            LibraryError: crops are missing; nothing was changed.
        """
        if space == "visual":
            visual = self.encoders.clip
            visual.load()
            look = partial(self._looks, visual)
            self.library.replace_space(space, visual.fingerprint, look, done)
            self.library.set_note(NO_VISUAL, "")
        else:
            embed = partial(text_vectors, self.encoders.text)
            self.library.replace_space(space, self.encoders.text.fingerprint, embed, done)

    def doctor(
        self, tell: doctor.Done, *, quick: bool = False, repair: bool = False
    ) -> tuple[list[Finding], list[Finding]]:
        """What is wrong with the library, and what is left of it after `repair`.

        To be repaired, the library must be open for writing and not have been recovered.

        Raises:
            LibraryError: the catalogue itself is damaged; the message has the remedy.
        """
        from pagesight.adapters.filelock import FileWriterLock

        library = self.library
        if repair:
            found = doctor.examine(library, tell, quick=quick)
            means = doctor.Means(
                embed=self._missing_vectors, reparse=self._reparse, restore=self._restore
            )
            return found, doctor.repair(library, found, means, tell, quick=quick)
        lock = FileWriterLock(library.root / WRITER_LOCK)
        found = doctor.examine(library, tell, quick=quick, held=lock.held)
        return found, found

    def _missing_vectors(self, space: str, chunks: Sequence[Chunk]) -> Mapping[str, Vector]:
        """Vectors of a space by the model that it belongs to."""
        if space == "text":
            self.library.bind(space, self.encoders.text.fingerprint, self.settings.text.model)
            return text_vectors(self.encoders.text, chunks)
        visual = self.encoders.clip
        self.library.bind(space, visual.fingerprint, self.settings.visual.model)
        visual.load()
        return self._looks(visual, chunks)

    def _reparse(self, path: Path, document: Document, pages: Collection[int]) -> None:
        """Parses the windows that hold these pages, as ingest did, so that crops are cut anew."""
        from pagesight.adapters.pebble import PebblePool

        parse = self.settings.parse
        size = parse.window_pages
        windows = [
            Window(path=path, start=start, stop=min(start + size, document.page_count))
            for start in sorted({page // size * size for page in pages})
        ]
        pool = PebblePool(parse.workers, parse.memory_mb)
        work = partial(parse_in_worker, self.settings, self.library.root)
        for _, result in pool.map(work, windows, lambda window: parse.page_seconds * size):
            if isinstance(result, PagesightError):
                raise result
            if isinstance(result, Exception):
                raise DocumentError(f"{path}: {result}") from result

    def _restore(self, source: str) -> None:
        """Ingests what is at a path or URL anew."""
        for event in self.ingester.ingest(Request(paths=[source], reparse=True)):
            if isinstance(event, Failed):
                raise DocumentError(f"{source}: {event.reason}")

    def _looks(self, visual: VisualEmbedder, chunks: Sequence[Chunk]) -> Mapping[str, Vector]:
        """CLIP vectors of those chunks whose pictures are there."""
        pictured = [chunk for chunk in chunks if self.library.picture(chunk)]
        return visual_vectors(visual, self.library, pictured)

    def retriever_with(self, retrieve: RetrieveSettings) -> Retriever:
        """The retriever with other settings: what an ablation measures.

        Raises:
            SettingsError: the library's vectors belong to another model.
        """
        self.library.bind("text", self.encoders.text.fingerprint, self.settings.text.model)
        return Retriever(
            self.library,
            self.encoders.text,
            self._visual_for_questions,
            retrieve,
            reader=partial(reader_of, self.settings),
            reranking=self._reranking,
        )

    @cached_property
    def _reranking(self) -> Reranking | None:
        chat = partial(chat_model, self.settings, section="rerank")
        return reranking(self.settings, self.encoders, chat, self._notify)

    @cached_property
    def _visual_for_questions(self) -> VisualEmbedder | None:
        """None where the library has no CLIP vectors, or where their model cannot be had now."""
        if not self.settings.visual.enabled or "visual" not in self.library.spaces():
            return None
        visual = self.encoders.clip
        self.library.bind("visual", visual.fingerprint, self.settings.visual.model)
        try:
            visual.load()
        except ServiceError as error:
            self._visual_fault = str(error)
            self._notify(f"the CLIP list is left out: {error}")
            return None
        return visual

    @property
    def visual_missing(self) -> str:
        """Why questions are not compared with pictures, or not with those of all documents; ""
        where they are."""
        if not self.settings.visual.enabled:
            return "visual.enabled is false"
        return self._visual_fault or self.library.note(NO_VISUAL)

    @cached_property
    def _visual_for_crops(self) -> VisualEmbedder | None:
        """None where CLIP is switched off or cannot be had; the library notes that it lacks it,
        and its further documents go without until all get their vectors together."""
        if not self.settings.visual.enabled:
            self.library.set_note(NO_VISUAL, "visual.enabled is false")
            return None
        lacking = self.library.documents() and self.library.note(NO_VISUAL)
        if not lacking:
            visual = self.encoders.clip
            try:
                visual.load()
            except ServiceError as error:
                lacking = str(error)
            else:
                self.library.bind("visual", visual.fingerprint, self.settings.visual.model)
                # Questions of this process may have found no pictures to compare with so far.
                for name in ("_visual_for_questions", "retriever", "asker"):
                    self.__dict__.pop(name, None)
                return visual
        self.library.set_note(NO_VISUAL, lacking)
        self._notify(
            f"{lacking}. Figures are found by caption, OCR and text until you run "
            f"`pagesight reembed --visual --library {self.library.root}`"
        )
        return None

    def _condenser(self) -> Condenser:
        ask = self.settings.ask
        by_rules = CarryingCondenser(turns=ask.history)
        if not (ask.model and ask.condense_prompt):
            return by_rules
        prompt = prompts.load(ask.condense_prompt, CONDENSE_TEMPLATES)
        model = chat_model(self.settings, ask.model)
        return PromptedCondenser(model, prompt, turns=ask.history, otherwise=by_rules)

    @cached_property
    def answerer(self) -> Answerer:
        """The configured LLM, or what quotes where none is configured."""
        ask = self.settings.ask
        if not ask.model:
            return ExtractiveAnswerer(self.encoders.text)
        prompt = prompts.load(ask.prompt, TEMPLATES)
        return GenerativeAnswerer(chat_model(self.settings, ask.model), prompt, images=ask.images)


def is_library(root: Path) -> bool:
    """Whether there is a library in the folder."""
    return (root.expanduser() / CATALOGUE).is_file()


def build(
    settings: Settings,
    root: Path,
    *,
    writable: bool = False,
    create: bool = False,
    recover: bool = True,
    notify: Notify,
    encoders: Encoders | None = None,
) -> App:
    """Opens the library folder `root` and gives the App over it.

    `create` makes a library where there is none; it goes with `writable`. Without `recover` its
    indexes are left as they are, for `App.doctor` to see. `encoders` are those of the
    settings, shared with other libraries; by default its own.

    Raises:
        SettingsError: there is no library at `root`, and none is to be made.
        LibraryError: the folder is not a library, or another process is writing to it.
    """
    from pagesight.adapters.filelock import FileWriterLock
    from pagesight.adapters.filesystem import FileCropStore, FileParseCache
    from pagesight.adapters.sqlite import SQLiteCatalogue

    root = root.expanduser().absolute()
    if not create and not is_library(root):
        raise SettingsError(
            f"there is no library at {root}: make one with `pagesight ingest FOLDER --library "
            f"{root}`, or name another with --library"
        )
    crops = FileCropStore(crops_folder(root))
    catalogue = SQLiteCatalogue(root / CATALOGUE, read_only=not writable)
    wanted = settings.vectors.server
    kept = catalogue.setting(note_key(VECTORS_SERVER)) or IN_FOLDER
    library = Library(
        root,
        catalogue=catalogue,
        crops=crops,
        parses=FileParseCache(root / "parsed", crops),
        vectors=_vectors(wanted or kept),
        open_words=_words(settings),
        words_in_memory=settings.words.engine == "rank_bm25",
        lock=FileWriterLock(root / WRITER_LOCK) if writable else None,
        recover=recover,
    )
    if writable and wanted:
        library.set_note(VECTORS_SERVER, wanted)
    for index, fault in library.repaired.items():
        notify(f"the {index} index was rebuilt: {fault}")
    if writable and wanted == PACKED != kept:
        _tell_of_loss(library, notify)
    return App(settings, library, encoders or Encoders(settings, notify), notify)


def _tell_of_loss(library: Library, notify: Notify) -> None:
    """What packing costs is said when a library turns to it."""
    for space in SPACES:
        found = library.indexes.recall(space, NEAREST)
        if found is not None:
            notify(f"{space} vectors are packed: {found:.2%} of the {NEAREST} nearest are found")


def chat_model(settings: Settings, model: str, section: str = "ask") -> VisionModel:
    """A model at OPENAI_BASE_URL; `section` is that of the settings which name it."""
    from pagesight.adapters.openai import OpenAIChat

    ask = settings.ask
    return OpenAIChat(
        model,
        image_side=ask.image_side,
        image_detail=ask.image_detail,
        seconds=ask.seconds,
        retries=ask.retries,
        section=section,
    )


def _vectors(server: str) -> VectorStore:
    """Where vectors are kept: the URL of a server, IN_FOLDER or PACKED."""
    from pagesight.adapters.chromadb.stores import ChromaFolders, ChromaServer

    if server == PACKED:
        from pagesight.adapters.numpy import PackedFolders

        # What was there before may be on a server.
        return PackedFolders(drop=ChromaFolders().drop)
    return ChromaFolders() if server == IN_FOLDER else ChromaServer(url=server)


def _words(settings: Settings) -> Callable[[Path], WordIndex]:
    """The keyword index that the settings name."""
    if settings.words.engine == "rank_bm25":
        from pagesight.adapters.rank_bm25 import RankBM25WordIndex

        return lambda _: RankBM25WordIndex()
    from pagesight.adapters.tantivy import TantivyWordIndex

    return TantivyWordIndex
