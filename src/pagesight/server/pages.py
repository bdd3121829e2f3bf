"""The web page: files that the process serves itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.responses import FileResponse, Response
from fastapi.staticfiles import StaticFiles

WEB = Path(__file__).parent / "web"
_ASK_FIRST = {"Cache-Control": "no-cache"}
"""A browser keeps the files and asks whether they are still the same: an update shows at once."""


def mount(app: FastAPI) -> None:
    """Adds / and /static."""

    @app.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
    def page() -> FileResponse:
        return FileResponse(WEB / "index.html", headers=_ASK_FIRST)

    app.mount("/static", _Files(directory=WEB / "static"), name="static")


class _Files(StaticFiles):
    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers.update(_ASK_FIRST)
        return response
