"""Pages of documents as pictures, rendered by processes that can be killed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pagesight.document import Document
from pagesight.errors import DocumentError, PagesightError
from pagesight.files import digest, write_whole
from pagesight.highlights import Highlight, highlighted
from pagesight.library import Library
from pagesight.results import Citation
from pagesight.settings import ParseSettings
from pagesight.workers import picture_in_worker

CITED_DPI = 120
"""Of cited pages: text of 8 points is read without a glass."""
_LONGEST_NAME = 60
"""Characters of a document's name in the name of a picture."""

Place = tuple[str, int]
"""Document id and 0-based page index."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """Pictures of cited pages."""

    paths: tuple[Path, ...]
    """In the order in which the pages are cited."""
    faults: tuple[str, ...]
    """A line for each page that could not be rendered."""


def page_pictures(
    library: Library, parse: ParseSettings, places: Iterable[Place], dpi: int
) -> Iterator[tuple[Place, bytes | PagesightError]]:
    """Each page once, in order: as PNG, or why there is none. A file whose bytes are not those
    that were ingested is not rendered: its boxes may lie elsewhere."""
    from pagesight.adapters.pebble import PebblePool

    wanted = list(dict.fromkeys(places))
    files: dict[str, Path] = {}
    for id in dict.fromkeys(id for id, _ in wanted):
        try:
            files[id] = _file(library, library.document(id))
        except DocumentError as error:
            yield from ((place, error) for place in wanted if place[0] == id)
    tasks = {(files[id], index): (id, index) for id, index in wanted if id in files}
    pool = PebblePool(parse.workers, parse.memory_mb)
    render = partial(picture_in_worker, dpi)
    for task, result in pool.map(render, tasks, lambda task: parse.page_seconds):
        if isinstance(result, bytes):
            yield tasks[task], result
        else:
            path, index = task
            reason = DocumentError(f"{path.name}, page {index + 1}: cannot be rendered ({result})")
            yield tasks[task], reason


def save_cited(
    library: Library, parse: ParseSettings, citations: Sequence[Citation], folder: Path
) -> Saved:
    """Writes every page that is cited as a PNG into the folder, with the boxes of the quotes and
    their marks: "1-manual-p31.png" is page 31 of manual.pdf, and [1] the first mark on it."""
    cited: dict[Place, list[Highlight]] = {}
    names: dict[Place, str] = {}
    for citation in citations:
        marked: set[int] = set()
        for box in citation.boxes:
            place = (citation.document_id, box.page_index)
            mark = "" if box.page_index in marked else f"[{citation.mark}]"
            marked.add(box.page_index)
            cited.setdefault(place, []).append(Highlight(bbox=box.bbox, mark=mark))
            names.setdefault(place, _name(citation, box.page_number))
    paths: dict[Place, Path] = {}
    faults: list[str] = []
    for place, result in page_pictures(library, parse, cited, CITED_DPI):
        if isinstance(result, bytes):
            id, index = place
            paths[place] = folder / names[place]
            width = library.pages(id)[index].width
            write_whole(paths[place], highlighted(result, width, cited[place]))
        else:
            faults.append(str(result))
    return Saved(paths=_ordered(paths, cited), faults=tuple(dict.fromkeys(faults)))


def _ordered(paths: Mapping[Place, Path], places: Iterable[Place]) -> tuple[Path, ...]:
    return tuple(paths[place] for place in places if place in paths)


def _file(library: Library, document: Document | None) -> Path:
    """Where the bytes are that were ingested."""
    if document is None:
        raise DocumentError("a cited document has left the library")
    path = library.original(document)
    try:
        same = digest(path) == document.id
    except OSError as error:
        raise DocumentError(
            f"{document.name}: its pages cannot be shown: {document.source} cannot be read "
            f"({error.strerror})"
        ) from error
    if not same:
        raise DocumentError(
            f"{document.name}: its pages cannot be shown: {document.source} has changed since it "
            "was ingested; ingest it again"
        )
    return path


def _name(citation: Citation, page: int) -> str:
    stem = re.sub(r"[^\w.-]+", "-", Path(citation.document).stem)[:_LONGEST_NAME].strip("-.")
    return f"{citation.mark}-{stem or 'document'}-p{page}.png"
