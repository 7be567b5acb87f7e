"""The device API of a real Odoo under hostile requests: `make fuzz-api`.

No answer is a 500, nothing changes by a refused request, and nothing of another company is
told or touched, whatever id is given.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import requests as http

from tests import crowd
from tests.fuzz import device_api
from tools import paths, postgres

MARK = "QZX Foreign"
DEVICES = 10
"""Taking turns, so that the limit of calls per device is not all that is met."""
KEPT = (
    "hr_face_event", "hr_face_device", "hr_face_device_chain", "hr_face_device_boot",
    "hr_face_gate", "hr_face_template", "hr_face_consent", "hr_face_erasure", "hr_face_parked",
    "hr_face_gallery_change", "hr_face_client", "hr_attendance", "hr_employee", "res_company",
)  # fmt: skip
OWNED = ("hr_face_event", "hr_face_device", "hr_face_gate", "hr_face_template", "hr_employee")
TIMEOUT_S = 30


@dataclass
class Report:
    """build/fuzz-api.json"""

    seed: int
    requests: int = 0
    server_errors: int = 0
    changed_by_refused: int = 0
    foreign: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return not (self.server_errors or self.changed_by_refused or self.foreign)


class Watch:
    """Fingerprints of what is stored."""

    def __init__(self, server: postgres.Server, database: str) -> None:
        env = server.env()
        self._db = psycopg.connect(
            host=env["PGHOST"],
            port=env["PGPORT"],
            user=env["PGUSER"],
            password=env.get("PGPASSWORD"),
            dbname=database,
            autocommit=True,
        )

    def all(self) -> tuple[str, ...]:
        return tuple(self._of(table, "TRUE") for table in KEPT)

    def of_company(self, company: int) -> tuple[str, ...]:
        return tuple(self._of(table, f"company_id = {company}") for table in OWNED)

    def close(self) -> None:
        self._db.close()

    def _of(self, table: str, which: str) -> str:
        query = f"SELECT md5(string_agg(t::text, '' ORDER BY id)) FROM {table} t WHERE {which}"
        row = self._db.execute(query).fetchone()  # type: ignore[arg-type]
        return str(row and row[0])


def attack(server: postgres.Server, folder: Path, seed: int, count: int) -> Report:
    """So many requests at a server of its own."""
    report, started_s = Report(seed), time.monotonic()
    # without jobs: what changes between two looks was changed by the request
    with crowd.odoo_with(server, f"fuzz_api_{seed % 1000}", folder, jobs=False) as web:
        api = crowd.log_in(web)
        crowd.people(api, 5, "Own")
        devices = crowd.devices(api, web, DEVICES)
        company, foreign = _other_company(api)
        tokens = [str(one.client._session.headers["Authorization"]) for one in devices]
        watch = Watch(server, web.database)
        statuses: Counter[str] = Counter()
        theirs, before = watch.of_company(company), watch.all()
        for number, one in enumerate(device_api.requests(seed, count, foreign)):
            answer = _send(web.base_url, one, tokens[number % DEVICES])
            report.requests += 1
            statuses[str(answer.status_code)] += 1
            after = watch.all()
            if answer.status_code >= http.codes.server_error:
                report.server_errors += 1
                _note(report, "server error", one, answer)
            elif after != before and _is_refused(answer):
                report.changed_by_refused += 1
                _note(report, "changed something", one, answer)
            if MARK in answer.text or watch.of_company(company) != theirs:
                report.foreign += 1
                _note(report, "another company", one, answer)
            before = after
        watch.close()
    report.statuses = dict(sorted(statuses.items()))
    report.seconds = round(time.monotonic() - started_s, 1)
    return report


def _other_company(api: Any) -> tuple[int, list[int]]:
    """Its id, and ids of its people, gate and device."""
    [company] = api.call("res.company", "create", [{"name": MARK}])
    api.call("res.users", "write", [api.user], {"company_ids": [[4, company]]})
    values = {"name": MARK, "company_id": company}
    context = {"allowed_company_ids": [company]}
    people = api.call(
        "hr.employee",
        "create",
        [{**values, "barcode": f"QZX{n}", "date_version": "2020-01-01"} for n in range(3)],
        context=context,
    )
    [gate] = api.call("hr.face.gate", "create", [{**values, "tz": "UTC"}], context=context)
    [device] = api.call(
        "hr.face.device", "create", [{**values, "gate_ids": [[4, gate]]}], context=context
    )
    return company, [*people, gate, device, company]


def _send(url: str, one: device_api.Request, own: str) -> http.Response:
    bearer = {"own": own, "none": ""}.get(one.token, f"Bearer {one.token}")
    headers = {**one.headers, "Authorization": bearer}
    with http.Session() as session:
        session.trust_env = False
        return session.request(
            one.method,
            url + one.path,
            data=one.body,
            headers=headers,
            timeout=TIMEOUT_S,
            allow_redirects=False,
        )


def _is_refused(answer: http.Response) -> bool:
    return answer.status_code >= http.codes.bad_request


def _note(report: Report, what: str, one: device_api.Request, answer: http.Response) -> None:
    report.faults.append(
        f"{what}: {one.method} {one.path[:100]} {one.body[:300]!r} -> {answer.status_code}"
        f" {answer.text[:300]}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=20_261_122)
    parser.add_argument("--requests", type=int, default=10_000)
    given = parser.parse_args()
    paths.BUILD.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=paths.BUILD) as folder,
        postgres.acquire(fsync=False) as server,
    ):
        report = attack(server, Path(folder), given.seed, given.requests)
    (paths.BUILD / "fuzz-api.json").write_text(json.dumps(vars(report), indent=1) + "\n")
    sys.stdout.write(json.dumps({**vars(report), "faults": report.faults[:20]}, indent=1) + "\n")
    return 0 if report.good else 1


if __name__ == "__main__":
    sys.exit(main())
