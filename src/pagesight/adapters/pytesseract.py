"""OCR by the tesseract program."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from PIL import Image, ImageOps

from pagesight.errors import ServiceError
from pagesight.optical import ReadWord


@contextmanager
def _without_pandas() -> Iterator[None]:
    """pytesseract imports pandas where it finds it, for a kind of output that is not used here;
    that takes longer than all else a worker process does before its first page."""
    if "pandas" in sys.modules:
        yield
        return
    sys.modules["pandas"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["pandas"]


with _without_pandas():
    import pytesseract

_READING = 2
"""Raise it when this file makes tesseract read the same picture differently."""
_PAGE_MODE = 3
"""Page segmentation of running text: automatic, columns told apart."""
_SPARSE_MODE = 12
"""Scattered labels: twice the words of mode 6 on figures."""
_LEAST_PAGE_CONFIDENCE = 0.3
_LEAST_SPARSE_CONFIDENCE = 0.5
_LEAST_SHORT_CONFIDENCE = 0.7
"""For one or two characters in a figure: edges of a photograph read as such."""
_DOUBTFUL = 0.7
"""Mean confidence under which a page may lie on its side."""
_FEW_WORDS = 10
"""A page that gives fewer may lie on its side as well."""
AUTO = "auto"
"""As languages: those of the script of the picture."""
_NO_LANGUAGES = frozenset({"osd", "equ"})
"""Data of tesseract for orientation and formulas."""
_SURE_SCRIPT = 1.0
"""Tesseract's own measure of how sure it is of the script."""
_SCRIPTS: Mapping[str, tuple[str, ...]] = {
    "Arabic": ("ara", "fas", "kur_ara", "pus", "snd", "uig", "urd"),
    "Bengali": ("asm", "ben"),
    "Cyrillic": ("aze_cyrl", "bel", "bul", "kaz", "kir", "mkd", "mon", "rus", "srp", "tgk", "ukr"),
    "Devanagari": ("hin", "mar", "nep", "san"),
    "Greek": ("ell", "grc"),
    "Han": ("chi_sim", "chi_sim_vert", "chi_tra", "chi_tra_vert", "jpn", "jpn_vert"),
    "Hangul": ("kor", "kor_vert"),
    "Hebrew": ("heb", "yid"),
    "Japanese": ("jpn", "jpn_vert"),
    "Korean": ("kor", "kor_vert"),
    "Tamil": ("tam",),
    "Thai": ("tha",),
}
"""Languages by what tesseract calls their script; all others are written in Latin letters."""
_NOT_LATIN = frozenset(language for languages in _SCRIPTS.values() for language in languages)
_BORDER = 12
"""White pixels around a figure: letters that touch the edge are not seen."""
_ENLARGED = 2
"""Times a figure is enlarged before it is read: crops have 150 dpi, and labels are small print."""
_MOST_PIXELS = 12e6
"""Of an enlarged figure, by which larger ones are enlarged less: noise in them takes minutes."""
_SECONDS = 120.0
"""A page takes a few seconds; noise can take minutes."""

# Tesseract's threads only get in each other's way on pages of this size, and documents are
# parsed in one process a core.
os.environ.setdefault("OMP_THREAD_LIMIT", "1")


def available() -> bool:
    """Whether the tesseract program can be run."""
    try:
        pytesseract.get_tesseract_version()
    except (pytesseract.TesseractNotFoundError, SystemExit, OSError):
        return False
    return True


@cache
def installed_languages() -> tuple[str, ...]:
    """Names of the languages that tesseract has data for, sorted; none where it is missing."""
    try:
        found = pytesseract.get_languages(config="")
    except (pytesseract.TesseractNotFoundError, SystemExit, OSError):
        return ()
    return tuple(sorted({*found} - _NO_LANGUAGES))


class PytesseractReader:
    """Reads pictures with tesseract; implements `pagesight.ports.OpticalReader`.

    `languages` are tesseract's names joined by "+" ("eng+deu"), or `AUTO`: then every picture is
    read in those installed languages that are written in its script. `seconds` bound one call.
    """

    def __init__(self, languages: str = "eng", *, seconds: float = _SECONDS) -> None:
        self._languages = languages
        self._seconds = seconds

    @property
    def fingerprint(self) -> str:
        """Program version, how it is used, and languages."""
        try:
            version = str(pytesseract.get_tesseract_version())
        except (pytesseract.TesseractNotFoundError, SystemExit, OSError):
            version = "missing"
        named = "+".join(installed_languages()) if self._languages == AUTO else self._languages
        return (
            f"tesseract {version} reading {_READING} {'auto ' * (self._languages == AUTO)}{named}"
        )

    def read(self, png: bytes, *, sparse: bool) -> tuple[ReadWord, ...]:
        """Words in reading order; `sparse` for scattered labels, else running text. A page that
        lies on its side or upside down is turned first; boxes are those of the picture given.

        Raises:
            ServiceError: tesseract is not installed, lacks the language, failed or took too long.
        """
        with Image.open(io.BytesIO(png)) as opened:
            image = opened.convert("L")
        languages = self._languages_of(image) if self._languages == AUTO else self._languages
        if sparse:
            return tuple(self._labels(image, languages))
        words = self._words(image, languages, _PAGE_MODE, _LEAST_PAGE_CONFIDENCE)
        if len(words) >= _FEW_WORDS and _mean_confidence(words) >= _DOUBTFUL:
            return tuple(words)
        turn = self._turn(image)
        if not turn:
            return tuple(words)
        upright = image.rotate(-turn, expand=True)
        turned = self._words(upright, languages, _PAGE_MODE, _LEAST_PAGE_CONFIDENCE)
        if not _is_clearer(turned, words):
            return tuple(words)
        return tuple(_turned_back(word, turn, image.size) for word in turned)

    def _labels(self, image: Image.Image, languages: str) -> Iterator[ReadWord]:
        scale = max(1.0, min(_ENLARGED, (_MOST_PIXELS / (image.width * image.height)) ** 0.5))
        size = (round(scale * image.width), round(scale * image.height))
        enlarged = image.resize(size, Image.Resampling.BICUBIC)
        padded = ImageOps.expand(enlarged, border=_BORDER, fill=255)
        for word in self._words(padded, languages, _SPARSE_MODE, _LEAST_SPARSE_CONFIDENCE):
            if _is_label(word):
                yield _in_picture(word, scale)

    def _languages_of(self, image: Image.Image) -> str:
        """The installed languages of the picture's script; all where tesseract is not sure."""
        installed = installed_languages()
        if len(installed) < 2:
            return "+".join(installed) or "eng"
        found = self._osd(image)
        sure = float(found.get("script_conf", 0)) >= _SURE_SCRIPT
        script = _SCRIPTS.get(str(found.get("script")), ()) if sure else ()
        if sure and found["script"] == "Latin":
            script = tuple(each for each in installed if each not in _NOT_LATIN)
        return "+".join(each for each in installed if each in script) or "+".join(installed)

    def _words(self, image: Image.Image, languages: str, mode: int, least: float) -> list[ReadWord]:
        data = self._run(pytesseract.image_to_data, image, f"--psm {mode}", languages)
        return [word for word in _rows(data) if word.confidence >= least]

    def _turn(self, image: Image.Image) -> int:
        """Degrees clockwise that may put the picture upright: tesseract is often right about it
        without being sure, and what is read then decides."""
        return int(self._osd(image).get("rotate", 0))

    def _osd(self, image: Image.Image) -> Mapping[str, Any]:
        """Orientation and script; empty where there are too few letters, or no data for it."""
        try:
            return dict(self._run(pytesseract.image_to_osd, image, "--psm 0", "osd"))
        except ServiceError:
            return {}

    def _run(self, call: Any, image: Image.Image, config: str, languages: str) -> Any:
        try:
            return call(
                image,
                lang=languages,
                config=config,
                timeout=self._seconds,
                output_type=pytesseract.Output.DICT,
            )
        except pytesseract.TesseractNotFoundError as error:
            raise ServiceError(
                "tesseract is not installed: install tesseract-ocr (Debian, Ubuntu) or tesseract "
                "(Homebrew) and try again"
            ) from error
        except pytesseract.TesseractError as error:
            raise ServiceError(
                f"tesseract failed on languages {languages!r}: {_first_line(error.message)}; "
                "see `tesseract --list-langs`"
            ) from error
        except RuntimeError as error:
            raise ServiceError(
                f"tesseract took more than {self._seconds:g} seconds for one picture",
                retryable=True,
            ) from error


def _rows(data: Mapping[str, Sequence[Any]]) -> Iterator[ReadWord]:
    for index, text in enumerate(data["text"]):
        confidence = float(data["conf"][index])
        if text.strip() and confidence >= 0:
            yield ReadWord(
                text=text.strip(),
                left=int(data["left"][index]),
                top=int(data["top"][index]),
                width=int(data["width"][index]),
                height=int(data["height"][index]),
                line=(
                    int(data["block_num"][index]),
                    int(data["par_num"][index]),
                    int(data["line_num"][index]),
                ),
                confidence=confidence / 100,
            )


def _is_label(word: ReadWord) -> bool:
    letters = sum(map(str.isalnum, word.text))
    return letters > 2 or (letters > 0 and word.confidence >= _LEAST_SHORT_CONFIDENCE)


def _mean_confidence(words: Sequence[ReadWord]) -> float:
    """0 where there are no words."""
    return sum(word.confidence for word in words) / len(words) if words else 0.0


def _in_picture(word: ReadWord, scale: float) -> ReadWord:
    """The word's box in the picture that was enlarged and got a border."""
    left, top = (word.left - _BORDER) / scale, (word.top - _BORDER) / scale
    return word.at(round(left), round(top), round(word.width / scale), round(word.height / scale))


def _is_clearer(words: Sequence[ReadWord], others: Sequence[ReadWord]) -> bool:
    """Whether they are surer, and not because they are fewer."""
    letters, other_letters = (sum(len(word.text) for word in each) for each in (words, others))
    mean, other_mean = _mean_confidence(words), _mean_confidence(others)
    return mean > other_mean and mean * letters > other_mean * other_letters


def _turned_back(word: ReadWord, turn: int, size: tuple[int, int]) -> ReadWord:
    """The word's box in the picture of `size` that was turned clockwise by `turn` degrees."""
    width, height = size
    right, bottom = word.left + word.width, word.top + word.height
    if turn == 90:
        return word.at(word.top, height - right, word.height, word.width)
    if turn == 180:
        return word.at(width - right, height - bottom, word.width, word.height)
    if turn == 270:
        return word.at(width - bottom, word.left, word.height, word.width)
    return word


def _first_line(message: object) -> str:
    return (str(message).strip().splitlines() or [""])[0][:200]
