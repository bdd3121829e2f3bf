"""What is asked in requests: questions with their limits, and pictures that are looked at closely
before anything else sees them."""

from __future__ import annotations

import base64
import binascii
import io
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from pagesight import views
from pagesight.results import Turn
from pagesight.server.problems import Problem
from pagesight.service import Question

if TYPE_CHECKING:
    from PIL import Image

LONGEST_QUESTION = 4_000
"""Characters."""
LONGEST_ANSWER = 40_000
"""Characters of an earlier answer."""
MOST_TURNS = 50
MOST_MARKS = 1_000
"""Of one earlier answer."""
MOST_DOCUMENTS = 1_000
MOST_HITS = 100
LONGEST_PAGES = 15
"""Characters of a range of pages: numbers of more digits fit into no database."""
MOST_PIXELS = 40_000_000
"""A picture is unpacked whole: these take 160 MB."""
LONGEST_SIDE = 4096
"""Pixels that are kept of a picture: a page of A4 at 300 dpi has 3508, and is read well."""

_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
_DATA_URL = re.compile(r"data:[\w.+/-]*(?:;[\w.+=-]+)*;base64,", re.IGNORECASE)

QuestionText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_QUESTION)]
_Mark = Annotated[int, Field(ge=1, le=1_000_000)]
_Name = Annotated[str, StringConstraints(min_length=1, max_length=4096)]


class Narrowing(BaseModel):
    """What may be found; an empty field restricts nothing."""

    model_config = ConfigDict(extra="forbid")

    documents: list[_Name] = Field(
        default=[], max_length=MOST_DOCUMENTS, description="Ids, or file names."
    )
    kinds: list[Annotated[str, StringConstraints(max_length=20)]] = Field(
        default=[], max_length=3, description="Of text, figure and table."
    )
    pages: str = Field(
        default="",
        max_length=LONGEST_PAGES,
        description='A page number or a range: "12", "3-10".',
    )
    where: list[Annotated[str, StringConstraints(max_length=400)]] = Field(
        default=[],
        max_length=20,
        description='Conditions on metadata: "tag=pump", "language=en", "revision=C".',
    )

    @property
    def view(self) -> views.Narrowing:
        return views.Narrowing(
            documents=tuple(self.documents),
            kinds=tuple(self.kinds),
            pages=self.pages,
            where=tuple(self.where),
        )


class Asked(BaseModel):
    """A question by words, by a picture or by both."""

    model_config = ConfigDict(extra="forbid")

    text: QuestionText = Field(default="", description='"" where the picture asks alone.')
    image: str | None = Field(
        default=None,
        description="A PNG, JPEG, WebP or GIF file in base64, or as a data: URL.",
    )
    narrowing: Narrowing = Field(default_factory=Narrowing)

    @model_validator(mode="after")
    def _asks(self) -> Asked:
        if not (self.text or self.image):
            raise ValueError("the question is empty: send text, image or both")
        return self


class SearchRequest(Asked):
    count: int | None = Field(
        default=None, ge=1, le=MOST_HITS, description="Hits at most; default: the setting."
    )
    explain: bool = Field(
        default=False, description="Say for each hit why it stands where it does: `explanation`."
    )


class EarlierTurn(BaseModel):
    """An earlier question of the conversation, and its answer."""

    model_config = ConfigDict(extra="forbid")

    question: Annotated[str, StringConstraints(max_length=LONGEST_QUESTION)]
    answer: Annotated[str, StringConstraints(max_length=LONGEST_ANSWER)] = ""
    marks: dict[Annotated[str, StringConstraints(max_length=200)], _Mark] = Field(
        default={},
        max_length=MOST_MARKS,
        description="Chunk id -> mark, for each of the `parts` of each piece of the answer's "
        "`evidence`: what is shown again keeps its mark.",
    )

    @property
    def turn(self) -> Turn:
        return Turn(question=self.question, answer=self.answer, marks=self.marks)


class AskRequest(Asked):
    history: list[EarlierTurn] = Field(
        default=[], max_length=MOST_TURNS, description="Earlier turns, oldest first."
    )
    stream: bool = Field(
        default=False, description="Server-sent events instead of one answer at the end."
    )


@contextmanager
def question(asked: Asked, most_mb: int) -> Iterator[Question]:
    """What is asked, with its picture in a file for as long as the block runs.

    Raises:
        Problem: the picture is too large, or is none.
    """
    narrowing = asked.narrowing.view
    if not asked.image:
        yield Question(text=asked.text, narrowing=narrowing)
        return
    # Another file than the one that came: what is appended to a picture or hidden in it is gone.
    pixels = _pixels(_bytes(asked.image, most_mb))
    with tempfile.TemporaryDirectory(prefix="pagesight-") as folder:
        path = Path(folder) / "picture.png"
        pixels.save(path, compress_level=1)
        yield Question(text=asked.text, image=path, narrowing=narrowing)


def _bytes(image: str, most_mb: int) -> bytes:
    head = _DATA_URL.match(image)
    written = image[head.end() :] if head else image
    if len(written) * 3 // 4 > most_mb * 2**20:
        raise _refused(413, f"is larger than {most_mb} MB: send a smaller picture")
    try:
        return base64.b64decode("".join(written.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise _refused(422, "is neither base64 nor a data: URL in base64") from error


def _pixels(data: bytes) -> Image.Image:
    """The picture upright, without transparency, and no larger than it can be used."""
    from PIL import Image, ImageOps

    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
            width, height = opened.size
            if width * height > MOST_PIXELS:
                raise _refused(
                    413, f"has {width} x {height} pixels: send one of at most {MOST_PIXELS:,}"
                )
            opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            upright = ImageOps.exif_transpose(opened)
            plain = _on_white(upright) if upright.has_transparency_data else upright.convert("RGB")
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        # Pillow raises any of these for files that are broken in one way or another.
        raise _refused(422, "is no PNG, JPEG, WebP or GIF picture that can be read") from error
    plain.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return plain


def _on_white(image: Image.Image) -> Image.Image:
    """As it looks on paper; OCR would read it on black."""
    from PIL import Image

    layer = image.convert("RGBA")
    paper = Image.new("RGB", layer.size, "white")
    paper.paste(layer, mask=layer)
    return paper


def _refused(status: int, why: str) -> Problem:
    error = {"loc": "body.image", "msg": why, "type": "image"}
    return Problem(status, "invalid picture", f"the picture {why}", errors=[error])
