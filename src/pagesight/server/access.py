"""What a route gets: the library that its path names, for callers who may see or change it.

A library that is not the caller's is answered as one that is not there, so that names tell
nothing.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path, Request

from pagesight.server.callers import Caller
from pagesight.server.problems import Problem
from pagesight.server.shelves import Shelf, Shelves


def shelves(request: Request) -> Shelves:
    """Everything that is served: for routes that belong to no library."""
    found: Shelves = request.app.state.shelves
    return found


def caller(request: Request) -> Caller:
    """Whom the guard let in."""
    found: Caller = request.state.caller
    return found


def readable(
    library: Annotated[str, Path(description="Name of the library.", max_length=200)],
    all: Annotated[Shelves, Depends(shelves)],
    who: Annotated[Caller, Depends(caller)],
) -> Shelf:
    shelf = all.libraries.get(library)
    if shelf is None or not who.sees(library):
        raise Problem(404, "no such library", f"there is no library {library!r} for this key")
    return shelf


def writable(
    shelf: Annotated[Shelf, Depends(readable)], who: Annotated[Caller, Depends(caller)]
) -> Shelf:
    if not who.writes:
        raise Problem(403, "read only", "this key may not change anything: use one that may write")
    return shelf


Everything = Annotated[Shelves, Depends(shelves)]
Who = Annotated[Caller, Depends(caller)]
Readable = Annotated[Shelf, Depends(readable)]
Writable = Annotated[Shelf, Depends(writable)]
