"""Fonts whose map to Unicode keeps only the last letter of a ligature: "The" would read "he"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

_SINGLE = {"ff": "ff", "fi": "fi", "fl": "fl", "ffi": "ffi", "ffl": "ffl"}
"""Ligatures with glyph names of their own; others join their parts' names by "_" ("T_h")."""
_DIFFERENCES = re.compile(r"/Differences\s*\[(.*?)\]", re.DOTALL)
_TOKEN = re.compile(r"(\d+)|/([\w.]+)")
_LETTERS = re.compile(r"[A-Za-z](?:_[A-Za-z])+")
_RANGE = re.compile(r"<([0-9A-Fa-f]{2})>\s*<([0-9A-Fa-f]{2})>\s*<([0-9A-Fa-f]+)>")
_CHARACTER = re.compile(r"<([0-9A-Fa-f]{2})>\s*<([0-9A-Fa-f]+)>")
_SECTION = re.compile(r"beginbf(range|char)(.*?)endbf", re.DOTALL)


def mend_ligatures(page: Any) -> None:
    """Sets the fonts of a page right, in memory. To be called before its text is read."""
    for font in page.get_fonts():
        # A damaged font is no reason to lose the page.
        with suppress(Exception):
            _mend(page.parent, font[0])


def _mend(document: Any, font: int) -> None:
    glyphs = dict(_ligatures(_object(document, font, "Encoding")))
    kind, value = document.xref_get_key(font, "ToUnicode")
    if not glyphs or kind != "xref":
        return
    stream = int(value.split()[0])
    text = document.xref_stream(stream).decode("latin-1")
    told = _told(text)
    lines = [
        f"<{code:02x}> <{letters.encode('utf-16-be').hex()}>"
        for code, letters in sorted(glyphs.items())
        if len(told.get(code, letters)) < len(letters) and letters.endswith(told[code])
    ]
    if lines:
        more = "\n".join([f"{len(lines)} beginbfchar", *lines, "endbfchar", "endcmap"])
        mended = text.replace("endcmap", more, 1)
        document.update_stream(stream, mended.encode("latin-1"))


def _object(document: Any, font: int, key: str) -> str:
    kind, value = document.xref_get_key(font, key)
    return str(document.xref_object(int(value.split()[0])) if kind == "xref" else value)


def _ligatures(encoding: str) -> Iterator[tuple[int, str]]:
    """Code -> letters of the ligatures among the glyphs that an encoding names."""
    differences = _DIFFERENCES.search(encoding)
    code = 0
    for number, name in _TOKEN.findall(differences[1] if differences else ""):
        if number:
            code = int(number)
            continue
        if name in _SINGLE:
            yield code, _SINGLE[name]
        elif _LETTERS.fullmatch(name):
            yield code, name.replace("_", "")
        code += 1


def _told(text: str) -> dict[int, str]:
    """Code -> letters, as a map to Unicode says."""
    found = {}
    for kind, lines in _SECTION.findall(text):
        if kind == "char":
            for code, letters in _CHARACTER.findall(lines):
                found[int(code, 16)] = _decoded(letters)
        else:
            for first, last, letters in _RANGE.findall(lines):
                for step, code in enumerate(range(int(first, 16), int(last, 16) + 1)):
                    start = _decoded(letters)
                    found[code] = start[:-1] + chr(ord(start[-1]) + step) if start else ""
    return found


def _decoded(letters: str) -> str:
    return bytes.fromhex(letters.zfill(4)).decode("utf-16-be", "ignore")
