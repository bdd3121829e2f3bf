"""Agents for tests: the official client of the Model Context Protocol."""

from __future__ import annotations

import base64
import io
import json
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
from mcp import Client, StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult, ImageContent, TextContent
from PIL import Image

from tests.conftest import CACHE, COMMAND

SECONDS = 120.0
"""A busy machine loads the models slowly."""


@asynccontextmanager
async def on_stdio(library: Path, log: Path, mode: str = "auto") -> AsyncIterator[Client]:
    """A client of `pagesight mcp` in a process of its own, which writes its notes to the log."""
    server = StdioServerParameters(
        command=str(COMMAND),
        args=["mcp", "--library", str(library)],
        env={CACHE: os.environ[CACHE]},
    )
    with log.open("a") as notes:
        transport = stdio_client(server, errlog=notes)
        async with Client(transport, mode=mode, read_timeout_seconds=SECONDS) as client:
            yield client


@asynccontextmanager
async def on_http(url: str, key: str = "", mode: str = "auto") -> AsyncIterator[Client]:
    """A client of a server, with a key or without."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with httpx2.AsyncClient(headers=headers, timeout=SECONDS) as http:
        transport = streamable_http_client(url, http_client=http)
        async with Client(transport, mode=mode) as client:
            yield client


def texts(result: CallToolResult) -> list[str]:
    return [block.text for block in result.content if isinstance(block, TextContent)]


def pictures(result: CallToolResult) -> list[Image.Image]:
    """Decoded to their last pixel."""
    found: list[Image.Image] = []
    for block in result.content:
        if isinstance(block, ImageContent):
            assert block.mime_type == "image/png"
            image = Image.open(io.BytesIO(base64.b64decode(block.data, validate=True)))
            image.load()
            assert image.format == "PNG"
            found.append(image)
    return found


def structured(result: CallToolResult) -> Mapping[str, Any]:
    """What programs get of a call that has not failed."""
    assert not result.is_error, texts(result)
    assert isinstance(result.structured_content, dict)
    return result.structured_content


def fault(result: CallToolResult) -> str:
    """The one line that a failed call gives."""
    assert result.is_error
    (line,) = texts(result)
    assert line
    assert "\n" not in line
    return line


def everything(result: CallToolResult) -> str:
    """All that a caller can read of a result."""
    return "\n".join([*texts(result), json.dumps(result.structured_content)])
