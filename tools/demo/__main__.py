"""Tell the day: set up, enrol, play the stream, take the server away and bring it back."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from device_bridge.adapters.face_deepface.registry import Registry
from tools import paths, postgres, say
from tools.demo import outcome, stream
from tools.demo.odoo_api import OdooApi
from tools.demo.only_one import only_one
from tools.demo.story import (
    AFTER_OUTAGE,
    BEFORE_OUTAGE,
    EMPLOYEES,
    SCENES,
    STRANGERS,
    TIMEZONE,
    last_working_day,
)
from tools.odoo_database import OdooDatabases
from tools.odoo_server import Odoo, OdooServer

DATABASE = "demo"
COMPANY = "Kestrel Works"
FOLDER = paths.BUILD / "demo"
BRIDGE = paths.BRIDGE_ENV / "bin" / "device-bridge"


def main() -> int:
    day = last_working_day(datetime.now(UTC))
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    with only_one() as announce, postgres.acquire() as server:
        odoo = Odoo(server)
        with say.step("Making a database with the addon and its demo data"):
            databases = OdooDatabases(odoo)
            databases.create(DATABASE, with_demo=True)
            databases.install_addon(DATABASE, with_demo=True)
        web = OdooServer(odoo, DATABASE, log_file=FOLDER / "odoo.log")
        with say.step("Starting Odoo"):
            web.start()
            web.wait_ready()
        try:
            announce(web.base_url)
            return tell(day, web)
        finally:
            web.stop()


def tell(day: date, web: OdooServer) -> int:
    """The day from enrolment to the table; 0 if it came out as written."""
    password = secrets.token_urlsafe(9)
    api = _log_in(web.base_url, password)
    photos, recording = _prepare_pictures(day)
    _pair(api, web.base_url)
    enrolled = _enrol(api, photos)
    gates = _gates(api)
    say.note("")
    say.note(f"The stream of {day:%A %d %B %Y} ({TIMEZONE.key}); REC marks recorded times.")
    _play(recording, gates, web)
    verdict = _judge(api, day, gates)
    independent, same = stream.counts()
    figures = {
        "enrolled": enrolled,
        **verdict.figures,
        "independent_photo_people": independent,
        "same_photo_people": same,
    }
    (paths.BUILD / "demo.json").write_text(json.dumps(figures, indent=2) + "\n")
    _report(api, verdict, figures)
    _say_where(web, password)
    if not verdict.faults and sys.stdout.isatty():
        say.note("It stays up until you press Ctrl-C.")
        _wait_for_interrupt()
    return 1 if verdict.faults else 0


def _log_in(url: str, password: str) -> OdooApi:
    """As a person would: log in with the password of a new database, and change it."""
    first = OdooApi(url, DATABASE, "admin", "admin")
    first.call("res.users", "change_password", "admin", password)
    api = OdooApi(url, DATABASE, "admin", password)
    (company,) = api.search_read("res.company", [("name", "=", COMPANY)], ["id"])
    api.call("res.users", "write", [api.user], {"company_id": company["id"]})
    return api


def _prepare_pictures(day: date) -> tuple[list[Path], Path]:
    detector = Registry(paths.CACHE / "weights").detector()
    photos = stream.enrolment_photos(detector, FOLDER / "photos")
    return photos, stream.recording(detector, day, FOLDER / "recording")


def _pair(api: OdooApi, url: str) -> None:
    with say.step("Pairing the bridge with a one-time code"):
        (device,) = api.search_read("hr.face.device", [("name", "=", "Demo bridge")], ["id"])
        action = api.call("hr.face.device", "action_pair", [device["id"]])
        code = action["context"]["default_code"]
        _bridge("pair", "--url", url, "--code", code)


def _enrol(api: OdooApi, photos: list[Path]) -> int:
    with say.step(f"Recording consent and enrolling {len(EMPLOYEES)} people from photos"):
        badges = [actor.badge for actor in EMPLOYEES]
        found = api.search_read("hr.employee", [("barcode", "in", badges)], ["id", "barcode"])
        api.call("hr.face.consent", "create", [{"employee_id": one["id"]} for one in found])
        _bridge("enrol", "--named-by", "badge", *map(str, photos))
    for actor in EMPLOYEES:
        say.note(f"    {actor.badge} {actor.name:<16} streamed from {stream.caption(actor)}")
    for actor in STRANGERS:
        say.note(f"    never enrolled: {actor.name}")
    return len(found)


def _gates(api: OdooApi) -> dict[int, str]:
    """The demo's gates by Odoo id, each with the view of the recording that it watches."""
    rows = api.search_read("hr.face.gate", [("company_id.name", "=", COMPANY)], ["name"])
    views = {"entrance": "entrance", "exit": "exit", "side": "side"}
    gates = {}
    for row in rows:
        view = next((views[word] for word in views if word in row["name"].lower()), None)
        if view:
            gates[row["id"]] = view
    return gates


def _play(recording: Path, gates: dict[int, str], web: OdooServer) -> None:
    cameras = [f"--camera={gate}={recording}#{view}" for gate, view in gates.items()]
    journal = FOLDER / "journal.jsonl"
    arguments = ["run", *cameras, "--journal", str(journal), "--log", str(FOLDER / "bridge.log")]
    bridge = subprocess.Popen(
        [BRIDGE, *arguments, "--state", FOLDER / "state"],
        stdout=subprocess.PIPE,
        text=True,
        env=_environment(),
    )
    outage = threading.Thread(target=_outage, args=(journal, web, bridge), daemon=True)
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


def _outage(journal: Path, web: OdooServer, bridge: subprocess.Popen[str]) -> None:
    """Kill Odoo in the middle of the day and bring it back a little later."""
    before = sum(len(scene.actors) for scene in SCENES[:BEFORE_OUTAGE])
    after = sum(len(scene.actors) for scene in SCENES[:AFTER_OUTAGE])
    if _wait_for(journal, before, bridge):
        say.note("  -- the demo kills the Odoo server")
        web.kill()
        _wait_for(journal, after, bridge)
        say.note("  -- the demo starts the Odoo server again")
        web.start()
        web.wait_ready()


def _wait_for(journal: Path, encounters: int, bridge: subprocess.Popen[str]) -> bool:
    while bridge.poll() is None:
        if sum(line["kind"] == "encounter" for line in _read(journal)) >= encounters:
            return True
        time.sleep(0.1)
    return False


def _judge(api: OdooApi, day: date, gates: dict[int, str]) -> outcome.Verdict:
    badges = {
        row["id"]: row["barcode"]
        for row in api.search_read("hr.employee", [("barcode", "!=", False)], ["barcode"])
    }
    events = api.search_read("hr.face.event", [], ["uuid"])
    return outcome.judge(
        day=day,
        journal=_read(FOLDER / "journal.jsonl"),
        badges=badges,
        gates=gates,
        events=[row["uuid"] for row in events],
        stays=[
            outcome.Stay(
                row["employee_id"][1],
                _utc(row["check_in"]),
                _utc(row["check_out"]) if row["check_out"] else None,
            )
            for row in _attendance(api)
        ],
    )


def _attendance(api: OdooApi) -> list[dict[str, Any]]:
    return api.search_read(
        "hr.attendance",
        [("employee_id.company_id.name", "=", COMPANY)],
        ["employee_id", "check_in", "check_out", "worked_hours", "in_mode", "out_mode"],
        order="check_in",
    )


def _report(api: OdooApi, verdict: outcome.Verdict, figures: dict[str, Any]) -> None:
    say.note("\nAttendance as Odoo reports it:")
    for row in _attendance(api):
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


def _bridge(*arguments: str) -> None:
    """Run one command of the bridge; what it says is shown."""
    done = subprocess.run(
        [BRIDGE, *arguments, "--state", FOLDER / "state"],
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    for line in (done.stdout + done.stderr).splitlines():
        say.note(f"    {line}")
    if done.returncode:
        raise say.Problem(f"`device-bridge {arguments[0]}` ended with {done.returncode}.")


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONUNBUFFERED": "1"}


def _read(journal: Path) -> list[dict[str, Any]]:
    if not journal.is_file():
        return []
    whole = journal.read_text().rpartition("\n")[0]
    return [json.loads(line) for line in whole.splitlines()]


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _local(text: str | bool) -> str:
    """Odoo gives False for a check-out that has not been."""
    if not isinstance(text, str):
        return "still in    "
    return f"{_utc(text).astimezone(TIMEZONE):%a %H:%M:%S}"


def _wait_for_interrupt() -> None:
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    say.run_main(main, "demo")
