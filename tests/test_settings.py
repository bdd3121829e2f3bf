"""Settings: where values come from, and what is said when one is wrong."""

from pathlib import Path

import pytest

from pagesight import resources
from pagesight.errors import SettingsError
from pagesight.settings import load


def test_the_shipped_pipeline_is_complete() -> None:
    settings = load()
    assert settings.text.model == "all-MiniLM-L6-v2"
    assert settings.ask.model == ""


@pytest.mark.parametrize("name", resources.names("pipelines", ".toml"))
def test_every_shipped_pipeline_loads(name: str) -> None:
    assert load(pipeline=name).retrieve.count > 0


def test_later_sources_win(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('[retrieve]\ncount = 3\ndepth = 30\n[ask]\nmodel = "file"\n')
    environment = {"PAGESIGHT_RETRIEVE_DEPTH": "40", "PAGESIGHT_ASK_MODEL": "environment"}
    settings = load(file=file, environment=environment, overrides=["ask.model=command"])
    assert settings.retrieve.count == 3
    assert settings.retrieve.depth == 40
    assert settings.ask.model == "command"


def test_other_variables_of_ours_are_left_alone() -> None:
    assert load(environment={"PAGESIGHT_LIBRARY": "/somewhere", "HOME": "/root"}) == load()


def test_a_pipeline_can_extend_another(tmp_path: Path) -> None:
    path = tmp_path / "words.toml"
    path.write_text('extends = "default"\n[retrieve]\nweight_dense = 0\n')
    settings = load(pipeline=str(path))
    assert settings.retrieve.weight_dense == 0
    assert settings.retrieve.depth == load().retrieve.depth


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("ask.modell=x", r"--set ask.modell=x: no key 'modell' in \[ask\]; known are model"),
        ("asc.model=x", "no section 'asc'; known are fetch, parse, chunk"),
        ("ask.model", "write it as section.key=value"),
        ("retrieve.depth=many", "must be of type int, not 'many'"),
        ("retrieve.depth=1.5", "must be of type int"),
        ("visual.enabled=perhaps", "must be of type bool"),
        ("retrieve.depth=0", "retrieve.depth must be greater than 0"),
        ("retrieve.rrf_k=-1", "must not be negative"),
        ("words.engine=lucene", "words.engine must be"),
        (
            "vectors.server=chroma:8000",
            "must be a URL like .*, folder or packed, not 'chroma:8000'",
        ),
        ("vectors.server=http://host:port", "must be a URL like"),
        ("vectors.server=http://me:secret@host:8000", "must not hold a name, a password"),
        ("ask.tokens=0", "ask.tokens must be greater than 0"),
        ("ask.images=-1", "ask.images must not be negative"),
        ("ask.image_detail=sharp", "ask.image_detail must be auto, low or high"),
    ],
)
def test_a_wrong_value_is_named_with_its_origin(override: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        load(overrides=[override])


def test_an_unknown_pipeline_lists_the_known_ones() -> None:
    with pytest.raises(SettingsError, match=r"no pipeline is called 'fast': known are .*default"):
        load(pipeline="fast")


def test_an_incomplete_pipeline_says_how_to_start_it(tmp_path: Path) -> None:
    path = tmp_path / "part.toml"
    path.write_text("[retrieve]\ncount = 3\n")
    with pytest.raises(SettingsError, match='start it with extends = "default"'):
        load(pipeline=str(path))


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.toml"
    path.write_text("[ask\n")
    with pytest.raises(SettingsError, match=r"broken.toml: is not valid TOML"):
        load(file=path)
    with pytest.raises(SettingsError, match=r"absent.toml: cannot be read"):
        load(file=tmp_path / "absent.toml")
