"""What the commands print: JSON for programs, text for people."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table as Grid
from rich.text import Text

from pagesight.document import Chunk, Document, Page

if TYPE_CHECKING:
    from pagesight.library import Library

_WORDS = 60
"""Characters of a figure's or table's words: with label and page they fill a line of 80."""
_ID = 12
"""Digits of an id that are shown, and enough to find the document by."""

console = Console(highlight=False, soft_wrap=True)


def print_json(value: object, *, indent: int | None = 2) -> None:
    """One JSON value, Unicode as it is."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=indent, default=plain) + "\n")
    sys.stdout.flush()


def plain(value: object) -> object:
    """A dataclass as an object; other values as text."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return dict(value) if isinstance(value, Mapping) else str(value)


def page_names(pages: Sequence[int], labels: Sequence[str]) -> str:
    """ "page 31 (3-7)": the 1-based number in the file, and the printed label where it
    differs."""
    numbers = [str(page) for page in pages]
    word = "page" if len(numbers) == 1 else "pages"
    printed = "" if list(labels) == numbers else f" ({', '.join(labels)})"
    return f"{word} {', '.join(numbers)}{printed}"


def print_documents(documents: Sequence[Document]) -> None:
    """One row a document: its title stands under its name."""
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    grid.add_column("id", no_wrap=True, min_width=_ID)
    grid.add_column("document", overflow="fold")
    for name in ("pages", "chunks", "figures", "tables", "OCR", "failed"):
        grid.add_column(name, justify="right")
    for document in documents:
        counts = (
            document.page_count,
            document.chunks,
            document.figures,
            document.tables,
            document.ocr_pages,
            document.failed_pages,
        )
        names = Text.assemble(document.name, (f"\n{document.title}", "dim"))
        grid.add_row(document.id[:_ID], names, *map(str, counts))
    console.print(grid)


def document_json(
    document: Document, pages: Sequence[Page], chunks: Sequence[Chunk], library: Library
) -> dict[str, object]:
    """A document with its audit, its pages, and its figures and tables."""
    return {
        **dataclasses.asdict(document),
        "audit": _audit_json(document),
        "pages": [{"number": page.number, **dataclasses.asdict(page)} for page in pages],
        "visuals": [
            {
                "kind": chunk.kind,
                "label": chunk.label,
                "page": chunk.pages[0] + 1,
                "text": chunk.text,
                "crop": str(library.crop_path(chunk.image)),
            }
            for chunk in chunks
            if chunk.image
        ],
    }


def _audit_json(document: Document) -> dict[str, object]:
    from pagesight.views import found_in

    return {
        **dataclasses.asdict(document.audit),
        "unreadable_share": round(document.audit.unreadable_share, 6),
        "findings": list(found_in(document)),
    }


def print_document(
    document: Document, pages: Sequence[Page], chunks: Sequence[Chunk], library: Library
) -> None:
    """A document: its audit, then its figures and tables."""
    from pagesight.views import found_in

    grid = Grid(box=None, pad_edge=False, show_header=False)
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in _known(document, pages).items():
        if value:
            grid.add_row(name, Text(value))
    for finding in found_in(document):
        grid.add_row("finding", Text(finding, style="yellow"))
    console.print(grid, "")
    for chunk in chunks:
        if chunk.image:
            words = " ".join(chunk.text.split())[:_WORDS]
            shown = Text.assemble(
                (chunk.label or chunk.kind, "bold cyan"),
                f"  page {chunk.pages[0] + 1}  {words}",
                (f"\n    crop: {library.crop_path(chunk.image)}", "dim"),
            )
            console.print(shown)


def _known(document: Document, pages: Sequence[Page]) -> dict[str, str]:
    """What is known of a document, by name; "" for what nobody has said."""
    from pagesight.audit import runs

    found, said = document.audit, document.metadata
    by_ocr = [str(page.number) for page in pages if page.ocr]
    word = "page" if len(by_ocr) == 1 else "pages"
    share = 100 * found.unreadable_share
    return {
        "document": document.name,
        "id": document.id[:_ID],
        "title": document.title,
        "source": document.source,
        "revision": said.revision,
        "language": said.language,
        "tags": ", ".join(said.tags),
        "supersedes": ", ".join(said.supersedes),
        "pages": f"{document.page_count:,}, {document.failed_pages:,} of them failed",
        "by OCR": f"{word} {runs(by_ocr)}" if by_ocr else "",
        "labels": found.labels or "the page numbers",
        "text": f"{found.characters:,} characters, {share:.2f} % of them unreadable",
        "found": f"{document.figures:,} figures, {document.tables:,} tables, "
        f"{document.chunks:,} chunks",
    }


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error: call it with (done, in all)."""
    stderr = Console(stderr=True)
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=stderr, transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def print_settings(sections: Mapping[str, Mapping[str, object]]) -> None:
    """The settings as TOML that can be saved and given to --config."""
    from pagesight.settings import toml

    sys.stdout.write(toml(sections))
