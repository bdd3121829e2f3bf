"""Readings of OCR: kept by picture, bounded, and gone with the documents."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pagesight.adapters.filesystem import FileReadings
from pagesight.errors import ServiceError
from pagesight.leftovers import MOST_READ, readings_folder
from pagesight.optical import ReadWord
from tests.builders import an_id, open_library

WORD = ReadWord("valve", 1, 2, 30, 10, (1, 1, 1), 0.9)


@dataclass
class Reader:
    """Says the same of every picture, and counts."""

    fingerprint: str = "one"
    fails: bool = False
    asked: list[bool] = field(default_factory=list)

    def read(self, png: bytes, *, sparse: bool) -> tuple[ReadWord, ...]:
        self.asked.append(sparse)
        if self.fails:
            raise ServiceError("out of order")
        return (WORD,)


def test_a_picture_is_read_once(tmp_path: Path) -> None:
    reader = Reader()
    assert FileReadings(tmp_path, reader).read(b"png", sparse=True) == (WORD,)
    assert FileReadings(tmp_path, reader).read(b"png", sparse=True) == (WORD,)
    assert reader.asked == [True]


def test_another_picture_mode_or_reader_is_another_reading(tmp_path: Path) -> None:
    one, other = Reader(), Reader("other")
    FileReadings(tmp_path, one).read(b"png", sparse=True)
    FileReadings(tmp_path, one).read(b"png", sparse=False)
    FileReadings(tmp_path, one).read(b"png 2", sparse=False)
    FileReadings(tmp_path, other).read(b"png", sparse=True)
    assert one.asked == [True, False, False]
    assert other.asked == [True]
    assert FileReadings(tmp_path, other).fingerprint == "other"


def test_a_reading_that_is_damaged_or_failed_is_read_again(tmp_path: Path) -> None:
    reader = Reader(fails=True)
    with pytest.raises(ServiceError):
        FileReadings(tmp_path, reader).read(b"png", sparse=True)
    reader.fails = False
    FileReadings(tmp_path, reader).read(b"png", sparse=True)
    (path,) = tmp_path.glob("*/*.gz")
    path.write_bytes(path.read_bytes()[:20])
    assert FileReadings(tmp_path, reader).read(b"png", sparse=True) == (WORD,)
    assert len(reader.asked) == 3


def test_the_oldest_readings_go_where_there_are_too_many(tmp_path: Path) -> None:
    with open_library(tmp_path) as library:
        folder = readings_folder(library.root) / "ab"
        folder.mkdir(parents=True)
        for age, size in enumerate((100, MOST_READ - 100, 100)):
            path = folder / f"{age}.json.gz"
            with path.open("wb") as file:
                file.truncate(size)
            os.utime(path, (1_000_000 - age, 1_000_000 - age))
        assert library.sweep().bytes == 100
        assert sorted(path.name for path in folder.iterdir()) == ["0.json.gz", "1.json.gz"]


def test_nothing_that_was_read_outlives_a_document_that_is_forgotten(tmp_path: Path) -> None:
    with open_library(tmp_path) as library:
        FileReadings(readings_folder(library.root), Reader()).read(b"png", sparse=True)
        library.forget([an_id("manual")])
        assert not readings_folder(library.root).exists()
