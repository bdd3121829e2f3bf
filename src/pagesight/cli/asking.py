"""`pagesight ask` and `pagesight replay`: questions are answered, and asked again."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from pagesight import settings as configuration
from pagesight.cli import answers, output
from pagesight.cli.options import (
    DEFAULT_LIBRARY,
    Conditions,
    Config,
    Documents,
    Json,
    Kinds,
    Pages,
    Pipeline,
    Sets,
    Where,
    asking,
    load_settings,
    narrowing,
    open_app,
    warn,
)
from pagesight.errors import ServiceError
from pagesight.files import new_folder

if TYPE_CHECKING:
    from pagesight.app import App
    from pagesight.ask import Prepared
    from pagesight.rendering import Saved
    from pagesight.results import Answer, Query, Turn
    from pagesight.service import Service
    from pagesight.views import Answered, AskEvent, Narrowing

VIEWER_SECONDS = 3.0
"""A viewer that has not failed by then is open; some end only when their window is closed."""


def ask(
    question: Annotated[str, typer.Argument(help="The question, in quotes.")] = "",
    image: Annotated[
        Path | None,
        typer.Option(help="A picture that asks, alone or with the question: a screenshot, say."),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(help="LLM at OPENAI_BASE_URL; without one, answers are quotes."),
    ] = None,
    chat: Annotated[
        bool,
        typer.Option(
            "--chat",
            help="Go on asking: follow-up questions, typed or piped, a line each; an empty line "
            "ends.",
        ),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Show what would be sent to the model, and send nothing."),
    ] = False,
    bundle: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Save everything that the answer came of, for `pagesight replay`."
        ),
    ] = None,
    save_evidence: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Save the cited pages as pictures, quotes highlighted."),
    ] = None,
    open_evidence: Annotated[
        bool, typer.Option("--open", help="Open these pictures in the system's viewer.")
    ] = False,
    kinds: Kinds = None,
    documents: Documents = None,
    pages: Pages = None,
    where: Conditions = None,
    library: Where = DEFAULT_LIBRARY,
    pipeline: Pipeline = "default",
    settings_file: Config = None,
    sets: Sets = None,
    as_json: Json = False,
) -> None:
    """Answer a question, with citations: page, box, crop and quote."""
    from pagesight.service import LocalService

    if not (question or image or chat):
        raise typer.BadParameter("write a question in quotes, or give --image FILE or --chat")
    if image and bundle:
        raise typer.BadParameter("--bundle keeps no picture that asks: leave --image or it out")
    if dry_run and (chat or bundle or save_evidence or open_evidence):
        raise typer.BadParameter(
            "--dry-run looks at one question and saves nothing: leave --chat, --bundle, "
            "--save-evidence and --open out"
        )
    settings = load_settings(pipeline, settings_file, sets, *_overrides(model))
    narrowed = narrowing(kinds, documents, pages, where)
    if dry_run:
        with open_app(library, settings) as built:
            _show_messages(built, question, image, narrowed, as_json=as_json)
        return
    with ExitStack() as stack:
        if bundle or save_evidence or open_evidence:
            app = stack.enter_context(open_app(library, settings))
            keeper = _Keeper(
                app=app,
                bundles=new_folder(bundle) if bundle else None,
                pictures=new_folder(save_evidence) if save_evidence else None,
                open_pictures=open_evidence,
                chat=chat,
            )
            service: Service = LocalService(app, told=keeper.take)
        else:
            keeper = None
            service = stack.enter_context(asking(library, settings))
        session = _Session(
            service=service, narrowing=narrowed, keeper=keeper, chat=chat, as_json=as_json
        )
        if chat:
            session.run(question, image)
        else:
            session.ask(question, image)


def replay(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="What `ask --bundle` has saved.")],
    model: Annotated[
        str | None,
        typer.Option(help="LLM at OPENAI_BASE_URL instead of the bundle's; '' for quotes."),
    ] = None,
    pipeline: Annotated[
        str | None,
        typer.Option(help="A shipped pipeline, or a .toml file; else the bundle's settings."),
    ] = None,
    sets: Sets = None,
    library: Annotated[
        Path | None,
        typer.Option(
            "--library",
            "-l",
            envvar="PAGESIGHT_LIBRARY",
            help="The library's folder; else the bundle's.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Ask a saved question again, and show what is different now."""
    from pagesight.ask.bundle import SETTINGS, read
    from pagesight.ask.difference import difference
    from pagesight.replay import again

    before = read(folder)
    overrides = _overrides(model)
    if pipeline is None:
        settings = configuration.load(
            file=folder.expanduser() / SETTINGS, overrides=[*(sets or []), *overrides]
        )
    else:
        settings = load_settings(pipeline, None, sets, *overrides)
    with open_app(library or Path(before.library), settings) as built:
        found = difference(before, again(built, before.question))
    if as_json:
        output.print_json(answers.difference_json(found))
    else:
        answers.print_difference(found)


def _overrides(model: str | None) -> tuple[str, ...]:
    return () if model is None else (f"ask.model={model}",)


def _show_messages(
    app: App, text: str, image: Path | None, narrowed: Narrowing, *, as_json: bool
) -> None:
    from pagesight.replay import sent
    from pagesight.service import LocalService, Question

    asked = LocalService(app).query(Question(text=text, image=image, narrowing=narrowed))
    prepared = app.asker.prepare(asked)
    messages = sent(app, prepared)
    unsent = prepared.refused
    if not messages and not unsent:
        unsent = "no language model is configured (--model, or ask.model)"
    if as_json:
        output.print_json(answers.messages_json(messages, unsent))
    else:
        answers.print_messages(messages, unsent)


@dataclass(slots=True, kw_only=True)
class _Keeper:
    """Keeps what answers came of, and shows the pages that they cite."""

    app: App
    bundles: Path | None
    pictures: Path | None
    open_pictures: bool
    chat: bool
    _last: tuple[Query, Sequence[Turn], Prepared, Answer] | None = None

    def take(
        self, query: Query, history: Sequence[Turn], prepared: Prepared, answer: Answer
    ) -> None:
        """Is told what the last answer came of."""
        self._last = query, history, prepared, answer

    def keep(self) -> Saved | None:
        """Saves what is to be kept of the last answer. None where no pictures are wanted."""
        assert self._last is not None
        query, history, prepared, answer = self._last
        number = len(history) + 1
        saved = self._save_pictures(answer, number)
        if self.bundles:
            from pagesight.ask.bundle import save
            from pagesight.replay import bundle_of

            whole = bundle_of(self.app, query, history, prepared, answer)
            save(whole, self._place(self.bundles, number))
        return saved

    def _save_pictures(self, answer: Answer, number: int) -> Saved | None:
        if self.pictures is None and not self.open_pictures:
            return None
        from pagesight.rendering import save_cited

        if self.pictures is None:
            folder = Path(tempfile.mkdtemp(prefix="pagesight-"))
        else:
            folder = new_folder(self._place(self.pictures, number))
        parse = self.app.settings.parse
        return save_cited(self.app.library, parse, answer.citations, folder)

    def _place(self, folder: Path, number: int) -> Path:
        """The folder of this question: the folder itself, or in a conversation 1, 2 and so on."""
        return folder / str(number) if self.chat else folder


@dataclass(slots=True, kw_only=True)
class _Session:
    """Questions that are asked one after the other."""

    service: Service
    narrowing: Narrowing
    keeper: _Keeper | None
    chat: bool
    as_json: bool
    history: list[Turn] = field(default_factory=list)

    def run(self, first: str, image: Path | None = None) -> None:
        """Asks what is typed or piped; the picture belongs to the first question. On a terminal a
        failing endpoint does not end it."""
        for question in _questions(first):
            if not self.as_json and not sys.stdin.isatty():
                output.console.print(Text(f"\n> {question}", style="bold"))
            picture, image = image, None
            try:
                self.ask(question, picture)
            except ServiceError as error:
                if not sys.stdin.isatty():
                    raise
                warn(str(error))

    def ask(self, question: str, image: Path | None = None) -> None:
        from pagesight.service import Question

        asked = Question(text=question, image=image, narrowing=self.narrowing)
        answer, streamed = self._answered(self.service.ask(asked, tuple(self.history)))
        if not self.as_json:
            answers.print_answer(answer, streamed=streamed)
        saved = self.keeper.keep() if self.keeper else None
        if self.as_json:
            self._print_json(answer, saved)
        elif saved is not None:
            answers.print_pictures(saved.paths, saved.faults)
        if self.keeper and self.keeper.open_pictures and saved is not None:
            _open(saved.paths)
        self.history.append(answer.turn)

    def _answered(self, events: Iterable[AskEvent]) -> tuple[Answered, bool]:
        """The answer, and whether its text was shown as it came."""
        from pagesight.views import DeltaEvent, FinalEvent

        streamed = False
        for event in events:
            match event:
                case FinalEvent():
                    return event.answer, streamed
                case DeltaEvent() if sys.stdout.isatty() and not self.as_json:
                    sys.stdout.write(event.text)
                    sys.stdout.flush()
                    streamed = True
                case _:
                    pass
        raise ServiceError("the server ended before the answer was there", retryable=True)

    def _print_json(self, answer: Answered, saved: Saved | None) -> None:
        value: object = answer
        if saved is not None:
            pictures = {"pictures": list(saved.paths), "no_pictures": list(saved.faults)}
            value = asdict(answer) | pictures
        output.print_json(value, indent=None if self.chat else 2)


def _questions(first: str) -> Iterator[str]:
    """What is asked until an empty line or the end."""
    if first:
        yield first
    if not sys.stdin.isatty():
        for line in sys.stdin:
            if not line.strip():
                return
            yield line.strip()
        return
    with suppress(ImportError):
        import readline  # noqa: F401  (the line can then be edited)
    with suppress(EOFError):
        while question := input("\n> ").strip():
            yield question


def _open(paths: tuple[Path, ...]) -> None:
    """Shows one picture, or the folder of several."""
    if not paths:
        return
    shown = paths[0] if len(paths) == 1 else paths[0].parent
    if not _opened(shown):
        warn(f"no program opens pictures here; they are in {paths[0].parent}")


def _opened(path: Path) -> bool:
    program = shutil.which("xdg-open")
    if program is None:
        return sys.platform in ("darwin", "win32") and typer.launch(str(path)) == 0
    viewer = subprocess.Popen(
        [program, str(path)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return viewer.wait(VIEWER_SECONDS) == 0
    except subprocess.TimeoutExpired:
        return True
