"""`device-bridge outbox`: what waits for Odoo, what it rejected, and how to rescue it."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Annotated, TextIO

import typer

from device_bridge.cli.options import Config, State
from device_bridge.errors import SettingsError
from device_bridge.settings import settings_for

outbox = typer.Typer(no_args_is_help=True, help="Events on their way to Odoo.")

Which = Annotated[str, typer.Option("--which", help="pending, parked or acknowledged.")]
SHOWN = 20
_STATES = ("pending", "parked", "acknowledged")


@outbox.command("list")
def list_events(
    state: Annotated[
        str, typer.Option("--which", help="pending, parked, acknowledged.")
    ] = "parked",
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = SHOWN,
    settings: Config = None,
    directory: State = None,
) -> None:
    """Show events by when and where, and why Odoo rejected them; nobody is named."""
    from device_bridge.wiring.storage import outbox_beside

    _check(state)
    with outbox_beside(settings_for(settings, directory)) as box:
        depth, room = box.depth(), box.room()
        typer.echo(f"{depth.pending} wait, {depth.parked} were rejected.")
        typer.echo(f"Room for {room.events} more ({room.state}).")
        found = box.kept(state, limit)
        for one in found:
            typer.echo(
                f"{one.captured_at:%Y-%m-%d %H:%M:%S}Z  gate {one.gate:<4} number {one.seq:<8}"
                f" {one.uuid}  {one.reason or one.state}"
            )
        for reason, count in Counter(one.reason for one in found if one.reason).items():
            typer.echo(f"{reason}: {count}. {_HELP.get(reason, '')}".rstrip())


@outbox.command()
def retry(
    uuids: Annotated[list[str] | None, typer.Argument(help="Of events; none: all.")] = None,
    settings: Config = None,
    directory: State = None,
) -> None:
    """Deliver rejected events again, once what was wrong in Odoo has been put right."""
    from device_bridge.wiring.storage import outbox_beside

    with outbox_beside(settings_for(settings, directory)) as box:
        count = box.retry(uuids or None)
    typer.echo(f"{count} will be delivered again.")


@outbox.command()
def export(
    file: Annotated[Path, typer.Argument(help="Written as JSON, an event per line.")],
    state: Annotated[
        str, typer.Option("--which", help="pending, parked, acknowledged.")
    ] = "parked",
    settings: Config = None,
    directory: State = None,
) -> None:
    """Write events to a file that only you can read, to be kept or handed to Odoo's keeper."""
    from device_bridge.wiring.storage import outbox_beside

    _check(state)
    chosen = settings_for(settings, directory)
    with outbox_beside(chosen, unlocked=True) as box, _private(file) as out:
        count = 0
        for one in reversed(box.kept(state, 10_000_000)):
            out.write(json.dumps(box.find(one.uuid), separators=(",", ":")) + "\n")
            count += 1
    typer.echo(f"{count} events are in {file}. They name people: delete it when it is done with.")


def _private(file: Path) -> TextIO:
    """A new file that only its owner reads. Raises SettingsError."""
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise SettingsError(f"{file} cannot be written: {error.strerror}.") from error
    return os.fdopen(handle, "w", encoding="utf-8")


def _check(state: str) -> None:
    if state not in _STATES:
        raise SettingsError(f"--which {state!r}: choose from {', '.join(_STATES)}.")


_HELP = {
    "unknown_employee": "Odoo knows no such person in this device's company.",
    "unknown_gate": "Odoo says that this device does not serve that gate: add it, then retry.",
    "wrong_device": "Made for another device, or in a pairing that was revoked.",
    "bad_signature": "Changed on the way or on this disk; export it and tell whoever runs Odoo.",
    "malformed": "This bridge and Odoo do not understand each other: update both, then retry.",
    "sealed_away": "Its key went with a revoked pairing.",
}
