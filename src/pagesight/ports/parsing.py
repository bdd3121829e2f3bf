"""What files are turned into pages by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from pagesight.document import DocumentProfile, PageContent
from pagesight.flow import Rendition, Segment

Task = TypeVar("Task")
Result = TypeVar("Result")


class Parser(Protocol):
    """Turns a file into pages with elements."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same bytes would be parsed differently."""

    def profile(self, path: Path, passwords: Sequence[str] = ()) -> DocumentProfile:
        """What is known before parsing. An encrypted file is opened by the first password that
        fits.

        Raises:
            DocumentError: the file cannot be parsed; the message names it and the remedy.
        """

    def parse_pages(
        self, path: Path, start: int, stop: int, passwords: Sequence[str] = ()
    ) -> tuple[PageContent, ...]:
        """The pages with 0-based index in [start, stop). A page that fails is returned with
        its `error` and no elements.

        Raises:
            DocumentError: the file cannot be opened.
        """


class Converter(Protocol):
    """Makes a PDF of a file of another kind."""

    def __call__(self, path: Path) -> Rendition:
        """The file as a PDF.

        Raises:
            DocumentError: it cannot be read; the message names it and the remedy.
        """


class Segmenter(Protocol):
    """Divides a page into regions."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same page would be divided differently."""

    def segments(
        self, pdf: bytes, png: Callable[[], bytes], size: tuple[float, float], *, has_text: bool
    ) -> tuple[Segment, ...]:
        """The regions of a page in reading order, boxes in points of the page.

        Args:
            pdf: the page alone, upright, not encrypted.
            png: renders it for OCR.
            size: width and height in points.
            has_text: whether it has a text layer.

        Raises:
            ServiceError: a model or program that it needs is not there.
        """


class Illustrator(Protocol):
    """Adds what only the pixels of a PDF tell to pages whose elements are known."""

    def illustrate(
        self, path: Path, contents: Sequence[PageContent], passwords: Sequence[str] = ()
    ) -> tuple[PageContent, ...]:
        """The pages, their figures and tables with crops, and figures that have no words with
        those that can be read in them.

        Raises:
            DocumentError: the file cannot be opened.
            OSError: a crop cannot be stored.
        """


class RemoteFiles(Protocol):
    """Files behind URLs: https://, s3:// and the like."""

    def find(self, url: str) -> list[str]:
        """URLs of the documents below a folder or that a glob matches, sorted; a file is found
        itself.

        Raises:
            DocumentError: it cannot be read; the message names it and the remedy.
        """

    def fetch(self, url: str) -> Path:
        """A local copy of what is behind the URL now. It stays, so that its pages can be shown,
        and is fetched again only where the server says that the content changed.

        Raises:
            DocumentError: it cannot be read; the message names it and the remedy.
        """


class OpticalReader(Protocol):
    """Reads the words of a picture (OCR)."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same picture would be read differently."""

    def read(self, png: bytes, *, sparse: bool) -> tuple[OpticalWord, ...]:
        """Words in reading order; `sparse` for scattered labels, else running text.

        Raises:
            ServiceError: the OCR program is not there, or failed.
        """


class OpticalWord(Protocol):
    """A word, its box in pixels of the picture, its line, and the engine's confidence (0 to 1)."""

    @property
    def text(self) -> str: ...

    @property
    def left(self) -> int: ...

    @property
    def top(self) -> int: ...

    @property
    def width(self) -> int: ...

    @property
    def height(self) -> int: ...

    @property
    def line(self) -> tuple[int, int, int]:
        """Numbers of block, paragraph and line."""

    @property
    def confidence(self) -> float: ...


class WorkerPool(Protocol):
    """Runs one function over many tasks in killable processes."""

    def map(
        self,
        function: Callable[[Task], Result],
        tasks: Iterable[Task],
        limit: Callable[[Task], float],
    ) -> Iterator[tuple[Task, Result | Exception]]:
        """Results in the order of the tasks. `limit` gives a task's seconds. A task that
        raises, outlives its limit or dies is yielded with the error, and the rest go on."""
