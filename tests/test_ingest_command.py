"""`pagesight ingest` from outside: where documents come from, and what is said about them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pymupdf
import pytest

from tests.conftest import COMMAND, json_of, run_pagesight

AES_256 = 5
"""pymupdf.PDF_ENCRYPT_AES_256, which its type information lacks."""
NO_CLIP = ("--set", "visual.enabled=false")
GUARD = "The coupling guard is fastened with four bolts."
GEAR = "The gear box takes 5 litres of oil."


def a_pdf(path: Path, text: str, *, password: str = "") -> Path:
    with pymupdf.open() as document:
        document.new_page().insert_text((72, 300), text)
        if password:
            document.save(path, encryption=AES_256, owner_pw="owner", user_pw=password)
        else:
            document.save(path)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    a_pdf(folder / "guard.pdf", GUARD)
    a_pdf(folder / "gear.pdf", GEAR)
    return folder


def test_metadata_of_a_sidecar_is_shown_and_filters(folder: Path, tmp_path: Path) -> None:
    sidecar = tmp_path / "meta.csv"
    sidecar.write_text(
        "file;title;revision;language;tags;supersedes\n"
        'gear.pdf;Gear box;C;en;"oil;gear";guard.pdf\n'
        "missing.pdf;Missing;;;;\n"
    )
    library = ("--library", tmp_path / "library")
    done = run_pagesight("ingest", folder, "--metadata", sidecar, *library, *NO_CLIP)
    assert done.returncode == 0, done.stderr
    assert "no document is called missing.pdf" in done.stderr
    shown = run_pagesight("docs", "show", "gear.pdf", *library).stdout
    assert "Gear box" in shown
    hits = json_of("search", "bolts or oil?", "--where", "tag=gear", *library)
    assert {hit["document"] for hit in hits} == {"gear.pdf"}
    both = json_of("search", "bolts or oil?", *library)
    assert {hit["document"]: hit["superseded_by"] for hit in both} == {
        "gear.pdf": "",
        "guard.pdf": "gear.pdf",
    }
    none = run_pagesight("search", "oil", "--where", "revision=D", *library)
    assert (none.returncode, none.stderr) == (
        2,
        "pagesight: no document meets revision=D\n",
    )
    odd = run_pagesight("search", "oil", "--where", "colour=red", *library)
    assert (odd.returncode, odd.stderr) == (
        2,
        "pagesight: where colour=red: write it as FIELD=VALUE; "
        "fields are tag, language, revision\n",
    )
    answer = run_pagesight("ask", "How is the coupling guard fastened?", *library).stdout
    assert "guard.pdf is superseded by gear.pdf" in answer


def test_a_dry_run_says_what_would_be_done_and_makes_nothing(folder: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    done = run_pagesight("ingest", folder, "--dry-run", "--library", library)
    assert done.returncode == 0, done.stderr
    assert f"store    {folder / 'gear.pdf'} (1 pages)" in done.stdout
    assert done.stdout.splitlines()[-1] == "store 2"
    assert not library.exists()


def test_paths_come_from_standard_input(folder: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [str(COMMAND), "ingest", "-", "--library", str(tmp_path / "library"), *NO_CLIP],
        input=f"{folder / 'gear.pdf'}\n\n{folder / 'guard.pdf'}\n",
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert "2 documents stored (2 pages)" in done.stdout, done.stderr


def test_encrypted_files_are_opened_and_their_passwords_told_to_nobody(tmp_path: Path) -> None:
    locked = a_pdf(tmp_path / "locked.pdf", GUARD, password="hunter2 x")
    library = tmp_path / "library"
    place = ("--library", library, *NO_CLIP)
    refused = run_pagesight("ingest", locked, *place)
    assert refused.returncode == 1
    assert "--password" in refused.stderr
    wrong = run_pagesight("ingest", locked, "--password", "wrong-one", *place)
    assert wrong.returncode == 1
    assert "wrong-one" not in wrong.stderr + wrong.stdout
    secrets = tmp_path / "passwords.txt"
    secrets.write_text("wrong-one\nhunter2 x\n")
    opened = run_pagesight("ingest", locked, "--password-file", secrets, "--json", *place)
    assert opened.returncode == 0, opened.stderr
    assert "hunter2" not in opened.stdout + opened.stderr
    assert "bolts" in json_of("search", "coupling guard", "--library", library)[0]["text"]
    assert not [path for path in library.rglob("*") if path.is_file() and has(path, b"hunter2")]
    environment = {"PAGESIGHT_PASSWORD": "hunter2 x"}
    again = run_pagesight("ingest", locked, "--reparse", *place, environment=environment)
    assert again.returncode == 0, again.stderr


def has(path: Path, secret: bytes) -> bool:
    return secret in path.read_bytes()


def test_strict_fails_where_the_audit_finds_something(folder: Path, tmp_path: Path) -> None:
    a_pdf(folder / "lost.pdf", "Figure 9 shows how the belt is tightened, as Figure 9 says.")
    library = ("--library", tmp_path / "library", *NO_CLIP)
    strict = run_pagesight("ingest", folder, "--strict", *library)
    assert strict.returncode == 1
    assert "Figure 9 is mentioned, not found" in strict.stdout + strict.stderr
    assert "3 documents stored" in strict.stdout


def test_events_end_with_a_summary(folder: Path, tmp_path: Path) -> None:
    done = run_pagesight("ingest", folder, "--json", "--library", tmp_path / "library", *NO_CLIP)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["type"] for event in events][-1] == "summary"
    assert events[-1]["stored"] == 2
    stored = next(event for event in events if event["type"] == "stored")
    assert stored["document"]["audit"]["characters"] > 10
    assert {"parse", "embed", "store"} <= stored["seconds"].keys()


def test_prune_removes_what_is_gone(folder: Path, tmp_path: Path) -> None:
    library = ("--library", tmp_path / "library", *NO_CLIP)
    assert run_pagesight("ingest", folder, *library).returncode == 0
    os.remove(folder / "gear.pdf")
    pruned = run_pagesight("ingest", folder, "--prune", *library)
    assert f"removed  {folder / 'gear.pdf'}: gone from its folder" in pruned.stderr
    listed = json_of("docs", "list", "--library", tmp_path / "library")
    assert [Path(document["source"]).name for document in listed] == ["guard.pdf"]
