"""Office documents laid out as PDFs by LibreOffice, where it is installed."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from pagesight.errors import DocumentError
from pagesight.flow import Rendition
from pagesight.formats import OLD_TEXTS, PDF, WORD

CONVERT_SECONDS = 100.0
"""That a document may take; opening any file is given up after two minutes."""
_NAMES = ("soffice", "libreoffice")
_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop>
<prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop>
<prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Writer/Content/Update">
<prop oor:name="Link" oor:op="fuse"><value>2</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Content/Update">
<prop oor:name="Link" oor:op="fuse"><value>2</value></prop></item>
</oor:items>
"""
"""Of a profile in which no macro runs, and nothing is loaded that a document links to."""


_WITH_COMMENTS = 'pdf:writer_pdf_Export:{"ExportNotes":{"type":"boolean","value":"true"}}'
"""Beside their words, as in a PDF that somebody has commented on."""
_FILTERS = dict.fromkeys((WORD, *OLD_TEXTS), _WITH_COMMENTS)


def program() -> str | None:
    """Where LibreOffice is; None where it is not installed."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


class LibreOffice:
    """Converts by the program at `path`; implements `pagesight.ports.Converter`."""

    def __init__(self, path: str, seconds: float = CONVERT_SECONDS) -> None:
        self._path = path
        self._seconds = seconds

    def __call__(self, path: Path) -> Rendition:
        """The file as a PDF.

        Raises:
            DocumentError: it cannot be converted, or takes too long.
        """
        with self.saved(path, PDF) as pdf:
            return Rendition(pdf=pdf.read_bytes())

    @contextmanager
    def saved(self, path: Path, suffix: str) -> Iterator[Path]:
        """The file in another format, while the block lasts; by a profile of its own, so that
        several can run at once.

        Raises:
            DocumentError: it cannot be converted, or takes too long.
        """
        with tempfile.TemporaryDirectory(prefix="pagesight-") as folder:
            root = Path(folder)
            # A plain name: those of documents may be anything.
            document = root / f"document{path.suffix.lower()}"
            try:
                shutil.copyfile(path, document)
            except OSError as error:
                raise DocumentError(f"{path} cannot be opened ({error.strerror})") from error
            self._convert(root, document, path, suffix)
            made = document.with_suffix(suffix)
            if not made.is_file():
                raise DocumentError(
                    f"{path} cannot be read by LibreOffice: it may be damaged or encrypted; open "
                    "it and save a copy without a password"
                )
            yield made

    def _convert(self, root: Path, document: Path, path: Path, suffix: str) -> None:
        user = root / "profile" / "user"
        user.mkdir(parents=True)
        (user / "registrymodifications.xcu").write_text(_SETTINGS, encoding="utf-8")
        command = [
            self._path,
            f"-env:UserInstallation={user.parent.as_uri()}",
            *("--headless", "--norestore", "--nolockcheck"),
            *("--convert-to", _FILTERS.get(path.suffix.lower(), suffix[1:])),
            *("--outdir", str(root), str(document)),
        ]
        quiet = subprocess.DEVNULL
        # In the worker's group: what it holds in memory counts, and it ends with the worker.
        process = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet, cwd=root)
        try:
            process.wait(self._seconds)
        except subprocess.TimeoutExpired as error:
            raise DocumentError(
                f"{path} was given up by LibreOffice after {self._seconds:g} s: save it as PDF"
            ) from error
        finally:
            if process.poll() is None:
                _kill(process.pid)
                process.wait()


def _kill(pid: int) -> None:
    """Ends the program and what it started: it is a script. Parents first, which would start it
    again."""
    with suppress(psutil.Error):
        program = psutil.Process(pid)
        for each in (program, *program.children(recursive=True)):
            with suppress(psutil.Error):
                each.kill()


class NoLibreOffice:
    """Stands in for LibreOffice where it is missing; implements `pagesight.ports.Converter`."""

    def __call__(self, path: Path) -> Rendition:
        """Raises a DocumentError, always."""
        raise DocumentError(
            f"{path}: {path.suffix.lower()} files need LibreOffice: install it, or save the file "
            "in a newer format (.docx, .pptx, .xlsx) or as PDF"
        )
