"""Translated models in the user's cache folder, each made once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory

from pagesight import files
from pagesight.errors import ServiceError

TRANSLATOR = "pagesight.adapters.openvino.translation"
SECONDS = 900.0
"""Time limit for a translation: 10 s of processor time for a small model, minutes for a large."""
_LIBRARIES = ("openvino", "sentence-transformers", "tokenizers", "torch", "transformers")
_SOURCES = ("encoding.py", "translation.py")
_SUFFIXES = (".bin", ".json", ".model", ".safetensors", ".txt")
"""Of the files that make a model what it is."""


@contextmanager
def translated(model: Path, notify: Callable[[str], object]) -> Iterator[Path]:
    """The folder of the translated model, to be read inside the block.

    It is made when there is none: `notify` is told, because that takes a while. Where the cache
    folder cannot be written, it is gone after the block.

    Raises:
        ServiceError: the translation failed.
    """
    home = _cache_folder() / "text-models"
    try:
        kept = home / _key(model)
    except OSError as error:
        raise ServiceError(f"the text model cannot be read: {error}") from error
    if kept.is_dir():
        yield kept
        return
    notify("the text model is made ready for this computer, which takes half a minute")
    with _workplace(home) as temporary:
        made = Path(temporary) / "model"
        _translate(model, made)
        yield _published(made, kept)


def _cache_folder() -> Path:
    """PAGESIGHT_CACHE, or the platform's place for what can be made again."""
    if chosen := os.environ.get("PAGESIGHT_CACHE"):
        return Path(chosen).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("pagesight", appauthor=False)


def _key(model: Path) -> str:
    """Changes with the model's files, the libraries, and how the translation is made."""
    digest = sha256()
    for library in _LIBRARIES:
        digest.update(f"{library} {_version(library)}\n".encode())
    paths = sorted(path for path in model.glob("*") if path.suffix in _SUFFIXES)
    paths += sorted(model.glob("*/config.json"))
    paths += [Path(__file__).with_name(name) for name in _SOURCES]
    for path in paths:
        digest.update(f"{path.parent.name}/{path.name} {files.digest(path)}\n".encode())
    return digest.hexdigest()[:32]


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "none"


def _workplace(home: Path) -> TemporaryDirectory[str]:
    """Beside the finished ones, so that a rename publishes; elsewhere where that is not allowed."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        return TemporaryDirectory(prefix=".", dir=home, ignore_cleanup_errors=True)
    except OSError:
        return TemporaryDirectory(prefix="pagesight-", ignore_cleanup_errors=True)


def _translate(model: Path, out: Path) -> None:
    # -P: a torch.py in the folder that the user is in is not meant.
    command = [sys.executable, "-P", "-m", TRANSLATOR, str(model), str(out)]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ServiceError(f"the text model could not be made ready: {error}") from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise ServiceError(f"the text model could not be made ready: {last}")


def _published(made: Path, kept: Path) -> Path:
    """Where it is from now on: `kept`, also where another process was first, or `made` where the
    cache cannot be written."""
    try:
        for path in made.iterdir():
            with path.open("rb+") as file:
                os.fsync(file.fileno())
        made.rename(kept)
    except OSError:
        return kept if kept.is_dir() else made
    return kept
