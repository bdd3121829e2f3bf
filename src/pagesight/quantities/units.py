"""Spellings of units, and conversion by pint, which is imported on first use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

CURRENCIES = ("dollar", "euro", "sterling", "yen", "rupee", "yuan", "franc")
LENGTHS = ("meter", "inch", "foot")
"""What the units of length end with, whatever their prefix."""

_PREFIXES: Mapping[str, str] = {
    "p": "pico",
    "n": "nano",
    "µ": "micro",
    "m": "milli",
    "c": "centi",
    "d": "deci",
    "h": "hecto",
    "k": "kilo",
    "M": "mega",
    "G": "giga",
    "T": "tera",
    "Ki": "kibi",
    "Mi": "mebi",
    "Gi": "gibi",
    "Ti": "tebi",
}
_LETTERS: Mapping[str, tuple[str, ...]] = {"µ": ("\u00b5", "\u03bc", "u"), "k": ("k", "K")}
"""Other ways in which a prefix is printed."""
UNITS = """
volt | V | n µ m k M | volt
volt@dc | VDC Vdc | m k |
volt@ac | VAC Vac | m k |
ampere | A | p n µ m k | ampere amp
watt | W | n µ m k M G | watt
apparent_watt | VA | k M |
watt*hour | Wh | m k M G T |
ampere*hour | Ah | m k |
ohm | Ω \u2126 OHM Ohm ohm Ohms ohms | µ m k M G | ohm
farad | F | p n µ m | farad
henry | H | n µ m | henry
siemens | S | n µ m |
tesla | T | n µ m |
hertz | Hz HZ | k M G T | hertz
kilohertz | | | khz
megahertz | | | mhz
gigahertz | | | ghz
hertz | s⁻¹ s-1 s^-1 | |
pascal | Pa | m h k M G | pascal
bar | bar | µ m k | bar
bar@gauge | | | barg
bar@absolute | | | bara
psi | | | psi
psi@gauge | | | psig
psi@absolute | | | psia
atmosphere | | | atm
mmHg | | | mmhg
newton | N | µ m k M | newton
newton_metre | Nm | µ m c k M |
pound_foot | ftlb ft-lb ftlbf ft-lbf lbft lb-ft lbfft lbf-ft | |
pound_inch | inlb in-lb inlbf in-lbf lbin lb-in lbfin lbf-in | |
kilogram_force | | | kgf
pound_force | | | lbf
joule | J | µ m k M G | joule
electron_volt | eV | m k M G |
horsepower | | | hp horsepower
meter | m | n µ m c d k | meter metre
inch | ″ | | inch inches
foot | | | ft foot feet
yard | | | yd yard
mile | | | mile
mile/hour | | | mph
kilometer/hour | | | kph
gram | g | n µ m k | gram gramme
kilogram | | | kg
metric_ton | t | k M | tonne
pound | | | lb pound
ounce | | | oz ounce
liter | l L | µ m c d h | liter litre
gallon | | | gal gallon
gallon/minute | | | gpm
liter/minute | | | lpm
second | s | p n µ m | second sec
minute | min mins | | minute
hour | h | | hr hour
day | | | day
week | | | week
month | | | month
year | | | year yr
kelvin | K °K | m | kelvin
degree_Celsius | C °C ℃ | | celsius degc degreec degreesc degreecelsius degreescelsius
degree_Fahrenheit | °F ℉ | | fahrenheit degf degreef degreesf degreefahrenheit degreesfahrenheit
mole | mol | µ m k |
lumen | lm | |
lux | lx | |
level_decibel | dB | | db
level_dbm | dBm | |
rockwell_c | HRC | |
data_bit | bit bits | k M G T Ki Mi Gi Ti | bit
data_byte | B | k M G T Ki Mi Gi Ti | byte
data_bit/second | bps | k M G T |
angle_turn | r U | | rev revolution turn
angle_turn/minute | min⁻¹ min-1 min^-1 | | rpm
angle_degree | ° | | degree deg
angle_radian | rad | m | radian
per_cent | % | | percent pct percentage
per_mille | ‰ | |
per_million | | | ppm
per_billion | | | ppb
dollar | $ US$ USD | k M | dollar
euro | € EUR | k M | euro
sterling | £ GBP | k M |
yen | ¥ JPY | | yen
rupee | ₹ INR Rs | | rupee
yuan | CNY | | yuan
franc | CHF | |
"""
"""What pint calls it; its symbols, written as in print; the prefixes that they are printed with;
and its words, which stand in any case, in the plural, and with the same prefixes spelled out.
"in" is left out: as a word it is far more frequent than inches."""
_OWN_UNITS = (
    "part = [share]",
    "per_cent = 0.01 * part",
    "per_mille = 0.001 * part",
    "per_million = 1e-6 * part",
    "per_billion = 1e-9 * part",
    "data_bit = [data]",
    "data_byte = 8 * data_bit",
    "angle_turn = [angle]",
    "angle_degree = angle_turn / 360",
    "angle_radian = 0.15915494309189534 * angle_turn",
    "newton_metre = [torque]",
    "pound_foot = 1.3558179483314004 * newton_metre",
    "pound_inch = pound_foot / 12",
    "apparent_watt = [apparent_power]",
    *(f"{unit} = [{unit}]" for unit in ("level_decibel", "level_dbm", "rockwell_c", *CURRENCIES)),
)
"""To pint angles, bits and shares are plain numbers, torque is energy and VA is W. Here they are
dimensions of their own, so that one is never taken for the other."""

_POWER = re.compile(r"(.*?)(?:\^?([23])|([²³]))")
_POWERED = (*LENGTHS, "second")


def spelled(spelling: str) -> str:
    """The unit of one spelling ("kΩ", "minutes", "mm²"); "" if it is none.

    Units are named as pint and `_OWN_UNITS` name them ("kiloohm"); what is printed of the kind of
    voltage or pressure follows as "@dc", "@ac", "@gauge" or "@absolute".
    """
    symbols, words = _vocabulary()
    spelling = re.sub(r"[\s·]", "", spelling)
    if unit := symbols.get(spelling) or words.get(spelling.casefold()):
        return unit
    if (power := _POWER.fullmatch(spelling)) and symbols.get(power[1], "").endswith(_POWERED):
        exponent = power[2] or {"²": "2", "³": "3"}[power[3]]
        return f"{symbols[power[1]]}**{exponent}"
    return ""


def converted(value: Decimal, unit: str, to: str) -> Decimal | None:
    """A value in another unit; None where the two measure different things."""
    (unit, _, kind), (to, _, wanted) = unit.partition("@"), to.partition("@")
    registry = _registry()
    if (kind and wanted and kind != wanted) or not registry.is_compatible_with(
        registry.Unit(unit), to
    ):
        return None
    return Decimal(registry.Quantity(value, unit).to(to).magnitude)


@lru_cache(maxsize=1)
def _vocabulary() -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Spelling -> unit: symbols, and casefolded words."""
    symbols: dict[str, str] = {}
    words: dict[str, str] = {}
    for line in UNITS.strip().splitlines():
        unit, spellings, prefixes, names = line.split("|")
        for prefix in ("", *prefixes.split()):
            word = _PREFIXES.get(prefix, "")
            full = word + unit.strip()
            for letters in _LETTERS.get(prefix, (prefix,)):
                symbols |= {letters + symbol: full for symbol in spellings.split()}
            words |= {word + name + plural: full for name in names.split() for plural in ("", "s")}
    return symbols, words


@lru_cache(maxsize=1)
def _registry() -> Any:
    import pint

    registry: Any = pint.UnitRegistry(non_int_type=Decimal)
    for definition in _OWN_UNITS:
        registry.define(definition)
    return registry
