"""Ingest at its limits: a full disk, a locked or read-only folder, pages without end."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import json_of, run_pagesight
from tests.odd_pdfs import endless, manual, serial, vast_picture
from tests.processes import started

NO_CLIP = ("--set", "visual.enabled=false")


def names(library: Path) -> set[str]:
    return {Path(each["source"]).name for each in json_of("docs", "list", "--library", library)}


def lines_about(done: subprocess.CompletedProcess[str], name: str) -> list[str]:
    return [line for line in (done.stdout + done.stderr).splitlines() if name in line]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of 32 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if shutil.which("mount") is None:
        pytest.skip("there is no mount command")
    mount = ["mount", "-t", "tmpfs", "-o", "size=32m", "pagesight-test", str(folder)]
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@contextmanager
def filled(disk: Path, room: int) -> Iterator[None]:
    """The disk with so many bytes left."""
    filler = disk / "filler"
    filler.write_bytes(b"\0" * (shutil.disk_usage(disk).free - room))
    try:
        yield
    finally:
        filler.unlink()


def test_a_full_disk_is_one_line_and_the_same_command_goes_on(
    small_disk: Path, tmp_path: Path
) -> None:
    """With more room each time, the disk is full at another moment."""
    library, documents = small_disk / "library", tmp_path / "documents"
    documents.mkdir()
    manual(documents / "unit-0.pdf", 0)
    command = ("ingest", documents, *NO_CLIP, "--library", library)
    assert run_pagesight(*command).returncode == 0
    for seed in range(1, 4):
        manual(documents / f"unit-{seed}.pdf", seed)
    stored = {"unit-0.pdf"}
    room, failures = 20_000, 0
    while True:
        with filled(small_disk, room):
            done = run_pagesight(*command)
        stored |= set(re.findall(r"^stored +(\S+):", done.stderr, re.MULTILINE))
        assert stored <= names(library)
        if done.returncode == 0:
            break
        assert done.returncode == 3, done.stderr
        (line,) = [line for line in done.stderr.splitlines() if line.startswith("pagesight: ")]
        assert re.search("space|disk", line)
        assert "Traceback" not in done.stderr
        failures += 1
        room *= 4
    assert failures > 1
    assert names(library) == {f"unit-{seed}.pdf" for seed in range(4)}
    assert found(library, 3)
    assert run_pagesight("doctor", "--library", library).returncode == 0


def found(library: Path, seed: int) -> bool:
    """Whether the unit's serial number is among the hits."""
    question = f"serial number of unit {seed}"
    hits = json_of("search", question, *NO_CLIP, "--library", library)
    return any(serial(seed) in hit["text"] for hit in hits)


ORDINARY = "-dac_override,-dac_read_search"
"""What root has more than the owner of a file."""


@pytest.fixture
def through() -> Sequence[str]:
    """What runs a command so that the modes of files hold for it."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("root may write every file, and setpriv is not there to change that")
    return ("setpriv", f"--inh-caps={ORDINARY}", f"--bounding-set={ORDINARY}")


def test_a_read_only_folder_is_one_line(tmp_path: Path, through: Sequence[str]) -> None:
    library, documents = tmp_path / "library", tmp_path / "documents"
    documents.mkdir()
    manual(documents / "unit-0.pdf", 0)
    command = ("ingest", documents, *NO_CLIP, "--library", library)
    assert run_pagesight(*command).returncode == 0
    manual(documents / "unit-1.pdf", 1)
    folders = [library, *(path for path in library.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    try:
        refused = run_pagesight(*command, through=through)
    finally:
        for folder in folders:
            folder.chmod(0o755)
    assert refused.returncode == 3
    assert refused.stderr.count("\n") == 1
    assert "make the folder writable" in refused.stderr
    assert names(library) == {"unit-0.pdf"}
    assert run_pagesight(*command).returncode == 0
    assert names(library) == {"unit-0.pdf", "unit-1.pdf"}


def test_a_second_writer_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    library, documents = tmp_path / "library", tmp_path / "documents"
    documents.mkdir()
    for seed in range(4):
        manual(documents / f"unit-{seed}.pdf", seed)
    command = ("ingest", documents, *NO_CLIP, "--library", library)
    with started(tmp_path / "log", *command) as first:
        while not (library / "catalogue.db").exists():
            assert first.poll() is None, (tmp_path / "log").read_text()
            time.sleep(0.02)
        second = run_pagesight(*command)
        assert first.poll() is None, "the first was done before the second came"
        assert first.wait(300) == 0
    assert second.returncode == 3
    assert second.stderr.count("\n") == 1
    assert "another pagesight process is writing" in second.stderr
    assert names(library) == {f"unit-{seed}.pdf" for seed in range(4)}


def test_pages_without_end_or_measure_are_stopped_and_named_and_the_rest_is_stored(
    tmp_path: Path,
) -> None:
    library, documents = tmp_path / "library", tmp_path / "documents"
    documents.mkdir()
    endless(documents / "endless.pdf")
    vast_picture(documents / "vast.pdf", 16_000)
    manual(documents / "unit-0.pdf", 0)
    done = run_pagesight(
        *("ingest", documents, *NO_CLIP, "--library", library),
        *("--set", "parse.page_seconds=15", "--set", "parse.memory_mb=1200"),
        *("--set", "parse.window_pages=1"),
    )
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert "page 2: took longer than 15 s and was stopped (parse.page_seconds)" in done.stderr
    (line,) = lines_about(done, "vast.pdf")
    assert line.startswith("FAILED")
    assert "needed more than 1200 MB of memory and was stopped (parse.memory_mb)" in line
    assert "2 documents stored (5 pages), 0 already there, 1 failed" in done.stdout
    assert names(library) == {"endless.pdf", "unit-0.pdf"}
    assert found(library, 0)
