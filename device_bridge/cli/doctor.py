"""`device-bridge doctor`: is this gate fit for work, and what is to be done if not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from device_bridge.cli.options import Config, State
from device_bridge.errors import BridgeError
from device_bridge.settings import settings_for

if TYPE_CHECKING:
    from device_bridge.wiring.doctor import Doctor

_EXIT = {"skipped": 0, "ok": 0, "warn": 1, "fail": 3}  # 2 is an error of the command itself
_SIGNS = {"skipped": "–", "ok": "✓", "warn": "!", "fail": "✗"}


def doctor(
    seconds: Annotated[
        float, typer.Option(min=1, max=60, help="How long to look through each camera.")
    ] = 5.0,
    try_outputs: Annotated[
        bool, typer.Option(help="Speak, and open the door for a second.")
    ] = False,
    send: Annotated[bool, typer.Option(help="Keep the signed sheet with the gate in Odoo.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="The sheets as JSON.")] = False,
    settings: Config = None,
    state: State = None,
) -> None:
    """Examine camera, frame rate, light, face size, clock, disk, weights, server, voice, relay.

    Let somebody stand at the mark meanwhile. Ends with 0, with 1 after a warning, with 3 after
    a failure.
    """
    from device_bridge.wiring.doctor import Doctor

    examiner = Doctor(settings_for(settings, state), seconds, try_outputs=try_outputs)
    sheets = []
    for camera, findings in examiner.examine():
        sheet = examiner.sheet(camera.gate, findings)
        sheets.append(sheet)
        gate = examiner.gates.get(camera.gate)
        if not as_json:
            typer.echo(f"Gate {camera.gate}{f' ({gate.name})' if gate else ''}")
            for one in findings:
                advice = f" {one.advice}" if one.advice else ""
                typer.echo(f"  {_SIGNS[one.level]} {one.check:<11} {one.text}.{advice}")
        if send and gate is not None:
            _send(examiner, sheet)
    if as_json:
        typer.echo(json.dumps(sheets, indent=1, ensure_ascii=False))
    raise typer.Exit(max(_EXIT[sheet["verdict"]] for sheet in sheets))


def _send(examiner: Doctor, sheet: dict[str, Any]) -> None:
    try:
        examiner.send(sheet)
    except BridgeError as error:
        typer.echo(f"The sheet was not kept in Odoo: {error}", err=True)
