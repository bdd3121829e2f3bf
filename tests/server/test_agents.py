"""Agents over HTTP: beside everything else that a server has, and alone."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import anyio
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from pagesight import client as presence
from pagesight.errors import MissingError
from pagesight.mcp import Agents, Nearest, Threads, Told, Work, frankly
from pagesight.results import Turn
from pagesight.server import agents
from pagesight.server.admission import Admission
from pagesight.server.application import create_app
from pagesight.server.keys import KeyStore
from pagesight.server.opening import opened
from pagesight.server.problems import problem_of
from pagesight.server.shelves import Shelves
from pagesight.service import Question
from pagesight.settings import Settings, load
from pagesight.views import (
    AskEvent,
    DeltaEvent,
    DocumentDetail,
    DocumentRow,
    EvidenceEvent,
    Found,
    PageText,
    Passage,
)
from tests.agents import everything, fault, on_http, pictures, structured
from tests.conftest import run_pagesight
from tests.processes import start
from tests.server.listening import listening
from tests.server.serving import copies

MANUAL, DATASHEET = "hydra-p4-service-manual.pdf", "lx7302-datasheet.pdf"
PUMPS, CHIPS = "pumps", "chips"
TOKEN = "token of this machine"


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A server of two libraries: one has the manual only, the other the data sheet only."""

    url: str
    roots: Mapping[str, Path]
    shelves: Shelves
    settings: Settings
    pump_key: str
    """Sees the one library."""
    chip_key: str
    """Sees the other."""
    key: str
    """Sees both."""


@pytest.fixture(scope="module")
def house(samples_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    roots = copies(samples_library, folder, PUMPS, CHIPS)
    settings = load(overrides=["visual.enabled=false", "serve.per_minute=0"])
    store = KeyStore(folder / "keys.json")
    keys = {
        name: store.add(name, "read", libraries)
        for name, libraries in (("pump", [PUMPS]), ("chip", [CHIPS]), ("both", None))
    }
    with opened(settings, roots, keyed=True, notify=lambda message: None) as shelves:
        for name, kept in ((PUMPS, MANUAL), (CHIPS, DATASHEET)):
            library = shelves.libraries[name].app.library
            library.forget([row.id for row in library.documents() if row.name != kept])
        app = create_app(shelves, keys=store, local={TOKEN: PUMPS}, hosts=["localhost"])
        with listening(app, lifespan="on") as url:
            yield House(
                url=url,
                roots=roots,
                shelves=shelves,
                settings=settings,
                pump_key=keys["pump"],
                chip_key=keys["chip"],
                key=keys["both"],
            )


def sent(
    url: str, method: str = "POST", headers: Mapping[str, str] | None = None
) -> http.client.HTTPResponse:
    """The answer to a request without a client that would help."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port or 80, timeout=60)
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
    fixed = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    connection.request(method, "/mcp", body, {**fixed, **(headers or {})})
    response = connection.getresponse()
    response.read()
    connection.close()
    return response


def test_nobody_is_served_without_the_right_key(house: House) -> None:
    assert sent(house.url).status == 401
    assert sent(house.url, headers={"Authorization": "Bearer ps_wrong"}).status == 401


def test_pages_that_call_themselves_by_another_name_are_refused(house: House) -> None:
    headers = {"Authorization": f"Bearer {house.key}"}

    assert sent(house.url, headers={**headers, "Host": "evil.example"}).status == 421
    assert sent(house.url, headers={**headers, "Origin": "http://evil.example"}).status == 403


def test_no_stream_is_kept_open_for_nothing(house: House) -> None:
    response = sent(house.url, "GET", {"Authorization": f"Bearer {house.key}"})

    assert response.status == 405
    assert response.headers["Allow"] == "POST"


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_every_tool_works_over_http(house: House, mode: str) -> None:
    noted: list[str] = []

    async def note(progress: float, total: float | None = None, message: str | None = None) -> None:
        noted.append(message or "")

    async def talk() -> None:
        async with on_http(f"{house.url}/mcp", house.pump_key, mode) as client:
            question = {"question": "What is the maximum pressure of the case drain?"}
            answer = await client.call_tool("ask_documents", question, progress_callback=note)
            assert structured(answer)["grounded"]
            assert pictures(answer)
            figures = {"query": "hydraulic schematic", "kinds": ["figure"]}
            assert pictures(await client.call_tool("search_documents", figures))
            page = await client.call_tool("read_page", {"document": MANUAL, "page": 7})
            assert len(pictures(page)) == 1
            listed = structured(await client.call_tool("list_documents", {}))
            assert [row["name"] for row in listed["libraries"][0]["documents"]] == [MANUAL]

    anyio.run(talk)
    assert noted[0].startswith("reading ")


def test_questions_of_agents_are_counted_like_all_others(house: House) -> None:
    def counted(name: str) -> list[str]:
        lines = house.shelves.metrics.render().decode().splitlines()
        return [line for line in lines if line.startswith(name)]

    async def talk() -> None:
        async with on_http(f"{house.url}/mcp", house.chip_key) as client:
            structured(await client.call_tool("search_documents", {"query": "soft start"}))

    searches = f'pagesight_questions_total{{kind="search",library="{CHIPS}"}}'
    before = counted(searches)
    anyio.run(talk)
    assert counted(searches) != before
    assert counted('pagesight_requests_total{method="POST",route="/mcp",status="200"}')


def test_an_agent_is_given_nothing_of_a_library_that_it_may_not_see(house: House) -> None:
    secret = house.shelves.libraries[CHIPS].app.library.documents()[0]
    tries: Sequence[tuple[str, dict[str, object]]] = [
        ("list_documents", {}),
        ("list_documents", {"library": CHIPS}),
        ("search_documents", {"query": "LX7302 soft start"}),
        ("search_documents", {"query": "soft start", "library": CHIPS}),
        ("search_documents", {"query": "soft start", "documents": [secret.id]}),
        ("ask_documents", {"question": "What is the switching frequency of the LX7302?"}),
        ("ask_documents", {"question": "What is the input voltage?", "library": CHIPS}),
        ("read_page", {"document": secret.name, "page": 1}),
        ("read_page", {"document": secret.id, "page": 1, "library": CHIPS}),
    ]

    async def talk() -> list[str]:
        async with on_http(f"{house.url}/mcp", house.pump_key) as client:
            assert CHIPS not in (await client.list_tools()).model_dump_json()
            return [everything(await client.call_tool(*call)) for call in tries]

    for (_, said), told in zip(tries, anyio.run(talk), strict=True):
        for word in (secret.title, "step-down", "datasheet"):
            assert word.lower() not in told.lower() or word in json.dumps(said)


def test_a_library_of_others_is_like_one_that_is_not_there(house: House) -> None:
    async def talk() -> list[str]:
        async with on_http(f"{house.url}/mcp", house.pump_key) as client:
            return [
                fault(await client.call_tool("list_documents", {"library": name}))
                for name in (CHIPS, "none")
            ]

    hidden, missing = anyio.run(talk)
    assert hidden.replace(CHIPS, "none") == missing


def test_whoever_sees_several_libraries_names_one(house: House) -> None:
    async def talk() -> None:
        async with on_http(f"{house.url}/mcp", house.key) as client:
            tools = {tool.name: tool.input_schema for tool in (await client.list_tools()).tools}
            for name, shape in tools.items():
                assert shape["properties"]["library"]["enum"] == [CHIPS, PUMPS]
                assert ("library" in shape.get("required", ())) == (name != "list_documents")
            unnamed = await client.call_tool("search_documents", {"query": "soft start"})
            assert f"{CHIPS}, {PUMPS}" in fault(unnamed)
            named = {"query": "soft start", "library": CHIPS}
            hits = structured(await client.call_tool("search_documents", named))["hits"]
            assert {hit["document"] for hit in hits} == {DATASHEET}
            listed = structured(await client.call_tool("list_documents", {}))["libraries"]
            assert {entry["library"]: entry["total"] for entry in listed} == {PUMPS: 1, CHIPS: 1}

    anyio.run(talk)


def test_agents_are_told_no_path_of_the_server(house: House) -> None:
    async def talk() -> list[str]:
        async with on_http(f"{house.url}/mcp", house.pump_key) as client:
            calls: Sequence[tuple[str, dict[str, object]]] = [
                ("list_documents", {}),
                ("search_documents", {"query": "hydraulic schematic"}),
                ("ask_documents", {"question": "What is the maximum pressure of the case drain?"}),
            ]
            return [everything(await client.call_tool(*call)) for call in calls]

    for told in anyio.run(talk):
        assert str(house.roots[PUMPS].parent) not in told
        assert '"source": "/' not in told


def test_an_agent_on_the_machine_asks_the_server_that_has_the_library_open(house: House) -> None:
    root = house.roots[PUMPS]

    def unwanted() -> None:
        raise AssertionError("a server has the library open")

    presence.announce(
        root,
        presence.Presence(
            url=house.url,
            library=PUMPS,
            token=TOKEN,
            settings=presence.fingerprint(house.settings),
        ),
    )
    try:
        with Nearest(root, house.settings, unwanted) as nearest:  # type: ignore[arg-type]
            found = nearest[PUMPS].search(Question(text="hydraulic schematic"))
            drawn = next(hit for hit in found.hits if hit.kind == "figure")
            assert nearest[PUMPS].crop(drawn)
            with pytest.raises(MissingError, match="no page 500"):
                nearest[PUMPS].page(MANUAL, 500)
    finally:
        presence.withdraw(root)


class Meeting:
    """A library whose searches wait for each other."""

    def __init__(self, parties: int) -> None:
        self.barrier = threading.Barrier(parties)
        self.begun = threading.Event()
        self.left = threading.Event()
        self.closed = threading.Event()

    def search(
        self, question: Question, count: int | None = None, *, explain: bool = False
    ) -> Found:
        self.begun.set()
        self.barrier.wait(60)
        return Found(hits=(), seconds={})

    def ask(self, question: Question, history: Sequence[Turn] = ()) -> Iterator[AskEvent]:
        try:
            yield EvidenceEvent(evidence=())
            self.begun.set()
            assert self.left.wait(60)
            while True:
                yield DeltaEvent(text="on and on ")
        finally:
            self.closed.set()

    def documents(self) -> list[DocumentRow]:
        return []

    def document(self, reference: str) -> DocumentDetail:
        raise NotImplementedError

    def page(self, reference: str, number: int) -> PageText:
        raise RuntimeError("/secret/path is broken")

    def page_picture(self, reference: str, number: int) -> bytes:
        raise NotImplementedError

    def crop(self, passage: Passage) -> bytes | None:
        return None


@contextmanager
def tools_over(library: Meeting, work: Work, *, told: Told = frankly) -> Iterator[str]:
    """The URL of the tools over a library, behind no guard."""
    endpoint = Agents(lambda _: {"meeting": library}, work, told).endpoint(guarded=False)
    app = Starlette(routes=[Route(agents.PATH, endpoint)], lifespan=lambda app: endpoint.running())
    with listening(app, lifespan="on") as url:
        yield url


def test_two_agents_are_served_at_once_and_a_third_is_not_held_up() -> None:
    meeting = Meeting(2)
    done: list[str] = []

    async def search(url: str) -> None:
        async with on_http(f"{url}/mcp") as client:
            await client.call_tool("search_documents", {"query": "x"})
            done.append("search")

    async def talk(url: str) -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(search, url)
            async with on_http(f"{url}/mcp") as client:
                structured(await client.call_tool("list_documents", {}))
                done.append("list")
            group.start_soon(search, url)

    with tools_over(meeting, Threads()) as url:
        anyio.run(talk, url)
    assert done == ["list", "search", "search"]


def test_whoever_comes_too_many_is_told_to_come_again() -> None:
    meeting = Meeting(2)

    async def talk(url: str) -> None:
        async with on_http(f"{url}/mcp") as client, anyio.create_task_group() as group:
            group.start_soon(client.call_tool, "search_documents", {"query": "first"})
            await anyio.to_thread.run_sync(meeting.begun.wait, 60)
            refused = await client.call_tool("search_documents", {"query": "second"})
            assert "try again later" in fault(refused)
            await anyio.to_thread.run_sync(meeting.barrier.wait, 60)

    def told(error: Exception, scope: object) -> str:
        return str(problem_of(error).detail)

    with tools_over(meeting, Admission(1, 0, 1.0), told=told) as url:
        anyio.run(talk, url)


@pytest.mark.parametrize("work", [Threads(), Admission(1, 0, 1.0)], ids=["threads", "admission"])
def test_an_answer_that_nobody_waits_for_is_given_up(work: Work) -> None:
    meeting = Meeting(1)

    async def talk(url: str) -> None:
        async with on_http(f"{url}/mcp") as client, anyio.create_task_group() as group:
            group.start_soon(client.call_tool, "ask_documents", {"question": "x"})
            await anyio.to_thread.run_sync(meeting.begun.wait, 60)
            group.cancel_scope.cancel()
        meeting.left.set()
        assert await anyio.to_thread.run_sync(meeting.closed.wait, 60)

    with tools_over(meeting, work) as url:
        anyio.run(talk, url)


def test_what_nobody_foresaw_is_told_without_its_details() -> None:
    async def talk(url: str) -> str:
        async with on_http(f"{url}/mcp") as client:
            return fault(await client.call_tool("read_page", {"document": "x", "page": 1}))

    with tools_over(Meeting(1), Threads()) as url:
        told = anyio.run(talk, url)
    assert "RuntimeError" in told
    assert "/secret" not in told


def test_without_a_guard_only_this_machine_is_answered() -> None:
    with tools_over(Meeting(1), Threads()) as url:
        assert sent(url, headers={"Host": "evil.example"}).status == 421
        assert sent(url, headers={"Origin": "http://evil.example"}).status == 403


def test_the_tools_are_served_alone_by_the_real_command(
    samples_library: Path, tmp_path: Path
) -> None:
    chosen = ("--library", samples_library, "--http", "--port", 0, "--keys", tmp_path / "keys")
    process = start(subprocess.DEVNULL, "mcp", *chosen, errors=subprocess.PIPE)
    assert process.stderr is not None
    try:
        line = process.stderr.readline().decode()

        async def talk() -> None:
            async with on_http(line.split()[-1]) as client:
                found = await client.call_tool("search_documents", {"query": "schematic"})
                assert len(pictures(found)) > 0
                assert str(samples_library) not in everything(found)

        anyio.run(talk)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.communicate()


def test_a_public_address_is_refused_without_keys(tmp_path: Path, samples_library: Path) -> None:
    options = ("--library", samples_library, "--host", "0.0.0.0", "--keys", tmp_path / "keys")
    done = run_pagesight("mcp", "--http", *options)

    assert done.returncode == 2
    assert "pagesight keys add" in done.stderr
