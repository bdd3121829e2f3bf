"""Evidence: what is shown to the answerer, of what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pagesight.library import Library
from pagesight.results import Evidence, Hit
from pagesight.sentences import first_words
from pagesight.settings import AskSettings


class Assembler:
    """Turns hits into evidence."""

    def __init__(self, library: Library, settings: AskSettings) -> None:
        self._library = library
        self._settings = settings

    def assemble(self, hits: Sequence[Hit], marks: Mapping[str, int]) -> list[Evidence]:
        """The hits in order, marked from 1, their texts cut to the budget of words.

        A hit for which no words are left is shown only if it has a crop.
        """
        left = self._settings.words
        evidence: list[Evidence] = []
        for hit in hits:
            text = first_words(hit.chunk.text, left)
            left -= len(text.split())
            if not text and not hit.chunk.image:
                continue
            path = str(self._library.crop_path(hit.chunk.image)) if hit.chunk.image else ""
            evidence.append(
                Evidence(
                    mark=len(evidence) + 1,
                    chunk=hit.chunk,
                    parts=(hit.chunk.id,),
                    document=hit.document,
                    page_labels=hit.page_labels,
                    rank=hit.rank,
                    shown_text=text,
                    image_path=path,
                    superseded_by=hit.superseded_by,
                )
            )
        return evidence
