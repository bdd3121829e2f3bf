"""Reranking by a (vision) LLM, which is shown all candidates at once and says their order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from pagesight.errors import UnfinishedReplyError
from pagesight.ports import Candidate, VisionModel
from pagesight.prompts import Prompt, secret_key
from pagesight.results import Part

TEMPLATES = ("candidate", "question")
"""Templates of the prompt: one candidate, which its picture follows, and the question."""

_ORDER = re.compile(r"\[[\s\d,]*\d[\s\d,]*\]")
"""The list of numbers in a reply, whatever stands around it."""


class ListwiseReranker:
    """Implements Reranker by one request to a model.

    At most `images` pictures are sent, those of the first candidates. `notify` is told when a reply
    cannot be used.
    """

    def __init__(
        self,
        model: VisionModel,
        prompt: Prompt,
        *,
        images: int,
        notify: Callable[[str], object],
    ) -> None:
        self._model = model
        self._prompt = prompt
        self._images = images
        self._notify = notify

    def scores(self, question: str, candidates: Sequence[Candidate]) -> list[float]:
        """See the port: the number of candidates that come after each one. Those that the model
        does not name come after those that it names, all alike.

        Raises:
            ServiceError: the endpoint refused or failed.
        """
        try:
            reply = "".join(
                self._model.stream(self._prompt.system, self.parts(question, candidates))
            )
            order = read_order(reply, len(candidates))
        except UnfinishedReplyError as error:
            self._notify(f"the order of the hits stays as it was: {error}")
            return []
        if not order:
            self._notify(
                f"the order of the hits stays as it was: {self._model.name} gave none, but "
                f"{_shortened(reply)}"
            )
            return []
        after = {number: float(len(candidates) - place) for place, number in enumerate(order, 1)}
        return [after.get(number, 0.0) for number in range(1, len(candidates) + 1)]

    def parts(self, question: str, candidates: Sequence[Candidate]) -> list[Part]:
        """What the model is shown: each candidate with its picture, then the question. They stand
        between lines with a key that none of them holds, so that none can end its own part."""
        said = [text for each in candidates for text in (each.context, each.text)]
        key = secret_key([*said, question])
        parts: list[Part] = []
        left = self._images
        for number, candidate in enumerate(candidates, start=1):
            values = {"context": candidate.context, "text": candidate.text}
            parts.append(self._prompt.fill("candidate", {"key": key, "number": number, **values}))
            shown = list(self._picture(candidate)) if left > 0 else []
            left -= len(shown)
            parts += shown
        values = {"key": key, "question": question, "count": str(len(candidates))}
        return [*parts, self._prompt.fill("question", values)]

    def _picture(self, candidate: Candidate) -> Iterator[Part]:
        """The picture of a candidate, whole; nothing where it has none that can be read."""
        if candidate.picture is None:
            return
        try:
            yield from self._model.fit(candidate.picture, 1)
        except OSError:
            return


def read_order(reply: str, count: int) -> list[int]:
    """The numbers of candidates, 1 to `count`, best first, each once, from the last list of numbers
    of a reply; a model that thinks aloud says its order last. None where there is no such list."""
    lists = _ORDER.findall(reply)
    numbers = [int(number) for number in re.findall(r"\d+", lists[-1])] if lists else []
    return [number for number in dict.fromkeys(numbers) if 1 <= number <= count]


_SHOWN = 80
"""Characters of a reply that a message quotes."""


def _shortened(reply: str) -> str:
    line = " ".join(reply.split())
    return repr(line[:_SHOWN]) if line else "nothing"
