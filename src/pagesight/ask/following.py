"""Follow-up questions, by rules: which lean on the one before, and what they take from it.

The rules know English. A question in another language is taken for a follow-up only where it is
very short.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from pagesight.tokens import tokenize

MOST_CARRIED = 30
"""Words that are carried at most: an embedder reads 256 word pieces, and a chain of follow-ups
would grow for ever."""
_FRAGMENT = 1
"""A question without a verb that has no more content words than this is no sentence: "M8?"."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_ASKING = _set("what which who whom whose when where why how")
_VERBS = _set(
    "is are was were be been am do does did has have had can could will would should shall may "
    "might must need needs"
)
_COMMANDS = _set(
    "define explain describe list show summarise summarize compare find give tell name"
)
_PREPOSITIONS = _set(
    "for in on at with without of to from by under over between during per since until"
)
_JOINING = _PREPOSITIONS | _set("a an and or the")
"""What may stand between two words that are carried as one stretch."""
_EMPTY = (
    _ASKING
    | _VERBS
    | _COMMANDS
    | _JOINING
    | _set(
        "i me my we us our you your he him his she her hers it its they them their theirs this "
        "that these those one ones there here not no yes so also then than if as about same other "
        "others another else such some any all both each more most much many very too just only "
        "again still please say says said mean means meant happen happens use uses used take takes "
        "get gets make makes shows see let want know thing things long often far big ok okay but "
        "plus instead like up out into it's what's that's who's how's where's there's"
    )
)
"""Words that do not say what a question is about."""

_OPENER = re.compile(
    r"\W*(?:and|or|but|so|also|then|plus|instead|(?:what|how) about|what if|as for"
    r"|(?:the )?same for)\b",
    re.IGNORECASE,
)
_PRONOUN = re.compile(
    r"\b(?:it|its|they|them|their|theirs|he|him|his|she|her|hers|this|these|else|former|latter"
    r"|aforementioned)\b"
    r"|\b(?:(?:is|are|was|were|do|does|did|can|could|will|would|should|about|of|for|with|in|on|to"
    r"|than|like|by|from|at) )(?:that|those)\b"
    r"|\b(?:that|those)(?=\W*$)"
    r"|\b(?:the|that|which|other|\w+er|first|second|third|last) ones?\b(?! of\b)"
    r"|\b(?:the others?|another one)(?=\W*$)",
    re.IGNORECASE,
)
_NOT_MEANT = re.compile(
    r"it (?:is )?(?:takes?|possible|necessary|safe|allowed|permitted|advisable|common|normal|ok"
    r"|better|best|important)\b",
    re.IGNORECASE,
)
"""The "it" of "How long does it take to ..." stands for nothing that came before."""
_TO = re.compile(r"\bto\b", re.IGNORECASE)
_CLAUSE = re.compile(
    r"[,;:]|\b(?:if|when|while|after|before|because|once|until|and|that|which)\b", re.IGNORECASE
)
"""Begins a clause: a pronoun behind it may stand for something in the clause before."""
_DETERMINED = re.compile(r"\b(?:the|a|an|my|our|your|each|every)\s+\w", re.IGNORECASE)

_WORD = re.compile(r"[^\W_](?:[\w./:+'’-]*[\w%])?")
_YEAR = re.compile(r"(?:FY)?(?:19|20)\d\d", re.IGNORECASE)
_MONTHS = _set(
    "january february march april may june july august september october november december"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Word:
    text: str
    start: int
    end: int

    @property
    def empty(self) -> bool:
        return self.text.lower().replace("’", "'") in _EMPTY

    @property
    def stems(self) -> frozenset[str]:
        return frozenset(tokenize(self.text))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """A value that another of its kind can take the place of: a year, a part number, a name."""

    kind: str
    text: str
    start: int
    end: int


def is_follow_up(question: str) -> bool:
    """Whether a question cannot be understood without the one before it.

    It begins with "and" or "what about", has a pronoun whose noun it does not hold itself, says
    nothing of its own ("why?"), or is no sentence ("for the M8?", "which page?").
    """
    words = _words(question)
    if not words:
        return False
    content = [word for word in words if not word.empty]
    if not content or _OPENER.match(question) or _points_back(question):
        return True
    first = words[0].text.lower()
    if any(word.text.lower() in _VERBS for word in words) or first in _COMMANDS:
        return False
    asking = any(word.text.lower() in _ASKING for word in words)
    if not asking and first in _PREPOSITIONS | {"the", "a", "an"}:
        return True
    return len(content) <= _FRAGMENT


def carried(question: str, before: str) -> str:
    """A follow-up question, made to stand on its own by the one before it.

    A question that only names other values ("and for the M8 in 2018?") is the one before with
    these values in the place of those of the same kind. Any other gets in brackets what the one
    before is about and it does not say itself. Doing it twice is doing it once.

    Args:
        before: the previous question, standing on its own.
    """
    items, old = _items(question), _items(before)
    replaced = {
        mine: theirs for mine in items if (theirs := _replaced(mine, items, old)) is not None
    }
    if replaced and _only_values(question, before, items, replaced):
        return _substituted(before, replaced)
    stretches = _stretches(before, _stems(question), replaced.values())
    if not stretches:
        return question
    bare = question.rstrip(" ?.!")
    return f"{bare} ({', '.join(stretches)}){question[len(bare) :].strip()}"


def _points_back(question: str) -> bool:
    for match in _PRONOUN.finditer(question):
        if (idle := _NOT_MEANT.match(question, match.start())) and _TO.search(question, idle.end()):
            continue
        if not _has_noun(question, match.start(), match.group().lower()):
            return True
    return False


def _has_noun(question: str, end: int, pronoun: str) -> bool:
    """Whether a pronoun that begins at `end` can stand for something that the question named
    before it: a noun of a clause before, or for "its" any name or part number."""
    noun = _DETERMINED.search(question, 0, end)
    if noun is not None and _CLAUSE.search(question, noun.end(), end):
        return True
    names = [item for item in _items(question[:end]) if item.kind in ("name", "code")]
    return pronoun in ("its", "their") and bool(names)


def _words(text: str) -> list[_Word]:
    return [
        _Word(text=match.group(), start=match.start(), end=match.end())
        for match in _WORD.finditer(text)
    ]


def _stems(text: str) -> frozenset[str]:
    return frozenset().union(*(word.stems for word in _words(text)))


def _items(text: str) -> list[_Item]:
    """The values of a question in order."""
    words = _words(text)
    items: list[_Item] = []
    for number, word in enumerate(words):
        kind = _kind(words, number)
        last = items[-1] if items else None
        if kind == "name" and last and last.kind == kind and text[last.end : word.start] == " ":
            start, items = last.start, items[:-1]
        else:
            start = word.start
        if kind:
            items.append(_Item(kind=kind, text=text[start : word.end], start=start, end=word.end))
    return items


def _kind(words: Sequence[_Word], number: int) -> str:
    """What the word may be replaced by: "year", "month", "code", "name", a number by the word
    beside it ("pin 3", "at 10 bar"); "" for any other word."""
    text = words[number].text
    if _YEAR.fullmatch(text):
        return "year"
    if any(letter.isdigit() for letter in text):
        if any(letter.isalpha() for letter in text):
            return "code"
        beside = [*words[max(0, number - 1) : number], *words[number + 1 : number + 2]]
        return next((f"number {word.text.lower()}" for word in beside if not word.empty), "number")
    if words[number].empty or not any(letter.isupper() for letter in text):
        return ""
    if number == 0 and not any(letter.isupper() for letter in text[1:]):
        return ""
    return "month" if text.lower() in _MONTHS else "name"


def _replaced(mine: _Item, items: Sequence[_Item], old: Sequence[_Item]) -> _Item | None:
    """The value of the question before that `mine` takes the place of; None where there is none
    of its kind, where there are several, and where it stands there already."""
    alike = [item for item in old if _same_kind(item, mine)]
    texts = {item.text.casefold() for item in alike}
    rivals = {item.text.casefold() for item in items if _same_kind(item, mine)}
    if len(texts) != 1 or len(rivals) != 1 or mine.text.casefold() in texts:
        return None
    return alike[0]


def _same_kind(one: _Item, other: _Item) -> bool:
    """Codes are of one kind if they begin with the same letters or look alike: M8 and M10, E07
    and W12, but not M8 and LX7302."""
    if one.kind != other.kind or one.kind != "code":
        return one.kind == other.kind
    first, second = (re.match(r"[^\W\d]*", item.text.casefold()) for item in (one, other))
    assert first is not None
    assert second is not None
    return (first.group() != "" and first.group() == second.group()) or _shape(one) == _shape(other)


def _shape(item: _Item) -> str:
    return re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "0", item.text.casefold()))


def _only_values(
    question: str, before: str, items: Sequence[_Item], replaced: Mapping[_Item, _Item]
) -> bool:
    """Whether a question says nothing but values that replace others, in words of the one
    before."""
    opener = _OPENER.match(question)
    rest = _words(question[opener.end() :] if opener else question)
    known = _stems(before)
    values = {word.text for item in replaced for word in _words(item.text)}
    return all(
        word.text in values
        or word.stems <= known
        or (word.empty and word.text.lower() not in _ASKING)
        for word in rest
    ) and all(item in replaced or _stems(item.text) <= known for item in items)


def _substituted(before: str, replaced: Mapping[_Item, _Item]) -> str:
    """The question before with the new values, wherever the old ones stand."""
    for mine, theirs in replaced.items():
        before = re.sub(rf"(?<!\w){re.escape(theirs.text)}(?!\w)", mine.text, before)
    return before


def _stretches(before: str, known: frozenset[str], replaced: Collection[_Item]) -> list[str]:
    """What a question is about, as it stands there: runs of content words that are not `known`
    and were not replaced, over the small words between them."""
    gone = {word.text for item in replaced for word in _words(item.text)}
    runs: list[list[_Word]] = [[]]
    for word in _words(before):
        if not (word.empty or word.text in gone or word.stems <= known):
            runs[-1].append(word)
        elif word.text in gone or word.text.lower() not in _JOINING:
            runs.append([])
    found: list[str] = []
    left = MOST_CARRIED
    for run in runs:
        taken = run[:left]
        left -= len(taken)
        if taken:
            found.append(before[taken[0].start : taken[-1].end])
    return list(dict.fromkeys(found))
