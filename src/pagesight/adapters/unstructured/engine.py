"""unstructured without network: its telemetry, its notice and its downloads switched off.

Import whatever is needed of it through this package only, after this module.
"""

from __future__ import annotations

import os
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

_MODEL = "en_core_web_sm"
"""The English model of spaCy by which unstructured tells titles from prose."""
_OFFLINE = {
    "SCARF_NO_ANALYTICS": "true",
    "DO_NOT_TRACK": "true",
    "UNSTRUCTURED_DISABLE_NOTICE": "1",
}
_TITLE_WORDS = "UNSTRUCTURED_TITLE_MAX_WORD_LENGTH"

os.environ.update(_OFFLINE)  # read while it is imported

import spacy  # noqa: E402
from unstructured.nlp import tokenize  # noqa: E402

VERSION = version("unstructured")


def has_model() -> bool:
    """Whether titles can be told by their words."""
    return find_spec(_MODEL) is not None


def guess_titles(wanted: bool) -> None:
    """Whether lines that nothing marks as headings may become titles by their words. Without the
    model, every short line without a full stop would."""
    if wanted and has_model():
        os.environ.pop(_TITLE_WORDS, None)
    else:
        os.environ[_TITLE_WORDS] = "0"


def _language() -> Any:
    """In place of a loader that downloads the model from GitHub and installs it into the running
    environment where it is not there."""
    if has_model():
        return spacy.load(_MODEL, exclude=["ner", "lemmatizer", "attribute_ruler"])
    plain = spacy.blank("en")
    plain.add_pipe("sentencizer")
    return plain


tokenize._load_spacy_model = _language
