"""Why a file could not be had: what the libraries behind fsspec raise, in a line with a remedy."""

from __future__ import annotations

import re
from urllib.parse import unquote

import fsspec

from pagesight.adapters.fsspec.listing import WEB
from pagesight.sources import source_name

_LONGEST = 160
"""Characters of the text of an error."""
_EXTRAS = {"s3": "pagesight[s3]", "s3a": "pagesight[s3]"}
"""Scheme -> what to install for it."""

# Names of exceptions or of their bases: the libraries that raise them need not be there.
_CREDENTIALS = {
    "NoCredentialsError",
    "PartialCredentialsError",
    "CredentialRetrievalError",
    "TokenRetrievalError",
    "ProfileNotFound",
    "DefaultCredentialsError",
    "RefreshError",
}
_REFUSALS = {"PermissionError", "AuthenticationException", "ClientAuthenticationError"}
_NOT_LOGGED_IN = "530 "
"""How the reply of an FTP server begins that refuses a login (RFC 959)."""
_UNTRUSTED = {"SSLError", "ClientSSLError"}
_BREAKS = {
    "ClientPayloadError",
    "ServerDisconnectedError",
    "IncompleteReadError",
    "ResponseStreamingError",
    "ConnectionResetError",
    "EOFError",
}
_UNREACHABLE = {
    "ClientConnectionError",
    "ConnectionError",
    "HTTPClientError",
    "NoValidConnectionsError",
    "gaierror",
    "ServiceRequestError",
}


def reason(error: BaseException, url: str, seconds: float) -> str:
    """What went wrong and what to do, on one line, to be read after the name of the source.

    Nothing of the URL that its name leaves out (passwords, signatures) is in it. `seconds` is
    how long the server was waited for.
    """
    if isinstance(error, ImportError):
        return _missing_package(error, url)
    if isinstance(error, FileNotFoundError) and _scheme(url) in WEB and error.__cause__:
        # Whatever goes wrong there is called so.
        error = error.__cause__
    if isinstance(status := getattr(error, "status", None), int):
        return _refusal(status)
    names = {base.__name__ for base in type(error).__mro__}
    if names & _CREDENTIALS:
        return _no_credentials(url)
    if any("Timeout" in name for name in names):
        return f"did not answer within {seconds:g} seconds: try again later, or check the network"
    if "FileNotFoundError" in names:
        return _refusal(404)
    if names & _REFUSALS or str(error).startswith(_NOT_LOGGED_IN):
        return _refusal(403)
    if names & _UNTRUSTED:
        return "has no certificate that is trusted: check the address, or install the certificate"
    if names & _BREAKS:
        return "came only in part: try again"
    if names & _UNREACHABLE:
        return "cannot be reached: check the address and the network, or try again later"
    return _unknown(error, url)


def _refusal(status: int) -> str:
    """What an HTTP status means."""
    if status in (401, 403, 407):
        return f"may not be read ({status}): check the login, the signature or the permissions"
    if status in (404, 410):
        return f"is not there ({status}): check the address"
    if status == 429 or status >= 500:
        return f"cannot be had now (the server answers {status}): try again later"
    return f"cannot be read (the server answers {status}): check the address"


def _no_credentials(url: str) -> str:
    if _scheme(url) in ("s3", "s3a"):
        return (
            "needs credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
            "or FSSPEC_S3_ANON=true for a public bucket"
        )
    return "needs credentials: give them as the service's own tools want them"


def _missing_package(error: ImportError, url: str) -> str:
    extra = _EXTRAS.get(_scheme(url))
    remedy = f"pip install '{extra}'" if extra else _said(error, url)
    return f"needs a package that is not installed: {remedy}"


def _unknown(error: BaseException, url: str) -> str:
    if _scheme(url) not in fsspec.available_protocols():
        return "has an unknown scheme: give a path, or a URL like https://, s3:// or sftp://"
    if isinstance(error, ValueError):
        return "is no URL that can be read: check it, and write %40 for an @ in a password, say"
    said = _said(error, url)
    name = type(error).__name__
    return f"cannot be read ({f'{name}: {said}' if said else name}): check the address"


def _scheme(url: str) -> str:
    return url.partition("://")[0].lower()


def _said(error: BaseException, url: str) -> str:
    """The text of an error; "" where it has a part of the URL that must not be seen."""
    text = " ".join(str(error).split())[:_LONGEST]
    hidden = set(_words(url)) - set(_words(source_name(url)))
    return "" if any(word in text or unquote(word) in text for word in hidden) else text


def _words(url: str) -> list[str]:
    return [word for word in re.split("[:@/?#&=]+", url) if word]
