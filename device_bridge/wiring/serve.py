"""The composition root of `serve`: a bridge without cameras, asked over HTTP."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from device_bridge.adapters.image_headers import read_header
from device_bridge.adapters.images import decode_image, encode_jpeg
from device_bridge.adapters.odoo import identity as identities
from device_bridge.adapters.odoo.client import OdooClient
from device_bridge.adapters.odoo.identity import Identity
from device_bridge.api.app import Parts, State, build
from device_bridge.api.bodies import Limits
from device_bridge.api.capture import CaptureCalls
from device_bridge.api.challenges import Challenges
from device_bridge.api.enrolment import EnrolmentCalls
from device_bridge.api.metrics import Metrics
from device_bridge.api.roll_call import RollCallCalls
from device_bridge.api.server import Server, listen
from device_bridge.api.tokens import Tokens
from device_bridge.api.workers import Workers
from device_bridge.domain.capture import ImageU8
from device_bridge.domain.gate import Gate
from device_bridge.errors import ImageUnreadable, SettingsError
from device_bridge.pipeline.capture import TURNED, Capturer
from device_bridge.pipeline.examine import Examiner
from device_bridge.pipeline.feedback import Several
from device_bridge.pipeline.observe import Observer
from device_bridge.pipeline.recognise import Recognition
from device_bridge.pipeline.roll_call import RollCaller
from device_bridge.settings import Settings
from device_bridge.wiring.device import Device
from device_bridge.wiring.figures import gauges_of
from device_bridge.wiring.parts import (
    crowd_detector_of,
    engine_of,
    liveness_of,
    memory_gallery_of,
)

if TYPE_CHECKING:
    from device_bridge.adapters.mdns import Announcer

_OFFLINE_AFTER_S = 120.0
_STOP_WITHIN_S = 25.0
_LOOP_S = 30.0
_WORK_S = 300.0
"""Generous: twenty photos of fifty megapixels, on a machine that may be small."""


class Service:
    """A whole running recognition service.

    Raises (from the constructor): NotPaired, WeightsMissing, SettingsError, StorageFull.
    """

    def __init__(self, settings: Settings, write: Callable[[str], None]) -> None:
        identity = identities.load(settings.state.identity)
        self._write, self._settings = write, settings
        detector, embedder = engine_of(settings)
        self._gallery = memory_gallery_of(settings, embedder)
        self._device = Device(settings, identity, self._gallery, Several(), list, write)
        recognition = Recognition(
            detector=detector,
            embedder=embedder,
            people=self._gallery,
            observer=Observer(detector, embedder, self._gallery, liveness_of(settings)),
            outbox=self._device.outbox,
            on_commit=self._device.delivery.wake,
        )
        one = settings.serve
        self._workers = self._workers_of("kiosks", one.threads)
        self._enrolling = self._workers_of("imports", one.enrol_threads)
        self._capturing = self._workers_of("enrolments", one.threads)
        # a request's head is small: it gets half the time of a body
        patience_s = one.body_timeout_s * 1.5
        self._announcer = _announcer_of(one.announce, identity.name)
        roll_caller = RollCaller(crowd_detector_of(settings), embedder, self._gallery)
        app = build(self._parts(settings, identity, recognition, roll_caller))
        listener = listen(one.host, one.port)
        self._server = Server(
            *(app, listener, patience_s, one.connections),
            at_work=lambda: self._device.pulse.at_work("api", _LOOP_S),
        )

    def run(self) -> None:
        """Until `stop`. Raises Refused if Odoo does not accept this device, SettingsError."""
        device = self._device
        device.ready()
        api = device.supervisor.start("api", self._server.run)
        delivery = device.start_delivery()
        if (announcer := self._announcer) is not None:
            device.supervisor.start("announcer", lambda: announcer.run(device.supervisor.stop))
        try:
            if device.first_sync():
                self._check_service()
                self._write(f"-- Serving on port {self._server.port}.")
                device.start_sync()
            while api.is_alive() and not device.supervisor.stop.wait(0.2):
                device.check()
        finally:
            self.stop()
            api.join(_STOP_WITHIN_S)
            self._workers.close()
            self._enrolling.close()
            self._capturing.close()
            delivery.join(_STOP_WITHIN_S)
            device.close()

    def stop(self) -> None:
        """End cleanly: what is under way is answered, what is committed stays committed."""
        self._server.stop()
        self._device.stop()

    def _workers_of(self, part: str, threads: int) -> Workers:
        one = self._settings.serve
        return Workers(
            *(threads, one.waiting, one.max_wait_s),
            at_work=lambda: self._device.pulse.at_work(part, _WORK_S),
        )

    def _check_service(self) -> None:
        if self._device.sync.access is None:
            raise SettingsError(
                "This device is no recognition service: give it a service address in Odoo,"
                " under Face Attendance → Configuration → Devices."
            )

    def _parts(
        self,
        settings: Settings,
        identity: Identity,
        recognition: Recognition,
        roll_caller: RollCaller,
    ) -> Parts:
        one = settings.serve
        limits = Limits(one.max_body_bytes, one.max_frames, one.max_pixels, one.body_timeout_s)
        tokens = Tokens(lambda: self._device.sync.access, lambda: self._device.sync.gates)
        return Parts(
            recognition=recognition,
            tokens=tokens,
            challenges=Challenges(
                identity.device, identity.keys.signing, lambda: self._device.sync.access
            ),
            workers=self._workers,
            metrics=self._metrics(),
            limits=limits,
            decode=_decode,
            arrived=self._device.arrived,
            access=lambda: self._device.sync.access,
            gates=lambda: self._device.sync.gates,
            state=self._state,
            anywhere=Gate(id=0, name="", timezone=ZoneInfo("UTC")),
            home=_origin_of(identity.url),
            capture=CaptureCalls(
                Capturer(
                    Examiner(
                        lambda image: recognition.reader.read(image, TURNED),
                        self._gallery,
                        encode_jpeg,
                    ),
                    _own_client(self._device),
                    self._device.clock,
                    recognition.model,
                ),
                tokens,
                self._capturing,
                limits,
                lambda data: _decode(data, limits.pixels),
            ),
            enrolment=EnrolmentCalls(
                Examiner(recognition.reader.read, self._gallery, encode_jpeg),
                tokens,
                self._enrolling,
                limits,
                lambda data: decode_image(data, "The photo"),
                recognition.model,
                recognition.dimension,
            ),
            roll_call=RollCallCalls(
                roll_caller,
                tokens,
                self._enrolling,
                limits,
                lambda data: decode_image(data, "The photo"),
                recognition.model,
            ),
        )

    def _metrics(self) -> Metrics:
        taken = ("Calls under way and waiting.", lambda: float(self._workers.taken))
        return Metrics({"calls_taken": taken, **gauges_of(self._device, self._gallery)})

    def _state(self) -> State:
        silent_s = self._device.sync.silent_s
        if silent_s is None or self._device.sync.access is None:
            return "starting"
        return "offline" if silent_s > _OFFLINE_AFTER_S else "ok"


def _announcer_of(url: str, name: str) -> Announcer | None:
    if not url:
        return None
    try:
        from device_bridge.adapters.mdns import Announcer  # noqa: PLC0415 (an extra)
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"{error.name} is missing: install the extra, device-bridge[discovery]."
        ) from error
    return Announcer(name, url)


def _origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _own_client(device: Device) -> Callable[[], OdooClient]:
    """A line to Odoo per thread."""
    own = threading.local()

    def client() -> OdooClient:
        if not hasattr(own, "client"):
            own.client = device.client("enrolments")
        client: OdooClient = own.client
        return client

    return client


def _decode(data: bytes, most_pixels: int) -> ImageU8:
    header = read_header(data)
    if header is not None and header.pixels > most_pixels:
        raise ImageUnreadable(f"The picture has more than {most_pixels / 1e6:g} megapixels.")
    return decode_image(data, "The picture")
