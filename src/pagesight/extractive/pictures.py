"""Figures: the caption, and the words inside that have to do with the question."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from pagesight.extractive.quoting import Part, captioned, led, marked, sentences
from pagesight.extractive.wishes import Wish
from pagesight.references import parse_caption
from pagesight.results import Evidence
from pagesight.tokens import tokenize

BESIDE = 1
"""Lines above and below a line of a figure that are quoted with it: a label and its value often
stand on two."""
FEW_WORDS = 40
"""Words inside a figure that are few enough to be quoted whole."""


@dataclass(frozen=True)
class Picture:
    """Implements Source for a figure."""

    piece: Evidence

    @cached_property
    def parts(self) -> Sequence[Part]:
        """One for each sentence of the caption, then one for each line inside the figure."""
        heading = " > ".join(self.piece.chunk.heading_path)
        said = [Part(text=text, context=f"{heading}\n{self._caption}") for text in self._sentences]
        for number, line in enumerate(self._words):
            near = self._words[max(0, number - BESIDE) : number + BESIDE + 1]
            context = "\n".join((heading, self._caption, *near))
            said.append(Part(text=line, context=context))
        return said

    def written(self, chosen: Sequence[int], wish: Wish) -> list[str]:
        """See the port: what the figure is, and under it the lines that were chosen."""
        mark = self.piece.mark
        inside = [n - len(self._sentences) for n in sorted(chosen) if n >= len(self._sentences)]
        if not self._is_small:
            inside = [line for line in inside if self._tells(line, wish)]
        said = [
            self._sentences[number] for number in sorted(chosen) if number < len(self._sentences)
        ]
        said = list(dict.fromkeys([*self._sentences[:1], *said]))
        if not inside:
            return [" ".join(marked(text, mark) for text in said)]
        lines = [f"- {marked(window, mark)}" for window in self._windows(inside)]
        *before, lead = said or [", ".join(("Figure", *self.piece.chunk.heading_path[-1:]))]
        return [" ".join([*(marked(text, mark) for text in before), led(lead, mark)]), *lines]

    def _tells(self, line: int, wish: Wish) -> bool:
        """Whether a line has anything to do with the question that the caption has not."""
        near = " ".join(self._words[max(0, line - BESIDE) : line + BESIDE + 1])
        new = wish.words.difference(tokenize(self._caption)).intersection(tokenize(near))
        return bool(new) or wish.number_met(self._words[line]) > 0 or not self._caption

    def _windows(self, inside: Sequence[int]) -> Iterator[str]:
        """The lines, each with those beside it; lines that follow each other are one quote."""
        count = len(self._words)
        if self._is_small:
            inside = range(count)
        shown = {near for line in inside for near in range(line - BESIDE, line + BESIDE + 1)}
        window: list[str] = []
        for line in range(count + 1):
            if line in shown and line < count:
                window.append(self._words[line])
            elif window:
                yield " ".join(window)
                window = []

    @cached_property
    def _is_small(self) -> bool:
        return len(" ".join(self._words).split()) <= FEW_WORDS

    @cached_property
    def _sentences(self) -> Sequence[str]:
        return list(sentences(captioned(self._caption)))

    @cached_property
    def _caption(self) -> str:
        """The first line, if it names the figure."""
        first = next(iter(self._lines), "")
        return first if parse_caption(first, trusted=True) else ""

    @cached_property
    def _words(self) -> Sequence[str]:
        return self._lines[1:] if self._caption else self._lines

    @cached_property
    def _lines(self) -> Sequence[str]:
        return [line for line in map(str.strip, self.piece.shown_text.splitlines()) if line]
