"""Characters of a block changed, its lines and links moved along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pagesight.document import Span, TextBlock


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Characters [start, end) of a text become `text`."""

    start: int
    end: int
    text: str


def edited(block: TextBlock, edits: Sequence[Edit]) -> TextBlock:
    """The block with all `edits`, which are in the order of the text and do not overlap."""
    text, spans = edited_text(block.text, block.spans, edits)
    links = tuple(
        replace(link, start=_moved(link.start, edits), end=_moved(link.end, edits))
        for link in block.links
    )
    return replace(block, text=text, spans=spans, links=links)


def edited_text(
    text: str, spans: Sequence[Span], edits: Sequence[Edit]
) -> tuple[str, tuple[Span, ...]]:
    """A text with all `edits`, and its spans. What is put in where a line ends is the line's; lines
    of which nothing is left go."""
    moved = (
        replace(span, start=_moved(span.start, edits), end=_moved(span.end, edits))
        for span in spans
    )
    for edit in reversed(edits):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text, tuple(span for span in moved if span.start < span.end)


def _moved(position: int, edits: Sequence[Edit]) -> int:
    before = (edit for edit in edits if edit.end <= position)
    return position + sum(len(edit.text) - (edit.end - edit.start) for edit in before)
