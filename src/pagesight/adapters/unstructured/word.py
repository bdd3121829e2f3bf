"""Word documents: text, lists, tables and headings by unstructured; pictures, notes, text boxes
and hidden runs by python-docx, by which unstructured reads them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docx
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import qn
from unstructured.documents.elements import ElementMetadata, Image
from unstructured.partition.docx import partition_docx, register_picture_partitioner

from pagesight.adapters.unstructured.elements import pieces_of
from pagesight.adapters.unstructured.engine import guess_titles
from pagesight.flow import Flow, Passage, Picture, Piece, Section, Unseen

_NOTES = ("footnotes", "endnotes", "comments")
"""Parts of the file that unstructured does not read."""


_DELETED = ("w:del", "w:moveFrom")
"""What a tracked change takes away."""
_WRAPPERS = (
    "w:sdt",
    "w:sdtContent",
    "w:ins",
    "w:moveTo",
    "w:smartTag",
    "w:customXml",
    "w:fldSimple",
)
"""Content controls, what a tracked change adds, fields: python-docx does not look into them."""
_PROPERTIES = ("w:sdtPr", "w:sdtEndPr", "w:smartTagPr", "w:customXmlPr", "w:fldData")
_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_OPERATORS = {"f": "/", "sSup": "^", "sSub": "_"}
"""Between the two parts of a fraction, a power, an index."""


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
    _resolve(document)
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


def accepted(path: Path) -> bytes | None:
    """The file with its tracked changes made, for programs that would print what was deleted as
    well; None where nothing was deleted.

    Raises:
        Exception: whatever a damaged file makes the library raise.
    """
    document = docx.Document(str(path))
    if not document.element.body.xpath("|".join(f".//{name}" for name in _DELETED)):
        return None
    _accept(document)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _accept(document: Any) -> None:
    body = document.element.body
    for row in body.xpath(".//w:tr[w:trPr/w:del]"):
        row.getparent().remove(row)
    for each in body.xpath("|".join(f".//{name}" for name in _DELETED)):
        each.getparent().remove(each)


def _resolve(document: Any) -> None:
    """Makes tracked changes, and puts in the place of wrappers and formulas what is in them."""
    _accept(document)
    body = document.element.body
    for each in body.xpath("|".join(f".//{name}" for name in _PROPERTIES)):
        each.getparent().remove(each)
    for formula in body.iter(f"{_MATH}oMath"):
        run = OxmlElement("w:r")
        run.text = linear(formula)
        parent = formula.getparent()
        (parent if parent.tag == f"{_MATH}oMathPara" else formula).addprevious(run)
    for each in body.xpath("|".join(f".//{name}" for name in _WRAPPERS)):
        for child in list(each):
            each.addprevious(child)
        each.getparent().remove(each)


def linear(formula: Any) -> str:
    """A formula on one line: "E=m c^(2)"."""
    kind = formula.tag.removeprefix(_MATH)
    if kind == "t":
        return formula.text or ""
    parts = [said for child in formula if (said := linear(child))]
    if kind in _OPERATORS and len(parts) == 2:
        return f"{_grouped(parts[0])}{_OPERATORS[kind]}{_grouped(parts[1])}"
    return f"√({''.join(parts)})" if kind == "rad" else "".join(parts)


def _grouped(text: str) -> str:
    return text if len(text) == 1 or text.isalnum() else f"({text})"


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
            # Not itertext(): python-docx gives paragraphs and runs the text of what is in them.
            text = " ".join("".join(note.xpath(".//w:t/text()")).split())
            if text and note.get(qn("w:type")) is None:
                author = note.get(qn("w:author"))
                count = f"by {author}" if author else note.get(qn("w:id")) or number
                said = f"{kind[:-1].capitalize()} {count}"
                yield Passage(text=f"{said}: {text}", role="footnote")


def _said(drawing: Any) -> str:
    """What is said in place of a picture."""
    for each in drawing.iter("{*}docPr"):
        return " ".join((each.get("descr") or each.get("title") or "").split())
    return ""
