"""Settings: the named pipeline, then a settings file, the environment, the command line.

The values of the shipped pipeline stand in pipelines/default.toml and nowhere else.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, get_args, get_type_hints
from urllib.parse import urlsplit

from pagesight import resources
from pagesight.errors import SettingsError
from pagesight.results import Detail

ENVIRONMENT_PREFIX = "PAGESIGHT_"
"""PAGESIGHT_ASK_MODEL sets [ask] model."""

IN_FOLDER = "folder"
"""Value of vectors.server: no server, vectors are kept by Chroma in the library's folder."""

PACKED = "packed"
"""The same: in the library's folder, but packed: two bits a dimension are searched first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchSettings:
    seconds: float
    most_mb: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseSettings:
    engine: str
    strategy: str
    crop_dpi: int
    ocr_dpi: int
    ocr_engine: str
    figure_ocr_engine: str
    ocr_languages: str
    workers: int
    window_pages: int
    page_seconds: float
    document_seconds: float
    memory_mb: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkSettings:
    words: int
    least_words: int
    table_words: int
    figure_words: int
    hidden_text: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSettings:
    model: str
    engine: str
    batch_size: int
    passage_prefix: str
    question_prefix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VisualSettings:
    enabled: bool
    model: str
    weights: str
    batch_size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorsSettings:
    server: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WordsSettings:
    engine: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrieveSettings:
    count: int
    depth: int
    rrf_k: float
    weight_dense: float
    weight_visual: float
    weight_words: float
    weight_pages: float
    weight_inside: float
    weight_kinds: float
    weight_picture: float
    weight_references: float
    weight_rerank: float
    documents: float
    superseded: float

    @property
    def weights(self) -> Mapping[str, float]:
        """List name -> weight."""
        return {
            "dense": self.weight_dense,
            "visual": self.weight_visual,
            "words": self.weight_words,
            "pages": self.weight_pages,
            "inside": self.weight_inside,
            "kinds": self.weight_kinds,
            "picture": self.weight_picture,
            "references": self.weight_references,
            "rerank": self.weight_rerank,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RerankSettings:
    engine: str
    model: str
    candidates: int
    prompt: str
    images: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AskSettings:
    model: str
    prompt: str
    history: int
    condense_prompt: str
    evidence: int
    images: int
    image_side: int
    image_detail: Detail
    tokens: int
    seconds: float
    retries: int
    refuse_below: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeSettings:
    concurrent: int
    waiting: int
    wait_seconds: float
    per_minute: int
    upload_mb: int
    upload_pages: int
    image_mb: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One whole configuration, section by section as in pipelines/default.toml."""

    fetch: FetchSettings
    parse: ParseSettings
    chunk: ChunkSettings
    text: TextSettings
    visual: VisualSettings
    vectors: VectorsSettings
    words: WordsSettings
    retrieve: RetrieveSettings
    rerank: RerankSettings
    ask: AskSettings
    serve: ServeSettings

    def as_dict(self) -> dict[str, dict[str, object]]:
        """Section -> key -> value."""
        return asdict(self)


def load(
    *,
    pipeline: str = "default",
    file: Path | None = None,
    environment: Mapping[str, str] | None = None,
    overrides: Sequence[str] = (),
) -> Settings:
    """Builds the settings; later sources win.

    Args:
        pipeline: a shipped name or a .toml path.
        file: a TOML file with the same sections.
        environment: variables; those that start with PAGESIGHT_ and name a section count.
        overrides: "section.key=value" each.

    Raises:
        SettingsError: an unknown key or a value of the wrong type, with where it came from.
    """
    values = _pipeline(pipeline)
    if file is not None:
        _merge(values, _read(file), str(file))
    for name, text in (environment or {}).items():
        section, _, key = name.removeprefix(ENVIRONMENT_PREFIX).lower().partition("_")
        if name.startswith(ENVIRONMENT_PREFIX) and section in values and key:
            _set(values, section, key, text, name)
    for override in overrides:
        path, equals, text = override.partition("=")
        section, dot, key = path.strip().partition(".")
        if not (equals and dot):
            raise SettingsError(f"--set {override}: write it as section.key=value")
        _set(values, section, key, text.strip(), f"--set {override}")
    return _built(values)


def toml(sections: Mapping[str, Mapping[str, object]]) -> str:
    """Settings as TOML that can be saved and given to --config."""
    lines = []
    for section, values in sections.items():
        lines.append(f"[{section}]")
        lines += [
            f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()
        ]
        lines.append("")
    return "\n".join(lines) + "\n"


def _pipeline(name: str) -> dict[str, dict[str, Any]]:
    path = resources.find("pipelines", name, ".toml")
    raw = _read(path)
    parent = raw.pop("extends", None)
    if parent is None:
        return raw
    values = _pipeline(str(parent))
    _merge(values, raw, str(path))
    return values


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: is not valid TOML ({error})") from error


def _merge(values: dict[str, dict[str, Any]], changes: Mapping[str, Any], origin: str) -> None:
    for section, pairs in changes.items():
        if not isinstance(pairs, dict):
            raise SettingsError(f"{origin}: {section} stands outside of any [section]")
        for key, value in pairs.items():
            _set(values, section, key, value, origin)


def _set(
    values: dict[str, dict[str, Any]], section: str, key: str, value: object, origin: str
) -> None:
    known = values.get(section)
    if known is None:
        raise SettingsError(f"{origin}: no section {section!r}; known are {', '.join(values)}")
    if key not in known:
        raise SettingsError(
            f"{origin}: no key {key!r} in [{section}]; known are {', '.join(known)}"
        )
    known[key] = _converted(value, type(known[key]), f"{origin}: [{section}] {key}")


def _converted(value: object, wanted: type, where: str) -> object:
    """The value in the type of the default; text is read as TOML would read it."""
    if wanted is bool and isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if wanted in (int, float) and isinstance(value, str | int | float) and value is not True:
        try:
            number = wanted(value)
        except ValueError:
            number = None
        if number is not None and float(number) == float(value):
            return number
    elif isinstance(value, wanted):
        return value
    raise SettingsError(f"{where} must be of type {wanted.__name__}, not {value!r}")


def _built(values: Mapping[str, Mapping[str, Any]]) -> Settings:
    sections = get_type_hints(Settings)
    built = {}
    for field in fields(Settings):
        try:
            built[field.name] = sections[field.name](**values[field.name])
        except (KeyError, TypeError) as error:
            raise SettingsError(
                f"the pipeline is incomplete in [{field.name}]: {error}; "
                'start it with extends = "default"'
            ) from error
    settings = Settings(**built)
    _check(settings)
    return settings


def _check(settings: Settings) -> None:
    """Ranges that a type cannot say."""
    positive = {
        "fetch.seconds": settings.fetch.seconds,
        "fetch.most_mb": settings.fetch.most_mb,
        "chunk.words": settings.chunk.words,
        "chunk.table_words": settings.chunk.table_words,
        "parse.window_pages": settings.parse.window_pages,
        "parse.page_seconds": settings.parse.page_seconds,
        "parse.crop_dpi": settings.parse.crop_dpi,
        "parse.ocr_dpi": settings.parse.ocr_dpi,
        "text.batch_size": settings.text.batch_size,
        "visual.batch_size": settings.visual.batch_size,
        "retrieve.count": settings.retrieve.count,
        "retrieve.depth": settings.retrieve.depth,
        "rerank.candidates": settings.rerank.candidates,
        "ask.evidence": settings.ask.evidence,
        "ask.tokens": settings.ask.tokens,
        "ask.image_side": settings.ask.image_side,
        "ask.seconds": settings.ask.seconds,
        "serve.wait_seconds": settings.serve.wait_seconds,
        "serve.upload_mb": settings.serve.upload_mb,
        "serve.upload_pages": settings.serve.upload_pages,
        "serve.image_mb": settings.serve.image_mb,
    }
    for name, value in positive.items():
        if value <= 0:
            raise SettingsError(f"{name} must be greater than 0, not {value}")
    serve = settings.serve
    not_negative = {
        "parse.workers": settings.parse.workers,
        "parse.document_seconds": settings.parse.document_seconds,
        "parse.memory_mb": settings.parse.memory_mb,
        "retrieve.documents": settings.retrieve.documents,
        "rerank.images": settings.rerank.images,
        "ask.history": settings.ask.history,
        "ask.images": settings.ask.images,
        "serve.concurrent": serve.concurrent,
        "serve.waiting": serve.waiting,
        "serve.per_minute": serve.per_minute,
    }
    for name, value in not_negative.items():
        if value < 0:
            raise SettingsError(f"{name} must not be negative, like {value}")
    if settings.retrieve.rrf_k < 0 or any(w < 0 for w in settings.retrieve.weights.values()):
        raise SettingsError("retrieve.rrf_k and the weights must not be negative")
    if not 0 <= settings.retrieve.superseded <= 1:
        raise SettingsError("retrieve.superseded must be between 0 and 1")
    if not 0 <= settings.ask.refuse_below <= 1:
        raise SettingsError("ask.refuse_below must be between 0 and 1; 0 refuses no question")
    _check_choices(settings)
    _check_server(settings.vectors.server)


def _check_choices(settings: Settings) -> None:
    """Settings that take one of a few words."""
    parse, readers = settings.parse, ("tesseract", "rapidocr")
    choices = {
        "parse.engine": (parse.engine, ("pymupdf", "unstructured")),
        "parse.strategy": (parse.strategy, ("fast", "ocr_only", "hi_res")),
        "parse.ocr_engine": (parse.ocr_engine, readers),
        "parse.figure_ocr_engine": (parse.figure_ocr_engine, ("auto", *readers)),
        "text.engine": (settings.text.engine, ("auto", "openvino", "torch")),
        "ask.image_detail": (settings.ask.image_detail, get_args(Detail)),
        "rerank.engine": (settings.rerank.engine, ("", "tokens", "cross_encoder", "llm")),
        "words.engine": (settings.words.engine, ("tantivy", "rank_bm25")),
    }
    for name, (value, known) in choices.items():
        if value not in known:
            said = [each or '""' for each in known]
            raise SettingsError(f"{name} must be {', '.join(said[:-1])} or {said[-1]}")


def _check_server(url: str) -> None:
    """Libraries keep the URL, and messages show it: it must hold no secret."""
    if "@" in url or "?" in url:
        raise SettingsError(
            "vectors.server must not hold a name, a password or a query: give them to Chroma's "
            "client by CHROMA_CLIENT_AUTH_PROVIDER and CHROMA_CLIENT_AUTH_CREDENTIALS"
        )
    try:
        parts = urlsplit(url)
        whole = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port that is none
        whole = False
    if url and url not in (IN_FOLDER, PACKED) and not whole:
        raise SettingsError(
            f"vectors.server must be a URL like http://127.0.0.1:8000, {IN_FOLDER} or {PACKED}, "
            f"not {url!r}"
        )
