import pytest

from pagesight.tokens import LONGEST_TOKEN, tokenize


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("LM317-ADJ", ["lm317-adj", "lm317", "adj"]),
        ("0x80070057", ["0x80070057"]),
        ("config/lb.yaml", ["config/lb.yaml", "config", "lb.yaml", "lb", "yaml"]),
        ("ISO 9001:2015", ["iso", "9001:2015", "9001", "2015"]),
        ("nDCG@10", ["ndcg@10", "ndcg", "10"]),
        ("X3:5", ["x3:5", "x3", "5"]),
        ("3-7", ["3-7", "3", "7"]),
        ("max_retries", ["max_retries", "max", "retri"]),
        ("C++ or C#", ["c++", "c", "c#", "c"]),
        ("section 5.1.2", ["section", "5.1.2"]),
        ("192.168.0.1.", ["192.168.0.1"]),
    ],
)
def test_an_identifier_is_kept_whole_and_in_parts(text: str, tokens: list[str]) -> None:
    assert tokenize(text) == tokens


@pytest.mark.parametrize(
    ("apart", "together"),
    [("3.3 V", "3.3V"), ("10 µF", "10μF"), ("25 °C", "25℃"), ("100\nkHz", "100kHz"), ("5 A", "5A")],
)
def test_a_number_and_its_unit_are_the_same_with_and_without_a_space(
    apart: str, together: str
) -> None:
    assert tokenize(apart) == tokenize(together)
    assert tokenize(f"supply {apart}, typically") == tokenize(f"supply {together}, typically")


def test_a_quantity_is_found_by_its_number_and_as_a_whole() -> None:
    assert tokenize("3.3V") == ["3.3", "v", "3.3v"]
    assert {"3.3", "3.3v", "3.3v-tolerant"} <= set(tokenize("3.3V-tolerant inputs"))


def test_a_number_before_another_word_stays_a_number() -> None:
    assert tokenize("7 valves") == ["7", "valv"]
    assert tokenize("12 V-belts")[0] == "12"


def test_english_words_are_stemmed_and_words_with_digits_are_not() -> None:
    assert tokenize("Resistors resisted") == ["resistor", "resist"]
    assert tokenize("rs485s") == ["rs485s"]


def test_stopwords_are_left_out_unless_there_is_nothing_else() -> None:
    assert tokenize("What is the pressure of it?") == ["pressur"]
    assert tokenize("to be or not to be") == ["to", "be", "or", "not", "to", "be"]


def test_chinese_and_japanese_give_overlapping_pairs() -> None:
    assert tokenize("電源電圧") == ["電源", "源電", "電圧"]
    assert tokenize("型LM317型") == ["型", "lm317", "型"]


def test_full_width_letters_ligatures_and_hyphens_are_spelled_alike() -> None:
    assert tokenize("ＬＭ３１７‑ＡＤＪ") == tokenize("LM317-ADJ")
    assert tokenize("ﬁeld") == tokenize("field")
    assert tokenize("3–7") == tokenize("3-7")
    assert tokenize("thermo\u00adstat") == tokenize("thermostat")


@pytest.mark.parametrize("text", ["", " \n\t", "?!. -- …", "\x00\ud800"])
def test_text_without_words_has_no_tokens(text: str) -> None:
    assert tokenize(text) == []


def test_no_token_has_white_space_or_is_longer_than_the_limit() -> None:
    hostile = "a" * 5000 + " 10\u00a0V x\u2028y z:" + "9" * 5000 + " V " + "é-" * 3000
    tokens = tokenize(hostile)
    assert all(token.split() == [token] for token in tokens)
    assert max(len(token) for token in tokens) <= LONGEST_TOKEN
