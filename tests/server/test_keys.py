"""Keys: shown once, kept as hashes, worthless as soon as they are removed."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pagesight.errors import MissingError, SettingsError
from pagesight.server.callers import Caller
from pagesight.server.keys import KeyStore
from tests.conftest import run_pagesight


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "keys.json"


def test_a_key_says_who_calls_and_what_they_may(path: Path) -> None:
    store = KeyStore(path)
    reader = store.add("ana", "read", ["pumps", "valves"])
    writer = store.add("bob", "write")
    assert store.caller_of(reader) == Caller(
        name="ana", scope="read", libraries=("pumps", "valves")
    )
    assert store.caller_of(writer) == Caller(name="bob", scope="write", libraries=None)


@pytest.mark.parametrize(
    "change",
    [
        lambda key: "",
        lambda key: key[:-1],
        lambda key: key + "x",
        lambda key: key.swapcase(),
        lambda key: key.removeprefix("ps_"),
        lambda key: f" {key}",
        lambda key: "ÿ" * 46,
    ],
)
def test_what_is_not_exactly_a_key_is_nobodys(path: Path, change: Callable[[str], str]) -> None:
    store = KeyStore(path)
    key = store.add("ana")
    assert store.caller_of(change(key)) is None


def test_without_a_file_there_are_no_keys(path: Path) -> None:
    assert KeyStore(path).rows() == []
    assert KeyStore(path).caller_of("ps_x") is None
    assert not path.parent.exists()


def test_keys_are_long_random_and_marked(path: Path) -> None:
    store = KeyStore(path)
    keys = [store.add(str(number)) for number in range(3)]
    assert len({key[:10] for key in keys}) == 3
    assert all(key.startswith("ps_") and len(key) == 46 for key in keys)


def test_the_file_holds_no_key_and_is_for_its_owner_only(path: Path) -> None:
    old = os.umask(0)
    try:
        key = KeyStore(path).add("ana")
    finally:
        os.umask(old)
    assert key.removeprefix("ps_") not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_no_row_shows_a_key_or_its_hash(path: Path) -> None:
    store = KeyStore(path)
    key = store.add("ana", "read", ["pumps"])
    (row,) = store.rows()
    hash = json.loads(path.read_text())["keys"][0]["sha256"]
    assert (row.name, row.scope, row.libraries) == ("ana", "read", ("pumps",))
    assert row.created.endswith("+00:00")
    assert key not in repr(row)
    assert hash not in repr(row)


def test_a_removed_key_is_refused_at_once_by_stores_that_know_it(path: Path) -> None:
    serving = KeyStore(path)
    key = KeyStore(path).add("ana")
    kept = KeyStore(path).add("bob")
    assert serving.caller_of(key) is not None
    KeyStore(path).remove("ana")
    assert serving.caller_of(key) is None
    assert serving.caller_of(kept) is not None


def test_a_key_that_is_made_is_known_at_once_to_stores_that_run(path: Path) -> None:
    serving = KeyStore(path)
    assert serving.rows() == []
    assert serving.caller_of(KeyStore(path).add("ana")) is not None


def test_a_file_that_is_gone_lets_nobody_in(path: Path) -> None:
    store = KeyStore(path)
    key = store.add("ana")
    assert store.caller_of(key) is not None
    path.unlink()
    assert store.caller_of(key) is None


def test_a_name_is_given_once(path: Path) -> None:
    store = KeyStore(path)
    key = store.add("ana")
    with pytest.raises(SettingsError, match="there is a key 'ana' already"):
        store.add("ana", "write")
    assert [row.scope for row in store.rows()] == ["read"]
    assert store.caller_of(key) is not None


@pytest.mark.parametrize("name", ["", " ana", "a\nb", "(this machine)", "x" * 65, "a\x1b[0m"])
def test_names_that_logs_could_not_show_are_refused(path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match="name a key by"):
        KeyStore(path).add(name)


def test_removing_an_unknown_key_names_the_known_ones(path: Path) -> None:
    store = KeyStore(path)
    store.add("ana")
    with pytest.raises(MissingError, match=r"no key 'anna'.*keys are: ana"):
        store.remove("anna")


@pytest.mark.parametrize(
    "content",
    ["", "{}{", "[]", '{"keys": [{"name": "x"}]}', '{"pagesight_keys": 2}', '{"port": 8080}'],
)
def test_a_file_of_something_else_is_refused_and_left_alone(path: Path, content: str) -> None:
    path.parent.mkdir()
    path.write_text(content)
    path.chmod(0o600)
    store = KeyStore(path)
    for use in (store.rows, lambda: store.caller_of("ps_x"), lambda: store.add("ana")):
        with pytest.raises(SettingsError, match="holds no keys of pagesight"):
            use()
    assert path.read_text() == content


@pytest.mark.skipif(os.name != "posix", reason="no such permissions")
@pytest.mark.parametrize("mode", [0o644, 0o620, 0o602])
def test_a_file_that_is_open_to_others_is_refused_with_the_remedy(path: Path, mode: int) -> None:
    store = KeyStore(path)
    key = store.add("ana")
    assert store.caller_of(key) is not None
    path.chmod(mode)
    with pytest.raises(SettingsError, match=f"chmod 600 {path}"):
        store.caller_of(key)
    path.chmod(0o600)
    assert store.caller_of(key) is not None


def test_keys_made_at_the_same_time_are_all_kept(path: Path) -> None:
    names = [f"key {number}" for number in range(12)]
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda name: KeyStore(path).add(name), names))
    store = KeyStore(path)
    assert sorted(row.name for row in store.rows()) == sorted(names)
    assert all(store.caller_of(key) for key in made)


def test_the_commands_make_list_and_remove_keys(path: Path) -> None:
    environment = {"PAGESIGHT_KEYS": str(path)}
    made = run_pagesight(
        "keys", "add", "ana", "--write", "--library", "pumps", environment=environment
    )
    key = made.stdout.strip()
    assert made.returncode == 0, made.stderr
    assert "only time" in made.stderr
    assert KeyStore(path).caller_of(key) == Caller(name="ana", scope="write", libraries=("pumps",))
    shown = run_pagesight("keys", "list", "--json", environment=environment)
    assert [row["name"] for row in json.loads(shown.stdout)] == ["ana"]
    listed = run_pagesight("keys", "list", "--keys", path).stdout
    assert "pumps" in listed
    assert key not in listed + shown.stdout
    taken = run_pagesight("keys", "add", "ana", environment=environment)
    assert (taken.returncode, taken.stderr.count("\n")) == (2, 1)
    run_pagesight("keys", "rm", "ana", environment=environment)
    assert KeyStore(path).rows() == []
