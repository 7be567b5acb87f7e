"""Keep this bridge's settings and gallery those of the server, and tell it how we are.

Erasures are the server's ledger: it lists what this device has not acknowledged with every
gallery answer until we say that it is gone, so that nothing need be remembered here.
"""

from __future__ import annotations

import json
import logging
import random
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from device_bridge import __version__
from device_bridge.domain.access import Access, read_access
from device_bridge.domain.badge import Badges
from device_bridge.domain.event import parse_utc, utc_text
from device_bridge.domain.gate import Gate, read_gate
from device_bridge.domain.punch_clock import TerminalPlan, read_terminals
from device_bridge.domain.retry import backoff_s
from device_bridge.errors import (
    CredentialsRefused,
    ModelMismatch,
    Refused,
    ServerUnreachable,
    StorageFull,
)
from device_bridge.pipeline.register import Register
from device_bridge.pipeline.server_time import ServerTime
from device_bridge.pipeline.tenure import Tenure
from device_bridge.ports import Clock, Gallery, Larder, Server

_log = logging.getLogger(__name__)

Unseal = Callable[[dict[str, Any], str], bytes]

_REVOKED = "device_revoked"
_AT_ONCE = 500  # wire/erasures.v1


class Sync:
    """Settings, gallery and heartbeat; runs in a thread of its own.

    Args:
        unseal: opens a gallery page sealed to this device, given its cursor.
        clock: the machine's own, whose offset the heartbeat tells.
        health: what the heartbeat tells of outbox and cameras (wire/heartbeat.v1).
        told: hears every answer to a heartbeat (wire/heartbeat_result.v1).
        larder: keeps what was synced for a start without the server; None: nothing is kept.
        lease_days: everybody is forgotten after so long without the server.
        forgotten: called when everybody was.
    """

    def __init__(
        self,
        *,
        server: Server,
        gallery: Gallery,
        unseal: Unseal,
        clock: Clock,
        server_time: ServerTime,
        boot_id: str,
        health: Callable[[], dict[str, Any]],
        told: Callable[[dict[str, Any]], object] = lambda _: None,
        larder: Larder | None = None,
        lease_days: float = 7.0,
        forgotten: Callable[[], object] = lambda: None,
    ) -> None:
        self._server, self._gallery, self._unseal = server, gallery, unseal
        self._clock, self._server_time, self._boot_id = clock, server_time, boot_id
        self._health, self._told, self._forgotten = health, told, forgotten
        self._larder = larder
        self._tenure = Tenure(clock, server_time, lease_days)
        self._etag: str | None = None
        self._cursor: str | None = None
        self._beat_s = 30.0
        self._failures = 0
        self._gates: dict[int, Gate] = {}
        self._known: dict[int, Gate] = {}
        self._access: Access | None = None
        self._terminals: dict[int, TerminalPlan] = {}
        self._register = Register(gallery)

    @property
    def gates(self) -> Mapping[int, Gate]:
        """The gates of this device as last synced; a new mapping after each change."""
        return self._gates

    @property
    def access(self) -> Access | None:
        """Who may ask the recognition service for what; None where this device is none."""
        return self._access

    @property
    def terminals(self) -> Mapping[int, TerminalPlan]:
        """The terminals that this device reads, as last synced."""
        return self._terminals

    @property
    def badges(self) -> Badges:
        """Whose badge is whose, as last synced."""
        return self._register.badges

    @property
    def silent_s(self) -> float | None:
        """Seconds since the server last answered; None if it never has."""
        return self._tenure.silent_s

    @property
    def gallery_age_s(self) -> float | None:
        """Seconds since the gallery was last known to be the server's; None: there is none."""
        return self._tenure.age_s

    def gate(self, gate_id: int) -> Gate:
        """The last word on a gate, even if it has been taken from this device since.

        Raises KeyError if it never was this device's.
        """
        return self._known[gate_id]

    def pull(self) -> None:
        """Fetch settings and gallery now. Raises ServerUnreachable, Refused, ModelMismatch."""
        with self._while_trusted(), _understood():
            self._pull_config()
            self._pull_gallery()
            if not self._server_time.known:  # the settings were those of before
                self._beat()
        self._tenure.heard(self._larder)

    def use_larder(self, larder: Larder) -> bool:
        """Start with what was kept; whether there was anything, still within its lease.

        Raises StorageFull.
        """
        self._larder = larder
        config, cursor, lease = larder.note("config"), larder.note("cursor"), larder.lease()
        if not config or not cursor or not lease or config["model"] != self._gallery.model:
            return False
        if self._tenure.is_over(lease):
            self._forget_everyone("lease_over")
            return False
        self._adopt_config(config)
        self._register.hold(larder.people(), [], config["model"], reset=True)
        self._etag, self._cursor = config["etag"], cursor
        self._tenure.goes_on(lease)
        return True

    def run(self, stop: threading.Event) -> None:
        """A heartbeat every so often, and whatever it says has changed."""
        wait_s = 0.0
        while not stop.wait(wait_s):
            try:
                self.beat()
                self._failures = 0
                wait_s = self._beat_s
            except ServerUnreachable as error:
                self._failures += 1
                self._miss_the_server()
                wait_s = error.retry_after_s or backoff_s(self._failures, random.random())  # noqa: S311
            except (Refused, ModelMismatch, StorageFull) as error:
                self._failures += 1
                _log.error("sync_failed", extra={"why": str(error)})
                self._miss_the_server()
                wait_s = self._beat_s

    def beat(self) -> None:
        """One heartbeat, and the sync that it asks for. Raises as `pull` does."""
        with self._while_trusted(), _understood():
            self._beat()
        self._tenure.heard(self._larder)

    def _beat(self) -> None:
        sent_at, sent_s = self._clock.now(), self._clock.monotonic_s()
        sent_ms = round(sent_s * 1000)
        answer = self._server.heartbeat(
            {
                "sent_at": utc_text(sent_at),
                "boot_id": self._boot_id,
                "monotonic_ms": sent_ms,
                "clock_offset_ms": self._server_time.offset_ms(sent_at, sent_ms),
                "clock_uncertainty_ms": self._server_time.uncertainty_ms(sent_ms),
                "bridge_version": __version__,
                "model": self._gallery.model,
                "config_etag": self._etag,
                "gallery_cursor": self._cursor,
                **self._health(),
            }
        )
        self._measured(sent_s, answer["server_time"])
        self._told(answer)
        if answer.get("config_changed"):
            self._pull_config()
        if answer.get("gallery_changed"):
            self._pull_gallery()

    def _measured(self, sent_s: float, server_time: str) -> None:
        self._server_time.measured(sent_s, parse_utc(server_time), self._clock.monotonic_s())

    def _pull_config(self) -> None:
        sent_s = self._clock.monotonic_s()
        config = self._server.config(self._etag)
        if config is None:
            return
        # the first thing heard after a start: nothing is captured by an unchecked clock
        self._measured(sent_s, config["server_time"])
        if config["model"] != self._gallery.model:
            raise ModelMismatch(
                f"Odoo holds templates of {config['model']!r}, this bridge makes"
                f" {self._gallery.model!r}: set recognition.model."
            )
        self._adopt_config(config)
        if self._larder:
            self._larder.put(config=config)
        _log.info("settings_synced", extra={"gates": sorted(self._gates)})

    def _adopt_config(self, config: dict[str, Any]) -> None:
        access, terminals = read_access(config), read_terminals(config)
        self._gates = {gate["id"]: read_gate(gate) for gate in config["gates"]}
        self._known = {**self._known, **self._gates}
        self._access, self._terminals = access, terminals
        self._beat_s = min(max(float(config["heartbeat_s"]), 1.0), 3600.0)
        self._etag = config["etag"]

    def _pull_gallery(self) -> None:
        more, asked = True, dict[str, list[str]]()
        while more:
            answer = self._server.gallery(self._cursor)
            if answer["model"] != self._gallery.model:
                raise ModelMismatch(f"The gallery is of {answer['model']!r}.")
            if answer["more"] and answer["cursor"] == self._cursor:
                raise ServerUnreachable("The gallery has no end.", answered=True)
            asked |= self._adopt(answer)
            self._cursor, more = answer["cursor"], answer["more"]
        _log.info("gallery_synced", extra={"people": len(self._gallery)})
        self._acknowledge(asked)

    def _adopt(self, answer: dict[str, Any]) -> dict[str, list[str]]:
        """One page; returns the erasures it asks for, as templates by the erasure's UUID."""
        page = json.loads(self._unseal(answer["sealed"], answer["cursor"]))
        gone, reset = list(page["gone"]), answer["cursor_reset"]
        held = self._register.hold(page["people"], gone, answer["model"], reset=reset)
        if self._larder:
            self._larder.adopt(held, gone, answer["cursor"], reset=reset)
        return {one["uuid"]: one["templates"] for one in page.get("erasures", [])}

    def _acknowledge(self, asked: Mapping[str, list[str]]) -> None:
        """Tell the server which of the erasures are done here; the rest is asked for again."""
        done = self._register.erased(asked)
        if len(done) < len(asked):
            _log.error("erasures_left", extra={"count": len(asked) - len(done)})
        for start in range(0, len(done), _AT_ONCE):
            self._acknowledge_some(done[start : start + _AT_ONCE])

    def _acknowledge_some(self, done: list[str]) -> None:
        try:
            results = self._server.erasures(done)
        except CredentialsRefused:
            raise
        except Refused as error:  # no reason to stop the gates
            _log.error("erasures_refused", extra={"why": str(error)})
            return
        refused = sum(result["status"] == "rejected" for result in results)
        _log.info("erasures_acknowledged", extra={"count": len(done), "refused": refused})

    @contextmanager
    def _while_trusted(self) -> Iterator[None]:
        try:
            yield
        except CredentialsRefused as error:
            if error.code == _REVOKED:
                self._forget_everyone(_REVOKED)
            raise

    def _miss_the_server(self) -> None:
        """A server that refuses us, or whose gallery cannot be kept, vouches for nobody either."""
        if self._tenure.ran_out(self._larder):
            self._forget_everyone("lease_over")

    def _forget_everyone(self, why: str) -> None:
        """A bridge that is revoked, or was away for too long, may not know anybody. The next
        sync brings the gallery back."""
        if len(self._gallery):
            _log.error("gallery_forgotten", extra={"people": len(self._gallery), "why": why})
        self._register.forget_everyone()
        self._cursor = None
        if self._larder:
            self._larder.clear()
        self._forgotten()


@contextmanager
def _understood() -> Iterator[None]:
    """An answer that is not what wire/ says is a server in trouble, not a defect of ours."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        _log.error("sync_not_understood", extra={"why": f"{type(error).__name__}: {error}"})
        raise ServerUnreachable("The server's answer is not understood.", answered=True) from error
