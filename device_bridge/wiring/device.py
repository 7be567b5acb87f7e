"""What every paired device has, at a gate or behind a kiosk: outbox, delivery, sync."""

from __future__ import annotations

import functools
import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from device_bridge.adapters.odoo.client import OdooClient
from device_bridge.adapters.odoo.identity import Identity, Keys
from device_bridge.adapters.odoo.renewal import Renewer
from device_bridge.adapters.odoo.sealed import unseal
from device_bridge.adapters.sqlite.larder import SqliteLarder
from device_bridge.adapters.system_clock import SystemClock, boot_id
from device_bridge.adapters.systemd import manager_of
from device_bridge.adapters.unlock import seal_of
from device_bridge.domain.event import CaptureTime, utc_text
from device_bridge.errors import BridgeError, ServerUnreachable
from device_bridge.pipeline.deliver import Delivery
from device_bridge.pipeline.pulse import Pulse, Watchdog
from device_bridge.pipeline.server_time import ServerTime, SiteClock
from device_bridge.pipeline.sync import Sync
from device_bridge.ports import Feedback, Gallery
from device_bridge.settings import Settings
from device_bridge.supervisor import Supervisor
from device_bridge.wiring.parts import client_of
from device_bridge.wiring.storage import half_of, outbox_of

_log = logging.getLogger(__name__)

_KEEP_ACKNOWLEDGED = timedelta(days=7)
_PRUNE_EVERY_S = 3600.0
_STOP_WITHIN_S = 25.0
_PARKED_TOLD = 50
_CALL_S = 300.0
"""A call to Odoo that takes longer hangs: each read ends after 20 s, but there may be many."""


class Device:
    """A paired device's ties to Odoo, and the threads that keep them.

    Attributes:
        pulse: knows what is under way, and whether something is stuck.
        seen_through: where something is collected that happened earlier elsewhere, up to
            when it is; None: nothing is.

    Raises (from the constructor): SettingsError, StorageFull.
    """

    def __init__(
        self,
        settings: Settings,
        identity: Identity,
        gallery: Gallery,
        feedback: Feedback,
        gates: Callable[[], list[dict[str, Any]]],
        write: Callable[[str], None],
        identify: Callable[[int], None] = lambda _gate: None,
    ) -> None:
        self._identify = identify
        self._write, self._gates, self._settings = write, gates, settings
        self.seen_through: Callable[[], datetime | None] = lambda: None
        machine, self.boot_id = SystemClock(), boot_id()
        self.server_time = ServerTime()
        self.clock = SiteClock(machine, self.server_time)
        self.supervisor, self.pulse = Supervisor(), Pulse()
        self._manager = manager_of(os.environ)
        self.outbox = outbox_of(settings, identity)
        self._clients: list[OdooClient] = []
        delivering, syncing = (self._client(identity, part) for part in ("delivery", "sync"))
        self._half = half_of(settings, syncing.unlock)
        self._renewer = Renewer(identity, settings.state.identity, syncing.rotation, self._use)
        self._larder: SqliteLarder | None = None
        self.delivery = Delivery(
            self.outbox,
            delivering,
            feedback,
            ready=lambda: self.server_time.known,
        )
        self.sync = Sync(
            server=syncing,
            gallery=gallery,
            unseal=lambda sealed, cursor: unseal(sealed, self._keys.encryption, cursor),
            clock=machine,
            server_time=self.server_time,
            boot_id=self.boot_id,
            health=self._health,
            told=self._told,
            lease_days=settings.state.lease_days,
            forgotten=self._half.forget,
        )
        self._pruned_s = 0.0

    def client(self, part: str) -> OdooClient:
        """A line to Odoo for one thread (requests' sessions are not safe to share), which a new
        token reaches."""
        client = self._client(self._renewer.identity, part)
        client.use_token(self._renewer.identity.token)  # it may be renewed at this moment
        return client

    def _client(self, identity: Identity, part: str) -> OdooClient:
        at_work = functools.partial(self.pulse.at_work, part, _CALL_S)
        client = client_of(self._settings, identity, at_work=at_work)
        self._clients.append(client)
        return client

    def ready(self) -> None:
        """Settings, weights, ports and disk are good. Odoo may be away for long yet."""
        self._manager.ready()
        if (watchdog_s := self._manager.watchdog_s) is not None:
            watchdog = Watchdog(self.pulse, self._manager, watchdog_s / 3)
            self.supervisor.start("watchdog", lambda: watchdog.run(self.supervisor.stop))

    def first_sync(self) -> bool:
        """Unlock, then settings and gallery, however long it takes; False if told to stop
        meanwhile. What was kept is enough to begin with while Odoo is away.

        Raises Refused if Odoo does not accept this device, SettingsError.
        """
        said = ""
        while not self.supervisor.stop.is_set():
            try:
                self.sync_now()
            except ServerUnreachable as error:
                if self.sync.gates:
                    self._write("-- Odoo is away; going on with what was synced last.")
                    self._manager.status("At work without Odoo, with what was synced last.")
                    return True
                if said != str(error):
                    said = str(error)
                    self._write(f"-- Waiting for Odoo: {error}")
                    self._manager.status(f"Waiting for Odoo: {error}")
                self.supervisor.stop.wait(error.retry_after_s or 1.0)
                continue
            self._manager.status("At work.")
            return True
        return False

    def sync_now(self) -> None:
        """Unlock, then settings and gallery, once.

        Raises ServerUnreachable, Refused, ModelMismatch, SettingsError, StorageFull.
        """
        self._unlock()
        self._renewer.finish()
        self.sync.pull()

    def _unlock(self) -> None:
        """Open what lies on the disk, and begin with it.

        Raises ServerUnreachable, Refused, SettingsError, StorageFull.
        """
        if self._larder is not None:
            return
        seal = seal_of(self._renewer.identity.storage_secret, self._half.get())
        self.outbox.unlock(seal)
        self._larder = SqliteLarder(self._settings.state.gallery, seal)
        self.sync.use_larder(self._larder)

    def start_sync(self) -> threading.Thread:
        """Heartbeats, and what they say has changed."""
        return self.supervisor.start("sync", lambda: self.sync.run(self.supervisor.stop))

    def start_delivery(self) -> threading.Thread:
        """What is committed travels to Odoo."""
        return self.supervisor.start("delivery", lambda: self.delivery.run(self.supervisor.stop))

    def check(self) -> None:
        """Raises what ended delivery or sync for good: without them nothing that happens here
        arrives, nobody is erased, and no lease ends."""
        for part in ("delivery", "sync"):
            if part in self.supervisor.ended:
                raise self.supervisor.ended[part]

    def stop(self) -> None:
        """Every thread is told to end; what is committed stays committed."""
        self._manager.stopping()
        self.supervisor.stop.set()
        self.delivery.wake()

    def arrived(self) -> CaptureTime:
        """This moment, with what is known of the clock."""
        monotonic_ms = round(self.clock.monotonic_s() * 1000)
        return self.server_time.stamp(CaptureTime(self.clock.now(), monotonic_ms, self.boot_id))

    def close(self) -> None:
        """Nothing that a thread still uses is taken from under it."""
        self.stop()
        if not self.supervisor.join(timeout_s=_STOP_WITHIN_S):
            _log.error("stopped_with_parts_running")
            return
        with suppress(BridgeError):  # one last try; what is left stays in the outbox
            if self.outbox.depth().pending:
                self.delivery.step()
            self.sync.beat()  # and Odoo is told how we left
        self.outbox.close()
        if self._larder is not None:
            self._larder.close()
        _log.info("stopped")

    @property
    def _keys(self) -> Keys:
        return self._renewer.identity.keys

    def _use(self, identity: Identity) -> None:
        """From now on this is who we are; what is under way may end with the token before."""
        for client in self._clients:
            client.use_token(identity.token)
        self.outbox.begin_chain(identity.device, identity.chain, identity.keys.signing.sign)

    def _told(self, answer: dict[str, Any]) -> None:
        """What a heartbeat's answer asks of us (wire/heartbeat_result.v1)."""
        if answer.get("retry_parked"):
            _log.info("parked_again", extra={"count": self.outbox.retry()})
            self.delivery.wake()
        for gate in answer.get("identify") or ():
            self._identify(gate)
        if answer.get("rotate") in {"token", "keys"}:
            self._renewer.renew(with_keys=answer["rotate"] == "keys")

    def _health(self) -> dict[str, Any]:
        self._prune()
        return {
            "delivered_through": utc_text(self.outbox.delivered_through(self._seen_through())),
            "outbox": self._outbox_health(),
            "gates": self._gates(),
        }

    def _seen_through(self) -> datetime:
        """Up to when everything that happened is in the outbox."""
        now = self.clock.now()
        return min(now, self.seen_through() or now)

    def _outbox_health(self) -> dict[str, Any]:
        depth, room = self.outbox.depth(), self.outbox.room()
        chain, seq = self.outbox.committed()
        return {
            "pending": depth.pending,
            "parked": depth.parked,
            "room": room.events,
            "room_state": str(room.state),
            "chain": chain,
            "seq": seq,
            "parked_events": [
                {
                    "uuid": one.uuid,
                    "chain": one.chain,
                    "seq": one.seq,
                    "gate": one.gate,
                    "captured_at": utc_text(one.captured_at),
                    "reason": one.reason,
                }
                for one in self.outbox.kept("parked", _PARKED_TOLD)
            ],
        }

    def _prune(self) -> None:
        """What Odoo has is kept here for a week and no longer, however long we run."""
        now_s = self.clock.monotonic_s()
        if now_s - self._pruned_s > _PRUNE_EVERY_S:
            self._pruned_s = now_s
            self.outbox.forget_acknowledged(self.clock.now() - _KEEP_ACKNOWLEDGED)
