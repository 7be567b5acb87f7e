"""What lies on this machine's disk: the outbox, for the daemon and for the commands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from device_bridge.adapters.odoo import identity as identities
from device_bridge.adapters.odoo.identity import Identity
from device_bridge.adapters.sqlite.outbox import Limits, SqliteOutbox
from device_bridge.settings import Settings

_MB = 1_000_000


def outbox_of(settings: Settings, identity: Identity) -> SqliteOutbox:
    """Raises StorageFull, StorageDamaged."""
    limits = Limits(settings.outbox.max_mb * _MB, settings.outbox.reserve_mb * _MB)
    return SqliteOutbox(
        settings.state.outbox,
        identity.device,
        identity.chain,
        identity.keys.signing.sign,
        limits=limits,
    )


@contextmanager
def outbox_beside(settings: Settings) -> Iterator[SqliteOutbox]:
    """The outbox, while a daemon may be using it. Raises NotPaired, StorageFull."""
    box = outbox_of(settings, identities.load(settings.state.identity))
    try:
        yield box
    finally:
        box.close()
