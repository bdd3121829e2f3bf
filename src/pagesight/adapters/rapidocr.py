"""OCR by the networks of RapidOCR, whose files come with the package."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from threading import Lock
from typing import Any

from pagesight.errors import ServiceError
from pagesight.optical import ReadWord

_LEAST_CONFIDENCE = 0.5
"""Of a word; RapidOCR leaves out whole lines under as much."""
_LONGEST_SIDE = 2000
"""Pixels to which RapidOCR scales larger pictures; lines of a page at 300 dpi are still read."""

_Quad = Sequence[Sequence[float]]
"""Corners (x, y) of a word, clockwise from its top left."""


def available() -> bool:
    """Whether the package is installed: it is an extra of this one."""
    return find_spec("rapidocr") is not None


class RapidOCRReader:
    """Reads pictures with RapidOCR; implements `pagesight.ports.OpticalReader`.

    Running text and scattered labels are read in the same way. Lines come from top to bottom,
    each of them as a block of its own: which of them are a paragraph is left to the layout.
    """

    @property
    def fingerprint(self) -> str:
        """Version of the package, which brings the networks."""
        return f"rapidocr {version('rapidocr')}"

    def read(self, png: bytes, *, sparse: bool) -> tuple[ReadWord, ...]:
        """Words from top to bottom.

        Raises:
            ServiceError: RapidOCR failed.
        """
        try:
            with _LOCK:
                found = _engine()(png, return_word_box=True)
        except Exception as error:
            raise ServiceError(f"RapidOCR failed: {error}") from error
        return tuple(_words(found.word_results)) if found.txts else ()


_LOCK = Lock()
"""The engine keeps the picture in hand in itself."""


@cache
def _engine() -> Any:
    """One a process, on one thread: documents are parsed in one process a core."""
    from rapidocr import RapidOCR

    made = RapidOCR(
        params={
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            "Global.max_side_len": _LONGEST_SIDE,
            "Global.log_level": "error",
        }
    )
    # It warns of every picture without text.
    logging.getLogger("RapidOCR").setLevel(logging.ERROR)
    return made


def _words(lines: Sequence[Sequence[tuple[str, float, _Quad]]]) -> Iterator[ReadWord]:
    for number, line in enumerate(lines):
        for text, confidence, quad in line:
            if text.strip() and confidence >= _LEAST_CONFIDENCE:
                left, top = (math.floor(min(corner[axis] for corner in quad)) for axis in (0, 1))
                right, bottom = (math.ceil(max(corner[axis] for corner in quad)) for axis in (0, 1))
                yield ReadWord(
                    text=text.strip(),
                    left=left,
                    top=top,
                    width=right - left,
                    height=bottom - top,
                    line=(number, 0, 0),
                    confidence=float(confidence),
                )
