"""The composition root of `serve`: a bridge without cameras, asked over HTTP."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from device_bridge.adapters.image_headers import read_header
from device_bridge.adapters.images import decode_image
from device_bridge.adapters.odoo import identity as identities
from device_bridge.adapters.odoo.identity import Identity
from device_bridge.adapters.odoo.sealed import unseal
from device_bridge.adapters.sqlite.outbox import SqliteOutbox
from device_bridge.adapters.system_clock import SystemClock, boot_id
from device_bridge.api.app import Parts, State, build
from device_bridge.api.bodies import Limits
from device_bridge.api.challenges import Challenges
from device_bridge.api.metrics import Metrics
from device_bridge.api.server import Server, listen
from device_bridge.api.tokens import Tokens
from device_bridge.api.workers import Workers
from device_bridge.domain.capture import ImageU8
from device_bridge.domain.event import CaptureTime, utc_text
from device_bridge.domain.gate import Gate
from device_bridge.errors import BridgeError, ImageUnreadable, ServerUnreachable, SettingsError
from device_bridge.pipeline.deliver import Delivery
from device_bridge.pipeline.feedback import Several
from device_bridge.pipeline.observe import Observer
from device_bridge.pipeline.recognise import Recognition
from device_bridge.pipeline.server_time import ServerTime
from device_bridge.pipeline.sync import Sync
from device_bridge.settings import Settings
from device_bridge.supervisor import Supervisor
from device_bridge.wiring import client_of, engine_of, liveness_of, memory_gallery_of

_log = logging.getLogger(__name__)

_KEEP_ACKNOWLEDGED = timedelta(days=7)
_OFFLINE_AFTER_S = 120.0
_STOP_WITHIN_S = 25.0


class Service:
    """A whole running recognition service.

    Raises (from the constructor): NotPaired, WeightsMissing, SettingsError, StorageFull.
    """

    def __init__(self, settings: Settings, write: Callable[[str], None]) -> None:
        identity = identities.load(settings.state.identity)
        self._write = write
        self._clock, self._boot_id = SystemClock(), boot_id()
        self._server_time = ServerTime()
        self._supervisor = Supervisor()
        self._outbox = SqliteOutbox(
            settings.state.outbox, identity.device, identity.chain, identity.keys.signing.sign
        )
        detector, embedder = engine_of(settings)
        self._gallery = memory_gallery_of(settings, embedder)
        self._delivery = Delivery(self._outbox, client_of(settings, identity), Several())
        self._sync = Sync(
            server=client_of(settings, identity),
            gallery=self._gallery,
            unseal=lambda sealed, cursor: unseal(sealed, identity.keys.encryption, cursor),
            clock=self._clock,
            server_time=self._server_time,
            boot_id=self._boot_id,
            health=self._health,
        )
        recognition = Recognition(
            detector=detector,
            embedder=embedder,
            people=self._gallery,
            observer=Observer(detector, embedder, self._gallery, liveness_of(settings)),
            outbox=self._outbox,
            on_commit=self._delivery.wake,
        )
        one = settings.serve
        self._workers = Workers(one.threads, one.waiting, one.max_wait_s)
        # a request's head is small: it gets half the time of a body
        patience_s = one.body_timeout_s * 1.5
        app = build(self._parts(settings, identity, recognition))
        listener = listen(one.host, one.port)
        self._server = Server(app, listener, patience_s, one.connections)

    def run(self) -> None:
        """Until `stop`. Raises Refused if Odoo does not accept this device."""
        api = self._supervisor.start("api", self._server.run)
        delivery = self._supervisor.start(
            "delivery", lambda: self._delivery.run(self._supervisor.stop)
        )
        try:
            if self._first_sync():
                self._write(f"-- Serving on port {self._server.port}.")
                self._supervisor.start("sync", lambda: self._sync.run(self._supervisor.stop))
            while api.is_alive() and not self._supervisor.stop.wait(0.2):
                pass
        finally:
            self.stop()
            api.join(_STOP_WITHIN_S)
            self._workers.close()
            delivery.join(_STOP_WITHIN_S)
            self._shut_down()

    def stop(self) -> None:
        """End cleanly: what is under way is answered, what is committed stays committed."""
        self._server.stop()
        self._supervisor.stop.set()
        self._delivery.wake()

    def _parts(self, settings: Settings, identity: Identity, recognition: Recognition) -> Parts:
        one = settings.serve
        return Parts(
            recognition=recognition,
            tokens=Tokens(lambda: self._sync.access, lambda: self._sync.gates),
            challenges=Challenges(
                identity.device, identity.keys.signing, lambda: self._sync.access
            ),
            workers=self._workers,
            metrics=self._metrics(),
            limits=Limits(one.max_body_bytes, one.max_frames, one.max_pixels, one.body_timeout_s),
            decode=_decode,
            arrived=self._arrived,
            access=lambda: self._sync.access,
            gates=lambda: self._sync.gates,
            state=self._state,
            anywhere=Gate(id=0, name="", timezone=ZoneInfo("UTC")),
        )

    def _metrics(self) -> Metrics:
        return Metrics(
            {
                "calls_taken": ("Calls under way and waiting.", lambda: self._workers.taken),
                "gallery_people": ("People who can be identified.", lambda: len(self._gallery)),
                "outbox_pending": ("Events for Odoo.", lambda: self._outbox.depth().pending),
                "outbox_parked": ("Events refused by Odoo.", lambda: self._outbox.depth().parked),
                "odoo_silent_seconds": (
                    "Since Odoo last answered.",
                    lambda: -1.0 if self._sync.silent_s is None else self._sync.silent_s,
                ),
            }
        )

    def _arrived(self) -> CaptureTime:
        monotonic_ms = round(self._clock.monotonic_s() * 1000)
        return self._server_time.stamp(CaptureTime(self._clock.now(), monotonic_ms, self._boot_id))

    def _state(self) -> State:
        silent_s = self._sync.silent_s
        if silent_s is None or self._sync.access is None:
            return "starting"
        return "offline" if silent_s > _OFFLINE_AFTER_S else "ok"

    def _first_sync(self) -> bool:
        """Settings and gallery, however long it takes; False if told to stop meanwhile."""
        said = ""
        while not self._supervisor.stop.is_set():
            try:
                self._sync.pull()
            except ServerUnreachable as error:
                if said != str(error):
                    said = str(error)
                    self._write(f"-- Waiting for Odoo: {error}")
                self._supervisor.stop.wait(error.retry_after_s or 1.0)
                continue
            if self._sync.access is None:
                raise SettingsError(
                    "This device is no recognition service: give it a service address in Odoo,"
                    " under Face Attendance → Configuration → Devices."
                )
            return True
        return False

    def _health(self) -> dict[str, Any]:
        self._outbox.forget_acknowledged(self._clock.now() - _KEEP_ACKNOWLEDGED)
        depth = self._outbox.depth()
        return {
            "delivered_through": utc_text(self._outbox.delivered_through(self._clock.now())),
            "outbox": {"pending": depth.pending, "parked": depth.parked},
            "gates": [],
        }

    def _shut_down(self) -> None:
        """Nothing that a thread still uses is taken from under it."""
        if not self._supervisor.join(timeout_s=_STOP_WITHIN_S):
            _log.error("stopped_with_parts_running")
            return
        with suppress(BridgeError):  # one last try; what is left stays in the outbox
            self._delivery.step()
            self._sync.beat()
        self._outbox.close()
        _log.info("stopped")


def _decode(data: bytes, most_pixels: int) -> ImageU8:
    header = read_header(data)
    if header is not None and header.pixels > most_pixels:
        raise ImageUnreadable(f"The picture has more than {most_pixels / 1e6:g} megapixels.")
    return decode_image(data, "The picture")
