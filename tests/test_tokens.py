import pytest

from pagesight.languages import LANGUAGES
from pagesight.tokens import LONGEST_TOKEN, question_tokens, tokenize


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
        ("26262-6:2018", ["26262-6:2018", "26262-6", "26262", "6", "2018"]),
        ("v2.1.3", ["v2.1.3", "2.1.3"]),
        ("GPIO_MODE", ["gpio_mode", "gpio", "mode"]),
        ("UART0_CR1", ["uart0_cr1", "uart0", "cr1"]),
        ("C++/C#/.NET", ["c++", "c", "c#", "c", ".net", "net"]),
        ("ASP.NET", ["asp.net", "asp", "net"]),
        ("std::vector", ["std::vector", "std", "vector"]),
    ],
)
def test_an_identifier_is_kept_whole_and_in_parts(text: str, tokens: list[str]) -> None:
    assert tokenize(text) == tokens


@pytest.mark.parametrize(
    ("apart", "together"),
    [
        ("3.3 V", "3.3V"),
        ("10 µF", "10μF"),
        ("10 uF", "10µF"),
        ("25 °C", "25℃"),
        ("25 °C", "25ºC"),
        ("100\nkHz", "100kHz"),
        ("5 A", "5A"),
        ("10 kOhm", "10kΩ"),
        ("10 kohm", "10 k\u2126"),
        ("±5 %", "±5%"),
        ("5 percent", "5%"),
        ("8 bits", "8bit"),
    ],
)
def test_a_number_and_its_unit_are_the_same_with_and_without_a_space(
    apart: str, together: str
) -> None:
    assert tokenize(apart) == tokenize(together)
    assert tokenize(f"supply {apart}, typically") == tokenize(f"supply {together}, typically")


def test_a_quantity_is_found_by_its_number_and_as_a_whole() -> None:
    assert tokenize("3.3V") == ["3.3", "v", "3.3v"]
    assert {"3.3", "3.3v", "3.3v-tolerant"} <= set(tokenize("3.3V-tolerant inputs"))


def test_a_quantity_is_found_with_its_sign_and_without() -> None:
    assert tokenize("-40 °C to 85°C")[:4] == ["40", "°c", "40°c", "-40°c"]
    assert tokenize("−40 °C") == tokenize("-40°C")
    assert "±5percent" in tokenize("a tolerance of ± 5 %")
    assert "-5v" not in tokenize("pins 3-5 V")


def test_both_ends_of_a_range_have_its_unit() -> None:
    assert {"2.7-5.5", "2.7v", "5.5v"} <= set(tokenize("supply 2.7–5.5 V"))
    assert {"0-10", "0v", "10v"} <= set(tokenize("0 - 10 V"))


def test_a_hyphen_before_a_unit_does_not_hide_the_quantity() -> None:
    assert tokenize("8-bit") == ["8-bit", "8", "bit", "8bit"]
    assert set(tokenize("16 pins")) < set(tokenize("16-pin"))


def test_commas_between_thousands_are_no_part_of_a_number() -> None:
    assert tokenize("$1,577.3 million") == ["1577.3", "million"]
    assert tokenize("1,024") == tokenize("1024")


@pytest.mark.parametrize("text", ["1,5", "1,5000", "1,024,5", "0,1,2"])
def test_other_commas_separate(text: str) -> None:
    assert tokenize(text) == text.split(",")


def test_a_comma_may_be_decimal_in_other_languages() -> None:
    assert tokenize("1,024", "de") == ["1", "024"]


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("readRegister", ["read", "regist"]),
        ("HTTPServerError", ["http", "server", "error"]),
        ("spi_readRegister", ["spi", "readregist", "read", "regist"]),
        ("PDFs", []),
        ("MiniLM", []),
        ("LaTeX", []),
    ],
)
def test_a_word_with_humps_is_kept_whole_and_in_parts(word: str, parts: list[str]) -> None:
    assert tokenize(word)[1:] == parts
    assert tokenize(word)[0] == tokenize(word.lower())[0]


def test_a_number_before_another_word_stays_a_number() -> None:
    assert tokenize("7 valves") == ["7", "valv"]
    assert tokenize("12 V-belts")[0] == "12"


def test_english_words_are_stemmed_and_words_with_digits_are_not() -> None:
    assert tokenize("Resistors resisted") == ["resistor", "resist"]
    assert tokenize("rs485s") == ["rs485s"]


def test_words_are_stemmed_and_left_out_by_language() -> None:
    assert tokenize("Die Drehmomente der Schrauben", "de") == ["drehmoment", "schraub"]
    assert tokenize("les vannes ouvertes", "fr") == ["vann", "ouvert"]
    assert tokenize("the die of the chips") == ["die", "chip"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_numbers_and_identifiers_are_the_same_in_every_language(language: str) -> None:
    text = "LM317-ADJ 3.3V 0x80070057 config/lb.yaml 电压"
    wanted = ["lm317-adj", "lm317", "adj", "3.3", "v", "3.3v", "0x80070057", "config/lb.yaml"]
    assert tokenize(text, language)[:8] == wanted


@pytest.mark.parametrize(
    "question",
    [
        "What is the size of the die?",
        "Who was Mr. Also?",
        "to be or not to be",
        "LM317 in a can",
        "",
    ],
)
def test_an_english_question_to_english_texts_has_their_tokens(question: str) -> None:
    assert question_tokens(question, ["en"]) == list(dict.fromkeys(tokenize(question)))
    assert question_tokens(question, []) == list(dict.fromkeys(tokenize(question)))


def test_a_question_is_cut_in_every_language_that_may_answer_it() -> None:
    tokens = question_tokens("Wie hoch ist der Druck der Pumpen?", ["de", "en"])
    assert set(tokens) == {"hoch", "druck", "pump", "pumpen"}


def test_a_stopword_of_one_language_is_a_word_in_another() -> None:
    """English "die", which is an article in German; the question is English."""
    assert "die" in question_tokens("What is the size of the die?", ["en", "de"])


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
    hostile += " " + "aBc_" * 3000 + "1,234" * 3000 + " 9 -" * 3000 + "../" * 3000
    tokens = tokenize(hostile)
    assert all(token.split() == [token] for token in tokens)
    assert max(len(token) for token in tokens) <= LONGEST_TOKEN
