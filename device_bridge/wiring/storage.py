"""What lies on this machine's disk, and what opens it: for the daemon and for the commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from device_bridge.adapters.odoo import identity as identities
from device_bridge.adapters.odoo.identity import Identity
from device_bridge.adapters.seal import Seal
from device_bridge.adapters.sqlite.outbox import Limits, SqliteOutbox
from device_bridge.adapters.tpm import TpmHalf
from device_bridge.adapters.unlock import NoHalf, ServerHalf, seal_of
from device_bridge.settings import Settings
from device_bridge.wiring.parts import client_of

_MB = 1_000_000


def outbox_of(settings: Settings, identity: Identity) -> SqliteOutbox:
    """The outbox, still locked. Raises StorageFull, StorageDamaged."""
    limits = Limits(settings.outbox.max_mb * _MB, settings.outbox.reserve_mb * _MB)
    return SqliteOutbox(
        settings.state.outbox,
        identity.device,
        identity.chain,
        identity.keys.signing.sign,
        limits=limits,
    )


def half_of(settings: Settings, ask: Callable[[], bytes]) -> ServerHalf | TpmHalf | NoHalf:
    """The half of the key that does not lie on the disk."""
    match settings.state.unlock:
        case "server":
            return ServerHalf(ask, settings.state.memory)
        case "local":
            return NoHalf()
        case "tpm":
            return TpmHalf(settings.state.tpm_half)


@contextmanager
def outbox_beside(settings: Settings, *, unlocked: bool = False) -> Iterator[SqliteOutbox]:
    """The outbox, while a daemon may be using it.

    Raises:
        NotPaired, StorageFull; if it is to be unlocked ServerUnreachable and Refused, too.
    """
    identity = identities.load(settings.state.identity)
    box = outbox_of(settings, identity)
    try:
        if unlocked:
            box.unlock(seal_for(settings, identity))
        yield box
    finally:
        box.close()


def seal_for(settings: Settings, identity: Identity) -> Seal:
    """Raises ServerUnreachable, Refused, SettingsError."""
    client = client_of(settings, identity)
    try:
        return seal_of(identity.storage_secret, half_of(settings, client.unlock).get())
    finally:
        client.close()
