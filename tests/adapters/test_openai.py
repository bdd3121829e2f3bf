"""The openai client against a local server that speaks the protocol."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from pagesight.adapters.openai import OpenAIChat, data_url
from pagesight.errors import ServiceError
from tests.endpoint import Endpoint, serving


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    with serving() as server:
        monkeypatch.setenv("OPENAI_API_KEY", "local")
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        yield server


def chat(retries: int = 0) -> OpenAIChat:
    return OpenAIChat("vision-model", image_side=64, seconds=5, retries=retries)


def picture(path: Path, width: int, height: int) -> Path:
    Image.new("RGB", (width, height), "white").save(path)
    return path


def test_texts_and_pictures_travel_in_one_message_and_the_reply_streams(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    model = chat()
    image = picture(tmp_path / "crop.png", 200, 100)
    pieces = list(model.stream("Be brief.", ["[1] the seal", image, "Question: torque?"]))
    assert pieces == ["The seal takes ", "45 Nm [1]."]
    assert model.usage() == {"prompt_tokens": 11, "completion_tokens": 7}
    (request,) = endpoint.requests
    assert request["model"] == "vision-model"
    assert request["messages"][0] == {"role": "system", "content": "Be brief."}
    content = request["messages"][1]["content"]
    assert [part["type"] for part in content] == ["text", "image_url", "text"]
    assert content[1]["image_url"]["url"].startswith("data:image/png;base64,")


def test_a_crop_is_shrunk_to_the_budget_and_a_small_one_left_alone(tmp_path: Path) -> None:
    def size(url: str) -> tuple[int, int]:
        with Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))) as image:
            return image.size

    assert size(data_url(picture(tmp_path / "large.png", 200, 100), 64)) == (64, 32)
    assert size(data_url(picture(tmp_path / "small.png", 20, 10), 64)) == (20, 10)


@pytest.mark.parametrize(
    ("status", "message", "retryable"),
    [
        (401, "refused the key; check OPENAI_API_KEY", False),
        (404, "has no model 'vision-model'", False),
        (400, "400 .*no pictures, please", False),
        (429, "429", True),
        (503, "503", True),
    ],
)
def test_a_refusal_says_what_to_do_and_whether_to_try_again(
    endpoint: Endpoint, status: int, message: str, retryable: bool
) -> None:
    endpoint.status = status
    with pytest.raises(ServiceError, match=message) as caught:
        list(chat().stream("", ["hello"]))
    assert caught.value.retryable is retryable


def test_only_retryable_errors_are_tried_again(endpoint: Endpoint) -> None:
    endpoint.status = 401
    with pytest.raises(ServiceError):
        list(chat(retries=1).stream("", ["hello"]))
    assert len(endpoint.requests) == 1
    endpoint.status = 503
    with pytest.raises(ServiceError):
        list(chat(retries=1).stream("", ["hello"]))
    assert len(endpoint.requests) == 3


def test_a_stream_that_breaks_off_is_an_error(endpoint: Endpoint) -> None:
    endpoint.break_off = True
    with pytest.raises(ServiceError, match="fell over"):
        list(chat().stream("", ["hello"]))


def test_an_endpoint_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "local")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    with pytest.raises(ServiceError, match="cannot be reached; check OPENAI_BASE_URL"):
        list(chat().stream("", ["hello"]))


def test_without_a_key_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ServiceError, match="set OPENAI_API_KEY"):
        chat()
