"""Where a document defines its keys: captions, headings, formulas, numbered steps, pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeGuard

from pagesight.document import Element, Figure, Page, ParsedDocument, Place, Table, TextBlock
from pagesight.geometry import BBox, union
from pagesight.references.captions import leading_key, parse_caption
from pagesight.references.keys import FIGURES, HEADINGS, LISTINGS, TABLES, word_of

Definition = tuple[str, Place]

_NUMBERED = re.compile(
    r"§?\s*(?P<number>(?:[A-Z]\.?)?\d{1,2}(?:[.\-\u2013]\d{1,3})*|[IVXL]+|[A-Z])"
    r"(?P<dot>[.):]?)\s+(?=\S*[^\W\d])"
)
_LIKE_HEADING = re.compile(
    r"(?P<number>(?:\d{1,2}|[A-Z])(?:\.\d{1,3})+|[B-HJ-Z]|\d{1,2}(?=[^a-z]+$))\.?"
    r"\s+[A-Z][A-Za-z ]{3}"
)
"""A heading that the layout took for text: "5.1 Wiring", "F Full results", "4 RESULTS"."""
_RUN_IN = re.compile(
    r"(?P<number>\d{1,2}(?=\.\s+[A-Z][^.]{2,60}\.)|\d{1,2}(?:\.\d{1,2})+(?=\.?\s+[A-Z][^.]{2,80}\.))"
    r"[^A-Z]+[^.]+\.\s+\(?[A-Za-z]"
)
"""A heading that begins its text, as those of contracts and of many papers: "14. Notices. Every
notice ...", "3.3.1 Training Data Construction. The process ..."."""
_LONGEST_HEADING = 100
"""Characters of such a heading."""
_ENTRY = re.compile(r".*[\s.](?:[A-Z\d]{1,3}-)?\d{1,4}\s*(?:\n|$)")
"""An entry of a table of contents: it ends with a page number."""
_NOTES = re.compile(r"notes\s+to\b", re.IGNORECASE)
"""The heading over the notes of accounts, each of which has a heading with its number."""
_ARTICLE = frozenset({"A", "I"})
"""Letters that begin a heading as a word unless a dot follows: "A Survey"."""
_ROMAN = re.compile(r"[IVX]+")
_TAG = re.compile(r"(?:^|\s)\((?P<number>(?:[A-Z]\.?)?\d{1,3}(?:[.\-]\d{1,3})*[a-z]?)\)(?=\s|$)")
"""The number of a formula, wherever the order of its characters puts it."""
_STEP = re.compile(r"\W{0,2}(?P<number>\d{1,3}(?:\.\d{1,3})?)[.):]\s")
_FORMULA_LINE = re.compile(
    r".*[=<>≤≥≈≡≺≻∝∈∼←→].*\s\((?P<number>(?:[A-Z]\.?)?\d{1,3}(?:[.\-]\d{1,3})*[a-z]?)\)\s*"
)
"""A formula with its number that the layout took for a line of text."""
_MATHS = re.compile(r"[=<>≤≥≈≡≺≻∝∈∼←→∑]")
_PROSE = re.compile(r"\b[A-Za-z][a-z]{3,}\b")
_MOST_PROSE = 3
"""Words of four letters in such a line: "otherwise", "softmax"."""
_LINE_OF_CODE = re.compile(r"\d{1,4}:(?!\d)")
"""The number before a line of code; the layout takes such lines for a list."""
_CODE_GAP = 36.0
"""Points between a caption and its code, and between pieces of it: three lines."""
_NOTED = frozenset({"Note", "Example"})
"""What begins a text with a word and a number of its own, mostly as a heading."""


def captioned(parsed: ParsedDocument) -> Iterator[Definition]:
    """Figures and tables with a caption, the parts of figures, and listings and algorithms, which
    are text."""
    for index, element in enumerate(parsed.elements):
        if not isinstance(element, TextBlock) and element.caption and element.caption.label:
            yield element.caption.label, _place(element, index)
        if isinstance(element, Figure):
            for part in element.parts:
                yield part.label, Place(page=element.page, bbox=part.bbox, element=index)
        if isinstance(element, TextBlock):
            if key := leading_key(element.text, LISTINGS):
                yield key, _with_code(parsed.elements, index)
        elif isinstance(element, Table):
            for text, page, bbox in _texts(element):
                if key := leading_key(text, LISTINGS):
                    yield key, Place(page=page, bbox=bbox, element=index)


def orphans(parsed: ParsedDocument) -> Iterator[Definition]:
    """Captions that have found no figure or table: next to them the thing has to stand. Where that
    is code, it is the thing."""
    for index, element in enumerate(parsed.elements):
        if isinstance(element, TextBlock):
            is_caption = element.role == "caption"
            key = parse_caption(element.text, trusted=is_caption)
            listed = not is_caption and _ENTRY.match(element.text)
            if key and not listed and word_of(key) in FIGURES | TABLES:
                yield key, _with_code(parsed.elements, index)


def headings(parsed: ParsedDocument) -> Iterator[Definition]:
    """Headings by their number ("5.1.2 Wiring" is section 5.1.2), or their word ("Chapter 3"). What
    is numbered 1, 2, 3 below "Notes to the accounts" are notes as well."""
    below_notes = False
    for index, element in enumerate(parsed.elements):
        if not is_heading(element):
            continue
        below_notes = below_notes or bool(_NOTES.match(element.text))
        for key in _keys_of_heading(element.text, element.heading_path):
            word, _, number = key.partition(" ")
            yield key, _place(element, index)
            if below_notes and word == "Section" and number.isdigit():
                yield f"Note {number}", _place(element, index)


def lesser_headings(parsed: ParsedDocument) -> Iterator[Definition]:
    """Headings that the layout took for text or that begin their text, those that only the outline
    has, and those that may begin with an article ("A Prompts")."""
    for index, element in enumerate(parsed.elements):
        if not isinstance(element, TextBlock):
            continue
        if is_heading(element):
            match = _NUMBERED.match(element.text)
            if match and match["number"] in _ARTICLE:
                yield f"Section {match['number']}", _place(element, index)
        elif key := _lesser_key(element.text):
            yield key, _place(element, index)
    pages = {page.index: page for page in parsed.pages}
    for entry in parsed.profile.outline:
        if entry.page in pages:
            for key in _keys_of_heading(entry.title, ()):
                yield key, whole_page(pages[entry.page])


def equations(parsed: ParsedDocument) -> Iterator[Definition]:
    """Formulas by the number beside them. One among the lines of a text stands on its line."""
    for index, element in enumerate(parsed.elements):
        if not isinstance(element, TextBlock):
            continue
        if element.role == "formula":
            for match in _TAG.finditer(element.text):
                yield _equation(match["number"]), _place(element, index)
        elif element.role in ("paragraph", "list"):
            for span in element.spans:
                line = element.text[span.start : span.end]
                tag = _FORMULA_LINE.fullmatch(line)
                if tag and len(_PROSE.findall(line)) <= _MOST_PROSE:
                    place = Place(page=span.page, bbox=span.bbox, element=index)
                    yield _equation(tag["number"]), place


def is_formula(line: str) -> bool:
    """Whether a line looks like a formula with its number, wherever in it that stands."""
    return bool(
        _MATHS.search(line) and _TAG.search(line) and len(_PROSE.findall(line)) <= _MOST_PROSE
    )


def is_item(line: str) -> bool:
    """Whether a line begins as a numbered item of a list does."""
    return _STEP.match(line) is not None


def _equation(number: str) -> str:
    lettered = re.sub(r"(?<=\d)([a-z])$", r"(\1)", number)
    return f"Equation {lettered}"


def steps(parsed: ParsedDocument) -> Iterator[Definition]:
    """Numbered items of lists, and what begins with "Step 3", as a heading with a number before it
    may ("2.1.3 Step 3: Mount the cover")."""
    for index, element in enumerate(parsed.elements):
        if not isinstance(element, TextBlock):
            continue
        match = _STEP.match(element.text) if element.role == "list" else None
        number = _NUMBERED.match(element.text) if is_heading(element) else None
        title = element.text[number.end() :] if number else element.text
        key = f"Step {match['number']}" if match else leading_key(title, frozenset({"Step"}))
        if key:
            yield key, _place(element, index)


def pages(parsed: ParsedDocument) -> Iterator[Definition]:
    """Pages by what is printed on them."""
    for page in parsed.pages:
        yield f"Page {page.label}", whole_page(page)


def is_heading(element: Element) -> TypeGuard[TextBlock]:
    return isinstance(element, TextBlock) and element.role in ("heading", "title")


def whole_page(page: Page) -> Place:
    return Place(page=page.index, bbox=BBox(0.0, 0.0, page.width, page.height))


def _place(element: Element, index: int) -> Place:
    return Place(page=element.page, bbox=element.bbox, element=index)


def _with_code(elements: Sequence[Element], index: int) -> Place:
    """A caption and the code over it or else below it, if there is any; the element is the
    caption."""
    caption = elements[index]
    before = _code_beside(caption.bbox, caption.page, reversed(elements[:index]))
    code = before or _code_beside(caption.bbox, caption.page, elements[index + 1 :])
    return Place(page=caption.page, bbox=union([caption.bbox, *code]), element=index)


def _code_beside(bbox: BBox, page: int, elements: Iterable[Element]) -> list[BBox]:
    """The boxes of code that follow one another from `bbox` on, without anything between them."""
    found = []
    for element in elements:
        gap = max(element.bbox.y0 - bbox.y1, bbox.y0 - element.bbox.y1)
        if element.page != page or gap > _CODE_GAP or not _is_code(element):
            break
        bbox = element.bbox
        found.append(bbox)
    return found


def _is_code(element: Element) -> bool:
    return isinstance(element, TextBlock) and (
        element.role == "code" or _LINE_OF_CODE.match(element.text) is not None
    )


def _texts(table: Table) -> Iterator[tuple[str, int, BBox]]:
    """What may begin with a number of its own, page and box: code is often taken for a table."""
    for cell in table.cells:
        yield cell.text, cell.page, cell.bbox or table.bbox
    if not table.cells:
        yield table.text, table.page, table.bbox


def _lesser_key(text: str) -> str | None:
    """The key of a text that begins like a heading."""
    if _ENTRY.match(text):
        return None
    match = _LIKE_HEADING.match(text)
    short = len(text) <= _LONGEST_HEADING and not text.endswith((".", ":", ";"))
    number = match if match and short else _RUN_IN.match(text)
    return f"Section {number['number']}" if number else leading_key(text, HEADINGS | _NOTED)


def _keys_of_heading(text: str, path: tuple[str, ...]) -> Iterator[str]:
    key = leading_key(text, HEADINGS | _NOTED, trusted=True)
    if key:
        yield key
        return
    match = _NUMBERED.match(text)
    if not match or (match["number"] in _ARTICLE and not match["dot"]):
        return
    number = match["number"].replace("\u2013", "-")
    lettered = number.isalpha() and len(number) == 1
    yield (_key_below(number, path) if lettered else "") or f"Section {number}"


def _key_below(letter: str, path: tuple[str, ...]) -> str:
    """ "B. Results" below "IV. Tests" is section IV-B, below "Note 2. Leases" it is note 2B; ""
    for the others."""
    for title in reversed(path):
        chapter = _NUMBERED.match(title)
        if chapter and _ROMAN.fullmatch(chapter["number"]):
            return f"Section {chapter['number']}-{letter}"
        note = leading_key(title, _NOTED, trusted=True)
        if note:
            return f"{note}{letter}"
    return ""
