"""The address of a camera: with its credentials for the camera, without them for people."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from device_bridge.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Address:
    """A camera's URL, its user name and password kept apart.

    Attributes:
        url: without credentials.
    """

    url: str
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """Scheme, host, port and path; what stands after a `?` may hold a password too."""
        parts = urlsplit(self.url)
        return urlunsplit(parts._replace(query="", fragment=""))

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    def port(self, default: int) -> int:
        return urlsplit(self.url).port or default

    def with_credentials(self) -> str:
        """For programs that take them in the URL only. Never to be shown."""
        if not self.user:
            return self.url
        parts = urlsplit(self.url)
        login = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}"
        return urlunsplit(parts._replace(netloc=f"{login}@{parts.netloc}"))


def read_address(source: str, user: str = "", password: str = "") -> Address:
    """Credentials come from the URL or beside it. Raises SettingsError."""
    try:
        parts = urlsplit(source)
        if not parts.hostname and parts.scheme != "file":
            raise ValueError
        _ = parts.port  # a property that raises
    except ValueError:
        # not quoted: it may hold a password
        raise SettingsError("A camera's address is no URL; docs/cameras.md has examples.") from None
    return Address(
        urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])),
        user or unquote(parts.username or ""),
        password or unquote(parts.password or ""),
    )
