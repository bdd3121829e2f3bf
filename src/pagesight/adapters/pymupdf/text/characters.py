"""Characters of a text layer made those that a reader sees."""

from __future__ import annotations

import re
import unicodedata

# TeX fonts without a Unicode map leak their ligature slots as control characters. Python takes
# some of these for white space, so they are replaced before anything splits or strips.
TEX_LIGATURES = {
    0x0B: "ff",
    0x0C: "fi",
    0x0E: "ffi",
    0x0F: "ffl",
    0x1B: "ff",
    0x1C: "fi",
    0x1D: "fl",
    0x1E: "ffi",
    0x1F: "ffl",
}
_CONTROLS = [code for code in (*range(0x20), *range(0x7F, 0xA0)) if code not in TEX_LIGATURES]
_SURROGATES = range(0xD800, 0xE000)
_DROPPED = dict.fromkeys([*_CONTROLS, *_SURROGATES])
_JOINED = (
    "\u0600-\u08ff\u0900-\u109f\u1780-\u18af\ufb50-\ufdff\ufe70-\ufefc"
    "\u2600-\u27bf\ufe0f\U0001f000-\U0001faff"
)
"""Scripts in which (non-)joiners say how letters are written: Arabic, Indic, Khmer, Mongolian;
and emoji."""
_SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
INVISIBLE = re.compile(
    f"(?<![{_JOINED}])[\u200c\u200d]|[\u200c\u200d](?![{_JOINED}])|(?<=[{_SELECTORS}])[{_SELECTORS}]|"
    "[\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""Zero-width characters, joiners where no script needs them, marks of direction, tags, and
selectors of a variant that follow another one."""
_LIGATURE = re.compile("[\ufb00-\ufb06]")
_SPACING_ACCENTS = {
    "\u00b4": "\u0301",
    "\u02c7": "\u030c",
    "\u00a8": "\u0308",
    "\u02c6": "\u0302",
    "\u02dc": "\u0303",
    "\u02d8": "\u0306",
    "\u02da": "\u030a",
    "\u02d9": "\u0307",
    "\u02dd": "\u030b",
}
"""Accents with a width of their own, which TeX sets before the letter: "J\u00b4an"."""
_ACCENTED = re.compile(f"([{''.join(_SPACING_ACCENTS)}])([A-Za-z\u0131])")
_SPACES = re.compile(r"\s+")


def clean(text: str) -> str:
    """Ligatures taken apart, accents put on their letters, odd spaces made plain, control and
    invisible characters and surrogates dropped."""
    text = INVISIBLE.sub("", text.translate(TEX_LIGATURES).translate(_DROPPED))
    text = _LIGATURE.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)
    text = _ACCENTED.sub(_accented, text)
    return _SPACES.sub(" ", text).strip()


def _accented(match: re.Match[str]) -> str:
    """The letter with its accent; both as they are where there is no such letter."""
    letter = "i" if match[2] == "\u0131" else match[2]
    joined = unicodedata.normalize("NFC", letter + _SPACING_ACCENTS[match[1]])
    return joined if len(joined) == 1 else match[0]
