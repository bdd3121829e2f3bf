"""Whether one quantity says what another says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from pagesight.quantities.reading import Quantity
from pagesight.quantities.units import converted

_NOISE = Decimal("1e-9")
"""Relative error of a conversion: far above that of 28 digits, far below what is printed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """A found quantity in the unit of the gold one."""

    value: Decimal
    resolution: Decimal
    noise: Decimal = Decimal(0)


def same(gold: Quantity, found: Quantity, tolerance: float = 0.0) -> bool:
    """Whether `found` says what `gold` says, at least as exactly as it is printed there.

    Units are converted, and must be of one kind: torque is not energy, rpm is not Hz, V DC is not
    V AC. A bare number in `gold` is met by its value with any unit ("541" by "541 adults"), and a
    unit in `gold` by its bare value ("45 Nm" by "45", as in a column of a table). A bare share
    between 0 and 1 also meets, and is met by, its percentage: "0.087" and "8.7 %".

    `found` may differ by half a unit of the last place that `gold` prints, if it is not printed
    more coarsely itself: 93.9 is met by 93.86, 93.86 not by 93.9. A whole number is met by itself
    only. `tolerance` is relative to `gold`; a difference within it never matters.
    """
    return any(_meets(gold, reading, tolerance) for reading in _readings(gold, found))


def _meets(gold: Quantity, reading: _Reading, tolerance: float) -> bool:
    difference = abs(reading.value - gold.value)
    if difference <= max(reading.noise, Decimal(str(tolerance)) * abs(gold.value)):
        return True
    rounded = gold.resolution + reading.noise
    return gold.decimals > 0 and reading.resolution <= rounded and difference <= rounded


def _readings(gold: Quantity, found: Quantity) -> Iterator[_Reading]:
    """All ways in which `found` can be meant; none where the two are of different kinds."""
    if gold.unit == found.unit or not gold.unit or not found.unit:
        yield _Reading(value=found.value, resolution=found.resolution)
        if gold.unit == "per_cent" and not found.unit and 0 < abs(found.value) < 1:
            yield _Reading(value=found.value * 100, resolution=found.resolution * 100)
        if not gold.unit and found.unit == "per_cent" and 0 < abs(gold.value) < 1:
            yield _Reading(value=found.value / 100, resolution=found.resolution / 100)
        return
    value = converted(found.value, found.unit, gold.unit)
    upper = converted(found.value + found.resolution, found.unit, gold.unit)
    if value is not None and upper is not None:
        noise = _NOISE * (abs(value) + abs(gold.value) + gold.resolution)
        yield _Reading(value=value, resolution=abs(upper - value), noise=noise)
