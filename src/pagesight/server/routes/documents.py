"""The documents of a library: what there is, what is said about them, uploads, deletion."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Path, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from pagesight.document import Metadata
from pagesight.errors import MissingError
from pagesight.formats import KINDS
from pagesight.server.access import Readable, Who, Writable
from pagesight.server.jobs import JobView
from pagesight.server.problems import RESPONSES
from pagesight.server.shelves import Shelf
from pagesight.server.uploads import FILE_FIELD, receiving
from pagesight.views import DocumentDetail, DocumentRow

router = APIRouter(tags=["documents"], responses=RESPONSES)

DocumentId = Annotated[str, Path(description="Id of a document, all of it.", max_length=200)]

_Line = StringConstraints(strip_whitespace=True, max_length=500, pattern=r"^[^\x00-\x1f]*$")
_Word = StringConstraints(strip_whitespace=True, max_length=100, pattern=r"^[^\x00-\x1f]*$")
_MOST = 100
"""Tags, and documents that one supersedes."""


class DocumentChange(BaseModel):
    """What is said about a document; what is empty or left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, _Line] = Field(default="", description="In place of the one it shows.")
    revision: Annotated[str, _Word] = ""
    language: Annotated[str, _Word] = Field(default="", description='A code like "en".')
    tags: list[Annotated[str, _Word]] = Field(default=[], max_length=_MOST)
    supersedes: list[Annotated[str, _Line]] = Field(
        default=[],
        max_length=_MOST,
        description="Ids or file names of older documents that this one replaces.",
    )

    def applied(self, said: Metadata) -> Metadata:
        """The metadata with the change."""
        values: dict[str, Any] = {each.name: getattr(self, each.name) for each in fields(said)}
        new = {name: _value(value) for name, value in values.items()}
        return replace(said, **{name: value for name, value in new.items() if value})


class _UploadFields(DocumentChange):
    """The fields of an upload beside its file."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    password: str = ""
    replaces: bool = Field(default=True, alias="replace")


def _also(status: int, when: str) -> dict[int | str, dict[str, Any]]:
    return {status: {**RESPONSES[422], "description": when}}


_IN_HAND = _also(409, "A job is working on the document: see Retry-After.")
_UPLOAD_RESPONSES = {
    **_also(408, "The client sent nothing for a minute."),
    **_also(415, "The body is no multipart form, or its file no document."),
    **_also(507, "There is no room on the server."),
}
_TEXT = {"type": "string", "default": ""}
_UPLOAD_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": [FILE_FIELD],
                    "properties": {
                        FILE_FIELD: {
                            "type": "string",
                            "format": "binary",
                            "description": f"One file, with its name: {KINDS}.",
                        },
                        "title": {**_TEXT, "description": "In place of the one it shows."},
                        "revision": _TEXT,
                        "language": {**_TEXT, "description": 'A code like "en".'},
                        "tags": {**_TEXT, "description": "Separated by commas."},
                        "password": {**_TEXT, "description": "Opens an encrypted file."},
                        "replace": {
                            "type": "boolean",
                            "default": True,
                            "description": "Once it is stored, earlier uploads of the same file "
                            "name are removed.",
                        },
                    },
                }
            }
        },
    }
}


@router.get("/api/libraries/{library}/documents")
def list_documents(shelf: Readable, who: Who) -> list[DocumentRow]:
    """All documents, by source."""
    return shelf.service_for(who).documents()


@router.get("/api/libraries/{library}/documents/{id}")
def show_document(shelf: Readable, who: Who, id: DocumentId) -> DocumentDetail:
    """A document with its pages, and its figures and tables."""
    _check(shelf, id)
    return shelf.service_for(who).document(id)


@router.patch("/api/libraries/{library}/documents/{id}", responses=_IN_HAND)
def change_document(
    shelf: Writable, who: Who, id: DocumentId, change: DocumentChange
) -> DocumentDetail:
    """Changes what is said about a document. A new title is shown at once; a job then makes the
    document's chunks anew, so that it is found by it."""
    _check(shelf, id)
    shelf.jobs.describe(id, change.applied)
    return shelf.service_for(who).document(id)


@router.delete("/api/libraries/{library}/documents/{id}", status_code=204, responses=_IN_HAND)
def delete_document(shelf: Writable, id: DocumentId) -> None:
    """Removes a document, and its file if that was uploaded."""
    shelf.jobs.remove(id)


@router.post(
    "/api/libraries/{library}/documents",
    status_code=202,
    responses=_UPLOAD_RESPONSES,
    openapi_extra=_UPLOAD_BODY,
)
async def upload_document(shelf: Writable, request: Request) -> JobView:
    """Takes a document, and queues a job that brings it into the library."""
    # The body is read here, not by FastAPI: it goes to the library's disk as it comes, and a file
    # that is too large or no document is refused at once.
    most_mb = shelf.app.settings.serve.upload_mb
    async with receiving(request, shelf.jobs.uploads, most_mb) as arrived:
        said = _said(dict(arrived.fields))

        def add() -> JobView:
            return shelf.jobs.add(
                arrived,
                metadata=said.applied(Metadata()),
                passwords=(said.password,) if said.password else (),
                replaces=said.replaces,
            )

        return await run_sync(add)


def _said(form: dict[str, str]) -> _UploadFields:
    tags = [tag for tag in form.pop("tags", "").split(",") if tag.strip()]
    form = {name: text for name, text in form.items() if text}
    try:
        return _UploadFields.model_validate({**form, "tags": tags})
    except ValidationError as error:
        places = [{**wrong, "loc": ("body", *wrong["loc"])} for wrong in error.errors()]
        raise RequestValidationError(places) from None


def _check(shelf: Shelf, id: str) -> None:
    """Paths and names are not taken for ids: they would tell of files that are not the caller's."""
    if shelf.app.library.document(id) is None:
        raise MissingError(f"there is no document {id}")


def _value(value: Any) -> Any:
    """Lists without empty and repeated entries, as tuples."""
    if isinstance(value, list):
        return tuple(dict.fromkeys(each for each in value if each))
    return value
