"""What kind of evidence a question asks to see."""

from __future__ import annotations

import pytest

from pagesight.kinds import wished


@pytest.mark.parametrize(
    "question",
    [
        "Which chart shows the efficiency over load?",
        "What does the wiring diagram say about X3:9?",
        "See fig. 7: which bolt is that?",
        "What is on the horizontal axis of the error plot?",
        "How many people stand in the images on page 3?",
        "What does the map on page 3 show?",
        "Was zeigt die Abbildung?",
        "Welche Klemme ist es laut Stromlaufplan oder Schaltbild?",
        "Welchen Druck hat die Pumpe in der Kennlinie?",
        "Que montre le schéma électrique ?",
        "Quelle courbe montre la pression ?",
        "¿Qué muestra la figura 3?",
        "¿Qué indica el gráfico de barras?",
    ],
)
def test_words_for_pictures_wish_for_a_figure(question: str) -> None:
    assert wished(question) == {"figure"}


@pytest.mark.parametrize(
    "question",
    [
        "In the table of torques, what is the value for M8?",
        "Which row of the list gives the part number?",
        "Laut der Drehmomenttabelle, wie fest?",
        "Was steht in der Spalte 3?",
        "Quel est le couple dans le tableau ?",
        "¿Qué valor tiene la tabla de pares?",
    ],
)
def test_words_for_grids_wish_for_a_table(question: str) -> None:
    assert wished(question) == {"table"}


def test_a_question_may_wish_for_both() -> None:
    assert wished("Compare the chart with the table below it") == {"figure", "table"}


@pytest.mark.parametrize(
    "question",
    [
        "How does a graph neural network learn?",
        "Which graph database is used?",
        "Is a knowledge graph used?",
        "Map each user to a group.",
        "How does the image encoder work?",
        "What were the sales figures for 2020?",
        "How do I figure out the margin?",
        "On which page is the table of contents?",
        "Welche Bezeichnung hat das Teil?",
        "Wie lange dauert die Ausbildung?",
        "When is the oil changed?",
    ],
)
def test_other_meanings_of_these_words_wish_for_nothing(question: str) -> None:
    assert not wished(question)


def test_letters_may_be_composed_in_either_way() -> None:
    assert wished("Que montre le sche\u0301ma ?") == {"figure"}
