"""The openai client against a local server that speaks the protocol, well or badly."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pagesight.adapters.openai import OpenAIChat
from pagesight.errors import ServiceError, SettingsError, UnfinishedReplyError
from pagesight.results import Detail
from tests.endpoint import Endpoint

REPLY = "The seal takes 45 Nm [1]."


def chat(retries: int = 0, *, seconds: float = 5, detail: Detail = "auto") -> OpenAIChat:
    return OpenAIChat(
        "vision-model", image_side=64, image_detail=detail, seconds=seconds, retries=retries
    )


def picture(path: Path, width: int, height: int) -> Path:
    Image.new("RGB", (width, height), "white").save(path)
    return path


def sizes(content: list[dict[str, Any]]) -> list[tuple[int, int]]:
    """Width and height of the pictures of a message, in pixels."""
    urls = [part["image_url"]["url"] for part in content if part["type"] == "image_url"]
    assert all(url.startswith("data:image/png;base64,") for url in urls)
    pictures = [base64.b64decode(url.partition(",")[2]) for url in urls]
    return [Image.open(io.BytesIO(each)).size for each in pictures]


def test_texts_and_pictures_travel_in_one_message_and_the_reply_streams(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    model = chat()
    image = picture(tmp_path / "crop.png", 100, 50)
    reply = model.stream("Be brief.", ["[1] the seal", image, "Question: torque?"])
    assert list(reply) == ["The seal takes ", "45 Nm [1]."]
    assert reply.usage == {"prompt_tokens": 11, "completion_tokens": 7}
    (request,) = endpoint.requests
    assert request["model"] == "vision-model"
    assert request["messages"][0] == {"role": "system", "content": "Be brief."}
    content = request["messages"][1]["content"]
    assert [part["type"] for part in content] == ["text", "image_url", "text"]
    assert sizes(content) == [(64, 32)]
    assert "detail" not in content[1]["image_url"]


def test_a_message_without_pictures_is_plain_text(endpoint: Endpoint) -> None:
    list(chat().stream("", ["[1] the seal", "Question: torque?"]))
    (request,) = endpoint.requests
    assert request["messages"][1]["content"] == "[1] the seal\n\nQuestion: torque?"


def test_what_was_fitted_before_is_what_is_sent(endpoint: Endpoint, tmp_path: Path) -> None:
    model = chat(detail="high")
    parts = model.fit(picture(tmp_path / "wide.png", 300, 60), 4)
    list(model.stream("", parts))
    content = endpoint.requests[0]["messages"][1]["content"]
    assert len(parts) > 1
    assert sizes(content) == [(part.width, part.height) for part in parts]
    assert {part["image_url"]["detail"] for part in content} == {"high"}


def test_a_huge_picture_is_sent_small(endpoint: Endpoint, tmp_path: Path) -> None:
    model = chat()
    list(model.stream("", model.fit(picture(tmp_path / "huge.png", 9000, 6000), 1)))
    assert sizes(endpoint.requests[0]["messages"][1]["content"]) == [(64, 43)]


def test_a_picture_that_is_gone_is_said_to_be_missing(endpoint: Endpoint, tmp_path: Path) -> None:
    model = chat()
    (part,) = model.fit(picture(tmp_path / "crop.png", 20, 20), 1)
    part.path.unlink()
    list(model.stream("", ["[1] the seal", part, tmp_path / "other.png"]))
    content = endpoint.requests[0]["messages"][1]["content"]
    assert "its file crop.png cannot be read" in content
    assert "its file other.png cannot be read" in content


@pytest.mark.parametrize(
    ("status", "message", "retryable"),
    [
        (401, "refused the key; check OPENAI_API_KEY", False),
        (404, "has no model 'vision-model'", False),
        (400, "400 .*no pictures, please", False),
        (409, "409", True),
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


@pytest.mark.parametrize(("status", "retry_after"), [(429, "0.05"), (500, ""), (408, "0.05")])
def test_a_passing_failure_is_waited_for(endpoint: Endpoint, status: int, retry_after: str) -> None:
    endpoint.failures = [status]
    endpoint.retry_after = retry_after
    assert "".join(chat(retries=1).stream("", ["hello"])) == REPLY
    assert len(endpoint.requests) == 2


@pytest.mark.parametrize(
    ("parameter", "message"),
    [
        ("temperature", "Unsupported value: 'temperature' does not support 0 with this model."),
        ("stream_options", "Extra inputs are not permitted: body.stream_options"),
    ],
)
def test_a_parameter_that_the_server_refuses_is_left_out_from_then_on(
    endpoint: Endpoint, parameter: str, message: str
) -> None:
    endpoint.refused = {parameter: message}
    model = chat()
    assert "".join(model.stream("", ["hello"])) == REPLY
    assert "".join(model.stream("", ["again"])) == REPLY
    assert [parameter in request for request in endpoint.requests] == [True, False, False]


def test_both_parameters_can_be_refused(endpoint: Endpoint) -> None:
    endpoint.refused = {"temperature": "no temperature", "stream_options": "no stream_options"}
    reply = chat().stream("", ["hello"])
    assert "".join(reply) == REPLY
    assert len(endpoint.requests) == 3
    assert reply.usage == {}


@pytest.mark.parametrize(
    "message",
    [
        "Invalid content type. image_url is only supported by certain models.",
        "this model does not support image input",
        "unknown variant `image_url`, expected `text`",
        "vision-model is not a multimodal model",
    ],
)
def test_a_model_that_takes_no_pictures_is_told_from_other_refusals(
    endpoint: Endpoint, tmp_path: Path, message: str
) -> None:
    endpoint.refused = {"image_url": message}
    image = picture(tmp_path / "crop.png", 20, 20)
    with pytest.raises(ServiceError, match=r"set ask\.images=0 to send text alone") as caught:
        list(chat().stream("", ["[1] the seal", image]))
    assert not caught.value.retryable
    assert "".join(chat().stream("", ["[1] the seal"])) == REPLY


def test_a_model_that_is_not_there_is_not_taken_for_one_without_vision(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    endpoint.status, endpoint.message = 404, "vision-model was not found"
    with pytest.raises(ServiceError, match="has no model 'vision-model'"):
        list(chat().stream("", [picture(tmp_path / "crop.png", 20, 20)]))


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("break_off", "the model fell over"),
        ("hang_up", "without saying that it is finished|connection was lost"),
        ("malformed", "what came is no JSON"),
    ],
)
def test_a_stream_that_breaks_off_is_an_error_that_keeps_what_came(
    endpoint: Endpoint, fault: str, reason: str
) -> None:
    setattr(endpoint, fault, True)
    pieces: list[str] = []
    with pytest.raises(UnfinishedReplyError, match=reason) as caught:
        pieces.extend(chat(retries=2).stream("", ["hello"]))
    assert caught.value.text == "".join(pieces) == "The seal takes "
    assert caught.value.retryable
    assert len(endpoint.requests) == 1, "a reply that has begun is not asked for again"


@pytest.mark.parametrize(
    ("finish", "reason"),
    [
        (None, "without saying that it is finished"),
        ("length", r"cut at the most tokens .* \(ask\.tokens, ask\.images\)"),
        ("content_filter", "withheld by the content filter"),
    ],
)
def test_a_reply_that_is_not_whole_is_an_error_that_keeps_what_came(
    endpoint: Endpoint, finish: str | None, reason: str
) -> None:
    endpoint.finish = finish
    with pytest.raises(UnfinishedReplyError, match=reason) as caught:
        list(chat().stream("", ["hello"]))
    assert caught.value.text == REPLY


@pytest.mark.parametrize(
    ("after", "message"), [(0, "no answer in time"), (1, "after 15 characters: nothing more came")]
)
def test_a_silent_endpoint_is_given_up(endpoint: Endpoint, after: int, message: str) -> None:
    endpoint.silent_after = after
    with pytest.raises(ServiceError, match=message + r".*\(ask\.seconds\)") as caught:
        list(chat(seconds=0.3).stream("", ["hello"]))
    assert caught.value.retryable


def test_two_replies_of_one_model_do_not_share_their_usage(endpoint: Endpoint) -> None:
    model = chat()
    first, second = (model.stream("", [text]) for text in ("hello", "again"))
    assert next(first.pieces)
    endpoint.usage = {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8}
    assert "".join(second) == REPLY
    assert second.usage == {"prompt_tokens": 5, "completion_tokens": 3}
    assert first.usage == {}


def test_a_server_that_reports_no_usage_is_fine(endpoint: Endpoint) -> None:
    endpoint.usage = None
    reply = chat().stream("", ["hello"])
    assert "".join(reply) == REPLY
    assert reply.usage == {}


def test_a_deployment_in_azure_is_asked_at_its_own_address(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL")
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", endpoint.address)
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "azure-key")
    monkeypatch.setenv("OPENAI_API_VERSION", "2024-10-21")
    assert "".join(chat().stream("", ["hello"])) == REPLY
    path = "/openai/deployments/vision-model/chat/completions?api-version=2024-10-21"
    assert endpoint.paths == [path]
    assert endpoint.headers[0]["api-key"] == "azure-key"


@pytest.mark.parametrize("missing", ["AZURE_OPENAI_API_KEY", "OPENAI_API_VERSION"])
def test_what_is_missing_for_azure_is_named(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "azure-key")
    monkeypatch.setenv("OPENAI_API_VERSION", "2024-10-21")
    monkeypatch.delenv(missing)
    with pytest.raises((SettingsError, ServiceError), match=missing):
        list(chat().stream("", ["hello"]))


def test_an_endpoint_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "local")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    with pytest.raises(ServiceError, match="cannot be reached; check OPENAI_BASE_URL"):
        list(chat().stream("", ["hello"]))


def test_a_server_of_ones_own_needs_no_key(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    assert "".join(chat().stream("", ["hello"])) == REPLY


def test_without_an_endpoint_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "AZURE_OPENAI_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ServiceError, match="set OPENAI_API_KEY"):
        chat()
