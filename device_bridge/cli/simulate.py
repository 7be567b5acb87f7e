"""`device-bridge simulate`: try a set-up without standing at a door."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from device_bridge.cli.options import Config, State
from device_bridge.errors import SettingsError
from device_bridge.settings import CameraSettings, settings_for


def simulate(
    source: Annotated[
        Path, typer.Argument(help="A folder of photos (or with scenario.csv), or a recording.")
    ],
    gate: Annotated[int, typer.Option(help="Number of a gate that is marked Recording in Odoo.")],
    speed: Annotated[float, typer.Option(min=0.1, max=20, help="1: as it happened.")] = 4.0,
    every: Annotated[float, typer.Option(min=3, help="Seconds between two photos.")] = 60.0,
    starts: Annotated[
        datetime | None, typer.Option("--from", help="UTC; empty: so that it ends now.")
    ] = None,
    settings: Config = None,
    state: State = None,
) -> None:
    """Show photos or a recording to a virtual gate: real recognition, real events, a real Odoo.

    Everything is marked as a recording, in Odoo too, and gates that pay people refuse it.
    """
    from device_bridge.wiring.bridge import Bridge

    chosen = settings_for(settings, state)
    if not source.exists():
        raise SettingsError(f"There is nothing at {source}.")
    with tempfile.TemporaryDirectory(prefix="device-bridge-") as folder:
        camera = CameraSettings(
            gate=gate,
            source=str(_recording(source, Path(folder), starts, every)),
            recorded_from=(starts or datetime.now(UTC)).replace(tzinfo=UTC),
            speed=speed,
        )
        nothing_else = {"camera": (camera,), "output": ()}
        Bridge(chosen.model_copy(update=nothing_else), typer.echo, None).run()


def _recording(source: Path, folder: Path, starts: datetime | None, every_s: float) -> Path:
    from device_bridge.adapters.camera.passers import passages, record
    from device_bridge.adapters.camera.recording import MANIFEST

    if source.is_file() or (source / MANIFEST).is_file():
        return source
    first = starts.replace(tzinfo=UTC) if starts else datetime.now(UTC)
    planned = passages(source, first, every_s)
    if starts is None and planned:
        late = max(timedelta(), planned[-1].at - datetime.now(UTC) + timedelta(seconds=5))
        planned = [type(one)(one.at - late, one.photo) for one in planned]
    return record(planned, folder)
