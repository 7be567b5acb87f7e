"""The page of `run --screen`: the screen of one gate, and its camera if it has no other."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable, Iterable

from device_bridge.adapters.camera.pushed import PushedCamera
from device_bridge.adapters.camera.tapped import TappedCamera
from device_bridge.domain.capture import ImageU8
from device_bridge.domain.gate import Gate
from device_bridge.errors import SettingsError
from device_bridge.ports import Camera
from device_bridge.screen.app import Screen, build
from device_bridge.screen.board import Board
from device_bridge.screen.keys import Keys
from device_bridge.screen.server import ScreenServer, listen
from device_bridge.settings import Settings
from device_bridge.wiring.device import Device


class ScreenPart:
    """Raises SettingsError if its port is taken."""

    def __init__(self, settings: Settings, board: Board, device: Device) -> None:
        self._settings, self._board, self._device = settings.screen, board, device
        self._pushed: PushedCamera | None = None
        listener = listen(self._settings.port)
        port = int(listener.getsockname()[1])
        self._keys = Keys(settings.state.directory, f"http://localhost:{port}/")
        screen = Screen(self._keys, board, self._shown, self._push, port)
        self._server = ScreenServer(build(screen), listener)

    def start(self, write: Callable[[str], None]) -> None:
        """Serve, and open the page in a browser if that is wanted."""
        self._device.supervisor.start("screen", self._server.run)
        address = self._keys.address
        opened = self._settings.open and webbrowser.open(address)
        write("-- The screen is open in the browser." if opened else f"-- Open {address}")

    def attach(self, cameras: dict[int, Camera]) -> None:
        """Show a gate, once Odoo has said which there are. Raises SettingsError."""
        sync = self._device.sync
        gate = self._settings.gate or _only(cameras or sync.gates)
        if gate not in sync.gates:
            return  # told of together with other gates that are not this device's
        if gate in cameras:
            cameras[gate] = TappedCamera(cameras[gate], self._board.seen)
        else:
            self._pushed = PushedCamera("The page", self._device.clock, self._device.boot_id)
            cameras[gate] = self._pushed
        self._board.gate_id = gate  # last: pages wait for it

    def stop(self) -> None:
        self._server.stop()

    def _shown(self) -> Gate | None:
        gate = self._board.gate_id
        return None if gate is None else self._device.sync.gate(gate)

    def _push(self) -> Callable[[ImageU8], None] | None:
        return None if self._pushed is None else self._pushed.push


def _only(gates: Iterable[int]) -> int:
    found = list(gates)
    if len(found) != 1:
        raise SettingsError(
            f"This device serves {len(found)} gates: say by screen.gate which one to show."
        )
    return found[0]
