"""Metadata of documents from a file beside them: a table in CSV, or JSON."""

from __future__ import annotations

import csv
import io
import json
import os
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from pagesight.document import Metadata, file_name
from pagesight.errors import SettingsError
from pagesight.sources import is_remote, source_name

_FILE = "file"
_FIELDS = tuple(field.name for field in fields(Metadata))
_LISTS = ("tags", "supersedes")
"""Fields with several values; in CSV they are separated by `_BETWEEN`."""
_BETWEEN = ";"
_DELIMITERS = ",;\t"
"""Excel writes semicolons where the decimal sign is a comma."""

_Row = tuple[str, Mapping[str, Any]]
"""Where a row stands ("line 3", "entry 2"), and its fields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sidecar:
    """The rows of a sidecar file."""

    rows: Mapping[str, Metadata]
    """By file as it is written there, URLs without passwords and signatures."""
    exact: Mapping[str, str]
    """The source that a row names (absolute path or URL) -> the row's file."""
    named: Mapping[str, str]
    """File name -> the row's file, for rows without a folder."""

    def of(self, source: str) -> Metadata:
        """What is said about a source (absolute path or URL): by the row with this path or URL,
        else by the one with this file name, else nothing."""
        row = self._row(source)
        return Metadata() if row is None else self.rows[row]

    def unused(self, sources: Iterable[str]) -> list[str]:
        """The files of the rows that are about none of the sources, in the order of the rows."""
        used = {self._row(source) for source in sources}
        return [file for file in self.rows if file not in used]

    def _row(self, source: str) -> str | None:
        return self.exact.get(_exact_key(source)) or self.named.get(_name_key(source))


def load_sidecar(path: Path) -> Sidecar:
    """Reads the metadata of documents from a .csv or .json file in UTF-8.

    CSV has a header (file,title,revision,language,tags,supersedes; only file is needed), and
    semicolons between tags. JSON is an object of file -> fields, or a list of objects with a
    field "file". A file is a name, a path from the sidecar's folder, an absolute path or a URL.

    Raises:
        SettingsError: the file cannot be used; the message names the line or entry.
    """
    readers = {".csv": _csv_rows, ".json": _json_rows}
    if path.suffix.lower() not in readers:
        raise SettingsError(f"{path}: the name must end in .csv or .json")
    rows: dict[str, Metadata] = {}
    exact: dict[str, str] = {}
    named: dict[str, str] = {}
    for where, row in readers[path.suffix.lower()](path):
        file = row.get(_FILE)
        if not isinstance(file, str) or not file.strip():
            raise SettingsError(f'{path}, {where}: "{_FILE}" must name a document')
        file = source_name(file.strip()) if is_remote(file.strip()) else file.strip()
        key = _exact_key(file, path.parent)
        if key in exact:
            raise SettingsError(f"{path}, {where}: {file} is there twice; leave one of the two out")
        rows[file], exact[key] = _metadata(row, f"{path}, {where} ({file})"), file
        if not is_remote(file) and file_name(file) == file:
            named[_name_key(file)] = file
    return Sidecar(rows=rows, exact=exact, named=named)


def _csv_rows(path: Path) -> Iterator[_Row]:
    text = _text(path)
    delimiter = max(_DELIMITERS, key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        columns = [column.strip().lower() for column in next(reader, [])]
        _check_columns(columns, path)
        for cells in reader:
            where = f"line {reader.line_num}"
            if len(cells) > len(columns):
                raise SettingsError(
                    f"{path}, {where}: has {len(cells)} cells under {len(columns)} columns; "
                    f'put a cell with a "{delimiter}" in double quotes'
                )
            if any(cell.strip() for cell in cells):
                yield where, _split_lists(dict(zip(columns, cells, strict=False)))
    except csv.Error as error:
        raise SettingsError(f"{path}, line {reader.line_num}: is no CSV ({error})") from error


def _check_columns(columns: list[str], path: Path) -> None:
    known = (_FILE, *_FIELDS)
    if _FILE not in columns:
        raise SettingsError(
            f'{path}, line 1: has no column "{_FILE}"; the first line names the columns, '
            f"of {', '.join(known)}"
        )
    for column in columns:
        if column not in known:
            raise _unknown(f"{path}, line 1: the column", column)
        if columns.count(column) > 1:
            raise SettingsError(f'{path}, line 1: the column "{column}" is there twice')


def _split_lists(row: Mapping[str, str]) -> Mapping[str, Any]:
    return {name: cell.split(_BETWEEN) if name in _LISTS else cell for name, cell in row.items()}


def _json_rows(path: Path) -> Iterator[_Row]:
    try:
        data = json.loads(_text(path), object_pairs_hook=_Pairs)
    except ValueError as error:
        raise SettingsError(f"{path}: is no JSON ({error})") from error
    if isinstance(data, _Pairs):
        data = [
            _Pairs([(_FILE, file), *entry]) if isinstance(entry, _Pairs) else entry
            for file, entry in data
        ]
    if not isinstance(data, list):
        raise SettingsError(f"{path}: must be an object of file -> fields, or a list of objects")
    for number, entry in enumerate(data, start=1):
        where = f"entry {number}"
        if not isinstance(entry, _Pairs):
            raise SettingsError(f"{path}, {where}: must be an object")
        row = dict(entry)
        if len(row) < len(entry):
            raise SettingsError(f"{path}, {where}: has a field twice")
        for name in row:
            if name not in (_FILE, *_FIELDS):
                raise _unknown(f"{path}, {where}: the field", name)
        yield where, row


class _Pairs(list[tuple[str, Any]]):
    """An object of JSON with what is there twice."""


def _metadata(row: Mapping[str, Any], where: str) -> Metadata:
    values: dict[str, Any] = {}
    for name in _FIELDS:
        value = row.get(name)
        if value is None:
            continue
        if name not in _LISTS:
            if not isinstance(value, str):
                raise SettingsError(f'{where}: "{name}" must be a text')
            values[name] = value.strip()
        elif isinstance(value, list) and all(isinstance(each, str) for each in value):
            stripped = (each.strip() for each in value)
            values[name] = tuple(dict.fromkeys(each for each in stripped if each))
        else:
            raise SettingsError(f'{where}: "{name}" must be a list of texts')
    return Metadata(**values)


def _unknown(what: str, name: str) -> SettingsError:
    return SettingsError(f'{what} "{name}" is unknown; there are {", ".join((_FILE, *_FIELDS))}')


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: is not UTF-8; save it as UTF-8 (Excel: CSV UTF-8)") from error
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror})") from error


def _exact_key(file: str, folder: Path = Path()) -> str:
    """The source that a file of a sidecar in `folder` means: an absolute path or a URL."""
    if is_remote(file):
        return source_name(file)
    return _plain(os.path.abspath(folder / (file if os.path.isabs(file) else _forward(file))))


def _name_key(source: str) -> str:
    if is_remote(source):
        return _plain(unquote(file_name(source.partition("?")[0])))
    return _plain(file_name(source))


def _forward(file: str) -> str:
    return file.replace("\\", "/")


def _plain(text: str) -> str:
    """One form for letters that can be written in two (ü): file systems and Excel differ."""
    return unicodedata.normalize("NFC", text)
