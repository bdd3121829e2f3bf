"""The files that people start the server with: they say what the command and the settings know."""

import json
import re
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import typer
import yaml  # type: ignore[import-untyped]

from pagesight.cli.commands import app
from pagesight.settings import load
from tests.chroma_server import CHROMA
from tests.conftest import COMMAND, ROOT, run_pagesight

UNIT = ROOT / "deploy" / "pagesight.service"
SYSTEMD = shutil.which("systemd-analyze")


def instructions() -> list[tuple[str, str]]:
    """(instruction, its arguments) of the Dockerfile, in order."""
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    text = "\n".join(line for line in lines if not line.startswith("#")).replace("\\\n", " ")
    split = (line.split(maxsplit=1) for line in text.splitlines() if line.strip())
    return [(name, rest.strip()) for name, rest in split]


def instruction(name: str) -> str:
    """Arguments of the last of that name."""
    return [rest for known, rest in instructions() if known == name][-1]


def copied() -> list[str]:
    """What the Dockerfile copies from the checkout."""
    return [
        source
        for name, rest in instructions()
        if name == "COPY" and "--from" not in rest
        for source in rest.split()[:-1]
    ]


def environment() -> dict[str, str]:
    """The variables that the image sets."""
    pairs = (pair.partition("=") for pair in shlex.split(instruction("ENV")))
    return {name: value for name, _, value in pairs}


def compose() -> Any:
    return yaml.safe_load((ROOT / "compose.yaml").read_text())


def into_the_image(path: str) -> bool:
    """Whether .dockerignore lets a file through: the last pattern that matches it or a folder of
    it counts."""
    places = [path, *map(str, Path(path).parents)]
    let = True
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!").removeprefix("**/")
        anywhere = "**/" in line
        if line.startswith("#") or not line:
            continue
        if any(fnmatchcase(Path(place).name if anywhere else place, pattern) for place in places):
            let = line.startswith("!")
    return let


def options(command: str) -> set[str]:
    """Of a command of `pagesight`."""
    found = typer.main.get_command(app)
    for name in command.split():
        found = found.commands[name]  # type: ignore[attr-defined]
    return {option for parameter in found.params for option in parameter.opts}


def assert_known(words: Sequence[str]) -> None:
    """Of a command line of `pagesight`: the command, and its options."""
    start = next((i for i, word in enumerate(words) if word.startswith("-")), len(words))
    command = words[0] if words[0] != "keys" else " ".join(words[:2])
    used = {word for word in words[start:] if word.startswith("-")}
    assert used <= options(command)


def shown_commands(path: Path) -> list[list[str]]:
    """Command lines of `pagesight keys` and `pagesight ingest` in the comments of a file."""
    text = path.read_text().replace("\\\n#", "")
    lines = re.findall(r"pagesight ((?:keys|ingest) .*)", text)
    assert lines
    return [shlex.split(line) for line in lines]


def exec_start() -> list[str]:
    text = UNIT.read_text().replace("\\\n", " ")
    (line,) = re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE)
    return shlex.split(line)


@contextmanager
def saying(status: int) -> Iterator[int]:
    """Port of an HTTP server whose /readyz has this status; every other path is not found."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/readyz" else 404)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def test_everything_that_the_image_copies_is_there_and_let_through() -> None:
    assert {"src", "requirements.lock"} <= set(copied())
    for source in copied():
        assert (ROOT / source).exists()
        assert into_the_image(source)
    assert into_the_image("src/pagesight/server/web/page.js")


@pytest.mark.parametrize(
    "path",
    [
        ".venv/bin/python",
        ".git/config",
        ".env",
        "keys.json",
        "demo-library/catalogue.db",
        "pagesight-library/crops/ab/abcd.png",
        "documents/manual.pdf",
        "tests/conftest.py",
        "src/pagesight/__pycache__/app.cpython-311.pyc",
    ],
)
def test_what_is_not_for_the_image_stays_out(path: str) -> None:
    assert not into_the_image(path)


def test_the_wheel_is_built_of_what_the_image_copies(tmp_path: Path) -> None:
    for source in copied():
        here = ROOT / source
        if here.is_dir():
            shutil.copytree(here, tmp_path / source, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(here, tmp_path / source)
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.glob("dist/pagesight-*.whl"))


def test_the_extras_of_the_image_are_in_the_lock() -> None:
    (extras,) = re.findall(r'"pagesight\[(.*)\]"', (ROOT / "Dockerfile").read_text())
    locked = re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    text = (ROOT / "pyproject.toml").read_text()
    for extra in extras.split(","):
        (line,) = re.findall(rf"^{extra} = \[(.*)\]$", text, re.MULTILINE)
        assert set(re.findall(r'"([a-z0-9-]+)', line)) <= set(locked)


def test_the_image_starts_a_server_that_refuses_to_start_without_keys(tmp_path: Path) -> None:
    command = json.loads(instruction("CMD"))
    assert json.loads(instruction("ENTRYPOINT")) == ["pagesight"]
    assert_known(command)
    inside = {
        name: value.replace("/config", str(tmp_path)).replace("/data", str(tmp_path))
        for name, value in environment().items()
        if name.startswith("PAGESIGHT_")
    }
    done = run_pagesight(*command, environment=inside)
    assert done.returncode == 2
    assert "pagesight keys add" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_all_that_the_image_writes_is_in_its_volumes() -> None:
    volumes = json.loads(instruction("VOLUME"))
    paths = [
        value for value in environment().values() if value.startswith("/") and ":" not in value
    ]
    assert len(paths) == 4
    assert all(any(path.startswith(f"{volume}/") for volume in volumes) for path in paths)
    assert instruction("USER") != "root"


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_the_image_is_healthy_when_the_server_is_ready(status: int, code: int) -> None:
    python, *rest = json.loads(instruction("HEALTHCHECK").partition("CMD ")[2])
    assert python == "python"
    with saying(status) as port:
        command = [word.replace("8080", str(port)) for word in rest]
        assert subprocess.run([sys.executable, *command], capture_output=True).returncode == code


def test_compose_says_only_what_the_commands_and_the_settings_know() -> None:
    services = compose()["services"]
    assert_known(services["pagesight"]["command"])
    command, run, *rest = services["chroma"]["entrypoint"]
    assert (command, run) == (CHROMA.name, "run")
    known = subprocess.run([str(CHROMA), "run", "--help"], capture_output=True, text=True).stdout
    assert all(f"{word} <" in known for word in rest if word.startswith("-"))
    variables = {name: value or "" for name, value in services["pagesight"]["environment"].items()}
    server = urlsplit(load(environment=variables).vectors.server)
    assert server.hostname == "chroma"
    assert str(server.port) == rest[rest.index("--port") + 1]


def test_compose_publishes_the_server_to_this_machine_only_and_chroma_to_nobody() -> None:
    described = compose()
    services = described["services"]
    assert services["pagesight"]["ports"] == ["127.0.0.1:8080:8080"]
    assert "ports" not in services["chroma"]
    (network,) = services["chroma"]["networks"]
    assert described["networks"][network] == {"internal": True}
    assert network in services["pagesight"]["networks"]


def test_compose_keeps_what_is_written_in_volumes_that_it_declares() -> None:
    described = compose()
    named = {
        mount.partition(":")[0]: mount.partition(":")[2]
        for service in described["services"].values()
        for mount in service["volumes"]
        if not mount.startswith("$")
    }
    assert set(named) == set(described["volumes"])
    assert set(json.loads(instruction("VOLUME"))) == set(named.values())
    assert all(service["read_only"] for service in described["services"].values())


@pytest.mark.parametrize("name", ["Dockerfile", "compose.yaml", "deploy/pagesight.service"])
def test_the_commands_that_are_shown_are_commands(name: str) -> None:
    for words in shown_commands(ROOT / name):
        assert_known(words)


def test_the_unit_says_only_what_the_command_knows() -> None:
    command, *words = exec_start()
    assert command == "/opt/pagesight/bin/pagesight"
    assert_known(words)
    assert words[words.index("--host") + 1] == "127.0.0.1"


@pytest.mark.skipif(SYSTEMD is None, reason="there is no systemd-analyze here")
def test_systemd_understands_the_unit_and_finds_it_hardened(tmp_path: Path) -> None:
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/pagesight/bin/pagesight", str(COMMAND)))
    done = subprocess.run([str(SYSTEMD), "verify", unit], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    security = [str(SYSTEMD), "security", "--offline=true", "--threshold=25", str(unit)]
    assert subprocess.run(security, capture_output=True).returncode == 0
