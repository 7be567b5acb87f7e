"""Tell the day: set up, enrol, play the stream, take the server away and bring it back."""

from __future__ import annotations

import json
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, date, datetime
from typing import Any

from device_bridge.adapters.face_deepface.registry import Registry
from tools import paths, postgres, say
from tools.demo import outcome, stream
from tools.demo.only_one import only_one
from tools.demo.site import Site, make_database, utc
from tools.demo.story import (
    AFTER_OUTAGE,
    BEFORE_OUTAGE,
    EMPLOYEES,
    SCENES,
    STRANGERS,
    TIMEZONE,
    last_working_day,
)
from tools.odoo_server import Odoo, OdooServer

FOLDER = paths.BUILD / "demo"


def main() -> int:
    """0 if the day came out as written."""
    day = last_working_day(datetime.now(UTC))
    with only_one() as announce, postgres.acquire() as server:
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir(parents=True)
        odoo = Odoo(server)
        with say.step("Making a database with the addon and its demo data"):
            make_database(odoo, "demo")
        web = OdooServer(odoo, "demo", log_file=FOLDER / "odoo.log")
        with say.step("Starting Odoo"):
            web.start()
            web.wait_ready()
        try:
            announce(web.base_url)
            return tell(day, web)
        finally:
            web.stop()


def tell(day: date, web: OdooServer) -> int:
    """The day from enrolment to the table."""
    password = secrets.token_urlsafe(9)
    site = Site(web, FOLDER, password)
    detector = Registry(paths.CACHE / "weights").detector()
    photos = stream.enrolment_photos(detector, FOLDER / "photos")
    recording = stream.recording(detector, day, FOLDER / "recording")
    with say.step("Pairing the bridge with a one-time code"):
        site.pair()
    with say.step(f"Recording consent and enrolling {len(EMPLOYEES)} people from photos"):
        enrolled = site.enrol(photos)
    _introduce()
    say.note(f"\nThe stream of {day:%A %d %B %Y} ({TIMEZONE.key}); REC marks recorded times.")
    _play(site, site.start_bridge(recording))
    verdict = site.judge(day)
    independent, same = stream.counts()
    figures = {
        "enrolled": enrolled,
        **verdict.figures,
        "independent_photo_people": independent,
        "same_photo_people": same,
    }
    (paths.BUILD / "demo.json").write_text(json.dumps(figures, indent=2) + "\n")
    _report(site.attendance(), verdict, figures)
    _say_where(web, password)
    if not verdict.faults and sys.stdout.isatty():
        say.note("It stays up until you press Ctrl-C.")
        threading.Event().wait()
    return 1 if verdict.faults else 0


def _introduce() -> None:
    for actor in EMPLOYEES:
        say.note(f"    {actor.badge} {actor.name:<16} streamed from {stream.caption(actor)}")
    for actor in STRANGERS:
        say.note(f"    never enrolled: {actor.name}")


def _play(site: Site, bridge: subprocess.Popen[str]) -> None:
    outage = threading.Thread(target=_outage, args=(site, bridge), daemon=True)
    outage.start()
    try:
        assert bridge.stdout is not None
        for line in bridge.stdout:
            say.note(f"  {line.rstrip()}")
        if bridge.wait():
            raise say.Problem(
                f"The bridge ended with {bridge.returncode}: see {FOLDER}/bridge.log."
            )
    finally:
        if bridge.poll() is None:
            bridge.send_signal(signal.SIGTERM)
            bridge.wait(20)
        outage.join(60)


def _outage(site: Site, bridge: subprocess.Popen[str]) -> None:
    """Kill Odoo in the middle of the day and bring it back a little later."""
    if not _wait_for_scene(site, BEFORE_OUTAGE, bridge):
        return
    say.note("  -- the demo kills the Odoo server")
    site.web.kill()
    _wait_for_scene(site, AFTER_OUTAGE, bridge)
    say.note("  -- the demo starts the Odoo server again")
    site.web.start()
    site.web.wait_ready()


def _wait_for_scene(site: Site, scenes: int, bridge: subprocess.Popen[str]) -> bool:
    """Wait until so many scenes are concluded; False if the bridge ends before."""
    encounters = sum(len(scene.actors) for scene in SCENES[:scenes])
    while bridge.poll() is None:
        if site.encounters() >= encounters:
            return True
        time.sleep(0.1)
    return False


def _report(rows: list[dict[str, Any]], verdict: outcome.Verdict, figures: dict[str, Any]) -> None:
    say.note("\nAttendance as Odoo reports it:")
    for row in rows:
        start, end = (_local(row[name]) for name in ("check_in", "check_out"))
        say.note(
            f"  {row['employee_id'][1]:<18} {start} → {end}  {row['worked_hours']:5.2f} h"
            f"  {row['in_mode']}/{row['out_mode'] if row['check_out'] else '–'}"
        )
    say.note("")
    for name, value in figures.items():
        say.note(f"  {name:<28} {value}")
    for fault in verdict.faults:
        say.note(f"  ✗ {fault}")
    say.note("✗ The day did not come out as written." if verdict.faults else "✓ As written.")
    say.note("The demo's photos prove the path, not an accuracy: most people have but one.")


def _say_where(web: OdooServer, password: str) -> None:
    port = web.port
    say.note(
        f"\nOdoo: {web.base_url}   login: admin   password: {password}   (for this run)\n"
        f"From another computer: ssh -L {port}:127.0.0.1:{port} <this machine>, then"
        f" http://localhost:{port}\n"
        "Browsers give a page the camera only on localhost or over HTTPS."
    )


def _local(text: str | bool) -> str:
    """Odoo gives False for a check-out that has not been."""
    if not isinstance(text, str):
        return "still in    "
    return f"{utc(text).astimezone(TIMEZONE):%a %H:%M:%S}"


if __name__ == "__main__":
    say.run_main(main, "demo")
