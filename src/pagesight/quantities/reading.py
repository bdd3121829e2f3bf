"""Finds numbers with their units.

Only digits are read: "eight minutes" is no quantity here. Neither are numbers that name
something: part numbers, versions, dates, times, labels ("Figure 7-2", "step 4"), marks like [1].
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from pagesight.quantities.units import CURRENCIES, LENGTHS, spelled

DASHES = "\u2010\u2011\u2012\u2013\u2212"
"""Hyphens, figure dash, en dash and minus sign: in print each may stand for "-"."""
LONGEST_NUMBER = 25
"""Characters; longer ones are serial numbers and keys, and more than decimals keep exactly."""

_GAPS = " \u00a0\u2007\u2009\u202f"
_GAP = f"[{_GAPS}]"
_MINUS = f"[-{DASHES}]"
_ASCII = str.maketrans(
    {**dict.fromkeys(DASHES, "-"), **dict(zip("⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹", "-+0123456789", strict=True))}
)

_GROUPED = r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?|[1-9]\d?(?:,\d{2})+,\d{3}(?:\.\d+)?"
"""Thousands, and the Indian groups of two ("8,36,72,770")."""
_SPACED = rf"(?<!\d )[1-9]\d{{0,2}}(?:(?:{_GAP}|['’])\d{{3}})+(?:[.,]\d+)?(?!\d| \d)"
"""Not where more numbers precede or follow: that is a row of a table."""
_COMMA = r"[1-9]\d{0,2}(?:\.\d{3})+,\d+|\d+,\d{1,2}|0,\d+|[1-9]\d{0,2},\d{4,}|[1-9]\d{3,},\d{3}"
_PLAIN = r"(?:0|[1-9]\d*)(?:\.\d+)?|(?<![\w.])\.\d+"
"""A leading zero ("007") makes a name."""
_TEN = rf"10(?:\^\(?(?:\+|{_MINUS})?\d{{1,3}}\)?|[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{{1,3}})"
_NUMBER = (
    rf"(?P<number>{_TEN}|(?P<mantissa>{_GROUPED}|{_SPACED}|{_COMMA}|{_PLAIN})"
    rf"(?:[eE](?P<e>(?:\+|{_MINUS})?\d{{1,3}})|{_GAP}?[x×·*]{_GAP}?{_TEN})?)(?![.,:]?\d)"
)
_MONEY = r"(?:US)?\$|[€£¥₹]|(?:USD|EUR|GBP|JPY|INR|CNY|CHF|Rs)\b\.?"
_ITEM = (
    rf"(?<!\w)(?P<sign>(?<![\w)\]%°./{DASHES}-])(?:\+|{_MINUS}))?"
    rf"(?:(?P<money>{_MONEY}){_GAP}?(?P<bracket>\()?(?P<inner>\+|{_MINUS})?)?(?:[Øø⌀∅]{_GAP}?)?"
    rf"{_NUMBER}"
)

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    r"|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\b\.?"
)
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_NAMES = (
    # Labels.
    r"\b(?i:(?:figure|fig|table|page|section|sect|chapter|clause|step|item|note|appendix"
    r"|annex|version|revision|rev|ver|fy|fiscal|iso|iec|din|ral|msl|rfc|astm|ansi|ip)s?\.?"
    rf"|(?:pp?|no|nos|nr|ch|sec|tab)\.){_GAP}?\d[\w.:/{DASHES}-]*",
    rf"\b(?i:eqs?\.?|equations?){_GAP}?\(?\d[\w.]*",
    rf"[§#№]{_GAP}?\d[\w.]*",
    r"\[\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*\]",
    # Dates.
    rf"\b{_DAY}(?:\s|-){_MONTH}(?:,?(?:\s|-)\d{{4}}\b)?",
    rf"\b{_MONTH}(?:\s|-){_DAY}(?:,\s{{0,2}}\d{{4}})?(?!\w)",
    rf"\b{_MONTH},?(?:\s|-)\d{{4}}\b",
    r"\b\d{3}0s\b",
    # 2024-01-05, 514-312-0292, 18/16/13; 410-T07, 2009-07; 1/2 inch; M16 x 2.
    rf"\b\d+(?:{_MINUS}\d+){{2,}}|\b\d+(?:/\d+){{2,}}",
    r"\b\d+[-/](?:0\d|[^\W\d]\w*\d)\w*",
    rf"\b\d+/\d+{_GAP}?(?:[″\"]|inch)",
    rf"\b[^\W\d_]{{1,3}}\d+{_GAP}?[x×]{_GAP}?\d+(?:[.,]\d+)?",
)
_WORD = r"[^\W\d_]{4,}(?=[:/]\d)|[^\W\d]\w*(?:[-./:@#+]+\w+)*|\d\w*(?:[-./:,'@#+]+\w+)*"
"""Everything else that may hold digits: identifiers whole, with the parts joined to them."""
_TOKEN = re.compile(f"{'|'.join(_NAMES)}|(?P<item>{_ITEM})|{_WORD}")
_JOINED = re.compile(_WORD)

_SCALES: Mapping[str, int] = {
    "thousand": 10**3,
    "lakh": 10**5,
    **dict.fromkeys(("million", "millions", "mn", "mln", "mio"), 10**6),
    "crore": 10**7,
    **dict.fromkeys(("billion", "billions", "bn"), 10**9),
    "trillion": 10**12,
}
_MONEY_SCALES: Mapping[str, int] = {"k": 10**3, "m": 10**6, "b": 10**9, "t": 10**12}

_RUN = (
    rf"(?P<run>°{_GAP}?[CFK]\b|[%‰°℃℉″€£¥₹]|(?:US)?\$(?!{_GAP}?\d)|[kM][€$£]|per cent\b"
    rf"|(?i:degrees?|deg){_GAP}(?i:c|f|celsius|fahrenheit)\b"
    rf"|(?:ft|in|lbf?)[-·{_GAPS}](?:lbf?|ft|in)\b"
    r"|(?:min|s)(?:⁻¹|\^?-1)|[^\W\d_]\w*(?:\^\d)?)"
)
_AFTER_NUMBER = re.compile(rf"(?P<gap>{_GAP}|\n|-)?{_RUN}")
_NEXT_FACTOR = re.compile(rf"(?P<by>{_GAP}?/{_GAP}?|{_GAP}per{_GAP}|[·⋅*]|(?<=N) (?=m\b)){_RUN}")
_SUPPLY = re.compile(rf"{_GAP}?(?P<kind>[ad]c|[AD]C)\b")
_CELL_MARGIN = 24
"""Characters of white space before an amount that are looked through."""
_HYPHENED = frozenset("VAWΩm")
"""Symbols of one letter that may follow a hyphen: "24-V supply", but "10-K" is a form."""
_LINK = re.compile(
    rf"{_GAP}?(?:(?P<dash>{_MINUS})|(?P<slash>/)|(?P<times>[x×])|±|\+/?{_MINUS}|\.{{2,3}}|…){_GAP}?"
    rf"|{_GAP}(?:to|or){_GAP}"
)
"""What stands between the members of a range or list that share a unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A number with its unit, as it stands in a text."""

    value: Decimal
    """In `unit`, with scale words and exponents multiplied in."""
    unit: str
    """Canonical, see `units.spelled`; "" if there is none."""
    decimals: int
    """Digits printed after the decimal mark; 0 for a whole number, which means itself."""
    resolution: Decimal
    """Half a unit in the last printed place, in `unit`."""
    text: str
    start: int
    end: int
    """[start, end) in the text: the number with its own signs, scale word and unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """A number and what stands right behind it, before it shares the unit of its neighbours."""

    number: Decimal
    decimals: int
    place: Decimal
    """Value of one unit in the last printed place."""
    scale: int
    unit: str
    start: int
    end: int


def quantities(text: str) -> list[Quantity]:
    """The quantities of a text, in order.

    - Numbers: "1,000", "1 000" and "1'000" are a thousand, "1,5" and "0,125" have a decimal
      comma, "1.234,5" has both; "2.5e6", "2.5 x 10^6" and "2.5×10⁶"; a sign right before the
      digits counts. "1,2,3" without spaces can be read in several ways and gives nothing.
    - Scale words ("1.5 billion", "2,018mn", "10k") multiply; the letters K, M, B and T do so only
      after a currency sign. "$(1,234)" is negative, as in accounts, and so is "($1,234)" alone on
      its line or in its cell; elsewhere brackets are only brackets.
    - In a range or list ("10-20 V", "5 ± 0.1 mm", "12/24 V", "$10-20 million") all members have
      the unit; sides ("35 x 52 mm") share a unit of length only, since "3 x 400 V" is a count.
      Without a unit "3-7" and "1/2" are a name, a date or a fraction, and give nothing.
    - A unit follows its number, after at most one space, line break or hyphen.
    """
    items: list[_Item] = []
    at = 0
    while match := _TOKEN.search(text, at):
        at = match.end()
        if match["item"] is None:
            continue
        if item := _item(text, match):
            items.append(item)
            at = item.end
        elif joined := _JOINED.match(text, match.start("number")):
            at = joined.end()
    return [_quantity(text, item) for item in _sharing(text, items)]


def _item(text: str, match: re.Match[str]) -> _Item | None:
    """The number that `_ITEM` matched; None where it is the beginning of an identifier."""
    number, decimals = _decimal(match["mantissa"] or "1")
    power = int(match["e"].translate(_ASCII)) if match["e"] else _power_of_ten(match)
    scale, end = _scale(text, match.end("number"), money=bool(match["money"]))
    unit = spelled(match["money"].rstrip(".")) if match["money"] else ""
    if not unit:
        unit, end = _unit(text, end)
    identifier = end == match.end("number") and text[end : end + 1].isalnum()
    if identifier or len(match["number"]) > LONGEST_NUMBER:
        return None
    minus = (match["sign"] or "+") != "+" or (match["inner"] or "+") != "+"
    return _Item(
        number=(-number if minus or _in_accounts(text, match, end) else number).scaleb(power),
        decimals=decimals,
        place=Decimal(1).scaleb(power - decimals),
        scale=scale,
        unit=unit,
        start=match.start(),
        end=end,
    )


def _decimal(written: str) -> tuple[Decimal, int]:
    """The value of a mantissa, and its digits after the decimal mark."""
    digits = re.sub(rf"{_GAP}|['’]", "", written)
    if re.fullmatch(_GROUPED, digits):
        digits = digits.replace(",", "")
    elif "," in digits:
        digits = digits.replace(".", "").replace(",", ".")
    return Decimal(digits), len(digits.partition(".")[2])


def _power_of_ten(match: re.Match[str]) -> int:
    """The exponent of "x 10^6"; 0 where there is none."""
    after = match["number"].removeprefix(match["mantissa"] or "").translate(_ASCII)
    exponent = re.search(r"10\^?\(?([-+]?\d+)", after)
    return int(exponent[1]) if exponent else 0


def _in_accounts(text: str, match: re.Match[str], end: int) -> bool:
    """Whether an amount of money stands in brackets that mean minus."""
    if not match["money"] or not text.startswith(")", end):
        return False
    before = text[max(0, match.start() - _CELL_MARGIN) : match.start()]
    return bool(match["bracket"]) or re.search(r"(?:^|[|\n])\s*\($", before) is not None


def _scale(text: str, at: int, *, money: bool) -> tuple[int, int]:
    """The factor of a scale word at `at`, and where it ends; 1 and `at` where there is none."""
    match = _AFTER_NUMBER.match(text, at)
    if match is None:
        return 1, at
    word = match["run"].casefold()
    scale = _SCALES.get(word) or (_MONEY_SCALES.get(word) if money or match[0] == "k" else None)
    return (scale, match.end()) if scale else (1, at)


def _unit(text: str, at: int) -> tuple[str, int]:
    """The unit at `at` and where it ends; "" and `at` where there is none."""
    match = _AFTER_NUMBER.match(text, at)
    unit = spelled(match["run"]) if match else ""
    if match is None or not unit:
        return "", at
    letter = len(match["run"]) == 1 and match["run"].isalpha()
    # A lone letter is too easily the beginning of the next line, or the end of a name.
    if letter and (match["gap"] == "\n" or (match["gap"] == "-" and match["run"] not in _HYPHENED)):
        return "", at
    end = match.end()
    if unit in ("volt", "ampere") and (supply := _SUPPLY.match(text, end)):
        return f"{unit}@{supply['kind'].lower()}", supply.end()
    while (more := _NEXT_FACTOR.match(text, end)) and (factor := spelled(more["run"])):
        by = "/" if more["by"].strip() in ("/", "per") else "*"
        # Alone it is a temperature; in "°C/W" it is a difference, like a kelvin.
        unit = f"{unit}{by}{factor}".replace("degree_Celsius", "kelvin")
        end = more.end()
    return unit.replace("newton*meter", "newton_metre"), end


def _sharing(text: str, items: Sequence[_Item]) -> list[_Item]:
    """The items, with the units that members of a range or list share; names are left out."""
    shared = list(items)
    names: set[int] = set()
    for number in reversed(range(len(shared) - 1)):
        left, right = shared[number], shared[number + 1]
        link = _LINK.fullmatch(text, left.end, right.start)
        if link is None:
            continue
        left, right = _alike(left, right, sides=link["times"] is not None)
        shared[number : number + 2] = left, right
        if (link["slash"] or link[0] in ("-", "\u2010", "\u2011")) and not left.unit:
            names |= {number, number + 1}
    return [item for number, item in enumerate(shared) if number not in names]


def _alike(left: _Item, right: _Item, *, sides: bool) -> tuple[_Item, _Item]:
    """Two neighbours, after the unit and scale of the one have been given to the other."""
    if sides and not right.unit.endswith(LENGTHS):
        return left, right
    alike = left.unit in ("", right.unit, *CURRENCIES)
    if alike and left.scale == 1 and left.number < right.number:
        left = replace(left, scale=right.scale)
    if not left.unit:
        left = replace(left, unit=right.unit)
    elif not right.unit and left.unit in CURRENCIES:
        right = replace(right, unit=left.unit)
    return left, right


def _quantity(text: str, item: _Item) -> Quantity:
    return Quantity(
        value=item.number * item.scale,
        unit=item.unit,
        decimals=item.decimals,
        resolution=item.place * item.scale / 2,
        text=text[item.start : item.end],
        start=item.start,
        end=item.end,
    )
