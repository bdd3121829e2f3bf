"""The kind of evidence that a question asks to see: "in the wiring diagram", "laut der Tabelle"."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from pagesight.document import Kind

_DETERMINER = (
    r"the|this|that|these|those|each|every|which|what|an?|how many|many"
    r"|der|die|das|dem|den|des|diese[mnrs]?|welche[mnrs]?|eine[mnrs]?|im|vom|zur|zum"
    r"|le|la|les|du|cet?|cette|ces|quel(?:le)?s?|une?|el|los|las|del|al|est[ea]s?|qu[ée]|cu[áa]l"
)
_AFTER = (
    r"\d|of|in|on|for|from|at|by|over|to|with|that|which|and|or|above|below|next|between|against"
    r"|is|are|was|were|do|does|did|has|have|had|there"
    r"|(?:show|mark|label|depict|illustrat|indicat|represent)\w*|go\w*"
    r"|der|des|von|auf|aus|für|über|zeigt|ist|sind|de|du|des|dans|sur|pour|montre|est|sont"
    r"|del|en|para|sobre|muestra|es|son|se"
)
_ANY: Mapping[Kind, str] = {
    "figure": r"(?<!sales )(?<!key )(?<!financial )figures?(?! out\b| for\b)|fig\.|abb\."
    r"|diagram(?:me|ma)?s?|\w*diagramm(?:en?|s)?|(?:flow|org)?charts?|histograms?|schematics?"
    r"|drawings?|sketch(?:es)?|pictures?|photo(?:graph)?s?|illustrations?|infographics?"
    r"|screen ?shots?|exploded views?|call-?outs?|logos?|abbildung(?:en)?|schaubild(?:er)?"
    r"|\w*schaltbild(?:er)?|\w*schaltpl[aä]n(?:e|en)?|bild(?:er|ern)?|\w*skizzen?|grafik(?:en)?"
    r"|(?:\w*(?:explosions|bau|maß|mass|schnitt|konstruktions))?zeichnung(?:en)?|fotos?"
    r"|kennlinien?|schémas?|graphiques?|dessins?|croquis|photographies?|captures? d.écran"
    r"|figuras?|gr[áa]fic[oa]s?|dibujos?|esquemas?|fotograf[íi]as?|ilustraci(?:ón|ones)"
    r"|capturas? de pantalla",
    "table": r"tables?(?! of contents\b)|\w*tabellen?|tableaux?|tablas?",
}
"""Words that mean a figure or table wherever they stand, in English, German, French, Spanish."""
_AS_NOUN: Mapping[Kind, str] = {
    "figure": r"(?<!knowledge )graphs?|plots?|curves?|maps?|images?|icons?|ax[ie]s"
    r"|kurven?|karten?|courbes?|cartes?|imagen|imágenes|mapas?|curvas?",
    "table": r"rows?|columns?|zeilen?|spalten?|colonnes?|columnas?|filas?",
}
"""Words that mean one only as a noun of its own: "on the horizontal axis" does, "the image
encoder", "a graph database" and "map each user" do not."""
_WISHES: Mapping[Kind, re.Pattern[str]] = {
    kind: re.compile(
        rf"\b(?:{_ANY[kind]})(?!\w)"
        rf"|\b(?:{_DETERMINER}) (?:[\w-]+ ){{0,2}}(?:{_AS_NOUN[kind]})"
        rf"(?=\W*$|[?!.,;:)]| (?:{_AFTER})\b)",
        re.IGNORECASE,
    )
    for kind in _ANY
}


def wished(question: str) -> frozenset[Kind]:
    """Kinds that a question names as where its answer is to be seen; empty where it names none.

    Only words are read: "the table beside the press" wishes for a table, too. It is a preference
    therefore, and never a filter.
    """
    text = " ".join(unicodedata.normalize("NFC", question).split())
    return frozenset(kind for kind, words in _WISHES.items() if words.search(text))
