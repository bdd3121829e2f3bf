"""The built wheel works outside of the checkout, prompts and pipelines included."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT],
        check=True,
        capture_output=True,
        timeout=300,
    )
    (built,) = out.glob("*.whl")
    return built


def test_prompts_and_pipelines_are_in_the_wheel_once(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    for folder in ("pipelines", "prompts"):
        shipped = {f"pagesight/_{folder}/{path.name}" for path in (ROOT / folder).glob("*.toml")}
        assert shipped == {name for name in names if name.startswith(f"pagesight/_{folder}/")}
    assert len(names) == len(set(names))
    assert not [name for name in names if name.startswith(("tests", "data", "eval"))]


def test_the_web_page_is_in_the_wheel(wheel: Path) -> None:
    web = ROOT / "src" / "pagesight" / "server" / "web"
    files = {path.relative_to(ROOT / "src").as_posix() for path in web.rglob("*.*")}
    with zipfile.ZipFile(wheel) as archive:
        assert files <= set(archive.namelist())
    assert "pagesight/server/web/index.html" in files


def test_the_unpacked_wheel_finds_its_own_files(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    code = (
        "from pagesight import prompts, resources, settings\n"
        "print(resources.find('pipelines', 'default', '.toml'))\n"
        "print(resources.find('prompts', 'answer', '.toml'))\n"
        "print(settings.load().text.model, prompts.load('answer', ()).name)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        text=True,
        check=True,
    )
    pipeline, prompt, rest = done.stdout.splitlines()
    assert Path(pipeline).is_relative_to(tmp_path)
    assert Path(prompt).is_relative_to(tmp_path)
    assert rest == "all-MiniLM-L6-v2 answer"
