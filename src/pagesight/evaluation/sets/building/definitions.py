"""Questions for what a term is and what an abbreviation stands for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from pagesight.document import Chunk
from pagesight.evaluation.sets.building.candidate import Candidate, holds
from pagesight.sentences import sentence_ranges

DEFINITION = "definition"
ABBREVIATION = "abbreviation"

_LONGEST_SENTENCE = 60
"""Words; a longer one is a list that lost its line breaks."""
_PHRASE_WORDS = (3, 15)
_DEFINES = re.compile(
    r"(?P<article>(?:An?|The) )?(?P<term>[^\W\d_][\w/.'’+-]*(?: [\w/.'’+&-]+){0,4}?) "
    r"(?P<verb>is defined as|are defined as|is|are|means|refers to) "
    r"(?P<predicate>(?:(?P<opens>an?|the) )?(?P<rest>.+))\."
)
_NO_START = (
    "this it there that these those each one such all both he she we they what which here note "
    "another our its their his her your you my i if when while because although as since so in on "
    "at by for with from to of and or but not also however therefore thus how why who only some "
    "many most any every no first second third next then more less other let please similarly "
    "conversely instead rather finally lastly today below above following can may must should "
    "analogous given being such"
)
"""A sentence that begins so says what something is, but no term."""
_NO_PART = (
    "a an the or that which who whom if whether is are was were be been not than as when where but "
    "has have had does do did can may will would should must it this these there here below above "
    "with by how why you we i they he she your our from on at in after before during under over "
    "using chair chairman president director secretary officer manager author"
)
"""No term has these: they are of another clause, or name persons."""
_VAGUE = (
    "good bad great better best key major main important critical crucial essential integral "
    "common typical central result results lot number few little bit problem matter must need way "
    "case reason example part challenge question same only first second third one more most "
    "subject total following above similar different significant difference next last new primary "
    "fact cause use point time year date day person copy list sum role goal aim purpose focus "
    "heart core leading combination choice driving strong single simple possible step issue thing "
    "answer idea area topic trend factor aspect concern direction alternative proxy fundamental "
    "caveat limitation feature advantage disadvantage benefit drawback value parameters apparent "
    "smaller larger higher lower"
)
"""A term has none of these, nor has what defines it in its first words."""
_NO_STARTS, _NO_PARTS = frozenset(_NO_START.split()), frozenset(_NO_PART.split())
_VAGUE_WORDS = frozenset(_VAGUE.split())
_HEAD_WORDS = 4
"""The noun of a defining phrase is among so many of its first words."""
_TORN = re.compile(r" [b-z] |[•□■|]")
"""A letter by itself is a word that came apart ("Windo w"), a bullet the next item."""
_CLAUSE = re.compile(
    r",? (?:and|but|while|whereas) (?:\w+s (?:a|an|the|its|of|to|on|in)|we|it|they|is|are)\b|; "
)
"""Where another clause about the same thing begins."""
_BOUNDARY = re.compile(
    r",? (?:that|which|who|whose|where|because)\b|, (?:so|but|while|when)\b| \(| [–—-] "
)
_LOOSE_END = re.compile(
    r"(?:,|\s+(?:for|of|in|to|by|and|or|with|from|on|as|at|such|about|\[[\d, ]+\]))+$"
)
_SECOND_VERB = re.compile(
    r"(?<!that )(?<!which )(?<!who )\b(?:is|are|was|were|has|have|had|can|could|"
    r"will|would|may|should|must|we)\b"
)

_IN_BRACKETS = re.compile(r"\((?P<short>[A-Z][A-Za-z0-9&-]{1,7}?)(?P<plural>s?)\)")
_FEWEST_CAPITALS = 3
"""Of two letters ("ID", "PE") there is more than one reading in any library."""
_SMALL_WORDS = ("a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "per", "the", "to")
"""Words that an abbreviation may pass over."""


def candidates(chunks: Sequence[Chunk]) -> Iterator[Candidate]:
    """Definitions and abbreviations in the running text of one document."""
    prose = [chunk for chunk in chunks if chunk.kind == "text"]
    words = Counter(word for chunk in prose for word in re.findall(r"\b[^\W\d]\w*", chunk.text))
    for chunk in prose:
        for start, end in sentence_ranges(chunk.text):
            if len(chunk.text[start:end].split()) <= _LONGEST_SENTENCE:
                yield from _definition(chunk, start, end, words)
            yield from _abbreviations(chunk, start, end)


def _definition(chunk: Chunk, start: int, end: int, words: Counter[str]) -> Iterator[Candidate]:
    """`words` are those of the document, as they are written."""
    found = _DEFINES.fullmatch(chunk.text, start, end)
    if found is None or not _is_term(found) or not _defines(found):
        return
    phrase = _phrase(found)
    if not phrase or holds(found["term"], phrase):
        return
    yield Candidate(
        question=_what(found, words),
        answers=(phrase,),
        tag=DEFINITION,
        chunk=chunk,
        start=start,
        end=end,
    )


def _what(found: re.Match[str], words: Counter[str]) -> str:
    """The question; a term has a capital where the document mostly writes it so."""
    term, verb = found["term"], found["verb"]
    first, _, others = term.partition(" ")
    if found["article"]:
        term = found["article"].lower() + term
    elif words[first.lower()] > words[first] and others == others.lower():
        term = term[0].lower() + term[1:]
    if verb == "refers to":
        return f"What does {term} refer to?"
    return f"What does {term} mean?" if verb == "means" else f"What {verb.split()[0]} {term}?"


def _is_term(found: re.Match[str]) -> bool:
    words = found["term"].lower().split()
    if words[0] in _NO_STARTS or words[-1] in _NO_STARTS or len(set(words)) < len(words):
        return False
    if _NO_PARTS.intersection(words) or _VAGUE_WORDS.intersection(words):
        return False
    clause = len(words) > 1 and words[0].endswith(("ing", "ly"))
    fewest = 2 if found["term"].isupper() else 3  # fewer letters are a symbol of a formula
    symbol = sum(map(str.isalpha, words[0])) < fewest
    if found["article"] == "The ":
        named = len(words) > 1 and re.search(r"[A-Z]|[a-z]\d", found["term"])
        return bool(named) and not clause
    singular = not re.search(r"[^sui]s$", words[-1])
    return not clause and not symbol and (found["verb"] != "refers to" or singular)


def _defines(found: re.Match[str]) -> bool:
    """Not "is good", "is the Secretary", "is an example of"; "means" says that it defines."""
    if _TORN.search(found[0]):
        return False
    if found["verb"] not in ("is", "are"):
        return True
    head = re.findall(r"\w+", found["rest"].lower())[:_HEAD_WORDS]
    named = bool(found["opens"]) and found["rest"][0].islower()
    return named and not _VAGUE_WORDS.intersection(head)


def _phrase(found: re.Match[str]) -> str:
    """The first clause, or what comes before its last boundary that leaves few enough words.

    "" where there is no such boundary, or where something was cut in two.
    """
    fewest, most = _PHRASE_WORDS
    clause = _CLAUSE.split(found["predicate"], maxsplit=1)[0]
    cuts = [clause[: match.start()] for match in _BOUNDARY.finditer(clause)]
    for cut in (clause, *reversed(cuts)):
        phrase = _LOOSE_END.sub("", cut)
        if fewest <= len(phrase.split()) <= most:
            torn = ":" in phrase or phrase.count("(") != phrase.count(")")
            another = found["verb"] in ("is", "are") and _SECOND_VERB.search(phrase)
            return "" if torn or another else phrase
    return ""


def _abbreviations(chunk: Chunk, start: int, end: int) -> Iterator[Candidate]:
    for found in _IN_BRACKETS.finditer(chunk.text, start, end):
        before = chunk.text[start : found.start()]
        place = _long_form(before, found["short"])
        if place is None:
            continue
        long = " ".join(before[place:].split())
        yield Candidate(
            question=f"What does {found['short']} stand for?",
            answers=(long, *_singular(long)) if found["plural"] else (long,),
            tag=ABBREVIATION,
            chunk=chunk,
            start=start + place,
            end=found.end(),
        )


def _singular(long: str) -> tuple[str, ...]:
    if long.endswith("ies"):
        return (f"{long[:-3]}y",)
    return (long[:-1],) if long.endswith("s") else ()


def _long_form(before: str, short: str) -> int | None:
    """Where the words at the end of `before` start whose initials are the letters of `short`."""
    letters = [letter.lower() for letter in short if letter.isalpha()]
    words = list(re.finditer(r"[^\W_][\w'’]*", before))
    if sum(map(str.isupper, short)) < _FEWEST_CAPITALS:
        return None
    right = len(before)
    for word in reversed(words):
        if before[word.end() : right].strip(" \n&'’-"):
            return None
        small = word[0].lower() in _SMALL_WORDS
        if word[0][0].lower() == letters[-1] and not (small and len(letters) == 1):
            letters.pop()
        elif not small:
            return None
        right = word.start()
        if not letters:
            return right
    return None
