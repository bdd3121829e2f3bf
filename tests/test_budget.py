"""What texts and pictures cost, estimated."""

import pytest

from pagesight.budget import image_tokens, text_tokens
from pagesight.models import find_folder
from pagesight.results import Detail
from tests.builders import prose


def wordpieces(text: str) -> int:
    """As the installed text model counts them."""
    from tokenizers import Tokenizer

    folder = find_folder("all-MiniLM-L6-v2")
    assert folder is not None
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return len(tokenizer.encode(text, add_special_tokens=False).ids)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("the shaft seal", 3),
        ("thermostatically", 2),
        ("1234567", 3),
        ("| 8.2 V |", 6),
        ("温度", 2),
    ],
)
def test_words_numbers_and_signs_count(text: str, tokens: int) -> None:
    assert text_tokens(text) == tokens


def test_prose_is_estimated_within_a_fifth_of_what_a_tokenizer_counts() -> None:
    for chunk in prose(20):
        assert text_tokens(chunk.text) == pytest.approx(wordpieces(chunk.text), rel=0.2)


@pytest.mark.parametrize(
    ("width", "height", "detail", "tokens"),
    [
        (1024, 1024, "high", 765),
        (2048, 4096, "high", 1105),
        (4096, 8192, "low", 85),
        (100, 50, "auto", 255),
    ],
)
def test_pictures_cost_what_openai_publishes(
    width: int, height: int, detail: Detail, tokens: int
) -> None:
    """The first three are the examples of the guide "Images and vision"."""
    assert image_tokens(width, height, detail) == tokens
