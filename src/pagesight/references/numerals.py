"""Roman numerals."""

from __future__ import annotations

ROMANS = {
    hundreds + tens + ones: 100 * hundred + 10 * ten + one
    for hundred, hundreds in enumerate(("", "C", "CC", "CCC"))
    for ten, tens in enumerate(("", "X", "XX", "XXX", "XL", "L", "LX", "LXX", "LXXX", "XC"))
    for one, ones in enumerate(("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"))
    if hundred or ten or one
}
"""Numeral -> value, 1 to 399."""
NUMERALS = {value: numeral for numeral, value in ROMANS.items()}
