"""The evaluation harness over an App: measures what it serves, and configures nothing itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pagesight import prompts
from pagesight.app import App, chat_model
from pagesight.document import Document
from pagesight.errors import DocumentError, SettingsError
from pagesight.extractive import ExtractiveAnswerer
from pagesight.files import digest
from pagesight.highlights import Highlight, highlighted
from pagesight.library import Library
from pagesight.rendering import page_pictures
from pagesight.settings import RetrieveSettings, Settings

if TYPE_CHECKING:
    from pagesight.evaluation.report import Wanted
    from pagesight.evaluation.runs.folder import RunFolder
    from pagesight.evaluation.scores.judge import Judge
    from pagesight.evaluation.scores.summary import Report
    from pagesight.evaluation.sets.cases import Case

PICTURE_DPI = 72
"""Of rendered pages, which the report shows a few hundred pixels wide."""

Done = Callable[[int, int], None]
"""Is told (done, in all)."""


class Harness:
    """Runs question sets over an App, reports on them, and makes sets from its library."""

    def __init__(self, app: App) -> None:
        self._app = app

    def evaluate(
        self,
        questions: Path,
        out: Path,
        done: Done,
        *,
        pipeline: str = "default",
        answers: bool = False,
        judge: str = "",
        in_document: bool = False,
        retrieve: RetrieveSettings | None = None,
    ) -> tuple[RunFolder, Report]:
        """Runs a question set over the retriever (and the asker, with `answers`) of the App.

        What was run before on the same contents with the same settings is not run again.

        Args:
            questions: a .jsonl set.
            out: where folders of runs are kept.
            done: is told (questions done, questions in all).
            pipeline: the name that the run gets, with the set's.
            judge: the model at OPENAI_BASE_URL that judges answers; "": none.
            in_document: restrict each question to its own documents.
            retrieve: settings to retrieve by instead of the App's, as an ablation does.

        Raises:
            SettingsError: the set cannot be read, or its documents are not in the library.
        """
        from pagesight.evaluation.runs.measure import Plan, measure
        from pagesight.evaluation.runs.run import Subject
        from pagesight.evaluation.sets.cases import load_set

        app = self._app
        chosen = replace(app.settings, retrieve=retrieve or app.settings.retrieve)
        plan = Plan(
            set_name=questions.stem,
            pipeline=pipeline,
            settings=chosen,
            answerer=(chosen.ask.model or ExtractiveAnswerer.name) if answers else "",
            judge=judge if answers else "",
            in_document=in_document,
        )

        def subject() -> Subject:
            return Subject(
                library=app.library,
                retriever=app.retriever_with(retrieve) if retrieve else app.retriever,
                asker=app.asker if answers else None,
                judge=judge_of(app.settings, judge) if plan.judge else None,
                in_document=in_document,
                file_text=partial(_file_text, app.library),
            )

        return measure(plan, load_set(questions), app.library, subject, out, done)

    def save_report(self, folder: RunFolder, report: Report) -> Path:
        """Writes the report's files into the folder of its run; returns the HTML page."""
        from pagesight.evaluation.runs.measure import save_report

        return save_report(folder, report, self._pictures(report))

    def build_set(
        self,
        paths: Sequence[str],
        done: Done,
        *,
        model: str,
        per_document: int,
        seed: int,
    ) -> tuple[list[Case], Mapping[str, int]]:
        """Questions with known answers from documents of the library, and what was rejected.

        Args:
            paths: ids, files, file names or folders; none for the whole library.
            done: is told (documents done, documents in all).
            model: the model at OPENAI_BASE_URL that writes them; "": none is needed.

        Raises:
            SettingsError: a path names nothing in the library.
            ServiceError: the endpoint failed several times in a row.
        """
        from pagesight.evaluation.sets.building.build import TEMPLATES as WRITER_TEMPLATES
        from pagesight.evaluation.sets.building.build import Rejected, build_cases, write_cases

        library = self._app.library
        documents = [one for path in paths for one in library.find_all(path)]
        documents = list(dict.fromkeys(documents)) if paths else library.documents()
        read = (library.document_chunks, library.pages)
        if not model:
            cases = build_cases(documents, *read, per_document=per_document, seed=seed)
            done(len(documents), len(documents))
            return cases, {}
        writer = prompts.load("question_writer", WRITER_TEMPLATES)
        chat = chat_model(self._app.settings, model)
        written: list[Case] = []
        rejected: Counter[str] = Counter()
        for one in write_cases(
            chat,
            writer,
            _counted(documents, done),
            *read,
            library.crop_path,
            per_document=per_document,
            seed=seed,
        ):
            if isinstance(one, Rejected):
                rejected[one.reason] += 1
            else:
                written.append(one)
        return written, rejected

    def _pictures(self, report: Report) -> Mapping[str, bytes]:
        """Key -> thumbnail, for what the report has places for and what can still be had."""
        from pagesight.evaluation.report.pictures import (
            THUMBNAIL,
            crop_key,
            thumbnail,
            wanted_pictures,
        )

        wanted = wanted_pictures(report)
        found: dict[str, bytes] = {}
        for key in wanted.crops:
            path = self._app.library.crop_path(key)
            if path.is_file():
                found[crop_key(key)] = thumbnail(path.read_bytes(), THUMBNAIL)
        pages = dict(self._rendered(wanted))
        for page in wanted.pages:
            if picture := pages.get((page.document, page.page)):
                places = [Highlight(bbox=box) for box in page.boxes]
                found[page.key] = thumbnail(highlighted(*picture, places), THUMBNAIL)
        return found

    def _rendered(self, wanted: Wanted) -> Iterator[tuple[tuple[str, int], tuple[bytes, float]]]:
        """(file name, 1-based page) -> PNG and the page's width in points, each page once. Pages
        that cannot be rendered, or whose files have gone or changed, are left out."""
        library, parse = self._app.library, self._app.settings.parse
        documents = {document.name: document for document in library.documents()}
        places = {
            (documents[page.document].id, page.page - 1): (page.document, page.page)
            for page in wanted.pages
            if page.document in documents
        }
        for place, picture in page_pictures(library, parse, places, PICTURE_DPI):
            if isinstance(picture, bytes):
                id, index = place
                yield places[place], (picture, library.pages(id)[index].width)


def judge_of(settings: Settings, model: str) -> Judge:
    """Judges answers by a model at OPENAI_BASE_URL."""
    from pagesight.evaluation.scores.judge import TEMPLATES as JUDGE_TEMPLATES
    from pagesight.evaluation.scores.judge import Judge

    return Judge(chat_model(settings, model), prompts.load("judge", JUDGE_TEMPLATES))


def print_corpus(beir: Path, folder: Path, done: Done) -> int:
    """Prints the texts of a BEIR folder as PDFs that a library can take; returns how many.

    Raises:
        SettingsError: the corpus cannot be read, or the folder cannot be written.
    """
    from pagesight.adapters.pymupdf.printing.text import print_text
    from pagesight.evaluation.sets.importers import beir_corpus

    texts = list(beir_corpus(beir))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"{folder}: cannot be made ({error.strerror})") from error
    for number, (name, title, text) in enumerate(texts, start=1):
        print_text(title, text, folder / name)
        done(number, len(texts))
    return len(texts)


def _counted(documents: Sequence[Document], done: Done) -> Iterator[Document]:
    """The documents in their order; `done` is told of each when the next one is asked for."""
    for number, document in enumerate(documents, start=1):
        yield document
        done(number, len(documents))


def _file_text(library: Library, document: Document, page: int) -> str | None:
    """The text layer of a page (0-based) of the file; None where the file has gone or changed."""
    from pagesight.adapters.pymupdf.viewing import text_layer

    try:
        same = digest(library.original(document)) == document.id
        return text_layer(library.shown(document), page) if same else None
    except (OSError, DocumentError, IndexError):
        return None
