"""Ctrl-C in the middle of an ingest."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

from tests.conftest import COMMAND, SAMPLES, json_of, run_pagesight


def test_ctrl_c_keeps_what_is_stored_and_the_same_command_goes_on(tmp_path: Path) -> None:
    command = [
        *("ingest", SAMPLES, "--library", tmp_path / "library"),
        *("--set", "visual.enabled=false"),
    ]
    running = subprocess.Popen(
        [str(COMMAND), *map(str, command)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert running.stderr is not None
    for line in running.stderr:
        if line.startswith("stored"):
            break
    # A terminal sends it to the whole group, the workers included.
    os.killpg(running.pid, signal.SIGINT)
    _, errors = running.communicate(timeout=120)
    assert running.returncode == 130
    assert "Run the same command to go on." in errors
    assert "Traceback" not in errors
    before = json_of("docs", "list", "--library", tmp_path / "library")
    assert 1 <= len(before) < 5
    again = run_pagesight(*command)
    assert again.returncode == 0, again.stderr
    assert f"{5 - len(before)} documents stored" in again.stdout
    assert f"{len(before)} already there" in again.stdout
    assert len(json_of("docs", "list", "--library", tmp_path / "library")) == 5
