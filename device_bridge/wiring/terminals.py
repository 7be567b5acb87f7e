"""The existing terminals that are set, and what reads them."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from datetime import UTC, datetime

from device_bridge.adapters.terminal.marks import FileMarks
from device_bridge.errors import SettingsError
from device_bridge.pipeline.collect import Collector
from device_bridge.settings import Settings
from device_bridge.wiring.device import Device

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def collectors_of(settings: Settings, device: Device) -> dict[int, Collector]:
    """By the terminal's number in Odoo. Raises SettingsError."""
    if not settings.terminal:
        return {}
    try:
        from device_bridge.adapters.terminal.soap import SoapTerminal  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"{error.name} is missing: install the extra, device-bridge[terminals]."
        ) from error
    marks = FileMarks(settings.state.directory / "terminals")

    def collector(number: int, address: str, key: int, every_s: float) -> Collector:
        return Collector(
            number,
            plan=lambda: device.sync.terminals.get(number),
            punch_clock=SoapTerminal(address, key),
            outbox=device.outbox,
            marks=marks,
            server=device.client(f"terminal {number}"),
            clock=device.clock,
            server_time=device.server_time,
            every_s=every_s,
            on_commit=device.delivery.wake,
        )

    return {
        one.terminal: collector(
            one.terminal, one.address, int(one.key.get_secret_value()), one.every_s
        )
        for one in settings.terminal
    }


def read_through(collectors: Iterable[Collector]) -> datetime | None:
    """Up to when all punches are in the outbox; None without a terminal."""
    return min((one.read_at() or _NEVER for one in collectors), default=None)


def start(collectors: dict[int, Collector], device: Device) -> None:
    stop = device.supervisor.stop
    for number, one in collectors.items():
        device.supervisor.start(f"terminal {number}", functools.partial(one.run, stop))
