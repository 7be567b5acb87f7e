"""The composition root of `doctor`: looks at everything that a gate hangs on."""

from __future__ import annotations

import platform
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from device_bridge import __version__
from device_bridge.adapters.camera.live import LiveCamera
from device_bridge.adapters.odoo import identity as identities
from device_bridge.adapters.system_clock import SystemClock, boot_id
from device_bridge.adapters.voice.espeak import PROGRAM, EspeakVoice
from device_bridge.domain import diagnosis
from device_bridge.domain.answer import Act
from device_bridge.domain.diagnosis import Check, Finding, Level
from device_bridge.domain.event import parse_utc
from device_bridge.domain.gallery import MatrixGallery
from device_bridge.domain.gate import Gate, read_gate
from device_bridge.domain.phrases import phrase
from device_bridge.domain.sheet import write_sheet
from device_bridge.errors import BridgeError, SettingsError
from device_bridge.pipeline.examine_gate import View, watch
from device_bridge.pipeline.observe import Observer
from device_bridge.pipeline.server_time import ServerTime
from device_bridge.ports import FaceDetector, FaceEmbedder
from device_bridge.settings import CameraSettings, OutputSettings, Settings
from device_bridge.wiring.cameras import source_of
from device_bridge.wiring.outputs import relay_switch
from device_bridge.wiring.parts import client_of, engine_of
from device_bridge.wiring.storage import outbox_of

_MODEL = Path("/proc/device-tree/model")
_COMMIT_MS = 10.0
"""An event made durable, at most (docs/benchmarks.md: 288 a second)."""
_PULSE_S = 1.0


class Doctor:
    """Raises NotPaired: there is nobody to tell.

    Args:
        seconds: how long to look through each camera.
        try_outputs: speak and open the door, for people who stand beside it.
    """

    def __init__(self, settings: Settings, seconds: float, *, try_outputs: bool) -> None:
        self._settings, self._seconds, self._try_outputs = settings, seconds, try_outputs
        self._identity = identities.load(settings.state.identity)
        self._client = client_of(settings, self._identity)
        self._clock = SystemClock()
        self.gates: dict[int, Gate] = {}

    def examine(self) -> Iterator[tuple[CameraSettings, list[Finding]]]:
        """Each gate with a camera here, and what was found of it and of this machine."""
        if not self._settings.camera:
            raise SettingsError("No camera is set: add a [[camera]] block.")
        server = self._server()
        weights, engine = self._engine()
        common = [*server, weights, self._disk()]
        for one in self._settings.camera:
            gate = self.gates.get(one.gate) or Gate(one.gate, "", ZoneInfo("UTC"))
            seen = self._view(one, gate, engine)
            yield one, [*seen, *common, self._voice(one.gate, gate), self._relay(one.gate)]

    def sheet(self, gate: int, findings: list[Finding]) -> dict[str, Any]:
        """The signed document."""
        return write_sheet(
            findings,
            uuid=str(uuid.uuid4()),
            gate=gate,
            made_at=self._clock.now(),
            machine=machine(),
            bridge_version=__version__,
            sign=self._identity.keys.signing.sign,
        )

    def send(self, sheet: dict[str, Any]) -> None:
        """To Odoo, which keeps it with the gate. Raises ServerUnreachable, Refused."""
        self._client.commissioning(sheet)

    def _server(self) -> list[Finding]:
        began_s = self._clock.monotonic_s()
        try:
            config = self._client.config(None) or {}
            self.gates = {gate["id"]: read_gate(gate) for gate in config["gates"]}
            server_at = parse_utc(config["server_time"])
        except (BridgeError, KeyError, TypeError, ValueError) as error:
            advice = "Check the network, the address and the pairing."
            text = str(error) if isinstance(error, BridgeError) else "it answers oddly"
            return [Finding(Check.SERVER, Level.FAIL, text, advice), diagnosis.clock(None)]
        ended_s = self._clock.monotonic_s()
        took_ms = round((ended_s - began_s) * 1000, 1)
        clock = ServerTime()
        clock.measured(began_s, server_at, ended_s)
        offset_ms = clock.offset_ms(self._clock.now(), round(self._clock.monotonic_s() * 1000))
        text = f"Odoo answers within {took_ms:.0f} ms"
        return [
            Finding(Check.SERVER, Level.OK, text, "", took_ms, "ms"),
            diagnosis.clock(offset_ms),
        ]

    def _engine(self) -> tuple[Finding, tuple[FaceDetector, FaceEmbedder] | None]:
        try:
            engine = engine_of(self._settings)
        except BridgeError as error:
            advice = "Run device-bridge models fetch while there is a network."
            return Finding(Check.WEIGHTS, Level.FAIL, str(error), advice), None
        return Finding(Check.WEIGHTS, Level.OK, f"{engine[1].model} is here and loads"), engine

    def _disk(self) -> Finding:
        try:
            with closing(outbox_of(self._settings, self._identity)) as outbox:
                return diagnosis.disk(outbox.room().events)
        except BridgeError as error:
            return Finding(Check.DISK, Level.FAIL, str(error), "Free the disk, or move state.")

    def _view(
        self, one: CameraSettings, gate: Gate, engine: tuple[FaceDetector, FaceEmbedder] | None
    ) -> list[Finding]:
        source = source_of(one)
        if source is None:
            return [Finding(Check.CAMERA, Level.SKIPPED, "a recording, not a camera")]
        if engine is None:
            return [Finding(Check.CAMERA, Level.SKIPPED, "not looked at without a model")]
        detector, embedder = engine
        observer = Observer(detector, embedder, MatrixGallery(embedder.model, embedder.dimension))
        camera = LiveCamera(source, self._clock, boot_id())
        try:
            view = watch(camera, gate, observer, detector, embedder, self._clock, self._seconds)
        except BridgeError as error:
            advice = "Is the bridge running as a service? It has the camera; stop it meanwhile."
            return [Finding(Check.CAMERA, Level.FAIL, str(error), advice)]
        text = f"{source.name} gives {view.width}×{view.height}"
        return [Finding(Check.CAMERA, Level.OK, text), *_of_view(view, gate)]

    def _voice(self, number: int, gate: Gate) -> Finding:
        output = self._output(number)
        if output is None or not output.voice:
            return Finding(Check.VOICE, Level.SKIPPED, "this gate has none")
        if shutil.which(PROGRAM) is None:
            return Finding(Check.VOICE, Level.FAIL, "no espeak-ng", f"sudo apt install {PROGRAM}")
        if not self._try_outputs:
            advice = "Hear it yourself: repeat with --try-outputs."
            return Finding(Check.VOICE, Level.OK, "espeak-ng is installed", advice)
        words = phrase(Act.HELLO, (gate.language,))
        return _tried(
            Check.VOICE,
            lambda: EspeakVoice().say(words.text, words.language),
            f"said “{words.text}”",
        )

    def _relay(self, number: int) -> Finding:
        output = self._output(number)
        if output is None or not output.door:
            return Finding(Check.RELAY, Level.SKIPPED, "this gate has none")

        def pulse() -> None:
            switch = relay_switch(output)
            try:
                if self._try_outputs:
                    switch.set(on=True)
                    time.sleep(_PULSE_S)
                switch.set(on=False)
            finally:
                switch.close()

        done = "the relay clicked for a second" if self._try_outputs else "the relay answers"
        return _tried(Check.RELAY, pulse, done)

    def _output(self, gate: int) -> OutputSettings | None:
        return next((one for one in self._settings.output if one.gate == gate), None)


def machine() -> str:
    """The board's name, such as Raspberry Pi 4 Model B Rev 1.4; else the kind of processor."""
    with suppress(OSError):
        return _MODEL.read_text().strip("\x00 \n")[:128]
    return f"{platform.machine()} {platform.system()}"


def _of_view(view: View, gate: Gate) -> list[Finding]:
    findings = [
        diagnosis.frame_rate(view.fps),
        diagnosis.face_size(view.face_px, gate.min_face_px),
        diagnosis.light(view.brightness, view.burnt_part),
    ]
    if view.observe_ms is None:
        skipped = "not measured: nobody stood at the mark"
        return [*findings, Finding(Check.LATENCY, Level.SKIPPED, skipped)]
    took_ms = diagnosis.outcome_ms(view.observe_ms, _COMMIT_MS, view.fps, gate.vote.k)
    return [*findings, diagnosis.latency(took_ms, machine())]


def _tried(check: Check, work: Callable[[], None], done: str) -> Finding:
    try:
        work()
    except BridgeError as error:
        return Finding(check, Level.FAIL, str(error), "Check wiring, power and settings.")
    return Finding(check, Level.OK, done)
