"""Metadata of documents from a file beside them."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from pagesight.document import Metadata
from pagesight.errors import SettingsError
from pagesight.sidecar import Sidecar, load_sidecar

PUMP = Metadata(
    title="HYDRA P4, service manual",
    revision="2.0",
    language="en",
    tags=("pump", "hydraulic"),
    supersedes=("hydra-p4-v1.pdf", "archive/p4.pdf"),
)


def csv_of(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "manuals.csv"
    path.write_bytes(text.encode(encoding))
    return path


def json_of(folder: Path, data: Any) -> Path:
    path = folder / "manuals.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return path


def sidecar_of(folder: Path, *files: str) -> Sidecar:
    """Each file has its own name as title."""
    rows = "".join(f"{file},{file}\n" for file in files)
    return load_sidecar(csv_of(folder, f"file,title\n{rows}"))


def refused(path: Path) -> str:
    with pytest.raises(SettingsError) as caught:
        load_sidecar(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    return message.removeprefix(str(path))


def test_a_csv_file_gives_every_field(tmp_path: Path) -> None:
    text = (
        "file,title,revision,language,tags,supersedes\n"
        'p4.pdf,"HYDRA P4, service manual",2.0,en,pump; hydraulic;pump;,'
        "hydra-p4-v1.pdf;archive/p4.pdf\n"
    )
    sidecar = load_sidecar(csv_of(tmp_path, text))
    assert sidecar.of(str(tmp_path / "p4.pdf")) == PUMP


def test_a_csv_file_as_excel_writes_it_says_the_same(tmp_path: Path) -> None:
    text = (
        "File;Revision;Title;Language;Tags;Supersedes\r\n"
        'p4.pdf;2.0;HYDRA P4, service manual;en;"pump;hydraulic";"hydra-p4-v1.pdf;archive/p4.pdf"'
        "\r\n;;;;;\r\n"
    )
    sidecar = load_sidecar(csv_of(tmp_path, text, "utf-8-sig"))
    assert sidecar.rows == {"p4.pdf": PUMP}


def test_a_json_file_says_the_same_as_an_object_and_as_a_list(tmp_path: Path) -> None:
    fields = {
        "title": "HYDRA P4, service manual",
        "revision": "2.0",
        "language": "en",
        "tags": ["pump", "hydraulic"],
        "supersedes": ["hydra-p4-v1.pdf", "archive/p4.pdf"],
    }
    by_name = load_sidecar(json_of(tmp_path, {"p4.pdf": fields}))
    listed = load_sidecar(json_of(tmp_path, [{"file": "p4.pdf"} | fields]))
    assert by_name == listed
    assert by_name.rows == {"p4.pdf": PUMP}


def test_columns_and_fields_that_are_not_there_say_nothing(tmp_path: Path) -> None:
    assert load_sidecar(csv_of(tmp_path, "file\np4.pdf\n")).rows == {"p4.pdf": Metadata()}
    short = load_sidecar(csv_of(tmp_path, "file,title,tags\np4.pdf,P4\n"))
    assert short.rows == {"p4.pdf": Metadata(title="P4")}
    nulls = load_sidecar(json_of(tmp_path, {"p4.pdf": {"title": None, "tags": None}}))
    assert nulls.rows == {"p4.pdf": Metadata()}


def test_a_file_without_rows_says_nothing_about_anything(tmp_path: Path) -> None:
    sidecar = load_sidecar(csv_of(tmp_path, "file,title\n"))
    assert sidecar.of(str(tmp_path / "p4.pdf")) == Metadata()
    assert sidecar.unused([str(tmp_path / "p4.pdf")]) == []


def test_the_whole_path_goes_before_the_path_from_the_folder_and_that_before_the_name(
    tmp_path: Path,
) -> None:
    other = "/srv/other/a.pdf"
    sidecar = sidecar_of(tmp_path, other, "sub/a.pdf", "a.pdf")
    assert sidecar.of(other).title == other
    assert sidecar.of(str(tmp_path / "sub" / "a.pdf")).title == "sub/a.pdf"
    assert sidecar.of(str(tmp_path / "a.pdf")).title == "a.pdf"
    assert sidecar.of("/anywhere/else/a.pdf").title == "a.pdf"
    assert sidecar.of("/anywhere/else/b.pdf") == Metadata()


def test_a_path_with_folders_is_not_taken_for_a_name(tmp_path: Path) -> None:
    sidecar = sidecar_of(tmp_path, "sub/a.pdf", "..\\beside\\b.pdf")
    assert sidecar.of(str(tmp_path / "a.pdf")) == Metadata()
    assert sidecar.of("/else/sub/a.pdf") == Metadata()
    assert sidecar.of(str(tmp_path.parent / "beside" / "b.pdf")).title == "..\\beside\\b.pdf"


def test_a_url_is_matched_whatever_its_signature_is(tmp_path: Path) -> None:
    sidecar = sidecar_of(tmp_path, "https://ann:secret@host/a.pdf?sig=1", "pump manual.pdf")
    assert sidecar.of("https://host/a.pdf").title == "https://ann:secret@host/a.pdf?sig=1"
    assert sidecar.unused([]) == ["https://host/a.pdf", "pump manual.pdf"]
    assert sidecar.of("https://host/x/pump%20manual.pdf?v=2").title == "pump manual.pdf"
    assert sidecar.of("https://host/b.pdf") == Metadata()


def test_a_letter_may_be_written_in_one_part_or_in_two(tmp_path: Path) -> None:
    sidecar = sidecar_of(tmp_path, "Kühlung.pdf", unicodedata.normalize("NFD", "sub/Kühlung.pdf"))
    assert sidecar.of(unicodedata.normalize("NFD", "/mac/Kühlung.pdf")).title == "Kühlung.pdf"
    assert "sub" in sidecar.of(str(tmp_path / "sub" / "Kühlung.pdf")).title


def test_rows_that_are_about_no_source_are_named(tmp_path: Path) -> None:
    sidecar = sidecar_of(tmp_path, "z.pdf", "a.pdf", "sub/a.pdf", "https://host/a.pdf")
    sources = [str(tmp_path / "sub" / "a.pdf"), "/else/z.pdf"]
    assert sidecar.unused(sources) == ["a.pdf", "https://host/a.pdf"]
    assert sidecar.unused([]) == ["z.pdf", "a.pdf", "sub/a.pdf", "https://host/a.pdf"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", 'line 1: has no column "file"'),
        ("name,title\na.pdf,A\n", 'line 1: has no column "file"'),
        ("file,titel\na.pdf,A\n", 'line 1: the column "titel" is unknown; there are file, title'),
        ("file,title,title\na.pdf,A,B\n", 'line 1: the column "title" is there twice'),
        ("file,title\na.pdf,A\n,B\n", 'line 3: "file" must name a document'),
        ("file,title\na.pdf,Pumps, valves\n", "line 2: has 3 cells under 2 columns"),
        ("file,title\na.pdf,A\nb.pdf,B\n./a.pdf,C\n", "line 4: ./a.pdf is there twice"),
        ('file,title\na.pdf,"A\n', "is no CSV"),
    ],
)
def test_a_csv_file_that_cannot_be_used_is_refused_with_the_line(
    tmp_path: Path, text: str, message: str
) -> None:
    assert message in refused(csv_of(tmp_path, text))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ('{"a.pdf": {', "is no JSON"),
        ("3", "must be an object of file -> fields, or a list"),
        (["a.pdf"], "entry 1: must be an object"),
        ({"a.pdf": "A"}, "entry 1: must be an object"),
        ([{"title": "A"}], 'entry 1: "file" must name a document'),
        ([{"file": 3}], 'entry 1: "file" must name a document'),
        ({"a.pdf": {}, "b.pdf": {"titel": "B"}}, 'entry 2: the field "titel" is unknown'),
        ({"a.pdf": {"revision": 2}}, 'entry 1 (a.pdf): "revision" must be a text'),
        ({"a.pdf": {"tags": "pump"}}, 'entry 1 (a.pdf): "tags" must be a list of texts'),
        ({"a.pdf": {"tags": ["pump", 2]}}, 'entry 1 (a.pdf): "tags" must be a list of texts'),
        ('{"a.pdf": {}, "a.pdf": {}}', "entry 2: a.pdf is there twice"),
        ('{"a.pdf": {"title": "A", "title": "B"}}', "entry 1: has a field twice"),
    ],
)
def test_a_json_file_that_cannot_be_used_is_refused_with_the_entry(
    tmp_path: Path, data: Any, message: str
) -> None:
    assert message in refused(json_of(tmp_path, data))


def test_a_file_of_another_kind_or_coding_or_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "must end in .csv or .json" in refused(tmp_path / "manuals.xlsx")
    assert "cannot be read (No such file" in refused(tmp_path / "manuals.csv")
    assert "is not UTF-8" in refused(csv_of(tmp_path, "file\nKühlung.pdf\n", "cp1252"))
