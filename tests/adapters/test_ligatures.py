from __future__ import annotations

from pathlib import Path
from typing import Any

import pymupdf
import pytest

from pagesight.adapters.pymupdf import PyMuPDFParser
from pagesight.document import TextBlock


class Crops:
    def put(self, png: bytes) -> str:
        return "crop"


def a_page(path: Path, encoding: str, told: str) -> Path:
    """One word: the code 31, then "eory", in a font with that encoding and map to Unicode."""
    document: Any = pymupdf.open()
    page = document.new_page()
    font = page.insert_font(fontname="helv")
    page.insert_text((72, 72), "x", fontname="helv")
    document.xref_set_key(font, "Encoding", encoding)
    stream = document.get_new_xref()
    document.update_object(stream, "<<>>")
    document.update_stream(
        stream,
        b"begincmap 1 begincodespacerange <00><ff> endcodespacerange\n2 beginbfrange\n<1f><1f><"
        + told.encode("utf-16-be").hex().encode()
        + b">\n<61><7a><0061>\nendbfrange endcmap",
    )
    document.xref_set_key(font, "ToUnicode", f"{stream} 0 R")
    document.update_stream(page.get_contents()[0], b"BT /helv 12 Tf 72 700 Td (\037eory) Tj ET")
    document.save(path)
    return path


def text_of(path: Path) -> str:
    (content,) = PyMuPDFParser(Crops(), None).parse_pages(path, 0, 1)
    (block,) = content.elements
    assert isinstance(block, TextBlock)
    return block.text


@pytest.mark.parametrize(
    ("glyph", "told", "read"),
    [
        ("T_h", "h", "Theory"),
        ("f_f_i", "i", "ffieory"),
        ("fl", "l", "fleory"),
        ("T_h", "Th", "Theory"),
        ("T_h", "x", "xeory"),
        ("h", "h", "heory"),
    ],
)
def test_a_ligature_that_is_told_by_its_last_letter_reads_as_all_of_them(
    tmp_path: Path, glyph: str, told: str, read: str
) -> None:
    encoding = f"<</Type/Encoding/BaseEncoding/WinAnsiEncoding/Differences[31/{glyph}]>>"
    assert text_of(a_page(tmp_path / "a.pdf", encoding, told)) == read


def test_a_font_whose_encoding_is_not_there_costs_no_page(tmp_path: Path) -> None:
    assert "eory" in text_of(a_page(tmp_path / "a.pdf", "999 0 R", "h"))
