"""Ingest jobs over a real library: uploads, new versions, failures, cancelling, restarts."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pymupdf
import pytest

from pagesight.adapters.pebble import WORKER_NICENESS, PebblePool
from pagesight.app import App, build
from pagesight.document import Document, Metadata
from pagesight.errors import MissingError
from pagesight.ingest import Request
from pagesight.results import Query
from pagesight.server.board import KEPT, Board
from pagesight.server.jobs import MOST_STARTS, Jobs
from pagesight.server.problems import Problem
from pagesight.server.progress import Job
from pagesight.settings import load
from tests.conftest import SAMPLES
from tests.odd_pdfs import endless, manual, serial
from tests.server.uploading import PATIENCE, arrive, ended, reached, upload

AES_256 = 5
"""pymupdf.PDF_ENCRYPT_AES_256, which its type information lacks."""
MOST_PAGES = 30
SETTINGS = load(
    overrides=[
        "visual.enabled=false",
        "parse.workers=1",
        "parse.window_pages=1",
        "parse.page_seconds=60",
        f"serve.upload_pages={MOST_PAGES}",
    ]
)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """One library for all tests: each has documents of its own."""
    root = tmp_path_factory.mktemp("jobs") / "library"
    with build(SETTINGS, root, writable=True, create=True, notify=print) as built:
        built.retriever.retrieve(Query(text="warm"))  # the model is made ready before time counts
        yield built


@contextmanager
def running(app: App, told: Callable[[str], None] = lambda outcome: None) -> Iterator[Jobs]:
    jobs = Jobs(app, told=told)
    try:
        yield jobs
    finally:
        assert jobs.close(PATIENCE)


@pytest.fixture
def jobs(app: App) -> Iterator[Jobs]:
    with running(app) as each:
        yield each


class Gate:
    """Holds a job up at the outcome of its first file, while it is shut."""

    def __init__(self) -> None:
        self._reached = threading.Event()
        self._open = threading.Event()

    def __call__(self, outcome: str) -> None:
        self._reached.set()
        assert self._open.wait(PATIENCE)

    def reached(self) -> None:
        assert self._reached.wait(PATIENCE)

    def open(self) -> None:
        self._open.set()


@contextmanager
def held(app: App, folder: Path) -> Iterator[tuple[Jobs, str]]:
    """Jobs, of which the first one, with that id, runs and ends only when the block does."""
    gate = Gate()
    jobs = Jobs(app, told=gate)
    try:
        first = upload(jobs, damaged(folder / "first.pdf"))
        gate.reached()
        yield jobs, first.id
    finally:
        gate.open()
        ended(jobs, first.id)
        jobs.forget(first.id)
        assert jobs.close(PATIENCE)


def stored(app: App, name: str) -> list[Document]:
    return [document for document in app.library.documents() if document.name == name]


def uploads(app: App) -> set[str]:
    """Names of the files in the folder of uploads, marks and temporary ones included."""
    folder = app.library.root / "uploads"
    return {path.name for path in folder.rglob("*") if path.is_file()}


def slow(path: Path) -> Path:
    """Pages that take a moment each, and one that takes all of its time."""
    return endless(path, before=8, after=0)


def damaged(path: Path) -> Path:
    path.write_bytes((SAMPLES / "lx7302-datasheet.pdf").read_bytes()[:900])
    return path


def encrypted(path: Path) -> Path:
    with pymupdf.open() as document:
        document.new_page().insert_text((72, 72), "The vault opens at nine in the morning.")
        document.save(path, encryption=AES_256, owner_pw="owner", user_pw="open sesame")
    return path


def test_an_upload_becomes_a_document_that_is_found(app: App, jobs: Jobs, tmp_path: Path) -> None:
    job = upload(jobs, manual(tmp_path / "unit-1.pdf", 1))
    assert (job.state, job.files[0].name) in (("queued", "unit-1.pdf"), ("running", "unit-1.pdf"))
    over = ended(jobs, job.id)
    assert over.state == "done", over
    [file] = over.files
    assert (file.state, file.pages_done, file.page_count) == ("done", 2, 2)
    assert file.document_id == stored(app, "unit-1.pdf")[0].id
    ranking = app.retriever.retrieve(Query(text="serial number of unit 1"), 3)
    assert any(serial(1) in hit.chunk.text for hit in ranking.hits)
    assert "unit-1.pdf" in uploads(app)
    assert "unit-1.pdf.json" not in uploads(app)


def test_a_job_is_seen_on_its_way(jobs: Jobs, tmp_path: Path) -> None:
    job = upload(jobs, manual(tmp_path / "unit-2.pdf", 2, pages=6))
    seen = []
    reached(jobs, job.id, lambda view: bool(seen.append(view)))  # type: ignore[func-returns-value]
    states = list(dict.fromkeys(view.files[0].state for view in seen))
    assert states[-1] == "done"
    assert "parsing" in states
    pages = [view.files[0].pages_done for view in seen]
    assert pages == sorted(pages)
    assert len({json.dumps(view.files[0].findings) + str(view.state) for view in seen}) > 1


def test_the_same_bytes_again_are_skipped(app: App, jobs: Jobs, tmp_path: Path) -> None:
    pdf = manual(tmp_path / "unit-3.pdf", 3)
    first, second = upload(jobs, pdf), upload(jobs, pdf)
    assert ended(jobs, first.id).state == "done"
    again = ended(jobs, second.id)
    assert again.state == "done"
    assert again.files[0].state == "skipped"
    assert again.files[0].document_id == stored(app, "unit-3.pdf")[0].id
    assert "unit-3.pdf.json" not in uploads(app)


def test_a_new_version_takes_the_place_of_the_old_one(app: App, jobs: Jobs, tmp_path: Path) -> None:
    old = upload(jobs, manual(tmp_path / "old.pdf", 4), "unit-4.pdf")
    place = jobs.uploads.place_of(arrive(jobs, tmp_path / "old.pdf", "unit-4.pdf"))
    ended(jobs, old.id)
    assert place.is_file()
    new = upload(jobs, manual(tmp_path / "new.pdf", 5), "unit-4.pdf")
    assert ended(jobs, new.id).state == "done"
    [document] = stored(app, "unit-4.pdf")
    assert document.id == jobs.get(new.id).files[0].document_id
    assert not place.parent.exists()


def test_a_new_version_that_fails_leaves_the_old_one(app: App, jobs: Jobs, tmp_path: Path) -> None:
    ended(jobs, upload(jobs, manual(tmp_path / "good.pdf", 6), "unit-6.pdf").id)
    before = stored(app, "unit-6.pdf")
    failed = ended(jobs, upload(jobs, damaged(tmp_path / "bad.pdf"), "unit-6.pdf").id)
    assert failed.state == "failed"
    assert stored(app, "unit-6.pdf") == before
    assert all(Path(document.source).is_file() for document in before)
    jobs.forget(failed.id)


def test_both_versions_stay_where_that_is_wanted(app: App, jobs: Jobs, tmp_path: Path) -> None:
    ended(jobs, upload(jobs, manual(tmp_path / "a.pdf", 7), "unit-7.pdf").id)
    second = upload(jobs, manual(tmp_path / "b.pdf", 8), "unit-7.pdf", replaces=False)
    assert ended(jobs, second.id).state == "done"
    assert len(stored(app, "unit-7.pdf")) == 2


def test_an_encrypted_file_waits_for_its_password(
    app: App, jobs: Jobs, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    job = upload(jobs, encrypted(tmp_path / "vault.pdf"))
    failed = ended(jobs, job.id)
    assert failed.state == "failed"
    assert "needs a password" in failed.error
    assert "--password" not in failed.error
    wrong = ended(jobs, jobs.retry(job.id, "sesame seed").id)
    assert "does not open it" in wrong.error
    over = ended(jobs, jobs.retry(job.id, "open sesame").id)
    assert over.state == "done", over
    assert stored(app, "vault.pdf")
    kept = [path for path in app.library.root.rglob("*") if path.is_file()]
    assert not any(b"open sesame" in path.read_bytes() for path in kept)
    assert "sesame" not in caplog.text
    assert "sesame" not in repr(jobs.list())


def test_a_password_may_come_with_the_upload(app: App, jobs: Jobs, tmp_path: Path) -> None:
    pdf = encrypted(tmp_path / "safe.pdf")
    job = upload(jobs, pdf, passwords=("open sesame",))
    assert ended(jobs, job.id).state == "done"


def test_a_damaged_file_fails_with_its_reason_and_is_forgotten_with_its_file(
    app: App, jobs: Jobs, tmp_path: Path
) -> None:
    job = upload(jobs, damaged(tmp_path / "damaged.pdf"))
    failed = ended(jobs, job.id)
    assert failed.state == "failed"
    assert "damaged" in failed.files[0].reason
    assert str(app.library.root) not in failed.error
    assert {"damaged.pdf", "damaged.pdf.json"} <= uploads(app)
    jobs.forget(job.id)
    assert not {"damaged.pdf", "damaged.pdf.json"} & uploads(app)
    with pytest.raises(MissingError):
        jobs.get(job.id)


def test_a_document_with_too_many_pages_is_not_parsed(app: App, jobs: Jobs, tmp_path: Path) -> None:
    pdf = tmp_path / "long.pdf"
    with pymupdf.open() as document:
        for _ in range(MOST_PAGES + 1):
            document.new_page()
        document.save(pdf)
    failed = ended(jobs, upload(jobs, pdf).id)
    assert failed.state == "failed"
    assert f"{MOST_PAGES + 1} pages" in failed.error
    assert "serve.upload_pages" in failed.error
    assert failed.files[0].pages_done == 0


def test_a_queued_job_is_cancelled_at_once(app: App, tmp_path: Path) -> None:
    with held(app, tmp_path) as (jobs, _):
        job = upload(jobs, manual(tmp_path / "unit-9.pdf", 9))
        cancelled = jobs.cancel(job.id)
        assert (cancelled.state, cancelled.files[0].state) == ("cancelled", "cancelled")
        assert jobs.cancel(job.id) == cancelled
    assert not stored(app, "unit-9.pdf")
    with running(app) as jobs:
        assert jobs.get(job.id) == cancelled
        assert ended(jobs, jobs.retry(job.id).id).state == "done"
        assert jobs.cancel(job.id).state == "done"


def test_a_running_job_is_cancelled_at_its_next_step(app: App, jobs: Jobs, tmp_path: Path) -> None:
    job = upload(jobs, slow(tmp_path / "slow.pdf"))
    reached(jobs, job.id, lambda view: view.files[0].pages_done > 0)
    assert jobs.cancel(job.id).state == "cancelling"
    over = ended(jobs, job.id)
    assert (over.state, over.files[0].state) == ("cancelled", "cancelled")
    assert not stored(app, "slow.pdf")
    jobs.forget(job.id)
    assert not {"slow.pdf", "slow.pdf.json"} & uploads(app)


def test_what_has_not_ended_is_not_forgotten_and_not_tried_again(app: App, tmp_path: Path) -> None:
    with held(app, tmp_path) as (jobs, first):
        for refused in (jobs.forget, jobs.retry):
            with pytest.raises(Problem) as caught:
                refused(first)
            assert caught.value.status == 409


def test_a_forgotten_upload_that_is_in_the_library_keeps_its_file(
    app: App, jobs: Jobs, tmp_path: Path
) -> None:
    pdf = manual(tmp_path / "unit-10.pdf", 10)
    ended(jobs, upload(jobs, pdf).id)
    jobs.close(PATIENCE)
    with held(app, tmp_path) as (others, _):
        again = upload(others, pdf)
        assert others.cancel(again.id).state == "cancelled"
        others.forget(again.id)
    [document] = stored(app, "unit-10.pdf")
    assert Path(document.source).is_file()
    assert "unit-10.pdf.json" not in uploads(app)


def test_a_restart_takes_up_what_was_not_stored(app: App, tmp_path: Path) -> None:
    with running(app) as before:
        failed = ended(before, upload(before, damaged(tmp_path / "torn.pdf")).id)
        runs = upload(before, slow(tmp_path / "slow-4.pdf"))
        metadata = Metadata(title="Unit eleven", tags=("pump",))
        waits = upload(before, manual(tmp_path / "unit-11.pdf", 11), metadata=metadata)
        reached(before, runs.id, lambda view: view.files[0].pages_done > 0)
    assert before.get(runs.id).state == "queued"
    (app.library.root / "uploads" / ".half.part").write_bytes(b"%PDF-")
    with running(app) as after:
        assert ".half.part" not in uploads(app)
        assert after.get(failed.id) == failed
        assert after.get(runs.id).state in ("queued", "running")
        after.cancel(runs.id)
        assert ended(after, runs.id).state == "cancelled"
        assert ended(after, waits.id).state == "done"
        [document] = stored(app, "unit-11.pdf")
        assert document.metadata == metadata
        for each in (failed, runs):
            after.forget(each.id)


def test_a_job_that_the_server_never_survives_is_given_up(app: App, tmp_path: Path) -> None:
    with running(app) as before:
        failed = ended(before, upload(before, damaged(tmp_path / "deadly.pdf")).id)
        place = before.uploads.place_of(arrive(before, tmp_path / "deadly.pdf"))
    mark = place.with_name("deadly.pdf.json")
    said = json.loads(mark.read_text())
    mark.write_text(json.dumps(said | {"state": "queued", "starts": MOST_STARTS}))
    with running(app) as after:
        given_up = after.get(failed.id)
        assert given_up.state == "failed"
        assert "ended 3 times" in given_up.error
        after.forget(failed.id)


def test_a_full_or_broken_disk_fails_the_job_and_the_next_one_goes_on(
    app: App, jobs: Jobs, tmp_path: Path
) -> None:
    parsed = app.library.root / "parsed"
    parsed.mkdir(exist_ok=True)
    aside = parsed.rename(tmp_path / "aside")
    parsed.write_text("no folder")
    try:
        job = upload(jobs, manual(tmp_path / "unit-12.pdf", 12))
        failed = ended(jobs, job.id)
        assert failed.state == "failed"
        assert "cannot write parsed/" in failed.error
        assert failed.files[0].state == "failed"
    finally:
        parsed.unlink()
        aside.rename(parsed)
    assert ended(jobs, jobs.retry(job.id).id).state == "done"


def test_paths_are_ingested_with_an_outcome_for_each_file(
    app: App, jobs: Jobs, tmp_path: Path
) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    manual(folder / "unit-13.pdf", 13)
    damaged(folder / "unit-14.pdf")
    over = ended(jobs, jobs.submit(Request(paths=[str(folder)])).id)
    assert over.state == "failed"
    assert over.error == "1 of 2 files failed"
    states = {file.name: file.state for file in over.files}
    assert states == {"unit-13.pdf": "done", "unit-14.pdf": "failed"}
    (folder / "unit-14.pdf").unlink()
    assert ended(jobs, jobs.retry(over.id).id).state == "done"
    (folder / "unit-13.pdf").unlink()
    manual(folder / "unit-15.pdf", 15)
    pruned = ended(jobs, jobs.submit(Request(paths=[str(folder)], prune=True)).id)
    assert {file.name: file.state for file in pruned.files} == {
        "unit-13.pdf": "removed",
        "unit-15.pdf": "done",
    }


def test_a_deleted_document_goes_with_its_file_and_its_crops(
    app: App, jobs: Jobs, tmp_path: Path
) -> None:
    ended(jobs, upload(jobs, manual(tmp_path / "unit-16.pdf", 16)).id)
    [document] = stored(app, "unit-16.pdf")
    pictured = [chunk for chunk in app.library.document_chunks(document.id) if chunk.image]
    crops = [app.library.crop_path(chunk.image) for chunk in pictured]
    assert crops
    assert all(crop.is_file() for crop in crops)
    jobs.close(PATIENCE)
    with held(app, tmp_path) as (others, _):
        others.remove(document.id)
        assert app.library.document(document.id) is None
        assert "unit-16.pdf" not in uploads(app)
        assert all(crop.is_file() for crop in crops)
        with pytest.raises(MissingError):
            others.remove(document.id)
    # The queue was closed after that, and cleaned up at the latest then.
    assert not any(crop.exists() for crop in crops)


def test_a_document_that_a_job_has_in_hand_is_left_to_it(app: App, tmp_path: Path) -> None:
    """Were it deleted now, the job might store it again."""
    with running(app) as jobs:
        ended(jobs, upload(jobs, manual(tmp_path / "unit-17.pdf", 17)).id)
    [document] = stored(app, "unit-17.pdf")
    gate = Gate()
    with running(app, told=gate) as jobs:
        jobs.describe(document.id, lambda said: Metadata(title="Dugong handbook"))
        gate.reached()
        for change in (jobs.remove, lambda id: jobs.describe(id, lambda said: Metadata())):
            with pytest.raises(Problem) as caught:
                change(document.id)
            assert caught.value.status == 409
        gate.open()
        ended(jobs, jobs.list()[0].id)
        jobs.remove(document.id)


def test_a_new_title_stands_in_the_chunks_too(app: App, jobs: Jobs, tmp_path: Path) -> None:
    ended(jobs, upload(jobs, manual(tmp_path / "unit-18.pdf", 18)).id)
    [document] = stored(app, "unit-18.pdf")
    jobs.describe(document.id, lambda said: replace(said, title="Quokka handbook", revision="B"))
    [shown] = stored(app, "unit-18.pdf")
    assert (shown.title, shown.metadata.revision) == ("Quokka handbook", "B")
    job = jobs.list()[0]
    assert ended(jobs, job.id).state == "done"
    chunks = app.library.document_chunks(document.id)
    assert {chunk.title for chunk in chunks} == {"Quokka handbook"}
    assert app.library.document(document.id) == replace(
        shown, recipe=(app.library.document(document.id) or shown).recipe
    )
    assert app.library.search_words("quokka", 3)


def test_a_job_for_a_new_title_goes_with_its_document(app: App, tmp_path: Path) -> None:
    with running(app) as jobs:
        ended(jobs, upload(jobs, manual(tmp_path / "unit-19.pdf", 19)).id)
    [document] = stored(app, "unit-19.pdf")
    with held(app, tmp_path) as (jobs, first):
        jobs.describe(document.id, lambda said: Metadata(title="Numbat handbook"))
        assert jobs.waiting == 1
        jobs.remove(document.id)
        assert jobs.waiting == 0
        assert [job.id for job in jobs.list() if job.state == "running"] == [first]
    assert app.library.document(document.id) is None


def test_whoever_listens_hears_of_outcomes_and_changes(app: App, tmp_path: Path) -> None:
    outcomes: list[str] = []
    changes: list[int] = []
    jobs = Jobs(app, changed=lambda: changes.append(1), told=outcomes.append)
    ended(jobs, upload(jobs, manual(tmp_path / "unit-20.pdf", 20)).id)
    assert (outcomes, len(changes)) == (["stored"], 1)
    jobs.remove(stored(app, "unit-20.pdf")[0].id)
    assert len(changes) == 2
    assert jobs.close(PATIENCE)


def test_a_server_that_stops_ends_the_watches_and_then_the_job(app: App, tmp_path: Path) -> None:
    gate = Gate()
    jobs = Jobs(app, told=gate)
    job = upload(jobs, damaged(tmp_path / "last.pdf"))
    gate.reached()
    jobs.release()
    assert ended(jobs, job.id).state == "running"
    assert jobs.watchers == 0
    gate.open()
    assert jobs.close(PATIENCE)
    with running(app) as after:
        assert after.get(job.id).state == "failed"
        after.forget(job.id)


def test_a_closed_queue_takes_nothing_and_leaves_nothing(app: App, tmp_path: Path) -> None:
    with running(app) as jobs:
        pass
    arrived = arrive(jobs, manual(tmp_path / "unit-21.pdf", 21))
    with pytest.raises(Problem) as caught:
        jobs.add(arrived, metadata=Metadata())
    assert caught.value.status == 503
    assert not {"unit-21.pdf", "unit-21.pdf.json"} & uploads(app)
    arrived.path.unlink()


def test_ended_jobs_are_forgotten_in_time_and_failures_last() -> None:
    board = Board()
    first_failed = Job(request=Request(paths=[]))
    board.keep(first_failed)
    board.end(first_failed, "failed", "why")
    for _ in range(KEPT + 10):
        job = Job(request=Request(paths=[]))
        board.keep(job)
        board.end(job, "done", "")
    assert len(board.views()) == KEPT
    assert first_failed.id in {view.id for view in board.views()}


def niceness(_: int) -> int:
    return os.getpriority(os.PRIO_PROCESS, 0)


def test_parsing_goes_behind_what_people_wait_for() -> None:
    pool = PebblePool(1)
    with closing(pool.map(niceness, [0], lambda _: 30.0)) as results:  # type: ignore[type-var]
        assert [level for _, level in results] == [niceness(0) + WORKER_NICENESS]
    pool.close()
