"""Pages and crops over HTTP, and the process that renders them."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pymupdf
import pytest
from PIL import Image

from pagesight.document import Document, Page
from pagesight.errors import DocumentError, MissingError, ServiceError
from pagesight.files import digest
from pagesight.geometry import BBox
from pagesight.library import Library
from pagesight.rendering import Renderer
from pagesight.settings import ParseSettings, load
from tests.builders import a_chunk, a_png, open_library
from tests.odd_pdfs import endless, manual
from tests.server.serving import Served, served

WIDTH, HEIGHT = 612.0, 792.0
"""Points of every page here."""
PASSWORD = "open sesame"
AES_256 = 5
"""pymupdf.PDF_ENCRYPT_AES_256, which its type information lacks."""


def encrypted(path: Path) -> Path:
    with pymupdf.open(manual(path.with_name("plain.pdf"), 5)) as document:
        document.save(path, encryption=AES_256, user_pw=PASSWORD)
    return path


def put(library: Library, path: Path, image: bytes = b"") -> Document:
    """Puts a file into a library without parsing it, with a figure that has this picture."""
    id = digest(path)
    with pymupdf.open(path) as opened:
        count = 2 if opened.needs_pass else opened.page_count
    pages = [Page(index=i, label=str(i + 1), width=WIDTH, height=HEIGHT) for i in range(count)]
    document = Document(id=id, source=str(path), title=path.stem, page_count=count, chunks=1)
    key = library.crops.put(image) if image else ""
    kind: Any = "figure" if image else "text"
    chunk = a_chunk(f"{id[:8]}-0", f"Words of {path.stem}.", document_id=id, kind=kind, image=key)
    library.put(document, pages, [chunk], {})
    return document


def manual_of(library: Library, folder: Path, seed: int, image: bytes = b"") -> Document:
    return put(library, manual(folder / f"unit-{seed}.pdf", seed), image)


def picture(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as opened:
        return opened.convert("RGB")


def ink(data: bytes, box: tuple[float, float, float, float]) -> tuple[int, ...]:
    """The colour at the middle of a box, which is given in fractions of the picture."""
    shown = picture(data)
    at = (round((box[0] + box[2]) / 2 * shown.width), round((box[1] + box[3]) / 2 * shown.height))
    colour = shown.getpixel(at)
    assert isinstance(colour, tuple)
    return colour


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Two libraries, each with a manual and a figure of its own; the one on the left has a locked
    document too."""
    folder = tmp_path_factory.mktemp("pages")
    roots = {name: folder / name for name in ("left", "right")}
    with open_library(roots["left"]) as left:
        manual_of(left, folder, 1, a_png(10))
        put(left, encrypted(folder / "locked.pdf"))
        left.crops.put(a_png(99))
    with open_library(roots["right"]) as right:
        manual_of(right, folder, 2, a_png(20))
    with served(roots) as running:
        yield running


def only(server: Served, library: str, name: str) -> Document:
    documents = server.shelves.libraries[library].app.library.documents()
    return next(document for document in documents if document.name == name)


def page_url(server: Served, library: str = "left", name: str = "unit-1.pdf") -> str:
    return f"/api/libraries/{library}/documents/{only(server, library, name).id}/pages"


def crop_key(server: Served, library: str) -> str:
    shown = server.shelves.libraries[library].app.library
    (key,) = shown.catalogue.upkeep.images()
    return key


def get(server: Served, url: str, **headers: str) -> Any:
    return server.client.get(url, headers=headers)


def test_a_page_is_rendered_at_the_resolution_that_is_asked_for(server: Served) -> None:
    for dpi in (36, 72, 200):
        answer = get(server, f"{page_url(server)}/1/image?dpi={dpi}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
        shown = picture(answer.content)
        assert (shown.width, shown.height) == pytest.approx(
            (WIDTH * dpi / 72, HEIGHT * dpi / 72), abs=2
        )


def test_each_page_has_a_picture_of_its_own(server: Served) -> None:
    first, second = (get(server, f"{page_url(server)}/{number}/image") for number in (1, 2))
    assert first.content != second.content


def test_boxes_are_highlighted_where_they_are_and_nowhere_else(server: Served) -> None:
    url = f"{page_url(server)}/2/image"
    plain = get(server, url).content
    boxes = [(0.9, 0.95, 0.98, 0.99), (0.02, 0.95, 0.08, 0.99)]
    asked = "&".join(f"box={','.join(map(str, box))}" for box in boxes)
    marked = get(server, f"{url}?{asked}").content
    for box in boxes:
        assert ink(plain, box) == (255, 255, 255)
        assert ink(marked, box) != (255, 255, 255)
    elsewhere = (0.4, 0.95, 0.6, 0.99)
    assert ink(marked, elsewhere) == ink(plain, elsewhere) == (255, 255, 255)


def test_a_box_that_reaches_beyond_the_page_is_cut_off(server: Served) -> None:
    answer = get(server, f"{page_url(server)}/1/image?box=-0.1,0.5,1.2,0.6")
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "query",
    ["dpi=35", "dpi=201", "dpi=many", "box=0,0,1", "box=0,0,1,1,1", "box=a,b,c,d", "box=nan,0,1,1"],
)
def test_what_cannot_be_rendered_like_that_is_refused(server: Served, query: str) -> None:
    assert get(server, f"{page_url(server)}/1/image?{query}").status_code == 422


@pytest.mark.parametrize("number", [0, 3, -1, 10**7])
def test_a_page_that_is_not_there_is_refused(server: Served, number: int) -> None:
    for what in ("", "/image"):
        assert get(server, f"{page_url(server)}/{number}{what}").status_code in (404, 422)


def test_a_picture_is_not_sent_again_to_who_has_it(server: Served) -> None:
    for url in (
        f"{page_url(server)}/1/image?dpi=50",
        f"/api/libraries/left/crops/{crop_key(server, 'left')}",
    ):
        first = get(server, url)
        tag = first.headers["etag"]
        assert first.headers["cache-control"].startswith("private, max-age=")
        assert "authorization" in first.headers["vary"].lower()
        for known in (tag, f'"other", W/{tag}', "*"):
            again = get(server, url, **{"If-None-Match": known})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert get(server, url, **{"If-None-Match": '"other"'}).content == first.content


def test_other_pixels_have_another_tag(server: Served) -> None:
    queries = ("1/image", "2/image", "1/image?dpi=50", "1/image?box=0,0,1,1")
    tags = {get(server, f"{page_url(server)}/{query}").headers["etag"] for query in queries}
    assert len(tags) == len(queries)


def test_the_text_of_a_page_comes_with_its_name_and_size(server: Served) -> None:
    page = get(server, f"{page_url(server)}/1").json()
    assert (page["text"], page["number"], page["document"]) == ("Words of unit-1.", 1, "unit-1.pdf")
    assert (page["width"], page["height"]) == (WIDTH, HEIGHT)


def test_a_document_is_named_by_its_whole_id_in_its_own_library(server: Served) -> None:
    mine = only(server, "left", "unit-1.pdf")
    for library, id in (("left", mine.id[:12]), ("left", mine.name), ("right", mine.id)):
        for what in ("", "/image"):
            answer = get(server, f"/api/libraries/{library}/documents/{id}/pages/1{what}")
            assert answer.status_code == 404
            assert answer.headers["content-type"] == "application/problem+json"


def test_a_locked_document_shows_no_page_and_says_why(server: Served) -> None:
    answer = get(server, f"{page_url(server, name='locked.pdf')}/1/image")
    assert answer.status_code == 422
    assert "protected by a password" in answer.json()["detail"]


def test_a_crop_is_the_file_that_the_figure_shows(server: Served) -> None:
    answer = get(server, f"/api/libraries/left/crops/{crop_key(server, 'left')}")
    assert (answer.status_code, answer.content) == (200, a_png(10))
    assert "immutable" in answer.headers["cache-control"]


def test_a_crop_is_shown_only_where_a_figure_shows_it(server: Served) -> None:
    nobodys = server.shelves.libraries["left"].app.library.crops.put(a_png(99))
    for library, key in (("right", crop_key(server, "left")), ("left", nobodys)):
        assert get(server, f"/api/libraries/{library}/crops/{key}").status_code == 404


def test_what_is_no_key_of_a_crop_opens_no_file(server: Served) -> None:
    for key in ("..%2f..%2fcatalogue.db", "0" * 63, "0" * 65, "G" * 64, "../catalogue.db"):
        answer = get(server, f"/api/libraries/left/crops/{key}")
        assert answer.status_code in (404, 422)


def test_a_crop_whose_file_is_gone_is_said_to_be_gone(server: Served, tmp_path: Path) -> None:
    library = server.shelves.libraries["right"].app.library
    path = library.crop_path(crop_key(server, "right"))
    kept = shutil.move(path, tmp_path / "kept.png")
    try:
        answer = get(server, f"/api/libraries/right/crops/{path.stem}")
    finally:
        shutil.move(kept, path)
    assert (answer.status_code, answer.json()["title"]) == (404, "crop is gone")


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(tmp_path / "library") as opened:
        yield opened


def parse_settings(**changes: Any) -> ParseSettings:
    return replace(load().parse, **changes)


@pytest.fixture
def renderer(library: Library) -> Iterator[Renderer]:
    made = Renderer(library, parse_settings(page_seconds=20.0))
    yield made
    made.close()


def workers() -> set[int]:
    """Processes of this one that render."""
    return {
        child.pid
        for child in psutil.Process().children()
        if any("spawn_main" in part for part in child.cmdline())
    }


def test_one_worker_renders_for_everybody_and_stays(
    library: Library, renderer: Renderer, tmp_path: Path
) -> None:
    before = workers()
    documents = [manual_of(library, tmp_path, seed) for seed in (1, 2, 3)]
    places = [(document.id, index) for document in documents for index in (0, 1)]
    with ThreadPoolExecutor(len(places)) as threads:
        pictures = list(threads.map(lambda place: renderer.picture(place[0], place[1], 50), places))
        started = workers() - before
        assert len(started) == 1
        assert len(set(pictures)) == len(places)
    assert renderer.picture(documents[0].id, 0, 60) not in pictures
    assert workers() - before == started
    renderer.close()
    assert workers() <= before


def test_a_page_is_kept_until_others_take_its_place(library: Library, tmp_path: Path) -> None:
    document = manual_of(library, tmp_path, 1)
    path = Path(document.source)
    probe = Renderer(library, parse_settings())
    sizes = [len(probe.picture(document.id, index, 50)) for index in (0, 1)]
    probe.close()
    renderer = Renderer(library, parse_settings(), kept=max(sizes))
    first = renderer.picture(document.id, 0, 50)
    path.rename(path.with_suffix(".away"))
    assert renderer.picture(document.id, 0, 50) == first
    path.with_suffix(".away").rename(path)
    renderer.picture(document.id, 1, 50)
    path.unlink()
    with pytest.raises(DocumentError, match="cannot be read"):
        renderer.picture(document.id, 0, 50)
    renderer.close()


def test_boxes_are_drawn_on_a_page_that_is_kept(
    library: Library, renderer: Renderer, tmp_path: Path
) -> None:
    document = manual_of(library, tmp_path, 1)
    plain = renderer.picture(document.id, 1, 50)
    marked = renderer.picture(document.id, 1, 50, [BBox(300.0, 760.0, 340.0, 780.0)])
    where = (300 / WIDTH, 760 / HEIGHT, 340 / WIDTH, 780 / HEIGHT)
    assert ink(plain, where) != ink(marked, where)
    assert renderer.picture(document.id, 1, 50) == plain


def test_a_file_that_was_changed_or_removed_is_not_rendered_and_its_place_is_not_told(
    library: Library, renderer: Renderer, tmp_path: Path
) -> None:
    document = manual_of(library, tmp_path, 1)
    renderer.picture(document.id, 0, 50)
    manual(Path(document.source), 9)
    with pytest.raises(DocumentError, match="has changed since") as changed:
        renderer.picture(document.id, 1, 50)
    Path(document.source).unlink()
    with pytest.raises(DocumentError, match="cannot be read") as gone:
        renderer.picture(document.id, 1, 50)
    assert not any(str(tmp_path) in str(error.value) for error in (changed, gone))
    library.remove(document.id)
    with pytest.raises(MissingError):
        renderer.picture(document.id, 0, 50)


def test_a_page_that_hangs_is_given_up_once_and_the_others_are_shown(
    library: Library, tmp_path: Path
) -> None:
    renderer = Renderer(library, parse_settings(page_seconds=3.0))
    renderer.warm()
    document = put(library, endless(tmp_path / "endless.pdf"))
    with pytest.raises(DocumentError, match=r"endless.pdf, page 2: .*longer than 3 s"):
        renderer.picture(document.id, 1, 50)
    renderer.warm()
    before = workers()
    with pytest.raises(DocumentError, match="longer than 3 s"):
        renderer.picture(document.id, 1, 72)
    assert workers() == before  # the worker was not killed a second time: it was not asked
    assert picture(renderer.picture(document.id, 2, 50)).width > 0
    renderer.close()


def test_a_closed_renderer_starts_no_worker(
    library: Library, renderer: Renderer, tmp_path: Path
) -> None:
    document = manual_of(library, tmp_path, 1)
    before = workers()
    renderer.close()
    with pytest.raises(ServiceError, match="shutting down"):
        renderer.picture(document.id, 0, 50)
    assert workers() == before
