"""A library of the sample documents, made once by the real command."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from tests.endpoint import Endpoint, serving

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "data" / "samples"
COMMAND = Path(sys.executable).parent / "pagesight"

CACHE = "PAGESIGHT_CACHE"

SLOW_FILES = (
    "test_doctor.py",
    "test_eval_commands.py",
    "test_build.py",
    "test_hostile.py",
    "test_page.py",
    "test_ingest_limits.py",
    "test_main_job.py",
    "test_crash.py",
    "test_library.py",
    "test_command.py",
    "test_ingest_command.py",
    "test_golden.py",
    "test_interrupt.py",
    "test_mcp.py",
    "test_jobs.py",
)

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def run_pagesight(
    *arguments: object,
    environment: dict[str, str] | None = None,
    folder: Path | None = None,
    through: Sequence[str] = (),
    typed: str | None = None,
) -> subprocess.CompletedProcess[str]:
    """Runs the installed command; without any endpoint or setting of the caller's, and by
    another program where `through` names one with its arguments. `typed` is its standard
    input."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PAGESIGHT_", "OPENAI_")) or name == CACHE
    }
    return subprocess.run(
        [*through, str(COMMAND), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=600,
        input=typed,
        env=inherited | (environment or {}),
        cwd=folder,
        check=False,
    )


def json_of(*arguments: object) -> Any:
    """What the command prints with --json; it must succeed."""
    done = run_pagesight(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="session", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One cache folder for a test run and all of its workers: a model is made ready once in it,
    and the user's own is left alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CACHE, str(shared_folder(tmp_path_factory) / "cache"))
        yield


@pytest.fixture(scope="session")
def samples_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The five sample documents, ingested with the default settings. The workers of a test run
    have a copy each of what the first one made."""
    made = shared_folder(tmp_path_factory) / "samples"
    with FileLock(made.with_suffix(".lock")):
        if not made.exists():
            done = run_pagesight("ingest", SAMPLES, "--library", made.with_suffix(".making"))
            assert done.returncode == 0, done.stderr
            assert "5 documents stored (48 pages), 0 already there, 0 failed" in done.stdout
            made.with_suffix(".making").rename(made)
    library = tmp_path_factory.mktemp("samples") / "library"
    shutil.copytree(made, library)
    return library


def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this test run, the same for all of its workers."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the files first that take minutes, so that no worker is left with one at the end."""
    order = {name: number for number, name in enumerate(SLOW_FILES)}
    items.sort(key=lambda item: order.get(item.path.name, len(order)))


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    """A model's endpoint that the environment names."""
    monkeypatch.delenv("AZURE_OPENAI_ENDPOINT", raising=False)
    with serving() as server:
        monkeypatch.setenv("OPENAI_API_KEY", "local")
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        yield server
