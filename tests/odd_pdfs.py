"""PDFs for tests of ingesting from outside: manuals, scans, and pages that break a limit."""

from __future__ import annotations

import random
from pathlib import Path

import pymupdf

from tests.builders import prose

WIDTH, HEIGHT = 612, 792


def manual(path: Path, seed: int, *, pages: int = 2, scanned: bool = False) -> Path:
    """Writes `pages` pages of prose, the first with a table and the last with a drawing; a
    `scanned` one is pictures of such pages. The same seed gives the same bytes, and another one
    other words, also in the line "The serial number of unit SEED is ..."."""
    with pymupdf.open() as document:
        for index in range(pages):
            page = document.new_page(width=WIDTH, height=HEIGHT)
            _prose(page, seed * 10 + index)
            if index == 0:
                page.insert_text((72, 90), f"The serial number of unit {seed} is {serial(seed)}.")
                _table(page, seed)
            if index == pages - 1:
                _drawing(page, seed)
        if scanned:
            _scan(document)
        document.save(path, no_new_id=True)
    return path


def serial(seed: int) -> str:
    """What the serial number of a unit is."""
    return f"SN-{random.Random(seed).randrange(100_000, 999_999)}"


def endless(path: Path, *, before: int = 1, after: int = 1) -> Path:
    """A page whose content would take hours to interpret, between ordinary ones: a form that
    shows a form ten times, that shows a form ten times, ten levels deep."""
    with pymupdf.open() as document:
        for index in range(before + 1 + after):
            _prose(document.new_page(width=WIDTH, height=HEIGHT), index)
        shown = _form(document, b"0 0 m 10 10 l S", None)
        for _ in range(10):
            shown = _form(document, b"/Next Do " * 10, shown)
        page = document[before]
        resources = int(document.xref_get_key(page.xref, "Resources")[1].split()[0])
        document.xref_set_key(resources, "XObject", f"<</Next {shown} 0 R>>")
        content = page.get_contents()[0]
        document.update_stream(content, document.xref_stream(content) + b"\n/Next Do")
        document.save(path, no_new_id=True)
    return path


def _form(document: pymupdf.Document, content: bytes, shown: int | None) -> int:
    """The number of a new object: a form that shows another one by the name /Next."""
    xref: int = document.get_new_xref()
    resources = f"/Resources<</XObject<</Next {shown} 0 R>>>>" if shown else ""
    document.update_object(
        xref, f"<</Type/XObject/Subtype/Form/BBox[0 0 {WIDTH} {HEIGHT}]{resources}>>"
    )
    document.update_stream(xref, content)
    return xref


def vast_picture(path: Path, side: int) -> Path:
    """A page with a grey picture of `side` x `side` pixels, some kilobytes in the file."""
    with pymupdf.open() as document:
        page = document.new_page(width=WIDTH, height=HEIGHT)
        page.insert_text((72, 60), "Figure 1. The whole site from above.")
        picture = pymupdf.Pixmap(pymupdf.csGRAY, (0, 0, side, side), False)
        picture.clear_with(128)
        page.insert_image(pymupdf.Rect(72, 80, 540, 548), pixmap=picture)
        document.save(path, deflate=True, no_new_id=True)
    return path


def _prose(page: pymupdf.Page, seed: int) -> None:
    box = pymupdf.Rect(72, 110, 540, 400)
    page.insert_textbox(box, "\n\n".join(chunk.text for chunk in prose(4, seed=seed)), fontsize=9)


def _table(page: pymupdf.Page, seed: int) -> None:
    rng = random.Random(seed)
    page.insert_text((72, 420), f"Table {seed}. Limits of the unit.", fontsize=9)
    for row in range(5):
        y = 430 + 20 * row
        for column, name in enumerate(("Part", "Torque", "Speed")):
            x = 72 + 120 * column
            page.draw_rect(pymupdf.Rect(x, y, x + 120, y + 20))
            cell = name if row == 0 else f"{rng.randrange(10, 99)} {('pcs', 'N m', 'rpm')[column]}"
            page.insert_text((x + 5, y + 14), cell, fontsize=9)


def _drawing(page: pymupdf.Page, seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(6):
        x, y = rng.uniform(100, 440), rng.uniform(560, 660)
        page.draw_rect(pymupdf.Rect(x, y, x + 70, y + 30))
        page.draw_line((x + 70, y + 15), (x + 100, y + 15))
        page.insert_text((x + 5, y + 18), f"Block {rng.randrange(100)}", fontsize=8)
    page.insert_text((72, 720), f"Figure {seed}. The blocks of unit {seed}.", fontsize=9)


def _scan(document: pymupdf.Document) -> None:
    """Puts a picture in the place of each page."""
    for index in range(document.page_count):
        picture = document[index].get_pixmap(dpi=150, colorspace=pymupdf.csGRAY)
        document.new_page(width=WIDTH, height=HEIGHT).insert_image(
            pymupdf.Rect(0, 0, WIDTH, HEIGHT), pixmap=picture
        )
    document.delete_pages(0, document.page_count // 2 - 1)
