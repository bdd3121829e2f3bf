"""Refusal: whether the evidence is too weak to answer from, and what is said then."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pagesight.citations import check_marks, find_verbatim
from pagesight.citations.claims import text_of_claim
from pagesight.library import Library
from pagesight.ports import TextEmbedder
from pagesight.references import mentions, named
from pagesight.results import Evidence, Filter, Hit, Query
from pagesight.retrieve import Ranking
from pagesight.sentences import first_words, sentence_ranges
from pagesight.settings import AskSettings
from pagesight.tokens import tokenize

NOTHING_FOUND = "Nothing in the library answers this question."

_CONSTANT, _COVERAGE, _SPECIFICS, _MEANING, _LOOKS = -13.1, 4.4, 7.3, 7.5, 1.5
"""Fitted by `benchmarks/refusal.py --fit`, see eval/DECISIONS.md. At 0.5 a question looks as much
like those that have an answer as like those that have none."""
_FOUND_WORDS, _FOUND_SPECIFICS = 2, 1
"""Counted as found beside the question's own, so that one word of a short question that is not
found says little."""

_BY_LOOKS = frozenset({"visual", "picture"})
"""Lists that are found by what a picture looks like."""
_PROPER = re.compile(r".*\?(?=\s|$)", re.DOTALL)
"""What follows the last question mark says how to answer: "Write it as a list"."""
_PAGES = re.compile(r"\b(?:pages?|slides?|p\.)\s*\d+(?:\s*(?:,|and|&|-|to)\s*\d+)*", re.IGNORECASE)
"""Where to look is no word that the evidence must have."""
_LOOKS_OF = re.compile(
    r"\b(?:pages?|slides?|documents?|covers?|papers?|reports?|articles?|appendix|appendices"
    r"|figures?|images?|pictures?|photos?|logos?|colou?rs?|charts?|graphs?|diagrams?|maps?)\b",
    re.IGNORECASE,
)
_FISCAL = re.compile(r"\bFY\s?(?=\d)")
"""Reports write "2017" for FY2017."""
_ORDINAL = re.compile(
    r"\d+(?:st|nd|rd|th)|(?:\d{4}|\d\d)?['’]?[QH][1-4]['’]?(?:\d{4}|\d\d)?(?:['’]s)?", re.IGNORECASE
)
"""Reports write "second quarter" for Q2."""
_IDENTIFIER = re.compile(r"(?=.*\d)(?=.*[A-Z])|[a-z]-?\d")
"""Part numbers, parameters and error codes: P4-100, p415. "unit-8" is none."""
_IDENTIFIER_WEIGHT = 3
"""Of an identifier among the specifics: evidence about another part is about something else. In no
question with an answer that it was fitted on was one missing."""
_AROUND = ".,;:!?()[]{}\"'“”„‘’`"
_MISSING_NAMED = 3
"""Missing names and numbers that a reason lists."""
_FIRST_WORDS = 25
"""Words of the closest passage that a refusal shows."""
_LISTED_NAMES = 2
"""Documents that are named rather than counted."""
_TABLE_LINES = re.compile(r"[|\s]+(?:-{3}[|\s]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """What speaks for an answer in what was found, each from 0 to 1."""

    coverage: float
    """Share of the question's words that the hit with the most of them has."""
    specifics: float
    """Share of its names, numbers, part numbers and labels that anything found or shown has, part
    numbers weighing more; 1 where it has none."""
    meaning: float
    """Cosine of the question to the closest hit, at least 0; 0 where no hit has a vector."""
    looks: float
    """1 where it speaks of pages, pictures or the document itself: what these look like is not in
    their words, so that few are found."""
    missing: tuple[str, ...]
    """Names, numbers and labels that nothing has, as the question writes them."""

    @property
    def strength(self) -> float:
        """How much the question looks like one with an answer, from 0 to 1: logistic regression."""
        logit = (
            _CONSTANT
            + _COVERAGE * self.coverage
            + _SPECIFICS * self.specifics
            + _MEANING * self.meaning
            + _LOOKS * self.looks
        )
        return 1 / (1 + math.exp(-logit))


class Gauge:
    """Says whether evidence is too weak to answer from, at the cost of embedding the question."""

    def __init__(self, embedder: TextEmbedder, library: Library, settings: AskSettings) -> None:
        self._embedder = embedder
        self._library = library
        self._settings = settings

    def weakness(self, query: Query, evidence: Sequence[Evidence], ranking: Ranking) -> str:
        """Why the question cannot be answered from the evidence; "" if it can be tried.

        A picture that comes with words, or whose like was found by its pixels, is always tried:
        words say little of what it asks. Else those that were read in it are all that asks.
        """
        if not evidence:
            return "nothing was found"
        looked_at = any(item.ranks.keys() & _BY_LOOKS for item in ranking.fused)
        tried = query.image is not None and (query.text.strip() or looked_at)
        if tried or not self._settings.refuse_below:
            return ""
        signals = self.signals(ranking.words, evidence, ranking)
        if signals.strength >= self._settings.refuse_below:
            return ""
        if signals.missing:
            listed = " or ".join(f'"{word}"' for word in signals.missing[:_MISSING_NAMED])
            return f"nothing that was found says {listed}"
        return "nothing that was found comes close to the question"

    def signals(self, question: str, evidence: Sequence[Evidence], ranking: Ranking) -> Signals:
        """What speaks for an answer. Words are looked for in text, headings, title and file name;
        coverage and meaning are those of the hits, whatever of them is shown."""
        proper = _proper(question)
        wanted = set(tokenize(proper))
        hits = [_words_of(hit) for hit in ranking.hits]
        found = set[str]().union(*hits, *map(_words_of, evidence))
        best = max((len(wanted & words) for words in hits), default=0)
        labels = _labels(evidence)
        there = {word: token in found for word, token in _specifics(proper, wanted).items()}
        there |= {thing[0]: bool(labels.intersection(thing)) for thing in named(proper)}
        return Signals(
            coverage=(best + _FOUND_WORDS) / (len(wanted) + _FOUND_WORDS),
            specifics=_weight(word for word in there if there[word]) / _weight(there),
            meaning=self._meaning(question, ranking.hits),
            looks=1.0 if _LOOKS_OF.search(question) else 0.0,
            missing=tuple(word for word in there if not there[word]),
        )

    def _meaning(self, question: str, hits: Sequence[Hit]) -> float:
        vectors = self._library.catalogue.vectors("text", [hit.chunk.id for hit in hits])
        if not vectors:
            return 0.0
        asked = self._embedder.embed_question(question)
        return max(0.0, *(float(vector @ asked) for vector in vectors.values()))


def refusal_text(reason: str, searched: str, hits: Sequence[Hit]) -> str:
    """What is said instead of an answer: where it was looked for, why that is not enough, and what
    came closest, so that a reader can look.

    Args:
        searched: see `searched`.
        hits: best first.
    """
    if not searched:
        return NOTHING_FOUND
    said = f"No answer was found in {searched}: {reason}."
    return f"{said} {_closest(hits[0])}" if hits else said


def searched(library: Library, filter: Filter) -> str:
    """What a question was asked of: "5 documents", "the tables on pages 3 to 7 of a.pdf"; "" where
    there is no such document."""
    documents = library.documents()
    if filter.documents:
        documents = [one for one in documents if one.id in filter.documents]
    if not documents:
        return ""
    few = filter.documents and len(documents) <= _LISTED_NAMES
    whole = f"{len(documents)} document{'s' if len(documents) > 1 else ''}"
    names = " and ".join(one.name for one in documents) if few else whole
    kinds = " and ".join("text" if kind == "text" else f"{kind}s" for kind in filter.kinds)
    pages = ""
    if filter.pages is not None:
        first, last = (index + 1 for index in filter.pages)
        pages = f"page {first}" if first == last else f"pages {first} to {last}"
    if kinds and pages:
        return f"the {kinds} on {pages} of {names}"
    return f"{f'the {kinds}' if kinds else pages} of {names}" if kinds or pages else names


def declined(text: str, evidence: Sequence[Evidence]) -> bool:
    """Whether an answer begins by saying that the documents do not tell, in words of its own. What
    may follow then is what comes closest."""
    start, end = next(sentence_ranges(text), (0, 0))
    first = check_marks(text[start:end], ())[0].strip()
    if not first or text_of_claim(first):
        return False
    return not any(find_verbatim(first, piece.chunk.text) for piece in evidence)


def _proper(question: str) -> str:
    """The question without how it is to be answered and where to look."""
    match = _PROPER.match(question)
    return _FISCAL.sub("", _PAGES.sub(" ", match.group() if match else question))


def _specifics(question: str, wanted: set[str]) -> Mapping[str, str]:
    """Names, numbers and part numbers, as written -> the token that stands for each.

    A name is a word with a capital that begins no sentence. Labels ("Figure 7-2") are none.
    """
    return {
        word: token
        for word in _specific_words(_unlabelled(question))
        if (token := next(iter(tokenize(word)), "")) in wanted
    }


def _weight(specifics: Iterable[str]) -> int:
    return _FOUND_SPECIFICS + sum(
        _IDENTIFIER_WEIGHT if _IDENTIFIER.match(word) else 1 for word in specifics
    )


def _specific_words(text: str) -> Iterator[str]:
    begins = True
    for written in text.split():
        word = written.strip(_AROUND)
        tells = any(character.isupper() or character.isdigit() for character in word[1:])
        first = word[:1].isdigit() or (word[:1].isupper() and not begins)
        if (tells or first) and not _ORDINAL.fullmatch(word):
            yield word
        begins = written.endswith((".", "?", "!", ":"))


def _unlabelled(text: str) -> str:
    for mention in reversed(mentions(text)):
        text = f"{text[: mention.start]} {text[mention.end :]}"
    return text


def _words_of(found: Hit | Evidence) -> set[str]:
    chunk = found.chunk
    return set(tokenize(f"{found.document.name}\n{chunk.context}\n{chunk.text}"))


def _labels(evidence: Sequence[Evidence]) -> set[str]:
    """Labels of the figures and tables that are shown or named."""
    said = {mention.label for piece in evidence for mention in mentions(piece.chunk.text)}
    return said | {piece.chunk.label for piece in evidence}


def _closest(hit: Hit) -> str:
    words = _TABLE_LINES.sub(" ", hit.chunk.text).strip()
    shown = first_words(words, _FIRST_WORDS)
    label = "" if shown.startswith(hit.chunk.label) else f"{hit.chunk.label}, "
    page = f"page {hit.page_labels[0]} of " if hit.page_labels else ""
    quote = f': "{shown}{" ..." if shown != words else ""}"' if shown else ""
    return f"What comes closest is {label}{page}{hit.document.name}{quote}."
