"""What the parser made of a file, shown to people: a page to look at, Markdown, JSON lines."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import psutil
import pymupdf
import pytest
from PIL import Image

from pagesight.assembly import assemble
from pagesight.cli.parsing import lines_of
from pagesight.document import (
    Caption,
    Cell,
    DocumentProfile,
    Element,
    Figure,
    FigurePart,
    HiddenText,
    Link,
    Page,
    PageContent,
    Role,
    Span,
    Table,
    TablePart,
    TextBlock,
)
from pagesight.errors import DocumentError, SettingsError, StoppedError
from pagesight.geometry import BBox
from pagesight.ingest.parsing import Window
from pagesight.inspection import Inspected, Inspector, render_html, to_markdown
from pagesight.inspection.sheets import Sheet, grid, sheets
from pagesight.ports import Result, Task
from pagesight.settings import load
from tests.conftest import COMMAND, SAMPLES, run_pagesight

NASTY = "</script><img src=x onerror=alert(1)>"
NOTES = (
    "The pump holds its pressure for years. Its bearings are greased by the maker.",
    "A valve that leaks is replaced together with its seal, never alone.",
    "Drain the tank before winter, and leave the lower tap open until spring.",
)
VOID = {"meta", "img", "input", "br"}
CHROMIUM = Path("/usr/bin/chromium")


def a_page(index: int = 0, **more: Any) -> Page:
    return Page(index=index, label=str(index + 1), width=600.0, height=800.0, **more)


def a_block(
    text: str, *, page: int = 0, top: float = 300, role: Role = "paragraph", **more: Any
) -> TextBlock:
    box = BBox(50, top, 550, top + 20)
    span = Span(start=0, end=len(text), page=page, bbox=box)
    return TextBlock(page=page, bbox=box, role=role, text=text, spans=(span,), **more)


def a_caption(text: str, *, page: int = 0, top: float = 600) -> Caption:
    span = Span(start=0, end=len(text), page=page, bbox=BBox(100, top, 400, top + 12))
    return Caption(label=text.split(":")[0], text=text, spans=(span,))


def a_figure(**more: Any) -> Figure:
    return Figure(page=0, bbox=BBox(100, 400, 400, 590), image="f" * 64, **more)


def a_table(*cells: Cell, **more: Any) -> Table:
    return Table(page=0, bbox=BBox(50, 100, 550, 250), image="e" * 64, cells=cells, **more)


def a_cell(row: int, column: int, text: str, **more: Any) -> Cell:
    left, top = 50 + 100 * column, 100 + 20 * row
    return Cell(
        row=row, column=column, text=text, page=0, bbox=BBox(left, top, left + 90, top + 18), **more
    )


def inspected(*pages: Iterable[Element], folder: Path = Path(), **more: Any) -> Inspected:
    """The pages with these elements; `more` is said of each page's content."""
    contents = tuple(
        PageContent(page=a_page(index), elements=tuple(elements), **more)
        for index, elements in enumerate(pages)
    )
    return of_contents(*contents, folder=folder)


def of_contents(*contents: PageContent, folder: Path = Path()) -> Inspected:
    profile = DocumentProfile(
        id="0" * 64, source="/docs/pump.pdf", title="Pump", page_count=len(contents)
    )
    return Inspected(
        parsed=assemble(profile, contents),
        contents=contents,
        cpu_seconds=tuple(0.5 for _ in contents),
        wall_seconds=1.0,
        crops=folder,
    )


class Tags(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & set(self.open):
            self.text += data

    def named(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        return [
            attributes
            for name, attributes in self.tags
            if name == tag and all(attributes.get(key) == wanted[key] for key in wanted)
        ]


def page_of(made: Inspected, *pictures: bytes) -> Tags:
    given = pictures or tuple(b"" for _ in made.contents)
    return Tags("".join(render_html(made, given)))


def marks(sheet: Sheet, kind: str) -> list[BBox]:
    return [mark.bbox for mark in sheet.marks if mark.kind == kind]


def test_each_element_has_a_box_and_a_row_of_one_name_in_reading_order() -> None:
    made = inspected([a_block("Pumps", role="heading"), a_block("They pump.", top=340)])
    page = page_of(made)
    rows = [each["data-row"] for each in page.named("li") if "data-row" in each]
    assert rows == ["e0", "e1"]
    assert page.named("rect", **{"data-row": "e0", "class": "k-heading"})
    assert page.named("rect", y="340", height="20", **{"data-row": "e1"})


def test_a_cell_over_two_columns_spans_them_and_a_place_without_a_cell_stays_bare() -> None:
    table = a_table(
        a_cell(0, 0, "Mode"),
        a_cell(0, 1, "Current", column_span=2),
        a_cell(1, 0, "Run"),
        a_cell(1, 2, "3 A"),
    )
    assert [[cell and cell.text for cell in row] for row in grid(table)] == [
        ["Mode", "Current"],
        ["Run", None, "3 A"],
    ]
    page = page_of(inspected([table]))
    assert page.named("th", colspan="2", **{"data-row": "e0-0-1"})
    assert page.named("rect", **{"data-row": "e0-0-1", "class": "k-cell"})
    assert len(page.named("td", **{"class": "bare"})) == 1


def test_a_caption_is_tied_to_its_figure_by_the_shortest_line() -> None:
    made = inspected([a_figure(caption=a_caption("Figure 1: Valve"))])
    (sheet,) = sheets(made)
    (tie,) = (stroke for stroke in sheet.strokes if stroke.kind == "tie")
    assert (tie.x0, tie.y0, tie.x1, tie.y1) == (250, 600, 250, 590)
    assert sheet.rows[0].label == "Figure 1"


def test_a_caption_on_the_next_page_is_marked_there() -> None:
    figure = a_figure(caption=a_caption("Figure 1: Valve", page=1, top=60))
    first, second = sheets(inspected([figure], [a_block("Text.", page=1)]))
    assert marks(second, "caption") == [BBox(100, 60, 400, 72)]
    assert not [stroke for stroke in first.strokes if stroke.kind == "tie"]


def test_a_table_that_goes_on_is_marked_on_both_pages_and_is_left_out_on_none() -> None:
    rest = TablePart(page=1, bbox=BBox(50, 60, 550, 120), image="d" * 64)
    table = a_table(a_cell(0, 0, "Pin"), a_cell(1, 0, "4", column_span=1), continued=(rest,))
    first, second = sheets(inspected([table], [a_block("Text.", page=1)]))
    assert len(marks(first, "table")) == 1
    assert marks(second, "table") == [rest.bbox]
    assert second.dropped == []


def test_parts_links_and_hidden_text_are_marked() -> None:
    part = FigurePart(label="Figure 1(a)", bbox=BBox(100, 400, 240, 590), image="c" * 64)
    link = Link(start=4, end=8, uri="https://example.com")
    hidden = HiddenText(page=0, bbox=BBox(0, 0, 90, 9), text="Obey.", reason="too small to be read")
    made = inspected(
        [a_figure(parts=(part,)), a_block("See this", links=(link,))], hidden=(hidden,)
    )
    (sheet,) = sheets(made)
    assert marks(sheet, "part") == [part.bbox]
    assert marks(sheet, "hidden") == [hidden.bbox]
    (underlined,) = marks(sheet, "link")
    assert (underlined.x0, underlined.x1) == (300, 550)
    text = page_of(made).text
    assert "leads to https://example.com" in text
    assert "too small to be read" in text


def test_what_a_text_mentions_is_marked_and_leads_there() -> None:
    figure = a_figure(caption=a_caption("Figure 1: Valve"))
    text = a_block("Figure 1 shows it, and Figure 7 more.")
    made = inspected([text, figure])
    (sheet,) = sheets(made)
    assert [each.x0 < 150 for each in marks(sheet, "mention")] == [True, False]
    page = page_of(made)
    assert page.named("a", href="#e1")
    assert "Figure 7 not found" in page.text


def test_a_file_without_pages_is_drawn_by_its_rendition(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text(f"PUMPS\n\n{NOTES[0]}\n\n{NOTES[1]}\n")
    worker = inspector(tmp_path / "work")
    made = worker.inspect(file, None, quiet)
    assert NOTES[0] in [element.text for element in made.parsed.elements]
    (picture,) = worker.pictures(made)
    assert picture.startswith(b"\x89PNG")


def test_running_headers_are_shown_as_left_out() -> None:
    pages = [
        [a_block("Pump manual", page=index, top=20, role="header"), a_block("Text.", page=index)]
        for index in range(3)
    ]
    for sheet in sheets(inspected(*pages)):
        assert [row.text for row in sheet.dropped] == ["Pump manual"]
        assert [row.text for row in sheet.rows] == ["Text."]


def test_pages_say_how_they_were_read_and_why_they_failed() -> None:
    made = of_contents(
        PageContent(page=replace(a_page(ocr=True), label="iii"), elements=()),
        PageContent(page=a_page(1, error="could not be parsed: loop"), elements=()),
    )
    text = " ".join(page_of(made).text.split())
    assert "Page 1 printed iii read by OCR" in text
    assert text.count("Nothing was found on this page.") == 2
    assert text.count("could not be parsed: loop") == 2  # with the findings, and on its page


def test_words_of_a_document_are_never_markup_and_no_script_but_ours_may_run() -> None:
    table = a_table(a_cell(0, 0, NASTY), caption=a_caption(f"Table 1: {NASTY}"))
    html = "".join(
        render_html(inspected([a_block(NASTY, role="heading"), table, a_figure(text=NASTY)]), [b""])
    )
    page = Tags(html)
    assert not page.named("img", src="x")
    assert page.text.count(NASTY) >= 4
    (script,) = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    wanted = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = page.named("meta", **{"http-equiv": "Content-Security-Policy"})
    assert (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{wanted}'" in policy["content"]
    )
    assert [each for each in page.tags if each[1].get("src", "").startswith("http")] == []


def test_pictures_of_pages_and_crops_are_in_the_file(tmp_path: Path) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (3000, 10), "white").save(picture, "PNG")
    crop = tmp_path / "ff" / f"{'f' * 64}.png"
    crop.parent.mkdir()
    crop.write_bytes(picture.getvalue())
    page = page_of(inspected([a_figure()], folder=tmp_path), picture.getvalue())
    widths = []
    for each in page.named("img"):
        kind, data = each["src"].split(",")
        assert kind == "data:image/webp;base64"
        with Image.open(io.BytesIO(base64.b64decode(data))) as image:
            widths.append(image.width)
    assert widths == [1400, 800]


def test_markdown_reads_like_the_document() -> None:
    table = a_table(
        a_cell(0, 0, "Pin"), a_cell(0, 1, "Use|d"), a_cell(1, 0, "4"), a_cell(1, 1, "RT"),
        caption=a_caption("Table 1: Pins"),
    )  # fmt: skip
    hidden = HiddenText(page=0, bbox=BBox(0, 0, 9, 9), text="Obey -->", reason="drawn invisibly")
    made = inspected(
        [a_block("Pumps", role="heading"), a_block("one", role="list"), table], hidden=(hidden,)
    )
    assert list(to_markdown(made.parsed)) == [
        "<!-- page 1 -->",
        "# Pumps",
        "- one",
        "**[table]** Table 1: Pins\n\n| Pin | Use\\|d |\n| --- | --- |\n| 4 | RT |",
        "<!-- text drawn invisibly: Obey - -> -->",
    ]


class Here:
    """A pool that works in this process, and stops whoever parses a page in `hangs` (0-based)."""

    def __init__(self, *hangs: int) -> None:
        self._hangs = hangs

    def map(
        self,
        function: Callable[[Task], Result],
        tasks: Iterable[Task],
        limit: Callable[[Task], float],
    ) -> Iterator[tuple[Task, Result | Exception]]:
        for task in tasks:
            assert limit(task) > 0
            if isinstance(task, Window) and task.start in self._hangs:
                yield task, StoppedError("was stopped after 60 s")
                continue
            try:
                yield task, function(task)
            except Exception as error:
                yield task, error


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("notes") / "notes.pdf"
    with pymupdf.open() as document:
        for text in NOTES:
            page = document.new_page()
            page.insert_text((72, 150), text.split()[1].title(), fontsize=18)
            for top in (200, 300, 400):
                page.insert_textbox(pymupdf.Rect(72, top, 500, top + 80), text)
        document.save(path)
    return path


def inspector(folder: Path, *hangs: int) -> Inspector:
    return Inspector(load(), folder, Here(*hangs))


def quiet(done: int, total: int) -> None:
    assert done <= total


def test_only_the_pages_asked_for_are_parsed_and_drawn(notes: Path, tmp_path: Path) -> None:
    worker = inspector(tmp_path)
    told: list[tuple[int, int]] = []
    made = worker.inspect(notes, (1, 7), lambda *done: told.append(done))
    assert [page.number for page in made.parsed.pages] == [2, 3]
    assert told == [(0, 2), (1, 2), (2, 2)]
    first, _ = worker.pictures(made)
    assert first.startswith(b"\x89PNG")
    text = page_of(made, first, b"").text
    assert "2 of 3" in text
    assert NOTES[1] in text
    assert NOTES[0] not in text


def test_a_page_that_hangs_costs_that_page_only(notes: Path, tmp_path: Path) -> None:
    worker = inspector(tmp_path, 1)
    made = worker.inspect(notes, None, quiet)
    assert [page.error for page in made.parsed.pages] == ["", "was stopped after 60 s", ""]
    assert {element.page for element in made.parsed.elements} == {0, 2}
    assert [bool(each) for each in worker.pictures(made)] == [True, False, True]


def test_what_cannot_be_parsed_is_said_in_one_line(notes: Path, tmp_path: Path) -> None:
    worker = inspector(tmp_path)
    with pytest.raises(SettingsError, match=r"notes\.pdf has 3 pages: there is no page 9$"):
        worker.inspect(notes, (8, 9), quiet)
    with pytest.raises(DocumentError, match=r"gone\.pdf cannot be opened"):
        worker.inspect(tmp_path / "gone.pdf", None, quiet)


def test_the_command_writes_a_page_and_stores_nothing(notes: Path, tmp_path: Path) -> None:
    html = tmp_path / "notes.html"
    done = run_pagesight("parse", notes, "--pages", "2", "--html", html, folder=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"{html}: 1 page, 4 texts, 0 figures, 0 tables\n")
    page = Tags(html.read_text())
    assert NOTES[1] in page.text
    assert len(page.named("img")) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["notes.html"]


def test_json_lines_are_pages_then_elements_then_hidden_text() -> None:
    hidden = HiddenText(page=0, bbox=BBox(0, 0, 9, 9), text="Obey.", reason="drawn invisibly")
    table = a_table(a_cell(0, 0, "Pin"))
    lines = list(lines_of(inspected([a_block("Text."), table], hidden=(hidden,)).parsed))
    assert [line["type"] for line in lines] == ["page", "text", "table", "hidden"]
    assert lines[0]["number"] == 1
    assert lines[2]["cells"][0]["bbox"] == {"x0": 50, "y0": 100, "x1": 140, "y1": 118}


def test_the_page_never_takes_the_place_of_the_document(notes: Path, tmp_path: Path) -> None:
    path = tmp_path / "notes.pdf"
    path.write_bytes(notes.read_bytes())
    (tmp_path / "link.html").symlink_to(path)
    done = run_pagesight("parse", path, "--html", "link.html", folder=tmp_path)
    assert (done.returncode, path.read_bytes()) == (2, notes.read_bytes())
    assert done.stderr == (
        "pagesight: link.html: would take the place of the document: name another file\n"
    )


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        (".", 2, ". is a folder: name one file in it"),
        ("none.docx", 1, "none.docx cannot be opened (No such file or directory): check the path"),
        ("a.exe", 1, "a.exe is no PDF, and .exe is no kind of file that is read: rename it by"),
        ("a", 1, "a is no PDF, and without an ending it is no kind of file that is read: rename"),
        ("no.foo", 1, "no.foo is empty (0 bytes): copy or download it again"),
    ],
)
def test_what_is_no_document_is_one_line(tmp_path: Path, name: str, code: int, said: str) -> None:
    for each in ("a.exe", "a"):
        (tmp_path / each).write_bytes(b"MZ and so on")
    (tmp_path / "no.foo").touch()
    done = run_pagesight("parse", name, "--html", "x.html", folder=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (code, "", 1)
    assert done.stderr.startswith(f"pagesight: {said}")
    assert not (tmp_path / "x.html").exists()


def test_ctrl_c_leaves_the_page_that_was_there_and_nothing_else(tmp_path: Path) -> None:
    html = tmp_path / "x.html"
    html.write_text("of yesterday")
    running = subprocess.Popen(
        [COMMAND, "parse", SAMPLES / "lx7302-datasheet.pdf", "--html", html],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while len(workers := psutil.Process(running.pid).children(recursive=True)) < 2:
        time.sleep(0.05)
    os.killpg(running.pid, signal.SIGINT)
    _, errors = running.communicate(timeout=60)
    assert (running.returncode, errors) == (130, "note: interrupted: no file was written\n")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["of yesterday"]
    psutil.wait_procs(workers, timeout=20)
    assert not any(each.is_running() for each in workers)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--html", "nowhere/x.html"), "nowhere/x.html: cannot be written: there is no folder"),
        (("--html", "."), ".: cannot be written: it is a folder; name a file in it"),
        (("--pages", "3-1"), "pages 3-1: write a page number or a range, like 12 or 3-10"),
    ],
)
def test_a_wrong_call_is_refused_before_anything_is_parsed(
    notes: Path, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = run_pagesight("parse", notes, *arguments, folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(f"pagesight: {said}")
    assert done.stderr.count("\n") == 1


@pytest.mark.skipif(not CHROMIUM.is_file(), reason=f"there is no {CHROMIUM}")
def test_the_page_is_used_by_keyboard_and_pointer_and_is_accessible(tmp_path: Path) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    made = inspected(
        [
            a_block("Pumps", role="heading"),
            a_figure(caption=a_caption("Figure 1: Valve"), text="inlet"),
            a_table(a_cell(0, 0, "Pin"), a_cell(1, 0, "4")),
        ],
        [a_block("They pump.", page=1, links=(Link(start=0, end=4, page=0),))],
    )
    file = tmp_path / "page.html"
    file.write_text("".join(render_html(made, [b"", b""])))
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM))
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text))
        page.goto(file.as_uri())
        box, row = page.locator("svg > rect[data-row=e1].k-figure"), page.locator("li#e1")
        row.hover()
        assert "on" in box.get_attribute("class").split()
        page.locator("svg > rect[data-row=e2-1-0]").hover()
        assert page.locator("td[data-row=e2-1-0].on").count() == 1
        page.get_by_label("figure 1").uncheck()
        assert not box.is_visible()
        assert not row.is_visible()
        page.keyboard.press("a")
        assert box.is_visible()
        page.keyboard.press("j")
        assert page.locator("#page").input_value() == "p2"
        page.keyboard.press("k")
        assert page.locator("#page").input_value() == "p1"
        faults = axe.Axe().run(page).response["violations"]
        browser.close()
    assert [(fault["id"], [node["html"] for node in fault["nodes"]]) for fault in faults] == []
    assert complaints == []
