"""Prints ranked hits: where, what, and why they were found."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

from rich.text import Text

from pagesight.cli.output import console, page_names

if TYPE_CHECKING:
    from pagesight.results import Field
    from pagesight.views import Explained, FoundPassage

SNIPPET = 320
"""Characters of a hit that are shown."""
_INDENT = "    "
_GAP = "\N{NO-BREAK SPACE}"
"""Between what must stand on one line."""
_FIELDS: dict[Field, str] = {"body": "", "heading": "in headings: ", "title": "in the title: "}
_FACTORS = {"document": "for its document", "superseded": "as superseded"}


def print_hits(hits: Sequence[FoundPassage]) -> None:
    """Ranked hits, each with its explanation where there is one."""
    if not hits:
        console.print("Nothing was found.")
    for hit in hits:
        told = hit.explanation
        head = Text(f"{hit.rank:>2}. ", style="bold")
        head.append(f"{hit.label or hit.kind}", style="bold cyan")
        head.append(f"  {hit.document}, {page_names(hit.pages, hit.page_labels)}")
        if told is None:
            found = "  ".join(f"{name} {rank}" for name, rank in sorted(hit.ranks.items()))
            head.append(f"  [{found}]", style="dim")
        console.print(head)
        if hit.superseded_by:
            console.print(Text(f"{_INDENT}superseded by {hit.superseded_by}", style="yellow"))
        if hit.repeats:
            again = ", ".join(map(str, hit.repeats))
            console.print(Text(f"{_INDENT}the same again: page {again}", style="dim"))
        if hit.headings:
            console.print(Text(f"{_INDENT}{' > '.join(hit.headings)}", style="dim"))
        console.print(_snippet(hit))
        if hit.crop:
            console.print(Text(f"{_INDENT}crop: {hit.crop}", style="dim"))
        if told is not None:
            _print_explanation(hit.score, told)


def _snippet(hit: FoundPassage) -> Text:
    """The beginning of a hit; the words that it shares with the question stand out."""
    from pagesight.explaining import pattern

    words = " ".join(hit.text.split())
    cut = words[:SNIPPET] + ("..." if len(words) > SNIPPET else "")
    text = Text(f"{_INDENT}{cut}")
    if hit.explanation and (marked := pattern(each.word for each in hit.explanation.words)):
        text.highlight_regex(marked, "bold green")
    return text


def _print_explanation(score: float, told: Explained) -> None:
    if told.reasons:
        _print_line("why", "; ".join(told.reasons))
    if told.words:
        by_field = (
            before + ", ".join(each.word for each in told.words if each.field == field)
            for field, before in _FIELDS.items()
            if any(each.field == field for each in told.words)
        )
        _print_line("words", "; ".join(by_field))
    shares, late = (
        " + ".join(
            f"{each.list}{_GAP}#{each.rank}{_GAP}{each.share:.3f}"
            for each in told.lists
            if each.late == is_late
        )
        for is_late in (False, True)
    )
    factors = "".join(
        f" x{_GAP}{factor:.2f} {_FACTORS.get(name, name)}" for name, factor in told.factors.items()
    )
    summed = f"({shares}){factors}" if factors else shares
    _print_line("score", f"{score:.3f} = {summed}{f' + {late}' if late else ''}")


def _print_line(name: str, said: str) -> None:
    """What is said under its name, broken to the width of the screen."""
    before = f"{_INDENT}{name:<6}"
    lines = wrap(
        said, console.width - 1, initial_indent=before, subsequent_indent=" " * len(before)
    )
    for line in lines:
        console.print(Text(line.replace(_GAP, " "), style="dim"))
