"""The live display of an ingest run, and how far it is."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from rich.console import Console, RenderableType
from rich.progress import BarColumn, ProgressColumn, Task, TextColumn
from rich.progress import Progress as Bar
from rich.text import Text

from pagesight.document import file_name
from pagesight.results import Event, Failed, Looked, Plan, Progress, Removed, Skipped, Stored

_RATE_SECONDS = 300.0
"""Pages come in bursts, a window at a time: their rate and the time left are taken over as long."""
_LEAST_SECONDS = 0.05
"""Of a stage whose rate is shown: one that is switched off takes microseconds."""


@dataclass(slots=True)
class Work:
    """How far a run is, by its events so far."""

    looked: Looked | None = None
    plan: Plan | None = None
    current: Progress | None = None
    pages: int = 0
    """Parsed, or given up with their document."""
    documents: int = 0
    """Stored or failed since the plan was made."""
    chunks: int = 0
    failed: int = 0
    in_hand: dict[str, Progress] = field(default_factory=dict)

    def add(self, event: Event) -> None:
        match event:
            case Looked():
                self.looked = event
            case Plan():
                self.plan = event
                self.documents = 0
            case Progress():
                before = self.in_hand.get(event.source)
                self.pages += event.pages_done - (before.pages_done if before else 0)
                self.current = self.in_hand[event.source] = event
            case Stored():
                self.documents += 1
                self.chunks += event.document.chunks
                self.in_hand.pop(event.document.source, None)
            case Failed():
                self.documents += 1
                self.failed += 1
                if left := self.in_hand.pop(event.source, None):
                    self.pages += left.page_count - left.pages_done
            case Skipped() | Removed():
                pass

    @property
    def line(self) -> str:
        """ "120 of 4,000 pages, 3 documents failed"."""
        if self.plan:
            line = f"{self.pages:,} of {self.plan.pages:,} pages"
        elif self.looked:
            line = f"looked at {self.looked.done:,} of {self.looked.total:,} files"
        else:
            line = "looking for files"
        plural = "" if self.failed == 1 else "s"
        return f"{line}, {self.failed:,} document{plural} failed" if self.failed else line


class _Rates:
    """What the stages took, in seconds of `Stored.seconds`."""

    def __init__(self) -> None:
        self._seconds = defaultdict[str, float](float)
        self._done = Counter[str]()

    def add(self, stored: Stored) -> None:
        document = stored.document
        counts = {
            "parse": document.page_count,
            "embed": document.chunks,
            "clip": document.figures + document.tables,
        }
        for stage, seconds in stored.seconds.items():
            self._seconds[stage] += seconds
            self._done[stage] += counts.get(stage, 1)

    @property
    def line(self) -> str:
        """ "parse 0.48 CPU s/page, embed 52 chunks/s": only what took time so far."""
        return ", ".join(
            _rate(stage, seconds, self._done[stage])
            for stage, seconds in self._seconds.items()
            if seconds >= _LEAST_SECONDS and self._done[stage]
        )


def _rate(stage: str, seconds: float, done: int) -> str:
    match stage:
        case "parse":
            return f"parse {seconds / done:.2f} CPU s/page"
        case "embed":
            return f"embed {done / seconds:,.0f} chunks/s"
        case "clip":
            return f"clip {done / seconds:,.1f} crops/s"
        case _:
            return f"{stage} {seconds / done:.2f} s/doc"


class Display(Bar):
    """A bar over all pages, and under it documents, rates of the stages, and the one in hand."""

    def __init__(self, console: Console) -> None:
        self._work = Work()
        self._rates = _Rates()
        self._rate_line = ""
        """Made here, because the thread that draws must not go through what grows."""
        super().__init__(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            _Count(),
            console=console,
            transient=True,
            expand=True,
            speed_estimate_period=_RATE_SECONDS,
        )
        self._task = self.add_task("looking for files", total=None, unit="")

    def show(self, event: Event) -> None:
        self._work.add(event)
        match event:
            case Looked():
                self.update(
                    self._task,
                    description="looking at files",
                    total=event.total,
                    completed=event.done,
                )
            case Plan():
                self.reset(self._task, total=event.pages, description="ingesting", unit=" pages")
            case Progress() | Failed():
                if self._work.plan:
                    self.update(self._task, completed=self._work.pages)
            case Stored():
                self._rates.add(event)
                self._rate_line = self._rates.line
            case Skipped() | Removed():
                pass

    def get_renderables(self) -> Iterable[RenderableType]:
        yield from super().get_renderables()
        if self._work.plan or self._work.failed:
            yield self._documents()
        if self._rate_line:
            yield _line(self._rate_line, "dim")
        if current := self._work.current:
            place = f"page {current.pages_done:,} of {current.page_count:,}"
            yield _line(f"{place}: {file_name(current.source)}")

    def _documents(self) -> Text:
        """ "12 of 380 documents, 3 failed, 2.1 pages/s, 31 chunks/s embedded"."""
        work, task = self._work, self.tasks[0]
        line = _line("")
        if work.plan:
            done = min(work.documents, work.plan.documents)
            line.append(f"{done:,} of {work.plan.documents:,} documents, ")
        line.append(f"{work.failed:,} failed", style="bold red" if work.failed else "")
        if work.plan and task.speed:
            line.append(f", {task.speed:,.1f} pages/s")
        if work.chunks and task.elapsed:
            line.append(f", {work.chunks / task.elapsed:,.0f} chunks/s embedded")
        return line


class _Count(ProgressColumn):
    """ "120 of 4,000 pages, 0:12:10 left"."""

    def render(self, task: Task) -> Text:
        if task.total is None:
            return Text()
        count = f"{task.completed:,.0f} of {task.total:,.0f}{task.fields['unit']}"
        if task.time_remaining:
            count += f", {timedelta(seconds=round(task.time_remaining))} left"
        return Text(count)


def _line(text: str, style: str = "") -> Text:
    return Text(text, style=style, no_wrap=True, overflow="ellipsis")
