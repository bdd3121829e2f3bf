"""What the commands print: JSON for programs, text for people."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table as Grid
from rich.text import Text

from pagesight.document import Chunk, Document, Page
from pagesight.library import Library
from pagesight.results import Answer, Citation, Hit

SNIPPET = 320
"""Characters of a hit that are shown."""

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


def hit_json(hit: Hit, library: Library) -> dict[str, object]:
    """A hit with what a program needs to show it."""
    chunk = hit.chunk
    return {
        "rank": hit.rank,
        "score": round(hit.score, 6),
        "ranks": dict(hit.ranks),
        "chunk": chunk.id,
        "document_id": chunk.document_id,
        "document": hit.document.name,
        "source": hit.document.source,
        "title": hit.document.title,
        "kind": chunk.kind,
        "label": chunk.label,
        "pages": [page + 1 for page in chunk.pages],
        "page_labels": list(hit.page_labels),
        "headings": list(chunk.heading_path),
        "text": chunk.text,
        "html": chunk.html,
        "crop": str(library.crop_path(chunk.image)) if chunk.image else "",
        "regions": [
            {"page": region.page + 1, "bbox": dataclasses.astuple(region.bbox)}
            for region in chunk.regions
        ],
    }


def answer_json(answer: Answer, library: Library) -> dict[str, object]:
    """An answer with its citations and the evidence that was shown."""
    return {
        "text": answer.text,
        "grounded": answer.grounded,
        "answerer": answer.answerer,
        "citations": list(answer.citations),
        "evidence": [
            {"mark": piece.mark, **hit_json(piece.hit, library)} for piece in answer.evidence
        ],
        "unknown_marks": answer.unknown_marks,
        "usage": dict(answer.usage),
        "timings": {stage: round(seconds, 4) for stage, seconds in answer.timings.items()},
    }


def print_hits(hits: Sequence[Hit], library: Library) -> None:
    """Ranked hits: where, what, and why they were found."""
    if not hits:
        console.print("Nothing was found.")
    for hit in hits:
        chunk = hit.chunk
        head = Text(f"{hit.rank:>2}. ", style="bold")
        head.append(f"{chunk.label or chunk.kind}", style="bold cyan")
        head.append(f"  {hit.document.name}, {_pages(chunk.pages, hit.page_labels)}")
        found = "  ".join(f"{name} {rank}" for name, rank in sorted(hit.ranks.items()))
        head.append(f"  [{found}]", style="dim")
        console.print(head)
        if chunk.heading_path:
            console.print(Text(f"    {' > '.join(chunk.heading_path)}", style="dim"))
        snippet = " ".join(chunk.text.split())
        cut = snippet[:SNIPPET] + ("..." if len(snippet) > SNIPPET else "")
        console.print(Text(f"    {cut}"))
        if chunk.image:
            console.print(Text(f"    crop: {library.crop_path(chunk.image)}", style="dim"))


def print_answer(answer: Answer, *, streamed: bool) -> None:
    """The answer, unless it was streamed already, and the sources under it: one a citation."""
    console.print("" if streamed else Text(answer.text))
    if answer.citations:
        console.print(Text("\nSources", style="bold"))
    for citation in answer.citations:
        console.print(_source_line(citation))
        quote = " ".join(citation.quote.split())
        console.print(Text(f'    "{quote}"', style="italic"))
        box = citation.boxes[0].bbox
        place = f"    box {box.x0:.0f}, {box.y0:.0f}, {box.x1:.0f}, {box.y1:.0f} pt"
        if len(citation.boxes) > 1:
            place += f" and {len(citation.boxes) - 1} more"
        if citation.crop:
            place += f"; crop {citation.crop}"
        console.print(Text(place, style="dim"))
    if answer.answerer == "extractive":
        note = "Extractive answer: quoted from the documents, no language model is configured."
    else:
        checked = sum(citation.verified for citation in answer.citations)
        note = f"{answer.answerer}: {checked} of {len(answer.citations)} citations are verbatim."
        if answer.unknown_marks:
            note += f" {answer.unknown_marks} marks pointed to nothing and were removed."
    console.print(Text(f"\n{note}", style="dim"))


def _source_line(citation: Citation) -> Text:
    line = Text(f"[{citation.mark}] ", style="bold")
    line.append(citation.label or citation.kind, style="bold cyan")
    pages = tuple(dict.fromkeys(box.page_index for box in citation.boxes))
    labels = tuple(dict.fromkeys(box.page_label for box in citation.boxes))
    line.append(f"  {citation.document}, {_pages(pages, labels)}")
    if not citation.verified:
        line.append("  (not verbatim)", style="yellow")
    return line


def _pages(indices: Sequence[int], labels: Sequence[str]) -> str:
    """ "page 31 (3-7)": the number in the file, and the printed label where it differs."""
    numbers = [str(index + 1) for index in indices]
    word = "page" if len(numbers) == 1 else "pages"
    printed = "" if list(labels) == numbers else f" ({', '.join(labels)})"
    return f"{word} {', '.join(numbers)}{printed}"


def print_documents(documents: Sequence[Document]) -> None:
    """One row a document."""
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    grid.add_column("id")
    grid.add_column("document", overflow="fold")
    grid.add_column("title", overflow="fold")
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
        grid.add_row(document.id[:12], Text(document.name), Text(document.title), *map(str, counts))
    console.print(grid)


def document_json(
    document: Document, pages: Sequence[Page], chunks: Sequence[Chunk], library: Library
) -> dict[str, object]:
    """A document with its pages, and its figures and tables."""
    return {
        **dataclasses.asdict(document),
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


def print_document(
    document: Document, pages: Sequence[Page], chunks: Sequence[Chunk], library: Library
) -> None:
    """A document: its counts, its figures and tables, and what went wrong with it."""
    print_documents([document])
    console.print(Text(f"\n{document.source}"))
    console.print(Text(f"printed page labels: {pages[0].label} to {pages[-1].label}"))
    for page in pages:
        if page.error:
            console.print(Text(f"page {page.number}: {page.error}", style="yellow"))
    for chunk in chunks:
        if chunk.image:
            line = Text(f"{chunk.label or chunk.kind}", style="bold cyan")
            line.append(f"  page {chunk.pages[0] + 1}  ")
            line.append(" ".join(chunk.text.split())[:100])
            line.append(f"  {library.crop_path(chunk.image)}", style="dim")
            console.print(line)


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
    for section, values in sections.items():
        sys.stdout.write(f"[{section}]\n")
        for key, value in values.items():
            sys.stdout.write(f"{key} = {json.dumps(value, ensure_ascii=False)}\n")
        sys.stdout.write("\n")
