"""Documents and jobs over HTTP."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import docx
import pymupdf
import pytest

from pagesight.server.jobs import JobView
from tests.odd_pdfs import endless, manual, serial
from tests.server.listening import listening
from tests.server.serving import Served, served
from tests.server.uploading import ended, until

NAME = "manuals"
API = f"/api/libraries/{NAME}"
TOKEN = "of the same user"


class Response(Protocol):
    """What the client gives, whichever HTTP library it uses."""

    status_code: int

    @property
    def headers(self) -> Mapping[str, str]: ...

    @property
    def text(self) -> str: ...

    def json(self) -> Any: ...


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One library for all tests: each has documents of its own."""
    root = tmp_path_factory.mktemp("served") / "library"
    with served({NAME: root}, local={TOKEN: NAME}, sets=["parse.workers=1"]) as each:
        yield each


def post(server: Served, pdf: Path, **fields: str) -> Response:
    with pdf.open("rb") as file:
        return server.client.post(f"{API}/documents", files={"file": (pdf.name, file)}, data=fields)


def stored(server: Served, pdf: Path, **fields: str) -> str:
    """Uploads a file; the id of its document."""
    answer = post(server, pdf, **fields)
    assert answer.status_code == 202, answer.text
    job = over(server, answer.json()["id"])
    assert job.state == "done", job
    return job.files[0].document_id


def over(server: Served, job: str) -> JobView:
    return ended(server.shelves.libraries[NAME].jobs, job)


def problem(answer: Response, status: int) -> str:
    """The detail of an expected problem."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    detail: str = answer.json()["detail"]
    return detail


def events(server: Served, job: str) -> list[Mapping[str, Any]]:
    """What the stream of a job says until its end."""
    answer = server.client.get(f"{API}/jobs/{job}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    said = [block.splitlines() for block in answer.text.strip().split("\n\n")]
    assert all(lines[0] == "event: job" for lines in said if not lines[0].startswith(":"))
    return [json.loads(lines[1].removeprefix("data: ")) for lines in said if len(lines) == 2]


def test_an_upload_is_followed_found_shown_and_deleted(server: Served, tmp_path: Path) -> None:
    pdf = manual(tmp_path / "unit-1.pdf", 1)
    answer = post(server, pdf, title="Unit one", revision="B", tags="pump, hydraulic,,pump")
    assert answer.status_code == 202
    job = answer.json()
    said = events(server, job["id"])
    assert said[-1]["state"] == "done"
    assert {each["id"] for each in said} == {job["id"]}
    assert server.client.get(f"{API}/jobs/{job['id']}").json() == said[-1]
    assert job["id"] in {each["id"] for each in server.client.get(f"{API}/jobs").json()}
    id = said[-1]["files"][0]["document_id"]
    found = server.client.post(f"{API}/search", json={"text": "serial number of unit 1"}).json()
    assert any(serial(1) in hit["text"] for hit in found["hits"])
    [row] = [row for row in server.client.get(f"{API}/documents").json() if row["id"] == id]
    assert (row["title"], row["revision"], row["pages"]) == ("Unit one", "B", 2)
    assert row["tags"] == ["pump", "hydraulic"]
    assert row["source"] == "unit-1.pdf"
    detail = server.client.get(f"{API}/documents/{id}").json()
    assert [page["number"] for page in detail["page_list"]] == [1, 2]
    assert {visual["kind"] for visual in detail["visuals"]} == {"figure", "table"}
    assert server.client.delete(f"{API}/documents/{id}").status_code == 204
    problem(server.client.get(f"{API}/documents/{id}"), 404)
    problem(server.client.delete(f"{API}/documents/{id}"), 404)
    assert server.client.delete(f"{API}/jobs/{job['id']}").status_code == 204
    problem(server.client.get(f"{API}/jobs/{job['id']}"), 404)


def test_only_a_whole_id_names_a_document(server: Served, tmp_path: Path) -> None:
    pdf = manual(tmp_path / "unit-2.pdf", 2)
    id = stored(server, pdf)
    root = server.shelves.libraries[NAME].app.library.root
    place = f"{root}/uploads/{id[:16]}/{pdf.name}".replace("/", "%2F")
    for other in (id[:12], pdf.name, place):
        for ask in (server.client.get, server.client.delete):
            assert ask(f"{API}/documents/{other}").status_code == 404
        changed = server.client.patch(f"{API}/documents/{other}", json={"title": "x"})
        assert changed.status_code == 404
    assert server.client.get(f"{API}/documents/{id}").status_code == 200


def test_metadata_are_changed_field_by_field(server: Served, tmp_path: Path) -> None:
    id = stored(server, manual(tmp_path / "unit-3.pdf", 3), revision="A", language="en")
    change = {"revision": "B", "tags": ["pump", " pump ", "", "valve"], "language": ""}
    answer = server.client.patch(f"{API}/documents/{id}", json=change)
    assert answer.status_code == 200
    shown = answer.json()
    assert (shown["revision"], shown["language"]) == ("B", "en")
    assert shown["tags"] == ["pump", "valve"]
    narrowed = {"text": "serial number", "narrowing": {"where": ["tag=valve"]}}
    hits = server.client.post(f"{API}/search", json=narrowed).json()["hits"]
    assert {hit["document_id"] for hit in hits} == {id}
    problem(server.client.patch(f"{API}/documents/{id}", json={"colour": "red"}), 422)
    problem(server.client.patch(f"{API}/documents/{id}", json={"title": "x" * 501}), 422)
    problem(server.client.patch(f"{API}/documents/{id}", json={"title": "a\x00b"}), 422)


def test_a_new_title_is_shown_at_once_and_found_after_its_job(
    server: Served, tmp_path: Path
) -> None:
    id = stored(server, manual(tmp_path / "unit-4.pdf", 4))
    answer = server.client.patch(f"{API}/documents/{id}", json={"title": "Wombat handbook"})
    assert answer.json()["title"] == "Wombat handbook"
    job = server.client.get(f"{API}/jobs").json()[0]
    assert over(server, job["id"]).state == "done"
    hits = server.client.post(f"{API}/search", json={"text": "wombat handbook"}).json()["hits"]
    assert hits[0]["document_id"] == id
    assert hits[0]["title"] == "Wombat handbook"


def test_an_upload_that_fails_says_why_and_is_tried_again(server: Served, tmp_path: Path) -> None:
    pdf = tmp_path / "torn.pdf"
    pdf.write_bytes(b"%PDF-1.7\n and nothing more")
    job = post(server, pdf).json()
    failed = over(server, job["id"])
    assert failed.state == "failed"
    assert "damaged" in failed.error
    again = server.client.post(f"{API}/jobs/{job['id']}/retry")
    assert (again.status_code, again.json()["id"]) == (200, job["id"])
    assert over(server, job["id"]).state == "failed"
    secret = server.client.post(f"{API}/jobs/{job['id']}/retry", json={"password": "sesame"})
    assert "sesame" not in secret.text
    over(server, job["id"])
    assert server.client.post(f"{API}/jobs/{job['id']}/cancel").json()["state"] == "failed"
    assert server.client.delete(f"{API}/jobs/{job['id']}").status_code == 204


@pytest.mark.parametrize(
    "fields",
    [{"replace": "perhaps"}, {"title": "x" * 501}, {"tags": "x" * 101}, {"tags": "a," * 101}],
    ids=["replace", "title", "tag", "tags"],
)
def test_fields_that_cannot_be_are_refused_before_anything_is_queued(
    server: Served, tmp_path: Path, fields: dict[str, str]
) -> None:
    before = server.client.get(f"{API}/jobs").json()
    if "tags" in fields and "," in fields["tags"]:
        fields = {"tags": ",".join(map(str, range(101)))}
    detail = problem(post(server, manual(tmp_path / "unit-5.pdf", 5), **fields), 422)
    assert next(iter(fields)) in detail
    assert server.client.get(f"{API}/jobs").json() == before
    root = server.shelves.libraries[NAME].app.library.root
    assert not list((root / "uploads").rglob("unit-5.pdf*"))
    assert not list((root / "uploads").glob("*.part"))


def test_what_is_not_what_it_is_called_is_refused_at_once(server: Served, tmp_path: Path) -> None:
    page = tmp_path / "page.pdf"
    page.write_text("<html></html>")
    assert "not a PDF" in problem(post(server, page), 415)
    program = tmp_path / "setup.exe"
    program.write_bytes(b"MZ\x90\0")
    assert ".exe cannot be read" in problem(post(server, program), 415)


def test_documents_that_are_no_pdf_become_ready_are_shown_and_deleted(
    server: Served, tmp_path: Path
) -> None:
    word = docx.Document()
    word.add_paragraph("The clamp K44 is fastened with nine bolts.")
    word.save(str(tmp_path / "clamp.docx"))
    (tmp_path / "hose.md").write_text("# Hose\n\nThe hose H17 bears 300 bar.\n")
    with pymupdf.open() as drawn:
        drawn.new_page(width=400, height=200).insert_text((40, 100), "Gasket G5 23 mm", fontsize=30)
        drawn[0].get_pixmap(dpi=150).save(tmp_path / "gasket.png")
    for name, words in (("clamp.docx", "nine"), ("hose.md", "300"), ("gasket.png", "23")):
        id = stored(server, tmp_path / name)
        assert server.client.get(f"{API}/documents/{id}").json()["name"] == name
        asked = {"text": Path(name).stem, "narrowing": {"documents": [id]}}
        [hit, *_] = server.client.post(f"{API}/search", json=asked).json()["hits"]
        assert words in hit["text"]
        picture = server.client.get(f"{API}/documents/{id}/pages/1/image")
        assert (picture.status_code, picture.headers["content-type"]) == (200, "image/png")
        assert server.client.delete(f"{API}/documents/{id}").status_code == 204
    root = server.shelves.libraries[NAME].app.library.root
    assert not [path for path in (root / "uploads").rglob("*.*") if path.suffix != ".pdf"]


def test_unknown_jobs_are_not_found(server: Served) -> None:
    for path in ("jobs/none", "jobs/none/events"):
        problem(server.client.get(f"{API}/{path}"), 404)
    for path in ("jobs/none/cancel", "jobs/none/retry"):
        problem(server.client.post(f"{API}/{path}"), 404)
    problem(server.client.delete(f"{API}/jobs/none"), 404)


def test_only_programs_of_the_same_user_name_paths(server: Served, tmp_path: Path) -> None:
    pdf = manual(tmp_path / "unit-6.pdf", 6)
    (tmp_path / "said.csv").write_text("file,title\nunit-6.pdf,Unit six\n")
    asked = {"paths": [str(pdf)], "metadata": str(tmp_path / "said.csv")}
    problem(server.client.post(f"{API}/jobs", json=asked), 403)
    local = {"Authorization": f"Bearer {TOKEN}"}
    relative = server.client.post(f"{API}/jobs", json={"paths": ["unit-6.pdf"]}, headers=local)
    assert "absolute" in problem(relative, 422)
    answer = server.client.post(f"{API}/jobs", json=asked, headers=local)
    assert answer.status_code == 202
    job = over(server, answer.json()["id"])
    assert [(file.name, file.state) for file in job.files] == [("unit-6.pdf", "done")]
    id = job.files[0].document_id
    assert server.client.get(f"{API}/documents/{id}").json()["title"] == "Unit six"
    assert server.client.get(f"{API}/documents/{id}", headers=local).json()["source"] == str(pdf)
    assert server.client.delete(f"{API}/documents/{id}").status_code == 204
    assert pdf.is_file(), "a file that was not uploaded is its owner's"


def test_a_client_that_stops_following_is_forgotten(server: Served, tmp_path: Path) -> None:
    jobs = server.shelves.libraries[NAME].jobs
    job = post(server, endless(tmp_path / "slow.pdf", before=8, after=0)).json()["id"]
    with listening(server.app) as url:
        address = urlsplit(url)
        with socket.create_connection((address.hostname, address.port)) as client:
            head = f"GET {API}/jobs/{job}/events HTTP/1.1\r\nHost: localhost\r\n\r\n"
            client.sendall(head.encode())
            assert client.recv(1000).startswith(b"HTTP/1.1 200")
            assert jobs.watchers == 1
        until(lambda: jobs.watchers == 0)
        assert jobs.get(job).state != "done"
    server.client.post(f"{API}/jobs/{job}/cancel")
    assert over(server, job).state == "cancelled"
