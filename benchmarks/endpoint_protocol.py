"""Asks a server that is not ours, with pictures: `transformers serve` with a tiny random model.

    python -m venv SERVER
    SERVER/bin/pip install "transformers[serving]" accelerate torchvision pillow
    python benchmarks/endpoint_protocol.py SERVER/bin/python

The model is a LLaVA of random weights (some hundred kilobytes, made here), so that nothing is
downloaded; what it says means nothing. What counts is that the server takes the request: the system
message, texts and tiles of a picture, the refused parameter left out, and the reply streamed to
its end.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

from pagesight.adapters.openai import OpenAIChat
from pagesight.errors import ServiceError
from pagesight.results import ImagePart

STARTS_WITHIN = 120.0
"""Seconds: a server imports torch first."""
TEMPLATE = (
    "{% for message in messages %}{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %}"
    "{% endfor %}{% endfor %}"
)


def make_model(folder: Path) -> None:
    """A LLaVA that reads bytes and 28 x 28 pixels, and ends its replies soon."""
    import torch
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import (
        CLIPImageProcessor,
        CLIPVisionConfig,
        LlamaConfig,
        LlavaConfig,
        LlavaForConditionalGeneration,
        LlavaProcessor,
        PreTrainedTokenizerFast,
    )

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {
        token: number for number, token in enumerate(["<s>", "</s>", "<image>", *alphabet])
    }
    letters = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    letters.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    letters.decoder = decoders.ByteLevel()
    letters.add_special_tokens([AddedToken("<image>", special=True)])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=letters, bos_token="<s>", eos_token="</s>", pad_token="</s>"
    )
    small: dict[str, Any] = {"hidden_size": 32, "intermediate_size": 64, "num_attention_heads": 2}
    config = LlavaConfig(
        vision_config=CLIPVisionConfig(num_hidden_layers=2, image_size=28, patch_size=14, **small),
        text_config=LlamaConfig(
            vocab_size=len(vocabulary), num_hidden_layers=1, max_position_embeddings=8192, **small
        ),
        image_token_index=vocabulary["<image>"],
    )
    torch.manual_seed(0)
    model = LlavaForConditionalGeneration(config)
    model.generation_config.eos_token_id = list(range(0, len(vocabulary), 3))
    model.save_pretrained(folder)
    LlavaProcessor(
        image_processor=CLIPImageProcessor(
            size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28}
        ),
        tokenizer=tokenizer,
        patch_size=14,
        vision_feature_select_strategy="default",
        image_token="<image>",
        num_additional_image_tokens=1,
        chat_template=TEMPLATE,
    ).save_pretrained(folder)


@contextmanager
def serving(python: Path, model: Path, port: int) -> Iterator[str]:
    """The address of a server, until the end of the block."""
    command = [python, "-m", "transformers.cli.transformers", "serve", model]
    options = ["--port", port, "--device", "cpu"]
    offline = os.environ | {"HF_HUB_OFFLINE": "1"}
    process = subprocess.Popen([*map(str, (*command, *options))], env=offline)
    address = f"http://localhost:{port}"
    try:
        deadline = time.monotonic() + STARTS_WITHIN
        while not _answers(f"{address}/health"):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("the server did not start")
            time.sleep(1)
        yield f"{address}/v1"
    finally:
        process.terminate()
        process.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except (urllib.error.URLError, OSError):
        return False


def ask(model: str, picture: Path) -> None:
    """Sends a message with tiles of a picture, and one of text alone, and prints what comes."""
    chat = OpenAIChat(model, image_side=256, image_detail="high", seconds=120, retries=0)
    tiles = chat.fit(picture, 4)
    sent: dict[str, list[str | ImagePart]] = {
        "text": ["[1] a drawing", "Why?"],
        "tiles": ["[1] a drawing", *tiles, "Why?"],
    }
    for name, parts in sent.items():
        try:
            reply = chat.stream("Be brief.", parts)
            text = "".join(reply)
        except ServiceError as error:
            raise SystemExit(f"{name}: refused: {error}") from error
        print(f"{name}: {len(parts)} parts, {len(text)} characters, {dict(reply.usage)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("python", type=Path, help="of an environment with transformers[serving]")
    parser.add_argument("--port", type=int, default=8765)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model, picture = Path(folder) / "model", Path(folder) / "wide.png"
        make_model(model)
        Image.effect_noise((1500, 200), 64).save(picture)
        with serving(options.python, model, options.port) as url:
            os.environ |= {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "none"}
            ask(str(model), picture)


if __name__ == "__main__":
    main()
