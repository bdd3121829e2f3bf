"""Which files the user means, and the passwords that open them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pagesight.errors import DocumentError, SettingsError
from pagesight.results import Failed
from pagesight.sources import (
    Located,
    find_sources,
    is_remote,
    local_copy,
    read_passwords,
    source_name,
)


@dataclass
class Shelf:
    """Remote files that are there already; remembers what was fetched."""

    folders: Mapping[str, list[str]] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    fetched: list[str] = field(default_factory=list)

    def find(self, url: str) -> list[str]:
        if url in self.missing:
            raise DocumentError(f"{source_name(url)} is not there (404): check the address")
        return self.folders.get(url, [url])

    def fetch(self, url: str) -> Path:
        self.fetched.append(url)
        if url in self.missing:
            raise DocumentError(f"{source_name(url)} is not there (404): check the address")
        return Path("/downloads", url.rsplit("/", 1)[-1])


def found(*paths: str, shelf: Shelf | None = None) -> list[str]:
    return [
        f"{Path(each.source).name}: {each.reason}" if isinstance(each, Failed) else each.source
        for each in find_sources(paths, shelf or Shelf())
    ]


def names(*paths: str) -> list[str]:
    return [Path(source).name for source in found(*paths)]


def make(folder: Path, *files: str) -> None:
    for file in files:
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def test_a_folder_gives_its_documents_sorted_and_below(tmp_path: Path) -> None:
    make(tmp_path, "b.pdf", "a/z.PDF", "notes.ini", ".hidden/c.pdf", ".d.pdf")
    assert names(str(tmp_path)) == ["b.pdf", "z.PDF"]


def test_each_file_comes_once(tmp_path: Path) -> None:
    make(tmp_path, "a.pdf")
    assert names(str(tmp_path / "a.pdf"), str(tmp_path)) == ["a.pdf"]


def test_a_file_is_named_by_its_absolute_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "a.pdf")
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "a.pdf"
    assert list(find_sources(["a.pdf"], Shelf())) == [Located(source=str(path), path=path)]


def test_a_named_file_is_tried_whatever_it_is_called(tmp_path: Path) -> None:
    make(tmp_path, "report")
    assert names(str(tmp_path / "report")) == ["report"]


def test_globs_work_where_no_shell_expands_them(tmp_path: Path) -> None:
    make(tmp_path, "x/1.pdf", "y/2.pdf")
    assert names(f"{tmp_path}/*/*.pdf") == ["1.pdf", "2.pdf"]
    assert names(f"{tmp_path}/*.docx") == ["*.docx: the pattern matches nothing"]


def test_a_file_whose_name_looks_like_a_glob_is_that_file(tmp_path: Path) -> None:
    make(tmp_path, "a[1].pdf")
    assert names(str(tmp_path / "a[1].pdf")) == ["a[1].pdf"]


def test_what_is_not_there_is_said_and_the_rest_goes_on(tmp_path: Path) -> None:
    make(tmp_path, "a.pdf", "empty/notes.ini")
    paths = (str(tmp_path / "no.pdf"), str(tmp_path / "empty"), str(tmp_path / "a.pdf"))
    assert names(*paths) == [
        "no.pdf: no such file or folder",
        "empty: the folder holds no documents",
        "a.pdf",
    ]


def test_a_file_url_is_a_path(tmp_path: Path) -> None:
    make(tmp_path, "pump manual.pdf")
    url = (tmp_path / "pump manual.pdf").as_uri()
    assert "%20" in url
    assert found(url) == [str(tmp_path / "pump manual.pdf")]
    assert not is_remote(url)


def test_a_drive_is_no_scheme() -> None:
    assert not is_remote("C:\\manuals\\a.pdf")
    assert not is_remote("C://manuals/a.pdf")
    assert not is_remote("/srv/http://odd/a.pdf")
    assert is_remote("s3://bucket/a.pdf")
    assert is_remote("HTTPS://host/a.pdf")


def test_urls_are_fetched_one_at_a_time_as_they_are_asked_for() -> None:
    shelf = Shelf({"s3://b/": ["s3://b/1.pdf", "s3://b/2.pdf"]})
    sources = find_sources(["s3://b/", "https://host/3.pdf"], shelf)
    assert shelf.fetched == []
    assert next(sources) == Located(source="s3://b/1.pdf", path=Path("/downloads/1.pdf"))
    assert shelf.fetched == ["s3://b/1.pdf"]
    assert [each.source for each in sources] == ["s3://b/2.pdf", "https://host/3.pdf"]


def test_a_url_that_fails_is_said_and_the_rest_goes_on(tmp_path: Path) -> None:
    make(tmp_path, "a.pdf")
    shelf = Shelf(
        {"s3://b/": ["s3://b/gone.pdf", "s3://b/2.pdf"]},
        missing=frozenset({"s3://b/gone.pdf", "https://host/x/"}),
    )
    assert found("s3://b/", "https://host/x/", str(tmp_path), shelf=shelf) == [
        "gone.pdf: is not there (404): check the address",
        "s3://b/2.pdf",
        "x: is not there (404): check the address",
        str(tmp_path / "a.pdf"),
    ]


def test_a_url_comes_once_and_is_fetched_once() -> None:
    shelf = Shelf({"s3://b/": ["s3://b/1.pdf"]})
    same = ("https://Host/a.pdf", "https://host/a.pdf#page=3", "s3://b/1.pdf", "s3://b/")
    assert found(*same, shelf=shelf) == ["https://host/a.pdf", "s3://b/1.pdf"]
    assert shelf.fetched == ["https://Host/a.pdf", "s3://b/1.pdf"]


def test_two_urls_that_differ_in_a_token_only_are_not_taken_for_one_in_silence() -> None:
    first, second = found("https://host/get?token=1", "https://host/get?token=2")
    assert first == "https://host/get"
    assert "the same but for a password or signature" in second


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://ann:se%2Fcret@host/a.pdf", "https://host/a.pdf"),
        ("https://ghp_token@host/a.pdf", "https://host/a.pdf"),
        ("https://ann:p@ss@host:8443/a.pdf", "https://host:8443/a.pdf"),
        ("ftp://ann:secret@host/dir/", "ftp://host/dir/"),
        ("zip://a.pdf::https://ann:secret@host/a.zip", "zip://a.pdf::https://host/a.zip"),
        ("simplecache::https://ann:secret@host/a", "simplecache::https://host/a"),
        ("https://ann:se/cret@host/a.pdf", "https://..."),
        ("https://ann:se?cret@host/a.pdf", "https://..."),
        ("https://host/@scope/a@2.pdf", "https://host/@scope/a@2.pdf"),
        (
            "abfs://container@account.dfs.core.windows.net/a.pdf",
            "abfs://container@account.dfs.core.windows.net/a.pdf",
        ),
        ("s3://bucket/a@b#1.pdf?versionId=3", "s3://bucket/a@b#1.pdf?versionId=3"),
    ],
)
def test_users_and_passwords_are_left_out_of_the_name(url: str, name: str) -> None:
    assert source_name(url) == name
    assert source_name(name) == name
    assert found(url) == [name]


@pytest.mark.parametrize(
    ("url", "name"),
    [
        (
            "https://b.s3.amazonaws.com/a.pdf?versionId=3&X-Amz-Algorithm=AWS4-HMAC-SHA256"
            "&X-Amz-Credential=k&X-Amz-Date=20260101T000000Z&X-Amz-Signature=f00",
            "https://b.s3.amazonaws.com/a.pdf?versionId=3",
        ),
        (
            "https://b.s3.amazonaws.com/a.pdf?AWSAccessKeyId=k&Expires=17&Signature=f00",
            "https://b.s3.amazonaws.com/a.pdf",
        ),
        (
            "https://a.blob.core.windows.net/c/a.pdf?sv=2026&st=1&se=2&sr=b&sp=r&sig=f%3D",
            "https://a.blob.core.windows.net/c/a.pdf",
        ),
        (
            "https://storage.googleapis.com/b/a.pdf?X-Goog-Signature=f00&x-goog-date=1",
            "https://storage.googleapis.com/b/a.pdf",
        ),
        ("https://host/get?id=7&token=f00&page=2", "https://host/get?id=7&page=2"),
        ("https://host/get?sp=7&expires=never", "https://host/get?sp=7&expires=never"),
    ],
)
def test_a_document_under_a_new_signature_is_the_same_source(url: str, name: str) -> None:
    assert source_name(url) == name


def test_the_copy_of_a_url_lies_where_its_name_says(tmp_path: Path) -> None:
    copy = local_copy("https://ann:secret@host/dir/pump%20manual.pdf?sig=1", tmp_path)
    assert copy == local_copy("https://host/dir/pump%20manual.pdf?sig=2", tmp_path)
    assert copy != local_copy("https://other/dir/pump%20manual.pdf", tmp_path)
    assert copy.name == "pump manual.pdf"
    folder = copy.parent.relative_to(tmp_path)
    assert len(folder.parts) == 2
    assert folder.name.startswith(folder.parts[0])


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://host/download?id=3", "download.pdf"),
        ("https://host/..%2F..%2Fetc%2Fpasswd", "_.._etc_passwd.pdf"),
        ("https://host/%00a%0Ab.pdf", "_a_b.pdf"),
        ("https://host/.version.json", "version.json"),
        ("https://host/dir/", "document.pdf"),
        ("s3://bucket/..", "document.pdf"),
        ("https://host/" + "x" * 300 + ".pdf", "x" * 96 + ".pdf"),
        ("https://host/a." + "x" * 300, "a." + "x" * 94 + ".pdf"),
    ],
)
def test_the_name_of_a_copy_is_one_that_any_file_system_takes(
    tmp_path: Path, url: str, name: str
) -> None:
    assert local_copy(url, tmp_path).name == name


def test_a_long_name_in_another_script_can_be_written(tmp_path: Path) -> None:
    copy = local_copy("https://host/" + "取扱説明書" * 40 + ".pdf", tmp_path)
    copy.parent.mkdir(parents=True)
    copy.write_bytes(b"")
    assert len(copy.name) <= 100


def test_passwords_are_lines_and_keep_their_blanks(tmp_path: Path) -> None:
    path = tmp_path / "passwords"
    path.write_bytes("\ufeff first\r\n\r\n  \nsecond \nfirst\ngrün\u2028x\n first\n".encode())
    assert read_passwords(path) == (" first", "second ", "first", "grün\u2028x")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\n  \n", "holds no password"),
        ("grün".encode("latin-1"), "is not UTF-8"),
        (None, "cannot be read"),
    ],
)
def test_a_password_file_that_cannot_be_used_is_refused(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    path = tmp_path / "passwords"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError, match=message) as caught:
        read_passwords(path)
    assert str(caught.value).startswith(str(path))
