"""What the originals did, event by event, and what the addon itself derives from it.

Run by Odoo's shell.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg2.extras import Json

from tests.bench.year.firm import Firm
from tests.bench.year.habits import habit, seen
from tests.bench.year.shape import Shape

BOOT = "0f5b1f8e-6a77-4a3c-9a53-6f4b0d1c2e3f"
MODEL = "dlib-resnet-v1@aligned5"
NOT_SIGNED = "0" * 64
"""Hash, commitment and signature are filled in when everything is in order (see signed)."""
ODDITIES = {"no_candidate": 14, "low_quality": 4, "presentation_attack": 1, "multiple_faces": 1}
"""What else a gate sees, and how often."""


def live(env: Any, shape: Shape, firm: Firm) -> None:
    """Insert the originals' events and derive them, as one late delivery each."""
    log = env["hr.face.event"].sudo()
    seq = 0
    for number in range(shape.originals):
        print(f"derived {number} of {shape.originals} people", flush=True)  # noqa: T201
        employee = firm.people[number]
        gate = firm.gates[number % shape.gates]
        rows = []
        for at, outcome in seen(shape, habit(shape, number)):
            seq += 1
            rows.append(_row(log, firm, gate, at, seq, outcome, employee))
        kept = log._insert_rows(rows)
        env["hr.face.presence"].sudo()._see(list(kept.values()))
        derive(env, env["hr.employee"].browse(employee), shape)
    env.flush_all()


def derive(env: Any, employee: Any, shape: Shape) -> None:
    """A person's year: attendance, extra hours, questions, and the status of every day."""
    attendance = env["hr.attendance"].sudo()
    attendance._face_derive({employee: shape.start})
    attendance._face_expire(employee, shape.now)
    days = {shape.start.date() + timedelta(days=n) for n in range(shape.days + 1)}
    env["hr.face.day"].sudo()._keep({employee.id: days})
    env.flush_all()
    env.invalidate_all()


def oddities(env: Any, shape: Shape, firm: Firm) -> None:
    """Strangers and bad pictures: so many that all events together, with the copies to come,
    are as many as `shape` says."""
    log = env["hr.face.event"].sudo()
    env.cr.execute("SELECT employee_id, count(*), max(seq) FROM hr_face_event GROUP BY 1")
    counts = {employee: (number, seq) for employee, number, seq in env.cr.fetchall()}
    seq = max(seq for _, seq in counts.values())
    originals = firm.people[: shape.originals]
    people = sum(counts[originals[n % shape.originals]][0] for n in range(shape.people))
    if people > shape.events:
        raise SystemExit(f"{people} events of people are more than {shape.events}.")
    chance = random.Random("oddities")
    seconds = (shape.now - shape.start).total_seconds()
    outcomes, weights = list(ODDITIES), list(ODDITIES.values())
    left = shape.events - people
    for start in range(0, left, 5000):
        rows = []
        for number in range(start, min(left, start + 5000)):
            at = shape.start + timedelta(seconds=int(chance.random() * seconds))
            [outcome] = chance.choices(outcomes, weights)
            gate = chance.choice(firm.gates)
            rows.append(_row(log, firm, gate, at, seq + number + 1, outcome, None))
        log._insert_rows(rows)


def _row(
    log: Any,
    firm: Firm,
    place: tuple[int, int, str],
    at: datetime,
    seq: int,
    outcome: str,
    employee: int | None,
) -> tuple[Any, ...]:
    gate, device, chain = place
    known = employee is not None
    return log._columns(
        uuid=str(UUID(int=(0x5EED << 96) + (4 << 76) + (8 << 60) + seq)),
        gate_id=gate,
        device_id=device,
        chain=chain,
        seq=seq,
        prev_hash=NOT_SIGNED,
        commitment=NOT_SIGNED,
        salt="AAAAAAAAAAAAAAAAAAAAAA==",
        signature=NOT_SIGNED,
        captured_at=at,
        time_source="clock",
        boot_id=BOOT,
        monotonic_ms=3_000_000_000 + seq,
        clock_offset_ms=0,
        clock_uncertainty_ms=12,
        source="gate",
        outcome=outcome,
        employee_id=employee,
        template_model=MODEL if known else None,
        similarity=0.9731 if known else 0.81,
        margin=0.05 if known else None,
        pad="off",
        evidence=Json({"votes": 3, "frames": 4, "face_px": 112}),
        company_id=firm.company,
        hash=NOT_SIGNED,
        received_at=at.replace(microsecond=0) + timedelta(seconds=1),
        gate_direction="auto",
        state="none",
    )
