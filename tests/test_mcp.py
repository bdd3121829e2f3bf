"""Agents on the same machine: the real command over stdio, and the official client."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest
from mcp import MCPError
from mcp_types import CallToolResult, ListToolsResult
from PIL import Image

from pagesight.mcp import content
from pagesight.mcp.content import CROP_SIDE, CROPS, MATERIAL, scaled
from pagesight.results import Claim
from pagesight.views import Answered, SupportCount
from tests.agents import fault, on_stdio, pictures, structured, texts
from tests.conftest import COMMAND, run_pagesight

MANUAL = "hydra-p4-service-manual.pdf"

CALLS: Mapping[str, tuple[str, dict[str, object]]] = {
    "search": ("search_documents", {"query": "What is the case drain line for?"}),
    "figures": ("search_documents", {"query": "schematic", "kinds": ["figure"], "count": 6}),
    "explained": ("search_documents", {"query": "case drain line", "explain": True, "count": 2}),
    "one page": ("search_documents", {"query": "case drain", "documents": MANUAL, "pages": "10"}),
    "nothing": ("search_documents", {"query": "case drain", "kinds": "table", "pages": "1"}),
    "ask": ("ask_documents", {"question": "What is the maximum pressure of the case drain?"}),
    "off topic": ("ask_documents", {"question": "Who won the world cup in 1954?"}),
    "page": ("read_page", {"document": MANUAL, "page": 7}),
    "words of a page": ("read_page", {"document": MANUAL, "page": 7, "picture": False}),
    "list": ("list_documents", {}),
    "some": ("list_documents", {"matching": "HYDRA"}),
    "no document": ("search_documents", {"query": "x", "documents": ["missing.pdf"]}),
    "no page": ("read_page", {"document": MANUAL, "page": 500}),
    "wrong pages": ("search_documents", {"query": "x", "pages": "9-3"}),
    "no library": ("list_documents", {"library": "other"}),
    "wrong kinds": ("search_documents", {"query": "x", "kinds": ["picture"], "count": 100}),
    "no question": ("ask_documents", {}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What one agent was told, by the names of its calls."""

    version: str
    instructions: str
    tools: ListToolsResult
    results: Mapping[str, CallToolResult]
    progress: list[tuple[float, str]]
    """Of "ask"."""


@pytest.fixture(scope="module")
def session(samples_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Session:
    log = tmp_path_factory.mktemp("mcp") / "notes.log"

    async def talk() -> Session:
        results: dict[str, CallToolResult] = {}
        noted: list[tuple[float, str]] = []

        async def note(
            progress: float, total: float | None = None, message: str | None = None
        ) -> None:
            noted.append((progress, message or ""))

        async with on_stdio(samples_library, log) as client:
            for name, (tool, arguments) in CALLS.items():
                results[name] = await client.call_tool(
                    tool, arguments, progress_callback=note if name == "ask" else None
                )
            return Session(
                version=client.protocol_version,
                instructions=client.instructions or "",
                tools=await client.list_tools(),
                results=results,
                progress=noted,
            )

    return anyio.run(talk)


def test_the_tools_are_announced_as_harmless_and_say_when_to_use_them(session: Session) -> None:
    tools = {tool.name: tool for tool in session.tools.tools}

    assert list(tools) == ["search_documents", "ask_documents", "read_page", "list_documents"]
    for tool in tools.values():
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint is True
        assert tool.annotations.open_world_hint is False
        assert "Use it" in (tool.description or "")
        assert tool.output_schema is not None
    assert "never instructions" in session.instructions


def test_no_library_has_to_be_named_where_there_is_one(session: Session) -> None:
    for tool in session.tools.tools:
        assert "library" not in tool.input_schema["properties"]


def test_a_search_gives_each_hit_with_its_place_and_text(session: Session) -> None:
    result = session.results["search"]
    hits = structured(result)["hits"]
    head, *blocks = texts(result)

    assert MATERIAL in head
    assert len(hits) == len(blocks) == 8
    for hit, block in zip(hits, blocks, strict=True):
        assert block.startswith(f"Hit {hit['rank']}: ")
        assert hit["document"] in block
        assert f"page {hit['pages'][0]}" in block or f"pages {hit['pages'][0]}" in block
        assert block.endswith(hit["text"])


def test_an_explained_search_says_why_each_hit_was_found(session: Session) -> None:
    result = session.results["explained"]
    hits, (_, *blocks) = structured(result)["hits"], texts(result)
    for hit, block in zip(hits, blocks, strict=True):
        assert f"Why: {'; '.join(hit['explanation']['reasons'])}\n" in block
        assert "Words of the query: " in block
    assert {hit["explanation"] for hit in structured(session.results["search"])["hits"]} == {None}


def test_a_search_shows_at_most_four_crops_each_after_its_hit(session: Session) -> None:
    result = session.results["figures"]
    shown = pictures(result)
    kinds = [block.type for block in result.content]

    assert len(shown) == CROPS
    assert all(max(image.size) <= CROP_SIDE for image in shown)
    assert kinds[:3] == ["text", "text", "image"]
    assert {hit["kind"] for hit in structured(result)["hits"]} == {"figure"}


def test_a_search_can_be_narrowed_and_may_find_nothing(session: Session) -> None:
    hits = structured(session.results["one page"])["hits"]

    assert hits
    assert {hit["document"] for hit in hits} == {MANUAL}
    assert all(10 in hit["pages"] for hit in hits)
    assert "Nothing was found" in "".join(texts(session.results["nothing"]))


def test_an_answer_comes_with_checkable_sources(session: Session) -> None:
    result = session.results["ask"]
    answer = structured(result)
    words = "\n".join(texts(result))

    assert answer["grounded"] is True
    assert answer["citations"]
    for citation in answer["citations"]:
        assert f"[{citation['mark']}]" in answer["text"]
        assert citation["quote"] in words.replace('\\"', '"')
        assert citation["boxes"]
        for box in citation["boxes"]:
            x0, y0, x1, y1 = box["fractions"]
            assert 0 <= x0 < x1 <= 1
            assert 0 <= y0 < y1 <= 1
    verified = answer["support"]["verified"]
    assert f"{verified} of {answer['support']['claims']} claims verified" in words


def test_an_answer_shows_the_tables_and_figures_that_it_cites(session: Session) -> None:
    result = session.results["ask"]
    cited = {
        citation["chunk_id"]
        for citation in structured(result)["citations"]
        if citation["kind"] != "text"
    }

    assert cited
    assert len(pictures(result)) == min(len(cited), CROPS)


def test_progress_is_told_while_an_answer_is_written(session: Session) -> None:
    steps = [step for step, _ in session.progress]
    messages = [message for _, message in session.progress]

    assert steps == sorted(set(steps))
    assert messages[0].startswith("reading ")
    assert any(message.startswith("writing: ") for message in messages)


def test_a_refusal_is_an_answer_and_not_an_error(session: Session) -> None:
    result = session.results["off topic"]

    assert structured(result)["grounded"] is False
    assert texts(result)[0].startswith("Not answered: ")


def test_a_page_is_read_and_seen(session: Session) -> None:
    result = session.results["page"]
    page = structured(result)
    (picture,) = pictures(result)

    assert page["number"] == 7
    assert page["text"] in texts(result)
    assert "page 7 (printed 2-2)" in texts(result)[0]
    assert picture.width / picture.height == pytest.approx(page["width"] / page["height"], abs=0.01)
    assert not pictures(session.results["words of a page"])


def test_documents_are_listed_and_can_be_picked_out(session: Session) -> None:
    (library,) = structured(session.results["list"])["libraries"]
    (some,) = structured(session.results["some"])["libraries"]
    words = texts(session.results["list"])[0]

    assert library["total"] == len(library["documents"]) == 5
    assert all(row["name"] in words and row["id"][:12] in words for row in library["documents"])
    assert [row["name"] for row in some["documents"]] == [MANUAL]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("no document", "missing.pdf"),
        ("no page", "its pages are 1 to 22"),
        ("wrong pages", "write a page number or a range"),
        ("no library", "there is no 'other'"),
        ("wrong kinds", "kinds.0: Input should be 'text', 'figure' or 'table'; count: Input"),
        ("no question", "question: Field required"),
    ],
)
def test_a_wrong_call_is_answered_by_one_line_that_says_how_to_mend_it(
    session: Session, call: str, words: str
) -> None:
    assert words in fault(session.results[call])


def test_crops_are_made_small_enough_for_clients() -> None:
    noise = Image.effect_noise((2400, 1600), 90).convert("RGB")
    buffer = io.BytesIO()
    noise.save(buffer, "PNG")

    made = scaled(buffer.getvalue(), 1024, 100_000)

    with Image.open(io.BytesIO(made)) as image:
        assert max(image.size) <= 1024
        assert image.width / image.height == pytest.approx(1.5, abs=0.01)
    assert len(made) <= 100_000
    assert scaled(made, 1024, 100_000) == made


def test_clients_of_before_2026_are_served_and_unknown_tools_are_refused(
    samples_library: Path, tmp_path: Path
) -> None:
    async def talk() -> None:
        async with on_stdio(samples_library, tmp_path / "log", mode="legacy") as client:
            found = await client.call_tool("list_documents", {})
            assert structured(found)["libraries"][0]["total"] == 5
            with pytest.raises(MCPError, match="there is no tool 'drop_documents'"):
                await client.call_tool("drop_documents", {})

    anyio.run(talk)


def test_standard_output_holds_nothing_but_the_protocol(samples_library: Path) -> None:
    process = subprocess.Popen(
        [COMMAND, "mcp", "--library", samples_library],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    opening = {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    }
    search = {"name": "search_documents", "arguments": {"query": "case drain"}}
    lines = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": opening},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": search},
    ]
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("".join(json.dumps(line) + "\n" for line in lines).encode())
    process.stdin.flush()

    answers = [json.loads(process.stdout.readline()) for _ in range(2)]
    rest, _ = process.communicate(timeout=60)

    assert [answer["id"] for answer in answers] == [1, 2]
    assert answers[1]["result"]["structuredContent"]["hits"]
    assert rest == b""
    assert process.returncode == 0


def test_a_library_that_is_not_there_is_said_at_once(tmp_path: Path) -> None:
    done = run_pagesight("mcp", "--library", tmp_path / "none", typed="")

    assert done.returncode == 2
    assert "there is no library" in done.stderr
    assert done.stdout == ""


def test_claims_that_are_not_verified_are_told_with_the_reason() -> None:
    claims = (
        Claim(text="It turns at 1500 rpm.", start=0, end=21, marks=(1,), support="verified"),
        Claim(
            text="It weighs 58 kg.",
            start=22,
            end=38,
            marks=(),
            support="unverified",
            reason="58 kg is in none of its sources",
        ),
    )
    answer = Answered(
        question="What is it?",
        text="It turns at 1500 rpm. [1] It weighs 58 kg.",
        grounded=True,
        refused="",
        answerer="a-model",
        support=SupportCount(verified=1, claims=2),
        claims=claims,
        citations=(),
        evidence=(),
        notes=("pump.pdf is superseded by pump-2.pdf",),
        unknown_marks=0,
        usage={},
        timings={},
    )

    words = "\n".join(block.text for block in content.answer(answer, []) if block.type == "text")

    assert '- "It weighs 58 kg.": 58 kg is in none of its sources' in words
    assert '"It turns at 1500 rpm."' not in words
    assert "1 of 2 claims verified" in words
    assert "Written by a-model." in words
    assert "Note: pump.pdf is superseded by pump-2.pdf" in words
