"""Bytes of text files as text."""

from __future__ import annotations

from charset_normalizer import from_bytes

_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_LOOKED_AT = 50_000
"""Bytes from which an encoding is told."""


def decoded(data: bytes) -> str:
    """By the mark that the text begins with, else UTF-8, else as what it looks like."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    try:
        return data.decode()
    except UnicodeDecodeError:
        best = from_bytes(data[:_LOOKED_AT]).best()
        return data.decode(best.encoding if best else "cp1252", "replace")
