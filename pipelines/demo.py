"""Shows the main job: ingests the sample documents and asks three questions about them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pagesight.app import build
from pagesight.cli.answers import print_answer
from pagesight.cli.output import console
from pagesight.cli.progress import Summary, follow
from pagesight.errors import PagesightError
from pagesight.ingest import Request
from pagesight.results import Query
from pagesight.settings import load
from pagesight.views import Viewer

SAMPLES = Path(__file__).parents[1] / "data" / "samples"

QUESTIONS = {
    "text": "How long must I wait after switching off before I open the controller cover?",
    "a table": "What does error code E07 mean and what should I do?",
    "a figure": "Which figure shows the exploded view of the pump?",
}


def main() -> int:
    """Runs the demo; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library", type=Path, default=Path("demo-library"))
    library = parser.parse_args().library

    def note(message: str) -> None:
        console.print(f"note: {message}", style="yellow", markup=False)

    with build(load(), library, writable=True, create=True, notify=note) as app:
        console.rule(f"pagesight ingest {SAMPLES.name}/")
        summary = Summary()
        follow(app.ingester.ingest(Request(paths=[str(SAMPLES)])), summary, as_json=False)
        console.print(summary.line)
        for evidence, question in QUESTIONS.items():
            console.rule(f"answered by {evidence}")
            console.print(f"pagesight ask: {question}\n", style="bold", markup=False)
            answer = app.asker.ask(Query(text=question))
            print_answer(Viewer(app.library).answered(answer), streamed=False)
    console.rule("what now")
    console.print(f"crops of figures and tables: {library.absolute() / 'crops'}", markup=False)
    console.print(
        f'your own: .venv/bin/pagesight ask "your question" --library {library}\n'
        "          .venv/bin/pagesight ingest your/folder --library your-library",
        markup=False,
    )
    return 1 if summary.failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except PagesightError as error:
        sys.exit(f"pagesight: {error}")
    except KeyboardInterrupt:
        sys.exit("\ninterrupted; run it again to go on")
