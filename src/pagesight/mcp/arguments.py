"""What tools are called with, as models write it."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from pagesight.errors import SettingsError
from pagesight.views import Narrowing

MOST_HITS = 20
_LONGEST = 4000
"""Characters of a question."""


def _several(value: object) -> object:
    """A list where a model writes one value, or the JSON of a list: some do."""
    if not isinstance(value, str):
        return value
    try:
        parsed = json.loads(value)
    except ValueError:
        return [value]
    return parsed if isinstance(parsed, list) else [value]


Documents = Annotated[
    list[str],
    BeforeValidator(_several),
    Field(description="Only these documents: names or ids, from list_documents or from hits."),
]
Kinds = Annotated[
    list[Literal["text", "figure", "table"]],
    BeforeValidator(_several),
    Field(description="Only what is of these kinds: text, figure, table."),
]
Pages = Annotated[
    str,
    Field(
        pattern=r"^(\d+(-\d+)?)?$",
        description='Only these pages, by number in the file: "12" or "3-10".',
    ),
]


class Arguments(BaseModel):
    """What every tool takes."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)

    library: Annotated[str, Field(description="The library that is meant.")] = ""


class _Narrowed(Arguments):
    documents: Documents = []
    kinds: Kinds = []
    pages: Pages = ""

    @property
    def narrowing(self) -> Narrowing:
        return Narrowing(documents=tuple(self.documents), kinds=tuple(self.kinds), pages=self.pages)


class SearchArguments(_Narrowed):
    query: Annotated[
        str,
        Field(
            min_length=1,
            max_length=_LONGEST,
            description="What to look for: a question, key words, a part number, or a name like "
            '"Figure 3-2".',
        ),
    ]
    count: Annotated[int, Field(ge=1, le=MOST_HITS, description="Hits.")] = 8
    explain: Annotated[
        bool, Field(description="Whether to be told why each hit was found, and by which words.")
    ] = False


class AskArguments(_Narrowed):
    question: Annotated[
        str,
        Field(
            min_length=1,
            max_length=_LONGEST,
            description="One question that is understood on its own: earlier ones are not "
            "remembered.",
        ),
    ]


class PageArguments(Arguments):
    document: Annotated[str, Field(min_length=1, description="Its name or id.")]
    page: Annotated[
        int,
        Field(
            ge=1,
            description='Number in the file, from 1: not the label that is printed on it ("3-7").',
        ),
    ]
    picture: Annotated[
        bool, Field(description="Whether to see it, too; the words alone are cheaper.")
    ] = True


class ListArguments(Arguments):
    matching: Annotated[
        str, Field(description="Only documents with this in their name, title, revision or tags.")
    ] = ""


def schema(shape: type[Arguments], libraries: Collection[str]) -> dict[str, Any]:
    """JSON Schema of the arguments for a caller who sees these libraries: where there are
    several, the call names one; where there is one, nothing has to be named."""
    made = shape.model_json_schema()
    properties: dict[str, Any] = made["properties"]
    for described in (made, *properties.values()):
        described.pop("title", None)
    made.pop("description", None)
    library = properties.pop("library")
    if len(libraries) > 1:
        library.pop("default")
        properties["library"] = library | {"enum": sorted(libraries)}
        if shape is not ListArguments:
            made["required"] = [*made.get("required", ()), "library"]
    return made


def checked(shape: type[Arguments], said: dict[str, Any]) -> Arguments:
    """The arguments that were sent.

    Raises:
        SettingsError: they do not fit; one line for a model to mend its call by.
    """
    try:
        return shape.model_validate(said)
    except ValidationError as error:
        faults = (
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
            for fault in error.errors(include_url=False, include_context=False)
        )
        raise SettingsError("; ".join(faults)) from error
