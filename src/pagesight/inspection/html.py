"""The pages with all that was found on them as one HTML file: no request leaves it."""

from __future__ import annotations

import base64
import hashlib
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image

from pagesight.audit import audit, findings
from pagesight.document import file_name
from pagesight.inspection.reading import Inspected
from pagesight.inspection.sheets import EXTRAS, KINDS, OFF_AT_FIRST, Row, Sheet, cell_id, sheets

_WIDEST_PAGE = 1400
"""Pixels of a page's picture: wider ones are plans, and would fill the file."""
_WIDEST_CROP = 800
"""Pixels of a crop's picture: as wide as the column that it stands in."""
_QUALITY = 72
"""Of WebP, 0 to 100: small print is still clean, and a page takes about 100 kB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A line of the contents."""

    row: str
    text: str
    page: int
    depth: int = 0


def render_html(inspected: Inspected, pictures: Iterable[bytes]) -> Iterator[str]:
    """The file, piece by piece, so that only one page's picture is in memory.

    Args:
        inspected: what is shown.
        pictures: a PNG of each of its pages, in order; b"" leaves the page white.
    """
    pages = sheets(inspected)
    rows = [(sheet, row) for sheet in pages for row in sheet.rows]
    script = _part("script.js")
    return (
        _environment(inspected.crops)
        .get_template("inspection.html.j2")
        .generate(
            name=file_name(inspected.parsed.profile.source),
            parsed=inspected.parsed,
            sheets=zip(pages, pictures, strict=True),
            pages=len(pages),
            facts=_facts(inspected, rows),
            findings=findings(audit(inspected.parsed)),
            headings=[_entry(*each) for each in rows if each[1].kind == "heading"],
            figures=[_entry(*each) for each in rows if each[1].kind == "figure"],
            tables=[_entry(*each) for each in rows if each[1].kind == "table"],
            kinds=_counted(row.kind for _, row in rows),
            extras=EXTRAS,
            off=OFF_AT_FIRST,
            style=Markup(_part("style.css")),
            script=Markup(script),
            script_hash=_hash(script),
        )
    )


def _facts(inspected: Inspected, rows: Sequence[tuple[Sheet, Row]]) -> dict[str, str]:
    parsed, pages = inspected.parsed, inspected.parsed.pages
    seconds = sum(inspected.cpu_seconds) / max(1, len(pages))
    shown = f"{len(pages):,}"
    if len(pages) < parsed.profile.page_count:
        shown += f" of {parsed.profile.page_count:,}"
    kinds = Counter(row.kind for _, row in rows)
    lonely = sum("no caption" in row.notes for _, row in rows)
    strays = sum(row.role == "caption" for _, row in rows)
    facts = {
        "Title": parsed.title,
        "Pages": shown,
        "By OCR": str(sum(page.ocr for page in pages)),
        "With errors": str(sum(bool(page.error) for page in pages)),
        "Figures": str(kinds["figure"]),
        "Tables": str(kinds["table"]),
        "of these without caption": str(lonely),
        "Captions without object": str(strays),
        "Parsing": f"{seconds:.2f} CPU s a page, {inspected.wall_seconds:.0f} s in all",
    }
    return {name: value for name, value in facts.items() if value not in ("", "0")}


def _counted(kinds: Iterable[str]) -> dict[str, int]:
    """Kind -> elements, for those that there are."""
    counts = Counter(kinds)
    return {kind: counts[kind] for kind in KINDS if counts[kind] or kind == "caption"}


def _entry(sheet: Sheet, row: Row) -> _Entry:
    text = row.caption.text if row.caption else row.text
    text = text if row.kind == "heading" or row.caption else f"{row.role} without caption"
    return _Entry(row=row.id, text=text, page=sheet.page.number, depth=row.depth)


def _environment(crops: Path) -> Environment:
    environment = Environment(
        loader=PackageLoader("pagesight.inspection"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "picture": _data_uri,
        "crop": partial(_crop, crops),
        "largest_first": lambda marks: sorted(marks, key=lambda mark: -mark.bbox.area),
    }
    environment.globals["cell_id"] = cell_id
    return environment


def _crop(folder: Path, key: str) -> str:
    path = folder / key[:2] / f"{key}.png"
    return _data_uri(path.read_bytes(), _WIDEST_CROP) if path.is_file() else ""


def _data_uri(png: bytes, widest: int = _WIDEST_PAGE) -> str:
    """A PNG as WebP of at most so many pixels in width; "" for none."""
    if not png:
        return ""
    with Image.open(io.BytesIO(png)) as opened:
        image = opened.convert("RGB")
    image.thumbnail((widest, 4 * widest))
    out = io.BytesIO()
    image.save(out, "WEBP", quality=_QUALITY, method=2)
    return f"data:image/webp;base64,{base64.b64encode(out.getvalue()).decode('ascii')}"


def _part(name: str) -> str:
    return (files("pagesight.inspection") / "templates" / name).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    """What a content security policy wants of an inline script."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode('ascii')}"
