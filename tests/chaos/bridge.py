"""A bridge with several gates, to be killed at any moment: `python -m tests.chaos.bridge FILE`.

Pipeline, outbox, delivery, client and clocks are the product's; cameras and networks are its
fakes: people are painted, and stand before the camera until they have been greeted, as people
do. Each greeting is noted in a file before anything else happens.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from device_bridge.adapters.odoo import identity as identities
from device_bridge.adapters.odoo.client import OdooClient
from device_bridge.adapters.seal import Seal
from device_bridge.adapters.sqlite.outbox import Limits, SqliteOutbox
from device_bridge.domain.capture import Frame
from device_bridge.domain.encounter import GONE_AFTER_S
from device_bridge.domain.event import CaptureTime, Outcome, parse_utc
from device_bridge.domain.gallery import MatrixGallery
from device_bridge.domain.gate import Gate
from device_bridge.domain.guidance import Guidance
from device_bridge.domain.notice import Notice
from device_bridge.domain.template import Person
from device_bridge.errors import CameraLost
from device_bridge.fakes.clock import FakeClock
from device_bridge.fakes.recognition import (
    DIMENSION,
    MODEL,
    PaintedFaceDetector,
    PaintedFaceEmbedder,
    paint_face,
    vector_of,
)
from device_bridge.pipeline.attend import Attendant
from device_bridge.pipeline.deliver import Delivery
from device_bridge.pipeline.observe import Observer
from device_bridge.pipeline.server_time import ServerTime, SiteClock
from device_bridge.supervisor import Supervisor
from tests.chaos.story import Passage

BORN = datetime(2025, 1, 1, tzinfo=UTC)
"""Zero of the machines' monotonic clocks."""
FRAME_S = 1 / 15
SIDE_PX = 60
PATIENCE_FRAMES = 3000
BOOT = "0f5b1f8e-6a77-4a3c-9a53-6f4b0d1c2e3f"
BLIND_BOOT = "1f5b1f8e-6a77-4a3c-9a53-6f4b0d1c2e3f"


class Notes:
    """What was promised to whom; implements ports.Feedback. Survives the process."""

    def __init__(self, folder: Path, gates: list[int]) -> None:
        self._paths = {gate: folder / f"gate-{gate}.acks" for gate in gates}
        self._files = {gate: path.open("ab", buffering=0) for gate, path in self._paths.items()}
        self.greeted = {
            gate: len([line for line in path.read_text().splitlines() if line.endswith("!")])
            for gate, path in self._paths.items()
        }
        self.waits: dict[int, int] = {}

    def concluded(self, notice: Notice) -> None:
        """A line per greeting; with a mark where it is the one who stands there now."""
        if notice.uuid is None and notice.outcome is not Outcome.REFRACTORY:
            return
        gate, candidate = notice.gate.id, notice.conclusion.candidate
        awaited = candidate is not None and candidate.person.employee == self.waits.get(gate)
        self._files[gate].write(f"{notice.uuid or '-'} {'!' if awaited else '.'}\n".encode())
        if awaited:
            del self.waits[gate]
            self.greeted[gate] += 1

    def guide(self, gate: Gate, guidance: Guidance | None) -> None: ...
    def delivered(self, event: dict[str, Any], result: dict[str, Any]) -> None: ...
    def unreachable(self, reason: str) -> None: ...
    def reachable(self) -> None: ...


class StoryCamera:
    """Implements ports.Camera: one person after another, each until they were greeted."""

    def __init__(
        self,
        gate: int,
        passages: list[Passage],
        employees: list[int],
        notes: Notes,
        faults: Faults,
        blind: bool,
    ) -> None:
        self._gate, self._passages, self._notes, self._faults = gate, passages, notes, faults
        self._employees, self._met = employees, 0
        self._blind = blind
        self._machine = FakeClock(BORN)
        self._passed_s = 0.0
        self.server_time = ServerTime()
        self.clock = SiteClock(self._machine, self.server_time)
        self._number = 0

    def frames(self) -> Iterator[Frame]:
        while (done := self._notes.greeted[self._gate]) < len(self._passages):
            passage = self._passages[done]
            self._move_to(passage.at)
            self._notes.waits[self._gate] = self._employees[passage.person]
            for _ in range(PATIENCE_FRAMES):
                if self._notes.greeted[self._gate] > done:
                    break
                yield self._frame(passage.person)
                self._meet_faults()
                if self._number % 50 == 49:
                    time.sleep(0.05)  # nobody can be noted now: the disk is full
            self._pass(GONE_AFTER_S + 1)
            yield self._frame(None)

    def close(self) -> None: ...

    def _meet_faults(self) -> None:
        for word, number in self._faults.since(self._met):
            self._met += 1
            if word == "freeze":
                raise CameraLost("frozen")
            self._machine.set(self._machine.now() + timedelta(seconds=number))

    def _move_to(self, at: datetime) -> None:
        ahead_s = (at - BORN).total_seconds() - 1000 - self._passed_s
        if ahead_s > 0:
            self._pass(ahead_s)
        if not self._blind:  # a heartbeat compares the clocks
            now_s = self._machine.monotonic_s()
            self.server_time.measured(now_s, BORN + timedelta(seconds=now_s), now_s)

    def _pass(self, seconds: float) -> None:
        self._passed_s += seconds
        self._machine.pass_s(seconds)

    def _frame(self, person: int | None) -> Frame:
        self._pass(FRAME_S)
        self._number += 1
        image = np.zeros((90, 160, 3), np.uint8)
        if person is not None:
            paint_face(image, COLOURS[person], 50, 15, SIDE_PX, seed=self._number)
        boot = BLIND_BOOT if self._blind else BOOT
        moment = CaptureTime(self.clock.now(), round(self.clock.monotonic_s() * 1000), boot)
        return Frame(image, moment, self._number)


class Faults:
    """What the stage asks of every camera here: a line `freeze 0` or `jump SECONDS` on stdin."""

    def __init__(self) -> None:
        self._told: list[tuple[str, int]] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        for line in sys.stdin:
            word, _, number = line.strip().partition(" ")
            self._told.append((word, int(number)))

    def since(self, met: int) -> list[tuple[str, int]]:
        return self._told[met:]


def distinct(count: int) -> list[int]:
    """Colours whose vectors are far from each other: these people are no twins."""
    chosen: list[int] = []
    for colour in range(40, 250):
        mine = vector_of(colour)
        if all(float(mine @ vector_of(other)) < 0.9 for other in chosen):
            chosen.append(colour)
            if len(chosen) == count:
                return chosen
    raise AssertionError(f"only {len(chosen)} people can be told apart")


COLOURS = distinct(100)


def main(file: Path) -> None:
    told = json.loads(file.read_text())
    folder = Path(told["folder"])
    identity = identities.load(folder / "identity.json")
    passages = {
        int(gate): [Passage(parse_utc(at), int(gate), who) for at, who in kept]
        for gate, kept in told["passages"].items()
    }
    outbox = SqliteOutbox(
        Path(told["disk"]) / "outbox.sqlite",
        identity.device,
        identity.chain,
        identity.keys.signing.sign,
        seal=Seal(bytes(32)),
        limits=Limits(reserve_bytes=0),
    )
    notes, faults, supervisor = Notes(folder, list(passages)), Faults(), Supervisor()
    delivery = Delivery(outbox, OdooClient(told["url"], identity.token), notes)
    gallery = MatrixGallery(MODEL, DIMENSION)
    gallery.update(
        [
            Person(employee, str(employee), vector_of(COLOURS[who])[np.newaxis])
            for who, employee in enumerate(told["employees"])
        ],
        [],
    )
    attendants = {}
    for gate, own in passages.items():
        camera = StoryCamera(
            gate, own, told["employees"], notes, faults, blind=gate == told["blind"]
        )
        attendants[gate] = _attendant(gate, camera, gallery, outbox, notes, delivery)
    _recall(outbox, attendants)
    sending = supervisor.start("delivery", lambda: delivery.run(supervisor.stop))
    watching = [
        supervisor.start(f"gate {gate}", attendant.run) for gate, attendant in attendants.items()
    ]
    for thread in watching:
        thread.join()
    while outbox.waiting():
        time.sleep(0.05)
    supervisor.stop.set()
    delivery.wake()
    sending.join()
    print(json.dumps({"parked": outbox.depth().parked}), flush=True)  # noqa: T201


def _attendant(
    gate: int,
    camera: StoryCamera,
    gallery: MatrixGallery,
    outbox: SqliteOutbox,
    notes: Notes,
    delivery: Delivery,
) -> Attendant:
    one = Gate(id=gate, name=f"Gate {gate}", timezone=ZoneInfo("UTC"), min_face_px=30)
    return Attendant(
        settings=lambda: one,
        camera=camera,
        observer=Observer(PaintedFaceDetector(), PaintedFaceEmbedder(), gallery),
        outbox=outbox,
        feedback=notes,
        clock=camera.clock,
        server_time=camera.server_time,
        model=MODEL,
        on_commit=delivery.wake,
    )


def _recall(outbox: SqliteOutbox, attendants: dict[int, Attendant]) -> None:
    """As the bridge does at its start: a visit committed before a kill is no new one."""
    for gate, newest in outbox.newest_per_gate().items():
        attendants[gate].encounters.remember(newest["employee"], parse_utc(newest["captured_at"]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
