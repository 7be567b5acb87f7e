"""The composition root of `run`: cameras, gates, and what a person there sees and hears."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from device_bridge.adapters.console import Console
from device_bridge.adapters.journal import Journal
from device_bridge.adapters.odoo import identity as identities
from device_bridge.adapters.system_clock import SystemClock
from device_bridge.domain.event import Outcome, parse_utc
from device_bridge.errors import CameraUnreadable, SettingsError
from device_bridge.pipeline.attend import Attendant
from device_bridge.pipeline.feedback import Several
from device_bridge.pipeline.observe import Observer
from device_bridge.pipeline.outputs.gate import GateOutputs, Outputs
from device_bridge.ports import Camera, Feedback, Gallery
from device_bridge.screen.board import Board
from device_bridge.settings import Settings
from device_bridge.wiring import badges, terminals
from device_bridge.wiring.cameras import open_cameras
from device_bridge.wiring.device import Device
from device_bridge.wiring.figures import gate_figures
from device_bridge.wiring.outputs import open_outputs
from device_bridge.wiring.parts import engine_of, gallery_of, liveness_of

if TYPE_CHECKING:
    from device_bridge.wiring.screen import ScreenPart

_DRAIN_S = 60.0
_LAST_DELIVERY_S = 25.0
_FINISH_S = 5.0
_FRAME_S = 30.0


class Bridge:
    """A whole running bridge.

    Raises (from the constructor): NotPaired, WeightsMissing, SettingsError,
    CameraUnreadable, StorageFull.
    """

    def __init__(
        self, settings: Settings, write: Callable[[str], None], journal: Path | None
    ) -> None:
        if not settings.camera and not settings.screen.on:
            raise SettingsError(
                "No camera is set: add a [[camera]] block, --camera, or --screen for a browser's."
            )
        identity = identities.load(settings.state.identity)
        self._settings, self._write = settings, write
        detector, embedder = engine_of(settings)
        gallery = gallery_of(settings, embedder)
        self._observer = Observer(
            detector,
            embedder,
            gallery,
            liveness_of(settings),
            settings.recognition.max_distance or None,
        )
        self._model = embedder.model
        listeners: list[Feedback] = [Console(write)]
        if journal is not None:
            listeners.append(Journal(journal, SystemClock()))
        self._outputs: dict[int, GateOutputs] = {}
        listeners.insert(0, Outputs(self._outputs))  # the door before the console
        board = Board()
        if settings.screen.on:
            listeners.append(board)
        self._feedback = Several(*listeners)
        self._attendants: dict[int, Attendant] = {}
        self._device = Device(
            settings, identity, gallery, self._feedback, self._gates, write, self._identify
        )
        self._stop_metrics = self._serve_metrics(gallery)
        self._settings = settings
        self._cameras: dict[int, Camera] = {}
        self._screen = self._screen_of(settings, board)
        gate = self._device.sync.gate
        self._outputs.update(open_outputs(settings.output, gate, self._device.clock))
        sync = self._device.sync
        self._readers = badges.open_readers(settings.output, gallery, sync, identity.chain)
        self._collectors = terminals.collectors_of(settings, self._device)
        self._device.seen_through = lambda: terminals.read_through(self._collectors.values())

    def run(self) -> None:
        """Until every recording has been played and delivered, or `stop`.

        Raises:
            SettingsError: a camera is set for a gate that is not this device's.
            WeightsMissing: a gate asks for attack detection that cannot be had.
            Refused: the server does not accept this device.
            PermanentError: delivery or sync cannot go on.
        """
        device = self._device
        device.ready()
        if self._screen is not None:
            self._screen.start(self._write)
        if not device.first_sync():
            device.close()
            return
        self._cameras = self._opened()
        if self._screen is not None:
            self._screen.attach(self._cameras)
        self._check_gates()
        self._attendants.update((gate, self._attendant(gate)) for gate in self._cameras)
        self._recall_visits()
        device.start_sync()
        delivery = device.start_delivery()
        self._start_outputs()
        badges.start(self._readers, device.supervisor)
        terminals.start(self._collectors, device)
        try:
            try:
                self._watch()
            finally:
                self._stop_outputs()
                badges.stop(self._readers)
            self._drain(delivery)
        finally:
            self.stop()
            self._stop_metrics()
            device.close()
        for name, error in device.supervisor.ended.items():
            raise CameraUnreadable(f"{name}: {error}")

    def _opened(self) -> dict[int, Camera]:
        """The cameras; not before the outbox is unlocked, where it stands where recordings go on.

        Raises CameraUnreadable, as for a recording that was played through; what the start before
        has left is delivered all the same.
        """
        try:
            return open_cameras(self._settings.camera, self._device)
        except CameraUnreadable:
            self._device.delivery.finish(_DRAIN_S)
            self._device.close()
            raise

    def _watch(self) -> None:
        """Until every recording has been played, or `stop`."""
        supervisor = self._device.supervisor
        watchers = [
            supervisor.start(f"gate {gate}", attendant.run)
            for gate, attendant in self._attendants.items()
        ]
        while any(thread.is_alive() for thread in watchers) and not supervisor.stop.wait(0.2):
            self._device.check()

    def _identify(self, gate: int) -> None:
        if (outputs := self._outputs.get(gate)) is not None:
            outputs.identify()

    def _start_outputs(self) -> None:
        for gate, outputs in self._outputs.items():
            for name, keeper in outputs.keepers().items():
                self._device.supervisor.start(f"{name} of gate {gate}", keeper.run, keeper.rest)

    def _stop_outputs(self) -> None:
        """Doors go to their safe state, lamps out."""
        for outputs in self._outputs.values():
            for keeper in outputs.keepers().values():
                keeper.stop()

    def stop(self) -> None:
        """End cleanly: nobody new is looked at, what is committed stays committed."""
        self._device.stop()
        if self._screen is not None:
            self._screen.stop()
        for camera in self._cameras.values():
            camera.close()

    def _serve_metrics(self, gallery: Gallery) -> Callable[[], None]:
        port = self._settings.metrics.port
        if not port:
            return lambda: None
        figures = gate_figures(self._device, gallery, self._attendants)
        self._feedback.add(figures)
        return figures.serve(port)

    def _screen_of(self, settings: Settings, board: Board) -> ScreenPart | None:
        if not settings.screen.on:
            return None
        try:
            from device_bridge.wiring.screen import ScreenPart  # noqa: PLC0415 (an extra)
        except ModuleNotFoundError as error:
            raise SettingsError(
                f"{error.name} is missing: install the extra, device-bridge[screen]."
            ) from error
        return ScreenPart(settings, board, self._device)

    def _check_gates(self) -> None:
        gates = self._device.sync.gates
        unknown = sorted({*self._cameras, *self._outputs} - set(gates))
        if unknown:
            own = ", ".join(f"{gate.id} ({gate.name})" for gate in gates.values())
            raise SettingsError(
                f"Gate {unknown[0]} is not this device's; it serves {own or 'none yet'}."
            )
        for one in self._settings.camera:
            if one.speed != 1 and not gates[one.gate].recording:
                raise SettingsError(
                    f"Gate {one.gate} pays people: let an administrator mark another one as"
                    " Recording in Odoo, and simulate there."
                )
        for gate in self._cameras:
            self._observer.prepare(self._device.sync.gate(gate))

    def _attendant(self, gate_id: int) -> Attendant:
        device = self._device
        return Attendant(
            settings=lambda: device.sync.gate(gate_id),
            camera=self._cameras[gate_id],
            observer=self._observer,
            outbox=device.outbox,
            feedback=self._feedback,
            clock=device.clock,
            server_time=device.server_time,
            model=self._model,
            on_commit=device.delivery.wake,
            second_factor=self._readers[gate_id].factor if gate_id in self._readers else None,
            at_work=lambda: device.pulse.at_work(f"gate {gate_id}", _FRAME_S),
        )

    def _recall_visits(self) -> None:
        """Visits committed before a restart are not announced again."""
        outbox = self._device.outbox
        for gate, newest in outbox.newest_per_gate().items():
            attendant = self._attendants.get(gate)
            if attendant is None:
                continue
            since = parse_utc(newest["captured_at"]) - timedelta(hours=1)
            for event in outbox.since(since):
                at = parse_utc(event["captured_at"])
                passed = event["outcome"] in {Outcome.IDENTIFIED, Outcome.NO_CLEARANCE}
                if event["gate"] == gate and passed:
                    attendant.encounters.remember(event["employee"], at)
            if newest["outcome"] == Outcome.NO_CANDIDATE:
                attendant.encounters.remember_stranger(parse_utc(newest["captured_at"]))

    def _gates(self) -> list[dict[str, Any]]:
        nothing = GateOutputs(self._device.clock)
        return [
            {"id": gate, **one.health(), **self._outputs.get(gate, nothing).health()}
            for gate, one in self._attendants.items()
        ]

    def _drain(self, delivery: threading.Thread) -> None:
        """Give the delivery a chance to empty the outbox; what is left stays in it."""
        device = self._device
        ends_s = time.monotonic() + _DRAIN_S
        while device.outbox.depth().pending and time.monotonic() < ends_s:
            if device.supervisor.stop.wait(0.1):
                break
        device.stop()
        delivery.join(_LAST_DELIVERY_S)
        if not delivery.is_alive():
            device.delivery.finish(_FINISH_S)
        depth = device.outbox.depth()
        if depth.pending:
            self._write(f"-- {depth.pending} events are kept for the next start.")
        if depth.parked:
            self._write(f"-- {depth.parked} events were rejected by Odoo and set aside.")
