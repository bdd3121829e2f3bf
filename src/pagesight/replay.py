"""Questions over an App with all that their answers come of: kept in bundles, and asked again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version

from pagesight import prompts
from pagesight.app import App
from pagesight.ask import Prepared
from pagesight.ask.bundle import Bundle, Question, ranking
from pagesight.results import Answer, Message, Query, Turn


def sent(app: App, prepared: Prepared) -> tuple[Message, ...]:
    """What is sent to a model for an answer; empty where none is asked."""
    if prepared.refused:
        return ()
    query = prepared.query
    return app.answerer.messages(query.text, prepared.evidence, query.image)


def bundle_of(
    app: App, asked: Query, history: Sequence[Turn], prepared: Prepared, answer: Answer
) -> Bundle:
    """A question as it was asked, with all that its answer came of."""
    hits = app.retriever.hits(prepared.ranking.fused)
    return Bundle(
        library=str(app.library.root),
        versions=versions(app),
        settings=app.settings,
        question=Question(
            asked=asked.text,
            searched=prepared.query.text,
            filter=asked.filter,
            history=tuple(history),
        ),
        ranking=ranking(hits, len(prepared.ranking.hits)),
        messages=sent(app, prepared),
        answer=answer,
    )


def again(app: App, question: Question) -> Bundle:
    """Answers the question of a bundle by the settings and the library at hand.

    Raises:
        ServiceError: the endpoint refused or failed.
    """
    query = Query(text=question.asked, filter=question.filter)
    prepared = app.asker.prepare(query, question.history)
    *_, answer = app.asker.answer(prepared)
    assert isinstance(answer, Answer)
    return bundle_of(app, query, question.history, prepared, answer)


def versions(app: App) -> Mapping[str, str]:
    """What answers are made with, by name."""
    ask = app.settings.ask
    names = (ask.prompt, ask.condense_prompt) if ask.model else ()
    used = [prompts.load(name, ()) for name in names if name]
    return {
        "pagesight": version("pagesight"),
        "answerer": app.answerer.name,
        **{f"prompt {prompt.name}": str(prompt.version) for prompt in used},
        **{f"{space} model": model for space, model in app.library.spaces().items()},
        "library": app.library.content_hash(),
    }
