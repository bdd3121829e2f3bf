"""What a caller can know of the server beforehand: models, limits, libraries, what it may do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version

from fastapi import APIRouter

from pagesight.formats import SUFFIXES
from pagesight.results import EXTRACTIVE
from pagesight.server.access import Everything, Who
from pagesight.server.callers import Caller, Scope
from pagesight.server.problems import RESPONSES
from pagesight.server.shelves import Shelf, Shelves
from pagesight.settings import Settings
from pagesight.workers import reader_of

router = APIRouter(tags=["server"], responses=RESPONSES)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswererInfo:
    name: str
    """"extractive", or the model's."""
    extractive: bool
    """Answers are quotes: no LLM is configured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerInfo:
    name: str
    """Of the key; "" where none is needed."""
    scope: Scope
    libraries: list[str] | None
    """null: all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    upload_mb: int
    upload_pages: int
    image_mb: int
    """Of a picture that asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryInfo:
    name: str
    documents: int
    pages: int
    chunks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    version: str
    answerer: AnswererInfo
    text_model: str
    visual_model: str
    """"" where questions are not compared with pictures."""
    visual_missing: str
    """Why they are not, or why some documents' pictures are left out."""
    ocr: bool
    """Scans can be read."""
    caller: CallerInfo
    keyed: bool
    """Callers need a key."""
    limits: Limits
    suffixes: list[str]
    """Of files that can be uploaded."""
    libraries: list[LibraryInfo]
    """Those that the caller may see, by name."""


@router.get("/api/info")
def info(all: Everything, who: Who) -> Info:
    """Models, limits, and what this caller may do and see."""
    settings = all.settings
    shelves = _seen(all, who)
    missing = next((why for shelf in shelves if (why := shelf.app.visual_missing)), "")
    model = settings.ask.model
    return Info(
        version=version("pagesight"),
        answerer=AnswererInfo(name=model or EXTRACTIVE, extractive=not model),
        text_model=settings.text.model,
        visual_model="" if missing else settings.visual.model,
        visual_missing=missing,
        ocr=reader_of(settings) is not None,
        caller=CallerInfo(
            name=who.name,
            scope=who.scope,
            libraries=None if who.libraries is None else list(who.libraries),
        ),
        keyed=all.keyed,
        limits=_limits(settings),
        suffixes=list(SUFFIXES),
        libraries=_libraries(shelves),
    )


@router.get("/api/libraries")
def libraries(all: Everything, who: Who) -> list[LibraryInfo]:
    """Those that the caller may see, by name."""
    return _libraries(_seen(all, who))


def _seen(all: Shelves, who: Caller) -> list[Shelf]:
    return [shelf for name, shelf in sorted(all.libraries.items()) if who.sees(name)]


def _libraries(shelves: Iterable[Shelf]) -> list[LibraryInfo]:
    found = []
    for shelf in shelves:
        counts = shelf.app.library.counts()
        found.append(
            LibraryInfo(
                name=shelf.name,
                documents=counts.documents,
                pages=counts.pages,
                chunks=counts.chunks,
            )
        )
    return found


def _limits(settings: Settings) -> Limits:
    serve = settings.serve
    return Limits(
        upload_mb=serve.upload_mb, upload_pages=serve.upload_pages, image_mb=serve.image_mb
    )
