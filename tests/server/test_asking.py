"""Search and ask over HTTP: what they find, how they stream, what they refuse."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import socket
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from PIL import Image, ImageDraw
from starlette.types import Message

from pagesight.server.answering import EventStream
from tests import endpoint
from tests.endpoint import Endpoint
from tests.server import serving
from tests.server.listening import listening
from tests.server.serving import Served, copies, served

SEARCH = "/api/libraries/docs/search"
ASK = "/api/libraries/docs/ask"
TORQUES = "Which torque do the rear cover screws of the pump take?"
MANUAL = "hydra-p4-service-manual.pdf"
LONG = 30.0
"""Seconds that no test gets near to, unless it fails."""


@pytest.fixture(scope="module")
def docs(samples_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    roots = copies(samples_library, tmp_path_factory.mktemp("asking"), "docs")
    with served(roots, sets=["serve.image_mb=1"]) as opened:
        yield opened


@pytest.fixture(scope="module")
def llm() -> Iterator[Endpoint]:
    with endpoint.serving() as server:
        yield server


@pytest.fixture(scope="module")
def modelled(
    llm: Endpoint, samples_library: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """The same documents, answered by a model, one question at a time."""
    folder = tmp_path_factory.mktemp("modelled")
    alone = ["serve.concurrent=1", "serve.waiting=0"]
    with serving.modelled(samples_library, folder, llm, sets=alone) as opened:
        yield opened


def post(to: Served, path: str, **body: object) -> Any:
    """The response."""
    return to.client.post(path, json=body)


def given(response: Any) -> Any:
    """The JSON of a response that must have gone well."""
    assert response.status_code == 200, response.text
    return response.json()


def streamed(to: Served, **body: object) -> list[tuple[str, Any]]:
    """(name, data) of the events of an answer."""
    response = post(to, ASK, stream=True, **body)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/event-stream")
    events = [event.split("\n") for event in response.text.split("\n\n") if event]
    return [
        (lines[0].removeprefix("event: "), json.loads(lines[1].removeprefix("data: ")))
        for lines in events
    ]


def encoded(image: Image.Image, format: str = "PNG", **options: Any) -> str:
    file = io.BytesIO()
    image.save(file, format, **options)
    return base64.b64encode(file.getvalue()).decode()


def written(*lines: str) -> Image.Image:
    """A picture of words, as a screen shows them."""
    image = Image.new("RGB", (900, 60 + 50 * len(lines)), "white")
    pen = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        pen.text((30, 30 + 50 * number), line, fill="black", font_size=32)
    return image


def crop_of(to: Served, label: str) -> str:
    """The crop of a figure or table of the library, in base64."""
    hits = given(post(to, SEARCH, text=label, narrowing={"documents": [MANUAL]}))["hits"]
    found = next(hit for hit in hits if hit["label"] == label)
    return base64.b64encode(to.client.get(found["crop"]).content).decode()


def test_a_search_gives_hits_with_ranks_and_places_but_no_path_of_the_server(docs: Served) -> None:
    response = post(docs, SEARCH, text=TORQUES, count=3)
    first, *_ = hits = given(response)["hits"]
    assert len(hits) == 3
    assert [hit["rank"] for hit in hits] == [1, 2, 3]
    assert (first["label"], first["document"], first["pages"]) == ("Table 5-2", MANUAL, [16])
    assert {"dense", "words"} <= set(first["ranks"])
    assert first["crop"].startswith("/api/libraries/docs/crops/")
    assert first["source"] == MANUAL
    assert str(docs.shelves.libraries["docs"].app.library.root) not in response.text


def test_a_search_says_on_request_why_each_hit_stands_where_it_does(docs: Served) -> None:
    plain = given(post(docs, SEARCH, text=TORQUES, count=2))["hits"]
    told = given(post(docs, SEARCH, text=TORQUES, count=2, explain=True))["hits"]
    assert [hit["explanation"] for hit in plain] == [None, None]
    assert [hit | {"explanation": None} for hit in told] == plain
    for hit in told:
        why = hit["explanation"]
        assert {each["list"]: each["rank"] for each in why["lists"]} == hit["ranks"]
        assert why["reasons"]
    assert {"word": "torques", "field": "body"} in told[0]["explanation"]["words"]


@pytest.mark.parametrize(
    ("narrowing", "meets"),
    [
        ({"documents": ["lx7302-datasheet.pdf"]}, lambda hit: hit["document"].startswith("lx7302")),
        ({"kinds": ["table"]}, lambda hit: hit["kind"] == "table"),
        ({"pages": "2-3"}, lambda hit: {2, 3} & set(hit["pages"])),
    ],
)
def test_a_search_can_be_narrowed(
    docs: Served, narrowing: dict[str, object], meets: Callable[[Any], object]
) -> None:
    hits = given(post(docs, SEARCH, text="maximum pressure", narrowing=narrowing))["hits"]
    assert hits
    assert all(meets(hit) for hit in hits)


@pytest.mark.parametrize(
    ("narrowing", "status", "says"),
    [
        ({"documents": ["nowhere.pdf"]}, 404, "no such document: nowhere.pdf"),
        ({"kinds": ["chart"]}, 400, "chart"),
        ({"pages": "3 to 4"}, 400, "3 to 4"),
        ({"where": ["colour=red"]}, 400, "colour=red"),
        ({"page": "3"}, 422, "body.narrowing.page"),
    ],
)
def test_a_narrowing_that_means_nothing_is_refused(
    docs: Served, narrowing: dict[str, object], status: int, says: str
) -> None:
    response = post(docs, SEARCH, text="pressure", narrowing=narrowing)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert says in response.json()["detail"]


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "body"),
        ({"text": "  \n "}, "body"),
        ({"text": "x" * 4_001}, "body.text"),
        ({"text": "x", "count": 0}, "body.count"),
        ({"text": "x", "count": 101}, "body.count"),
        ({"text": "x", "narrowing": {"documents": ["a"] * 1_001}}, "body.narrowing.documents"),
        ({"text": "x", "narrowing": {"pages": "9" * 16}}, "body.narrowing.pages"),
        ({"text": "x", "imgae": "AAAA"}, "body.imgae"),
    ],
)
def test_a_search_outside_the_limits_is_refused_with_the_place(
    docs: Served, body: dict[str, object], place: str
) -> None:
    response = post(docs, SEARCH, **body)
    assert response.status_code == 422
    assert response.json()["errors"][0]["loc"] == place


def test_an_answer_has_checked_claims_citations_and_evidence(docs: Served) -> None:
    answer = given(post(docs, ASK, text=TORQUES))
    assert "125 Nm" in answer["text"]
    assert answer["grounded"]
    assert answer["support"]["verified"] == answer["support"]["claims"] > 0
    citation = answer["citations"][0]
    assert (citation["document"], citation["label"]) == (MANUAL, "Table 5-2")
    assert citation["crop"].startswith("/api/libraries/docs/crops/")
    assert citation["mark"] in {piece["mark"] for piece in answer["evidence"]}
    assert set(answer["timings"]) >= {"retrieve", "write", "check"}


def test_a_streamed_answer_brings_evidence_text_citations_and_at_last_the_answer(
    docs: Served,
) -> None:
    events = streamed(docs, text=TORQUES)
    whole = given(post(docs, ASK, text=TORQUES))
    names = [name for name, _ in events]
    pieces, cited = names.count("delta"), names.count("citation")
    assert names == ["hits", *["delta"] * pieces, *["citation"] * cited, "final"]
    assert all(data["type"] == name for name, data in events)
    final = events[-1][1]["answer"]
    assert final | {"timings": {}} == whole | {"timings": {}}
    assert "".join(data["text"] for name, data in events if name == "delta") == final["text"]
    assert [data["citation"] for name, data in events if name == "citation"] == final["citations"]
    assert events[0][1]["evidence"] == final["evidence"]


def test_a_follow_up_is_understood_and_what_is_shown_again_keeps_its_mark(docs: Served) -> None:
    first = given(post(docs, ASK, text="What is the torque of the pilot valve YV1?"))
    marks = {part: piece["mark"] + 10 for piece in first["evidence"] for part in piece["parts"]}
    turn = {"question": first["question"], "answer": first["text"], "marks": marks}
    second = given(post(docs, ASK, text="And of the relief valve cartridge?", history=[turn]))
    assert "torque" in second["question"]
    assert "90 Nm" in second["text"]
    again = [piece for piece in second["evidence"] if piece["chunk"] in marks]
    assert again
    assert all(piece["mark"] == marks[piece["chunk"]] for piece in again)


def test_a_conversation_that_is_too_long_is_refused(docs: Served) -> None:
    turn = {"question": "What?", "answer": "That."}
    assert post(docs, ASK, text=TORQUES, history=[turn] * 50).status_code == 200
    response = post(docs, ASK, text=TORQUES, history=[turn] * 51)
    assert response.status_code == 422
    assert response.json()["errors"][0]["loc"] == "body.history"


def test_a_refusal_says_why_and_comes_without_pieces(docs: Served) -> None:
    events = streamed(docs, text="Who won the chess tournament in Reykjavik in 1972?")
    assert [name for name, _ in events] == ["hits", "final"]
    answer = events[-1][1]["answer"]
    assert answer["refused"]
    assert not answer["grounded"]
    assert answer["text"].startswith("No answer was found in 5 documents")


def test_an_error_before_the_first_event_of_a_stream_has_its_own_status(docs: Served) -> None:
    body = {"text": TORQUES, "stream": True, "narrowing": {"documents": ["nowhere.pdf"]}}
    response = post(docs, ASK, **body)
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


def test_a_library_that_is_not_there_is_not_found(docs: Served) -> None:
    for path in ("/api/libraries/other/search", "/api/libraries/other/ask"):
        assert post(docs, path, text=TORQUES).status_code == 404


def test_questions_are_counted_with_their_stages(docs: Served) -> None:
    before = metric(docs, "pagesight_questions_total")
    post(docs, SEARCH, text=TORQUES)
    given(post(docs, ASK, text=TORQUES))
    streamed(docs, text=TORQUES)
    assert metric(docs, "pagesight_questions_total") == before + 3


def metric(of: Served, name: str) -> float:
    """The sum over all of its labels."""
    lines = of.shelves.metrics.render().decode().splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(f"{name}{{"))


def test_a_picture_asks_by_the_words_in_it(docs: Served) -> None:
    image = crop_of(docs, "Table 5-2")
    hits = given(post(docs, SEARCH, image=image, count=3))["hits"]
    assert "Table 5-2" in [hit["label"] for hit in hits]
    answer = given(post(docs, ASK, image=image))
    assert "Nm" in answer["question"]
    assert "Table 5-2" in [piece["label"] for piece in answer["evidence"]]
    assert answer["grounded"]


def test_words_and_a_picture_ask_together_and_the_words_are_the_question(docs: Served) -> None:
    image = encoded(written("an ordinary photo"))
    answer = given(post(docs, ASK, text=TORQUES, image=image))
    assert answer["question"] == TORQUES
    assert "125 Nm" in answer["text"]


def test_a_picture_without_words_says_what_is_missing_and_names_no_path(docs: Served) -> None:
    for path in (SEARCH, ASK):
        response = post(docs, path, image=encoded(Image.new("RGB", (300, 200), "white")))
        assert response.status_code == 400
        detail = response.json()["detail"]
        assert "no words were read in the picture" in detail
        assert "/" not in detail.split("`", maxsplit=1)[0]


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF"])
def test_pictures_of_each_kind_are_read(docs: Served, format: str) -> None:
    image = encoded(written("Tightening torque", "relief valve cartridge"), format)
    url = f"data:image/{format.lower()};base64,{image}"
    answer = given(post(docs, ASK, image=url))
    assert "cartridge" in answer["question"]
    assert "relief valve" in answer["question"].lower()


def test_a_photo_is_turned_upright_and_what_is_transparent_is_paper(docs: Served) -> None:
    words = written("relief valve cartridge")
    turned = words.rotate(90, expand=True)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned clockwise by 90 degrees
    photo = encoded(turned, "JPEG", exif=exif.tobytes(), quality=95)
    dark = words.convert("L").point(lambda value: 255 - value)
    clear = Image.new("RGBA", words.size, (0, 0, 0, 0))
    clear.paste((0, 0, 0, 255), mask=dark)
    for image in (photo, encoded(clear)):
        assert "cartridge" in given(post(docs, ASK, image=image))["question"]


@pytest.mark.parametrize(
    ("image", "status", "says"),
    [
        ("not base64!", 422, "neither base64"),
        (base64.b64encode(b"%PDF-1.7 and so on").decode(), 422, "no PNG, JPEG, WebP or GIF"),
        (base64.b64encode(b"<svg xmlns='x'/>").decode(), 422, "no PNG, JPEG, WebP or GIF"),
        (encoded(Image.new("RGB", (4, 4)), "BMP"), 422, "no PNG, JPEG, WebP or GIF"),
        (encoded(Image.effect_noise((300, 300), 90))[:9_000], 422, "no PNG, JPEG, WebP or GIF"),
        ("https://example.org/picture.png", 422, "neither base64"),
        ("data:image/png,plain", 422, "neither base64"),
        (encoded(Image.new("1", (9_000, 9_000))), 413, "9000 x 9000 pixels"),
        (encoded(Image.effect_noise((1_100, 1_100), 90)), 413, "larger than 1 MB"),
    ],
    ids=["words", "pdf", "svg", "bmp", "torn", "url", "plain", "pixels", "bytes"],
)
def test_what_is_no_usable_picture_is_refused(
    docs: Served, image: str, status: int, says: str
) -> None:
    for stream in (False, True):
        response = post(docs, ASK, text="What is this?", image=image, stream=stream)
        assert response.status_code == status
        assert says in response.json()["detail"]
        assert response.json()["errors"][0]["loc"] == "body.image"


def test_a_model_is_shown_the_asked_picture_before_the_question(
    modelled: Served, llm: Endpoint
) -> None:
    llm.pieces = ["It takes 125 Nm [1]."]
    image = encoded(written("HYDRA P4", "rear cover torque"))
    for text in ("", TORQUES):
        given(post(modelled, ASK, text=text, image=image))
        content = llm.requests[-1]["messages"][-1]["content"]
        *_, line, picture, question = content
        assert "picture of the question" in line["text"]
        sent = picture["image_url"]["url"].removeprefix("data:image/png;base64,")
        assert Image.open(io.BytesIO(base64.b64decode(sent))).size == (900, 160)
        assert (text or "rear cover torque") in question["text"]


def test_an_error_in_the_middle_of_an_answer_is_the_last_event(
    modelled: Served, llm: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(llm, "break_off", True)
    *before, (name, problem) = streamed(modelled, text=TORQUES)
    assert [event for event, _ in before] == ["hits", "delta"]
    assert name == "error"
    assert problem["type"] == "error"
    assert problem["status"] == 503
    assert "broke off" in problem["detail"]
    assert problem["request_id"]
    assert post(modelled, ASK, text=TORQUES).status_code == 503


def test_a_client_that_goes_away_gives_its_place_to_the_next(
    modelled: Served, llm: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(llm, "silent_after", 1)
    with listening(modelled.app) as url:
        for stream, comes in ((True, b"event: delta"), (False, b"")):
            with asked_by_hand(url, stream=stream) as connection:
                until(lambda: modelled.shelves.admission.running == 1)
                received = b""
                while comes not in received:
                    received += connection.recv(65536)
                busy = httpx.post(f"{url}{ASK}", json={"text": TORQUES}, timeout=LONG)
                assert busy.status_code == 503
                assert int(busy.headers["retry-after"]) > 0
            until(lambda: modelled.shelves.admission.running == 0)
            llm.closing.set()  # what was abandoned comes to its end
            until(lambda: modelled.shelves.admission.lingering == 0)
            llm.closing.clear()


def asked_by_hand(url: str, *, stream: bool) -> socket.socket:
    """A connection on which a question was asked; closing it is going away."""
    address = urlsplit(url)
    body = json.dumps({"text": TORQUES, "stream": stream}).encode()
    head = f"POST {ASK} HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Type: application/json\r\n"
    connection = socket.create_connection((address.hostname, address.port), timeout=LONG)
    connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    return connection


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONG
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


async def responded(
    response: EventStream, send: Callable[[Message], Any], gone: asyncio.Event | None = None
) -> None:
    """Runs a response as a server does, until its client goes away."""

    async def receive() -> Message:
        await (gone or asyncio.Event()).wait()
        return {"type": "http.disconnect"}

    await response({"type": "http", "asgi": {"spec_version": "2.3"}}, receive, send)


async def endless(closed: list[str], pieces: Sequence[bytes] = ()) -> AsyncGenerator[bytes, None]:
    """Pieces, and then nothing for ever."""
    try:
        for piece in pieces:
            yield piece
        await asyncio.Event().wait()
    finally:
        closed.append("closed")


def test_a_stream_is_kept_alive_by_comments_and_closed_when_the_client_goes() -> None:
    async def test() -> list[bytes]:
        gone, came, closed = asyncio.Event(), list[bytes](), list[str]()

        async def send(message: Message) -> None:
            came.append(message.get("body", b""))
            if came.count(b": ping\n\n") == 3:
                gone.set()

        stream = EventStream(endless(closed, [b"data: 1\n\n"]), quiet=0.01)
        await responded(stream, send, gone)
        assert closed == ["closed"]
        return came

    came = asyncio.run(asyncio.wait_for(test(), LONG))
    assert came[:5] == [b"", b"data: 1\n\n", *[b": ping\n\n"] * 3]


def test_a_stream_is_closed_when_its_client_takes_nothing_any_more() -> None:
    async def test() -> None:
        closed: list[str] = []

        async def send(message: Message) -> None:
            if message["type"] == "http.response.body":
                await asyncio.Event().wait()

        await responded(EventStream(endless(closed, [b"data: 1\n\n"]), stalled=0.01), send)
        assert closed == ["closed"]

    asyncio.run(asyncio.wait_for(test(), LONG))
