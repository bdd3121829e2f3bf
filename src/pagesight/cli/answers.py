"""Answers, and what they came of, as JSON for programs and text for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from rich.text import Text

from pagesight.cli.output import console, page_names
from pagesight.results import EXTRACTIVE, Citation, Claim, ImagePart, Message

if TYPE_CHECKING:
    from pagesight.ask.difference import Checked, Difference, Move
    from pagesight.views import Answered

_DOUBTFUL = "yellow"
_UNIT = {"hits": "rank", "evidence": "mark"}


def print_answer(answer: Answered, *, streamed: bool) -> None:
    """The answer, unless it was streamed already; what of it is not verified, and why; and the
    sources, one a citation."""
    console.print("" if streamed else marked_text(answer))
    doubtful = [claim for claim in answer.claims if claim.support != "verified"]
    if doubtful:
        console.print(Text("\nNot verified", style=f"bold {_DOUBTFUL}"))
    for claim in doubtful:
        console.print(_doubt(claim))
    if answer.citations:
        console.print(Text("\nSources", style="bold"))
    for citation in answer.citations:
        _print_citation(citation)
    for remark in answer.notes:
        console.print(Text(f"\nNote: {remark}.", style=_DOUBTFUL))
    console.print(Text(f"\n{_summary(answer)}", style="dim"))


def marked_text(answer: Answered) -> Text:
    """The text; what is not verified stands out where there are colours."""
    text = Text(answer.text, style=_DOUBTFUL if answer.refused else "")
    for claim in answer.claims:
        if claim.support != "verified":
            text.stylize(_DOUBTFUL, claim.start, claim.end)
    return text


def _doubt(claim: Claim) -> Text:
    match claim.support:
        case "unverified":
            word, reason = "unverified", claim.reason or "its sources do not say it"
        case "uncited":
            word, reason = "no source ", claim.reason
        case "verified":
            word, reason = "verified  ", claim.reason
        case never:
            assert_never(never)
    marks = "".join(f"[{mark}]" for mark in claim.marks)
    line = Text(f"  {word}  ", style=_DOUBTFUL)
    line.append(f"{' '.join(claim.text.split())} {marks}".rstrip(), style="default")
    return line.append(f"\n              {reason}", style="dim") if reason else line


def _print_citation(citation: Citation) -> None:
    console.print(_source_line(citation))
    quote = " ".join(citation.quote.split())
    console.print(Text(f'    "{quote}"', style="italic"))
    box = citation.boxes[0].bbox
    place = f"    box {box.x0:.0f}, {box.y0:.0f}, {box.x1:.0f}, {box.y1:.0f} pt"
    if len(citation.boxes) > 1:
        place += f" and {len(citation.boxes) - 1} more"
    if citation.crop:
        place += f"; crop {citation.crop}"
    console.print(Text(place, style="dim"))


def _source_line(citation: Citation) -> Text:
    line = Text(f"[{citation.mark}] ", style="bold")
    line.append(citation.label or citation.kind, style="bold cyan")
    pages = tuple(dict.fromkeys(box.page_number for box in citation.boxes))
    labels = tuple(dict.fromkeys(box.page_label for box in citation.boxes))
    line.append(f"  {citation.document}, {page_names(pages, labels)}")
    if not citation.verified:
        line.append("  (not verified)", style=_DOUBTFUL)
    return line


def _summary(answer: Answered) -> str:
    """ "qwen3-vl: verified 7 of 9 claims."."""
    if answer.refused:
        return f"No answer was written: {answer.refused}."
    verified = _verified(answer.support.verified, answer.support.claims)
    if answer.answerer == EXTRACTIVE:
        return f"Quoted from the documents, no language model is configured: {verified}."
    if answer.unknown_marks:
        verified += f"; {answer.unknown_marks} marks pointed to nothing and were removed"
    return f"{answer.answerer}: {verified}."


def _verified(verified: int, claims: int) -> str:
    if not claims:
        return "it makes no claims"
    return f"verified {verified} of {claims} claim{'' if claims == 1 else 's'}"


def print_pictures(paths: Sequence[Path], faults: Sequence[str]) -> None:
    """The pictures of cited pages that were written."""
    for path in paths:
        console.print(Text(f"page: {path}", style="dim"))
    for fault in faults:
        console.print(Text(f"no picture: {fault}", style=_DOUBTFUL))
    if not paths and not faults:
        console.print(Text("no pictures: the answer cites nothing", style="dim"))


def messages_json(messages: Sequence[Message], unsent: str) -> dict[str, object]:
    """What would be sent to a model; `unsent` is why nothing would be, "" if it would."""
    return {
        "messages": [
            {
                "role": message.role,
                "parts": [
                    {"text": part} if isinstance(part, str) else part for part in message.parts
                ],
            }
            for message in messages
        ],
        "text_tokens": sum(message.text_tokens for message in messages),
        "image_tokens": sum(message.image_tokens for message in messages),
        "unsent": unsent,
    }


def print_messages(messages: Sequence[Message], unsent: str) -> None:
    """What would be sent to a model, word for word; see `messages_json`."""
    for message in messages:
        console.print(Text(f"--- {message.role}", style="bold"))
        for part in message.parts:
            console.print(_picture(part) if isinstance(part, ImagePart) else Text(part))
            console.print()
    if unsent:
        console.print(f"Nothing would be sent: {unsent}.", markup=False)
        return
    text = sum(message.text_tokens for message in messages)
    pictures = sum(message.image_tokens for message in messages)
    total = f"About {text:,} tokens of text and {pictures:,} of pictures. Nothing was sent."
    console.print(Text(total, style="dim"))


def _picture(part: ImagePart) -> Text:
    line = Text("picture ", style="bold cyan")
    line.append(f"{part.width} x {part.height} pixels, about {part.tokens:,} tokens, of ")
    left, top, right, bottom = part.box
    return line.append(f"{part.path} [{left}, {top}, {right}, {bottom}]", style="dim")


def difference_json(found: Difference) -> dict[str, object]:
    """What a replay changed."""
    return {
        "versions": _pairs_json(found.versions),
        "settings": _pairs_json(found.settings),
        "searched": {"before": found.searched[0], "after": found.searched[1]},
        "hits": {"same": found.same_hits, "changed": list(found.hits)},
        "evidence": {"same": found.same_evidence, "changed": list(found.evidence)},
        "text": [{"change": change, "text": text} for change, text in found.text],
        "before": found.before,
        "after": found.after,
    }


def _pairs_json(pairs: Mapping[str, tuple[object, object]]) -> dict[str, object]:
    return {name: {"before": before, "after": after} for name, (before, after) in pairs.items()}


def print_difference(found: Difference) -> None:
    """What a replay changed: settings, hits, evidence, the answer word by word, its claims."""
    for name, (before, after) in (*found.settings.items(), *found.versions.items()):
        console.print(Text(f"{name}: {_shown(before)} -> {_shown(after)}", style="dim"))
    before, after = found.searched
    if before != after:
        console.print(f"searched for: {before} -> {after}", markup=False)
    _print_moves("hits", found.hits, found.same_hits)
    _print_moves("evidence", found.evidence, found.same_evidence)
    text = Text.assemble(("answer\n", "bold"))
    for change, words in found.text:
        match change:
            case "same":
                text.append(words)
            case "gone":
                text.append(f"[-{words.strip()}-]", style="red")
                text.append(_space(words) or " ")
            case "new":
                text.append(f"{{+{words.strip()}+}}", style="green")
                text.append(_space(words))
            case never:
                assert_never(never)
    console.print(text)
    console.print(f"\nbefore: {_checked(found.before)}", markup=False)
    console.print(f"now:    {_checked(found.after)}", markup=False)


def _space(words: str) -> str:
    """The white space at the end."""
    return words[len(words.rstrip()) :]


def _shown(value: object) -> str:
    return "(none)" if value in ("", None) else str(value)


def _print_moves(what: str, moves: Sequence[Move], same: int) -> None:
    came = sum(not move.before for move in moves)
    went = sum(not move.after for move in moves)
    moved = len(moves) - came - went
    line = Text(f"{what}", style="bold")
    line.append(f": {same} the same, {came} came, {went} went, {moved} moved", style="default")
    console.print(line)
    for move in moves:
        if not move.before:
            console.print(Text(f"  + {_UNIT[what]} {move.after}: {move.name}", style="green"))
        elif not move.after:
            console.print(Text(f"  - {_UNIT[what]} {move.before}: {move.name}", style="red"))
        else:
            moved_line = f"  ~ {_UNIT[what]} {move.before} -> {move.after}: {move.name}"
            console.print(Text(moved_line))


def _checked(checked: Checked) -> str:
    if checked.refused:
        return f"refused: {checked.refused}"
    return _verified(checked.verified, checked.claims)
