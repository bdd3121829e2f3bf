"""Documents behind URLs, from real servers on this machine."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import fsspec
import pytest
from moto.server import ThreadedMotoServer

from pagesight.adapters.fsspec import FsspecFiles
from pagesight.errors import DocumentError
from pagesight.sources import find_sources, local_copy

PDF = b"%PDF-1.7 one"
SECRET = "se%2Fcret"
LOGIN = "Basic " + base64.b64encode(b"ann:se/cret").decode()


class Site(ThreadingHTTPServer):
    """Serves `files` (path -> bytes) with an ETag each, and paths that misbehave."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.tags = True
        self.silent = False
        self.requests: list[str] = []
        self.over = threading.Event()

    def url(self, path: str, user: str = "") -> str:
        return f"http://{user}127.0.0.1:{self.server_address[1]}{path}"

    def downloads(self) -> int:
        return sum(request.startswith("GET") for request in self.requests)


class Handler(BaseHTTPRequestHandler):
    server: Site

    def do_HEAD(self) -> None:
        self._answer(is_head=True)

    def do_GET(self) -> None:
        self._answer(is_head=False)

    def _answer(self, *, is_head: bool) -> None:
        path = self.path.partition("?")[0]
        self.server.requests.append(f"{self.command} {path}")
        if self.server.silent:
            self.server.over.wait(20)
        elif path in self.server.files:
            self._send(self.server.files[path], is_head)
        elif path == "/moved.pdf":
            self._redirect("/a.pdf")
        elif f"{path}/" in self.server.files:
            self._redirect(f"{path}/")
        elif path == "/private.pdf":
            is_known = self.headers["Authorization"] == LOGIN
            self._send(PDF, is_head) if is_known else self.send_error(401)
        elif path == "/only-get.pdf":
            self.send_error(405) if is_head else self._send(PDF, is_head)
        elif path == "/drip.pdf":
            self._drip(is_head)
        elif path == "/cut.pdf":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"" if is_head else PDF)
        else:
            self.send_error(int(path[1:4]) if path[1:4].isdigit() else 404)

    def _send(self, data: bytes, is_head: bool) -> None:
        self.send_response(200)
        is_page = self.path.endswith("/")
        self.send_header("Content-Type", "text/html" if is_page else "application/pdf")
        self.send_header("Content-Length", str(len(data)))
        if self.server.tags:
            self.send_header("ETag", f'"{hashlib.md5(data).hexdigest()}"')
        self.end_headers()
        self.wfile.write(b"" if is_head else data)

    def _redirect(self, path: str) -> None:
        self.send_response(302)
        self.send_header("Location", path)
        self.end_headers()

    def _drip(self, is_head: bool) -> None:
        self.send_response(200)
        self.end_headers()
        with suppress(OSError):
            while not is_head and not self.server.over.wait(0.05):
                self.wfile.write(b"%")
                self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        """Keeps the test output clean."""


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with running(Site()) as server:
        server.files["/a.pdf"] = PDF
        yield server


@contextmanager
def running(server: Site) -> Iterator[Site]:
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The file system of an S3 server with documents in a bucket."""
    use_s3(monkeypatch, s3_server, tmp_path)
    system = fsspec.filesystem("s3", skip_instance_cache=True)
    if system.exists("docs"):
        system.rm("docs", recursive=True)
    system.mkdir("docs")
    for name in ("b.pdf", "sub/a.PDF", "sub/notes.ini", ".hidden/c.pdf", "old/d.pdf", "e[1].pdf"):
        system.pipe(f"docs/manuals/{name}", PDF + name.encode())
    return system


def use_s3(monkeypatch: pytest.MonkeyPatch, endpoint: str, home: Path) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(home / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(home / "none"))


@pytest.fixture
def files(tmp_path: Path) -> FsspecFiles:
    return FsspecFiles(tmp_path / "downloads", seconds=10, most_bytes=10_000)


def impatient(tmp_path: Path) -> FsspecFiles:
    return FsspecFiles(tmp_path / "downloads", seconds=0.3, most_bytes=10_000)


def left_over(tmp_path: Path) -> list[str]:
    return [path.name for path in (tmp_path / "downloads").rglob("*") if path.is_file()]


def test_a_file_is_copied_to_where_its_name_says(
    site: Site, files: FsspecFiles, tmp_path: Path
) -> None:
    url = site.url("/a.pdf")
    assert files.find(url) == [url]
    copy = files.fetch(url)
    assert copy == local_copy(url, tmp_path / "downloads")
    assert copy.read_bytes() == PDF


def test_what_has_not_changed_is_not_fetched_again(
    site: Site, files: FsspecFiles, tmp_path: Path
) -> None:
    copy = files.fetch(site.url("/a.pdf"))
    again = FsspecFiles(tmp_path / "downloads", seconds=10, most_bytes=10_000)
    assert again.fetch(site.url("/a.pdf?token=2")) == copy
    assert site.downloads() == 1
    site.files["/a.pdf"] = b"%PDF-1.7 two"
    assert again.fetch(site.url("/a.pdf")) == copy
    assert copy.read_bytes() == b"%PDF-1.7 two"
    assert sorted(left_over(tmp_path)) == [".version.json", "a.pdf"]


def test_what_has_no_version_is_fetched_each_time(site: Site, files: FsspecFiles) -> None:
    site.tags = False
    files.fetch(site.url("/a.pdf"))
    site.files["/a.pdf"] = b"%PDF-1.7 two"
    assert files.fetch(site.url("/a.pdf")).read_bytes() == b"%PDF-1.7 two"


def test_a_copy_that_is_gone_or_has_a_broken_stamp_is_fetched_again(
    site: Site, files: FsspecFiles
) -> None:
    copy = files.fetch(site.url("/a.pdf"))
    copy.unlink()
    assert files.fetch(site.url("/a.pdf")).read_bytes() == PDF
    copy.with_name(".version.json").write_text("[")
    copy.write_bytes(b"other")
    assert files.fetch(site.url("/a.pdf")).read_bytes() == PDF


def test_a_redirect_is_followed(site: Site, files: FsspecFiles) -> None:
    assert files.fetch(site.url("/moved.pdf")).read_bytes() == PDF


def test_a_server_that_knows_no_head_requests_will_do(site: Site, files: FsspecFiles) -> None:
    assert files.fetch(site.url("/only-get.pdf")).read_bytes() == PDF


def test_a_login_in_the_url_is_used_and_never_shown(
    site: Site, files: FsspecFiles, tmp_path: Path
) -> None:
    good, bad = (site.url("/private.pdf", f"ann:{word}@") for word in (SECRET, "wr0ng"))
    assert files.fetch(good).read_bytes() == PDF
    with pytest.raises(DocumentError, match=r"private\.pdf may not be read \(401\)") as caught:
        files.fetch(bad)
    assert "wr0ng" not in str(caught.value)
    assert caught.value.__suppress_context__
    (located,) = find_sources([good], files)
    assert located.source == site.url("/private.pdf")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/gone.pdf", r"is not there \(404\): check the address"),
        ("/403.pdf", r"may not be read \(403\): check the login"),
        ("/503.pdf", r"cannot be had now \(the server answers 503\): try again later"),
        ("/cut.pdf", "came only in part: try again"),
    ],
)
def test_what_a_server_does_not_give_is_said_on_a_line_and_leaves_nothing(
    site: Site, files: FsspecFiles, tmp_path: Path, path: str, message: str
) -> None:
    with pytest.raises(DocumentError, match=message) as caught:
        files.fetch(site.url(path, f"ann:{SECRET}@"))
    assert str(caught.value).startswith(site.url(path))
    assert "\n" not in str(caught.value)
    assert "cret" not in str(caught.value)
    assert left_over(tmp_path) == []


def test_a_copy_outlives_a_download_that_fails(site: Site, files: FsspecFiles) -> None:
    site.files["/cut.pdf"] = PDF
    copy = files.fetch(site.url("/cut.pdf"))
    del site.files["/cut.pdf"]
    with pytest.raises(DocumentError, match="came only in part"):
        files.fetch(site.url("/cut.pdf"))
    assert copy.read_bytes() == PDF


@pytest.mark.parametrize("silent", [True, False])
def test_a_server_that_is_silent_or_drips_is_given_up(
    site: Site, tmp_path: Path, silent: bool
) -> None:
    site.silent = silent
    with pytest.raises(DocumentError, match=r"did not answer within 0\.3 seconds"):
        impatient(tmp_path).fetch(site.url("/drip.pdf"))
    assert left_over(tmp_path) == []


def test_a_server_that_is_not_there_is_said(files: FsspecFiles) -> None:
    with running(Site()) as closed:
        url = closed.url("/a.pdf")
    with pytest.raises(DocumentError, match="cannot be reached: check the address"):
        files.fetch(url)


def test_a_file_that_is_too_large_is_refused_before_or_while_it_comes(
    site: Site, tmp_path: Path
) -> None:
    files = FsspecFiles(tmp_path / "downloads", seconds=10, most_bytes=len(PDF) - 1)
    with pytest.raises(DocumentError, match="is too large") as caught:
        files.fetch(site.url("/a.pdf"))
    assert "raise the limit" in str(caught.value)
    assert site.downloads() == 0
    with pytest.raises(DocumentError, match="is too large"):
        files.fetch(site.url("/drip.pdf"))
    assert left_over(tmp_path) == []
    exact = FsspecFiles(tmp_path / "downloads", seconds=10, most_bytes=len(PDF))
    assert exact.fetch(site.url("/a.pdf")).read_bytes() == PDF


def test_a_disk_that_takes_nothing_is_said(site: Site, tmp_path: Path) -> None:
    (tmp_path / "downloads").write_bytes(b"in the way")
    files = FsspecFiles(tmp_path / "downloads", seconds=10, most_bytes=10_000)
    with pytest.raises(DocumentError, match=r"a\.pdf cannot be kept in .*downloads \("):
        files.fetch(site.url("/a.pdf"))


def test_a_page_of_links_is_a_folder(site: Site, files: FsspecFiles) -> None:
    site.files["/docs/"] = (
        b'<a href="../">up</a> <a href="?C=N;O=D">Name</a> <a href="./">.</a> <a href="/">top</a>'
        b'<a href="z.pdf">z</a> <a href="R&amp;D%201.PDF">r</a> <a href="notes.ini">n</a>'
        b'<a href="sub/">s</a> <a href=".git/">g</a> <a href="/docs/./a.pdf">a</a>'
        b'<a href="../other/b.pdf">b</a> <a href="sealed/">x</a> <a href="z.pdf">z again</a>'
    )
    site.files["/docs/sub/"] = b'<a href="c.pdf">c</a> <a href="../">up</a> <a href="./">here</a>'
    paths = ["/docs/R&D%201.PDF", "/docs/a.pdf", "/docs/sealed/", "/docs/sub/c.pdf", "/docs/z.pdf"]
    user = f"ann:{SECRET}@"
    assert files.find(site.url("/docs/", user)) == [site.url(path, user) for path in paths]
    with pytest.raises(DocumentError, match=r"docs/sealed/ is not there \(404\)"):
        files.fetch(site.url("/docs/sealed/"))


def test_a_glob_works_over_http_and_a_password_is_no_glob(site: Site, files: FsspecFiles) -> None:
    site.files["/docs/"] = b'<a href="v1/">1</a> <a href="v2/">2</a> <a href="x/">x</a>'
    for folder in ("v1", "v2"):
        site.files[f"/docs/{folder}/"] = b'<a href="a.pdf">a</a> <a href="b.pdf">b</a>'
    found = [site.url("/docs/v1/a.pdf", "ann:s*x@"), site.url("/docs/v2/a.pdf", "ann:s*x@")]
    assert files.find(site.url("/docs/v[12]/a*", "ann:s*x@")) == found
    assert files.find(site.url("/docs/x.pdf?q=*", "ann:s*@")) == [
        site.url("/docs/x.pdf?q=*", "ann:s*@")
    ]
    with pytest.raises(DocumentError, match="the pattern matches nothing"):
        files.find(site.url("/docs/v3*"))


def test_a_folder_that_holds_nothing_or_cannot_be_listed_is_said(
    site: Site, files: FsspecFiles
) -> None:
    site.files["/docs/"] = b"<html></html>"
    with pytest.raises(DocumentError, match=r"docs/: the folder holds no documents"):
        files.find(site.url("/docs/"))
    with pytest.raises(DocumentError, match=r"403/ may not be read \(403\)"):
        files.find(site.url("/403/"))


def test_a_folder_on_s3_gives_its_documents(bucket: Any, files: FsspecFiles) -> None:
    urls = [f"s3://docs/manuals/{name}" for name in ("b.pdf", "e[1].pdf", "old/d.pdf", "sub/a.PDF")]
    assert files.find("s3://docs/manuals") == urls
    assert files.find("s3://docs/") == urls
    copies = [files.fetch(url) for url in urls]
    assert [copy.name for copy in copies] == ["b.pdf", "e[1].pdf", "d.pdf", "a.PDF"]
    assert copies[0].read_bytes() == PDF + b"b.pdf"


def test_a_glob_on_s3_finds_files_and_folders(bucket: Any, files: FsspecFiles) -> None:
    assert files.find("s3://docs/manuals/*/*.PDF") == ["s3://docs/manuals/sub/a.PDF"]
    assert files.find("s3://docs/manuals/o*") == ["s3://docs/manuals/old/d.pdf"]
    assert files.find("s3://docs/**/[ab].*") == [
        "s3://docs/manuals/b.pdf",
        "s3://docs/manuals/sub/a.PDF",
    ]
    assert files.find("s3://docs/manuals/e[1].pdf") == ["s3://docs/manuals/e[1].pdf"]


def test_a_file_on_s3_is_fetched_again_only_when_it_changed(
    bucket: Any, files: FsspecFiles, tmp_path: Path
) -> None:
    url = "s3://docs/manuals/b.pdf"
    copy = files.fetch(url)
    copy.write_bytes(b"mark")
    (listed,) = FsspecFiles(tmp_path / "downloads", seconds=10, most_bytes=99).find(url)
    assert files.fetch(listed).read_bytes() == b"mark"
    files.find("s3://docs/manuals/")
    assert files.fetch(url).read_bytes() == b"mark"
    bucket.pipe("docs/manuals/b.pdf", b"%PDF-1.7 two")
    files.find("s3://docs/manuals/")
    assert files.fetch(url).read_bytes() == b"%PDF-1.7 two"


def test_a_large_file_on_s3_comes_whole(bucket: Any, tmp_path: Path) -> None:
    data = bytes(range(256)) * 2**17
    bucket.pipe("docs/large.pdf", data)
    files = FsspecFiles(tmp_path / "downloads", seconds=30, most_bytes=len(data))
    assert files.fetch("s3://docs/large.pdf").read_bytes() == data


@pytest.mark.parametrize("url", ["s3://docs/manuals/gone.pdf", "s3://no-such-bucket/a.pdf"])
def test_what_is_not_on_s3_is_said(bucket: Any, files: FsspecFiles, url: str) -> None:
    with pytest.raises(DocumentError, match=r"is not there \(404\): check the address"):
        files.find(url)


def test_s3_without_credentials_says_which_are_missing(
    s3_server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, files: FsspecFiles
) -> None:
    use_s3(monkeypatch, s3_server, tmp_path)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    for url in ("s3://docs/a.pdf", "s3://docs/", "s3://docs/*.pdf"):
        with pytest.raises(DocumentError, match="needs credentials: set AWS_ACCESS_KEY_ID"):
            files.find(url)


def test_s3_that_refuses_is_said(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, files: FsspecFiles
) -> None:
    use_s3(monkeypatch, site.url("/403"), tmp_path)
    for url in ("s3://docs/a.pdf", "s3://docs/", "s3://docs/*.pdf"):
        with pytest.raises(DocumentError, match=r"may not be read \(403\)"):
            files.find(url)


def test_s3_that_does_not_answer_or_is_not_there_is_given_up(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    site.silent = True
    use_s3(monkeypatch, site.url(""), tmp_path)
    with pytest.raises(DocumentError, match=r"did not answer within 0\.3 seconds"):
        impatient(tmp_path).find("s3://docs/a.pdf")
    with running(Site()) as closed:
        use_s3(monkeypatch, closed.url(""), tmp_path)
    with pytest.raises(DocumentError, match="cannot be reached"):
        impatient(tmp_path).find("s3://docs/a.pdf")


def test_a_file_system_without_a_server_works_the_same_way(files: FsspecFiles) -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe("/shelf/a.pdf", PDF)
    memory.pipe("/shelf/sub/b.pdf", PDF)
    try:
        urls = ["memory://shelf/a.pdf", "memory://shelf/sub/b.pdf"]
        assert files.find("memory://shelf") == urls
        assert files.find("memory://shelf/*.pdf") == urls[:1]
        assert files.fetch(urls[1]).read_bytes() == PDF
        memory.pipe("/shelf/sub/b.pdf", b"%PDF-1.7 two")
        assert files.fetch(urls[1]).read_bytes() == b"%PDF-1.7 two"
    finally:
        memory.rm("/shelf", recursive=True)


def test_a_scheme_that_nobody_knows_is_said(files: FsspecFiles) -> None:
    with pytest.raises(DocumentError, match=r"^gopher://host/a\.pdf has an unknown scheme: give"):
        files.find("gopher://host/a.pdf")


def test_a_password_with_a_slash_in_it_is_no_url_and_is_not_shown(files: FsspecFiles) -> None:
    (failed,) = find_sources(["https://ann:se/cret@host/a.pdf"], files)
    assert failed.source == "https://..."
    assert "is no URL that can be read" in getattr(failed, "reason", "")
    assert "cret" not in str(failed)


def test_a_package_that_is_missing_is_named(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "sys.modules['s3fs'] = sys.modules['gcsfs'] = None\n"
        "from pathlib import Path\n"
        "from pagesight.adapters.fsspec import FsspecFiles\n"
        "from pagesight.sources import find_sources\n"
        f"files = FsspecFiles(Path({str(tmp_path)!r}), seconds=1, most_bytes=1)\n"
        "for failed in find_sources(['s3://b/a.pdf', 'gs://b/a.pdf'], files):\n"
        "    print(failed.reason)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    s3, gs = done.stdout.splitlines()
    assert s3 == "needs a package that is not installed: pip install 'pagesight[s3]'"
    assert "install gcsfs" in gs
