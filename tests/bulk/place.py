"""A company of its own in a running Odoo, and a recognition service for it."""

from __future__ import annotations

import re
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

from tools import paths, ports
from tools.demo.odoo_api import OdooApi

BRIDGE = paths.BRIDGE_ENV / "bin" / "device-bridge"
PIECE_BYTES = 8 * 1024 * 1024 - 1024
_OVER = {"done", "cancelled"}


class Place:
    """Everything is done as a browser and an administrator would.

    Attributes:
        service_url: where its recognition service will listen.
    """

    def __init__(self, url: str, api: OdooApi, folder: Path) -> None:
        self.url, self._api, self._folder = url, api, folder
        self.service_url = f"http://127.0.0.1:{ports.pick(8500)}"
        [self.company] = api.call("res.company", "create", [{"name": "Bulk Works"}])
        [user] = api.search_read("res.users", [("id", "=", api.user)], ["company_ids"])
        companies = [[6, 0, [*user["company_ids"], self.company]]]
        api.call("res.users", "write", [api.user], {"company_ids": companies})
        gate = self._create("hr.face.gate", {"name": "Bulk gate", "company_id": self.company})
        device = self._create(
            "hr.face.device",
            {
                "name": "Bulk service",
                "company_id": self.company,
                "may_enrol": True,
                "gate_ids": [[6, 0, [gate]]],
                "service_url": self.service_url,
            },
        )
        code = self.call("hr.face.device", "action_pair", [device])["context"]["default_code"]
        self.bridge("pair", "--url", url, "--code", code)

    def call(self, model: str, method: str, *arguments: Any) -> Any:
        context = {"allowed_company_ids": [self.company]}
        return self._api.call(model, method, *arguments, context=context)

    def people(self, badges: Sequence[str], *, consent: bool = True) -> list[int]:
        values = [{"name": f"Person {one}", "barcode": one} for one in badges]
        made: list[int] = self.call("hr.employee", "create", values)
        if consent:
            self.call("hr.face.consent", "create", [{"employee_id": one} for one in made])
        return made

    def bridge(self, *arguments: object) -> None:
        """One command of the bridge, to its end."""
        command = [BRIDGE, *map(str, arguments), "--state", self._folder / "bulk-state"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    @contextmanager
    def service(self) -> Iterator[subprocess.Popen[str]]:
        """The recognition service, once it has synced."""
        port = self.service_url.rpartition(":")[2]
        state, log = self._folder / "bulk-state", self._folder / "bulk-service.log"
        command = [BRIDGE, "serve", "--port", port, "--state", state, "--log", log]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            reader = threading.Thread(target=lambda: None)
            try:
                said = next((line for line in process.stdout if re.search(r"port \d+", line)), "")
                assert said, "the service did not start"
                reader = threading.Thread(target=process.stdout.read)
                reader.start()
                yield process
            finally:
                process.kill()
                if reader.ident:
                    reader.join()

    def upload(self, name: str, content: bytes, file: str = "photos.zip") -> int:
        """A job with this zip, sent in pieces as the page sends it; not started yet."""
        job = self._create("hr.face.import", {"name": name, "company_id": self.company})
        for position in range(0, len(content), PIECE_BYTES):
            answer = self._api.post(
                f"/hr_face_attendance/import/{job}/part",
                {"X-File": quote(file), "X-Position": str(position)},
                content[position : position + PIECE_BYTES],
            )
            assert answer.status_code == 200, answer.text
        return job

    def start(self, job: int) -> None:
        self.call("hr.face.import", "action_start", [job])

    def job(self, job: int) -> dict[str, Any]:
        names = ["state", "stage", "message", "total", "handled", "people", "failed", "progress"]
        names += ["started_at", "finished_at"]
        [row] = self.call("hr.face.import", "read", [job], names)
        found: dict[str, Any] = row
        return found

    def wait(self, job: int, timeout_s: float, *, until_handled: int | None = None) -> float:
        """Until it is over (or so many photos are read). Returns the seconds it took."""
        started_s = time.monotonic()
        while time.monotonic() < started_s + timeout_s:
            try:
                now = self.job(job)
            except requests.ConnectionError:  # it was killed, and is coming back
                time.sleep(0.5)
                continue
            if until_handled is not None and now["progress"] * now["total"] / 95 >= until_handled:
                break
            if now["state"] in _OVER:
                break
            time.sleep(0.2)
        else:
            raise TimeoutError(f"The job is not over: {self.job(job)}")
        return time.monotonic() - started_s

    def told(self, job: int) -> dict[str, str]:
        """{file: reason, or state} of each photo; used and spare photos are both "used"."""
        rows = self.call(
            "hr.face.import.photo",
            "search_read",
            [("import_id", "=", job)],
            ["name", "state", "reason"],
        )
        used = {"enrolled": "used", "spare": "used"}
        return {row["name"]: row["reason"] or used.get(row["state"], row["state"]) for row in rows}

    def templates(self) -> dict[str, int]:
        """How many templates each person has, by name."""
        rows = self.call(
            "hr.face.template", "search_read", [("company_id", "=", self.company)], ["employee_id"]
        )
        found: dict[str, int] = {}
        for row in rows:
            found[row["employee_id"][1]] = found.get(row["employee_id"][1], 0) + 1
        return found

    def forget(self) -> None:
        """Erase everybody's templates but those of whoever was enrolled before."""
        domain = [("company_id", "=", self.company), ("employee_id.barcode", "!=", "KNOWN")]
        self.call("hr.face.template", "unlink", self.call("hr.face.template", "search", domain))

    def _create(self, model: str, values: dict[str, Any]) -> int:
        made: list[int] = self.call(model, "create", [values])
        return made[0]
