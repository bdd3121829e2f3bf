"""The OpenAI protocol, by OpenAI's own client over a real port."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from PIL import Image, ImageDraw

from pagesight.server.keys import KeyStore
from tests import endpoint
from tests.endpoint import Endpoint
from tests.server import serving
from tests.server.listening import listening
from tests.server.serving import copies, served

MODEL = "pagesight/docs"
TORQUES = "Which torque do the rear cover screws of the pump take?"
MANUAL = "hydra-p4-service-manual.pdf"


def asked(question: str = TORQUES) -> list[Any]:
    return [{"role": "user", "content": question}]


@pytest.fixture(scope="module")
def roots(samples_library: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return dict(copies(samples_library, tmp_path_factory.mktemp("openai"), "docs", "plans"))


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Caller -> key, in a store that `url` serves with."""
    store = KeyStore(tmp_path_factory.mktemp("keys") / "keys.json")
    return {
        "all": store.add("all", "read", None),
        "docs": store.add("docs", "read", ["docs"]),
        "path": str(store.path),
    }


@pytest.fixture(scope="module")
def url(roots: dict[str, Path], keys: dict[str, str]) -> Iterator[str]:
    with served(roots, keys=KeyStore(Path(keys["path"]))) as opened, listening(opened.app) as at:
        yield f"{at}/v1"


@pytest.fixture(scope="module")
def client(url: str, keys: dict[str, str]) -> Iterator[OpenAI]:
    """Of a caller who sees both libraries."""
    with OpenAI(base_url=url, api_key=keys["all"], max_retries=0) as made:
        yield made


@pytest.fixture(scope="module")
def docs_client(url: str, keys: dict[str, str]) -> Iterator[OpenAI]:
    """Of a caller who sees one library."""
    with OpenAI(base_url=url, api_key=keys["docs"], max_retries=0) as made:
        yield made


def refused(client: OpenAI, **request: Any) -> openai.APIStatusError:
    """What the client raises; the request is one that goes well but for what is given."""
    whole: dict[str, Any] = {"model": MODEL, "messages": asked()} | request
    with pytest.raises(openai.APIStatusError) as error:
        client.chat.completions.create(**whole)
    assert isinstance(error.value.body, dict)
    assert set(error.value.body) == {"message", "type", "param", "code"}
    return error.value


def test_each_library_that_the_caller_sees_is_a_model(client: OpenAI, docs_client: OpenAI) -> None:
    ids = [model.id for model in client.models.list()]
    assert [id for id in ids if "+" not in id] == ["pagesight/docs", "pagesight/plans"]
    theirs = [model.id for model in docs_client.models.list()]
    assert [id for id in theirs if "+" not in id] == ["pagesight", "pagesight/docs"]
    assert {id.removesuffix("+sources") for id in ids if "+" in id} == set(ids) & {
        "pagesight/docs",
        "pagesight/plans",
    }


def test_an_answer_comes_with_its_citations_beside_the_fields_of_the_protocol(
    client: OpenAI,
) -> None:
    completion = client.chat.completions.create(model=MODEL, messages=asked())
    assert (completion.object, completion.model) == ("chat.completion", MODEL)
    (choice,) = completion.choices
    assert (choice.finish_reason, choice.message.role) == ("stop", "assistant")
    assert "125 Nm" in (choice.message.content or "")
    assert "Sources:" not in (choice.message.content or "")
    assert completion.usage is not None
    assert completion.usage.total_tokens == 0
    beside: Any = choice.message.model_extra
    citation = beside["citations"][0]
    assert set(citation) == {
        *("mark", "claim", "verified", "document", "document_id", "title", "kind", "label"),
        *("page_number", "page_label", "boxes", "quote", "crop"),
    }
    assert citation["document"] == MANUAL
    assert (citation["label"], citation["page_number"]) == ("Table 5-2", 16)
    assert "125 Nm" in citation["quote"]
    assert citation["crop"].startswith("/api/libraries/docs/crops/")
    assert f"[{citation['mark']}]" in beside["pagesight"]["text"]
    for box in citation["boxes"]:
        left, top, right, bottom = box["fractions"]
        assert 0 <= left < right <= 1
        assert 0 <= top < bottom <= 1
    checked = beside["pagesight"]
    assert checked["text"] == choice.message.content
    assert checked["support"]["verified"] == checked["support"]["claims"] == len(checked["claims"])
    assert (checked["refused"], checked["grounded"], checked["library"]) == ("", True, "docs")


def test_a_streamed_answer_has_them_on_the_chunk_that_finishes(client: OpenAI) -> None:
    stream = client.chat.completions.create(
        model=MODEL, messages=asked(), stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    assert len({chunk.id for chunk in chunks}) == 1
    assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}
    assert chunks[0].choices[0].delta.role == "assistant"
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    *between, last, usage = chunks
    assert (usage.choices, usage.usage and usage.usage.total_tokens) == ([], 0)
    assert [chunk.choices[0].finish_reason for chunk in between] == [None] * len(between)
    assert last.choices[0].finish_reason == "stop"
    beside: Any = last.model_extra
    assert beside["pagesight"]["text"] == text
    whole: Any = client.chat.completions.create(model=MODEL, messages=asked()).choices[0].message
    assert beside["citations"] == whole.model_extra["citations"]
    assert beside["pagesight"] == whole.model_extra["pagesight"]


def test_the_asynchronous_client_is_answered_the_same(url: str, keys: dict[str, str]) -> None:
    async def test() -> tuple[str, str]:
        async with AsyncOpenAI(base_url=url, api_key=keys["all"], max_retries=0) as client:
            whole, stream = await asyncio.gather(
                client.chat.completions.create(model=MODEL, messages=asked()),
                client.chat.completions.create(model=MODEL, messages=asked(), stream=True),
            )
            pieces = [chunk.choices[0].delta.content or "" async for chunk in stream]
            return whole.choices[0].message.content or "", "".join(pieces)

    content, text = asyncio.run(test())
    assert content == text
    assert "125 Nm" in text


@pytest.mark.parametrize(
    ("model", "body"), [(f"{MODEL}+sources", {}), (MODEL, {"sources": True})], ids=["model", "body"]
)
def test_sources_end_the_text_for_clients_that_show_text_only(
    client: OpenAI, model: str, body: dict[str, object]
) -> None:
    completion = client.chat.completions.create(model=model, messages=asked(), extra_body=body)
    message: Any = completion.choices[0].message
    text, _, sources = message.content.partition("\n\nSources:\n")
    assert text == message.model_extra["pagesight"]["text"]
    mark = message.model_extra["citations"][0]["mark"]
    assert f"- [{mark}] {MANUAL}, page 5-3, Table 5-2" in sources.splitlines()
    assert "Not verified" not in sources
    stream = client.chat.completions.create(
        model=model, messages=asked(), extra_body=body, stream=True
    )
    assert "".join(chunk.choices[0].delta.content or "" for chunk in stream) == message.content


def test_the_earlier_messages_are_the_history_and_system_messages_are_not(client: OpenAI) -> None:
    messages: list[Any] = [
        {"role": "system", "content": "You are a pirate. Never cite anything."},
        {"role": "user", "content": "What is the torque of the pilot valve YV1?"},
        {"role": "assistant", "content": "The pilot valve YV1 takes 7.5 Nm. [3]"},
        {
            "role": "user",
            "content": [{"type": "text", "text": "And of the relief valve cartridge?"}],
        },
    ]
    message: Any = client.chat.completions.create(model=MODEL, messages=messages).choices[0].message
    assert "torque" in message.model_extra["pagesight"]["question"]
    assert "pirate" not in message.model_extra["pagesight"]["question"]
    assert "90 Nm" in message.content
    assert message.model_extra["citations"]


def picture(*lines: str) -> str:
    """A data: URL of a picture of words."""
    image = Image.new("RGB", (900, 60 + 50 * len(lines)), "white")
    pen = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        pen.text((30, 30 + 50 * number), line, fill="black", font_size=32)
    file = io.BytesIO()
    image.save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def test_an_image_part_asks(client: OpenAI) -> None:
    part = {
        "type": "image_url",
        "image_url": {"url": picture("Torque of the relief valve cartridge")},
    }
    message: Any = (
        client.chat.completions.create(
            model=MODEL,
            messages=[{"role": "user", "content": [part]}],  # type: ignore[list-item,misc]
        )
        .choices[0]
        .message
    )
    assert "cartridge" in message.model_extra["pagesight"]["question"]
    assert "90 Nm" in message.content


def test_a_question_can_be_narrowed(client: OpenAI) -> None:
    body = {"narrowing": {"documents": ["lx7302-datasheet.pdf"]}}
    message: Any = (
        client.chat.completions.create(
            model=MODEL, messages=asked("What is the maximum input voltage?"), extra_body=body
        )
        .choices[0]
        .message
    )
    documents = {citation["document"] for citation in message.model_extra["citations"]}
    assert documents == {"lx7302-datasheet.pdf"}


def test_a_refusal_is_an_answer_that_says_why(client: OpenAI) -> None:
    question = asked("Who won the chess tournament in Reykjavik in 1972?")
    message: Any = client.chat.completions.create(model=MODEL, messages=question).choices[0].message
    stream = client.chat.completions.create(model=MODEL, messages=question, stream=True)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in stream)
    assert message.content == text
    assert text.startswith("No answer was found in 5 documents")
    assert message.model_extra["pagesight"]["refused"]
    assert message.model_extra["citations"] == []


def test_what_changes_nothing_is_accepted(client: OpenAI) -> None:
    completion = client.chat.completions.create(
        model=MODEL,
        messages=asked(),
        temperature=0.7,
        top_p=0.9,
        max_tokens=50,
        seed=7,
        n=1,
        stop=["Nm"],
        tools=[],
        response_format={"type": "text"},
        user="someone",
    )
    assert "125 Nm" in (completion.choices[0].message.content or "")


IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}


@pytest.mark.parametrize(
    ("request_", "status", "param", "says"),
    [
        ({"n": 2}, 400, "n", "one answer"),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, 400, "tools", "no tools"),
        ({"response_format": {"type": "json_object"}}, 400, "response_format", "are text"),
        ({"model": "gpt-5"}, 404, "model", "pagesight/docs, pagesight/plans"),
        ({"model": "pagesight"}, 404, "model", "pagesight/docs, pagesight/plans"),
        ({"messages": []}, 422, "messages", "at least 1 item"),
        ({"messages": [{"role": "system", "content": "hi"}]}, 400, "messages", "no question"),
        ({"messages": asked("  ")}, 400, "messages", "is empty"),
        ({"messages": asked("x" * 4_001)}, 400, "messages", "too long"),
        (
            {"messages": [{"role": "user", "content": [IMAGE, IMAGE]}]},
            400,
            "messages",
            "one picture",
        ),
        (
            {
                "messages": [
                    {
                        "role": "user",
                        "content": [
                            {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
                        ],
                    }
                ]
            },
            400,
            "messages",
            "not fetched from elsewhere",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "input_audio"}]}]},
            400,
            "messages",
            "'input_audio' is not supported",
        ),
        ({"messages": [{"role": "user", "content": [IMAGE]}]}, 422, "image", "can be read"),
        ({"extra_body": {"narrowing": {"documents": ["nowhere.pdf"]}}}, 404, None, "nowhere.pdf"),
    ],
    ids=[
        *("n", "tools", "format", "model", "only", "none", "system", "empty", "long", "pictures"),
        *("elsewhere", "audio", "torn", "narrowing"),
    ],
)
def test_what_cannot_be_is_refused_in_the_shape_of_the_protocol(
    client: OpenAI, request_: dict[str, Any], status: int, param: str | None, says: str
) -> None:
    for stream in (False, True):
        error = refused(client, stream=stream, **request_)
        assert (error.status_code, error.param) == (status, param)
        assert error.type == "invalid_request_error"
        assert says in error.message


def test_the_models_of_others_are_not_there(docs_client: OpenAI) -> None:
    error = refused(docs_client, model="pagesight/plans")
    assert isinstance(error, openai.NotFoundError)
    assert error.code == "model_not_found"
    assert "there are pagesight, pagesight/docs" in error.message


def test_a_wrong_key_is_an_authentication_error(url: str) -> None:
    with OpenAI(base_url=url, api_key="ps_wrong", max_retries=0) as client:
        assert isinstance(refused(client), openai.AuthenticationError)


@pytest.fixture(scope="module")
def llm() -> Iterator[Endpoint]:
    with endpoint.serving() as server:
        yield server


@pytest.fixture(scope="module")
def modelled(
    llm: Endpoint, samples_library: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OpenAI]:
    """A client of a server whose answers a model writes, as `llm` is told."""
    with (
        serving.modelled(samples_library, tmp_path_factory.mktemp("modelled"), llm) as opened,
        listening(opened.app) as url,
        OpenAI(base_url=f"{url}/v1", api_key="any", max_retries=0) as client,
    ):
        yield client


def test_tokens_are_those_of_the_model_and_the_last_chunk_has_the_checked_text(
    modelled: OpenAI, llm: Endpoint
) -> None:
    llm.pieces = ["They take ", "125 Nm [1]. ", "See also [77]."]
    chunks = list(
        modelled.chat.completions.create(
            model="pagesight", messages=asked(), stream=True, stream_options={"include_usage": True}
        )
    )
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == "They take 125 Nm [1]. See also [77]."
    beside: Any = chunks[-2].model_extra
    assert beside["pagesight"]["text"] == "They take 125 Nm [1]. See also."
    usage = chunks[-1].usage
    assert usage is not None
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (11, 7, 18)


def test_the_sources_say_how_much_of_the_text_they_do_not_bear_out(
    modelled: OpenAI, llm: Endpoint
) -> None:
    marks = "".join(f"[{mark}]" for mark in range(1, 20))  # one of them is Table 5-2
    llm.pieces = [f"The rear cover takes 125 Nm {marks}.", f" YV1 takes 999 Nm {marks}."]
    completion = modelled.chat.completions.create(model="pagesight+sources", messages=asked())
    assert (completion.choices[0].message.content or "").endswith("Not verified: 1 of 2 claims")


def test_an_answer_that_breaks_off_is_an_error_of_the_client(
    modelled: OpenAI, llm: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(llm, "break_off", True)
    stream = modelled.chat.completions.create(model="pagesight", messages=asked(), stream=True)
    with pytest.raises(openai.APIError, match="broke off"):
        list(stream)
    error = refused(modelled, model="pagesight")
    assert error.status_code == 503
    assert error.type == "server_error"
