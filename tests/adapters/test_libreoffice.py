"""LibreOffice as a converter: the program, and a script that takes its arguments and fails."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import docx
import pymupdf
import pytest

from pagesight.adapters.libreoffice import LibreOffice, NoLibreOffice, program
from pagesight.errors import DocumentError


def a_program(folder: Path, does: str) -> str:
    path = folder / "soffice"
    path.write_text(f"#!/bin/sh\nfor last; do :; done\n{does}\n")
    path.chmod(0o755)
    return str(path)


def a_file(folder: Path) -> Path:
    path = folder / "-- my memo.doc"
    path.write_text("memo")
    return path


def test_the_pdf_that_the_program_writes_is_the_rendition(tmp_path: Path) -> None:
    program = a_program(tmp_path, 'cp "$last" "${last%.doc}.pdf"')
    rendition = LibreOffice(program)(a_file(tmp_path))
    assert (rendition.pdf, rendition.contents) == (b"memo", ())


def test_its_profile_is_a_new_one_in_which_no_macro_runs(tmp_path: Path) -> None:
    program = a_program(tmp_path, 'cat profile/user/registrymodifications.xcu > "${last%.doc}.pdf"')
    said = LibreOffice(program)(a_file(tmp_path)).pdf.decode()
    assert 'DisableMacrosExecution" oor:op="fuse"><value>true' in said
    assert 'BlockUntrustedRefererLinks" oor:op="fuse"><value>true' in said


def test_a_program_that_hangs_is_killed_with_what_it_started(tmp_path: Path) -> None:
    mark = tmp_path / "still there"
    program = a_program(tmp_path, f"(sleep 2; touch '{mark}') & wait")
    with pytest.raises(DocumentError, match=r"given up by LibreOffice after 0.3 s: save it as PDF"):
        LibreOffice(program, seconds=0.3)(a_file(tmp_path))
    time.sleep(2)
    assert not mark.exists()


def test_a_file_that_it_cannot_read_is_the_files_fault(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="cannot be read by LibreOffice"):
        LibreOffice(a_program(tmp_path, "exit 1"))(a_file(tmp_path))


def test_without_it_old_files_say_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"\.doc files need LibreOffice: install it, or save"):
        NoLibreOffice()(a_file(tmp_path))


real = pytest.mark.skipif(program() is None, reason="LibreOffice is not installed")


def words_of(pdf: bytes) -> list[str]:
    """Of its pages; then what is written beside them."""
    with pymupdf.open("pdf", pdf) as document:
        texts = [" ".join(page.get_text().split()) for page in document]
        notes = [note.info["content"] for page in document for note in page.annots()]
    return [*texts, *notes]


@real
def test_two_files_are_laid_out_at_once_with_their_comments(tmp_path: Path) -> None:
    word = docx.Document()
    paragraph = word.add_paragraph("The limit is 285 bar.")
    word.add_comment(paragraph.runs, text="It was 280.", author="Ann")
    word.save(str(tmp_path / "limit.docx"))
    (tmp_path / "memo.rtf").write_text(r"{\rtf1\ansi Caf\'e9 at \b noon\b0 .}")
    office = LibreOffice(program() or "")
    with ThreadPoolExecutor(2) as pool:
        limit, memo = pool.map(office, (tmp_path / "limit.docx", tmp_path / "memo.rtf"))
    assert words_of(limit.pdf) == ["The limit is 285 bar.", "It was 280."]
    assert words_of(memo.pdf) == ["Café at noon."]


@real
def test_the_real_program_reads_no_file_that_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "torn.odt").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(DocumentError, match=r"torn.odt cannot be read by LibreOffice"):
        LibreOffice(program() or "")(tmp_path / "torn.odt")
