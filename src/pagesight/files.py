"""Files: told apart by their bytes, and written so that nobody ever finds half of one."""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from pagesight.errors import LibraryError, SettingsError


def digest(path: Path) -> str:
    """SHA-256 of the bytes, hexadecimal.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def replacing(path: Path, *, mode: int = 0o666) -> Iterator[BinaryIO]:
    """A file to write into, which takes the place of what was there when the block ends: all of
    it or, if the block raises, nothing, also after a loss of power. It has `mode` less the umask
    from its first byte on.

    Raises:
        OSError: it could not be written; what was there is as it was.
    """
    temporary = path.with_name(f".{uuid.uuid4().hex}.tmp")
    try:
        with open(temporary, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        sync_folder(path.parent)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def write_whole(path: Path, data: bytes, *, mode: int = 0o666) -> None:
    """Puts all of a file in place of what was there, or nothing, also after a loss of power; see
    `replacing`.

    Raises:
        OSError: it could not be written; what was there is as it was.
    """
    with replacing(path, mode=mode) as file:
        file.write(data)


def new_folder(path: Path) -> Path:
    """Makes a folder for what is to be written; one that is there and empty will do.

    Raises:
        SettingsError: there is something in it, or it cannot be made.
    """
    folder = path.expanduser()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        taken = any(folder.iterdir())
    except OSError as error:
        raise SettingsError(f"{path}: cannot be made ({error.strerror})") from error
    if taken:
        raise SettingsError(f"{path}: is not empty: name a folder that is new or empty")
    return folder


def remove_folder(folder: Path) -> None:
    """Removes a folder, if it is there.

    Raises:
        LibraryError: it cannot be removed.
    """
    try:
        if folder.exists():
            shutil.rmtree(folder)
    except OSError as error:
        raise LibraryError(f"cannot remove {folder}: {error}: make it writable") from error


def sync_folder(folder: Path) -> None:
    """Makes a rename durable; Windows has no such thing and needs none."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
