"""PowerPoint presentations: text and tables by unstructured; pictures, charts, notes and what is
hidden by python-pptx, by which unstructured reads them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pptx
from unstructured.documents.elements import ElementMetadata, Image
from unstructured.partition.pptx import partition_pptx, register_picture_partitioner

from pagesight.adapters.unstructured.elements import pieces_of
from pagesight.adapters.unstructured.engine import guess_titles
from pagesight.adapters.unstructured.tables import grid_of_rows
from pagesight.flow import Flow, Grid, Passage, Picture, Piece, Section, Unseen


class _Pictures:
    """Gives pictures their place among the elements; implements unstructured's protocol."""

    found: dict[str, Picture]

    @classmethod
    def iter_elements(cls, picture: Any, options: Any) -> Iterator[Image]:
        try:
            data = picture.image.blob
        except (AttributeError, KeyError, ValueError):
            return  # a link to a file elsewhere, or a film
        key = f"{len(cls.found)}"
        said = picture._element.nvPicPr.cNvPr.get("descr") or ""
        cls.found[key] = Picture(data=data, text=" ".join(said.split()))
        yield Image(text=key, metadata=ElementMetadata(page_number=options.page_number))


def read_slides(path: Path) -> Flow:
    """A section a slide; what is on hidden slides is told as unseen.

    Raises:
        Exception: whatever a damaged file makes the libraries raise.
    """
    presentation = pptx.Presentation(str(path))
    beside = [_outside(slide, presentation) for slide in presentation.slides]
    plain = io.BytesIO()
    presentation.save(plain)
    plain.seek(0)
    _Pictures.found = {}
    register_picture_partitioner(_Pictures)
    guess_titles(False)
    pages: dict[int, list[Piece]] = {}
    for element in partition_pptx(file=plain, include_slide_notes=False):
        page = pages.setdefault(element.metadata.page_number or 1, [])
        if element.category == "Image":
            page.append(_Pictures.found[element.text])
        else:
            page.extend(pieces_of([element]))
    sections = [
        _section(slide, number, pages.get(number, []), unseen)
        for number, (slide, unseen) in enumerate(
            zip(presentation.slides, beside, strict=True), start=1
        )
    ]
    return Flow(title=presentation.core_properties.title or "", sections=tuple(sections))


def read_beside(path: Path) -> Flow:
    """What slides do not show: their notes and the numbers of their charts, slide by slide; no
    sections where there is nothing.

    Raises:
        Exception: whatever a damaged file makes the library raise.
    """
    presentation = pptx.Presentation(str(path))
    pieces: list[Piece] = []
    for number, slide in enumerate(presentation.slides, start=1):
        if _is_hidden(slide):
            continue
        if beside := (*_charts(slide), *_notes(slide)):
            pieces += (Passage(text=_heading(slide, number), role="heading", level=1), *beside)
    return Flow(title="", sections=(Section(pieces=tuple(pieces)),) if pieces else ())


def _heading(slide: Any, number: int) -> str:
    title = slide.shapes.title
    words = " ".join(title.text_frame.text.split()) if title is not None else ""
    return f"Slide {number}: {words}" if words else f"Slide {number}"


def _is_hidden(slide: Any) -> bool:
    return slide._element.get("show") in ("0", "false")


def _section(slide: Any, number: int, pieces: list[Piece], unseen: tuple[Unseen, ...]) -> Section:
    every = (*pieces, *_charts(slide), *_notes(slide))
    if _is_hidden(slide):
        words = "\n".join(_words(piece) for piece in every)
        hidden = Unseen(text=words, reason="on a hidden slide or sheet")
        return Section(pieces=(), label=f"{number} (hidden)", unseen=(hidden, *unseen))
    return Section(pieces=every, label=str(number), unseen=unseen)


def _words(piece: Piece) -> str:
    if isinstance(piece, Grid):
        return "\n".join(cell.text for cell in piece.cells)
    return piece.text


def _outside(slide: Any, presentation: Any) -> tuple[Unseen, ...]:
    """Takes out what stands beside the slide. What only begins beside it is moved in: unstructured
    would drop it."""
    found = []
    for shape in list(slide.shapes):
        if None in (shape.left, shape.top, shape.width, shape.height):
            continue
        right, bottom = shape.left + shape.width, shape.top + shape.height
        is_beside = shape.left >= presentation.slide_width or shape.top >= presentation.slide_height
        if is_beside or right <= 0 or bottom <= 0:
            if shape.has_text_frame and shape.text_frame.text.strip():
                found.append(
                    Unseen(text=shape.text_frame.text.strip(), reason="outside of the page")
                )
            shape._element.getparent().remove(shape._element)
        elif shape.left < 0 or shape.top < 0:
            shape.left, shape.top = max(0, shape.left), max(0, shape.top)
    return tuple(found)


def _charts(slide: Any) -> Iterator[Piece]:
    """The numbers that charts are drawn from."""
    for shape in slide.shapes:
        if not getattr(shape, "has_chart", False):
            continue
        chart = shape.chart
        if chart.has_title and chart.chart_title.has_text_frame:
            yield Passage(text=chart.chart_title.text_frame.text)
        for plot in chart.plots:
            series = list(plot.series)
            rows = [["", *(each.name for each in series)]]
            for index, category in enumerate(plot.categories):
                values = [each.values[index : index + 1] for each in series]
                rows.append([str(category), *(_number(each) for each in values)])
            yield grid_of_rows(rows)


def _number(values: Any) -> str:
    return f"{values[0]:.15g}" if values and values[0] is not None else ""


def _notes(slide: Any) -> Iterator[Passage]:
    if slide.has_notes_slide:
        frame = slide.notes_slide.notes_text_frame
        text = frame.text.strip() if frame is not None else ""
        if text:
            yield Passage(text=f"Notes: {text}")
