"""Which language a text is written in, told by its function words.

A text of any length is full of them and they are its own: a rule that needs no model and gives the
same answer everywhere. Languages are the codes of ISO 639-1; those are known whose words the
stemmer can reduce and whose letters are told apart by case and spaces.
"""

from __future__ import annotations

import re
from collections import Counter

ENGLISH = "en"
"""What a text is taken for that does not show its language: a table of numbers, a part list."""

CLEAR = 5
"""Different function words that a passage must have before they decide: a name or a title has
three, and a table may repeat one a hundred times."""

ASKED = 2
"""The same for a question, which is short."""

ENOUGH = 800
"""Characters: a paragraph, of which a third are function words."""

_SHARE = 0.15
"""Of all words. A third of running text are function words; names and formulas in a text of
another language have some by chance."""

_LEAD = 1.2
"""Times as many as of any other language. Danish and Norwegian have most in common."""

_WORDS = re.compile(r"[^\W\d_]{2,}")
"""A single letter is rather the initial of a name than a word."""

_FUNCTION_WORDS = {
    ENGLISH: (
        "a about above after again against all also am an and any are as at be because been before "
        "being below between both but by can could did do does doing down during each few for from "
        "further had has have having he her here hers him his how i if in into is it its itself "
        "just let may me might more most must my no nor not of off on once only or other our out "
        "over own s same shall she should so some such t than that the their them then there these "
        "they this those through to too under until up upon us very was we were what when where "
        "which while who whom whose why will with would you your"
    ),
    "da": (
        "af alle at blev blive bliver da de dem den denne der deres det dette dig din disse du "
        "efter eller en er et for fordi fra før han har havde her hun hvad hvem hvilke hvilken "
        "hvilket hvis hvor hvordan hvorfor hvornår i ikke ind jeg kan kun kunne man med meget "
        "mellem men mere mod når ned nogle noget nogen nu og også om op os over på samt sig sin "
        "skal skulle som så til ud under uden var ved vi vil være været"
    ),
    "de": (
        "ab aber alle allem allen aller alles als also am an auch auf aus bei beim bin bis bzw da "
        "dabei dadurch dafür damit dann daran darauf darf das dass davon dazu dein dem den denen "
        "denn der deren des dessen die dies diese diesem diesen dieser dieses doch dort du durch "
        "dürfen ein eine einem einen einer eines er es etwa falls für gegen haben hat hatte hier "
        "ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im in indem ins ist ja jede jedem jeden "
        "jeder jedes jedoch kann kein keine keinen können man mehr mein mit muss müssen nach nicht "
        "noch nur ob oder ohne sehr sein seine seinem seinen seiner sich sie sind so sobald sofern "
        "solche soll sollen sollte sondern sowie über um und uns unser unter vom von vor während "
        "wann war waren warum was welche welchem welchen welcher welches wenn wer werden wie "
        "wieder wir wird wo wobei wodurch worden wurde wurden zu zum zur zwischen"
    ),
    "es": (
        "a al algo algún alguna algunas alguno algunos ante antes así aunque bajo cada como cómo "
        "con contra cuál cuáles cualquier cuando cuándo cuánto cuántos de del desde donde dónde "
        "durante e el él ella ellas ellos en entre era es esa esas ese eso esos está están esta "
        "estas este esto estos fue fueron ha han hasta hay la las le les lo los más me mediante mi "
        "mientras muy ni no nos o otra otras otro otros para pero poco por porque puede pueden que "
        "qué quién se sea según ser si sí sin sobre son su sus también tan tanto tiene tienen todo "
        "todos tras tu un una unas uno unos y ya yo"
    ),
    "fr": (
        "à afin ainsi alors après au aucun aucune aussi autre autres aux avant avec avoir c ça car "
        "ce ceci cela celle celles celui ces cet cette ceux chaque chez comme comment d dans de "
        "depuis des donc dont du elle elles en entre est et été être eux fait faire faut i il ils "
        "j je l la le les leur leurs lors lorsque lui m mais même mes moins mon n ne ni nos notre "
        "nous on ont ou où par pas pendant peut peuvent plus pour pourquoi puis qu quand que quel "
        "quelle quelles quels qui quoi s sa sans se selon ses si soit son sont sous sur tous tout "
        "toute toutes très un une vers vos votre vous y"
    ),
    "it": (
        "a ad agli ai al alla alle allo anche avere c che chi ci ciò col come con contro cui d da "
        "dagli dai dal dalla dalle dallo degli dei del dell della delle dello deve devono di dopo "
        "dove due durante e è ed era essere fra fino gli ha hanno i il in io l la le lei li lo "
        "loro lui ma mentre mi ne negli nei nel nell nella nelle nello no noi non nostro o ogni "
        "oppure per perché più poi prima può possono qual quale quali quando quanto quella quelle "
        "quello questa queste questi questo se sé senza si sia sono sopra sotto su sua sue sugli "
        "sui sul sulla sulle sullo suo suoi tra tutte tutti tutto un una uno voi"
    ),
    "nl": (
        "aan achter al alle als altijd andere bij binnen dan dat de deze die dit door dus echter "
        "een eerst elk elke en er geen gebruikt haar had hebben heeft het hij hoe hoeveel hun ik "
        "in indien is ja je kan kunnen maar me meer men met moet moeten mag na naar niet nog nooit "
        "nu of om omdat ons onder ook op over per te tegen ten ter tijdens toch tot tussen u uit "
        "uw van vanaf via volgens voor waar waarbij waarom wanneer was wat we welk welke werd wie "
        "wij wordt worden zal ze zich zij zijn zo zoals zonder zou zullen"
    ),
    "no": (
        "alle at av ble bli blir da de deg dem den denne der deres det dette din disse du eller en "
        "er et etter ett for fordi fra før ha han har hadde her hun hva hvem hvilke hvilken "
        "hvilket hvis hvor hvordan hvorfor i ikke inn jeg kan kun kunne man med meg mellom men mer "
        "mot må når ned noe noen nå og også om opp oss over på samt seg sin skal skulle slik som "
        "så til under uten ut var ved vi vil vært være"
    ),
    "pt": (
        "a à ainda algum alguma alguns antes ao aos após aquela aquele aqui as às até cada com "
        "como contra da das de dela dele desde deve devem do dos durante e é ela elas ele eles em "
        "enquanto entre era essa essas esse esses esta está estão estas este estes eu foi for "
        "foram há isso isto já lhe mais mas me mesmo muito na nas não nem no nos num numa o onde "
        "os ou outra outras outro outros para pela pelas pelo pelos pode podem por porque qual "
        "quais qualquer quando quanto que quem se seja sem ser seu seus sob sobre sua suas são só "
        "também tem têm toda todas todo todos um uma umas uns você"
    ),
    "ru": (
        "а без более бы был была были было быть в вам вас во вот все всего всех вы где да для до "
        "его ее ей если есть еще же за и из или им их к как какая какие какой каком ко когда "
        "который которая которое которые которых кто ли либо между мне может могут мы на над надо "
        "не него нее нет ни них но о об он она они оно от перед по под после почему при про с "
        "сколько со так также там те тем то того тоже той только том тот у уже чего чем что чтобы "
        "эта эти это этого этой этом этот этих я"
    ),
    "sv": (
        "alla allt att av bli blir blev dem den denna deras dess dessa det detta dig din du då där "
        "efter eller en enligt er ett finns från få får för före genom ha hade han har hon hos hur "
        "i icke ifrån in ingen inte jag kan kunde man med mellan men mer mot mycket måste ned nej "
        "ni någon något några när nu och också om oss på sedan sig sin ska skall skulle som så "
        "samt till under upp ut utan vad var varför varje vars vem vi vid vilka vilken vilket än "
        "är över"
    ),
}
"""Language -> the words that say little by themselves, and that it cannot do without."""

LANGUAGES = tuple(_FUNCTION_WORDS)
"""Those that are told apart, English first."""

STOPWORDS = {
    language: frozenset(words.casefold().split()) for language, words in _FUNCTION_WORDS.items()
}
"""Language -> its function words, casefolded."""

_SPEAKERS = {
    word: tuple(language for language in LANGUAGES if word in STOPWORDS[language])
    for word in frozenset().union(*STOPWORDS.values())
}
"""Function word -> the languages that have it."""


def language_of(text: str, least: int = CLEAR) -> str:
    """The language of a text that has at least `least` of its function words; "" where they do not
    decide. The first `ENOUGH` characters are looked at."""
    words = _WORDS.findall(text[:ENOUGH].casefold())
    spoken: Counter[str] = Counter()
    different: Counter[str] = Counter()
    for word, times in Counter(filter(_SPEAKERS.__contains__, words)).items():
        for language in _SPEAKERS[word]:
            spoken[language] += times
            different[language] += 1
    if not spoken:
        return ""
    (language, count), *others = spoken.most_common(2)
    clear = different[language] >= least and count >= _SHARE * len(words)
    return language if clear and all(count >= _LEAD * other for _, other in others) else ""
