"""The composition root: the one file that knows the concrete classes."""

from __future__ import annotations

import functools
import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from device_bridge.adapters.camera.live import LiveCamera
from device_bridge.adapters.camera.recording import Playback, RecordingCamera, open_recording
from device_bridge.adapters.console import Console
from device_bridge.adapters.face_deepface.landmarks68 import Landmarks68
from device_bridge.adapters.face_deepface.registry import Registry
from device_bridge.adapters.journal import Journal
from device_bridge.adapters.odoo import identity as identities
from device_bridge.adapters.odoo.client import OdooClient
from device_bridge.adapters.odoo.identity import Identity
from device_bridge.adapters.odoo.sealed import unseal
from device_bridge.adapters.sqlite.outbox import SqliteOutbox
from device_bridge.adapters.system_clock import SystemClock, boot_id
from device_bridge.adapters.vector.eight_bit import EightBitGallery
from device_bridge.adapters.vector.pgvector import PgVectorGallery
from device_bridge.domain.event import Outcome, TimeSource, parse_utc, utc_text
from device_bridge.errors import BridgeError, CameraUnreadable, ServerUnreachable, SettingsError
from device_bridge.pipeline.attend import Attendant
from device_bridge.pipeline.deliver import Delivery
from device_bridge.pipeline.enrol import Enroller
from device_bridge.pipeline.feedback import Several
from device_bridge.pipeline.observe import Liveness, Observer
from device_bridge.pipeline.server_time import ServerTime
from device_bridge.pipeline.sync import Sync
from device_bridge.ports import Camera, FaceDetector, FaceEmbedder, Feedback, Gallery
from device_bridge.settings import CameraSettings, Settings
from device_bridge.supervisor import Supervisor

_log = logging.getLogger(__name__)

_KEEP_ACKNOWLEDGED = timedelta(days=7)
_DRAIN_S = 60.0
_LAST_DELIVERY_S = 25.0
_PRUNE_EVERY_S = 3600.0


def weights_home(settings: Settings) -> Path:
    """Where the model files are: as set, or in the user's cache."""
    if settings.recognition.weights:
        return Path(settings.recognition.weights).expanduser()
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "hr-face-attendance" / "weights"


def engine_of(settings: Settings) -> tuple[FaceDetector, FaceEmbedder]:
    """The detector and the model that are set. Raises WeightsMissing, SettingsError."""
    chosen = settings.recognition
    registry = Registry(weights_home(settings), chosen.backend)
    return registry.detector(name=chosen.detector), registry.embedder(chosen.model)


def liveness_of(settings: Settings) -> Liveness:
    """What gates with attack detection need; nothing is loaded yet."""
    home, backend = weights_home(settings), settings.recognition.backend
    return Liveness(
        attack_detector=functools.cache(lambda: Registry(home, backend).attack_detector()),
        landmarker=functools.cache(Landmarks68),
    )


def client_of(settings: Settings, identity: Identity | None, url: str = "") -> OdooClient:
    """A client for the paired server, or for `url` before pairing."""
    return OdooClient(
        url or settings.server.url or (identity.url if identity else ""),
        identity.token if identity else None,
        ca_file=settings.server.ca_file or None,
        allow_plain_http=settings.server.allow_plain_http,
    )


def enroller_of(settings: Settings) -> Enroller:
    """Raises NotPaired, WeightsMissing, SettingsError."""
    identity = identities.load(settings.state.identity)
    detector, embedder = engine_of(settings)
    return Enroller(detector, embedder, client_of(settings, identity), SystemClock())


def gallery_of(settings: Settings, embedder: FaceEmbedder) -> Gallery:
    """An empty gallery for the embedder's templates, or the one that a vector engine holds.

    Raises:
        SettingsError: the vector engine is chosen and not installed, or has no address.
        ServerUnreachable: it does not answer.
    """
    chosen, model, dimension = settings.gallery, embedder.model, embedder.dimension
    if chosen.engine == "memory":
        return memory_gallery_of(settings, embedder)
    if not chosen.dsn:
        raise SettingsError("gallery.engine is pgvector: set gallery.dsn, its address.")
    return PgVectorGallery(chosen.dsn, chosen.name, model, dimension)


def memory_gallery_of(settings: Settings, embedder: FaceEmbedder) -> EightBitGallery:
    """An empty gallery in this process, for the embedder's templates."""
    since = settings.gallery.eight_bit_from
    return EightBitGallery(embedder.model, embedder.dimension, from_templates=since)


class Bridge:
    """A whole running bridge.

    Raises (from the constructor): NotPaired, WeightsMissing, SettingsError,
    CameraUnreadable, StorageFull.
    """

    def __init__(
        self, settings: Settings, write: Callable[[str], None], journal: Path | None
    ) -> None:
        if not settings.camera:
            raise SettingsError("No camera is set: add a [[camera]] block or --camera.")
        identity = identities.load(settings.state.identity)
        self._write = write
        self._clock, self._boot_id = SystemClock(), boot_id()
        self._supervisor = Supervisor()
        self._outbox = SqliteOutbox(
            settings.state.outbox, identity.device, identity.chain, identity.keys.signing.sign
        )
        detector, embedder = engine_of(settings)
        gallery = gallery_of(settings, embedder)
        self._observer = Observer(
            detector,
            embedder,
            gallery,
            liveness_of(settings),
            settings.recognition.max_distance or None,
        )
        self._gallery, self._model = gallery, embedder.model
        listeners: list[Feedback] = [Console(write)]
        if journal is not None:
            listeners.append(Journal(journal, self._clock))
        self._feedback = Several(*listeners)
        # a session of its own per thread: requests' are not safe to share
        self._delivery = Delivery(self._outbox, client_of(settings, identity), self._feedback)
        self._server_time = ServerTime()
        self._sync = Sync(
            server=client_of(settings, identity),
            gallery=gallery,
            unseal=lambda sealed, cursor: unseal(sealed, identity.keys.encryption, cursor),
            clock=self._clock,
            server_time=self._server_time,
            boot_id=self._boot_id,
            health=self._health,
        )
        self._cameras = self._open_cameras(settings.camera)
        self._attendants: dict[int, Attendant] = {}
        self._pruned_s = 0.0

    def run(self) -> None:
        """Until every recording has been played and delivered, or `stop`.

        Raises:
            SettingsError: a camera is set for a gate that is not this device's.
            WeightsMissing: a gate asks for attack detection that cannot be had.
            Refused: the server does not accept this device.
        """
        if not self._first_sync():
            self._shut_down()
            return
        self._attendants = {gate: self._attendant(gate) for gate in self._cameras}
        self._recall_visits()
        self._supervisor.start("sync", lambda: self._sync.run(self._supervisor.stop))
        delivery = self._supervisor.start(
            "delivery", lambda: self._delivery.run(self._supervisor.stop)
        )
        watchers = [
            self._supervisor.start(f"gate {gate}", attendant.run)
            for gate, attendant in self._attendants.items()
        ]
        while any(thread.is_alive() for thread in watchers) and not self._supervisor.stop.wait(0.2):
            pass
        self._drain(delivery)
        self._shut_down()
        for name, error in self._supervisor.ended.items():
            raise CameraUnreadable(f"{name}: {error}")

    def stop(self) -> None:
        """End cleanly: nobody new is looked at, what is committed stays committed."""
        self._supervisor.stop.set()
        for camera in self._cameras.values():
            camera.close()
        self._delivery.wake()

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
            self._check_gates()
            return True
        return False

    def _check_gates(self) -> None:
        unknown = sorted(set(self._cameras) - set(self._sync.gates))
        if unknown:
            own = ", ".join(f"{gate.id} ({gate.name})" for gate in self._sync.gates.values())
            raise SettingsError(
                f"Gate {unknown[0]} is not this device's; it serves {own or 'none yet'}."
            )
        for gate in self._cameras:
            self._observer.prepare(self._sync.gate(gate))

    def _attendant(self, gate_id: int) -> Attendant:
        return Attendant(
            settings=lambda: self._sync.gate(gate_id),
            camera=self._cameras[gate_id],
            observer=self._observer,
            outbox=self._outbox,
            feedback=self._feedback,
            clock=self._clock,
            server_time=self._server_time,
            model=self._model,
            on_commit=self._delivery.wake,
        )

    def _recall_visits(self) -> None:
        """Visits committed before a restart are not announced again."""
        for gate, newest in self._outbox.newest_per_gate().items():
            attendant = self._attendants.get(gate)
            if attendant is None:
                continue
            since = parse_utc(newest["captured_at"]) - timedelta(hours=1)
            for event in self._outbox.since(since):
                at = parse_utc(event["captured_at"])
                passed = event["outcome"] in {Outcome.IDENTIFIED, Outcome.NO_CLEARANCE}
                if event["gate"] == gate and passed:
                    attendant.encounters.remember(event["employee"], at)
            if newest["outcome"] == Outcome.NO_CANDIDATE:
                attendant.encounters.remember_stranger(parse_utc(newest["captured_at"]))

    def _open_cameras(self, cameras: tuple[CameraSettings, ...]) -> dict[int, Camera]:
        playbacks: dict[str, Playback] = {}
        opened: dict[int, Camera] = {}
        for one in cameras:
            if one.gate in opened:
                raise SettingsError(f"Gate {one.gate} has two cameras; it can have one.")
            opened[one.gate] = self._open_camera(one, playbacks)
        for source, playback in playbacks.items():
            if playback.is_over():
                raise CameraUnreadable(
                    f"{source} has been played through already; use another --state to repeat it."
                )
        return opened

    def _open_camera(self, one: CameraSettings, playbacks: dict[str, Playback]) -> Camera:
        if one.source.isdecimal() or "://" in one.source:
            source = int(one.source) if one.source.isdecimal() else one.source
            return LiveCamera(source, self._clock, self._boot_id)
        if one.source not in playbacks:
            recording = open_recording(Path(one.source).expanduser(), one.recorded_from, one.fps)
            playbacks[one.source] = Playback(recording, self._clock)
        playback = playbacks[one.source]
        newest = self._outbox.newest_per_gate().get(one.gate)
        if newest is not None and newest["time_source"] == TimeSource.RECORDING:
            playback.resume_after(one.view, parse_utc(newest["captured_at"]))
        return RecordingCamera(playback, one.view, self._clock, self._boot_id)

    def _health(self) -> dict[str, Any]:
        self._prune()
        depth = self._outbox.depth()
        through = self._outbox.delivered_through(self._clock.now())
        return {
            "delivered_through": utc_text(through),
            "outbox": {"pending": depth.pending, "parked": depth.parked},
            "gates": [{"id": gate, **one.health()} for gate, one in self._attendants.items()],
        }

    def _prune(self) -> None:
        """What Odoo has is kept here for a week and no longer, however long we run."""
        now_s = self._clock.monotonic_s()
        if now_s - self._pruned_s > _PRUNE_EVERY_S:
            self._pruned_s = now_s
            self._outbox.forget_acknowledged(self._clock.now() - _KEEP_ACKNOWLEDGED)

    def _drain(self, delivery: threading.Thread) -> None:
        """Give the delivery a chance to empty the outbox; what is left stays in it."""
        ends_s = time.monotonic() + _DRAIN_S
        while self._outbox.depth().pending and time.monotonic() < ends_s:
            if self._supervisor.stop.wait(0.1):
                break
        self._supervisor.stop.set()
        self._delivery.wake()
        delivery.join(_LAST_DELIVERY_S)
        while not delivery.is_alive() and self._outbox.depth().pending:
            if self._delivery.step() > 0:
                break
        depth = self._outbox.depth()
        if depth.pending:
            self._write(f"-- {depth.pending} events are kept for the next start.")
        if depth.parked:
            self._write(f"-- {depth.parked} events were rejected by Odoo and set aside.")

    def _shut_down(self) -> None:
        """Nothing that a thread still uses is taken from under it."""
        self._supervisor.stop.set()
        self._delivery.wake()
        if not self._supervisor.join(timeout_s=25.0):
            _log.error("stopped_with_parts_running")
            return
        with suppress(BridgeError):  # Odoo is told how we left, if it can be
            self._sync.beat()
        self._outbox.close()
        _log.info("stopped")
