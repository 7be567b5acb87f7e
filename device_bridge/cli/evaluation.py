"""The commands that measure: evaluate and calibrate."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from device_bridge.cli.options import Config, State
from device_bridge.errors import SettingsError
from device_bridge.settings import load_settings, settings_for

Model = Annotated[str, typer.Option(help="Model id; empty: the one of the settings file.")]
Json = Annotated[Path | None, typer.Option("--json", help="Write all numbers to this file.")]
Folder = Annotated[Path | None, typer.Argument(help="One folder of photos per person.")]


def evaluate(
    folder: Folder = None,
    enrol: Annotated[int, typer.Option(help="Photos enrolled per person.")] = 3,
    strangers: Annotated[
        int | None, typer.Option(help="People left out of the gallery; a quarter if not said.")
    ] = None,
    splits: Annotated[int, typer.Option(help="Random divisions of the people.")] = 20,
    seed: Annotated[int, typer.Option(help="The same seed draws the same divisions.")] = 0,
    model: Model = "",
    matcher: Annotated[str, typer.Option(help="nearest or svm.")] = "nearest",
    frames: Annotated[int, typer.Option(help="1, or 5: different photos that vote.")] = 1,
    votes: Annotated[int, typer.Option(help="Photos that must agree when several vote.")] = 2,
    quality: Annotated[
        str, typer.Option(help="off: every face counts; gate: what the gate would compare.")
    ] = "off",
    threshold: Annotated[float | None, typer.Option(help="In place of the gate's default.")] = None,
    pairs: Annotated[
        Path | None, typer.Option(help="CSV of pairs of photos in DIR and whether same: 1:1.")
    ] = None,
    attacks: Annotated[
        Path | None, typer.Option(help="Folder per attack species and bona_fide: APCER, BPCER.")
    ] = None,
    json_file: Json = None,
    plots: Annotated[Path | None, typer.Option(help="Write PNG plots into this folder.")] = None,
    settings: Config = None,
) -> None:
    """Measure recognition on photos of known people."""
    from device_bridge.evaluation import wording
    from device_bridge.wiring.evaluation import laboratory_of

    if folder is None and attacks is None:
        raise SettingsError("Name a folder of people, or --attacks.")
    started_s = time.monotonic()
    laboratory = laboratory_of(load_settings(settings), model)
    report: dict[str, Any] = {"model": laboratory.model}
    if folder is not None and pairs is not None:
        report |= laboratory.evaluate_pairs(folder, pairs, threshold, _progress("photos"))
        typer.echo(wording.verification(report))
    elif folder is not None:
        from device_bridge.evaluation.splits import Draw

        draw = Draw(enrol, strangers, splits, seed, frames)
        decision = laboratory.decision(matcher, threshold, votes if frames > 1 else 1, frames)
        evaluation, genuine = laboratory.evaluate(
            folder, draw, matcher, decision, quality, _progress("photos"), _progress("splits")
        )
        report |= evaluation.report | {"matcher": matcher}
        typer.echo(wording.identification(report))
        if plots is not None:
            from device_bridge.evaluation.plots import write_plots

            for path in write_plots(plots, evaluation.searches, genuine, report):
                typer.echo(f"Wrote {path}.")
    if attacks is not None:
        report["attacks"] = laboratory.evaluate_attacks(attacks)
        typer.echo(json.dumps(report["attacks"], indent=2))
    report["seconds"] = round(time.monotonic() - started_s, 1)
    _write(json_file, report)


def calibrate(
    folder: Folder = None,
    target_fpir: Annotated[
        float, typer.Option(help="Share of strangers that may be named.")
    ] = 0.001,
    model: Model = "",
    json_file: Json = None,
    settings: Config = None,
    state: State = None,
) -> None:
    """Propose a threshold for this bridge's gallery (or a folder of people)."""
    from device_bridge.evaluation import wording
    from device_bridge.wiring.evaluation import calibrate_gallery, laboratory_of

    chosen = settings_for(settings, state)
    if folder is None:
        report = calibrate_gallery(chosen, target_fpir)
    else:
        laboratory = laboratory_of(chosen, model)
        report = laboratory.calibrate(folder, target_fpir, _progress("photos"))
    typer.echo(wording.calibration(report))
    _write(json_file, report)


def _write(path: Path | None, report: dict[str, Any]) -> None:
    if path is None:
        return
    try:
        path.write_text(json.dumps(report, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}.") from error
    typer.echo(f"Wrote {path}.")


def _progress(what: str) -> Any:
    """A line that grows in a terminal; a line at the end elsewhere."""

    def show(done: int, total: int) -> None:
        if sys.stderr.isatty():
            typer.echo(f"\r{what} {done}/{total}", err=True, nl=done == total)
        elif done == total:
            typer.echo(f"{what} {done}/{total}", err=True)

    return show
