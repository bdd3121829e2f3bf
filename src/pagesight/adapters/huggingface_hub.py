"""The model hub: asked once whether it answers, so that nobody waits for retries offline."""

from __future__ import annotations

from functools import cache

PROBE_SECONDS = 5.0
"""Long enough for a proxy, short enough for a laptop on a train."""


@cache
def prefer_local_files() -> bool:
    """Switches the hub client to its local cache when the hub cannot be reached.

    The client by itself retries for a minute before it fails. Proxies are honoured. Returns
    whether it was switched.
    """
    import httpx
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return True
    try:
        httpx.head(constants.ENDPOINT, timeout=PROBE_SECONDS, follow_redirects=True)
    except (httpx.HTTPError, OSError):
        constants.HF_HUB_OFFLINE = True
    return bool(constants.HF_HUB_OFFLINE)
