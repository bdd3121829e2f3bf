"""Prompts are files: prompts/NAME.toml, each with a version and its templates."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import Template

from pagesight import resources
from pagesight.errors import SettingsError

_KEY = 16
"""Hex digits of a key: 64 bits, which no text hits upon by chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One prompt: what the model is told, and named templates with $variables."""

    name: str
    version: int
    system: str
    templates: Mapping[str, str]

    def fill(self, template: str, values: Mapping[str, object]) -> str:
        """One of its templates, filled; see `render`."""
        return render(self.templates[template], values)


def load(name: str, templates: Sequence[str]) -> Prompt:
    """Reads a shipped prompt by name, or a .toml file by path, with the templates named.

    Raises:
        SettingsError: no such prompt, or a part of it is missing.
    """
    path = resources.find("prompts", name, ".toml")
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        return Prompt(
            name=path.stem,
            version=int(raw["version"]),
            system=str(raw["system"]).strip(),
            templates={part: str(raw[part]) for part in templates},
        )
    except KeyError as error:
        raise SettingsError(f"{path}: the prompt has no {error}") from error
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path}: cannot be read as a prompt ({error})") from error


def render(template: str, values: Mapping[str, object]) -> str:
    """Fills the $variables of a template; lines that end up empty are dropped.

    Raises:
        SettingsError: the template names a variable that there is no value for.
    """
    try:
        text = Template(template).substitute(values)
    except (KeyError, ValueError) as error:
        raise SettingsError(f"a prompt template cannot be filled: {error}") from error
    return "\n".join(line.rstrip() for line in text.strip().splitlines() if line.strip())


def secret_key(texts: Sequence[str]) -> str:
    """A key that none of the texts holds, so that none can close its own part of a prompt.

    Templates put it on the lines between which the parts stand. It is made from all the texts:
    whoever writes one of them can neither know it nor hit upon it, and the same texts give the
    same prompt.
    """
    return hashlib.sha256("\0".join(texts).encode("utf-8", "replace")).hexdigest()[:_KEY]
