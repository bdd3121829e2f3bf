"""The commands beside a running server: they ask it instead of loading models of their own."""

from __future__ import annotations

import json
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from pagesight import client
from pagesight.files import digest
from pagesight.settings import load
from tests.conftest import run_pagesight
from tests.odd_pdfs import manual, serial
from tests.server.serving import Running, copies, serving

QUESTION = "What does error code E07 mean and what should I do?"
PLAIN = ("--set", "visual.enabled=false")


@pytest.fixture(scope="module")
def folder(samples_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds two libraries with the same documents: "served" and "alone"."""
    folder = tmp_path_factory.mktemp("command")
    copies(samples_library, folder, "served", "alone")
    return folder


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Running]:
    with serving(folder / "served", folder=folder) as running:
        yield running


def questions_of(server: Running, kind: str) -> int:
    """How many questions the server has answered, by its log."""
    lines = [line for line in server.log.read_text().splitlines() if line.startswith("{")]
    route = f"/api/libraries/{{library}}/{kind}"
    return sum(json.loads(line).get("route") == route for line in lines)


def both(folder: Path, *arguments: object) -> tuple[str, str]:
    """What a command prints with the server and without; it must succeed."""
    printed = []
    for name in ("served", "alone"):
        done = run_pagesight(*arguments, *PLAIN, "--library", folder / name)
        assert done.returncode == 0, done.stderr
        printed.append(done.stdout.replace(str(folder / name), "LIBRARY"))
    return printed[0], printed[1]


def test_search_prints_the_same_as_without_a_server(server: Running, folder: Path) -> None:
    before = questions_of(server, "search")
    served, alone = both(folder, "search", "shaft seal torque")
    assert served == alone
    assert questions_of(server, "search") == before + 1


def test_search_gives_programs_the_same_as_without_a_server(server: Running, folder: Path) -> None:
    served, alone = both(folder, "search", "exploded view", "--kind", "figure", "--json")
    assert json.loads(served) == json.loads(alone)
    assert Path(json.loads(served)[0]["crop"].replace("LIBRARY", str(folder / "served"))).is_file()


def test_ask_prints_the_same_as_without_a_server(server: Running, folder: Path) -> None:
    before = questions_of(server, "ask")
    served, alone = both(folder, "ask", QUESTION)
    assert "Sources" in served
    assert served == alone
    assert questions_of(server, "ask") == before + 1


def test_a_conversation_goes_on_with_the_server(server: Running, folder: Path) -> None:
    answers = []
    for name in ("served", "alone"):
        done = run_pagesight(
            "ask", "--chat", "--json", *PLAIN, "--library", folder / name,
            typed="What does error code E07 mean?\nand E12?\n",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        answers.append([(line["question"], line["text"]) for line in lines])
    assert "E12" in answers[0][1][0]
    assert answers[0] == answers[1]


def test_settings_that_the_server_does_not_have_are_not_ignored(
    server: Running, folder: Path
) -> None:
    before = questions_of(server, "search")
    done = run_pagesight(
        "search", "torque", *PLAIN, "--set", "retrieve.count=1", "--library", folder / "served",
        "--json",
    )  # fmt: skip
    assert len(json.loads(done.stdout)) == 1
    assert questions_of(server, "search") == before


def test_what_is_wrong_is_said_as_without_a_server(server: Running, folder: Path) -> None:
    for wrong in (("--document", "no-such.pdf"), ("--pages", "9-3"), ("--kind", "picture")):
        done = [
            run_pagesight("search", "x", *wrong, *PLAIN, "--library", folder / name)
            for name in ("served", "alone")
        ]
        assert done[0].returncode == done[1].returncode == 2
        assert done[0].stderr == done[1].stderr


def test_ingest_brings_documents_in_through_the_server(
    server: Running, folder: Path, tmp_path: Path
) -> None:
    path = manual(tmp_path / "note.pdf", seed=7, pages=1)
    (tmp_path / "broken.pdf").write_bytes(b"no PDF at all")
    done = run_pagesight("ingest", ".", *PLAIN, "--library", folder / "served", folder=tmp_path)
    assert done.returncode == 1
    assert "1 documents stored (1 pages), 0 already there, 1 failed" in done.stdout
    assert "broken.pdf" in done.stderr
    found = run_pagesight("search", serial(7), *PLAIN, "--library", folder / "served")
    assert "note.pdf" in found.stdout
    again = run_pagesight("ingest", path, *PLAIN, "--library", folder / "served", "--json")
    assert "skipped" in [json.loads(line)["type"] for line in again.stdout.splitlines()]
    for wrong in (("no-such.pdf",), ("note.pdf", "no-such.pdf"), (digest(path)[:5],)):
        refused = run_pagesight("docs", "rm", *wrong, "--library", folder / "served")
        assert refused.returncode == 2
        assert f"no such document: {wrong[-1]}" in refused.stderr
    gone = run_pagesight("docs", "rm", "note.pdf", "--library", folder / "served")
    assert gone.stdout == "removed note.pdf\n"
    listed = run_pagesight("docs", "list", "--library", folder / "served")
    assert "note.pdf" not in listed.stdout


def test_only_the_user_can_read_the_key_of_the_server(server: Running, folder: Path) -> None:
    path = folder / "served" / client.FILE_NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_of_a_server_that_was_killed_is_no_server(tmp_path: Path) -> None:
    presence = client.Presence(
        url="http://127.0.0.1:9", library="x", token="t", settings=client.fingerprint(load())
    )
    client.announce(tmp_path, presence)
    assert client.find(tmp_path, load()) is None


def test_a_server_that_is_told_to_stop_leaves_no_file_and_no_lock(
    samples_library: Path, tmp_path: Path
) -> None:
    copies(samples_library, tmp_path, "library")
    library = tmp_path / "library"
    with serving(library, folder=tmp_path) as running:
        busy = run_pagesight("reembed", *PLAIN, "--library", library)
        assert busy.returncode == 3
        assert "is writing to" in busy.stderr
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(60) == 0
    assert not (library / client.FILE_NAME).exists()
    assert run_pagesight("docs", "rm", "--erase", "--library", library).returncode == 0
