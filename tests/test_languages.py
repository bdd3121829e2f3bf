import pytest

from pagesight.languages import ASKED, LANGUAGES, STOPWORDS, language_of

SAID = {
    "en": "Switch off the pump before you open the valve, and wait until it is cold.",
    "da": "Sluk for pumpen, før du åbner ventilen, og vent, til den er kølet af efter brug.",
    "de": "Schalten Sie die Pumpe aus, bevor Sie das Ventil öffnen, bis es kalt ist.",
    "es": "Apague la bomba antes de abrir la válvula y espere hasta que esté fría.",
    "fr": "Arrêtez la pompe avant d'ouvrir la vanne et attendez que celle-ci soit froide.",
    "it": "Spegnere la pompa prima di aprire la valvola e attendere che non sia più calda.",
    "nl": "Schakel de pomp uit voordat u het ventiel opent en wacht totdat deze niet meer warm is.",
    "no": "Slå av pumpen før du åpner ventilen, og vent til den ikke er varm etter bruk.",
    "pt": "Desligue a bomba antes de abrir a válvula e espere até que ela não esteja mais quente.",
    "ru": "Выключите насос перед тем, как вы откроете клапан, и подождите, пока он не остынет.",
    "sv": "Stäng av pumpen innan du öppnar ventilen och vänta till dess att den inte är varm.",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_instruction_shows_its_language(language: str) -> None:
    assert language_of(SAID[language]) == language


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("What is the torque of the screws?", "en"),
        ("Wie hoch ist das Drehmoment der Schrauben?", "de"),
        ("Quel est le couple de serrage des vis ?", "fr"),
        ("¿Cuál es el par de apriete de los tornillos?", "es"),
        ("LM317-ADJ pinout", ""),
        ("die size", ""),
    ],
)
def test_a_question_shows_its_language_by_few_words(question: str, language: str) -> None:
    assert language_of(question, ASKED) == language


@pytest.mark.parametrize(
    "text",
    [
        "",
        "| 1 | NA | 3.3 V |\n| 2 | NA | 5 V |\n| 3 | NA | 12 V |",
        "M. de la Cruz, J. van der Berg, L. Le Roux and A. von Lohmann. In Proc. ACL, pages 3-7.",
        "Min Typ Max Unit Conditions " * 20,
    ],
)
def test_numbers_and_names_show_none(text: str) -> None:
    assert language_of(text) == ""


def test_a_quotation_does_not_make_a_text_foreign() -> None:
    text = (
        "The label says, in German, that it is for the user to see: Vor dem Öffnen die Pumpe aus."
    )
    assert language_of(text) == "en"


def test_each_language_has_the_words_that_it_is_told_by() -> None:
    assert all(len(STOPWORDS[language]) >= 70 for language in LANGUAGES)
