"""Text models as folders."""

import json
from pathlib import Path
from typing import Any

import pytest

from pagesight import settings
from pagesight.errors import SettingsError
from pagesight.models import best_engine, find_folder, not_plain

OLD = "sentence_transformers.models."
NEW = "sentence_transformers.base.modules."


def a_model(folder: Path, *types: str, **more: Any) -> Path:
    """The files that tell what a model is; `more` is file stem -> what it says."""
    modules = [
        {"idx": n, "path": "" if n == 0 else f"{n}_Module", "type": kind}
        for n, kind in enumerate(types)
    ]
    (folder / "1_Module").mkdir()
    files = {
        "modules": modules,
        "tokenizer": {},
        "config": {"model_type": "bert"},
        "1_Module/config": {"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True},
    } | more
    for stem, content in files.items():
        if content is not None:
            (folder / f"{stem}.json").write_text(json.dumps(content))
    return folder


def test_a_transformer_with_mean_or_cls_pooling_is_plain(tmp_path: Path) -> None:
    types = (f"{OLD}Transformer", f"{OLD}Pooling", f"{OLD}Normalize")
    assert not_plain(a_model(tmp_path, *types)) == ""
    newer = (f"{NEW}transformer.Transformer", "sentence_transformers.x.modules.pooling.Pooling")
    (tmp_path / "newer").mkdir()
    said: dict[str, Any] = {"1_Module/config": {"pooling_mode": "cls", "include_prompt": True}}
    assert not_plain(a_model(tmp_path / "newer", *newer, **said)) == ""


@pytest.mark.parametrize(
    ("types", "more", "reason"),
    [
        (("Transformer", "Pooling", "Dense"), {}, "modules.json"),
        (("Transformer",), {}, "modules.json"),
        ((), {"modules": None}, "modules.json"),
        ((), {"modules": {"0": "Transformer"}}, "modules.json"),
        (("Transformer", "Pooling"), {"tokenizer": None}, "tokenizer.json"),
        (("Transformer", "Pooling"), {"1_Module/config": {"pooling_mode": "lasttoken"}}, "pooling"),
        (("Transformer", "Pooling"), {"1_Module/config": None}, "pooling"),
        (
            ("Transformer", "Pooling"),
            {"1_Module/config": {"pooling_mode_cls_token": True, "pooling_mode_max_tokens": True}},
            "pooling",
        ),
        (("Transformer", "Pooling"), {"config": {"auto_map": {"AutoModel": "own.py"}}}, "code"),
        (
            ("Transformer", "Pooling"),
            {"config_sentence_transformers": {"default_prompt_name": "query"}},
            "prompt",
        ),
    ],
)
def test_anything_more_is_not_plain_and_says_why(
    tmp_path: Path, types: tuple[str, ...], more: dict[str, Any], reason: str
) -> None:
    assert reason in not_plain(a_model(tmp_path, *(OLD + kind for kind in types), **more))


def test_modules_of_somebody_else_are_not_plain(tmp_path: Path) -> None:
    model = a_model(tmp_path, f"{OLD}Transformer", "custom_st.Pooling")
    assert "modules.json" in not_plain(model)


def test_auto_takes_openvino_for_the_installed_model_on_a_processor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert not_plain(find_folder("all-MiniLM-L6-v2")) == ""
    assert best_engine("all-MiniLM-L6-v2") == "openvino"


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"text\.engine must be auto, openvino or torch"):
        settings.load(overrides=["text.engine=fast"])


def test_auto_takes_torch_for_a_model_of_the_hub() -> None:
    assert best_engine("some/hub-model") == "torch"
