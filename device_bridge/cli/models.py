"""`device-bridge models`: which recognition models there are, and their files."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from device_bridge.cli.options import Config
from device_bridge.errors import SettingsError, WeightsMissing
from device_bridge.settings import Recognition, load_settings

models = typer.Typer(no_args_is_help=True, help="Recognition models and their files.")

Names = Annotated[
    list[str] | None,
    typer.Argument(help="Models, detectors or files; by default what the settings need."),
]


@models.command("list")
def list_models(
    settings: Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="For other programs.")] = False,
) -> None:
    """Every model: alignment, dimension, licence, source, and whether its files are here."""
    from device_bridge.adapters.face_deepface import attack_detection, catalogue
    from device_bridge.wiring import parts

    chosen = load_settings(settings)
    home = parts.weights_home(chosen)
    rows = catalogue.rows(home, chosen.recognition.backend) + attack_detection.rows(home)
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        typer.echo(f"{row['name']:14} {row['model']}")
        for title in ("alignment", "dimension", "files", "source", "licence", "trained on"):
            typer.echo(f"    {title + ':':11} {row[title]}")
        measured = "yes" if row["measured"] else "no: tested to run, accuracy not known to us"
        typer.echo(f"    {'measured:':11} {measured}")


@models.command("fetch")
def fetch_models(
    names: Names = None,
    settings: Config = None,
    accept: Annotated[
        str,
        typer.Option(help="SHA-256 that you vouch for, of one file without a published one."),
    ] = "",
) -> None:
    """Fetch and check files; what is here already is kept, what broke off goes on."""
    from device_bridge.adapters.face_deepface import fetch
    from device_bridge.wiring import parts

    chosen = load_settings(settings)
    home, files = parts.weights_home(chosen), _files(names, chosen.recognition)
    if accept and len(files) != 1:
        raise SettingsError("--accept vouches for one file: name that file.")
    fetch.fetch(home, files, _Console(), accept)
    typer.echo(f"Models are in {home}.")


@models.command("verify")
def verify_models(names: Names = None, settings: Config = None) -> None:
    """Check files against their checksums; the exit code is 2 if one is wrong."""
    from device_bridge.adapters.face_deepface import weights
    from device_bridge.wiring import parts

    chosen = load_settings(settings)
    home, wrong = parts.weights_home(chosen), 0
    files = _files(names, chosen.recognition)
    for name in files:
        problem = weights.problem_of(home, name)
        wrong += bool(problem)
        typer.echo(f"{'✗' if problem else '✓'} {problem or name}", err=bool(problem))
    if wrong:
        raise WeightsMissing(f"{wrong} of {len(files)} files are not as they should be.")


def _files(names: list[str] | None, recognition: Recognition) -> list[str]:
    from device_bridge.adapters.face_deepface import catalogue

    wanted = names or [recognition.model, recognition.detector]
    return catalogue.files_for(wanted, recognition.backend)


class _Console:
    """A line per file, and under it one per download, which grows on a terminal."""

    def __init__(self) -> None:
        self._shown = ("", -1)

    def file(self, name: str, source: str, number: int, total: int) -> None:
        typer.echo(f"[{number}/{total}] {name}, {source}")

    def received(self, name: str, done_bytes: int, total_bytes: int) -> None:
        percent = 100 * done_bytes // total_bytes if total_bytes else 0
        done_mb, total_mb = done_bytes // 10**6, total_bytes // 10**6
        # Where the server does not say how much comes, count megabytes.
        step = (name, percent if total_bytes else done_mb)
        if step == self._shown:
            return
        self._shown = step
        text = f"{percent:3} %, {done_mb} of {total_mb} MB" if total_bytes else f"{done_mb} MB"
        if sys.stderr.isatty():
            end = "\n" if done_bytes == total_bytes else ""
            typer.echo(f"\r    {'█' * (percent // 4):25} {text}{end}", err=True, nl=False)
        elif step[1] % 25 == 0:
            typer.echo(f"    {text}", err=True)
