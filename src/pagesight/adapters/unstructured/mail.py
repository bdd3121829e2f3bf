"""E-mail: .eml by the standard library, .msg of Outlook by python-oxmsg, their bodies by
unstructured. Attachments are named; they are documents of their own."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.message import Message as Part
from pathlib import Path

from oxmsg import Message as OutlookMessage

from pagesight.adapters.unstructured.decoding import decoded
from pagesight.adapters.unstructured.markup import data_picture, read_markup
from pagesight.adapters.unstructured.texts import text_pieces
from pagesight.flow import Flow, Passage, Piece, Section, Unseen


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mail:
    heads: Sequence[tuple[str, str]]
    """From, To, Date ... as far as they say something."""
    subject: str
    html: str
    text: str
    pictures: Mapping[str, bytes]
    """By their Content-ID."""
    attachments: Sequence[str]
    """Names, with their sizes."""


def read_mail(path: Path) -> Flow:
    """An .eml file.

    Raises:
        Exception: whatever a damaged file makes the library raise.
    """
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    bodies = {kind: message.get_body((kind,)) for kind in ("html", "plain")}
    parts = [part for part in message.walk() if not part.is_multipart()]
    return _flow(
        _Mail(
            heads=[
                (name, str(message[name])) for name in ("From", "To", "Cc", "Date") if message[name]
            ],
            subject=str(message["Subject"] or ""),
            html=_content(bodies["html"]),
            text=_content(bodies["plain"]),
            pictures={
                (part["Content-ID"] or "").strip("<> "): _bytes(part)
                for part in parts
                if part.get_content_maintype() == "image"
            },
            attachments=[
                _named(part.get_filename() or part.get_content_type(), len(_bytes(part)))
                for part in message.iter_attachments()
                if not part["Content-ID"]
            ],
        )
    )


def read_outlook(path: Path) -> Flow:
    """A .msg file.

    Raises:
        Exception: whatever a damaged file makes the library raise.
    """
    message = OutlookMessage.load(str(path))
    heads = message.message_headers
    recipients = ", ".join(f"{each.name} <{each.email_address}>" for each in message.recipients)
    said = {
        "From": message.sender or heads.get("From", ""),
        "To": recipients,
        "Date": message.sent_date.isoformat(" ") if message.sent_date else heads.get("Date", ""),
    }
    return _flow(
        _Mail(
            heads=[(name, value) for name, value in said.items() if value],
            subject=message.subject or "",
            html=message.html_body or "",
            text=message.body or "",
            pictures={},
            attachments=[
                _named(each.file_name or "without a name", each.size or 0)
                for each in message.attachments
            ],
        )
    )


def _flow(mail: _Mail) -> Flow:
    pieces: list[Piece] = []
    if mail.subject:
        pieces.append(Passage(text=mail.subject, role="heading", level=1))
    pieces += [Passage(text=f"{name}: {value}") for name, value in mail.heads]
    unseen: tuple[Unseen, ...] = ()
    if mail.html.strip():
        body = read_markup(mail.html, _fetch(mail.pictures))
        pieces += body.pieces
        unseen = body.unseen
    else:
        pieces += text_pieces(mail.text)
    pieces += [Passage(text=f"Attachment: {name}", role="list") for name in mail.attachments]
    return Flow(title=mail.subject, sections=(Section(pieces=tuple(pieces), unseen=unseen),))


def _fetch(pictures: Mapping[str, bytes]) -> Callable[[str], bytes | None]:
    def fetch(address: str) -> bytes | None:
        if address.lower().startswith("cid:"):
            return pictures.get(address[len("cid:") :])
        return data_picture(address)

    return fetch


def _content(body: Part | None) -> str:
    if body is None:
        return ""
    payload = _bytes(body)
    try:
        return payload.decode(body.get_content_charset("utf-8"))
    except (LookupError, UnicodeDecodeError):
        return decoded(payload)


def _bytes(part: Part) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _named(name: str, size: int) -> str:
    return f"{name} ({size:,} bytes)"
