"""The command line: light to start, plain when something is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, run_pagesight

HEAVY = {
    "chromadb",
    "numpy",
    "onnxruntime",
    "open_clip",
    "fsspec",
    "openai",
    "openvino",
    "pebble",
    "psutil",
    "pydantic",
    "pymupdf",
    "pytesseract",
    "rank_bm25",
    "sentence_transformers",
    "tantivy",
    "tokenizers",
    "torch",
    "transformers",
    "unstructured",
}


def test_help_imports_none_of_the_heavy_libraries() -> None:
    code = (
        "import sys; sys.argv = ['pagesight', '--help']\n"
        "from pagesight.cli import main\n"
        "try:\n    main()\nexcept SystemExit: pass\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}), sep='\\n')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Usage" in done.stdout
    assert HEAVY & set(done.stdout.split()) == set()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["search", "x", "--library", "nowhere"], 2, "there is no library at"),
        (["docs", "rm", "x", "--library", "nowhere"], 2, "there is no library at"),
        (["config", "show", "--set", "ask.modell=x"], 2, "no key 'modell' in [ask]"),
        (["config", "show", "--pipeline", "fast"], 2, "no pipeline is called 'fast'"),
        (["config", "show", "--config", "absent.toml"], 2, "absent.toml: cannot be read"),
        (["search"], 2, "write a question in quotes, or give --image FILE"),
        (["ask"], 2, "write a question in quotes, or give --image FILE or --chat"),
        (["serch", "x"], 2, "No such command"),
    ],
)
def test_wrong_use_is_one_clear_message(
    tmp_path: Path, arguments: list[str], code: int, message: str
) -> None:
    done = run_pagesight(*arguments, folder=tmp_path)
    assert done.returncode == code
    assert message in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_with_json_an_error_is_json_too(tmp_path: Path) -> None:
    done = run_pagesight("search", "x", "--library", tmp_path / "no", "--json")
    error = json.loads(done.stdout)
    assert done.returncode == 2
    assert error["type"] == "SettingsError"
    assert "there is no library" in error["error"]


def test_what_config_show_prints_can_be_given_back(tmp_path: Path) -> None:
    shown = run_pagesight("config", "show", "--set", "retrieve.count=3")
    file = tmp_path / "mine.toml"
    file.write_text(shown.stdout)
    again = run_pagesight("config", "show", "--config", file)
    assert again.stdout == shown.stdout
    assert "count = 3" in again.stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--kind", "picture"], "kind picture: write text, figure or table"),
        (["--pages", "9-3"], "pages 9-3: write a page number or a range"),
        (["--document", "no-such.pdf"], "no such document: no-such.pdf"),
        (["--set", "text.model=./no-folder"], "text.model: ./no-folder is not a folder"),
    ],
)
def test_a_filter_or_model_that_means_nothing_is_named(
    samples_library: Path, options: list[str], message: str
) -> None:
    done = run_pagesight("search", "pump", "--library", samples_library, *options)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_empty_question_is_refused(samples_library: Path) -> None:
    done = run_pagesight("ask", "  ", "--library", samples_library)
    assert done.returncode == 2
    assert "the question is empty" in done.stderr


def test_a_library_of_another_embedder_is_refused_with_the_remedy(
    samples_library: Path, tmp_path: Path
) -> None:
    (tmp_path / "model").mkdir()
    done = run_pagesight(
        "search", "pump", "--library", samples_library, "--set", f"text.model={tmp_path}/model"
    )
    assert done.returncode == 2
    assert "pagesight reembed" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_named_endpoint_without_a_key_is_one_line(samples_library: Path) -> None:
    done = run_pagesight("ask", "pump?", "--library", samples_library, "--model", "some-model")
    assert done.returncode == 4
    assert "set OPENAI_API_KEY" in done.stderr


def test_a_set_whose_documents_are_missing_says_which(
    samples_library: Path, tmp_path: Path
) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text('{"id": "1", "question": "x?", "documents": ["other.pdf"], "pages": [1]}\n')
    done = run_pagesight("eval", "run", path, "--library", samples_library)
    assert done.returncode == 2
    assert "other.pdf" in done.stderr


def test_the_readme_names_every_command() -> None:
    readme = (ROOT / "README.md").read_text()
    shown = run_pagesight("--help").stdout
    for command in ("ingest", "search", "ask", "replay", "docs", "config", "eval", "reembed"):
        assert f"pagesight {command}" in readme
        assert command in shown
