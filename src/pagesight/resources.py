"""Finds prompts and pipelines: an explicit path, then package data, then the checkout."""

from __future__ import annotations

from pathlib import Path

from pagesight.errors import SettingsError

_PACKAGE = Path(__file__).parent
_PLACES = {
    "prompts": (_PACKAGE / "_prompts", _PACKAGE.parents[1] / "prompts"),
    "pipelines": (_PACKAGE / "_pipelines", _PACKAGE.parents[1] / "pipelines"),
}
"""The wheel carries the top-level folders under the first names; a checkout has the second."""


def find(folder: str, name: str, suffix: str) -> Path:
    """The file that `name` means: a path that ends in `suffix`, or the name of a shipped file.

    Raises:
        SettingsError: there is no such file; the message lists the shipped names.
    """
    if name.endswith(suffix):
        path = Path(name).expanduser()
        if path.is_file():
            return path
        raise SettingsError(f"{path}: no such file")
    for place in _PLACES[folder]:
        path = place / f"{name}{suffix}"
        if path.is_file():
            return path
    raise SettingsError(
        f"no {folder.removesuffix('s')} is called {name!r}: "
        f"known are {', '.join(names(folder, suffix))}; or give a path that ends in {suffix}"
    )


def names(folder: str, suffix: str) -> list[str]:
    """Names of the shipped files of a folder, sorted."""
    found = {path.stem for place in _PLACES[folder] for path in place.glob(f"*{suffix}")}
    return sorted(found)
