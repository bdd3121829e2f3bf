"""Documents that have no pages of their own (Word, HTML, mail ...), and the pages made of them.

A reader gives a Flow, a printer makes a Rendition of it: a PDF that can be shown, with all that
stands in it at its place.
"""

from __future__ import annotations

from dataclasses import dataclass

from pagesight.document import Cell, HiddenReason, Kind, Link, PageContent, Role
from pagesight.geometry import BBox


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A paragraph, heading, list item ..."""

    text: str
    role: Role = "paragraph"
    level: int = 0
    """Of a heading, 1 for the outermost; 0 for all else."""
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table; its cells have no place yet, and the page 0."""

    cells: tuple[Cell, ...]
    header_rows: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An image file's bytes, and what the document says in its place ("alt text")."""

    data: bytes
    text: str = ""


Piece = Passage | Grid | Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """Text that who opens the file does not see."""

    text: str
    reason: HiddenReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What begins on a page of its own: a slide, a sheet, what follows a page break."""

    pieces: tuple[Piece, ...]
    label: str = ""
    """The slide's number, the sheet's name; "" for pages that are only counted."""
    unseen: tuple[Unseen, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A document in reading order."""

    title: str
    """That it declares; "" where it declares none."""
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A region of a page, in the order of reading."""

    kind: Kind
    bbox: BBox
    role: Role = "paragraph"
    text: str = ""
    """What was read in it, for a page without a text layer."""
    grid: Grid | None = None
    """The cells of a table, where they are known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendition:
    """A document as a PDF."""

    pdf: bytes
    contents: tuple[PageContent, ...] = ()
    """What stands on its pages, figures and tables without crops; empty where that is for the
    parser of the PDF to find out."""
