"""Where Odoo is, asked of and told to the local network (mDNS, RFC 6762; DNS-SD, RFC 6763).

Whatever an answer says is a proposal by whoever is on that network. It is never acted upon by
itself: a person compares the address with the one that Odoo shows beside the pairing code, and
TLS shows that it is Odoo who answers there.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from urllib.parse import urlsplit

import ifaddr
from zeroconf import (
    Error,
    InterfaceChoice,
    IPVersion,
    ServiceBrowser,
    ServiceInfo,
    ServiceStateChange,
    Zeroconf,
)

from device_bridge.domain.server_address import server_url
from device_bridge.errors import ServerUnreachable, SettingsError

SERVICE = "_face-attend._tcp.local."
MOST = 20
"""Servers that are listed; whoever announces more is not helping."""

_LONGEST_NAME = 60
_ASK_MS = 1000
_LOOK_EVERY_S = 5.0
Interfaces = Sequence[str] | InterfaceChoice


@dataclass(frozen=True, order=True, slots=True)
class Found:
    """An Odoo that somebody on this network says is there; printable ASCII, nothing else."""

    url: str
    name: str


def own_addresses() -> list[str]:
    """This machine's IPv4 addresses at the moment."""
    adapters = ifaddr.get_adapters()
    return sorted(str(one.ip) for adapter in adapters for one in adapter.ips if one.is_IPv4)


class Announcer:
    """Tells the local network where Odoo is; runs in a thread of its own.

    Args:
        url: as gates reach it.
        addresses: of this machine, to tell it on. Asked again and again: a machine that is
            switched on has none but the loopback's before its network comes, and gets others.

    Raises SettingsError, if that is no address to tell.
    """

    def __init__(
        self, name: str, url: str, addresses: Callable[[], list[str]] = own_addresses
    ) -> None:
        if server_url(url) is None:
            raise SettingsError(f"serve.announce: {url!r} is no https address.")
        self._name, self._url, self._addresses = _printable(name), url, addresses

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set. Raises ServerUnreachable where there is no network to tell."""
        while not stop.is_set():
            here = self._addresses()
            try:
                with ExitStack() as told:
                    if here:
                        self._tell(told, here)
                    while not stop.wait(_LOOK_EVERY_S) and self._addresses() == here:
                        pass
            except (OSError, Error) as error:
                raise ServerUnreachable(
                    f"Nothing can be announced in this network: {error}"
                ) from error

    def _tell(self, told: ExitStack, here: list[str]) -> None:
        network = told.enter_context(Zeroconf(interfaces=here, ip_version=IPVersion.V4Only))
        network.register_service(self._info(here), allow_name_change=True)
        told.callback(network.unregister_all_services)

    def _info(self, here: list[str]) -> ServiceInfo:
        return ServiceInfo(
            SERVICE,
            f"{self._name}.{SERVICE}",
            port=urlsplit(self._url).port or 443,
            properties={"url": self._url},
            server=f"{socket.gethostname().partition('.')[0]}.local.",
            parsed_addresses=here,
        )


def discover(seconds: float, interfaces: Interfaces = InterfaceChoice.All) -> list[Found]:
    """Who says within so many seconds that Odoo is there. Raises ServerUnreachable."""
    names: dict[str, None] = {}
    lock = threading.Lock()

    def heard(*, name: str, state_change: ServiceStateChange, **_: object) -> None:
        with lock:
            if state_change is not ServiceStateChange.Removed and len(names) < MOST:
                names[name] = None

    try:
        with Zeroconf(interfaces=interfaces, ip_version=IPVersion.V4Only) as network:
            ServiceBrowser(network, SERVICE, handlers=[heard])
            time.sleep(seconds)
            with lock:
                asked = list(names)
            found = [_ask(network, name) for name in asked]
    except (OSError, Error) as error:
        raise ServerUnreachable(f"This network cannot be asked: {error}") from error
    return sorted({one for one in found if one})


def _ask(network: Zeroconf, name: str) -> Found | None:
    try:
        info = network.get_service_info(SERVICE, name, timeout=_ASK_MS)
    except Error:  # a name that is none: the others are asked all the same
        return None
    return read_answer(info.name, info.properties) if info else None


def read_answer(name: str, properties: Mapping[bytes, bytes | None]) -> Found | None:
    """What somebody announced, or None if it is not what `Announcer` would."""
    try:
        url = server_url((properties.get(b"url") or b"").decode("ascii"))
    except UnicodeDecodeError:
        return None
    return Found(url, _printable(name.removesuffix(f".{SERVICE}"))) if url else None


def _printable(name: str) -> str:
    """Fit for a terminal, and for one label of a DNS name."""
    kept = "".join(one if one.isascii() and one.isprintable() else "?" for one in name)
    return kept.replace(".", " ")[:_LONGEST_NAME].strip() or "Odoo"
