"""A question with all that its answer came of, as a folder that others can read and ask again.

bundle.json     format, what it was made with, the files below
settings.toml   the settings that were in force; --config takes them
question.json   as asked, as searched for, restrictions, earlier turns
ranking.json    everything that any list found, with its score and its rank in each list
evidence.json   what was shown, under its marks
messages.json   exactly what was sent to the model; none for an extractive answer
images/         the pictures that were sent, as they were sent
answer.json     text, claims, citations, usage
answer.md       the same for people

Paths below the home folder are written as ~/...; keys of endpoints are in none of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from pagesight import pictures
from pagesight.ask.readable import markdown
from pagesight.document import Audit, Kind
from pagesight.errors import SettingsError
from pagesight.files import new_folder, write_whole
from pagesight.results import Answer, Evidence, Filter, Hit, ImagePart, Message, Turn
from pagesight.settings import Settings, load, toml

FORMAT = 1
"""Raised when an older pagesight could not read a bundle any more."""
HEAD, SETTINGS, IMAGES = "bundle.json", "settings.toml", "images"

_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What was asked."""

    asked: str
    searched: str
    """Standalone, as it was searched for."""
    filter: Filter
    history: tuple[Turn, ...]
    """Oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A place in the fused ranking; its number is its 1-based rank."""

    chunk: str
    document: str
    """File name."""
    pages: tuple[int, ...]
    """1-based."""
    kind: Kind
    label: str
    score: float
    ranks: Mapping[str, int]
    """List -> 1-based rank in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """Everything that any list found, best first."""

    hits: int
    """How many of them, from the first, were given to the assembly of the evidence."""
    ranked: tuple[Ranked, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A question with all that its answer came of."""

    library: str
    versions: Mapping[str, str]
    """Of pagesight, prompts, models and the library's contents."""
    settings: Settings
    question: Question
    ranking: Ranking
    messages: tuple[Message, ...]
    """Empty in a bundle that was read: they are for people."""
    answer: Answer


class _Head(BaseModel):
    """bundle.json."""

    format: int
    library: str
    versions: dict[str, str]
    files: list[str]


def ranking(hits: Sequence[Hit], shown: int) -> Ranking:
    """A whole ranking, of which the first `shown` hits became evidence."""
    ranked = tuple(
        Ranked(
            chunk=hit.chunk.id,
            document=hit.document.name,
            pages=tuple(page + 1 for page in hit.chunk.pages),
            kind=hit.chunk.kind,
            label=hit.chunk.label,
            score=hit.score,
            ranks=hit.ranks,
        )
        for hit in hits
    )
    return Ranking(hits=shown, ranked=ranked)


def save(bundle: Bundle, folder: Path) -> None:
    """Writes a bundle; its head comes last, so that half a bundle is none.

    Raises:
        SettingsError: there is something in the folder, or it cannot be written.
    """
    folder = new_folder(folder)
    try:
        files = _files(bundle)
        head = _Head(
            format=FORMAT,
            library=_at_home(bundle.library),
            versions=dict(bundle.versions),
            files=list(files),
        )
        (folder / IMAGES).mkdir()
        for name, content in files.items():
            write_whole(folder / name, content)
        write_whole(folder / HEAD, head.model_dump_json(indent=2).encode())
    except OSError as error:
        raise SettingsError(f"{folder}: the bundle cannot be written ({error})") from error


def _files(bundle: Bundle) -> dict[str, bytes]:
    """Name -> content of all files but the head."""
    answer = _without_paths(bundle.answer)
    images: dict[str, bytes] = {}
    messages = _messages(bundle.messages, images)
    return {
        SETTINGS: toml(_at_home(bundle.settings.as_dict())).encode(),
        "question.json": _json(Question, bundle.question),
        "ranking.json": _json(Ranking, bundle.ranking),
        "evidence.json": _json(tuple[Evidence, ...], answer.evidence),
        "messages.json": json.dumps(messages, ensure_ascii=False, indent=2).encode(),
        "answer.json": _json(Answer, replace(answer, evidence=())),
        "answer.md": markdown(bundle.question.asked, answer, bundle.versions).encode(),
        **images,
    }


def read(folder: Path) -> Bundle:
    """A saved bundle; without its messages.

    Raises:
        SettingsError: it is no bundle, is of a newer format, or a file of it is missing or
            damaged.
    """
    folder = folder.expanduser()
    head = _head(folder)
    for name in head.files:
        if not (folder / name).is_file():
            raise SettingsError(f"{folder / name}: is missing, and the bundle of no use without it")
    answer = _read(Answer, folder / "answer.json")
    evidence = _read(tuple[Evidence, ...], folder / "evidence.json")
    return Bundle(
        library=head.library,
        versions=head.versions,
        settings=load(file=folder / SETTINGS),
        question=_read(Question, folder / "question.json"),
        ranking=_read(Ranking, folder / "ranking.json"),
        messages=(),
        answer=replace(answer, evidence=evidence),
    )


def _head(folder: Path) -> _Head:
    path = folder / HEAD
    try:
        raw = json.loads(path.read_bytes())
        written = raw.get("format") if isinstance(raw, dict) else None
        if isinstance(written, int) and written > FORMAT:
            raise SettingsError(
                f"{folder}: the bundle was written by a newer pagesight (format {written}, "
                f"known is {FORMAT}): update pagesight"
            )
        return _Head.model_validate(raw)
    except FileNotFoundError as error:
        raise SettingsError(
            f"{folder}: is no bundle: there is no {HEAD}; `pagesight ask QUESTION --bundle DIR` "
            "makes one"
        ) from error
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise _damaged(path) from error


def _read(type_: type[_Read], path: Path) -> _Read:
    try:
        return TypeAdapter(type_).validate_json(path.read_bytes())
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror})") from error
    except ValidationError as error:
        raise _damaged(path) from error


def _damaged(path: Path) -> SettingsError:
    return SettingsError(f"{path}: is damaged; make the bundle again with `pagesight ask --bundle`")


def _messages(messages: Sequence[Message], images: dict[str, bytes]) -> list[dict[str, Any]]:
    """Messages as JSON; the bytes of their pictures go into `images` under their names."""
    return [
        {
            "role": message.role,
            "text_tokens": message.text_tokens,
            "image_tokens": message.image_tokens,
            "parts": [
                {"text": part} if isinstance(part, str) else _image(part, images)
                for part in message.parts
            ],
        }
        for message in messages
    ]


def _image(part: ImagePart, images: dict[str, bytes]) -> dict[str, Any]:
    name = f"{IMAGES}/{len(images) + 1:02}.png"
    images[name] = pictures.png(part)
    return {
        "image": name,
        "crop": part.path.name,
        "box": part.box,
        "width": part.width,
        "height": part.height,
        "detail": part.detail,
        "tokens": part.tokens,
    }


def _without_paths(answer: Answer) -> Answer:
    """Crops by their file names, which are their keys in the library; no audits, which say where
    files were read."""
    evidence = tuple(
        replace(
            piece,
            image_path=Path(piece.image_path).name,
            document=replace(piece.document, audit=Audit()),
        )
        for piece in answer.evidence
    )
    citations = tuple(
        replace(citation, crop=Path(citation.crop).name) for citation in answer.citations
    )
    return replace(answer, evidence=evidence, citations=citations)


def _at_home(value: Any) -> Any:
    """Texts that are paths below the home folder, written as ~/..."""
    if isinstance(value, dict):
        return {key: _at_home(inner) for key, inner in value.items()}
    home = f"{Path.home()}/"
    if isinstance(value, str) and value.startswith(home) and len(home) > 2:
        return f"~/{value.removeprefix(home)}"
    return value


def _json(type_: Any, value: object) -> bytes:
    dumped: bytes = TypeAdapter(type_).dump_json(value, indent=2)
    return dumped
