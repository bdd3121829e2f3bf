"""Words that were read in a picture."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pagesight.ports import OpticalReader, OpticalWord


@dataclass(frozen=True, slots=True)
class ReadWord:
    """A word in pixels of the picture; `line` is (block, paragraph, line), `confidence` 0 to 1.

    Implements `pagesight.ports.OpticalWord`.
    """

    text: str
    left: int
    top: int
    width: int
    height: int
    line: tuple[int, int, int]
    confidence: float

    def at(self, left: int, top: int, width: int, height: int) -> ReadWord:
        """The word in another box."""
        return replace(self, left=left, top=top, width=width, height=height)


@dataclass(frozen=True, slots=True)
class PagesAndFigures:
    """One engine for running text, another one for scattered labels.

    Implements `pagesight.ports.OpticalReader`.
    """

    pages: OpticalReader
    figures: OpticalReader

    @property
    def fingerprint(self) -> str:
        """Of both."""
        return f"{self.pages.fingerprint}, figures by {self.figures.fingerprint}"

    def read(self, png: bytes, *, sparse: bool) -> tuple[OpticalWord, ...]:
        """See `OpticalReader.read`."""
        return (self.figures if sparse else self.pages).read(png, sparse=sparse)
