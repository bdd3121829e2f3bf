"""Plots as inline SVG: numbers in, markup out. Colours are CSS variables of the page, so that
plots follow its light and dark form. All text is escaped."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from pagesight.evaluation.report.data import share
from pagesight.evaluation.scores.summary import Interval, Latency

_BAR = 22
"""Height of a bar, CSS pixels."""
_THIN = 10
_PER_DIGIT = 0.02
"""Share of a bar that one digit needs where the bar is as narrow as a phone."""

_WIDTH, _HEIGHT = 240, 176
_LEFT, _RIGHT, _TOP, _BOTTOM = 30, 12, 8, 38
_TICK_GAP = 27
"""Least distance of two labels under the axis, in units of the plot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One segment of a stacked bar. `colour` and `ink` are CSS values, never user text."""

    name: str
    count: int
    colour: str
    ink: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Recall with its interval at a cutoff k."""

    k: int
    value: Interval


def stacked_bar(parts: Sequence[Part], *, title: str) -> Markup:
    """A bar of full width; each part as wide as its share, with its count where it fits."""
    total = sum(part.count for part in parts)
    drawn: list[Markup] = []
    start = 0.0
    for part in parts:
        if not part.count:
            continue
        width = part.count / total
        segment = _tag(
            "rect",
            _tag("title", f"{part.name}: {part.count}"),
            x=_percent(start),
            y=0,
            width=_percent(width),
            height=_BAR,
            style=f"fill:{part.colour}",
            class_="segment",
        )
        drawn.append(segment)
        if width >= _PER_DIGIT * (len(str(part.count)) + 0.3):
            drawn.append(
                _tag(
                    "text",
                    part.count,
                    x=_percent(start + width / 2),
                    y=_BAR / 2,
                    dy="0.35em",
                    text_anchor="middle",
                    style=f"fill:{part.ink}",
                )
            )
        start += width
    said = ", ".join(f"{part.name} {part.count}" for part in parts if part.count) or "no cases"
    return _svg(*drawn, title=title, desc=said, width="100%", height=_BAR)


def interval_bar(value: Interval, *, title: str) -> Markup:
    """Zero to one: the interval as a band, the mean as a tick."""
    low, mean, high = (min(1.0, max(0.0, part)) for part in (value.low, value.mean, value.high))
    return _svg(
        _tag("rect", x=0, y=4, width="100%", height=2, class_="track"),
        _tag("rect", x=_percent(low), y=2, width=_percent(high - low), height=6, class_="range"),
        _tag("line", x1=_percent(mean), x2=_percent(mean), y1=0, y2=_THIN, class_="mark"),
        title=title,
        desc=f"{value.mean:.3f}, interval {value.low:.3f} to {value.high:.3f}",
        width="100%",
        height=_THIN,
    )


def latency_bar(value: Latency, longest: float, *, title: str) -> Markup:
    """The median as a full bar, the 95th percentile as a pale one; `longest` fills the width."""
    scale = longest or 1.0
    return _svg(
        _tag("rect", x=0, y=1, width=_percent(value.p95 / scale), height=_THIN, class_="pale"),
        _tag("rect", x=0, y=1, width=_percent(value.p50 / scale), height=_THIN, class_="full"),
        title=title,
        desc=f"median {value.p50:.4f} s, 95th percentile {value.p95:.4f} s",
        width="100%",
        height=_THIN + 2,
    )


def recall_plot(
    points: Sequence[Point], others: Sequence[Sequence[Point]] = (), *, title: str
) -> Markup:
    """Recall over k, k on a logarithmic axis; `others` are drawn thin for comparison.

    Under the axis stand k and the mean, as far as there is room.
    """
    largest = max(point.k for point in points)
    grid = [_grid_line(level) for level in (0.0, 0.25, 0.5, 0.75, 1.0)]
    behind = [
        _tag("polyline", points=_path(other, largest), class_="other") for other in others if other
    ]
    upper = [(_x(point.k, largest), _y(point.value.high)) for point in points]
    lower = [(_x(point.k, largest), _y(point.value.low)) for point in reversed(points)]
    dots = [
        _tag("circle", cx=_x(point.k, largest), cy=_y(point.value.mean), r=3, class_="dot")
        for point in points
    ]
    said = ", ".join(
        f"recall@{point.k} {point.value.mean:.3f} ({point.value.low:.3f} to {point.value.high:.3f})"
        for point in points
    )
    return _svg(
        *grid,
        _tag("polygon", points=_join(upper + lower), class_="band"),
        *behind,
        _tag("polyline", points=_path(points, largest), class_="line"),
        *dots,
        *_ticks(points, largest),
        title=title,
        desc=said,
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
    )


def _ticks(points: Sequence[Point], largest: int) -> list[Markup]:
    drawn: list[Markup] = []
    last = -math.inf
    for point in points:
        x = _x(point.k, largest)
        if x - last < _TICK_GAP:
            continue
        last = x
        foot = _HEIGHT - _BOTTOM
        drawn += [
            _tag("text", f"@{point.k}", x=x, y=foot + 15, text_anchor="middle", class_="axis"),
            _tag("text", share(point.value.mean, 2), x=x, y=foot + 30, text_anchor="middle"),
        ]
    return drawn


def _grid_line(level: float) -> Markup:
    line = _tag("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=_y(level), y2=_y(level), class_="grid")
    if level not in (0.0, 0.5, 1.0):
        return line
    label = _tag(
        "text",
        f"{level:g}",
        x=_LEFT - 6,
        y=_y(level),
        dy="0.35em",
        text_anchor="end",
        class_="axis",
    )
    return line + label


def _x(k: int, largest: int) -> float:
    """Logarithmic from k = 1, a little in from the axis."""
    width = _WIDTH - _LEFT - _RIGHT - 24
    return _LEFT + 12 + width * (math.log(k) / math.log(largest) if largest > 1 else 0.5)


def _y(value: float) -> float:
    height = _HEIGHT - _TOP - _BOTTOM
    return _TOP + height * (1 - min(1.0, max(0.0, value)))


def _path(points: Sequence[Point], largest: int) -> str:
    return _join([(_x(point.k, largest), _y(point.value.mean)) for point in points])


def _join(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)


def _percent(share: float) -> str:
    return f"{share * 100:.3f}%"


def _svg(*children: Markup, title: str, desc: str, **attributes: str | float) -> Markup:
    return _tag(
        "svg", _tag("title", title), _tag("desc", desc), *children, role="img", **attributes
    )


def _tag(name: str, *children: object, **attributes: str | float) -> Markup:
    """One element; `class_` means class, `text_anchor` means text-anchor."""
    written = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), _number(value))
        for key, value in attributes.items()
    )
    content = Markup("").join(escape(child) for child in children)
    return Markup("<{0}{1}>{2}</{0}>").format(name, written, content)


def _number(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
