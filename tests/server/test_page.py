"""The web page in a real browser, served by the real command."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docx
import httpx
import pymupdf
import pytest

from pagesight.server.keys import KeyStore
from tests.conftest import SAMPLES
from tests.server.serving import serving

playwright = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = pytest.mark.skipif(not CHROMIUM.is_file(), reason=f"there is no {CHROMIUM}")

DESKTOP = (1440, 900)
PHONE = (390, 844)
PATIENCE = 60_000
"""Milliseconds: a document is read in two seconds, on a busy machine in twenty."""

DATASHEET = SAMPLES / "lx7302-datasheet.pdf"
RESISTANCE = "What is the thermal resistance junction to ambient?"
RESISTANCE_PAGE = 2
RESISTANCE_WORDS = "38 °C/W on a four-layer board"
AES_256 = 5
"""How PyMuPDF calls this encryption; its stubs lack the name."""
FAULTLESS = "(?!)"
REFUSED = "^Failed to load resource"
"""What a browser says of an answer that is an error."""
MARKUP = "<img src=x onerror=window.hit=1><script>window.hit=1</script>"

Page = Any
Visit = Callable[..., "AbstractContextManager[Page]"]
Rectangle = Sequence[float]
"""x0, y0, x1, y1."""


@dataclass(frozen=True, kw_only=True)
class Site:
    url: str
    keys: KeyStore
    key: str
    """It may write."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with keys, and a data sheet in its library."""
    folder = tmp_path_factory.mktemp("page")
    keys = KeyStore(folder / "keys.json")
    key = keys.add("writer", "write")
    with serving(f"papers={folder / 'papers'}", folder=folder) as running:
        site = Site(url=running.url, keys=keys, key=key)
        _store(site, DATASHEET.name, DATASHEET.read_bytes())
        yield site


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM))
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Any, site: Site) -> Visit:
    """Opens the page at a size, for whoever has a key. At the end nothing may have gone to another
    host, and nothing may have been complained of but what the test brings about."""

    @contextmanager
    def visiting(
        size: tuple[int, int] = DESKTOP, *, key: str = site.key, expected: str = FAULTLESS
    ) -> Iterator[Page]:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            reduced_motion="reduce",
            permissions=["clipboard-read", "clipboard-write"],
        )
        context.add_init_script(f"sessionStorage['pagesight.key'] = {key!r}" if key else "")
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        complaints: list[str] = []
        strangers: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: _note(complaints, said, expected))
        page.on("request", lambda request: _stranger(strangers, request.url, site.url))
        page.goto(site.url)
        yield page
        context.close()
        assert complaints == []
        assert strangers == []

    return visiting


def _note(complaints: list[str], said: Any, expected: str) -> None:
    if said.type in ("error", "warning") and not re.search(expected, said.text):
        complaints.append(said.text)


def _stranger(strangers: list[str], url: str, home: str) -> None:
    if not url.startswith((home, "blob:", "data:")):
        strangers.append(url)


def _store(site: Site, name: str, body: bytes) -> str:
    """Uploads a file and waits until it is in the library; the id of its document."""
    with httpx.Client(
        base_url=f"{site.url}/api/libraries/papers",
        headers={"Authorization": f"Bearer {site.key}"},
        timeout=PATIENCE / 1000,
    ) as client:
        job = client.post("/documents", files={"file": (name, body, "application/pdf")}).json()
        client.get(f"/jobs/{job['id']}/events")  # it ends when the job does
        file = client.get(f"/jobs/{job['id']}").json()["files"][0]
    assert file["state"] == "done", file
    document: str = file["document_id"]
    return document


def _paper(title: str, *lines: str) -> bytes:
    document = pymupdf.open()
    page = document.new_page()
    for number, line in enumerate(lines):
        page.insert_text((72, 120 + 40 * number), line, fontsize=11)
    document.set_metadata({"title": title})
    body: bytes = document.tobytes()
    return body


def _ask(page: Page, question: str) -> Any:
    """Asks, and gives the answer once it has been checked."""
    page.locator("#composer").get_by_role(
        "button", name="Ask", exact=True, disabled=False
    ).wait_for()
    asked = page.locator(".turn").count()
    page.get_by_label("Your question").fill(question)
    page.get_by_label("Your question").press("Enter")
    answer = page.locator(".turn").nth(asked).locator(".answer")
    answer.wait_for()
    return answer


def _shown(page: Page) -> None:
    """Waits until the picture of the page is there."""
    page.locator(".page-sheet:not(.loading) img[src]").wait_for()


def _box(page: Page) -> Rectangle:
    """The first highlight, as fractions of the picture that is displayed."""
    picture = page.locator(".page-picture").bounding_box()
    box = page.locator(".overlays .box").first.bounding_box()
    across = [(box["x"] + width - picture["x"]) / picture["width"] for width in (0, box["width"])]
    down = [(box["y"] + height - picture["y"]) / picture["height"] for height in (0, box["height"])]
    return across[0], down[0], across[1], down[1]


def _words(body: Path, number: int, words: str) -> Rectangle:
    """Where words stand in a PDF, as fractions of the page."""
    with pymupdf.open(body) as document:
        page = document[number - 1]
        (found,) = page.search_for(words)
        size = page.rect.width, page.rect.height
        return [side / size[index % 2] for index, side in enumerate(found)]


def _covers(box: Rectangle, words: Rectangle) -> bool:
    """Whether a box holds words and not much beside their lines."""
    near = 0.004
    inside = (
        box[0] <= words[0] + near
        and box[1] <= words[1] + near
        and box[2] >= words[2] - near
        and box[3] >= words[3] - near
    )
    return inside and box[3] - box[1] < 4 * (words[3] - words[1])


def _in_view(page: Page) -> bool:
    stage = page.locator(".stage").bounding_box()
    box = page.locator(".overlays .box").first.bounding_box()
    below = stage["y"] <= box["y"]
    return bool(below and box["y"] + box["height"] <= stage["y"] + stage["height"])


def _accessible(page: Page) -> None:
    """Nothing serious is in the way of those who use a keyboard or a screen reader."""
    found = axe.Axe().run(page).response["violations"]
    serious = [
        (fault["id"], [node["html"] for node in fault["nodes"]])
        for fault in found
        if fault["impact"] in ("serious", "critical")
    ]
    assert serious == []


def test_a_document_is_added_becomes_ready_is_asked_and_deleted(visit: Visit) -> None:
    paper = _paper("Valve notes", "The relief valve RV9 opens at 217 bar and closes at 190 bar.")
    with visit() as page:
        page.get_by_role("tab", name="Documents").click()
        page.get_by_label("Files to add").set_input_files(
            {"name": "valve.pdf", "mimeType": "application/pdf", "buffer": paper}
        )
        page.locator(".upload", has_text="valve.pdf").get_by_text("Ready").wait_for()
        document = page.get_by_role("article", name="Valve notes")
        document.wait_for()
        _accessible(page)

        page.get_by_role("tab", name="Ask").click()
        answer = _ask(page, "At which pressure does the relief valve RV9 open?")
        assert "217 bar" in answer.inner_text()
        assert "Verified in its source" in answer.inner_text()

        page.get_by_role("tab", name="Documents").click()
        document.get_by_role("button", name="Delete Valve notes").click()
        _accessible(page)
        page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
        document.wait_for(state="detached")
        page.reload()
        page.get_by_role("tab", name="Documents").click()
        page.locator(".document").first.wait_for()
        assert document.count() == 0


def test_a_word_file_is_added_and_its_page_shown_with_the_quoted_words_marked(
    visit: Visit,
) -> None:
    word = docx.Document()
    for number in range(30):
        word.add_paragraph(f"Paragraph {number} says nothing of any interest.")
    word.add_paragraph("The coupling QX31 is greased every 700 hours.")
    buffer = io.BytesIO()
    word.save(buffer)
    with visit() as page:
        page.get_by_role("tab", name="Documents").click()
        adding = page.get_by_label("Files to add")
        assert ".docx" in adding.get_attribute("accept").split(",")
        adding.set_input_files(
            [
                {"name": "setup.exe", "mimeType": "", "buffer": b"MZ"},
                {"name": "coupling.docx", "mimeType": "", "buffer": buffer.getvalue()},
            ]
        )
        page.locator(".upload", has_text="setup.exe").get_by_text("Not a document that").wait_for()
        page.locator(".upload", has_text="coupling.docx").get_by_text("Ready").wait_for()

        page.get_by_role("tab", name="Ask").click()
        answer = _ask(page, "How often is the coupling QX31 greased?")
        assert "700 hours" in answer.inner_text()
        answer.locator(".chip").first.click()
        _shown(page)
        # The words end the page: the box around them lies below the other lines.
        assert _box(page)[3] - _box(page)[1] < 0.05
        assert _in_view(page)


def test_what_is_no_pdf_fails_with_the_reason(visit: Visit) -> None:
    with visit(expected=REFUSED) as page:
        page.get_by_role("tab", name="Documents").click()
        page.get_by_label("Files to add").set_input_files(
            {"name": "notes.pdf", "mimeType": "application/pdf", "buffer": b"plain words"}
        )
        row = page.locator(".upload", has_text="notes.pdf")
        row.get_by_text("Failed").wait_for()
        assert "not a PDF" in row.inner_text()
        row.get_by_role("button", name="Dismiss notes.pdf").click()
        row.wait_for(state="detached")


def test_an_encrypted_file_waits_for_its_password_and_is_dismissed_when_ready(
    visit: Visit,
) -> None:
    locked = pymupdf.open()
    locked.new_page().insert_text((72, 120), "The lid L3 is locked.")
    locked.set_metadata({"title": "Lid"})
    body = locked.tobytes(encryption=AES_256, user_pw="open", owner_pw="own")
    with visit() as page:
        page.get_by_role("tab", name="Documents").click()
        page.get_by_label("Files to add").set_input_files(
            {"name": "lid.pdf", "mimeType": "application/pdf", "buffer": body}
        )
        page.get_by_label("Password of lid.pdf").fill("open")
        _accessible(page)
        page.get_by_role("button", name="Open with this password").click()
        row = page.locator(".upload", has_text="lid.pdf")
        row.get_by_text("Ready").wait_for()
        row.get_by_role("button", name="Dismiss lid.pdf").click()
        row.wait_for(state="detached")
        page.get_by_role("button", name="Delete Lid").click()
        page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
        page.get_by_role("article", name="Lid").wait_for(state="detached")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_citation_opens_its_page_with_the_quoted_words_marked(
    visit: Visit, size: tuple[int, int]
) -> None:
    words = _words(DATASHEET, RESISTANCE_PAGE, RESISTANCE_WORDS)
    with visit(size) as page:
        answer = _ask(page, RESISTANCE)
        _accessible(page)
        answer.locator(".chip").first.click()
        _shown(page)
        assert page.get_by_label("Page number").input_value() == str(RESISTANCE_PAGE)
        assert _covers(_box(page), words)
        assert _in_view(page)
        _accessible(page)

        page.get_by_role("button", name="Zoom in").click()
        page.get_by_role("button", name="Zoom in").click()
        page.get_by_text("150 %").wait_for()
        assert _covers(_box(page), words)

        page.get_by_role("tab", name=re.compile("Sources")).click()
        page.locator(".card").first.wait_for()
        _accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        if size == PHONE:
            page.keyboard.press("Escape")
            assert answer.locator(".chip").first.evaluate("node => node === document.activeElement")


def test_arrow_keys_turn_pages_and_the_cited_one_is_a_click_away(visit: Visit) -> None:
    with visit() as page:
        _ask(page, RESISTANCE).locator(".chip").first.click()
        _shown(page)
        page.locator(".stage").press("ArrowRight")
        assert page.get_by_label("Page number").input_value() == "3"
        assert page.locator(".overlays .box").count() == 0
        page.get_by_role("button", name="Cited: page 2").click()
        assert page.get_by_label("Page number").input_value() == "2"
        assert page.locator(".overlays .box").count() > 0


def test_a_table_is_shown_as_a_table_and_copied_with_its_source(visit: Visit) -> None:
    with visit() as page:
        answer = _ask(page, "What is the absolute maximum supply voltage?")
        assert answer.locator("td", has_text="42").count() == 1
        answer.locator("td .chip").first.click()
        page.get_by_role("tab", name="Excerpt").click()
        row = page.locator(".excerpt tr", has_text="Supply voltage").first
        assert row.locator("td").all_inner_texts()[:4] == ["Supply voltage", "VIN", "-0.3", "42"]
        page.locator(".excerpt img.crop[src]").wait_for()
        _accessible(page)

        answer.get_by_role("button", name="Copy with sources").click()
        answer.get_by_text("Copied").wait_for()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert re.search(r"Sources:\n\[\d+\] .*\(lx7302-datasheet\.pdf\), page 2, Table 2", copied)
        answer.get_by_role("button", name="Good answer").click()
        answer.get_by_label("Comment").fill("just what I needed")
        answer.get_by_role("button", name="Send").click()
        answer.get_by_text("Thank you").wait_for()


def test_a_pasted_picture_asks(visit: Visit) -> None:
    drawn = pymupdf.open().new_page(width=520, height=60)
    drawn.insert_text((20, 40), "absolute maximum supply voltage", fontsize=28)
    picture = base64.b64encode(drawn.get_pixmap(dpi=110).tobytes("png")).decode()
    with visit() as page:
        page.locator(".known").wait_for()
        page.get_by_label("Your question").evaluate(_PASTE, picture)
        page.get_by_role("img", name="Picture to ask about: pasted.png").wait_for()
        page.get_by_role("button", name="Ask", exact=True).click()
        page.locator(".turn .answer, .turn .trouble").wait_for()
        assert "Supply voltage" in page.locator(".turn .answer").inner_text()
        assert page.locator("#ask .preview").is_hidden()
        assert page.locator(".question img").count() == 1


def test_a_picture_is_chosen_and_taken_back_by_the_keyboard(visit: Visit, tmp_path: Path) -> None:
    drawing = tmp_path / "drawing.png"
    pymupdf.open().new_page(width=80, height=60).get_pixmap().save(drawing)
    with visit() as page:
        page.locator(".known").wait_for()
        choose = page.locator("#ask").get_by_role("button", name="Ask about a picture")
        with page.expect_file_chooser() as chooser:
            choose.press("Enter")
        chooser.value.set_files(drawing)
        page.get_by_role("img", name="Picture to ask about: drawing.png").wait_for()
        page.get_by_role("button", name="Remove the picture").press("Enter")
        assert page.locator("#ask .preview").is_hidden()
        assert choose.evaluate("(button) => button === document.activeElement")


_PASTE = """async (field, picture) => {
  const bytes = Uint8Array.from(atob(picture), (sign) => sign.charCodeAt(0));
  const clipboardData = new DataTransfer();
  clipboardData.items.add(new File([bytes], "pasted.png", { type: "image/png" }));
  const options = { clipboardData, bubbles: true, cancelable: true };
  field.dispatchEvent(new ClipboardEvent("paste", options));
}"""


def test_search_shows_hits_with_their_ranks_and_opens_them(visit: Visit) -> None:
    with visit() as page:
        page.get_by_role("tab", name="Search").click()
        page.locator("#search").get_by_role("button", name="Search", disabled=False).wait_for()
        page.get_by_label("Words to search for").fill("functional block diagram")
        page.get_by_label("Words to search for").press("Enter")
        hit = page.locator(".hit", has_text="Figure 6").first
        hit.wait_for()
        hit.locator("img.crop[src]").wait_for()
        assert re.search(r"Words #\d", hit.locator(".ranks").inner_text())
        page.get_by_text("How hits are ranked").click()
        assert "BM25" in page.locator(".legend").inner_text()
        marked = [each.lower() for each in hit.locator(".snippet mark").all_inner_texts()]
        assert {"functional", "block", "diagram"} <= set(marked)
        hit.get_by_text("Why it stands here").click()
        account = hit.locator(".account")
        assert re.search(r"Words #\d", account.inner_text())
        assert re.search(r"Score\s+0\.\d{3}", account.inner_text())
        assert (
            "stands on the page of its document that fits best"
            in hit.locator(".reasons").inner_text()
        )
        _accessible(page)
        hit.get_by_role("button").click()
        _shown(page)
        assert page.get_by_label("Page number").input_value() == "4"
        assert page.locator(".overlays .box.large").count() == 1


def test_search_marks_words_with_signs_in_them(visit: Visit) -> None:
    with visit() as page:
        page.get_by_role("tab", name="Search").click()
        page.locator("#search").get_by_role("button", name="Search", disabled=False).wait_for()
        page.get_by_label("Words to search for").fill("resistance on a four-layer board")
        page.get_by_label("Words to search for").press("Enter")
        page.locator(".snippet mark", has_text="four-layer").first.wait_for()


def test_markup_in_a_document_stays_text(visit: Visit, site: Site) -> None:
    sentence = f"The cover K7 weighs 812 grams {MARKUP}."
    _store(site, f"{MARKUP.replace('/', '')}.pdf", _paper(f"Weights {MARKUP}", sentence))
    with visit() as page:
        page.locator(".known", has_text="onerror").wait_for()
        answer = _ask(page, "How many grams does the cover K7 weigh?")
        assert "<script>" in answer.inner_text()
        answer.locator(".chip").first.click()
        _shown(page)
        page.get_by_role("tab", name="Excerpt").click()
        page.get_by_role("tab", name="Documents").click()
        page.get_by_role("article", name="Weights").wait_for()
        page.get_by_role("tab", name="Search").click()
        page.get_by_label("Words to search for").fill("cover K7 grams")
        page.get_by_label("Words to search for").press("Enter")
        page.locator(".hit", has_text="812").first.wait_for()
        assert page.evaluate("window.hit") is None
        assert page.locator("[onerror], body script, img[src=x]").count() == 0


def test_without_a_key_the_page_asks_for_one_until_it_is_right(visit: Visit, site: Site) -> None:
    with visit(key="", expected=REFUSED) as page:
        page.get_by_label("Key", exact=True).fill("ps_wrong")
        page.get_by_role("button", name="Use this key").click()
        page.get_by_role("dialog").get_by_text("That key was not accepted").wait_for()
        _accessible(page)
        page.get_by_label("Key", exact=True).fill(site.key)
        page.get_by_label("Key", exact=True).press("Enter")
        page.locator(".known").wait_for()


def test_a_key_that_may_only_read_is_offered_nothing_else(visit: Visit, site: Site) -> None:
    with visit(key=site.keys.add("reader")) as page:
        page.get_by_role("tab", name="Documents").click()
        page.get_by_role("article").first.wait_for()
        assert page.get_by_text("Your key may read only").is_visible()
        assert page.get_by_role("button", name="Add files").count() == 0
        assert page.get_by_role("button", name=re.compile("Delete")).count() == 0


def test_a_question_is_stopped_and_a_busy_server_says_when_to_come_back(visit: Visit) -> None:
    busy = {"title": "busy", "status": 503, "detail": "too many questions are waiting"}
    with visit(expected=REFUSED) as page:
        page.locator(".known").wait_for()
        page.route("**/ask", lambda route: None)
        page.get_by_label("Your question").fill("anything")
        page.get_by_label("Your question").press("Enter")
        page.get_by_role("button", name="Stop").click()
        page.get_by_text("Stopped.", exact=True).and_(page.locator("strong")).wait_for()

        page.unroute("**/ask")
        page.route(
            "**/ask",
            lambda route: route.fulfill(status=503, headers={"Retry-After": "1"}, json=busy),
        )
        page.get_by_label("Your question").fill(RESISTANCE)
        page.get_by_label("Your question").press("Enter")
        page.get_by_text("Too many questions are waiting").wait_for()
        page.unroute("**/ask")
        page.get_by_role("button", name="Try again", exact=True).click()
        page.locator(".answer").wait_for()


def test_it_says_by_which_models_it_answers(visit: Visit) -> None:
    with visit() as page:
        page.get_by_role("button", name="Quotes only, no language model").click()
        facts = page.get_by_role("dialog").inner_text()
        assert "No language model is configured" in facts
        assert "all-MiniLM-L6-v2" in facts


def test_claims_keep_their_places_in_markdown(visit: Visit) -> None:
    """Offsets count code points: the first sign is one of them, but two for JavaScript."""
    text = (
        "\U0001f527 **Torque** is 9 Nm [1]. Use oil [2].\n\n| a | b |\n| - | - |\n| x | y | [1]\n"
    )
    starts = [text.index("**"), text.index("Use"), text.index("| x")]
    ends = [text.index(" Use"), text.index("\n"), len(text) - 1]
    claims = [
        {"start": start, "end": end, "support": support}
        for start, end, support in zip(
            starts, ends, ("verified", "unverified", "uncited"), strict=True
        )
    ]
    with visit() as page:
        spans, badges, cells = page.evaluate(_RENDER, [text, claims])
    assert spans == ["Torque is 9 Nm .", "Use oil .", "xy "]
    assert badges == ["1:0", "2:1", "1:2"]
    assert cells == ["x", "y 12"]


_RENDER = """async ([text, claims]) => {
  const { render } = await import("/static/js/markdown.js");
  const place = document.createElement("div");
  const chips = [];
  const chip = (mark, claim) => (chips.push(`${mark}:${claim}`), document.createTextNode(mark));
  place.append(render(text, { claims, chip, badge: (claim) => document.createTextNode(claim) }));
  const words = (index) => [...place.querySelectorAll(`[data-claim="${index}"]`)];
  const spans = claims.map((_, index) => words(index).map((node) => node.textContent).join(""));
  return [spans, chips, [...place.querySelectorAll("td")].map((cell) => cell.textContent)];
}"""


def test_of_a_table_nothing_is_kept_but_cells(visit: Visit) -> None:
    html = (
        '<table onclick="x()" style="color:red"><caption>C<img src=x onerror=x()></caption>'
        '<tr><th colspan="2" class="k">A</th></tr><tr><td><a href="javascript:x()">B</a></td>'
        "<td><script>x()</script></td></tr></table>"
    )
    with visit(expected="violates the following Content Security Policy") as page:
        kept = page.evaluate(
            'async (html) => (await import("/static/js/tables.js")).table(html).outerHTML', html
        )
    assert kept == (
        '<table><caption>C</caption><tbody><tr><th colspan="2">A</th></tr>'
        "<tr><td>B</td><td>x()</td></tr></tbody></table>"
    )
