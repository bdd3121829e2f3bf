"""A library as an agent on the same machine finds it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from threading import Lock

from pagesight.app import App
from pagesight.client import find
from pagesight.service import LocalService, Service
from pagesight.settings import Settings


class Nearest(Mapping[str, Service]):
    """One library, by the server that has it open, else opened in this process. The server is
    looked for in each call: it may be started or ended while an agent goes on.

    `open_app` opens the library; what it gives is closed at the end.
    """

    def __init__(
        self, root: Path, settings: Settings, open_app: Callable[[], AbstractContextManager[App]]
    ) -> None:
        self._root = root.expanduser().absolute()
        self._settings = settings
        self._open_app = open_app
        self._closing = ExitStack()
        self._opening = Lock()
        self._local: LocalService | None = None

    def __enter__(self) -> Nearest:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    def __getitem__(self, name: str) -> Service:
        if name != self._root.name:
            raise KeyError(name)
        return find(self._root, self._settings) or self._opened()

    def __iter__(self) -> Iterator[str]:
        return iter((self._root.name,))

    def __len__(self) -> int:
        return 1

    def _opened(self) -> LocalService:
        with self._opening:
            if self._local is None:
                self._local = LocalService(self._closing.enter_context(self._open_app()))
            return self._local
