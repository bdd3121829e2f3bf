"""The reranker that the settings name."""

from __future__ import annotations

from collections.abc import Callable

from pagesight import prompts
from pagesight.encoders import Encoders, Notify
from pagesight.errors import SettingsError
from pagesight.ports import Reranker, VisionModel
from pagesight.retrieve.late_interaction import LateInteraction
from pagesight.retrieve.listwise import TEMPLATES, ListwiseReranker
from pagesight.retrieve.reranking import Reranking
from pagesight.settings import Settings


def reranking(
    settings: Settings, encoders: Encoders, chat: Callable[[str], VisionModel], notify: Notify
) -> Reranking | None:
    """What reads the best hits again; None where nothing does.

    Args:
        chat: gives the model of a name at OPENAI_BASE_URL.

    Raises:
        SettingsError: the model is not named, is not there, or cannot be fetched.
        ServiceError: no endpoint is configured.
    """
    chosen = settings.rerank
    if not chosen.engine:
        return None
    if chosen.engine != "tokens" and not chosen.model:
        raise SettingsError(
            f'rerank.engine = "{chosen.engine}" needs rerank.model: '
            + ("a name at OPENAI_BASE_URL" if chosen.engine == "llm" else "a hub name or a folder")
        )
    makers: dict[str, Callable[[], Reranker]] = {
        "tokens": lambda: LateInteraction(encoders.tokens),
        "cross_encoder": lambda: encoders.cross_encoder,
        "llm": lambda: ListwiseReranker(
            chat(chosen.model),
            prompts.load(chosen.prompt, TEMPLATES),
            images=chosen.images,
            notify=notify,
        ),
    }
    return Reranking(makers[chosen.engine](), most=chosen.candidates)
