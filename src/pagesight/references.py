"""Keys of figures and tables: how captions name them and how running text mentions them.

A key is the singular word and the number as the field writes it: "Figure 3-2", "Figure 3(b)",
"Table A.1", "Table IV". Captions and mentions give the same key for the same thing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

BIBLIOGRAPHIC = re.compile(r"(?<![A-Z0-9_])\s*\[\d+(?:\s*[,;–-]\s*\d+)*\]")
"""A document's own marks into its list of sources ("[12]"), but not the index of a name
("CTRL[3]")."""

_NOUNS = {
    "fig": "Figure",
    "figs": "Figure",
    "figure": "Figure",
    "figures": "Figure",
    "tab": "Table",
    "tabs": "Table",
    "tbl": "Table",
    "table": "Table",
    "tables": "Table",
    "chart": "Chart",
    "charts": "Chart",
    "diagram": "Diagram",
    "diagrams": "Diagram",
    "exhibit": "Exhibit",
    "exhibits": "Exhibit",
    "scheme": "Scheme",
    "schemes": "Scheme",
    "plate": "Plate",
    "plates": "Plate",
    "listing": "Listing",
    "listings": "Listing",
    "algorithm": "Algorithm",
    "algorithms": "Algorithm",
}
_TABULAR = frozenset({"Table"})
_TEXTUAL = frozenset({"Listing", "Algorithm"})

_WORD = r"(?P<word>" + "|".join(sorted(_NOUNS, key=len, reverse=True)) + r")\b\.?"
_NUMBER = (
    r"(?:(?:[A-Z]{1,2}[.\-\u2010-\u2013]?)?\d+(?:[.\-\u2010-\u2013]\d+)*|[IVXLC]+(?![A-Za-z]))"
    r"(?:\s?\([a-z]\)|[a-z](?![A-Za-z]))?"
)
_KEY = rf"(?i:{_WORD})\s*(?P<number>{_NUMBER})(?![\w%])"
_CAPTION = re.compile(rf"\W{{0,2}}{_KEY}(?P<rest>.*)", re.DOTALL)
_MENTION = re.compile(rf"\b{_KEY}")
_PART = re.compile(r"\s?\(([a-z])\)$|(?<=\d)([a-z])$")
_ANOTHER = re.compile(
    r"\s*(?P<link>,\s*and|,|and|or|&|to|through|\u2013)\s*"
    rf"(?:(?P<number>{_NUMBER})(?![\w%])|\((?P<part>[a-z])\))"
)
_CAPTION_REST = re.compile(r"\s*[.:|\u2013\u2014]|\s+-\s|\s*$|\s+[A-Z(\"\u201c\u2018\[\d]")
_RUNNING = re.compile(
    r"[\s.:]*(?:shows?|illustrates?|presents?|depicts?|gives?|lists?|summari[sz]es?|compares?|"
    r"plots?|is|are|was|and|in|of|we|that|reports?|provides?|displays?|describes?|contains?)\b"
)
_LONGEST_RANGE = 20
"""Members of one range; a longer one is more likely two numbers of other things."""


@dataclass(frozen=True, slots=True)
class Mention:
    """Running text names `label` at characters [start, end)."""

    label: str
    start: int
    end: int


def parse_caption(text: str, *, trusted: bool = False) -> str | None:
    """The key that a caption begins with; None where `text` is no caption of a numbered thing.

    Running text may begin the same way ("Figure 3 shows ..."), so that punctuation or a capital
    has to follow the number, unless the layout already says that it is a caption (`trusted`).
    """
    match = _CAPTION.match(text)
    if match is None:
        return None
    rest = match["rest"]
    if not trusted and (not _CAPTION_REST.match(rest) or _RUNNING.match(rest)):
        return None
    return _key(match["word"], match["number"])


def names_table(label: str) -> bool:
    """Whether the key is that of a table."""
    return label.split(" ", 1)[0] in _TABULAR


def names_figure(label: str) -> bool:
    """Whether the key is that of a figure, chart, scheme ...: something to look at."""
    return bool(label) and label.split(" ", 1)[0] not in _TABULAR | _TEXTUAL


def mentions(text: str) -> list[Mention]:
    """Every key that `text` names, in order, lists and ranges ("Figs. 3 and 4") taken apart."""
    found: list[Mention] = []
    for match in _MENTION.finditer(text):
        word, number = match["word"], match["number"]
        low, dash, high = number.partition("\u2013")
        if dash and _is_plural(word) and (counted := _range(low, high)) != [high]:
            # "Figs. 3-5" with the long dash is a range; "Figs. 3-5 and 3-6" with a hyphen is not.
            found += (Mention(_key(word, each), *match.span()) for each in (low, *counted))
            continue
        found.append(Mention(_key(word, number), match.start(), match.end()))
        end = match.end()
        while another := _ANOTHER.match(text, end):
            link = another["link"]
            if another["part"]:
                following = [_without_part(number) + f"({another['part']})"]
            elif not _is_plural(word) and link not in ("&", "and", "or"):
                break
            elif link in ("to", "through", "\u2013"):
                following = _range(number, another["number"])
            else:
                following = [another["number"]]
            number = following[-1]
            found += (
                Mention(_key(word, each), another.start(), another.end()) for each in following
            )
            end = another.end()
    return found


def named(text: str) -> list[tuple[str, ...]]:
    """What a question names, in order, without repeats: each by its key, and a part ("Figure 3(b)")
    by that of the whole ("Figure 3") as well, for where the part has no crop of its own."""
    labels = dict.fromkeys(mention.label for mention in mentions(text))
    return [tuple(dict.fromkeys((label, _without_part(label)))) for label in labels]


def _key(word: str, number: str) -> str:
    number = re.sub(r"[\u2010-\u2013]", "-", number)
    number = _PART.sub(lambda part: f"({part[1] or part[2]})", number)
    return f"{_NOUNS[word.lower()]} {number}"


def _is_plural(word: str) -> bool:
    return word.lower().endswith("s")


def _without_part(number: str) -> str:
    return _PART.sub("", number)


def _range(first: str, last: str) -> list[str]:
    """The numbers after `first` up to `last`, where both count the same thing."""
    head, _, low = first.rpartition(".") if "." in first else first.rpartition("-")
    other, _, high = last.rpartition(".") if "." in last else last.rpartition("-")
    counted = head == other and low.isdigit() and high.isdigit()
    if not counted or not 0 < int(high) - int(low) <= _LONGEST_RANGE:
        return [last]
    prefix = last[: len(last) - len(high)]
    return [f"{prefix}{number}" for number in range(int(low) + 1, int(high) + 1)]
