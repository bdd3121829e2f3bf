"""The folder of one run: what was run, a row a case, the report, files for trec_eval.

run.json        what was run on what (RunInfo)
set.jsonl       the cases, as they were run
rows.jsonl      one row a case, appended as they are done: an interrupted run goes on from here
report.json .md .html
page.qrels page.run     and so on for each level: trec_eval re-scores them
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from pagesight.errors import SettingsError
from pagesight.evaluation.record import Row, RunInfo
from pagesight.evaluation.scores.scoring import summarise
from pagesight.evaluation.scores.summary import Report
from pagesight.evaluation.sets.cases import Case, load_set, write_set
from pagesight.files import write_whole

_INFO, _SET, _ROWS = "run.json", "set.jsonl", "rows.jsonl"
_INFOS = TypeAdapter(RunInfo)
_ROW = TypeAdapter(Row)


class RunFolder:
    """Rows of one run on disk. The name of the folder carries the key of what was run, so that the
    same run finds its rows again and another one never does."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def begin(self, info: RunInfo, cases: list[Case]) -> Mapping[str, Row]:
        """Makes the folder, or finds it; returns the rows that are done. Failed ones are not: they
        are run again.

        Raises:
            SettingsError: the folder cannot be written, or holds something else.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            if not (self.path / _INFO).is_file():
                write_set(self.path / _SET, cases)
                write_whole(self.path / _INFO, _INFOS.dump_json(info, indent=2))
            done = {row.id: row for row in self._rows() if not row.error}
            self._rewrite(done.values())
        except OSError as error:
            raise SettingsError(
                f"{self.path}: the run cannot be written ({error.strerror}): choose another --out"
            ) from error
        return done

    def add(self, row: Row) -> None:
        """Appends a row; it is on disk when this returns."""
        with (self.path / _ROWS).open("ab") as file:
            file.write(_ROW.dump_json(row) + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def info(self) -> RunInfo:
        """What was run.

        Raises:
            SettingsError: it is not the folder of a run.
        """
        try:
            return _INFOS.validate_json((self.path / _INFO).read_bytes())
        except (OSError, ValidationError) as error:
            raise SettingsError(
                f"{self.path}: is not the folder of a run; `pagesight eval run SET` makes one"
            ) from error

    def report(self) -> Report:
        """The run, scored anew from its rows.

        Raises:
            SettingsError: it is not the folder of a run, or the run was not finished.
        """
        info = self.info()
        cases = load_set(self.path / _SET)
        rows = {row.id: row for row in self._rows()}
        if lacking := [case.id for case in cases if case.id not in rows]:
            raise SettingsError(
                f"{self.path}: {len(lacking)} of {len(cases)} cases were not run; give the same "
                "`pagesight eval run` again to finish it"
            )
        return summarise(info, cases, [rows[case.id] for case in cases])

    def _rows(self) -> list[Row]:
        """The rows in the order in which they were done; a torn last line is left out."""
        path = self.path / _ROWS
        if not path.is_file():
            return []
        lines = path.read_bytes().split(b"\n")
        try:
            return [_ROW.validate_json(line) for line in lines[:-1] if line]
        except ValidationError as error:
            raise SettingsError(
                f"{path}: is damaged, or of another version: delete {self.path} and run again"
            ) from error

    def _rewrite(self, rows: Iterable[Row]) -> None:
        """Leaves only these rows, all or nothing."""
        write_whole(self.path / _ROWS, b"".join(_ROW.dump_json(row) + b"\n" for row in rows))
