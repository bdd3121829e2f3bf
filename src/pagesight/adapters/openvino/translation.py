"""Translates a sentence-transformers folder for OpenVINO: `python -m ... MODEL_FOLDER OUT_FOLDER`.

Runs in a process of its own, because it loads torch and all that comes with it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from pagesight.adapters.openvino import encoding

SAMPLE = ("The seal of the pump drips.", "Oil.")
"""Traced with two lengths, so that padding is on the way that is recorded."""


def main(model: Path, out: Path) -> None:
    """Writes the folder that `encoding.load` reads. `out` is made here."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    openvino = encoding.runtime()
    import torch
    from sentence_transformers import SentenceTransformer

    transformer = SentenceTransformer(
        str(model), device="cpu", model_kwargs={"dtype": torch.float32}
    ).eval()
    reference = transformer.encode(
        list(encoding.PROBES), batch_size=1, normalize_embeddings=True, show_progress_bar=False
    )
    out.mkdir()
    np.save(out / encoding.REFERENCE, np.asarray(reference, dtype=np.float32))
    try:
        translated = _translated(transformer, openvino)
    except MemoryError:
        raise
    except Exception as error:
        said = str(error).strip().splitlines() or [type(error).__name__]
        _refuse(out, f"openvino cannot run this model: {said[0]}")
        return
    openvino.save_model(translated, out / encoding.MODEL, compress_to_fp16=False)
    # After encoding, the tokenizer carries the cut and the padding that the model was given.
    transformer.tokenizer.backend_tokenizer.save(str(out / encoding.TOKENIZER))
    least = encoding.Encoder(out, "f32", len(encoding.PROBES)).least_cosine()
    if not least >= encoding.FAITHFUL:
        _refuse(out, f"openvino gives other vectors than torch for this model (cosine {least:.4f})")


def _translated(transformer: Any, openvino: Any) -> Any:
    """The whole of sentence-transformers' modules as one graph: (ids, mask) -> vectors of the
    texts, and of their tokens."""
    import torch

    class Whole(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.transformer = transformer

        def forward(
            self, ids: torch.Tensor, mask: torch.Tensor
        ) -> tuple[torch.Tensor, torch.Tensor]:
            features = self.transformer({"input_ids": ids, "attention_mask": mask})
            return features["sentence_embedding"], features["token_embeddings"]

    sample = transformer.preprocess(list(SAMPLE))
    with torch.inference_mode():
        return openvino.convert_model(
            Whole().eval(), example_input=(sample["input_ids"], sample["attention_mask"])
        )


def _refuse(out: Path, reason: str) -> None:
    """Leaves word that this model is not for OpenVINO, so that it is not tried again."""
    for path in out.iterdir():
        path.unlink()
    (out / encoding.UNFIT).write_text(reason, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
