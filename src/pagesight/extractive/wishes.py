"""What a question wishes to see: a kind of evidence, a quantity, a definition, steps, several."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from pagesight.document import Kind
from pagesight.kinds import wished
from pagesight.quantities import quantities
from pagesight.references import named
from pagesight.tokens import tokenize

_STEPS = re.compile(
    r"\bhow (?:do|can|should|must|could|would) (?:i|we|you|one)\b|\bhow to\b"
    r"|\bhow (?:is|are|must) .*\w(?:ed|en)\b|\b(?:the|what|which) steps\b|\bsteps (?:to|for|of)\b"
    r"|\bprocedures?\b|\binstructions?\b",
    re.IGNORECASE,
)
_SEVERAL = re.compile(
    r"^(?:please )?(?:list|name|enumerate)\b|\ball (?:of )?(?:the )?\w+|\bwhat (?:\w+ ){0,2}are\b"
    r"|\bwhich (?:\w+ ){1,3}are\b|\bcompar|\bdiffer|\bversus\b|\bvs\b|\brespectively\b",
    re.IGNORECASE,
)
_LISTS = re.compile(
    r"^(?:please )?(?:list|name|enumerate)\b|\ball (?:of )?(?:the|its|their)\b|\bare all\b",
    re.IGNORECASE,
)
_FISCAL = re.compile(r"\bFY\s?(?:'|(19|20))?(\d\d)(?!\d)", re.IGNORECASE)
_HIGHEST = re.compile(
    r"\b(?:highest|largest|biggest|greatest|(?<!at )most|longest|heaviest|fastest|strongest)\b",
    re.IGNORECASE,
)
_LOWEST = re.compile(
    r"\b(?:lowest|smallest|(?<!at )least|fewest|shortest|lightest|slowest|weakest)\b", re.IGNORECASE
)
_RELATION = r"of|in|on|at|for|by|to|with|from|per|between|after|before|during|and|or|when|if"
_DEFINES = re.compile(
    r"\bwhat (?:does|do) (?P<stands>.+?) (?:stand for|mean)\b"
    r"|\b(?:define|definition of|meaning of) (?P<defined>.+?)\s*[?.]?$"
    rf"|^what(?:'s| is| are) (?:an? )?(?P<asked>(?!(?:the|your|this|a|an)\b)"
    rf"(?:(?!(?:{_RELATION})\b)[^\s?]+\s*){{1,4}})\?*$",
    re.IGNORECASE,
)
_ASKS_NUMBER = re.compile(
    r"\bhow (?:much|many|long|often|far|high|large|big|deep|fast|hot|thick|wide|heavy|old|level)\b"
    r"|\bwhat (?:is|are|was|were) the (?:[\w-]+ ){0,3}(?:value|number|rate|size|address|limit|score"
    r"|total|amount|count|ratio)\b",
    re.IGNORECASE,
)
_ASKS_WHAT = re.compile(r"\b(?:what|which)\b", re.IGNORECASE)
_ASKS_DATE = re.compile(
    r"\bwhen\b|\b(?:what|which) (?:date|day|month|year|quarter)\b|\bdue\b", re.IGNORECASE
)
_DATE = re.compile(
    r"\b(?:19|20)\d\d\b|\b(?:Q[1-4]|January|February|March|April|May|June|July|August|September"
    r"|October|November|December)\b|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b"
)
_DIMENSIONS: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = tuple(
    (re.compile(rf"\b(?:{words})\b", re.IGNORECASE), tuple(units.split()))
    for words, units in (
        (
            "how (?:long|often|soon|old|quickly)|time|times|duration|interval|delay|period"
            "|lifetime|warranty|minutes|hours|days|months|years",
            "second minute hour day week month year",
        ),
        (
            "how (?:long|far|high|deep|thick|wide|large|big|tall)|length|width|height|depth"
            "|thickness|diameter|distance|clearance|gap|offset|radius|dimensions?|stroke",
            "meter inch foot yard mile",
        ),
        ("how (?:much|heavy)|weight|weigh|weighs|mass", "gram metric_ton pound ounce"),
        (
            "how (?:much|expensive)|cost|costs|price|revenues?|sales|income|expenses?|profit|budget"
            "|fees?|earnings|spend|spent|paid|pay|debt|dividends?",
            "dollar euro sterling yen rupee yuan franc",
        ),
        ("how much|volume|capacity|quantity|litres|liters|gallons", "liter gallon meter**3"),
        ("torques?|tighten|tightening|tightened", "newton_metre pound_foot pound_inch"),
        ("pressures?", "pascal bar psi atmosphere mmHg"),
        ("temperatures?|how (?:hot|cold|warm)", "degree_Celsius degree_Fahrenheit kelvin"),
        ("voltages?|volts?", "volt"),
        ("currents?|amps|amperes", "ampere"),
        ("power|watts?|consumption", "watt horsepower"),
        ("resistances?|impedance", "ohm kelvin/watt"),
        ("frequency|frequencies|bandwidth", "hertz"),
        ("speeds?|how fast|velocity", "/second /minute /hour"),
        ("flow|delivery", "/minute /hour /second"),
        ("forces?|load", "newton kilogram_force pound_force"),
        ("angles?", "angle_degree angle_radian"),
        ("capacitance|capacitor", "farad"),
        ("inductance", "henry"),
        ("memory|storage|bits|bytes", "data_bit data_byte"),
        ("share|percent|percentages?|proportion|fraction|margin", "per_cent per_mille"),
    )
)
"""Words of a question, and what the units that answer it end with, as `units.spelled` names
them."""
_ANY_NUMBER = 0.4
"""What a number of another kind is worth where a number is asked for."""


@dataclass(frozen=True)
class Wish:
    """A question, and what can be told of its answer from its words."""

    question: str

    @cached_property
    def words(self) -> frozenset[str]:
        """The tokens of what it is about, and the years that it names in the short form of
        accounts ("FY22")."""
        years = (f"{year[1] or '20'}{year[2]}" for year in _FISCAL.finditer(self.question))
        return frozenset((*tokenize(self.term or self.question), *years))

    @cached_property
    def kinds(self) -> frozenset[Kind]:
        """Kinds of evidence that the question names."""
        return wished(self.question)

    @cached_property
    def labels(self) -> frozenset[str]:
        """Keys of the figures and tables that it names."""
        return frozenset(label for labels in named(self.question) for label in labels)

    @cached_property
    def steps(self) -> bool:
        """How something is done."""
        return _STEPS.search(self.question) is not None

    @cached_property
    def several(self) -> bool:
        """More than one thing: a list, a comparison."""
        return _SEVERAL.search(self.question) is not None

    @cached_property
    def lists(self) -> bool:
        """All of something."""
        return _LISTS.search(self.question) is not None

    @cached_property
    def extreme(self) -> int:
        """1 for what has the most of something, -1 for the least, 0 for neither."""
        return bool(_HIGHEST.search(self.question)) - bool(_LOWEST.search(self.question))

    @cached_property
    def term(self) -> str:
        """What is to be defined; "" if nothing is."""
        match = _DEFINES.search(self.question.strip())
        found = next((part for part in match.groups() if part), "") if match else ""
        return re.sub(r"^(?:the|an?)\s+", "", found.strip(" ?.\"'“”"), flags=re.IGNORECASE)

    @cached_property
    def units(self) -> tuple[str, ...]:
        """What the units of the answer end with; empty where no kind of quantity is named."""
        return tuple(
            unit for words, units in _DIMENSIONS if words.search(self.question) for unit in units
        )

    @cached_property
    def number(self) -> bool:
        """A number is asked for."""
        asked = _ASKS_NUMBER.search(self.question)
        return bool(asked or (self.units and _ASKS_WHAT.search(self.question)))

    def number_met(self, text: str, units: frozenset[str] = frozenset()) -> float:
        """0..1: how far a text has the number or date that is asked for; 0 where none is.

        Args:
            units: what the numbers of the text may be measured in, beside what it says itself.
        """
        if _ASKS_DATE.search(self.question) and _DATE.search(text):
            return 1.0
        if not self.number or not re.search(r"\d", text):
            return 0.0
        if not self.units:
            return 1.0
        found = units.union(quantity.unit for quantity in quantities(text))
        return 1.0 if any(map(self._is_wished, found)) else _ANY_NUMBER

    def _is_wished(self, unit: str) -> bool:
        """Units of a rate ("meter/second") are wished by their ends only where these say so."""
        bare = unit.partition("@")[0]
        return any(bare.endswith(end) and ("/" in end or "/" not in bare) for end in self.units)

    def defined_by(self, text: str, label: str = "") -> bool:
        """Whether a text says what the term is.

        Args:
            label: the first cell of a table row.
        """
        if not self.term:
            return False
        term = r"\s+".join(map(re.escape, self.term.split()))
        if label and re.search(rf"(?<!\w){re.escape(label)}(?!\w)", self.term, re.IGNORECASE):
            return True
        return bool(
            re.match(
                rf"\W*(?:the |an? )?{term}s?\s*(?:\([^)]*\)\s*)?"
                r"(?:[:=–—]|(?:is|are|means?|stands? for|refers? to|denotes?|describes?)\b)",
                text,
                re.IGNORECASE,
            )
            or re.search(rf"\w\s*\({term}s?\)|\b{term}s?\s*\([A-Za-z][^)]*\)", text)
        )
