"""Which files the user means."""

from pathlib import Path

from pagesight.results import Failed
from pagesight.sources import find_sources


def names(paths: list[str]) -> list[str]:
    return [
        f"{Path(found.source).name}: {found.reason}" if isinstance(found, Failed) else found.name
        for found in find_sources(paths)
    ]


def make(folder: Path, *files: str) -> None:
    for file in files:
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def test_a_folder_gives_its_pdfs_sorted_and_below(tmp_path: Path) -> None:
    make(tmp_path, "b.pdf", "a/z.PDF", "notes.txt", ".hidden/c.pdf", ".d.pdf")
    assert names([str(tmp_path)]) == ["b.pdf", "z.PDF"]


def test_each_file_comes_once(tmp_path: Path) -> None:
    make(tmp_path, "a.pdf")
    assert names([str(tmp_path / "a.pdf"), str(tmp_path)]) == ["a.pdf"]


def test_a_named_file_is_tried_whatever_it_is_called(tmp_path: Path) -> None:
    make(tmp_path, "report")
    assert names([str(tmp_path / "report")]) == ["report"]


def test_globs_work_where_no_shell_expands_them(tmp_path: Path) -> None:
    make(tmp_path, "x/1.pdf", "y/2.pdf")
    assert names([f"{tmp_path}/*/*.pdf"]) == ["1.pdf", "2.pdf"]
    assert names([f"{tmp_path}/*.docx"]) == ["*.docx: the pattern matches nothing"]


def test_a_file_whose_name_looks_like_a_glob_is_that_file(tmp_path: Path) -> None:
    make(tmp_path, "a[1].pdf")
    assert names([str(tmp_path / "a[1].pdf")]) == ["a[1].pdf"]


def test_what_is_not_there_is_said_and_the_rest_goes_on(tmp_path: Path) -> None:
    make(tmp_path, "a.pdf", "empty/notes.txt")
    found = names([str(tmp_path / "no.pdf"), str(tmp_path / "empty"), str(tmp_path / "a.pdf")])
    assert found == [
        "no.pdf: no such file or folder",
        "empty: the folder holds no .pdf files",
        "a.pdf",
    ]
