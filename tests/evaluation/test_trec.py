"""Files that trec_eval reads."""

from pathlib import Path

import pytest

from pagesight.errors import SettingsError
from pagesight.evaluation.trec import read_qrels, read_run, write_qrels, write_run

QRELS = {"q 1": {"data sheet.pdf#3@0": 2, "50% load.pdf#1/figure": 1}, "q2": {}, "q3": {"µ.pdf": 1}}
RANKED = {"q 1": ["b.pdf#1", "data sheet.pdf#3@0", "a.pdf#9"], "q2": [], "q3": ["c 1"]}


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    write_qrels(tmp_path / "page.qrels", QRELS)
    write_run(tmp_path / "page.run", RANKED, "words 1")
    assert read_qrels(tmp_path / "page.qrels") == QRELS
    assert read_run(tmp_path / "page.run") == {"q 1": RANKED["q 1"], "q3": ["c 1"]}


def test_fields_are_parted_by_single_spaces_and_ids_hold_none(tmp_path: Path) -> None:
    write_qrels(tmp_path / "page.qrels", {"q 1": {"data sheet.pdf#3": 2}, "q2": {}})
    write_run(tmp_path / "page.run", RANKED, "words 1")
    assert (tmp_path / "page.qrels").read_text() == "q%201 0 data%20sheet.pdf#3 2\nq2 0 - 0\n"
    assert (tmp_path / "page.run").read_text() == (
        "q%201 Q0 b.pdf#1 1 -1 words%201\n"
        "q%201 Q0 data%20sheet.pdf#3@0 2 -2 words%201\n"
        "q%201 Q0 a.pdf#9 3 -3 words%201\n"
        "q3 Q0 c%201 1 -1 words%201\n"
    )


def test_a_repeated_unit_is_written_once_at_its_first_rank(tmp_path: Path) -> None:
    write_run(tmp_path / "run", {"q": ["b", "a", "b", "c"]}, "tag")
    assert read_run(tmp_path / "run") == {"q": ["b", "a", "c"]}
    assert "c 3 -3" in (tmp_path / "run").read_text()


def test_a_run_is_read_by_score_and_equal_scores_by_id_descending(tmp_path: Path) -> None:
    (tmp_path / "run").write_text(
        "q\tQ0 low 1 0.1 t\nq Q0 a 2 0.5 t\n\nq Q0 b 3 0.50 t\n"
        "q Q0 high 4 1e2 t\nq Q0 low 5 0.2 t\n"
    )
    assert read_run(tmp_path / "run") == {"q": ["high", "b", "a", "low"]}


def test_units_that_were_judged_not_relevant_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "qrels").write_text("q 0 a 1\nq 0 b 0\nq 0 c -2\nnone 0 a 0\n")
    assert read_qrels(tmp_path / "qrels") == {"q": {"a": 1}, "none": {}}


def test_writing_replaces_the_file_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    write_run(tmp_path / "run", {"q": ["a", "b"]}, "tag")
    write_run(tmp_path / "run", {"q": ["c"]}, "tag")
    assert read_run(tmp_path / "run") == {"q": ["c"]}
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_file_that_fails_while_it_is_written_leaves_the_old_one(tmp_path: Path) -> None:
    write_run(tmp_path / "run", {"q": ["a"]}, "tag")
    with pytest.raises(UnicodeEncodeError):
        write_run(tmp_path / "run", {"q": ["b", "\ud800"]}, "tag")
    assert read_run(tmp_path / "run") == {"q": ["a"]}
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("q Q0 a 1 0.5 t\nq Q0 a b.pdf 2 0.4 t\n", "line 2: write it as `topic Q0 document rank"),
        ("q Q0 a 1 high t\n", "line 1: 'high' is not a number"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "run").write_text(text)
    with pytest.raises(SettingsError, match=message):
        read_run(tmp_path / "run")


def test_a_file_that_is_not_there_or_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for name in ("no.qrels", "binary"):
        with pytest.raises(SettingsError, match=f"{name}: cannot be read as TREC lines"):
            read_qrels(tmp_path / name)
