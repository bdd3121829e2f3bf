"""API keys: who may use a server, kept in a file that holds no key."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import platformdirs
from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, ValidationError

from pagesight.errors import MissingError, SettingsError
from pagesight.files import write_whole
from pagesight.server.callers import Caller, Scope

KEY_PREFIX = "ps_"
"""By which programs that look for leaked secrets can tell a key."""
KEY_BYTES = 32
"""Random ones: nobody finds 256 bits by trying, so that one SHA-256 keeps them as safe as a slow
hash would, and each request can afford it."""
PATIENCE = 5.0
"""Seconds that a change waits for another one."""

_NAME = re.compile(r"[\w.@+-](?:[\w .@+-]{0,62}[\w.@+-])?")
_Stamp = tuple[int, ...]


class _Key(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    sha256: str
    """Of the whole key, hexadecimal."""
    scope: Scope
    libraries: tuple[str, ...] | None
    created: str


class _KeyFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    pagesight_keys: Literal[1] = 1
    """Version of the format, and the sign that the file is ours."""
    keys: tuple[_Key, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """What may be shown of a key."""

    name: str
    scope: Scope
    libraries: tuple[str, ...] | None
    """None: all that the server has."""
    created: str
    """ISO 8601, UTC."""


def default_path() -> Path:
    """Of the user's keys."""
    return platformdirs.user_config_path("pagesight") / "keys.json"


class KeyStore:
    """The keys in the file at `path`, which need not be there yet.

    The file is read again whenever it changes: a key that is removed is refused from then on, by
    servers that run, too.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().absolute()
        self._read: tuple[_Stamp, _KeyFile] | None = None

    def add(self, name: str, scope: Scope = "read", libraries: Sequence[str] | None = None) -> str:
        """Makes a key and gives it: this is the only time that it can be seen.

        Args:
            libraries: names of those that it may see; None: all.

        Raises:
            SettingsError: the name is taken or is none, or the file cannot be used.
        """
        if not _NAME.fullmatch(name):
            raise SettingsError(
                f"{name!r}: name a key by 1 to 64 letters, digits, spaces and . _ @ + -"
            )
        key = KEY_PREFIX + secrets.token_urlsafe(KEY_BYTES)
        with self._changing() as keys:
            if any(known.name == name for known in keys):
                raise SettingsError(
                    f"there is a key {name!r} already: choose another name, or remove it with "
                    f"`pagesight keys rm`"
                )
            made = _Key(
                name=name,
                sha256=_digest(key),
                scope=scope,
                libraries=None if libraries is None else tuple(libraries),
                created=datetime.now(UTC).isoformat(timespec="seconds"),
            )
            keys.append(made)
        return key

    def remove(self, name: str) -> None:
        """Makes a key worthless.

        Raises:
            MissingError: there is none of that name.
            SettingsError: the file cannot be used.
        """
        with self._changing() as keys:
            kept = [key for key in keys if key.name != name]
            if len(kept) == len(keys):
                known = ", ".join(key.name for key in keys) or "none"
                raise MissingError(f"there is no key {name!r} in {self.path}; keys are: {known}")
            keys[:] = kept

    def rows(self) -> list[KeyRow]:
        """All, oldest first.

        Raises:
            SettingsError: the file cannot be used.
        """
        return [
            KeyRow(name=key.name, scope=key.scope, libraries=key.libraries, created=key.created)
            for key in self._keys()
        ]

    def caller_of(self, token: str) -> Caller | None:
        """Whose key it is; None where it is nobody's.

        The time that it takes tells nothing about the keys: all are compared, each in the same
        time.

        Raises:
            SettingsError: the file cannot be used.
        """
        given = _digest(token)
        found = None
        for key in self._keys():
            if hmac.compare_digest(given, key.sha256):
                found = Caller(name=key.name, scope=key.scope, libraries=key.libraries)
        return found

    def _keys(self) -> tuple[_Key, ...]:
        """As the file has them now; none where there is no file."""
        try:
            stamp = _stamp(self.path)
            if self._read is None or self._read[0] != stamp:
                _refuse_readable(self.path)
                self._read = stamp, _KeyFile.model_validate_json(self.path.read_bytes())
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise SettingsError(f"{self.path}: cannot be read ({error.strerror})") from error
        except ValidationError as error:
            raise SettingsError(
                f"{self.path}: holds no keys of pagesight: name another file with --keys, or "
                "remove this one and make new keys"
            ) from error
        return self._read[1].keys

    @contextmanager
    def _changing(self) -> Iterator[list[_Key]]:
        """The keys, to be changed in place: they are written when the block ends."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with FileLock(self.path.with_name(f"{self.path.name}.lock"), timeout=PATIENCE):
                keys = list(self._keys())
                yield keys
                data = _KeyFile(keys=tuple(keys)).model_dump_json(indent=1).encode()
                write_whole(self.path, data, mode=0o600)
        except Timeout:
            raise SettingsError(f"{self.path}: another program is changing it: try again") from None
        except OSError as error:
            raise SettingsError(f"{self.path}: cannot be written ({error.strerror})") from error


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _stamp(path: Path) -> _Stamp:
    """Differs after each change: a file that takes the place of another is another."""
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _refuse_readable(path: Path) -> None:
    """Others could see who has keys; and who may write there could add one.

    Raises:
        SettingsError: others than its owner may read or write the file.
    """
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise SettingsError(f"{path}: is open to other users: run `chmod 600 {path}`")
