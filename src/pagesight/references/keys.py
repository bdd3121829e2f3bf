"""The words and numbers that keys are made of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

TABLES = frozenset({"Table"})
FIGURES = frozenset({"Figure", "Chart", "Diagram", "Exhibit", "Scheme", "Plate"})
LISTINGS = frozenset({"Listing", "Algorithm"})
"""What has a caption and is text."""
CAPTIONED = TABLES | FIGURES | LISTINGS
HEADINGS = frozenset({"Section", "Chapter", "Appendix", "Annex"})

_WRITTEN = {
    "Figure": ("fig figure abb abbildung bild figura", "figs figures abbildungen bilder figuras"),
    "Table": (
        "tab tbl table tabelle tableau tabla tabella",
        "tabs tables tabellen tableaux tablas",
    ),
    "Chart": ("chart", "charts"),
    "Diagram": ("diagram", "diagrams"),
    "Exhibit": ("exhibit", "exhibits"),
    "Scheme": ("scheme", "schemes"),
    "Plate": ("plate", "plates"),
    "Listing": ("listing", "listings"),
    "Algorithm": ("algorithm", "algorithms"),
    "Section": ("sec sect section abschnitt §", "secs sections abschnitte §§"),
    "Chapter": ("ch chap chapter kapitel chapitre", "chapters"),
    "Appendix": ("appendix anhang annexe", "appendices"),
    "Annex": ("annex", "annexes"),
    "Equation": ("eq eqn equation gleichung", "eqs eqns equations gleichungen"),
    "Step": ("step schritt", "steps schritte"),
    "Page": ("p page seite", "pp pages seiten"),
    "Note": ("note", "notes"),
    "Example": ("example beispiel", "examples beispiele"),
}
"""Word of a key -> how documents write it, for one thing and for several. A thing has one key in
all languages, so that a question about figure 3 finds "Abbildung 3"."""
_PLURALS = frozenset(written for _, forms in _WRITTEN.values() for written in forms.split())
_WORDS = {
    written: word for word, both in _WRITTEN.items() for forms in both for written in forms.split()
}

_DASH = r"[.\-\u2010-\u2013]"
_COUNT = rf"(?:[A-Z]{{1,2}}{_DASH}?)?\d+(?:{_DASH}\d+)*"
_SHORT = rf"(?:[A-Z]{_DASH}?)?\d{{1,3}}(?:{_DASH}\d{{1,3}})*"
"""Without years and numbers of laws."""
_ROMAN = r"[IVXLC]+(?![A-Za-z])"
_LETTER = r"[A-Z](?![\w\u2019'])"
_SUFFIX = r"(?:\s?\([a-z]\)|[a-z](?![A-Za-z]))?"
_CLAUSES = r"(?:\([A-Za-z\d]{1,4}\))*(?!-?\.?\d)"
"""Behind the number of a section: "Section 13(a)(1)" is a place in section 13. What goes on with
more digits ("Section 5-1401", "Section 1.409A") is in a law."""
_END = r"(?![\w%])"


def _number_of(word: str) -> str:
    """How things of that word are numbered."""
    if word in HEADINGS:
        return rf"(?P<number>{_SHORT}|[IVXL]+(?:[.\-][A-Z\d])?(?![A-Za-z])|{_LETTER}){_CLAUSES}"
    if word == "Equation":
        return rf"(?P<open>\()?(?P<number>{_SHORT}[a-z]?)(?(open)\))"
    if word == "Step":
        return rf"(?P<number>\d{{1,3}}(?:\.\d{{1,3}})*|{_LETTER}){_SUFFIX}"
    if word == "Note":
        return rf"(?P<number>\d{{1,3}}[A-Z]?|{_LETTER})"
    if word == "Page":
        return (
            r"(?P<number>(?:[A-Z]{1,2}[\-\u2010-\u2013]?)?\d{1,4}"
            r"(?:[\-\u2010-\u2013]\d{1,4})?|[ivxl]+)"
        )
    return rf"(?P<number>(?:{_COUNT}|{_ROMAN}|{_LETTER}){_SUFFIX})"


_FORMS = "|".join(sorted((each for each in _WORDS if each[0] != "§"), key=len, reverse=True))
_NOUN = re.compile(rf"(?:\b(?ai:{_FORMS})\b|§§?)\.?")
"""Without the other letters that Unicode takes for an "s" or "i"."""
_NUMBER = {word: re.compile(rf"\s*{_number_of(word)}{_END}") for word in _WRITTEN}
_ANOTHER = {
    word: re.compile(
        r"\s*(?P<link>(?i:,\s*(?:and|und|or)|,|and|und|et|y|or|oder|&|to|through|bis)|[\-\u2013])\s*"
        rf"(?:{_number_of(word)}{_END}|\((?P<part>[a-z])\))"
    )
    for word in _WRITTEN
}

_DASHES = re.compile(r"[\u2010-\u2013]")
_PART = re.compile(r"\s?\(([a-z])\)$|(?<=\d)([a-z])$")
_LETTER_ONLY = re.compile(r"[ABD-HJKM-UWYZ]")
"""A letter that is no Roman number."""

_BEFORE = 16
"""Characters before a word that say how it is meant."""
_LEADS = re.compile(r"(?:\b(?:see|in|to|of|and|also|with|from|by)\s+|\(\s*)$", re.IGNORECASE)
_LEADS_TO_PAGE = re.compile(r"(?:\b(?:see|on|at|also|to)\s+|\(\s*)$", re.IGNORECASE)
_COUNTED = re.compile(r"\d\s*$")


@dataclass(frozen=True, slots=True)
class Noun:
    """A word that a number may follow, at characters [start, end) with its full stop."""

    word: str
    """As keys have it."""
    written: str
    start: int
    end: int

    @property
    def plural(self) -> bool:
        """Whether several numbers may follow."""
        return self.written.lower() in _PLURALS

    def number(self, text: str) -> re.Match[str] | None:
        """The number that follows in `text`: group "number"."""
        match = _NUMBER[self.word].match(text, self.end)
        if match and self.written.islower() and _LETTER_ONLY.fullmatch(match["number"]):
            return match if self.word in HEADINGS else None  # "in the figure A is an area"
        return match

    def another(self, text: str, start: int) -> re.Match[str] | None:
        """One more number at `start`: groups "link", and "number" or "part"."""
        return _ANOTHER[self.word].match(text, start)

    def key(self, number: str) -> str:
        """The key of the thing with that number."""
        number = _DASHES.sub("-", number)
        return f"{self.word} {_PART.sub(lambda part: f'({part[1] or part[2]})', number)}"


def nouns(text: str, words: frozenset[str], start: int = 0) -> Iterator[Noun]:
    """The words in `text` that name a thing of one of `words`."""
    for match in _NOUN.finditer(text, start):
        written = match.group().rstrip(".")
        noun = Noun(_WORDS[written.lower()], written, *match.span())
        if noun.word in words and _is_meant(noun, text):
            yield noun


def _is_meant(noun: Noun, text: str) -> bool:
    """Short and common words mean a thing only where they are written like that: "5 sec", "CH 3",
    "for example 3 of them" name none."""
    before = text[max(0, noun.start - _BEFORE) : noun.start]
    dotted = text.startswith(".", noun.end - 1)
    match noun.written.lower():
        case "sec" | "secs":
            return noun.written != "SEC" and not _COUNTED.search(before)
        case "ch" | "chap":
            return noun.written != "CH" and dotted
        case "p" | "pp":
            return noun.written.islower() and dotted and bool(_LEADS_TO_PAGE.search(before))
        case "note" | "notes" | "example" | "examples":
            return noun.written[0].isupper() or bool(_LEADS.search(before))
    return True


def without_part(key: str) -> str:
    """The key of the whole: "Figure 3" of "Figure 3(b)"."""
    return _PART.sub("", key)


def kin(key: str) -> Iterator[str]:
    """Chapter 3 may be headed "3 Setup", and section B be appendix B; but where appendices are
    numbered 1, 2, 3, those are not the sections of that number. Note 5D is in note 5."""
    word, _, number = key.partition(" ")
    if word == "Note" and number[-1].isalpha() and number[0].isdigit():
        yield key[:-1]
    words = ("Section", "Chapter") if number[0].isdigit() else ("Section", "Appendix", "Annex")
    if word in words:
        yield from (f"{other} {number}" for other in words if other != word)


def word_of(key: str) -> str:
    """ "Figure" of "Figure 3"."""
    return key.split(" ", 1)[0]


def names_table(label: str) -> bool:
    """Whether the key is that of a table."""
    return word_of(label) in TABLES


def names_figure(label: str) -> bool:
    """Whether the key is that of a figure, chart, scheme ...: something to look at."""
    return word_of(label) in FIGURES
