"""Numbers with units: what is read, what is not, and what says the same."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagesight.quantities import quantities, same
from pagesight.quantities import units as spellings


def read(text: str) -> list[tuple[float, str]]:
    return [(float(found.value), found.unit) for found in quantities(text)]


def says(gold: str, found: str, tolerance: float = 0.0) -> bool:
    (one,), (other,) = quantities(gold), quantities(found)
    return same(one, other, tolerance)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,000", 1000),
        ("1 000", 1000),
        ("1\u00a0000", 1000),
        ("1\u2009000", 1000),
        ("12\u202f345\u202f678", 12_345_678),
        ("1'000", 1000),
        ("1,234,567.89", 1_234_567.89),
        ("8,36,72,770", 83_672_770),
        ("1,5", 1.5),
        ("0,125", 0.125),
        ("3,14159", 3.14159),
        ("1.234,5", 1234.5),
        (".5", 0.5),
        ("12.50", 12.5),
        ("-5", -5),
        ("−5", -5),
        ("–5", -5),
        ("+5", 5),
        ("±5", 5),
        ("+/-5", 5),
        ("~5", 5),
        ("≤5", 5),
        ("1e-3", 0.001),
        ("1.2E5", 120_000),
        ("1e10", 1e10),
        ("1e-10", 1e-10),
        ("1e100", 1e100),
        ("10^-3", 0.001),
        ("10⁻³", 0.001),
        ("2.5 x 10^6", 2.5e6),
        ("2.5×10⁶", 2.5e6),
        ("2.5·10^(−6)", 2.5e-6),
        ("10 x 10^10", 1e11),
        ("Ø35", 35),
        ("10k", 10_000),
        ("399 million", 399e6),
        ("2 crore", 2e7),
        ("**45**", 45),
        ("| 45 |", 45),
        ("It is 45.", 45),
        ("(45)", 45),
    ],
)
def test_a_number_is_read_in_every_notation(text: str, value: float) -> None:
    assert read(text) == [(value, "")]


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("45 Nm", 45, "newton_metre"),
        ("45 N·m", 45, "newton_metre"),
        ("45 N m", 45, "newton_metre"),
        ("5 kN·m", 5, "kilonewton_metre"),
        ("30 ft-lb", 30, "pound_foot"),
        ("30 lbf·ft", 30, "pound_foot"),
        ("10kΩ", 10, "kiloohm"),
        ("10 k\u2126", 10, "kiloohm"),
        ("10 KOhm", 10, "kiloohm"),
        ("4.7 µF", 4.7, "microfarad"),
        ("4.7 μF", 4.7, "microfarad"),
        ("4.7uF", 4.7, "microfarad"),
        ("100\nkHz", 100, "kilohertz"),
        ("5 MHZ", 5, "megahertz"),
        ("24-V supply", 24, "volt"),
        ("8-minute wait", 8, "minute"),
        ("24 VDC", 24, "volt@dc"),
        ("24 V DC", 24, "volt@dc"),
        ("230 Vac", 230, "volt@ac"),
        ("5 barg", 5, "bar@gauge"),
        ("14 PSI", 14, "psi"),
        ("38 °C/W", 38, "kelvin/watt"),
        ("20 degrees Celsius", 20, "degree_Celsius"),
        ("68 ° F", 68, "degree_Fahrenheit"),
        ("20 ℃", 20, "degree_Celsius"),
        ("17.5°", 17.5, "angle_degree"),
        ("1500 min⁻¹", 1500, "angle_turn/minute"),
        ("2.1 m³/h", 2.1, "meter**3/hour"),
        ("2.1 m3/h", 2.1, "meter**3/hour"),
        ("16 mm^2", 16, "millimeter**2"),
        ("9.81 m/s²", 9.81, "meter/second**2"),
        ("1.5 mm per metre", 1.5, "millimeter/meter"),
        ("85 mA per step", 85, "milliampere"),
        ("2.4 L/min", 2.4, "liter/minute"),
        ("5 Mbit/s", 5, "megadata_bit/second"),
        ("4 MiB", 4, "mebidata_byte"),
        ("74 dB(A)", 74, "level_decibel"),
        ("3.4 per cent", 3.4, "per_cent"),
        ("1 percentage point", 1, "per_cent"),
        ("5 ppm", 5, "per_million"),
        ("$1,577.00", 1577, "dollar"),
        ("US$ 3k", 3000, "dollar"),
        ("$5m", 5e6, "dollar"),
        ("USD 5 million", 5e6, "dollar"),
        ("$2,018mn", 2018e6, "dollar"),
        ("1.94 million euro", 1.94e6, "euro"),
        ("1,5 €", 1.5, "euro"),
        ("Rs. 500", 500, "rupee"),
        ("-$5", -5, "dollar"),
        ("$-5", -5, "dollar"),
        ("$(1,234)", -1234, "dollar"),
        ("| ($1,234) |", -1234, "dollar"),
        ("in FY 2023 ($1.8 bn)", 1.8e9, "dollar"),
        ("(1,234)", 1234, ""),
        ("7 valves", 7, ""),
        ("a 5-pin plug", 5, ""),
        ("10-K filing", 10, ""),
        ("35 h6", 35, ""),
        ("in 2013\nA new one", 2013, ""),
        ("Torque:45 Nm", 45, "newton_metre"),
        ("in this step (45 Nm)", 45, "newton_metre"),
    ],
)
def test_a_unit_is_read_with_its_number(text: str, value: float, unit: str) -> None:
    assert read(text) == [(value, unit)]


@pytest.mark.parametrize(
    "text",
    [
        *("LM317", "E07", "0x8007", "v2.1.3", "S-P4-2", "410-T07", "410-6120", "7C27Mo2", "P4-45"),
        *(
            "C2-000317",
            "#88",
            "X3:9",
            "IP54",
            "LX7302-50QFN",
            "3-7",
            "1/2",
            "1/2 inch",
            "18/16/13",
            "007",
        ),
        *(
            "Figure 7-2",
            "Fig. 5",
            "see table 3",
            "clause 5.1.2",
            "step 4",
            "pp. 10–12",
            "§ 5",
            "Eq. (4)",
            "No. 3",
        ),
        *("ISO 9001", "RAL 6011", "MSL 1", "FY 2023", "FY2023", "fiscal 2022", "M16 x 2", "H@10"),
        *("2024-01-05", "2009-07", "05.01.2024", "17 July 2025", "February 2025", "Jan. 28,\n2023"),
        *(
            "14:04",
            "514-312-0292",
            "192.168.0.1",
            "the 1990s",
            "the 5th",
            "a 10x lens",
            "[1]",
            "[2, 3]",
        ),
        *("1,2,3", "9" * 40, "", "no digits"),
    ],
)
def test_a_number_that_names_something_is_no_quantity(text: str) -> None:
    assert read(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("10-20 V", [(10, "volt"), (20, "volt")]),
        ("10–20 V", [(10, "volt"), (20, "volt")]),
        ("4-20mA", [(4, "milliampere"), (20, "milliampere")]),
        ("-40 to +85 °C", [(-40, "degree_Celsius"), (85, "degree_Celsius")]),
        ("−40…85 °C", [(-40, "degree_Celsius"), (85, "degree_Celsius")]),
        ("5 V ± 5 %", [(5, "volt"), (5, "per_cent")]),
        ("860 ± 1 mm", [(860, "millimeter"), (1, "millimeter")]),
        ("12/24 V", [(12, "volt"), (24, "volt")]),
        ("5 or 10 V", [(5, "volt"), (10, "volt")]),
        ("35 x 52 x 7 mm", [(35, "millimeter"), (52, "millimeter"), (7, "millimeter")]),
        ("3 x 400 V", [(3, ""), (400, "volt")]),
        ("4 x Ø14", [(4, ""), (14, "")]),
        ("$10-20 million", [(10e6, "dollar"), (20e6, "dollar")]),
        ("$10 to $20 million", [(10e6, "dollar"), (20e6, "dollar")]),
        ("2 to 3 million", [(2e6, ""), (3e6, "")]),
        ("0 to 680 mA, 210 Hz", [(0, "milliampere"), (680, "milliampere"), (210, "hertz")]),
        ("230V/50Hz", [(230, "volt"), (50, "hertz")]),
        ("1990–2000", [(1990, ""), (2000, "")]),
        ("12 345 678 9", [(12, ""), (345, ""), (678, ""), (9, "")]),
        ("1, 2 and 3", [(1, ""), (2, ""), (3, "")]),
    ],
)
def test_members_of_a_range_or_list_share_what_is_printed_once(
    text: str, found: list[tuple[float, str]]
) -> None:
    assert read(text) == found


def test_a_quantity_knows_its_place_and_its_last_printed_digit() -> None:
    text = "Fit the bowl with 60.50 Nm, at −5 °C."
    torque, cold = quantities(text)
    assert (torque.text, cold.text) == ("60.50 Nm", "−5 °C")
    assert text[torque.start : torque.end] == torque.text
    assert (torque.decimals, torque.resolution) == (2, Decimal("0.005"))
    (money,) = quantities("$1.8 billion")
    assert (money.decimals, money.resolution) == (1, Decimal("5e7"))


@pytest.mark.parametrize(
    ("gold", "found"),
    [
        ("10 kOhm", "10 000 Ohm"),
        ("1000 mA", "1 A"),
        ("285 bar", "28.5 MPa"),
        ("20 °C", "68 °F"),
        ("0 °C", "32 °F"),
        ("38 °C/W", "38 K/W"),
        ("8 minutes", "480 s"),
        ("18 months", "1.5 years"),
        ("2.1 m³/h", "35 L/min"),
        ("1 kB", "8000 bit"),
        ("1500 rpm", "25 rev/s"),
        ("1 inch", "25.4 mm"),
        ("24 V", "24 VDC"),
        ("12 000 h", "12,000 operating hours"),
        ("$1.5 billion", "$1,500 million"),
        ("$2,018mn", "$2.018 billion"),
        ("541", "541 adults"),
        ("541", "541 V"),
        ("45 Nm", "45"),
        ("8.7%", "8.7"),
        ("8.7 %", "0.087"),
        ("0.087", "8.7%"),
        ("8.7", "8.7 %"),
        ("93.9", "93.86"),
        ("93.86", "93.862"),
        ("93.90", "93.9"),
        ("5.0", "5"),
        ("$1.8 bn", "$1,794 million"),
        ("1,5 bar", "1.5 bar"),
    ],
)
def test_the_same_in_another_notation_unit_or_precision_is_the_same(gold: str, found: str) -> None:
    assert says(gold, found)


@pytest.mark.parametrize(
    ("gold", "found"),
    [
        ("541", "542"),
        ("541", "541.4"),
        ("60 Nm", "66 Nm"),
        ("60 Nm", "60.4 Nm"),
        ("0.367", "0.376"),
        ("1.5", "15"),
        ("1,5", "15"),
        ("1.5 bar", "15 bar"),
        ("285 kPa", "285 MPa"),
        ("85 mA", "85 µA"),
        ("5 mW", "5 MW"),
        ("125 Nm", "125 N"),
        ("5 Nm", "5 J"),
        ("60 rpm", "1 Hz"),
        ("60 rpm", "6.28 Hz"),
        ("5 kVA", "5 kW"),
        ("1 bit", "100 %"),
        ("24 VDC", "24 VAC"),
        ("5 barg", "5 bara"),
        ("8 minutes", "8 seconds"),
        ("20 K", "20 °C"),
        ("$5", "€5"),
        ("112 mV", "-112 mV"),
        ("93.86", "93.9"),
        ("93.86 kPa", "0.939 bar"),
        ("3.3 ft", "1 m"),
        ("38.5 %", "39 %"),
        ("1.94 million", "2 million"),
        ("45 Nm", "4.5"),
        ("8.7 %", "87"),
        ("8.7 %", "0.87"),
        ("1", "100 %"),
        ("8.7%", "8.7 V"),
        ("12345678901234567890", "12345678901234567891"),
    ],
)
def test_another_digit_unit_sign_or_a_coarser_number_is_not_the_same(gold: str, found: str) -> None:
    assert not says(gold, found)


def test_a_tolerance_is_relative_to_gold_and_the_only_slack_of_whole_numbers() -> None:
    assert says("1000", "1010", tolerance=0.01)
    assert not says("1000", "1011", tolerance=0.01)
    assert says("93.86", "93.9", tolerance=0.01)
    assert says("10 kOhm", "9 950 Ohm", tolerance=0.01)
    assert not says("10 kOhm", "9 950 V", tolerance=0.01)
    assert says("0", "0", tolerance=0.01)


@given(
    st.decimals(min_value=-(10**9), max_value=10**9, places=3, allow_nan=False),
    st.sampled_from(["V", "kΩ", "mm", "L/min", "°C", "%", ""]),
)
def test_a_printed_quantity_is_read_back_and_equals_itself(value: Decimal, unit: str) -> None:
    (found,) = quantities(f"about {value:,} {unit}, measured")
    assert (found.value, found.decimals) == (value, 3)
    assert bool(found.unit) == bool(unit)
    assert same(found, found)
    (changed,) = quantities(f"{value + Decimal('0.001'):,} {unit}")
    assert not same(found, changed)


@given(st.text(alphabet="0123456789 .,-–+/x×eE%$()'µVmNk10^⁶°C[]:\n"))
def test_any_text_can_be_read_and_places_are_in_order(text: str) -> None:
    found = quantities(text)
    assert all(text[each.start : each.end] == each.text for each in found)
    places = [place for each in found for place in (each.start, each.end)]
    assert places == sorted(places)


def test_every_spelled_unit_can_be_converted() -> None:
    spelled = [symbol for line in spellings.UNITS.splitlines() for symbol in line.split("|")[1:2]]
    units = {spellings.spelled(symbol) for symbols in spelled for symbol in symbols.split()}
    assert len(units) > 50
    assert all(spellings.converted(Decimal(1), unit, unit) == 1 for unit in units)


def test_pint_is_not_imported_before_units_are_compared() -> None:
    code = (
        "import sys\n"
        "from pagesight.quantities import quantities, same\n"
        "a, b = quantities('5 V to 5 kV')\n"
        "assert 'pint' not in sys.modules\n"
        "same(a, b)\n"
        "assert 'pint' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
