"""Answer metrics that need no model. All are in 0..1 per case; a missing answer is zero."""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence

from rapidfuzz.distance import Levenshtein

from pagesight.citations import check_marks
from pagesight.evaluation.record import Given, Row
from pagesight.evaluation.sets.cases import Case
from pagesight.quantities import DASHES, Quantity, quantities, same

ANLS_THRESHOLD = 0.5
"""Normalised distance from which an answer counts as another one, not as a misspelled one."""
_SPELLINGS = str.maketrans({**dict.fromkeys(DASHES, "-"), "\u00ad": "", "|": " "})
"""Dashes are one character, soft hyphens none, and the pipes of a table row are space."""


def contains_gold(text: str, answers: Sequence[str]) -> bool:
    """Whether a text contains one of the gold answers, case and white space aside.

    Compared are the NFKC forms, with all dashes alike and without the pipes of tables. A fact
    that begins or ends with a letter or digit must not be part of a longer word or number. A list
    ("['Circle', 'Rectangle']") is contained when each of its items is.
    """
    words = _normalised(text)
    facts = ([_normalised(item) for item in _items(answer)] for answer in answers)
    return any(all(_holds(words, fact) for fact in each) for each in facts if each)


def numeric_match(text: str, answers: Sequence[str], tolerance: float = 0.0) -> bool | None:
    """Whether the numbers of a gold answer stand in a text, units folded; see `quantities.same`.

    All distinct quantities of one gold answer must be there, each met by a quantity of its own;
    any one of the answers is enough. None where no gold answer holds a quantity.
    """
    wanted = [gold for answer in answers if (gold := _distinct(answer))]
    if not wanted:
        return None
    found = quantities(text)
    return any(_all_met(gold, found, tolerance) for gold in wanted)


def anls(text: str, answers: Sequence[str]) -> float:
    """Normalised Levenshtein similarity to the closest gold answer, 0 below the threshold.

    ANLS of one question (Biten et al., "Scene Text Visual Question Answering", ICCV 2019): with
    NL the edit distance divided by the longer length, 1 - NL where NL < 0.5, else 0, and the best
    of the answers; case is ignored, and so are marks like [1]. It is made for answers of a few
    words: one that quotes whole sentences scores 0, right or not.
    """
    said = _said(text).casefold()
    closest = max(
        (
            Levenshtein.normalized_similarity(said, answer.strip().casefold())
            for answer in answers
            if answer.strip()
        ),
        default=0.0,
    )
    return closest if 1 - closest < ANLS_THRESHOLD else 0.0


def citation_precision(case: Case, given: Given) -> float:
    """Share of the cited pages that are gold pages; 0 without a citation.

    Set precision (Manning, Raghavan and Schütze, "Introduction to Information Retrieval", 2008,
    section 8.3) over pages, named by document and number.
    """
    cited = _cited(given)
    return len(cited & _gold(case)) / len(cited) if cited else 0.0


def citation_recall(case: Case, given: Given) -> float:
    """Share of the gold pages that are cited; set recall, see `citation_precision`."""
    gold = _gold(case)
    return len(_cited(given) & gold) / len(gold) if gold else 0.0


def refusal(case: Case, given: Given) -> bool:
    """Whether an unanswerable case was refused, or an answerable one was answered."""
    return given.grounded is not case.unanswerable


def verified_share(given: Given) -> float:
    """Share of the claims that their cited sources say; uncited ones count, 0 without a claim."""
    return given.verified / given.claims if given.claims else 0.0


def correct(case: Case, given: Given) -> bool | None:
    """Whether an answer is right; None where the set has no answer to compare it with.

    The judge's verdict where there is one. Else a refusal is right for an unanswerable case, and
    any other answer that contains the gold answer or its numbers and is no refusal.
    """
    if given.judged is not None:
        return given.judged > 0
    if case.unanswerable:
        return refusal(case, given)
    if not case.answers:
        return None
    return _contains(case, given) or _numbers(case, given)


def answer_values(cases: Sequence[Case], rows: Sequence[Row]) -> Mapping[str, Mapping[str, float]]:
    """Metric -> case id -> value, over all cases to which the metric applies, in their order.

    Which cases those are depends on the set alone. A case that failed, was not asked or has no row
    counts as zero. Metrics that apply to no case are left out, and "judged" where no answer of
    the run was judged. Rows belong to cases by id.
    """
    given = {row.id: row.given for row in rows if row.given is not None and not row.error}
    asked = any(each.judged is not None for each in given.values())
    values: dict[str, dict[str, float]] = {}
    for name, (applies, value) in _METRICS.items():
        ids = {case.id: case for case in cases if applies(case)}
        if ids and (asked or name != "judged"):
            values[name] = {
                id: float(value(case, given[id])) if id in given else 0.0
                for id, case in ids.items()
            }
    return values


def _contains(case: Case, given: Given) -> bool:
    return contains_gold(_answered(given), case.answers)


def _numbers(case: Case, given: Given) -> bool:
    return bool(numeric_match(_answered(given), case.answers, case.tolerance))


def _answered(given: Given) -> str:
    """What was said in answer: nothing by a refusal, whatever it quotes as closest."""
    return "" if given.refused else _said(given.text)


def _has_answer(case: Case) -> bool:
    return bool(case.answers) and not case.unanswerable


_METRICS: Mapping[str, tuple[Callable[[Case], bool], Callable[[Case, Given], float]]] = {
    "contains_gold": (_has_answer, _contains),
    "numeric_match": (
        lambda case: _has_answer(case) and any(map(_distinct, case.answers)),
        _numbers,
    ),
    "anls": (_has_answer, lambda case, given: anls(_answered(given), case.answers)),
    "citation_precision": (lambda case: bool(case.pages), citation_precision),
    "citation_recall": (lambda case: bool(case.pages), citation_recall),
    "verified": (lambda case: not case.unanswerable, lambda _, given: verified_share(given)),
    "refused_unanswerable": (lambda case: case.unanswerable, refusal),
    "answered_answerable": (lambda case: not case.unanswerable, refusal),
    "judged": (_has_answer, lambda _, given: given.judged or 0.0),
}
"""Metric -> the cases that it applies to, and its value."""


def _said(text: str) -> str:
    """The text of an answer without its marks, whose numbers are none of its own."""
    return check_marks(text, ())[0].strip()


def _items(answer: str) -> list[str]:
    """The items of a gold answer that is written as a list; else the answer; empty if blank."""
    items: object = None
    if answer.strip().startswith("["):
        try:
            items = ast.literal_eval(answer.strip())
        except (ValueError, SyntaxError):
            items = None
    texts = [str(item) for item in items] if isinstance(items, list) else [answer]
    return [text for text in texts if text.strip()]


def _normalised(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_SPELLINGS)
    return " ".join(folded.split())


def _holds(text: str, fact: str) -> bool:
    before = r"(?<![^\W_])" if fact[0].isalnum() else ""
    after = r"(?![^\W_])" if fact[-1].isalnum() else ""
    # "5 bar" does not stand in "1.5 bar", nor "12" in "12.5".
    before += r"(?<!\d[.,])" if fact[0].isdigit() else ""
    after += r"(?![.,]\d)" if fact[-1].isdigit() else ""
    return re.search(before + re.escape(fact) + after, text) is not None


def _distinct(answer: str) -> list[Quantity]:
    found = (quantity for item in _items(answer) for quantity in quantities(item))
    return list({(quantity.value, quantity.unit): quantity for quantity in found}.values())


def _all_met(gold: Sequence[Quantity], found: Sequence[Quantity], tolerance: float) -> bool:
    """Whether each of `gold` has a partner of its own in `found`: a maximum matching."""
    if len(found) < len(gold):
        return False
    from scipy.optimize import linear_sum_assignment

    pairs = [[same(one, other, tolerance) for other in found] for one in gold]
    chosen = linear_sum_assignment(pairs, maximize=True)
    return all(pairs[one][other] for one, other in zip(*chosen, strict=True))


def _gold(case: Case) -> set[tuple[str, int]]:
    return {(page.document, page.page) for page in case.pages}


def _cited(given: Given) -> set[tuple[str, int]]:
    return {(cited.document, cited.page) for cited in given.cited}
