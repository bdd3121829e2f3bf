"""Bad inputs: each gives one clear line, and the rest of the batch is ingested."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pymupdf
import pytest

from tests.conftest import SAMPLES, json_of, run_pagesight

GOOD_TEXT = "The coupling guard is fastened with four bolts."
AES_256 = 5
"""pymupdf.PDF_ENCRYPT_AES_256, which its type information lacks."""
NO_CLIP = ("--set", "visual.enabled=false")


def good(path: Path) -> None:
    with pymupdf.open() as document:
        document.new_page().insert_text((72, 72), GOOD_TEXT)
        document.save(path)


def not_a_pdf(path: Path) -> None:
    path.write_text("<html>a web page that was saved under a wrong name</html>")


def empty(path: Path) -> None:
    path.write_bytes(b"")


def truncated(path: Path) -> None:
    path.write_bytes((SAMPLES / "lx7302-datasheet.pdf").read_bytes()[:900])


def encrypted(path: Path) -> None:
    with pymupdf.open() as document:
        document.new_page().insert_text((72, 72), "secret")
        document.save(path, encryption=AES_256, owner_pw="owner", user_pw="user")


def zero_pages(path: Path) -> None:
    path.write_bytes(
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    )


def blank(path: Path) -> None:
    with pymupdf.open() as document:
        document.new_page()
        document.save(path)


BAD: dict[str, tuple[Callable[[Path], None], str]] = {
    "not a PDF": (not_a_pdf, "PDF"),
    "no bytes": (empty, "empty"),
    "truncated": (truncated, "damaged"),
    "encrypted": (encrypted, "password"),
    "no pages": (zero_pages, "no pages"),
    "nothing on the page": (blank, "no text, figure or table"),
}


def lines_about(done: subprocess.CompletedProcess[str], name: str) -> list[str]:
    return [line for line in (done.stdout + done.stderr).splitlines() if name in line]


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """All bad files, a missing one and an empty folder in one batch, a good file at either end."""
    folder = tmp_path_factory.mktemp("bad")
    good(folder / "a-good.pdf")
    for number, (make, _) in enumerate(BAD.values()):
        make(folder / f"bad-{number}.pdf")
    shutil.copy(folder / "a-good.pdf", folder / "z-same.pdf")
    (folder / "sub").mkdir()
    (folder / "sub" / "notes.ini").write_text("no PDF here")
    done = run_pagesight(
        "ingest",
        folder,
        folder / "missing.pdf",
        folder / "sub",
        *NO_CLIP,
        "--library",
        folder / "library",
    )
    assert "Traceback" not in done.stderr
    hits = json_of("search", "coupling guard", "--library", folder / "library")
    assert hits[0]["text"] == GOOD_TEXT
    return done


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_one_line_with_the_reason(
    batch: subprocess.CompletedProcess[str], name: str
) -> None:
    number = list(BAD).index(name)
    (line,) = lines_about(batch, f"bad-{number}.pdf")
    assert line.startswith("FAILED")
    assert BAD[name][1] in line


@pytest.mark.parametrize(
    ("name", "reason"),
    [("missing.pdf", "no such file or folder"), ("sub:", "the folder holds no documents")],
)
def test_a_path_without_documents_is_one_line(
    batch: subprocess.CompletedProcess[str], name: str, reason: str
) -> None:
    (line,) = lines_about(batch, name)
    assert reason in line


def test_the_rest_of_the_batch_is_ingested(batch: subprocess.CompletedProcess[str]) -> None:
    assert batch.returncode == 1
    failed = len(BAD) + 2
    assert f"1 documents stored (1 pages), 1 already there, {failed} failed" in batch.stdout


ORDINARY = "-dac_override,-dac_read_search"
"""What root has more than the owner of a file."""


def test_a_file_without_permission_is_one_line(tmp_path: Path) -> None:
    through: tuple[str, ...] = ()
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root may read every file, and setpriv is not there to change that")
        through = ("setpriv", f"--inh-caps={ORDINARY}", f"--bounding-set={ORDINARY}")
    good(tmp_path / "locked.pdf")
    good(tmp_path / "open.pdf")
    with (tmp_path / "open.pdf").open("ab") as file:
        file.write(b"% not the same bytes")
    (tmp_path / "locked.pdf").chmod(0)
    command = ("ingest", tmp_path, *NO_CLIP, "--library", tmp_path / "library")
    done = run_pagesight(*command, through=through)
    (line,) = lines_about(done, "locked.pdf")
    assert line.startswith("FAILED")
    assert "permission" in line.lower()
    assert "1 documents stored" in done.stdout


def test_a_scan_without_tesseract_fails_with_the_remedy_and_is_read_when_it_is_there(
    tmp_path: Path,
) -> None:
    scan = SAMPLES / "acceptance-test-report-1994.pdf"
    command = ("ingest", scan, *NO_CLIP, "--library", tmp_path / "library")
    without = run_pagesight(*command, environment={"PATH": "/nowhere"})
    (line,) = lines_about(without, scan.name)
    assert line.startswith("FAILED")
    assert "tesseract" in line
    if shutil.which("tesseract") is None:
        pytest.skip("tesseract is not installed")
    assert run_pagesight(*command).returncode == 0


def test_a_folder_that_is_no_library_is_refused(tmp_path: Path) -> None:
    (tmp_path / "catalogue.db").write_text("this is not a database, it is a note to myself")
    done = run_pagesight("search", "x", "--library", tmp_path)
    assert done.returncode == 3
    assert "no pagesight library" in done.stderr
    assert done.stderr.count("\n") == 1
