"""`device-bridge enrol`: people from their photos, or one after the other before a camera."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from device_bridge.cli.options import Config, State
from device_bridge.errors import FaceNotUsable, ImageUnreadable, SettingsError
from device_bridge.settings import Settings, settings_for

if TYPE_CHECKING:
    from device_bridge.pipeline.enrol import Enroller, Reference


def enrol(
    photos: Annotated[list[Path] | None, typer.Argument(help="Photos with one face each.")] = None,
    badge: Annotated[str, typer.Option(help="All photos are of the employee of this badge.")] = "",
    email: Annotated[str, typer.Option(help="… or of the employee of this work e-mail.")] = "",
    named_by: Annotated[
        str, typer.Option(help="badge or email: each file is named after its person.")
    ] = "",
    camera: Annotated[
        str, typer.Option(help="In place of photos: a camera or recording, as for run.")
    ] = "",
    frames: Annotated[int, typer.Option(min=1, max=500, help="Pictures of each person.")] = 50,
    every: Annotated[int, typer.Option(min=1, max=100, help="Look at every n-th frame.")] = 5,
    replace: Annotated[bool, typer.Option(help="Take the place of the templates held.")] = False,
    settings: Config = None,
    state: State = None,
) -> None:
    """Enrol people; their consent is recorded in Odoo beforehand.

    With a camera and neither badge nor e-mail, people come one after the other: their badge or
    e-mail is asked for, or read by a scanner that types, until an empty line.
    """
    chosen = settings_for(settings, state)
    if not camera:
        _from_photos(chosen, photos or [], badge, email, named_by, replace)
    elif photos or named_by:
        raise SettingsError("Give photos or --camera, not both.")
    else:
        _from_camera(chosen, camera, badge, email, frames, every, replace)


def _from_photos(
    chosen: Settings, photos: Sequence[Path], badge: str, email: str, named_by: str, replace: bool
) -> None:
    from device_bridge.pipeline.enrol import group_photos
    from device_bridge.wiring import parts

    if not photos:
        raise SettingsError("Give photos, or --camera.")
    people = group_photos(photos, badge=badge, email=email, named_by=named_by)
    enroller = parts.enroller_of(chosen)
    failed = 0
    for number, (by, value, own) in enumerate(people, 1):
        place = f"[{number}/{len(people)}] {value}: "
        try:
            references = _references(enroller, own)
        except FaceNotUsable as error:
            failed += 1
            typer.echo(f"{place}{error}", err=True)
            continue
        failed += not _sent(enroller, by, value, references, "photo", replace, place)
    if failed:
        raise FaceNotUsable(f"{failed} of {len(people)} people could not be enrolled.")


def _from_camera(
    chosen: Settings, camera: str, badge: str, email: str, frames: int, every: int, replace: bool
) -> None:
    from device_bridge.wiring.station import station_of

    station, enroller = station_of(chosen, camera, lambda words: typer.echo(f"  {words}"))
    failed = people = 0
    for by, value in _people(badge, email):
        people += 1
        found = station.collect(frames, every)
        place = f"{value}: "
        if not found.references:
            failed += 1
            typer.echo(f"{place}no picture of {found.looked} can be used.", err=True)
            continue
        if found.poses_missing:
            poses = ", ".join(str(one) for one in found.poses_missing)
            typer.echo(f"{place}no picture from: {poses}")
        failed += not _sent(enroller, by, value, found.references, "camera", replace, place)
    if failed:
        raise FaceNotUsable(f"{failed} of {people} people could not be enrolled.")


def _people(badge: str, email: str) -> Iterator[tuple[str, str]]:
    """(by, value) of each: the one that was named, or whoever the terminal names."""
    if badge and email:
        raise SettingsError("Give --badge or --email, not both.")
    if badge or email:
        yield ("badge", badge) if badge else ("email", email)
        return
    while value := typer.prompt("Badge or e-mail (empty: end)", "", show_default=False).strip():
        yield ("email" if "@" in value else "badge"), value


def _sent(
    enroller: Enroller,
    by: str,
    value: str,
    references: Sequence[Reference],
    source: str,
    replace: bool,
    place: str,
) -> bool:
    """Whether Odoo took them; either way it is told."""
    result = enroller.send(by, value, references, source=source, replace=replace)
    if result["status"] == "rejected":
        why = _refusals.get(result["reason"], result["reason"])
        typer.echo(f"{place}refused by Odoo: {why}.", err=True)
        return False
    typer.echo(f"{place}{result['display_name']}, {result['templates']} held")
    return True


def _references(enroller: Enroller, photos: Sequence[Path]) -> list[Reference]:
    """The photos that can be used; the others are named. Raises FaceNotUsable if none can."""
    from device_bridge.adapters.images import read_image

    references = []
    for photo in photos:
        try:
            references.append(enroller.reference(read_image(photo)))
        except FaceNotUsable as error:
            typer.echo(f"{photo}: not used: {error}.", err=True)
        except ImageUnreadable as error:
            typer.echo(str(error), err=True)
    if not references:
        raise FaceNotUsable("no photo can be used; nothing was sent.")
    return references


_refusals = {
    "malformed": "it did not understand it",
    "unknown_employee": "it knows no such employee in this device's companies",
    "ambiguous_employee": "several employees answer to that",
    "no_consent": "no consent is recorded for this person",
    "wrong_model": "it holds templates of another model",
    "duplicate_face": "this face is enrolled as somebody else; HR decides, under Enrolments",
}
