"""A translated model in memory, and its proof against the vectors that torch gave."""

from __future__ import annotations

import math
import sys
import threading
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pagesight.errors import ServiceError
from pagesight.ports import TokenVectors

if TYPE_CHECKING:
    from pagesight.ports import Matrix

    Outputs = tuple[Matrix, Matrix]
    """Vectors of texts, shape (texts, dimension), and of their tokens, shape (texts, tokens,
    dimension)."""

MODEL, TOKENIZER, REFERENCE, UNFIT = "model.xml", "tokenizer.json", "reference.npy", "unfit.txt"
"""Files of a translated model's folder; the last one alone where it could not be translated."""
PRECISIONS = ("bf16", "f32")
"""Fastest first."""
FAITHFUL = 0.999
"""Least cosine to the vector of float32 torch, for every probe."""
PROBES = (
    "Pump",
    "Which torque do the bolts of the bearing bracket need?",
    "3.3 V ±5 %, I²C at 400 kHz; see Table 3-2 (p. 17): R12 = 4.7 kΩ, −40…+85 °C.",
    "The seal of the pump drips. " + "Drain the oil, loosen the six screws crosswise. " * 4,
    "Table 7. | part | torque | interval | " + "| M8 x 25 | 24 Nm | 500 h | " * 16,
    "Revenue rose by 4.1 % to € 3,018 million, driven by services and by currency. " * 40,
)
"""Texts from one word to one that is cut off, so that a batch of them is mostly padding."""


def runtime() -> Any:
    """The library without its usage reports.

    On import, openvino otherwise calls an analytics service and writes an identity into the home
    folder; where the package that does so is missing, it uses a stub of its own.

    Raises:
        ServiceError: it is not installed, or not for this machine.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    try:
        import openvino
    except (ImportError, OSError) as error:
        raise ServiceError(f"openvino cannot be loaded: {error}") from error
    return openvino


TOGETHER = 256
"""Texts that are cut into tokens, and sorted by their length, at a time: tokens take some 70 kB a
text, which a document of two thousand pages would fill a gigabyte with."""


STEP = 16
"""Tokens: batches are padded to a multiple of it. The runtime keeps what it prepared for every
length that it met, and would grow by some megabytes an hour."""


MOST_TOKENS = 1_024
"""Of a batch: 90 ms of a processor. A question waits for the batch of an ingest that is computed
just then, and larger ones are no faster."""


class Encoder:
    """Tokenizer and model at one precision ("bf16" or "f32"); may be called from any thread."""

    def __init__(self, folder: Path, precision: str, batch_size: int) -> None:
        from tokenizers import Tokenizer

        self._batch_size = batch_size
        self._reference: Matrix = np.load(folder / REFERENCE)
        self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        padding = self._tokenizer.padding or {}
        self._padding = {
            key: padding[key] for key in ("direction", "pad_id", "pad_token") if key in padding
        }
        self._most_tokens: int = (self._tokenizer.truncation or {"max_length": 0})["max_length"]
        self._tokenizer.no_padding()
        self._model = _core().compile_model(
            folder / MODEL,
            "CPU",
            {
                "PERFORMANCE_HINT": "LATENCY",
                "INFERENCE_PRECISION_HINT": precision,
                # Other processes parse on the same cores, and those started from a pinned thread
                # would inherit its one core.
                "ENABLE_CPU_PINNING": False,
            },
        )
        self._one_at_a_time = threading.Lock()

    def encode(self, texts: Sequence[str]) -> Matrix:
        """Shape (len(texts), dimension), unit rows in the order of the texts. Only texts that are
        padded to the same length share a batch: the processor is not kept busy with padding, and
        how wide a text is does not hang on the others."""
        vectors: Matrix = np.empty((len(texts), self._reference.shape[1]), dtype=np.float32)
        for start in range(0, len(texts), TOGETHER):
            encodings = self._tokenizer.encode_batch(list(texts[start : start + TOGETHER]))
            for rows, (found, _) in self._batches(encodings):
                vectors[[start + row for row in rows]] = found
        return _unit_rows(vectors)

    def encode_tokens(self, texts: Sequence[str]) -> list[TokenVectors]:
        """One a text, in their order."""
        encodings = self._tokenizer.encode_batch(list(texts))
        spans = [list(encoding.offsets) for encoding in encodings]
        made: dict[int, TokenVectors] = {}
        for rows, (_, found) in self._batches(encodings):
            for row, vectors in zip(rows, found, strict=True):
                kept = np.array(encodings[row].attention_mask, dtype=bool)
                made[row] = TokenVectors(vectors=_unit_rows(vectors[kept]), spans=spans[row])
        return [made[row] for row in range(len(texts))]

    def _batches(self, encodings: Sequence[Any]) -> Iterator[tuple[list[int], Outputs]]:
        """Rows of `encodings`, and what the model makes of them."""
        order = sorted(range(len(encodings)), key=lambda row: -len(encodings[row]))
        for length, alike in groupby(order, key=lambda row: self._padded(len(encodings[row]))):
            rows = list(alike)
            together = max(1, min(self._batch_size, MOST_TOKENS // length))
            for start in range(0, len(rows), together):
                part = rows[start : start + together]
                yield part, self._infer([encodings[row] for row in part], length)

    def _padded(self, tokens: int) -> int:
        return max(tokens, min(self._most_tokens, math.ceil(tokens / STEP) * STEP))

    def least_cosine(self) -> float:
        """Of the probes, each alone and all in one batch, to the vectors of torch."""
        alone = np.concatenate([self.encode([text]) for text in PROBES])
        together = self.encode(PROBES)
        return min(
            float((vectors * self._reference).sum(axis=1).min()) for vectors in (alone, together)
        )

    def _infer(self, encodings: list[Any], length: int) -> Outputs:
        """The model's outputs for a batch, padded to so many tokens."""
        for encoding in encodings:
            encoding.pad(length, **self._padding)
        ids = np.array([encoding.ids for encoding in encodings], dtype=np.int64)
        mask = np.array([encoding.attention_mask for encoding in encodings], dtype=np.int64)
        with self._one_at_a_time:
            outputs = self._model([ids, mask])
            return outputs[0], outputs[1]


def _unit_rows(vectors: Matrix) -> Matrix:
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return vectors


def load(folder: Path, batch_size: int, precisions: Sequence[str] = PRECISIONS) -> Encoder:
    """The encoder of the first precision that the processor has and that is faithful in this
    process.

    Raises:
        ServiceError: there is none, or the library or the folder cannot be read.
    """
    if (folder / UNFIT).is_file():
        raise ServiceError((folder / UNFIT).read_text(encoding="utf-8"))
    has_bf16 = "BF16" in _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    found = []
    for precision in precisions:
        if precision == "bf16" and not has_bf16:
            continue
        try:
            encoder = Encoder(folder, precision, batch_size)
            least = encoder.least_cosine()
        except Exception as error:  # tokenizers raises no narrower one
            raise ServiceError(f"openvino cannot read the text model: delete {folder}") from error
        if least >= FAITHFUL:
            return encoder
        found.append(f"{precision} {least:.4f}")
    raise ServiceError(
        f"openvino gives other vectors than torch did (cosine {', '.join(found)}); "
        f"if this happens again, delete {folder}"
    )


def _core() -> Any:
    return runtime().Core()
