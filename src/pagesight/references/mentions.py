"""Where running text mentions things by their keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from pagesight.references.keys import CAPTIONED, HEADINGS, Noun, kin, nouns, without_part, word_of

BIBLIOGRAPHIC = re.compile(r"(?<![A-Z0-9_])\s*\[\d+(?:\s*[,;–-]\s*\d+)*\]")
"""A document's own marks into its list of sources ("[12]"), but not the index of a name
("CTRL[3]")."""

EVERYTHING = CAPTIONED | HEADINGS | {"Equation", "Step", "Page", "Note", "Example"}

_LONGEST_RANGE = 20
"""Members of one range; a longer one is more likely two numbers of other things."""
_RANGE = re.compile(r"(?P<low>[^\-\u2010-\u2013]+)[\-\u2010-\u2013](?P<high>[^\-\u2010-\u2013]+)")
_LAST = re.compile(r"(?P<head>(?:.*[.\-\u2010-\u2013A-Z])?)(?P<last>\d{1,9})")
_THROUGH = ("to", "through", "bis", "-", "\u2013")
_AND = ("&", "and", "or", "und", "oder", "et", "y")

_LINK = re.compile(r"\s*(?:,|and|or|&|,\s*(?:and|or))?\s*", re.IGNORECASE)

_LAWS = (
    r"Act|ACT|CODE|Acts|Code|Statutes?|Directive|Regulations?|Constitution|Convention|Treaty|Law|Rules?|"
    r"ERISA|CFR|C\.F\.R\.|USC|U\.S\.C\."
)
_STANDARDS = r"ISO|IEC|IEEE|DIN|EN|ANSI|RFC|ASTM|NIST|VDE|UL|ITU-T|ASC|IFRS|IAS"
_ELSEWHERE = re.compile(
    r"[\s,]*(?:of|OF|in|from|to|under)\s+(?:"
    r"\[|[Rr]ef(?:s|erences?)?\b|"
    r"[A-Z][\w\u2019'-]+(?:\s+(?:and|&)\s+[A-Z][\w-]+)?\s+(?:et\s+al\b|\[|\((?:19|20)\d\d)|"
    r"(?i:(?:the|their|its|his|her)\s+(?:[\w.\u2019'-]+\s+){0,5}?"
    r"(?:standard|specification|data\s?sheet|supplement|supplementary|thesis|original)\b)|"
    rf"(?:the\s+|THE\s+)?(?:(?:[A-Z][\w.\u2019'-]*|of|and)\s+){{0,6}}?(?:{_LAWS})\b|"
    rf"(?:the\s+)?(?:{_STANDARDS})\b[\s-]*\d)"
)
"""What follows the mention of another document's figure or section."""
_COUNTER = re.compile(r"\s*(?:of|/|von)\s*\d")
"""What follows a number that counts pages or steps: "page 3 of 20"."""
_CITED = re.compile(
    r"(?:\[\d[\d,\s\u2013-]*|\b(?:19|20)\d\d[a-z]?|\bpp?\.\s?\d[\d\u2013-]*),\s*$|"
    rf"\b(?:{_LAWS})[,\s]+$|\b(?:{_STANDARDS})[\s-]?\d[\w./:-]*,?\s*$"
)
"""What stands before one in a citation: "[12, Figure 3]", "(Smith 2019, Table 2)", "ISO 9001,
Section 4"."""
_VOLUME = re.compile(r"(?:[A-Za-z]\)?|(?:19|20)\d\d\)?|\bvolume \d+|\bvol\. ?\d+)[,.:]\s*$")
"""What stands before the pages of a book or journal: "Proceedings of X, pages 12-20"."""
_FULL_STOP = re.compile(
    r"(?!(?:figs?|tabs?|tbl|abb|secs?|sect|ch|chap|eqs?|eqns?|pp?)\b)[a-z]+\.", re.IGNORECASE
)
"""A word that is no abbreviation ends its sentence ("in these tables. 3 The ...", 3 being a
footnote's mark) or is a file ("figure.1")."""
_ENTRY = re.compile(r"\s*(?:\d{1,3}|[A-Z])(?:\.\d{1,3})+\s")
"""How a line of a table of contents begins: "28.6.2 The Port Table 563" ends with a page number."""
_LED = re.compile(r"\b(?:see|in|of|to|from|as|with|by|on|and|or)\s+$|[(,]\s*$", re.IGNORECASE)
_AS_ASKED: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"\bpp?\.\s?(?=\d)", re.IGNORECASE), "page "),
    (re.compile(r"\bslide(?=s?\s\d)", re.IGNORECASE), "page"),
    (re.compile(r"(?<!for )\b(?:example|note)(?=s?\s\d)"), lambda match: match[0].title()),
    (re.compile(r"(?i:\bfig(?:ure)?\.?\s?)\d{1,3}[A-H]\b"), lambda match: match[0].lower()),
    (
        re.compile(r"\b(?:appendix|annex|annexe|anhang)\s[a-z]\b", re.IGNORECASE),
        lambda match: match[0][:-1] + match[0][-1].upper(),
    ),
)
"""What running text is strict about and a question may say: "what is on p. 5", "example 3 says",
"appendix b", "Fig. 3B", and "slide 5" for the page of a deck."""
_CITATION = 40
"""Characters before a mention that a citation takes."""


@dataclass(frozen=True, slots=True)
class Mention:
    """Running text names `label` at characters [start, end)."""

    label: str
    start: int
    end: int


def mentions(text: str, words: frozenset[str] = CAPTIONED) -> list[Mention]:
    """Every key of one of `words` that `text` names, in order, lists and ranges ("Figs. 3 and 4",
    "Tables 4-6") taken apart."""
    found: list[Mention] = []
    for noun in nouns(text, words):
        match = noun.number(text)
        if match:
            found += _from(noun, match, text)
    return found


def own_mentions(text: str, words: frozenset[str] = CAPTIONED) -> list[Mention]:
    """The same without what belongs to other documents. What stands before and after a list goes
    for all of it: "Figures 2 and 3 of [7]", "Section 13 or Section 15(d) of the Act"."""
    own: list[Mention] = []
    for together in _lists(text, mentions(text, words)):
        if not _is_elsewhere(text, together):
            own += together
    return own


def named(text: str) -> list[tuple[str, ...]]:
    """What a question names, in order, without repeats: each by its key, and a part ("Figure 3(b)")
    by that of the whole ("Figure 3") as well, for where the part has no crop of its own."""
    labels = dict.fromkeys(mention.label for mention in mentions(text))
    return [tuple(dict.fromkeys((label, without_part(label)))) for label in labels]


def asked(text: str) -> list[tuple[str, ...]]:
    """The same of everything that can be named: sections, equations, pages ...; each also by the
    other words that its heading may have ("Chapter 3" for "Section 3")."""
    for pattern, written in _AS_ASKED:
        text = pattern.sub(written, text)
    labels = dict.fromkeys(mention.label for mention in mentions(text, EVERYTHING))
    return [tuple(dict.fromkeys((label, without_part(label), *kin(label)))) for label in labels]


def _lists(text: str, found: Iterable[Mention]) -> Iterator[list[Mention]]:
    """Mentions of one word with nothing between them but commas and conjunctions."""
    together: list[Mention] = []
    for mention in found:
        if together:
            last = together[-1]
            alike = word_of(mention.label) == word_of(last.label)
            if not alike or not _LINK.fullmatch(text[last.end : mention.start]):
                yield together
                together = []
        together.append(mention)
    if together:
        yield together


def _is_elsewhere(text: str, together: Sequence[Mention]) -> bool:
    """Whether it is another document's, or no mention at all."""
    first, last = together[0], together[-1]
    before = text[max(0, first.start - _CITATION) : first.start]
    if _ELSEWHERE.match(text, last.end) or _CITED.search(before):
        return True
    word = word_of(first.label)
    if word == "Page":
        alone = not text[: first.start].strip() and not text[last.end :].strip()
        if alone or _VOLUME.search(before):
            return True
    counts = word in ("Page", "Step") and _COUNTER.match(text, last.end)
    return bool(counts or _FULL_STOP.match(text, first.start) or _is_entry(text, together))


def _is_entry(text: str, together: Sequence[Mention]) -> bool:
    """Whether a line of a table of contents ends with it, the number being that of a page."""
    if len(together) > 1:
        return False
    (mention,) = together
    start, end = text.rfind("\n", 0, mention.start) + 1, text.find("\n", mention.end)
    before, after = text[start : mention.start], text[mention.end : end if end >= 0 else None]
    if after.strip() or not before.strip():
        return False
    noun = next(nouns(text, EVERYTHING, mention.start))
    return noun.plural or (_ENTRY.match(before) is not None and not _LED.search(before))


def _from(noun: Noun, match: re.Match[str], text: str) -> Iterator[Mention]:
    """The mentions that a noun and its first number begin."""
    start, end, number = noun.start, match.end(), match["number"]
    numbers = _members(noun, number, text, end)
    yield from (Mention(noun.key(each), start, end) for each in numbers)
    while another := noun.another(text, end):
        link = another["link"].lower().split()[-1]
        if another["part"]:
            following = [f"{without_part(number)}({another['part']})"]
        elif not noun.plural and link not in _AND:
            return
        elif number.isalpha() != another["number"].isalpha():
            return  # "Table 2 and I think"
        elif link in _THROUGH:
            following = _counted(number, another["number"]) or [another["number"]]
        else:
            several = _RANGE.fullmatch(number) is None
            members = _members(noun, another["number"], text, another.end())
            following = members if several else [another["number"]]
        number, start, end = following[-1], another.start(), another.end()
        yield from (Mention(noun.key(each), start, end) for each in following)


def _members(noun: Noun, number: str, text: str, end: int) -> list[str]:
    """A number, or those of a range that was read as one: "Tables 4-6", but not "Figures 3-5 and
    3-6"."""
    match = _RANGE.fullmatch(number) if noun.plural else None
    counted = _counted(match["low"], match["high"]) if match else []
    another = noun.another(text, end)
    if match is None or not counted or (another and _RANGE.fullmatch(another["number"] or "")):
        return [number]
    return [match["low"], *counted]


def _counted(first: str, last: str) -> list[str]:
    """The numbers after `first` up to `last`; none where they count different things."""
    head, low = _split(first)
    other, high = _split(last)
    if head != other or not 0 < high - low <= _LONGEST_RANGE:
        return []
    return [f"{head}{number}" for number in range(low + 1, high + 1)]


def _split(number: str) -> tuple[str, int]:
    match = _LAST.fullmatch(number)
    return (match["head"], int(match["last"])) if match else (number, 0)
