"""Pages of PDFs divided by unstructured: `--parser unstructured`."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any

from pagesight.document import Kind
from pagesight.errors import ServiceError, SettingsError
from pagesight.flow import Segment
from pagesight.geometry import BBox

_KINDS: dict[str, Kind] = {"Image": "figure", "Table": "table"}
_LOCAL_MODEL = "UNSTRUCTURED_DEFAULT_MODEL_INITIALIZE_PARAMS_JSON_PATH"
"""Names a JSON file with "model_path" and "label_map": unstructured-inference then asks no hub."""
_EXTRA = "pagesight[unstructured-pdf]"


class UnstructuredSegmenter:
    """Implements `pagesight.ports.Segmenter` by a strategy: fast (the text layer), ocr_only
    (tesseract) or hi_res (a layout model). A page without a text layer is read by ocr_only.

    Raises:
        SettingsError: what unstructured needs for PDFs is not installed.
    """

    def __init__(self, strategy: str, languages: str) -> None:
        if find_spec("unstructured_inference") is None:
            raise SettingsError(
                f"--parser unstructured needs more of unstructured for PDFs: pip install "
                f"'{_EXTRA}', or leave it out"
            )
        self._strategy = strategy
        self._languages = languages.split("+")

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same page would be divided differently."""
        model = "with" if find_spec("en_core_web_sm") else "without"
        try:
            inference = version("unstructured-inference")
        except PackageNotFoundError:
            inference = "unknown"
        local = f", weights of {os.environ[_LOCAL_MODEL]}" if _LOCAL_MODEL in os.environ else ""
        return (
            f"unstructured {version('unstructured')} {self._strategy}, inference {inference}, "
            f"{model} en_core_web_sm{local}"
        )

    def segments(
        self, pdf: bytes, png: Callable[[], bytes], size: tuple[float, float], *, has_text: bool
    ) -> tuple[Segment, ...]:
        """The regions of a page in reading order, boxes in points of the page.

        Raises:
            ServiceError: hi_res and its model cannot be had.
        """
        found: Sequence[Any]
        if self._strategy == "fast" and has_text:
            found = self._partition.pdf(
                file=io.BytesIO(pdf), strategy="fast", languages=self._languages
            )
        else:
            found = self._read(png())
        return tuple(_segments(found, size))

    def _read(self, png: bytes) -> Sequence[Any]:
        strategy = "ocr_only" if self._strategy == "fast" else self._strategy
        try:
            found: Sequence[Any] = self._partition.image(
                file=io.BytesIO(png),
                strategy=strategy,
                languages=self._languages,
                infer_table_structure=strategy == "hi_res",
            )
        except (OSError, ValueError, ImportError) as error:
            if strategy != "hi_res":
                raise
            said = " ".join(str(error).split())[:160]
            raise ServiceError(
                "parse.strategy hi_res needs the weights of a layout model, which unstructured "
                f"takes from the Hugging Face hub ({said}): go online once, name local ones by "
                f"{_LOCAL_MODEL}, or set parse.strategy to fast or ocr_only"
            ) from error
        return found

    @cached_property
    def _partition(self) -> _Partition:
        return _Partition()


class _Partition:
    """unstructured's functions: importing them takes ten seconds."""

    def __init__(self) -> None:
        from pagesight.adapters.unstructured.engine import guess_titles

        guess_titles(True)
        from unstructured.partition.image import partition_image
        from unstructured.partition.pdf import partition_pdf

        self.pdf = partition_pdf
        self.image = partition_image


def _segments(elements: Sequence[Any], size: tuple[float, float]) -> Iterator[Segment]:
    from pagesight.adapters.unstructured.elements import role_of
    from pagesight.adapters.unstructured.tables import grid_of_html

    for element in elements:
        place = element.metadata.coordinates
        if place is None or place.points is None:
            continue
        across, down = size[0] / place.system.width, size[1] / place.system.height
        xs = [float(x) * across for x, _ in place.points]
        ys = [float(y) * down for _, y in place.points]
        html = element.metadata.text_as_html
        yield Segment(
            kind=_KINDS.get(element.category, "text"),
            bbox=BBox(min(xs), min(ys), max(xs), max(ys)),
            role=role_of(element.category),
            text=element.text,
            grid=grid_of_html(html) if html else None,
        )
