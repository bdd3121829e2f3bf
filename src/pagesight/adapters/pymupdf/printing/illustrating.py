"""Crops of elements that are known from elsewhere, and the words in their pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, assert_never

from pagesight.adapters.pymupdf import opened
from pagesight.adapters.pymupdf.render import Crop, Renderer
from pagesight.adapters.pymupdf.text.lines import region_text
from pagesight.document import Element, Figure, PageContent, Table, TextBlock
from pagesight.geometry import BBox
from pagesight.ports import CropWriter, OpticalReader


@dataclass(frozen=True, slots=True)
class PyMuPDFIllustrator:
    """Implements `pagesight.ports.Illustrator`; without a `reader` pictures are not read."""

    crops: CropWriter
    reader: OpticalReader | None
    crop_dpi: int

    def illustrate(
        self, path: Path, contents: Sequence[PageContent], passwords: Sequence[str] = ()
    ) -> tuple[PageContent, ...]:
        """The pages, their figures and tables with crops, and figures that have no words with
        those that can be read in them.

        Raises:
            DocumentError: the file cannot be opened.
            OSError: a crop cannot be stored.
        """
        with opened(path, passwords) as document:
            work = _Work(self, document)
            return tuple(
                replace(content, elements=tuple(map(work.illustrated, content.elements)))
                for content in contents
            )


@dataclass(slots=True)
class _Work:
    """The document in hand."""

    with_: PyMuPDFIllustrator
    document: Any
    renderers: dict[int, Renderer] = field(default_factory=dict)

    def illustrated(self, element: Element) -> Element:
        match element:
            case TextBlock():
                return element
            case Figure():
                crop = self._crop(element.page, element.bbox)
                image = self.with_.crops.put(crop.png)
                if element.text:
                    return replace(element, image=image)
                words = region_text(crop.words(self.with_.reader))
                return replace(element, image=image, text=words, text_by_ocr=bool(words))
            case Table():
                parts = tuple(
                    replace(part, image=self._put(part.page, part.bbox))
                    for part in element.continued
                )
                image = self._put(element.page, element.bbox)
                return replace(element, image=image, continued=parts)
            case _:
                assert_never(element)

    def _put(self, page: int, bbox: BBox) -> str:
        return self.with_.crops.put(self._crop(page, bbox).png)

    def _crop(self, page: int, bbox: BBox) -> Crop:
        if page not in self.renderers:
            self.renderers[page] = Renderer(self.document[page], self.with_.crop_dpi)
        return self.renderers[page].crop(bbox)
