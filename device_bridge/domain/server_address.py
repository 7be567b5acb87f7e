"""What may be a server's address, where somebody else said it: in the network, in a picture."""

from __future__ import annotations

from urllib.parse import urlsplit

_LONGEST_URL = 200


def server_url(text: str) -> str | None:
    """The https address in `text`, of host and port alone; None if it is anything else.

    ASCII only: a letter of another alphabet could pass for the one that people expect.
    """
    if not text.isascii() or not text.isprintable() or " " in text or len(text) > _LONGEST_URL:
        return None
    try:
        parts = urlsplit(text)
        port, host = parts.port, parts.hostname
    except ValueError:
        return None
    if parts.scheme != "https" or not host or parts.username is not None:
        return None
    if parts.path.strip("/") or parts.query or parts.fragment:
        return None
    return f"https://{f'[{host}]' if ':' in host else host}{f':{port}' if port else ''}"
