"""Numbers and dates as a spreadsheet shows them, by the format codes of Excel (ECMA-376, part 1,
18.8.31). What a code says that is not known here is left to the plain form."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Context, Decimal

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|_.|\*.|\[\$(?P<currency>[^\]-]*)[^\]]*\]|\[(?P<said>[^\]]*)\]'
    r"|(?P<core>[#0?][#0?.,]*(?:E[+-]0+)?|\.0+)|(?P<other>.)",
    re.IGNORECASE,
)
_COLOURS = re.compile(r"(?:black|blue|cyan|green|magenta|red|white|yellow|color\d+)", re.IGNORECASE)
_DATES = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|_.|\*.|\[[^\]]*\]'
    r"|(?P<half>am/pm|a/p)|(?P<part>y+|m+|d+|h+|s+)|(?P<other>.)",
    re.IGNORECASE,
)
_LOCAL = ("general", "mm-dd-yy", "@")
"""Codes that each reader's program shows in its own way: dates stay ISO 8601."""
_LARGE = Context(prec=350)
"""Digits of the largest number in a spreadsheet, with places to spare."""
_STYLES = {
    "yyyy": "%Y",
    "yyy": "%Y",
    "yy": "%y",
    "y": "%y",
    "mmmm": "%B",
    "mmm": "%b",
    "dddd": "%A",
    "ddd": "%a",
}


def shown_number(value: float, code: str) -> str:
    """ "1,234.50 EUR" for 1234.5 and '#,##0.00 "EUR"'."""
    parts = re.findall(r'(?:"[^"]*"|\\.|[^;])+', code)
    if not parts or code.lower() in _LOCAL:
        return _plain(value)
    number = 1 if value < 0 and len(parts) > 1 else 2 if value == 0 and len(parts) > 2 else 0
    sign = "-" if value < 0 and number == 0 else ""
    tokens = list(_TOKEN.finditer(parts[number]))
    cores = [token["core"] for token in tokens if token["core"]]
    if len(cores) > 1 or any(_is_strange(token) for token in tokens):
        return _plain(value)
    percents = sum(token["other"] == "%" for token in tokens)
    said = "".join(
        _digits(abs(value) * 100**percents, token["core"])
        if token["core"]
        else token["quoted"] or token["escaped"] or token["currency"] or token["other"] or ""
        for token in tokens
    )
    return f"{sign}{said.strip()}"


def _is_strange(token: re.Match[str]) -> bool:
    """Conditions, fractions and elapsed time."""
    said, other = token["said"], token["other"]
    return bool(said and not _COLOURS.fullmatch(said)) or ((other or "") in "/@" and bool(other))


def _digits(value: float, core: str) -> str:
    mantissa, _, power = core.upper().partition("E")
    whole, _, places = mantissa.partition(".")
    decimals = len(places.replace(",", ""))
    if power:
        return f"{value:.{decimals}E}"
    value /= 1000 ** (len(core) - len(core.rstrip(",")))
    # Halves go up in spreadsheets, and to the even digit in Python.
    exact = Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, _LARGE)
    text = f"{exact:{',' if ',' in whole.rstrip(',') else ''}f}"
    integer, point, fraction = text.partition(".")
    optional = len(places) - len(places.rstrip("#?"))
    kept = fraction[: len(fraction) - optional]
    kept += fraction[len(fraction) - optional :].rstrip("0") if optional else ""
    integer = integer.zfill(whole.count("0")) if whole.count("0") or integer != "0" else ""
    return f"{integer}{point if kept else ''}{kept}"


def _plain(value: float) -> str:
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def shown_date(value: datetime.datetime | datetime.date | datetime.time, code: str) -> str:
    """ "1.3.2024" for a date and "d.m.yyyy"; names of months and days are English."""
    if code.lower() in _LOCAL or (isinstance(value, datetime.time) and re.search("[yd]", code)):
        return _iso(value)
    at = value if isinstance(value, datetime.datetime) else _moment(value)
    return "".join(_dated(at, code.split(";")[0])).strip() or _iso(value)


def _dated(at: datetime.datetime, code: str) -> Iterator[str]:
    tokens = list(_DATES.finditer(code))
    is_half = any(token["half"] for token in tokens)
    parts = [token["part"].lower()[0] if token["part"] else "" for token in tokens]
    for number, token in enumerate(tokens):
        part = (token["part"] or "").lower()
        if not part:
            half = ("AM", "PM")[at.hour >= 12] if token["half"] else ""
            yield half or token["quoted"] or token["escaped"] or token["other"] or ""
        elif part in _STYLES:
            yield at.strftime(_STYLES[part])
        else:
            before = next((each for each in reversed(parts[:number]) if each), "")
            after = next((each for each in parts[number + 1 :] if each), "")
            is_minute = part[0] == "m" and (before == "h" or after == "s")
            hour = at.hour % 12 or 12 if is_half else at.hour
            units = {"m": at.month, "d": at.day, "h": hour, "s": at.second}
            count = at.minute if is_minute else units.get(part[0], at.year)
            yield str(count).zfill(min(len(part), 2))


def _moment(value: datetime.date | datetime.time) -> datetime.datetime:
    if isinstance(value, datetime.time):
        return datetime.datetime.combine(datetime.date.min, value)
    return datetime.datetime.combine(value, datetime.time.min)


def _iso(value: datetime.datetime | datetime.date | datetime.time) -> str:
    if isinstance(value, datetime.datetime):
        return str(value.date() if value.time() == datetime.time() else value)
    return value.isoformat()
