"""EPUB books: HTML pages in a ZIP file, read without pandoc, which unstructured would need."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import unquote

from lxml import etree

from pagesight.adapters.unstructured.decoding import decoded
from pagesight.adapters.unstructured.markup import data_picture, read_markup
from pagesight.errors import DocumentError
from pagesight.flow import Flow, Section

_CONTAINER = "META-INF/container.xml"
_RIGHTS = "META-INF/rights.xml"
"""Is there where a shop has encrypted the book."""


def read_book(path: Path) -> Flow:
    """A section for each file of the book, in the order of reading.

    Raises:
        DocumentError: the book is encrypted.
        Exception: whatever a damaged file makes the libraries raise.
    """
    with zipfile.ZipFile(path) as book:
        if _RIGHTS in book.namelist():
            raise DocumentError(f"{path} is protected by its shop and cannot be read")
        opf = _parsed(book.read(_CONTAINER)).xpath(
            "string(//*[local-name()='rootfile']/@full-path)"
        )
        package = _parsed(book.read(opf))
        title = " ".join(package.xpath("string(//*[local-name()='title'])").split())
        sections = []
        for name in _spine(package, posixpath.dirname(opf)):
            fetch = partial(_picture, book, posixpath.dirname(name))
            markup = read_markup(decoded(book.read(name)), fetch)
            if markup.pieces or markup.unseen:
                sections.append(Section(pieces=markup.pieces, unseen=markup.unseen))
    return Flow(title=title, sections=tuple(sections))


def _spine(package: etree._Element, folder: str) -> Iterator[str]:
    """Names of the book's pages in its ZIP file."""
    pages = {
        item.get("id"): item.get("href")
        for item in package.iter("{*}item")
        if "html" in (item.get("media-type") or "")
    }
    for reference in package.iter("{*}itemref"):
        href = pages.get(reference.get("idref"))
        if href:
            yield posixpath.normpath(posixpath.join(folder, unquote(href)))


def _picture(book: zipfile.ZipFile, folder: str, address: str) -> bytes | None:
    if ":" in address:
        return data_picture(address)
    name = posixpath.normpath(posixpath.join(folder, unquote(address)))
    return book.read(name) if name in book.namelist() else None


def _parsed(data: bytes) -> etree._Element:
    """XML without entities that load or multiply."""
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
