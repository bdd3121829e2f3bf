"""The last rankings, for as long as the library stays as it was."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from pagesight.files import digest
from pagesight.results import Filter, Query

REMEMBERED = 128
"""Rankings that are kept, each some 100 kB: questions come again within minutes, by a page that is
loaded anew, by a second hit list of the same search, or by several who read the same thing."""

Found = TypeVar("Found")

Asked = tuple[str, str, Filter, int | None]
"""Text, digest of the picture, filter, count: all that a ranking depends on beside the library."""


class Memory(Generic[Found]):
    """What was found for the last questions at the library's present revision.

    The revision grows with every commit of any process, and once more when an index of words has
    learnt what was committed, so that nothing old is given longer than a search would find it.
    It may be used from any thread.
    """

    def __init__(self, revision: Callable[[], int], *, remembered: int = REMEMBERED) -> None:
        self._now = revision
        self._remembered = remembered
        self._known: OrderedDict[Asked, Found] = OrderedDict()
        """What was asked last comes last."""
        self._revision = -1
        """That of everything known."""
        self._lock = threading.Lock()

    def recall(self, asked: Asked) -> Found | None:
        """None where it was not asked since the library last changed."""
        revision = self._now()
        with self._lock:
            if revision != self._revision or asked not in self._known:
                return None
            self._known.move_to_end(asked)
            return self._known[asked]

    def learn(self, asked: Asked, found: Found, revision: int) -> None:
        """Keeps what was found by a search that began at this revision, unless the library has
        changed since: what was found may then be of neither state."""
        if revision != self._now():
            return
        with self._lock:
            if revision > self._revision:
                self._known.clear()
                self._revision = revision
            if revision == self._revision:
                self._known[asked] = found
                self._known.move_to_end(asked)
            while len(self._known) > self._remembered:
                self._known.popitem(last=False)


def asked_for(query: Query, count: int | None) -> Asked | None:
    """None where the picture cannot be read: whoever looks at it says why."""
    try:
        picture = digest(query.image) if query.image is not None else ""
    except OSError:
        return None
    return query.text, picture, query.filter, count
