"""Plain text, Markdown and web pages."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from unstructured.partition.text import partition_text

from pagesight.adapters.unstructured.decoding import decoded
from pagesight.adapters.unstructured.elements import pieces_of
from pagesight.adapters.unstructured.engine import guess_titles
from pagesight.adapters.unstructured.markup import Markup, linked_picture, read_markup
from pagesight.flow import Flow, Piece, Section

_EXTENSIONS = ("tables", "fenced_code", "sane_lists", "footnotes")
_NO_ARROWS = {"footnotes": {"BACKLINK_TEXT": ""}}
"""From a note back to its mark."""


def read_text(path: Path) -> Flow:
    """Paragraphs and list items; nothing in a plain text says what is a heading."""
    pieces = text_pieces(decoded(path.read_bytes()))
    return Flow(title="", sections=(Section(pieces=tuple(pieces)),))


def text_pieces(text: str) -> list[Piece]:
    """The paragraphs of a plain text."""
    guess_titles(False)
    return list(pieces_of(partition_text(text=text))) if text.strip() else []


def read_markdown(path: Path) -> Flow:
    """Markdown with tables and code, as HTML."""
    from markdown import markdown

    text = decoded(path.read_bytes())
    body = markdown(text, extensions=_EXTENSIONS, extension_configs=_NO_ARROWS)
    return _flow(read_markup(body, partial(linked_picture, path.parent)))


def read_web(path: Path) -> Flow:
    """A web page. Nothing is loaded: pictures are those in the file itself and in its folder."""
    return _flow(read_markup(decoded(path.read_bytes()), partial(linked_picture, path.parent)))


def _flow(markup: Markup) -> Flow:
    section = Section(pieces=markup.pieces, unseen=markup.unseen)
    return Flow(title=markup.title, sections=(section,))
