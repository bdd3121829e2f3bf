"""Doctor: compares a library's catalogue with itself, its indexes and its files, and mends what
differs. The catalogue is the truth: what it has lost, only the documents can give back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import replace
from typing import get_args

from pagesight.doctor.findings import ERASING, Done, Finding, Kind, note
from pagesight.doctor.looking import Look
from pagesight.doctor.mending import Means, Mending
from pagesight.errors import LibraryError, PagesightError
from pagesight.library import Library

__all__ = ["Done", "Finding", "Means", "examine", "repair"]

_IN_FLUX: tuple[Kind, ...] = ("crops", "parses", "index", "stopped", "erasing", "leftovers")
"""Kinds that a writer at work gives rise to."""


def examine(
    library: Library,
    done: Done,
    *,
    quick: bool = False,
    held: Callable[[], bool] = lambda: False,
) -> list[Finding]:
    """What is wrong with a library; one that is open for reading is not changed.

    `quick` compares ids, samples and names of files instead of every vector and every byte.
    `held` says whether another process is writing: then only the catalogue is looked at.

    Raises:
        LibraryError: the catalogue itself is damaged; the message has the remedy.
        SettingsError: there is no room for a copy of an index.
    """
    look = Look(library, done, quick=quick)
    revision = library.revision()
    with nullcontext() if library.writable else library.catalogue.upkeep.snapshot():
        findings = [*look.at_catalogue()]
        if not held():
            findings += [*look.at_files(), *look.at_indexes()]
        findings += look.at_circumstances()
    if held() or (not library.writable and library.revision() != revision):
        findings = [finding for finding in findings if finding.kind not in _IN_FLUX]
        detail = "is writing or has just written, so that indexes and files were not compared"
        remedy = "run doctor again when it is done"
        findings.append(note("writer", "another process", detail, remedy))
    return findings


def repair(
    library: Library, findings: Sequence[Finding], means: Means, done: Done, *, quick: bool = False
) -> list[Finding]:
    """Mends what can be mended, and says what is left when all is compared again.

    The library is open for writing; its indexes need not have been recovered.

    Raises:
        LibraryError: the library cannot be written.
    """
    failed: dict[tuple[Kind, str], str] = {}
    mending = Mending(library, means, done)
    for finding in sorted(findings, key=lambda finding: get_args(Kind).index(finding.kind)):
        try:
            mending.mend(finding)
        except PagesightError as error:
            failed[finding.kind, finding.subject] = str(error)
    with suppress(LibraryError):  # what it could not repair is found again
        library.recover()
    library.sweep()
    if library.erasing():
        # Last: after it, this process must not open an index again.
        try:
            library.erase()
        except LibraryError as error:
            failed["erasing", ERASING] = str(error)
    left = examine(library, done, quick=quick)
    return [
        replace(finding, repairable=False, remedy=failed[finding.kind, finding.subject])
        if (finding.kind, finding.subject) in failed
        else finding
        for finding in left
    ]
