"""`device-bridge discover` and `pair`: where Odoo is, and becoming one of its devices."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from device_bridge.cli.options import Config, State
from device_bridge.errors import SettingsError
from device_bridge.settings import settings_for

_LISTEN_S = 3.0


def discover(
    seconds: Annotated[
        float, typer.Option(min=0.5, max=60, help="How long to listen.")
    ] = _LISTEN_S,
) -> None:
    """List what says in this network that it is Odoo; nothing is done with it.

    Ends with 1 if nothing answered.
    """
    found = _discover(seconds)
    for url, name in found:
        typer.echo(f"{url}  ({name})")
    if not found:
        typer.echo("Nothing announces Odoo in this network: ask for its address.", err=True)
        raise typer.Exit(1)


def pair(
    code: Annotated[str, typer.Option(help="The one-time code that Odoo shows.")] = "",
    qr: Annotated[
        str,
        typer.Option(
            help="Read address and code from Odoo's QR code: held up to this camera (0, picamera,"
            " an address), or in this picture."
        ),
    ] = "",
    url: Annotated[
        str, typer.Option(help="Address of Odoo, as in https://odoo.example; else discovered.")
    ] = "",
    settings: Config = None,
    state: State = None,
) -> None:
    """Pair this bridge with Odoo; its private keys are made here and stay here."""
    from device_bridge.adapters.odoo.client import make_identity
    from device_bridge.adapters.odoo.identity import Keys, save, storage_secret_for
    from device_bridge.wiring import parts

    if bool(code) == bool(qr):
        raise SettingsError("Give --code or --qr: what Odoo's pairing dialog shows.")
    chosen = settings_for(settings, state)
    url = url or chosen.server.url
    if qr:
        url, code = _invited(qr, url)
    url = url or _confirmed()
    _check_writable(chosen.state.identity)
    client = parts.client_of(chosen, None, url)
    identity = make_identity(client, url, code, Keys.generate())
    path = chosen.state.identity
    secret = storage_secret_for(path, identity.device, identity.database)
    save(replace(identity, storage_secret=secret), path)
    typer.echo(f"Paired as “{identity.name}” (device {identity.device}).")


def _check_writable(identity: Path) -> None:
    """Before the code is spent. Raises SettingsError."""
    folder = identity.parent
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise SettingsError(
            f"{folder} cannot be written: {error.strerror}. The code is not used up: make the"
            " folder this user's, or give another one with --state."
        ) from error


def _invited(source: str, meant: str) -> tuple[str, str]:
    """(url, code) of a QR code; a person has agreed to the server, or named it beforehand."""
    from device_bridge.wiring.invitation import invitation_from

    found = invitation_from(source, meant)
    if not meant:
        typer.echo(found.url)
        typer.confirm("Is that the address at which you use Odoo?", abort=True)
    return found.url, found.code


def _confirmed() -> str:
    """The one address that answers, once a person has said that it is Odoo's.

    Whoever gets the code can pair a device of their own with it, so it goes nowhere unasked.
    """
    found = _discover(_LISTEN_S)
    if len(found) != 1:
        said = "".join(f"\n  {url}  ({name})" for url, name in found)
        raise SettingsError(f"{len(found)} servers answer: say --url.{said}")
    url, name = found[0]
    typer.echo(f"{url}  ({name})")
    typer.confirm("Is that the address which Odoo shows beside the code?", abort=True)
    return url


def _discover(seconds: float) -> list[tuple[str, str]]:
    try:
        from device_bridge.adapters import mdns
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"{error.name} is missing: install the extra, device-bridge[discovery]."
        ) from error
    return [(one.url, one.name) for one in mdns.discover(seconds)]
