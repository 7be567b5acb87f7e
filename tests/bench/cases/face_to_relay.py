"""From the first frame with a face of 48 px, 15 a second, to the relay of the door."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from zoneinfo import ZoneInfo

import cv2
import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from device_bridge.adapters.sqlite.outbox import SqliteOutbox
from device_bridge.adapters.system_clock import SystemClock
from device_bridge.domain.capture import Frame, ImageU8
from device_bridge.domain.event import CaptureTime
from device_bridge.domain.gallery import MatrixGallery
from device_bridge.domain.gate import Gate
from device_bridge.domain.template import Person
from device_bridge.pipeline.attend import Attendant
from device_bridge.pipeline.feedback import Several
from device_bridge.pipeline.observe import Observer
from device_bridge.pipeline.outputs.door import DoorKeeper
from device_bridge.pipeline.outputs.gate import GateOutputs, Outputs
from device_bridge.pipeline.server_time import ServerTime
from tests.bench.measure import Result, Setup, say_progress
from tests.bench.subjects import ONE_FACE, Ours, open_registry, scene

FPS, FACE_PX, HD = 15, 48, (1280, 720)
VISIT_FRAMES = 30
CHAIN = "7b0d8c1e-52a4-4a0e-9d2f-1c3e5a7b9d11"


class Relay:
    """Implements ports.Switch; notes when it was switched on."""

    def __init__(self) -> None:
        self.switched = threading.Event()
        self.at_s = 0.0

    def set(self, *, on: bool) -> None:
        if on and not self.switched.is_set():
            self.at_s = time.monotonic()
            self.switched.set()

    def close(self) -> None: ...


class Visit:
    """Implements ports.Camera: one person comes into view, at the camera's pace."""

    def __init__(self, pictures: list[ImageU8], relay: Relay) -> None:
        self._pictures, self._relay = pictures, relay
        self.came_s = 0.0

    def frames(self) -> Iterator[Frame]:
        clock, self.came_s = SystemClock(), time.monotonic()
        for number, image in enumerate(self._pictures, 1):
            time.sleep(max(0.0, self.came_s + (number - 1) / FPS - time.monotonic()))
            at_ms = round(clock.monotonic_s() * 1000)
            yield Frame(image, CaptureTime(clock.now(), at_ms, "bench"), number)
            if self._relay.switched.is_set():
                return

    def close(self) -> None: ...


def measure(setup: Setup) -> Result:
    ours = Ours(open_registry(setup))
    pictures = _walk(ours, setup)
    gallery = MatrixGallery(ours.embedder.model, ours.embedder.dimension)
    vectors = np.concatenate([ours.represent(one)[0][1][np.newaxis] for one in pictures[:5]])
    gallery.update([Person(1, "Ann", vectors)], [])
    observer = Observer(ours.detector, ours.embedder, gallery)
    sign = Ed25519PrivateKey.generate().sign
    outbox = SqliteOutbox(setup.scratch / "outbox.sqlite", 1, CHAIN, sign)
    gate = replace(Gate(1, "bench", ZoneInfo("UTC")), refractory_s=0)
    took_ms = []
    for number in range(setup.rounds):
        relay = Relay()
        visit = Visit(pictures, relay)
        door = DoorKeeper(lambda: gate.door, relay, SystemClock())
        thread = threading.Thread(target=door.run)
        thread.start()
        _attendant(gate, visit, observer, outbox, door, ours.embedder.model).run()
        if not relay.switched.wait(2):
            raise SystemExit("the door did not open")
        door.stop()
        thread.join()
        took_ms.append((relay.at_s - visit.came_s) * 1000)
        say_progress("from face in view to door relay", number + 1, setup.rounds)
    outbox.close()
    middle, high = np.percentile(took_ms, [50, 95])
    row = {"median_ms": round(float(middle), 1), "p95_ms": round(float(high), 1), "n": len(took_ms)}
    return Result(
        keys={"face_to_relay_ms_p95": row["p95_ms"]},
        raw={"face_to_relay": {"1280×720, 48 px, 15 a second, vote of 3": row}},
    )


def _attendant(
    gate: Gate, visit: Visit, observer: Observer, outbox: SqliteOutbox, door: DoorKeeper, model: str
) -> Attendant:
    clock = SystemClock()
    return Attendant(
        settings=lambda: gate,
        camera=visit,
        observer=observer,
        outbox=outbox,
        feedback=Several(Outputs({gate.id: GateOutputs(clock, door)})),
        clock=clock,
        server_time=ServerTime(),
        model=model,
        on_commit=lambda: None,
    )


def _walk(ours: Ours, setup: Setup) -> list[ImageU8]:
    """Somebody in the middle of a larger picture, the face 48 px high, no two frames alike."""
    photo = scene(ours, setup.faces, ONE_FACE)
    [(box, _vector), *_] = ours.represent(photo)
    scale = FACE_PX * 1.06 / box[3]  # as measured again at this size it is 48 and some
    small = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    random = np.random.default_rng(1)
    pictures = []
    for number in range(VISIT_FRAMES):
        frame = np.full((HD[1], HD[0], 3), 90, np.int16)
        top, left = (HD[1] - small.shape[0]) // 2, (HD[0] - small.shape[1]) // 2 + number
        frame[top : top + small.shape[0], left : left + small.shape[1]] = small
        noisy = frame + random.integers(-4, 5, frame.shape, np.int16)
        pictures.append(noisy.clip(0, 255).astype(np.uint8))
    return pictures
