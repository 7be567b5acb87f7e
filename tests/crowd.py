"""Many people and many devices before a real Odoo: for benchmarks and end-to-end tests.

The devices are real to the server: paired, chained, signed, over HTTP by the bridge's client.
"""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from device_bridge.adapters.odoo.client import OdooClient, make_identity
from device_bridge.adapters.odoo.identity import Keys
from device_bridge.domain.event import (
    CaptureTime,
    ChainLink,
    Outcome,
    Sighting,
    TimeSource,
    hash_of,
    write_event,
)
from tools import paths, postgres
from tools.demo.odoo_api import OdooApi
from tools.odoo_database import OdooDatabases
from tools.odoo_server import Odoo, OdooServer

MONDAY = date(2025, 3, 3)
BOOT = "0f5b1f8e-6a77-4a3c-9a53-6f4b0d1c2e3f"
HERTZ = os.sysconf("SC_CLK_TCK")


@contextmanager
def odoo_with(
    server: postgres.Server,
    name: str,
    folder: Path,
    *,
    addon: bool = True,
    workers: int = 0,
    jobs: bool = True,
) -> Iterator[OdooServer]:
    """A server on a fresh database, with the addon or bare.

    Args:
        jobs: whether scheduled jobs run.
    """
    odoo = Odoo(server)
    databases = OdooDatabases(odoo)
    databases.create(name)
    if addon:
        databases.install_addon(name)
    with OdooServer(
        odoo,
        name,
        addons_path=(paths.CLONE,) if addon else (),
        log_file=folder / f"{name}.log",
        workers=workers,
        proxy_mode=bool(workers),
        options={
            "limit_time_cpu": 600,
            "limit_time_real": 1200,
            "max_cron_threads": 2 if jobs else 0,
        },
    ) as web:
        yield web


def log_in(web: OdooServer) -> OdooApi:
    return OdooApi(web.base_url, web.database, "admin", "admin")


def people(api: OdooApi, number: int, prefix: str = "Person") -> list[int]:
    """Ids of so many new employees; their badges are their names."""
    made: list[int] = []
    for start in range(0, number, 100):
        values = [
            {"name": f"{prefix} {n}", "barcode": f"{prefix}{n}", "date_version": "2020-01-01"}
            for n in range(start, min(start + 100, number))
        ]
        made += api.call("hr.employee", "create", values, context={"tracking_disable": True})
    return made


@dataclass
class Device:
    """A paired device: makes events in its chain and sends them."""

    client: OdooClient
    keys: Keys
    link: ChainLink
    gate: int

    def see(self, employee: int, at: datetime) -> dict[str, Any]:
        """The next event of this device."""
        sighting = Sighting(
            gate=self.gate,
            outcome=Outcome.IDENTIFIED,
            time=CaptureTime(at, 3_000_000_000, BOOT, TimeSource.RECORDING),
            employee=employee,
            template_model="dlib-resnet-v1@aligned5",
            similarity=0.97,
            margin=0.05,
            evidence={"votes": 3, "frames": 4, "face_px": 112},
        )
        event = write_event(
            sighting,
            self.link,
            uuid=str(uuid.uuid4()),
            salt=os.urandom(16),
            sign=self.keys.signing.sign,
        )
        self.link = self.link.after(hash_of(event))
        return event

    def send(self, events: Sequence[dict[str, Any]], backlog: int = 0) -> list[dict[str, Any]]:
        return self.client.events(events, backlog)


def devices(api: OdooApi, web: OdooServer, number: int) -> list[Device]:
    """So many paired devices at one gate, whose times are a recording's."""
    [gate] = api.call("hr.face.gate", "create", [{"name": "Door", "tz": "UTC", "recording": True}])
    ids = api.call(
        "hr.face.device",
        "create",
        [{"name": f"Bridge {n}", "gate_ids": [[4, gate]]} for n in range(number)],
    )
    made: list[Device] = []
    url = web.base_url
    for one in ids:
        if len(made) % 5 == 0:  # from one address only a few may pair in a quarter of an hour
            sql(web, "DELETE FROM hr_face_pair_attempt")
        action = api.call("hr.face.device", "action_pair", [one])
        keys = Keys.generate()
        identity = make_identity(
            OdooClient(url, None), url, action["context"]["default_code"], keys
        )
        client = OdooClient(url, identity.token)
        made.append(Device(client, keys, ChainLink(identity.device, identity.chain), gate))
    return made


def at(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """A moment so many working days after MONDAY, UTC."""
    weeks, weekday = divmod(day, 5)
    on = MONDAY + timedelta(days=7 * weeks + weekday)
    return datetime.combine(on, time(hour, minute, second), UTC)


def table(api: OdooApi, employees: Sequence[int]) -> list[tuple[Any, ...]]:
    """The attendance of these people, in order."""
    fields = ["employee_id", "check_in", "check_out", "worked_hours", "overtime_hours"]
    rows = api.search_read("hr.attendance", [("employee_id", "in", employees)], fields)
    return sorted(
        (row["employee_id"][0], *(row[name] or "" for name in fields[1:])) for row in rows
    )


def sql(web: OdooServer, statement: str) -> str:
    """What psql answers on the server's database."""
    return postgres.psql(web.odoo.postgres, statement, database=web.database)


def wait_derived(web: OdooServer, timeout_s: float = 300.0) -> None:
    """Until nothing that a device delivered late is left to derive."""
    ends_s = monotonic() + timeout_s
    while int(sql(web, "SELECT count(*) FROM hr_face_backlog")):
        if monotonic() > ends_s:
            raise TimeoutError(f"Not everything was derived within {timeout_s:.0f} s.")
        sleep(0.2)


def count_events(web: OdooServer, employees: Sequence[int]) -> int:
    ids = ",".join(map(str, employees))
    return int(sql(web, f"SELECT count(*) FROM hr_face_event WHERE employee_id IN ({ids})"))


def cpu_s(web: OdooServer) -> float:
    """Processor time so far of the server with its workers, and of its database sessions."""
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    names: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text()
            names[int(entry.name)] = (entry / "cmdline").read_text()
        except OSError:
            continue
        numbers = stat[stat.rindex(")") + 2 :].split()
        parents[int(entry.name)] = int(numbers[1])
        # with the time of children that have ended
        ticks[int(entry.name)] = sum(map(int, numbers[11:15]))
    total = 0
    for pid, spent in ticks.items():
        is_session = names[pid].startswith("postgres") and f" {web.database} " in names[pid]
        if is_session or _is_below(pid, web.pid or 0, parents):
            total += spent
    return total / HERTZ


def _is_below(pid: int, top: int, parents: dict[int, int]) -> bool:
    while pid > 1:
        if pid == top:
            return True
        pid = parents.get(pid, 0)
    return False


def queries(log: Path, path: str) -> list[int]:
    """Numbers of queries of the requests to `path`, as the server's log tells them."""
    found = re.findall(rf'"POST {re.escape(path)} HTTP/1\.1" 200 \S+ (\d+) ', log.read_text())
    return [int(count) for count in found]
