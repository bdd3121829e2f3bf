"""Uploads over real connections: what arrives, what is refused, and that nothing is left behind."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI, Request

from pagesight.server import problems
from pagesight.server.uploaded import Mark, Uploads
from pagesight.server.uploads import receiving, safe_name
from tests.odd_pdfs import manual
from tests.server.listening import listening
from tests.server.uploading import PATIENCE, until

MOST_MB = 2
PDF = b"%PDF-1.7\n"
BOUNDARY = "boundary"


class Bench:
    """A server that takes uploads and keeps nothing of them but their names and fields."""

    def __init__(self, root: Path) -> None:
        self.uploads = Uploads(root / "uploads")
        self.root = root
        self.began = threading.Event()
        self.ended = threading.Event()
        self.errors: list[BaseException] = []
        self.app = FastAPI()
        problems.install(self.app)
        self.app.post("/")(self._take)

    async def _take(self, request: Request) -> dict[str, object]:
        self.began.set()
        try:
            async with receiving(request, self.uploads, MOST_MB) as arrived:
                return {
                    "name": arrived.name,
                    "digest": arrived.digest,
                    "size": arrived.path.stat().st_size,
                    "fields": dict(arrived.fields),
                }
        except BaseException as error:
            self.errors.append(error)
            raise
        finally:
            self.ended.set()

    @property
    def files(self) -> list[str]:
        """All files below the root."""
        return [path.name for path in self.root.rglob("*") if path.is_file()]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "library")


@pytest.fixture
def url(bench: Bench) -> Iterator[str]:
    with listening(bench.app) as address:
        yield address


def test_a_file_arrives_whole_with_its_fields(bench: Bench, url: str, tmp_path: Path) -> None:
    pdf = manual(tmp_path / "unit.pdf", 1)
    form = {"title": "Übersicht", "tags": "a, b"}
    with pdf.open("rb") as file:
        said = httpx.post(url, files={"file": ("Prüfung 1.pdf", file)}, data=form).json()
    assert said["name"] == "Prüfung 1.pdf"
    assert said["size"] == pdf.stat().st_size
    assert said["fields"] == form
    assert bench.files == []


@pytest.mark.parametrize(
    ("content", "status", "reason"),
    [
        (b"<html>a web page</html>", 415, "not a PDF"),
        (b"PK\x03\x04" + b"\0" * 100_000, 415, "not a PDF"),
        (b"", 415, "empty"),
        (b" " * 1024 + PDF, 415, "not a PDF"),
        (PDF + b"\0" * (MOST_MB << 20), 413, "larger than 2 MB"),
    ],
    ids=["web page", "zip", "no bytes", "late header", "too large"],
)
def test_what_is_not_what_it_is_called_or_too_large_is_refused(
    bench: Bench, url: str, content: bytes, status: int, reason: str
) -> None:
    answer = httpx.post(url, files={"file": ("x.pdf", content, "application/pdf")})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert reason in answer.json()["detail"]
    assert bench.files == []


def test_a_pdf_may_begin_late(bench: Bench, url: str) -> None:
    """Some programs put a line or two before it."""
    answer = httpx.post(url, files={"file": ("x.pdf", b"\r\n" * 100 + PDF)})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.docx", b"PK\x03\x04" + b"\0" * 100_000),
        ("a.DOC", bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 100),
        ("a.png", b"\x89PNG\r\n\x1a\n\0"),
        ("a.jpg", b"\x89PNG\r\n\x1a\n\0"),
        ("a.md", b"# Pumps"),
        ("a.csv", "Teil;Größe".encode("utf-16")),
        ("a.txt", PDF),
        ("no ending", PDF),
    ],
)
def test_every_kind_of_document_is_taken(bench: Bench, url: str, name: str, content: bytes) -> None:
    answer = httpx.post(url, files={"file": (name, content)})
    suffix = Path(name).suffix.lower() or ".pdf"
    assert (answer.status_code, answer.json()["name"]) == (200, Path(name).stem + suffix)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.exe", b"MZ\x90\0", ".exe cannot be read; these can: PDF, Word,"),
        ("a", b"words", "files without an ending cannot be read"),
        ("a.docx", b"MZ\x90\0", "the file is not a DOCX, whatever its name"),
        ("a.docx. ", b"MZ\x90\0", "the file is not a DOCX, whatever its name"),
        ("a.png", b"<svg>", "the file is not a PNG, whatever its name"),
        ("a.md", b"MZ\x90\0", "the file is not a MD, whatever its name"),
    ],
)
def test_what_is_no_document_is_refused(
    bench: Bench, url: str, name: str, content: bytes, reason: str
) -> None:
    answer = httpx.post(url, files={"file": (name, content)})
    assert answer.status_code == 415
    assert reason in answer.json()["detail"]
    assert bench.files == []


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/pdf", PDF, 415),
        ("multipart/form-data", PDF, 415),
        (f"multipart/form-data; boundary={BOUNDARY}", b"nothing of the sort", 400),
        (
            f"multipart/form-data; boundary={BOUNDARY}",
            b'--boundary\r\nContent-Disposition: form-data; name="file"\r\n\r\n%PDF-',
            400,
        ),
        (
            f"multipart/form-data; boundary={BOUNDARY}",
            b'--boundary\r\nContent-Disposition: form-data; name="title"\r\n\r\nx'
            b"\r\n--boundary--\r\n",
            422,
        ),
        (
            f"multipart/form-data; boundary={BOUNDARY}",
            b'--boundary\r\nContent-Disposition: form-data; name="title"\r\n\r\n'
            + b"x" * 10_000
            + b"\r\n--boundary--\r\n",
            422,
        ),
        (f"multipart/form-data; boundary={'b' * 1000}", b"--", 400),
    ],
    ids=["bare", "no boundary", "no form", "cut short", "no file", "long field", "long boundary"],
)
def test_what_is_no_form_with_a_file_is_refused(
    bench: Bench, url: str, content_type: str, body: bytes, status: int
) -> None:
    answer = httpx.post(url, content=body, headers={"content-type": content_type})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert bench.files == []


def test_two_files_in_a_form_are_refused(bench: Bench, url: str) -> None:
    files = [("file", ("a.pdf", PDF)), ("file", ("b.pdf", PDF))]
    assert httpx.post(url, files=files).status_code == 422
    assert bench.files == []


def test_a_client_that_goes_away_leaves_nothing(bench: Bench, url: str) -> None:
    address = urlsplit(url)
    head = (
        f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {1 << 20}\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n"
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="x.pdf"\r\n\r\n'
    ).encode()
    with socket.create_connection((address.hostname, address.port)) as client:
        client.sendall(head + PDF + b"\0" * 300_000)
        assert bench.began.wait(PATIENCE)
        until(lambda: bool(bench.files))
    assert bench.ended.wait(PATIENCE)
    assert bench.files == []
    assert bench.errors


def test_where_nothing_can_be_written_the_user_is_told(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "uploads").write_text("no folder")
    with listening(Bench(tmp_path / "library").app) as url:
        answer = httpx.post(url, files={"file": ("x.pdf", PDF)})
    assert answer.status_code == 507
    assert "free some space" in answer.json()["detail"]
    assert str(tmp_path) not in answer.text


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("manual.pdf", "manual.pdf"),
        ("MANUAL.PDF", "MANUAL.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\me\\Prüfung.pdf", "Prüfung.pdf"),
        ("/absolute/x.pdf", "x.pdf"),
        ("..", "document.pdf"),
        ("...pdf", "document.pdf"),
        (".pdf", "document.pdf"),
        (".hidden.pdf", "hidden.pdf"),
        ("", "document.pdf"),
        ("a\x00b\nc\x1b[31m.pdf", "abc[31m.pdf"),
        ("evil\u202efdp.exe", "evilfdp.exe.pdf"),
        ("Prices.XLSX", "Prices.xlsx"),
        ("page.xhtml", "page.xhtml"),
        ("mail.eml. ", "mail.eml"),
        (".docx", "document.docx"),
        ("u\u0308ber.pdf", "über.pdf"),
        ("手順書 第2版.pdf", "手順書 第2版.pdf"),
        ("<img onerror=x>.pdf", "<img onerror=x>.pdf"),
    ],
)
def test_a_file_name_is_made_safe(said: str, name: str) -> None:
    assert safe_name(said) == name


def test_a_long_name_is_cut_where_a_file_system_takes_it(tmp_path: Path) -> None:
    for letter in "aü書😀":
        name = safe_name(letter * 500 + ".pdf")
        assert len(name) <= 120
        assert name.endswith(letter + ".pdf")
        (tmp_path / f"{name}.json").touch()


def test_a_mark_that_cannot_be_read_costs_what_it_said_and_no_more(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path / "uploads")
    place = tmp_path / "uploads" / "0123456789abcdef" / "x.pdf"
    mark = Mark(id="1", created="2026-01-01T00:00:00+00:00", state="failed", reason="why")
    uploads.mark(place, mark)
    assert uploads.marked() == []
    assert not place.parent.exists()
    uploads.mark(place, mark)
    place.write_bytes(PDF)
    assert uploads.marked() == [(place, mark)]
    place.with_name("x.pdf.json").write_text("{")
    [(path, unknown)] = uploads.marked()
    assert (path, unknown.state) == (place, "queued")
    uploads.discard(place)
    assert not place.parent.exists()
