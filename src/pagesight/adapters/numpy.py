"""Nearest neighbours by numpy: two bits a dimension are compared with all, whole vectors with the
few that come near."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from pagesight.errors import LibraryError
from pagesight.files import write_whole

if TYPE_CHECKING:
    import numpy.typing as npt

    from pagesight.ports import Matrix, Vector

    Bits = npt.NDArray[np.uint64]
    """Shape (words, rows): two bits for each of a row's dimensions, 64 in a word."""

HEADER = "packed.json"
"""The file that makes a directory an index: the length of its vectors, 0 before the first."""

VECTORS, LEVELS, LOG = "vectors.f32", "levels.bits", "log.jsonl"
"""Rows of float32, little-endian; their levels, packed; what each line added or removed."""

RESCORED = 4_096
"""Vectors that are compared as a whole, at least: so small an index is searched exactly. On real
questions, all of the 50 nearest of 13,000 chunks are among the 2,000 nearest by their levels."""

RESCORED_SHARE = 50
"""One vector in so many is compared as a whole in a large index."""

RESCORED_EACH = 4
"""Vectors that are compared as a whole for each neighbour asked for."""

THIRD = 0.43
"""Standard deviations from the mean of a normal distribution that cut it into equal thirds. A
dimension of a unit vector has one of about 1 / sqrt(dimensions)."""

WORD = 64
"""Bits in a word of levels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """All that a search needs, as of one moment."""

    ids: Sequence[str]
    """By row; longer than `live` where rows have come since."""
    live: npt.NDArray[np.bool_]
    """Shape (rows,): neither removed nor overwritten."""
    vectors: Matrix
    """Mapped: what is not compared stays on disk."""
    levels: Bits


@dataclass(slots=True)
class _Log:
    """What the lines of the log say together."""

    ids: list[str] = field(default_factory=list)
    """By row."""
    places: dict[str, int] = field(default_factory=dict)
    """Id -> row, of what is there."""
    end: int = 0
    """Bytes of its whole lines."""

    def learn(self, line: Mapping[str, Sequence[str]]) -> None:
        for id in line.get("remove", ()):
            self.places.pop(id, None)
        for id in line.get("add", ()):
            self.places[id] = len(self.ids)
            self.ids.append(id)


class PackedVectorIndex:
    """VectorIndex in `directory`, which is made where it is missing.

    Files only grow: vectors and levels are written first, and count when a line of the log says
    whose they are. What a kill leaves behind the last whole line is written over. What was removed
    stays in the files until the index is built anew.

    A dimension is low, middle or high. A search adds up how many levels every vector differs by,
    from a sixteenth of the bytes, and compares the nearest by that as a whole. What it loses to an
    exact search is what lies beyond them.

    Raises:
        LibraryError: the directory cannot be opened as an index.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._changing = threading.Lock()
        self._rows: _Rows | None = None
        self._written = False
        self._dimension = 0
        with self._translated():
            directory.mkdir(parents=True, exist_ok=True)
            if not any(directory.iterdir()):
                self._set_dimension(0)
            self._dimension = int(json.loads((directory / HEADER).read_bytes())["dimension"])
            self._log = self._read_log()

    def add(self, ids: Sequence[str], vectors: Matrix) -> None:
        if not ids:
            return
        with self._changing, self._translated():
            if not self._dimension:
                self._set_dimension(vectors.shape[1])
            self._check(vectors)
            row = len(self._log.ids)
            self._write(VECTORS, row * 4 * self._dimension, vectors.astype("<f4").tobytes())
            self._write(LEVELS, row * self._level_bytes, _levels(vectors).tobytes())
            self._commit({"add": list(ids)})

    def remove(self, ids: Sequence[str]) -> None:
        with self._changing, self._translated():
            there = [id for id in ids if id in self._log.places]
            if there:
                self._commit({"remove": there})

    def search(self, vector: Vector, count: int) -> list[tuple[str, float]]:
        with self._changing:
            rows = self._opened()
        if rows is None or count < 1:
            return []
        with self._translated():
            self._check(vector[None])
            near = _near(rows, _levels(vector[None]).T, count)
            # Float32 carries about seven digits: beyond six, equal vectors would differ.
            whole = rows.vectors.take(near, axis=0)
            # No product of matrices: BLAS would wake its threads, which takes longer than the work.
            cosines: Vector = np.einsum("ij,j->i", whole, np.asarray(vector, "f4")).round(6)
        if count < len(near):
            best = cosines >= np.partition(cosines, -count)[-count]
            near, cosines = near[best], cosines[best]
        found = ((rows.ids[row], round(float(x), 6)) for row, x in zip(near, cosines, strict=True))
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:count]

    def vectors(self, ids: Sequence[str]) -> Mapping[str, Vector]:
        with self._changing:
            rows = self._opened()
            places = {id: self._log.places[id] for id in ids if id in self._log.places}
        return {id: np.array(rows.vectors[row]) for id, row in places.items()} if rows else {}

    def ids(self) -> set[str]:
        with self._changing:
            return set(self._log.places)

    def close(self) -> None:
        with self._changing, self._translated():
            self._rows = None
            if self._written:
                # The catalogue takes a closed index for sound, also after a loss of power.
                for path in self._directory.iterdir():
                    with path.open("rb+") as file:
                        os.fsync(file.fileno())
                self._written = False

    def _set_dimension(self, dimension: int) -> None:
        write_whole(self._directory / HEADER, json.dumps({"dimension": dimension}).encode())
        self._dimension = dimension

    @property
    def _level_bytes(self) -> int:
        """Of a row."""
        return -(-2 * self._dimension // WORD) * WORD // 8

    def _check(self, vectors: Matrix) -> None:
        if vectors.shape[1] != self._dimension:
            raise ValueError(
                f"a vector of dimension {vectors.shape[1]} for one of dimension {self._dimension}"
            )

    def _opened(self) -> _Rows | None:
        """None where nothing was ever added."""
        if self._rows is None and self._log.ids:
            with self._translated():
                self._rows = self._mapped()
        return self._rows

    def _mapped(self) -> _Rows:
        count = len(self._log.ids)
        live = np.zeros(count, dtype=np.bool_)
        live[list(self._log.places.values())] = True
        shape = (count, self._dimension)
        # A view: what numpy says of mapped files costs more than the comparison.
        mapped = np.memmap(self._directory / VECTORS, dtype="<f4", mode="r", shape=shape)
        words = self._level_bytes * 8 // WORD
        levels = np.fromfile(self._directory / LEVELS, dtype="<u8", count=count * words)
        return _Rows(
            ids=self._log.ids,
            live=live,
            vectors=mapped.view(np.ndarray),
            levels=np.ascontiguousarray(levels.reshape(count, words).T),
        )

    def _read_log(self) -> _Log:
        log = _Log()
        path = self._directory / LOG
        if not self._dimension or not path.is_file():
            return log
        with path.open("rb") as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    break
                log.learn(json.loads(line))
                log.end += len(line)
        return log

    def _commit(self, line: Mapping[str, Sequence[str]]) -> None:
        data = json.dumps(line).encode() + b"\n"
        self._write(LOG, self._log.end, data)
        self._log.learn(line)
        self._log.end += len(data)
        self._rows = None

    def _write(self, name: str, at: int, data: bytes) -> None:
        """Puts the bytes at a place of a file, which ends behind them."""
        self._written = True
        with _for_writing(self._directory / name) as file:
            file.seek(at)
            file.write(data)
            file.truncate()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise LibraryError(
                f"vector index {self._directory}: {error}: "
                "`pagesight doctor --repair` rebuilds it from the catalogue"
            ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedFolders:
    """VectorStore in directories, packed."""

    drop: Callable[[Path], None]
    """Removes whatever index is in a directory: the settings may have changed since."""

    remote = False

    def open(self, directory: Path) -> PackedVectorIndex:
        return PackedVectorIndex(directory)


def _for_writing(path: Path) -> BinaryIO:
    path.touch()
    return path.open("rb+")


def _levels(vectors: Matrix) -> Bits:
    """Shape (rows, words). Low is 00, middle 01, high 11: as many bits differ as levels lie
    between. Bits beyond the last dimension are 0."""
    cut = THIRD / np.sqrt(vectors.shape[1])
    packed = np.packbits(np.concatenate((vectors > cut, vectors > -cut), axis=1), axis=1)
    filled = np.zeros((len(packed), -(-packed.shape[1] * 8 // WORD) * WORD // 8), dtype=np.uint8)
    filled[:, : packed.shape[1]] = packed
    return filled.view("<u8")


def _near(rows: _Rows, levels: Bits, count: int) -> npt.NDArray[np.intp]:
    """Rows that are live and differ from a vector by the fewest levels; all that differ by as many
    as the last, so that equal ones are never told apart here.

    Args:
        levels: of the vector, shape (words, 1).
    """
    total = len(rows.live)
    wanted = max(RESCORED, total // RESCORED_SHARE, RESCORED_EACH * count)
    if total <= wanted:
        return np.flatnonzero(rows.live)
    differing = np.zeros(total, dtype=np.uint16)
    for stored, asked in zip(rows.levels, levels, strict=True):
        differing += np.bitwise_count(stored ^ asked)
    most = len(levels) * WORD + 1
    differing[~rows.live] = most
    at_most = np.cumsum(np.bincount(differing, minlength=most + 1)[:most])
    limit = min(int(np.searchsorted(at_most, wanted)), most - 1)
    return np.flatnonzero(differing <= limit)
