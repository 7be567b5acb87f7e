"""The command line."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Annotated, Protocol

import typer

from device_bridge import __version__
from device_bridge.adapters.alone import alone
from device_bridge.cli import doctor, enrol, evaluation, pair, simulate
from device_bridge.cli.models import models
from device_bridge.cli.options import Config, State
from device_bridge.cli.outbox import outbox
from device_bridge.errors import BridgeError, SettingsError
from device_bridge.settings import CameraSettings, settings_for

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="From a camera at a gate to an attendance event in Odoo.",
)
app.add_typer(models, name="models")
app.add_typer(outbox, name="outbox")
app.command()(pair.discover)
app.command()(pair.pair)
app.command()(enrol.enrol)
app.command()(evaluation.evaluate)
app.command()(doctor.doctor)
app.command()(simulate.simulate)
app.command()(evaluation.calibrate)


@app.command()
def run(
    camera: Annotated[
        list[str] | None, typer.Option(help="GATE=SOURCE or GATE=SOURCE#VIEW; repeatable.")
    ] = None,
    screen: Annotated[
        bool, typer.Option(help="Show a gate in this machine's browser, and use its camera.")
    ] = False,
    settings: Config = None,
    state: State = None,
    log: Annotated[str | None, typer.Option(help="Write the JSON log to this file.")] = None,
    journal: Annotated[
        Path | None, typer.Option(help="Append a JSON line per encounter, for measuring.")
    ] = None,
) -> None:
    """Attend the gates until stopped, or until a recording has been played and delivered."""
    from device_bridge.adapters import memory
    from device_bridge.adapters.json_log import log_to

    memory.return_early()  # before anything large is loaded
    from device_bridge.wiring.bridge import Bridge

    chosen = settings_for(settings, state)
    if camera:
        chosen = chosen.model_copy(update={"camera": tuple(_camera(one) for one in camera)})
    if screen:
        chosen = chosen.model_copy(update={"screen": chosen.screen.model_copy(update={"on": True})})
    log_to(chosen.log.file if log is None else log, chosen.log.level)
    with alone(chosen.state.directory):
        _run_until_told(Bridge(chosen, typer.echo, journal))


@app.command()
def sync(
    settings: Config = None,
    state: State = None,
    log: Annotated[str | None, typer.Option(help="Write the JSON log to this file.")] = None,
) -> None:
    """Fetch settings and gallery from Odoo, erase what it asks for, deliver what waits, and end.

    A running bridge does all this by itself.
    """
    from device_bridge.adapters.json_log import log_to
    from device_bridge.wiring.sync_once import SyncOnce

    chosen = settings_for(settings, state)
    log_to(chosen.log.file if log is None else log, chosen.log.level)
    with alone(chosen.state.directory):
        _run_until_told(SyncOnce(chosen, typer.echo))


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 picks a free one.")] = None,
    settings: Config = None,
    state: State = None,
    log: Annotated[str | None, typer.Option(help="Write the JSON log to this file.")] = None,
) -> None:
    """Answer the kiosk pages and programs of the paired Odoo over HTTP, until stopped."""
    from device_bridge.adapters import memory
    from device_bridge.adapters.json_log import log_to

    memory.return_early()  # before anything large is loaded
    try:
        from device_bridge.wiring.serve import Service
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"{error.name} is missing: install the extra, device-bridge[serve]."
        ) from error

    chosen = settings_for(settings, state)
    asked = {"host": host, "port": port}
    said = {name: value for name, value in asked.items() if value is not None}
    chosen = chosen.model_copy(update={"serve": chosen.serve.model_copy(update=said)})
    log_to(chosen.log.file if log is None else log, chosen.log.level)
    with alone(chosen.state.directory):
        _run_until_told(Service(chosen, typer.echo))


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


class _Runs(Protocol):
    def run(self) -> None: ...
    def stop(self) -> None: ...


def _run_until_told(daemon: _Runs) -> None:
    """SIGTERM and SIGINT are clean ends."""
    for number in (signal.SIGTERM, signal.SIGINT):
        # Event.set in a handler could wait for a lock that the interrupted thread holds
        signal.signal(number, lambda *_: threading.Thread(target=daemon.stop).start())
    daemon.run()


def _camera(text: str) -> CameraSettings:
    gate, found, source = text.partition("=")
    if not found or not gate.isdecimal() or not source:
        raise SettingsError(
            f"--camera {text!r}: give it as GATE=SOURCE, as in 1=0 for the first USB camera."
        )
    address, _, view = source.partition("#")
    return CameraSettings(gate=int(gate), source=address, view=view)


def main() -> None:
    """Entry point: an error of ours becomes one sentence and exit code 2."""
    try:
        app()
    except BridgeError as error:
        typer.echo(f"device-bridge: {error}", err=True)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
