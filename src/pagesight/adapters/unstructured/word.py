"""Word documents: text, lists, tables and headings by unstructured; pictures, notes, text boxes
and hidden runs by python-docx, by which unstructured reads them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docx
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from unstructured.documents.elements import ElementMetadata, Image
from unstructured.partition.docx import partition_docx, register_picture_partitioner

from pagesight.adapters.unstructured.elements import pieces_of
from pagesight.adapters.unstructured.engine import guess_titles
from pagesight.flow import Flow, Passage, Picture, Piece, Section, Unseen

_NOTES = ("footnotes", "endnotes", "comments")
"""Parts of the file that unstructured does not read."""


class _Pictures:
    """Gives pictures their place among the elements; implements unstructured's protocol."""

    found: dict[str, Picture]

    @classmethod
    def iter_elements(cls, paragraph: Any, _: Any) -> Iterator[Image]:
        for drawing in paragraph._p.iter(qn("w:drawing"), qn("w:pict")):
            for image in drawing.iter("{*}blip", "{*}imagedata"):
                id = image.get(qn("r:embed")) or image.get(qn("r:id"))
                part = paragraph.part.related_parts.get(id)
                if part is not None and part.content_type.startswith("image/"):
                    key = f"{len(cls.found)}"
                    cls.found[key] = Picture(data=part.blob, text=_said(drawing))
                    yield Image(text=key, metadata=ElementMetadata())


def read_word(path: Path) -> Flow:
    """Sections are the pages that Word last saw, where it noted them.

    Raises:
        Exception: whatever a damaged file makes the libraries raise.
    """
    document = docx.Document(str(path))
    unseen = _hidden(document)
    boxes = list(_boxes(document))
    notes = list(_notes(document))
    plain = io.BytesIO()
    document.save(plain)
    _Pictures.found = {}
    register_picture_partitioner(_Pictures)
    guess_titles(False)
    plain.seek(0)
    pages: dict[int, list[Piece]] = {}
    for element in partition_docx(file=plain):
        page = pages.setdefault(element.metadata.page_number or 1, [])
        if element.category == "Image":
            page.append(_Pictures.found[element.text])
        else:
            page.extend(pieces_of([element]))
    sections = [Section(pieces=tuple(pieces)) for _, pieces in sorted(pages.items()) if pieces]
    if rest := [*boxes, *notes]:
        sections.append(Section(pieces=tuple(rest)))
    if unseen:
        first = sections[0].pieces if sections else ()
        sections[:1] = [Section(pieces=first, unseen=unseen)]
    return Flow(title=document.core_properties.title or "", sections=tuple(sections))


def _hidden(document: Any) -> tuple[Unseen, ...]:
    """Takes out runs that are marked as hidden."""
    words = []
    for mark in document.element.body.xpath(".//w:r/w:rPr/w:vanish"):
        if mark.get(qn("w:val")) in ("0", "false", "off"):
            continue
        run = mark.getparent().getparent()
        words.append("".join(run.xpath("./w:t/text()")))
        run.getparent().remove(run)
    text = " ".join(" ".join(words).split())
    return (Unseen(text=text, reason="marked as hidden"),) if text else ()


def _boxes(document: Any) -> Iterator[Passage]:
    """Text boxes: drawn over the page, and in no paragraph of it."""
    # Word writes each twice, the second time for older programs.
    for box in document.element.body.xpath(
        ".//w:txbxContent[not(ancestor::*[local-name()='Fallback'])]"
    ):
        for paragraph in box.iter(qn("w:p")):
            if text := "".join(paragraph.xpath(".//w:t/text()")).strip():
                yield Passage(text=text)


def _notes(document: Any) -> Iterator[Passage]:
    for relation in document.part.rels.values():
        kind = relation.reltype.rsplit("/", 1)[-1]
        if kind not in _NOTES or relation.is_external:
            continue
        root = parse_xml(relation.target_part.blob)
        for number, note in enumerate(root.iter(qn(f"w:{kind[:-1]}"))):
            text = " ".join("".join(note.itertext()).split())
            if text and note.get(qn("w:type")) is None:
                said = f"{kind[:-1].capitalize()} {note.get(qn('w:id')) or number}"
                yield Passage(text=f"{said}: {text}", role="footnote")


def _said(drawing: Any) -> str:
    """What is said in place of a picture."""
    for each in drawing.iter("{*}docPr"):
        return " ".join((each.get("descr") or each.get("title") or "").split())
    return ""
