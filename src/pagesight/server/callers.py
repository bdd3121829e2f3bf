"""Who calls, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Scope = Literal["read", "write"]
SCOPES: tuple[Scope, ...] = ("read", "write")
"""Reading: search, ask, look at pages, say what one thinks. Writing: upload, change and delete
as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Whoever made a request."""

    name: str
    """Of the key; "" where none is needed."""
    scope: Scope
    libraries: tuple[str, ...] | None = None
    """Names of the libraries that exist for this caller; None: all."""
    local: bool = False
    """It is a program of the same user on the same machine: it may name files by path."""

    def sees(self, library: str) -> bool:
        return self.libraries is None or library in self.libraries

    @property
    def writes(self) -> bool:
        return self.scope == "write"
