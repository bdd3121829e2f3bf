"""How far an ingest job is, file by file, from the events of its ingest."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pagesight.document import Metadata, file_name
from pagesight.ingest import Request
from pagesight.results import Event, Failed, Looked, Plan, Progress, Removed, Skipped, Stored
from pagesight.sources import is_remote

State = Literal["queued", "running", "cancelling", "done", "failed", "cancelled"]
FileState = Literal[
    "queued", "parsing", "embedding", "done", "skipped", "failed", "cancelled", "removed"
]
"""Removed: it is gone from its folder, and its document from the library (a job that prunes)."""
ENDED: tuple[State, ...] = ("done", "failed", "cancelled")
UNFINISHED: tuple[FileState, ...] = ("queued", "parsing", "embedding")

_COMMAND_REMEDY = "give --password or --password-file"
"""What a user of the command line is told of an encrypted file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileView:
    """A file of a job."""

    name: str
    """Its file name; of what has a URL, the URL."""
    state: FileState = "queued"
    pages_done: int = 0
    page_count: int = 0
    """0 until it is known."""
    reason: str = ""
    """Why it failed or was skipped."""
    document_id: str = ""
    findings: tuple[str, ...] = ()
    """What its audit found, a line each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """A job as it stands."""

    id: str
    state: State
    created: str
    """ISO 8601, UTC."""
    error: str = ""
    """Why the job failed."""
    broken: bool = False
    """It ended before all of its files had an outcome."""
    files: tuple[FileView, ...]
    """Of a job of paths: those that something is known of."""


def _unheard(event: Event) -> None:
    """Nobody listens."""


@dataclass(slots=True, kw_only=True, eq=False)
class Job:
    """A job, and what is known of its files."""

    request: Request
    upload: Path | None = None
    """The uploaded file that it brings in; None for paths."""
    metadata: Metadata = field(default_factory=Metadata)
    """What is said about the uploaded file."""
    replaces: bool = False
    """Uploads of the same name are removed when this one is stored."""
    renews: str = ""
    """Id of a document whose chunks it makes anew."""
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    created: str = field(
        default_factory=lambda: datetime.now(UTC).isoformat(timespec="milliseconds")
    )
    """ISO 8601, UTC."""
    starts: int = 0
    """Times that it was begun and not ended."""
    state: State = "queued"
    error: str = ""
    broken: bool = False
    heard: Callable[[Event], None] = _unheard
    files: dict[str, FileView] = field(default_factory=dict)
    """By source."""

    @classmethod
    def of_upload(
        cls,
        path: Path,
        metadata: Metadata,
        passwords: tuple[str, ...] = (),
        *,
        replaces: bool,
    ) -> Job:
        """Brings an uploaded file in."""
        request = Request(paths=[str(path)], metadata=lambda _: metadata)
        job = cls(request=request, upload=path, metadata=metadata, replaces=replaces)
        job.reset(passwords)
        return job

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    @property
    def gave_up(self) -> bool:
        """It ended without doing what it was for."""
        return self.state in ("failed", "cancelled")

    @property
    def in_hand(self) -> Sequence[str]:
        """Sources of the files that have no outcome."""
        return [source for source, file in self.files.items() if file.state in UNFINISHED]

    @property
    def unfinished(self) -> bool:
        """Files have no outcome, as far as they are known: of paths there may be more."""
        return self.upload is None or bool(self.in_hand)

    def view(self) -> JobView:
        return JobView(
            id=self.id,
            state=self.state,
            created=self.created,
            error=self.error,
            broken=self.broken,
            files=tuple(self.files.values()),
        )

    def take(self, event: Event) -> None:
        """Notes what an event says about a file."""
        match event:
            case Progress():
                done, count = event.pages_done, event.page_count
                state: FileState = "parsing" if done < count else "embedding"
                self._set(event.source, state=state, pages_done=done, page_count=count)
            case Stored():
                pages = event.document.page_count
                self._set(
                    event.document.source,
                    state="done",
                    pages_done=pages,
                    page_count=pages,
                    document_id=event.document.id,
                    findings=event.findings,
                )
            case Skipped():
                self._set(
                    event.source,
                    state="skipped",
                    reason="the library has the same bytes",
                    document_id=event.document_id,
                )
            case Failed():
                reason = event.reason.replace(_COMMAND_REMEDY, "try again with its password")
                self._set(event.source, state="failed", reason=reason)
            case Removed():
                self._set(event.source, state="removed", document_id=event.document_id)
            case Looked() | Plan():
                pass

    def set_all(self, state: FileState, reason: str = "") -> None:
        """Gives the files that have no outcome a state."""
        for source, file in self.files.items():
            if file.state in UNFINISHED:
                self.files[source] = replace(file, state=state, reason=reason)

    def result(self) -> tuple[State, str]:
        """State and error, once every file has an outcome."""
        failed = [file for file in self.files.values() if file.state == "failed"]
        if not failed:
            return "done", ""
        if len(self.files) == 1:
            return "failed", failed[0].reason
        return "failed", f"{len(failed)} of {len(self.files)} files failed"

    def end(self, state: State, error: str) -> None:
        """It is over: the files without an outcome share its own, and passwords are dropped."""
        match state:
            case "cancelled":
                self.set_all("cancelled")
            case "failed":
                self.set_all("failed", error)
        self.state, self.error = state, error
        self.broken |= state == "cancelled"
        self.request = replace(self.request, passwords=())

    def reset(self, passwords: tuple[str, ...]) -> None:
        """Back to what it was before it began, with new passwords."""
        self.request = replace(self.request, passwords=passwords)
        self.starts, self.error, self.broken = 0, "", False
        named = self.request.paths if self.upload else ()
        self.files = {source: start(source) for source in named}

    def _set(self, source: str, **changes: Any) -> None:
        file = self.files.get(source) or start(source)
        self.files[source] = replace(file, **changes)


def start(source: str) -> FileView:
    """A file of which nothing is known."""
    return FileView(name=source if is_remote(source) else file_name(source))
