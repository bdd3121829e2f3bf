"""Ingest jobs of a library: one at a time, in the order in which they came, in a thread.

A job is an uploaded file or a list of paths. What is known of an upload stands in a mark beside
its file, so that a job which a stop of the server cut short is queued again at the next start, and
one that failed can still be retried.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

from pagesight.app import App
from pagesight.document import Document, Metadata, file_name
from pagesight.errors import MissingError, PagesightError
from pagesight.files import remove_folder
from pagesight.ingest import Request
from pagesight.leftovers import stale_downloads
from pagesight.results import Event, Failed, Plan, Removed, Skipped, Stored
from pagesight.server.board import Board
from pagesight.server.problems import Problem, retry_after
from pagesight.server.progress import FileView, Job, JobView, State
from pagesight.server.uploaded import Arrived, Mark, Uploads, no_room
from pagesight.sources import is_remote

__all__ = ["FileView", "JobView", "Jobs", "State"]

MOST_STARTS = 3
"""Times that a job is begun; where the server dies each time, the job may be why."""

_log = logging.getLogger(__name__)


def _nothing(*_: object) -> None:
    pass


class Jobs:
    """The jobs of one library, which is open for writing. It may be used from any thread.

    `changed` is called when documents have come, gone or changed, and `told` with the outcome of
    each file ("stored", "skipped", "failed", "removed"); from any thread.
    """

    def __init__(
        self,
        app: App,
        *,
        changed: Callable[[], None] = _nothing,
        told: Callable[[str], None] = _nothing,
    ) -> None:
        self._app = app
        self._library = app.library
        self._changed = changed
        self._told = told
        self.uploads = Uploads(app.library.uploads)
        self._placing = threading.RLock()
        """Held while uploaded files, their marks and documents change; the event loop must not
        wait for it."""
        self._board = Board()
        self._unswept = False
        for path, mark in self.uploads.marked():
            self._restore(path, mark)
        self._thread = threading.Thread(target=self._work, name="ingest", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Jobs in the queue."""
        return self._board.waiting

    @property
    def watchers(self) -> int:
        """Watches that have not ended."""
        return self._board.watchers

    def list(self) -> Sequence[JobView]:
        """Those that are remembered, newest first."""
        return self._board.views()

    def get(self, id: str) -> JobView:
        """
        Raises:
            MissingError: there is no such job.
        """
        return self._board.view(id)

    def watch(self, id: str) -> AsyncGenerator[JobView, None]:
        """The job as it stands, and again after every change, until it has ended, is forgotten, or
        the server stops. Changes that come fast are shown together.

        Raises:
            MissingError: there is no such job.
        """
        return self._board.watch(id)

    def add(
        self,
        arrived: Arrived,
        *,
        metadata: Metadata,
        passwords: tuple[str, ...] = (),
        replaces: bool = True,
    ) -> JobView:
        """Queues an upload, and gives its file a place.

        Args:
            replaces: when it is stored, uploads of the same file name are removed.

        Raises:
            Problem: 503, too many are queued or the server stops; 507, there is no room.
        """
        path = self.uploads.place_of(arrived)
        job = Job.of_upload(path, metadata, passwords, replaces=replaces)
        try:
            with self._placing:
                self._board.check_room()
                self._save(job)
                if not (path.is_file() and self._board.users(path)):
                    self.uploads.put(arrived)
                for old in self._board.some(lambda old: old.upload == path and old.gave_up):
                    self._board.drop(old)
                return self._board.submit(job)
        except OSError as error:
            raise no_room(error) from error

    def submit(self, request: Request, heard: Callable[[Event], None] = _nothing) -> JobView:
        """Queues paths. `heard` is called with each event of its ingest, from another thread.

        Raises:
            Problem: 503, too many are queued or the server stops.
        """
        self._board.check_room()
        return self._board.submit(Job(request=request, heard=heard))

    def cancel(self, id: str) -> JobView:
        """A queued job ends at once, a running one after the event that it is at; what is stored
        stays. An ended one is left as it is.

        Raises:
            MissingError: there is no such job.
        """
        with self._board.changing(self._board.job(id)) as job:
            waited = self._board.unqueue(job)
            if not job.ended:
                job.state = "cancelling"
        if waited:
            with self._placing:
                self._settle(job, "cancelled")
        return job.view()

    def retry(self, id: str, password: str = "") -> JobView:
        """Queues a job again that failed or was cancelled.

        Raises:
            MissingError: there is no such job.
            Problem: 409, it did not fail, or its file is gone; 503 and 507 as for `add`.
        """
        with self._placing:
            job = self._board.job(id)
            if not job.gave_up:
                raise _conflict("only a job that failed or was cancelled can be tried again")
            if job.upload is not None and not job.upload.is_file():
                raise _conflict("its file is gone: upload it again")
            self._board.check_room()
            with self._board.changing(job):
                job.reset((password,) if password else ())
            try:
                self._save(job)
            except OSError as error:
                raise no_room(error) from error
            return self._board.submit(job)

    def forget(self, id: str) -> None:
        """Drops an ended job, and its uploaded file if that is not in the library.

        Raises:
            MissingError: there is no such job.
            Problem: 409, it has not ended.
        """
        with self._placing:
            job = self._board.job(id)
            if not job.ended:
                raise _conflict("the job has not ended: cancel it first")
            self._board.drop(job)
            path = job.upload
            if path is None or self._board.users(path):
                return
            if str(path) in self._library.sources():
                self.uploads.unmark(path)
            else:
                self.uploads.discard(path)

    def remove(self, document_id: str) -> None:
        """Removes a document, and the files that were uploaded for it. Crops and the like go when
        no job runs.

        Raises:
            MissingError: there is no such document.
            Problem: 409, a job is working on it.
            LibraryError: it cannot be removed.
        """
        with self._placing:
            self._free(document_id)
            for job in self._board.some(lambda job: job.renews == document_id):
                self._board.drop(job)
            stood = [path for path, id in self._library.sources().items() if id == document_id]
            self._library.remove(document_id)
            self._drop_files(stood)
        self._changed()

    def describe(self, document_id: str, change: Callable[[Metadata], Metadata]) -> None:
        """Changes what is said about a document. Where that changes its title, which is part of
        its chunks, a job makes them anew, as an ingest would.

        Raises:
            MissingError: there is no such document.
            Problem: 409, a job is working on it.
            LibraryError: it cannot be written.
        """
        with self._placing:
            document = self._free(document_id)
            said = change(document.metadata)
            title = said.title or document.title
            self._library.update(replace(document, title=title, metadata=said))
            # What has a URL is left to its next ingest: nothing is fetched here.
            if said.title != document.metadata.title and not is_remote(document.source):
                request = Request(paths=[document.source])
                self._board.submit(Job(request=request, renews=document_id))
        self._changed()

    def release(self) -> None:
        """Begins to close: takes no more jobs, stops the running one at its next event, and ends
        all watches."""
        self._board.close()

    def close(self, seconds: float) -> bool:
        """Stops the running job and waits for it; whether it ended in time. Uploads that are not
        stored are queued again at the next start."""
        self.release()
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _work(self) -> None:
        """Runs one job after the other, and cleans up when there is none."""
        while not self._board.closing:
            job = self._board.next()
            if job is not None:
                self._run(job)
            elif self._unswept:
                self._sweep()
        if self._unswept:
            self._sweep()

    def _sweep(self) -> None:
        self._unswept = False
        try:
            self._library.sweep()
            for folder in stale_downloads(self._library.downloads, self._library.sources()):
                remove_folder(folder)
        except (PagesightError, OSError) as error:
            _log.warning("what deleted documents have left cannot be removed: %s", error)

    def _run(self, job: Job) -> None:
        whole, error = False, ""
        try:
            with self._placing:
                job.starts += 1
                self._save(job)
            with closing(self._app.ingester.ingest(job.request)) as events:
                for event in events:
                    self._take(job, event)
                    if job.state == "cancelling" or self._board.closing:
                        break
                    if isinstance(event, Plan) and self._too_long(job, event):
                        break
                else:
                    whole = True
        except Exception as caught:
            error = self._reason(caught)
        with self._placing:
            self._finish(job, error, interrupted=not whole and job.unfinished)

    def _take(self, job: Job, event: Event) -> None:
        self._board.take(job, event)
        job.heard(event)
        if isinstance(event, Stored | Skipped | Failed | Removed):
            self._told(event.type)
        if isinstance(event, Stored | Removed):
            self._changed()

    def _too_long(self, job: Job, plan: Plan) -> bool:
        """Whether an upload has too many pages; it has failed then. The plan comes before anything
        is parsed."""
        most = self._app.settings.serve.upload_pages
        if job.upload is None or plan.pages <= most:
            return False
        reason = (
            f"has {plan.pages:,} pages, and the server takes {most:,} (serve.upload_pages): "
            "split it, or let whoever runs the server ingest it"
        )
        self._take(job, Failed(source=str(job.upload), reason=reason))
        return True

    def _finish(self, job: Job, error: str, *, interrupted: bool) -> None:
        """Ends a job that ran; `error` is why it broke off, if nobody interrupted it."""
        job.broken = interrupted
        if interrupted and job.state == "cancelling":
            self._settle(job, "cancelled")
        elif interrupted and self._board.closing and job.upload is not None:
            with self._board.changing(job), suppress(OSError):
                job.starts = 0
                job.set_all("queued")
                job.state = "queued"
                self._save(job)
        elif interrupted and self._board.closing:
            self._settle(job, "cancelled", "the server was stopped")
        elif error:
            self._settle(job, "failed", error)
        else:
            self._settle(job, *job.result())

    def _settle(self, job: Job, state: State, error: str = "") -> None:
        """Ends a job: first what that means for its file, then what is seen of it."""
        try:
            if job.upload is not None and job.replaces and state == "done":
                self._replace_older(job.upload)
            if job.upload is not None and self._board.users(job.upload) in ([job], []):
                if state == "done":
                    self.uploads.unmark(job.upload)
                else:
                    self._save(job, state, error)
        except Exception as caught:
            # Whatever it is, the jobs behind it must be run.
            state, error = "failed", self._reason(caught)
        self._board.end(job, state, error)

    def _replace_older(self, path: Path) -> None:
        """Removes the uploads whose place a stored one takes."""
        older = [
            source
            for source in self._library.sources()
            if self.uploads.holds(source) and file_name(source) == path.name and source != str(path)
        ]
        for source in older:
            self._library.remove_source(source)
        if older:
            self._drop_files(older)
            self._changed()

    def _drop_files(self, sources: Sequence[str]) -> None:
        """Removes those that were uploaded and that no job needs; crops go when there is time."""
        for path in [Path(source) for source in sources if self.uploads.holds(source)]:
            if not self._board.users(path):
                self.uploads.discard(path)
        self._unswept = True
        self._board.poke()

    def _restore(self, path: Path, mark: Mark) -> None:
        """Takes up what an earlier run of the server left."""
        job = Job.of_upload(path, mark.metadata, replaces=mark.replaces)
        job.id, job.created, job.starts = mark.id, mark.created, mark.starts
        if mark.state != "queued":
            job.end(mark.state, mark.reason)
        elif mark.starts >= MOST_STARTS:
            job.end("failed", f"the server ended {mark.starts} times while it was at work on it")
        if job.ended:
            self._board.keep(job)
        else:
            self._board.submit(job)

    def _save(self, job: Job, state: State = "queued", reason: str = "") -> None:
        """Marks the file of an upload, so that the job outlives the process."""
        if job.upload is None:
            return
        mark = Mark(
            id=job.id,
            created=job.created,
            state=state if state in ("failed", "cancelled") else "queued",
            reason=reason,
            starts=job.starts,
            replaces=job.replaces,
            metadata=job.metadata,
        )
        self.uploads.mark(job.upload, mark)

    def _free(self, document_id: str) -> Document:
        """The document, if no job has it in hand and would undo a change."""
        document = self._library.document(document_id)
        if document is None:
            raise MissingError(f"there is no document {document_id}")
        sources = self._library.sources()
        for job in self._board.some(lambda job: job.state in ("running", "cancelling")):
            if document_id in (job.renews, *map(sources.get, job.in_hand)):
                raise _conflict("a job is working on the document: try again when it is done")
        return document

    def _reason(self, error: Exception) -> str:
        """Why a whole job failed, in words for its user; the log has it all."""
        if not isinstance(error, PagesightError | OSError):
            _log.error("a job came to an unforeseen end", exc_info=error)
            return "something went wrong here: the server's log tells what"
        _log.error("a job failed: %s", error)
        root = str(self._library.root)
        return str(error).replace(f"{root}{os.sep}", "").replace(root, "the library")


def _conflict(why: str) -> Problem:
    return Problem(409, "not now", why, headers=retry_after(1))
