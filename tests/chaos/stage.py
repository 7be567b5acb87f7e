"""PostgreSQL, Odoo and the bridges; what the plan does to them; and what has come of it."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from device_bridge.adapters.odoo.client import OdooClient, make_identity
from device_bridge.adapters.odoo.identity import Keys, save
from device_bridge.domain.event import utc_text
from tests import crowd
from tests.chaos.plan import Fault, Plan, Strike
from tests.chaos.proxy import Proxy
from tests.chaos.story import Story
from tools import paths, postgres, say
from tools.demo.odoo_api import OdooApi
from tools.odoo_server import OdooServer

BRIDGES = 4
ALLOWED_S = 540.0
TOLERANCE_S = 5
"""Between a passage and the look that dates it."""


@dataclass
class Bridge:
    """One process with its gates."""

    number: int
    folder: Path
    disk: Path
    gates: list[int]
    process: subprocess.Popen[str] | None = None
    kills: int = 0

    def start(self) -> None:
        log = (self.folder / "log").open("a")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.bridge", str(self.folder / "told.json")],
            cwd=paths.CLONE,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            text=True,
        )
        log.close()

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.kills += 1
        self.end()

    def end(self) -> int:
        assert self.process is not None
        code = self.process.wait()
        if self.process.stdin:
            with suppress(OSError):
                self.process.stdin.close()
        return code

    def tell(self, line: str) -> None:
        assert self.process is not None
        assert self.process.stdin is not None
        with suppress(OSError):
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()

    @property
    def done(self) -> bool:
        return self.process is not None and self.process.poll() == 0

    def greetings(self) -> list[str]:
        return [
            line
            for gate in self.gates
            for line in (self.folder / f"gate-{gate}.acks").read_text().splitlines()
        ]


@dataclass
class Report:
    """build/chaos.json"""

    seed: int
    events: int
    kills: int
    lost: int
    doubled: int
    wrong: int
    seconds: float
    gates: int
    repeats: int
    for_review: int
    parked: int
    plan: str
    met: dict[str, int] = field(default_factory=dict)
    strikes: list[dict[str, object]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


class Stage:
    """Everything that can be killed."""

    def __init__(self, story: Story, plan: Plan, web: OdooServer, folder: Path) -> None:
        self.story, self.plan, self.web, self.folder = story, plan, web, folder
        self.api: OdooApi = crowd.log_in(web)
        self.employees = crowd.people(self.api, story.people + story.blind, "Chaos")
        self.bridges: list[Bridge] = []
        self.met: Counter[str] = Counter()

    def pair(self, url: str, disks: list[Path]) -> None:
        """Bridges with their gates; paired long ago, so that their days are behind them."""
        names = [{"name": f"Gate {n}", "tz": "UTC"} for n in range(self.story.gates)]
        self.gates = self.api.call("hr.face.gate", "create", names)
        own = [list(range(n, self.story.gates, BRIDGES)) for n in range(BRIDGES)]
        devices = self.api.call(
            "hr.face.device",
            "create",
            [
                {"name": f"Bridge {n}", "gate_ids": [[4, self.gates[one]] for one in mine]}
                for n, mine in enumerate(own)
            ],
        )
        for number, (device, mine) in enumerate(zip(devices, own, strict=True)):
            folder = self.folder / f"bridge-{number}"
            folder.mkdir()
            code = self.api.call("hr.face.device", "action_pair", [device])
            code = code["context"]["default_code"]
            client = OdooClient(self.web.base_url, None)
            save(
                make_identity(client, self.web.base_url, code, Keys.generate()),
                folder / "identity.json",
            )
            client.close()
            told = {
                "folder": str(folder),
                "disk": str(disks[number]),
                "url": url,
                "employees": self.employees,
                "blind": self.gates[-1],
                "passages": {
                    self.gates[gate]: [
                        (utc_text(one.at), one.person) for one in self.story.passages(gate)
                    ]
                    for gate in mine
                },
            }
            (folder / "told.json").write_text(json.dumps(told))
            for gate in mine:
                (folder / f"gate-{self.gates[gate]}.acks").touch()
            self.bridges.append(
                Bridge(number, folder, disks[number], [self.gates[one] for one in mine])
            )
        crowd.sql(self.web, "UPDATE hr_face_device_chain SET paired_at = '2025-01-01'")

    def play(self) -> None:
        """The whole story, with the plan's strikes."""
        ends_s = time.monotonic() + ALLOWED_S
        strikes = list(self.plan.strikes)
        for bridge in self.bridges:
            bridge.start()
        while not all(bridge.done for bridge in self.bridges):
            if time.monotonic() > ends_s:
                raise TimeoutError(f"not done within {ALLOWED_S:.0f} s: see {self.folder}")
            for bridge in self.bridges:
                if bridge.process and bridge.process.poll() not in {None, 0}:
                    raise RuntimeError(f"bridge {bridge.number} ended: see {bridge.folder}/log")
            self._tend_odoo()
            greeted = sum(len(bridge.greetings()) for bridge in self.bridges)
            while strikes and strikes[0].after <= greeted:
                self._strike(strikes.pop(0))
            time.sleep(0.1)
        for bridge in self.bridges:
            bridge.end()
        self._tend_odoo()
        crowd.wait_derived(self.web)

    def _tend_odoo(self) -> None:
        """What a service manager does: Odoo with workers ends when its database is away."""
        if not self.web.running:
            self.web.kill()
            self.web.start()
            with suppress(say.Problem):  # it ended again: the next round starts it
                self.web.wait_ready()

    def _strike(self, strike: Strike) -> None:
        bridge = self.bridges[strike.bridge]
        self.met[strike.fault] += 1
        match strike.fault:
            case Fault.KILL_BRIDGE:
                if not bridge.done:
                    bridge.kill()
                    bridge.start()
            case Fault.KILL_ODOO:
                self.web.kill()
                time.sleep(strike.lasts_s)
                self._tend_odoo()
            case Fault.KILL_POSTGRES:
                self.web.odoo.postgres.kill()  # type: ignore[union-attr]
                time.sleep(strike.lasts_s)
                self.web.odoo.postgres.start()
            case Fault.DISK_FULL:
                with full_disk(bridge):
                    time.sleep(strike.lasts_s)
            case Fault.CLOCK_JUMP:
                bridge.tell(f"jump {strike.jump_s}")
            case Fault.CAMERA_FREEZE:
                bridge.tell("freeze 0")
            case Fault.CABLE:
                self.proxy.cut.set()
                time.sleep(strike.lasts_s)
                self.proxy.cut.clear()

    def judge(self, seconds: float) -> Report:
        """What was promised against what is there."""
        promised = [
            line.split()[0]
            for bridge in self.bridges
            for line in bridge.greetings()
            if line[0] != "-"
        ]
        rows = crowd.sql(
            self.web, "SELECT uuid, coalesce(time_review, ''), state FROM hr_face_event"
        ).splitlines()
        stored = [row.split("|") for row in rows]
        there = Counter(uuid for uuid, *_ in stored)
        lost = [uuid for uuid in promised if uuid not in there]
        wrong = self._wrong()
        return Report(
            seed=self.plan.seed,
            events=len(stored),
            kills=sum(bridge.kills for bridge in self.bridges)
            + self.met[Fault.KILL_ODOO]
            + self.met[Fault.KILL_POSTGRES],
            lost=len(lost),
            doubled=sum(count - 1 for count in there.values()) + self._derived_twice(),
            wrong=len(wrong),
            seconds=round(seconds, 1),
            gates=self.story.gates,
            repeats=len(stored) - self.story.events,
            for_review=sum(bool(review) for _, review, _ in stored),
            parked=sum(
                json.loads(line)["parked"]
                for bridge in self.bridges
                for line in (bridge.folder / "log").read_text().splitlines()
                if line.startswith('{"parked"')
            ),
            plan=self.plan.digest(),
            met={**self.met, **{f"wire_{name}": n for name, n in self.proxy.done.items()}},
            strikes=self.plan.story(),
            faults=[f"lost {uuid}" for uuid in lost[:10]] + wrong[:10],
        )

    def _derived_twice(self) -> int:
        """Passages that count more than once: attendance from two events of one minute."""
        return int(
            crowd.sql(
                self.web,
                "SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM hr_face_event"
                " WHERE state = 'derived' AND direction IS NOT NULL"
                " GROUP BY employee_id, date_trunc('minute', captured_at)) twice",
            )
        )

    def _wrong(self) -> list[str]:
        """Rows of attendance that should not be, or are not."""
        rows = crowd.sql(
            self.web,
            "SELECT employee_id, check_in, check_out FROM hr_attendance"
            " WHERE employee_id = ANY('{" + ",".join(map(str, self.employees)) + "}')",
        ).splitlines()
        found = set()
        for row in rows:
            employee, *times = row.split("|")
            moments = [_passage_of(text) for text in times]
            found.add((self.employees.index(int(employee)), *moments))
        expected = self.story.attendance()
        return [f"missing {one}" for one in expected - found] + [
            f"surplus {one}" for one in found - expected
        ]


def _passage_of(text: str) -> datetime | None:
    """The passage that a time of attendance belongs to: people pass every half minute."""
    if not text:
        return None
    moment = datetime.fromisoformat(f"{text}+00:00")
    late_s = moment.second % 30
    return moment.replace(second=moment.second - late_s) if late_s <= TOLERANCE_S else moment


@contextmanager
def full_disk(bridge: Bridge) -> Iterator[None]:
    """Nothing more fits on this bridge's disk; or, without a small disk of its own, no file
    of its process may grow."""
    if os.path.ismount(bridge.disk):
        ballast = bridge.disk / "ballast"
        with suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(64 * 1024))
        try:
            yield
        finally:
            ballast.unlink()
        return
    process = bridge.process
    if process is None or process.poll() is not None:
        yield
        return
    held = (bridge.disk / "outbox.sqlite").stat().st_size
    hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (max(65_536, held // 2), hard))
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (hard, hard))


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A tmpfs of 64 MB where we may mount one, else the folder itself."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m,mode=0700", "chaos", str(folder)]
    mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    try:
        yield folder
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=False)


def run(seed: int, events: int, folder: Path) -> Report:
    """Play a story of about so many events with the plan of this seed."""
    story = Story.of(events)
    plan = Plan.of(seed, story.events, BRIDGES)
    disks = [folder / f"disk-{n}" for n in range(BRIDGES)]
    for disk in disks[1:]:
        disk.mkdir()
    with (
        small_disk(disks[0]),
        postgres.acquire(fsync=True) as server,
        crowd.odoo_with(server, f"chaos_{os.getpid()}", folder, workers=2) as web,
        Proxy(web.port, plan.wire) as proxy,
    ):
        stage = Stage(story, plan, web, folder)
        stage.proxy = proxy
        started_s = time.monotonic()
        try:
            stage.pair(proxy.url, disks)
            stage.play()
            proxy.calm()
            crowd.wait_derived(web)
            return stage.judge(time.monotonic() - started_s)
        finally:
            for bridge in stage.bridges:
                if bridge.process is not None:
                    bridge.kill()
