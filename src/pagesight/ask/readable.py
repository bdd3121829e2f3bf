"""An answer as Markdown: what it says, what of it is verified, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pagesight.results import Answer, Citation, Claim


def markdown(question: str, answer: Answer, made_with: Mapping[str, str]) -> str:
    """The answer to a question as it was asked, its claims and its sources."""
    return "\n".join(_lines(question, answer, made_with)) + "\n"


def _lines(question: str, answer: Answer, made_with: Mapping[str, str]) -> Iterator[str]:
    yield f"# {' '.join(question.split())}"
    yield ""
    if answer.question and answer.question != question:
        yield f"Searched for: {answer.question}"
        yield ""
    yield answer.text
    if answer.claims:
        yield ""
        yield f"## Verified {answer.verified} of {len(answer.claims)} claims"
        yield ""
        yield from map(_claim, answer.claims)
    if answer.citations:
        yield ""
        yield "## Sources"
        for citation in answer.citations:
            yield ""
            yield from _source(citation)
    for remark in answer.notes:
        yield ""
        yield f"Note: {remark}."
    yield ""
    yield "## Made with"
    yield ""
    for name, version in made_with.items():
        yield f"- {name}: {version}"


def _claim(claim: Claim) -> str:
    reason = f" ({claim.reason})" if claim.reason else ""
    marks = "".join(f"[{mark}]" for mark in claim.marks)
    support = claim.support if claim.support == "verified" else f"**{claim.support}**"
    return f"- {support}{reason}: {' '.join(claim.text.split())} {marks}".rstrip()


def _source(citation: Citation) -> Iterator[str]:
    pages = dict.fromkeys((box.page_number, box.page_label) for box in citation.boxes)
    places = ", ".join(
        f"page {number}" + (f" ({label})" if label != str(number) else "")
        for number, label in pages
    )
    what = f"{citation.label}, " if citation.label else ""
    yield f"[{citation.mark}] {what}{citation.document}, {places}"
    yield ""
    for line in citation.quote.splitlines():
        yield f"> {line}"
