"""`pagesight ask` and `pagesight replay` from outside."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.conftest import CACHE, COMMAND, run_pagesight
from tests.endpoint import Endpoint, serving
from tests.odd_pdfs import manual, serial

SECRET = "sk-never-to-be-told"
QUESTION = "What is the serial number of unit 1?"
SETTINGS = ("--set", "visual.enabled=false")


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("units")
    for seed in (1, 2):
        manual(folder / f"unit-{seed}.pdf", seed)
    return folder


@pytest.fixture(scope="module")
def library(documents: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("home") / "library"
    done = run_pagesight("ingest", documents, *SETTINGS, "--library", path)
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with serving() as server:
        yield server


def ask(library: Path, *arguments: object, **options: Any) -> str:
    """What the command prints; it must succeed."""
    done = run_pagesight("ask", *arguments, *SETTINGS, "--library", library, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def local(endpoint: Endpoint, **more: str) -> dict[str, str]:
    return {"OPENAI_API_KEY": SECRET, "OPENAI_BASE_URL": endpoint.url, **more}


def system(request: dict[str, Any]) -> str:
    return str(request["messages"][0]["content"])


def test_the_answer_says_how_many_of_its_claims_are_verified(library: Path) -> None:
    answer = json.loads(ask(library, QUESTION, "--json"))
    assert serial(1) in answer["text"]
    assert answer["question"] == QUESTION
    verified = [claim for claim in answer["claims"] if claim["support"] == "verified"]
    assert answer["support"] == {"verified": len(verified), "claims": len(answer["claims"])}


def test_piped_questions_are_a_conversation(library: Path) -> None:
    typed = f"{QUESTION}\nand of unit 2?\n\nnever asked\n"
    lines = ask(library, "--chat", "--json", typed=typed).splitlines()
    first, second = map(json.loads, lines)
    assert second["question"] == "What is the serial number of unit 2?"
    assert serial(2) in second["text"]
    shown = {piece["mark"]: {*piece["parts"]} for piece in first["evidence"]}
    again = [piece for piece in second["evidence"] if piece["mark"] in shown]
    assert again
    assert all(shown[piece["mark"]] & {*piece["parts"]} for piece in again)
    new = [piece["mark"] for piece in second["evidence"] if piece["mark"] not in shown]
    assert all(mark > max(shown) for mark in new)


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
def test_on_a_terminal_questions_are_asked_until_an_empty_line(library: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    environment = {"PATH": os.environ["PATH"], "TERM": "dumb", CACHE: os.environ[CACHE]}
    command = [str(COMMAND), "ask", "--chat", *SETTINGS, "--library", str(library)]
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    ) as chat:
        os.close(theirs)
        os.write(ours, f"{QUESTION}\nand of unit 2?\n\n".encode())
        shown = b""
        while piece := _read(ours):
            shown += piece
        assert chat.wait(60) == 0
    os.close(ours)
    text = shown.decode()
    assert text.index(serial(1)) < text.index(serial(2))


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:
        return b""


def test_prompts_of_the_users_own_are_used(
    library: Path, endpoint: Endpoint, tmp_path: Path
) -> None:
    mine, condense = tmp_path / "mine.toml", tmp_path / "condense.toml"
    mine.write_text(
        'version = 7\nsystem = "Answer like a pirate."\nevidence = "[$mark] $text"\n'
        'tile = "$number"\nunseen = "$reason"\npicture = "$number"\n'
        'question = "$question"\n'
    )
    condense.write_text(
        'version = 8\nsystem = "Rewrite it."\nturn = "$question"\nquestion = "Now: $question"\n'
    )
    endpoint.pieces = ["What is the serial number of unit 2?"]
    ask(
        library,
        "--chat",
        *("--model", "any", "--json"),
        *("--set", f"ask.prompt={mine}", "--set", f"ask.condense_prompt={condense}"),
        typed=f"{QUESTION}\nand of the other?\n",
        environment=local(endpoint),
    )
    assert [system(request) for request in endpoint.requests] == [
        "Answer like a pirate.",
        "Rewrite it.",
        "Answer like a pirate.",
    ]
    condensing, asking = (str(request["messages"][1]) for request in endpoint.requests[1:])
    assert "Now: and of the other?" in condensing
    assert "serial number of unit 2?" in asking


def test_a_dry_run_shows_what_would_be_sent_and_sends_nothing(
    library: Path, endpoint: Endpoint
) -> None:
    arguments = (QUESTION, "--dry-run", "--model", "any")
    environment = local(endpoint)
    told = ask(library, *arguments, environment=environment)
    shown = json.loads(ask(library, *arguments, "--json", environment=environment))
    assert endpoint.requests == []
    ask(library, QUESTION, "--model", "any", environment=environment)
    (request,) = endpoint.requests
    assert shown["messages"][0]["parts"] == [{"text": system(request)}]
    texts = [part["text"] for part in shown["messages"][1]["parts"] if "text" in part]
    sent = request["messages"][1]["content"]
    sent_texts = (
        [sent] if isinstance(sent, str) else [part["text"] for part in sent if "text" in part]
    )
    assert "\n\n".join(texts) == "\n\n".join(sent_texts)
    assert all(text in told for text in texts)
    assert f"About {shown['text_tokens']:,} tokens of text" in told
    pictures = [part for part in shown["messages"][1]["parts"] if "path" in part]
    assert pictures
    for picture in pictures:
        assert f"{picture['width']} x {picture['height']} pixels" in told
        assert picture["path"] in told


def test_a_dry_run_without_a_model_says_that_none_is_asked(library: Path) -> None:
    assert "no language model is configured" in ask(library, QUESTION, "--dry-run")


def test_a_bundle_is_replayed_with_another_model(
    library: Path, endpoint: Endpoint, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle"
    home = {"HOME": str(library.parent)}
    endpoint.pieces = [f"The serial number is {serial(1)} [1]."]
    environment = local(endpoint, **home)
    ask(library, QUESTION, "--model", "first", "--bundle", bundle, environment=environment)
    images = list((bundle / "images").iterdir())
    assert images
    for image in images:
        with Image.open(image) as picture:
            assert min(picture.size) > 1
    for file in bundle.rglob("*"):
        content = file.read_bytes() if file.is_file() else b""
        assert SECRET.encode() not in content
        assert str(library.parent).encode() not in content
    endpoint.pieces = ["The serial number is SN-000000 [1]."]
    done = run_pagesight("replay", bundle, "--model", "second", "--json", environment=environment)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["settings"] == {"ask.model": {"before": "first", "after": "second"}}
    assert found["versions"] == {"answerer": {"before": "first", "after": "second"}}
    assert found["hits"]["changed"] == []
    assert found["hits"]["same"] > 0
    changes = [(piece["change"], piece["text"].strip()) for piece in found["text"]]
    assert ("gone", serial(1)) in changes
    assert ("new", "SN-000000") in changes


def test_a_replay_with_other_settings_shows_the_hits_that_went(
    library: Path, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle"
    ask(library, QUESTION, "--bundle", bundle)
    same = run_pagesight("replay", bundle)
    assert "0 came, 0 went, 0 moved" in same.stdout, same.stderr
    fewer = run_pagesight("replay", bundle, "--pipeline", "words", "--set", "ask.evidence=1")
    assert "ask.evidence: 8 -> 1" in fewer.stdout, fewer.stderr
    assert "retrieve.weight_dense: 1.0 -> 0.0" in fewer.stdout
    assert "- rank" in fewer.stdout
    assert serial(1) in fewer.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("replay", "."), ".: is no bundle"),
        (("ask",), "write a question in quotes, or give --image FILE or --chat"),
        (("ask", "x?", "--chat", "--dry-run"), "looks at one question and saves nothing"),
    ],
)
def test_wrong_use_is_said_at_once(
    tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = run_pagesight(*arguments, folder=tmp_path)
    assert done.returncode == 2
    assert message in " ".join(done.stderr.split())


def test_a_folder_that_holds_something_is_refused_before_anything_is_asked(
    library: Path, endpoint: Endpoint, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    for option in ("--bundle", "--save-evidence"):
        done = run_pagesight(
            *("ask", QUESTION, *SETTINGS, "--library", library, "--model", "any"),
            *(option, tmp_path),
            environment=local(endpoint),
        )
        assert done.returncode == 2
        assert "is not empty" in done.stderr
    assert endpoint.requests == []


def a_viewer(folder: Path, *, works: bool) -> dict[str, str]:
    """A program in the place of the system's viewer, which notes what it was given."""
    folder.mkdir()
    program = folder / "xdg-open"
    program.write_text(f'#!/bin/sh\necho "$1" >> {folder}/opened\nexit {0 if works else 4}\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


def test_cited_pages_are_saved_and_opened(library: Path, tmp_path: Path) -> None:
    viewer = a_viewer(tmp_path / "programs", works=True)
    evidence = tmp_path / "evidence"
    told = ask(library, QUESTION, "--save-evidence", evidence, "--open", environment=viewer)
    pictures = sorted(path.name for path in evidence.iterdir())
    assert any(name.endswith("-unit-1-p1.png") for name in pictures)
    assert all(f"page: {evidence / name}" in told for name in pictures)
    for name in pictures:
        with Image.open(evidence / name) as picture:
            assert picture.width > 800
    opened = Path((tmp_path / "programs" / "opened").read_text().strip())
    assert opened in (evidence, *evidence.iterdir())


def test_without_a_viewer_the_place_of_the_pictures_is_said(library: Path, tmp_path: Path) -> None:
    viewer = a_viewer(tmp_path / "programs", works=False)
    done = run_pagesight(
        *("ask", QUESTION, *SETTINGS, "--library", library, "--open"), environment=viewer
    )
    assert done.returncode == 0
    assert "no program opens pictures here; they are in" in done.stderr


def test_pages_of_a_file_that_changed_or_went_are_said_to_be_missing(tmp_path: Path) -> None:
    folder, library = tmp_path / "documents", tmp_path / "library"
    folder.mkdir()
    path = manual(folder / "unit-1.pdf", 1)
    done = run_pagesight("ingest", folder, *SETTINGS, "--library", library)
    assert done.returncode == 0, done.stderr
    manual(path, 2)
    answer = json.loads(ask(library, QUESTION, "--save-evidence", tmp_path / "one", "--json"))
    assert serial(1) in answer["text"]
    assert answer["pictures"] == []
    assert any("has changed since it was ingested" in fault for fault in answer["no_pictures"])
    shutil.rmtree(folder)
    told = ask(library, QUESTION, "--save-evidence", tmp_path / "two")
    assert "no picture: unit-1.pdf: its pages cannot be shown" in told


def test_a_screenshot_of_a_figure_asks_and_is_found(library: Path, tmp_path: Path) -> None:
    figures = run_pagesight(
        "search", "drawing", "--kind", "figure", "--json", *SETTINGS, "--library", library
    )
    crop = json.loads(figures.stdout)[0]["crop"]
    shot = tmp_path / "shot.jpg"
    with Image.open(crop) as picture:
        half = (picture.width // 2, picture.height // 2)
        picture.convert("RGB").resize(half).save(shot, quality=80)
    answer = json.loads(ask(library, "--image", shot, "--json"))
    assert crop in [piece["crop"] for piece in answer["evidence"] if piece["rank"] == 1]
    kept = run_pagesight("ask", "--image", shot, "--bundle", tmp_path / "b", "--library", library)
    assert kept.returncode == 2
    assert "keeps no picture" in kept.stderr
