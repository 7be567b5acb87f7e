"""A running Odoo with the demo company, a bridge beside it: for demo and end-to-end tests."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from tools import paths, say
from tools.demo import outcome
from tools.demo.odoo_api import OdooApi
from tools.demo.story import EMPLOYEES
from tools.odoo_database import OdooDatabases
from tools.odoo_server import Odoo, OdooServer

COMPANY = "Kestrel Works"
BRIDGE = paths.BRIDGE_ENV / "bin" / "device-bridge"
_VIEWS = ("entrance", "exit", "side")


class Site:
    """Everything is done through the product's own paths.

    Attributes:
        api: Odoo as an administrator of the demo's company.
        folder: what the bridge keeps and writes.
    """

    def __init__(self, web: OdooServer, folder: Path, password: str) -> None:
        self.web, self.folder, self.password = web, folder, password
        self.journal_file = folder / "journal.jsonl"
        self.api = _log_in(web, password)
        self.gates = self._gates()

    def pair(self) -> None:
        """Redeem a new one-time code."""
        self.bridge("pair", "--url", self.web.base_url, "--code", self.new_code())

    def new_code(self) -> str:
        (device,) = self.api.search_read("hr.face.device", [("name", "=", "Demo bridge")], ["id"])
        action = self.api.call("hr.face.device", "action_pair", [device["id"]])
        code: str = action["context"]["default_code"]
        return code

    def enrol(self, photos: Sequence[Path]) -> int:
        """Record everybody's consent as HR would, and send the photos; returns how many people."""
        badges = [actor.badge for actor in EMPLOYEES]
        found = self.api.search_read("hr.employee", [("barcode", "in", badges)], ["id"])
        self.api.call("hr.face.consent", "create", [{"employee_id": one["id"]} for one in found])
        self.bridge("enrol", "--named-by", "badge", *map(str, photos))
        return len(found)

    def bridge(self, *arguments: str) -> None:
        """Run one command of the bridge to its end and show what it says."""
        done = subprocess.run(
            [BRIDGE, *arguments, "--state", self.folder / "state"],
            capture_output=True,
            text=True,
            check=False,
        )
        for line in (done.stdout + done.stderr).splitlines():
            say.note(f"    {line}")
        if done.returncode:
            raise say.Problem(f"`device-bridge {arguments[0]}` ended with {done.returncode}.")

    def start_bridge(self, recording: Path) -> subprocess.Popen[str]:
        """Attend all gates; what it prints is for the caller to read."""
        cameras = [f"--camera={gate}={recording}#{view}" for gate, view in self.gates.items()]
        files = ["--journal", self.journal_file, "--log", self.folder / "bridge.log"]
        return subprocess.Popen(
            [BRIDGE, "run", *cameras, *files, "--state", self.folder / "state"],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )

    def journal(self) -> list[dict[str, Any]]:
        """The bridge's journal so far; a line that is being written is left out."""
        if not self.journal_file.is_file():
            return []
        whole = self.journal_file.read_text().rpartition("\n")[0]
        return [json.loads(line) for line in whole.splitlines()]

    def encounters(self) -> int:
        return sum(line["kind"] == "encounter" for line in self.journal())

    def attendance(self) -> list[dict[str, Any]]:
        """The attendance rows of the company, as Odoo reports them."""
        return self.api.search_read(
            "hr.attendance",
            [("employee_id.company_id.name", "=", COMPANY)],
            ["employee_id", "check_in", "check_out", "worked_hours", "in_mode", "out_mode"],
            order="check_in",
        )

    def judge(self, day: date) -> outcome.Verdict:
        """Compare the day as written with what bridge and Odoo hold."""
        return outcome.judge(
            day=day,
            journal=self.journal(),
            events=self.events(),
            stays=[
                outcome.Stay(
                    row["employee_id"][1],
                    utc(row["check_in"]),
                    utc(row["check_out"]) if row["check_out"] else None,
                )
                for row in self.attendance()
            ],
        )

    def events(self) -> list[outcome.Seen]:
        """Every event that Odoo holds."""
        people = self.api.search_read("hr.employee", [("barcode", "!=", False)], ["barcode"])
        badges = {row["id"]: row["barcode"] for row in people}
        fields = ["uuid", "gate_id", "outcome", "employee_id", "captured_at"]
        return [
            outcome.Seen(
                uuid=row["uuid"],
                view=self.gates[row["gate_id"][0]],
                outcome=row["outcome"],
                badge=badges[row["employee_id"][0]] if row["employee_id"] else "",
                captured_at=utc(row["captured_at"]),
            )
            for row in self.api.search_read("hr.face.event", [], fields)
        ]

    def _gates(self) -> dict[int, str]:
        """The company's gates by Odoo id, each with the view of the recording that it watches."""
        rows = self.api.search_read("hr.face.gate", [("company_id.name", "=", COMPANY)], ["name"])
        return {row["id"]: view for row in rows for view in _VIEWS if view in row["name"].lower()}


def make_database(odoo: Odoo, name: str) -> None:
    """A database with the addon and its demo data."""
    databases = OdooDatabases(odoo)
    databases.create(name, with_demo=True)
    databases.install_addon(name, with_demo=True)


def utc(text: str) -> datetime:
    """An aware datetime of Odoo's text."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _log_in(web: OdooServer, password: str) -> OdooApi:
    """As a person would: log in with the password of a new database, change it, pick a company."""
    first = OdooApi(web.base_url, web.database, "admin", "admin")
    first.call("res.users", "change_password", "admin", password)
    api = OdooApi(web.base_url, web.database, "admin", password)
    (company,) = api.search_read("res.company", [("name", "=", COMPANY)], ["id"])
    api.call("res.users", "write", [api.user], {"company_id": company["id"]})
    return api
