"""Where tools work: in threads, so that the event loop goes on taking messages."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Final, Protocol, TypeVar

import anyio
import anyio.to_thread

T = TypeVar("T")


class Work(Protocol):
    """Lets work in, as much of it at a time as is good."""

    def stream(self, work: Callable[[], Iterator[T]]) -> AsyncGenerator[T, None]:
        """What the iterator that `work` makes gives, advanced outside of the event loop. It is
        closed when the stream is.

        Raises:
            Exception: too much is going on.
        """


class Threads:
    """Implements Work for the one user of a machine: everything is let in."""

    async def stream(self, work: Callable[[], Iterator[T]]) -> AsyncGenerator[T, None]:
        """See the protocol."""
        pieces = await anyio.to_thread.run_sync(work)
        try:
            while (piece := await anyio.to_thread.run_sync(next, pieces, _END)) is not _END:
                yield piece  # type: ignore[misc]  # it is no _End
        finally:
            close = getattr(pieces, "close", None)
            if close is not None:
                with anyio.CancelScope(shield=True):
                    await anyio.to_thread.run_sync(close)


class _End:
    """Comes after the last piece."""


_END: Final = _End()
