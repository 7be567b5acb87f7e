"""Whether what was copied is what the addon derives: run by Odoo's shell.

Everything derived of some people is deleted, derived anew from their events, and compared.
Left out are ids, and of a question the words about gates, for a copy stands at another one.
"""

from __future__ import annotations

import random
from typing import Any

from tests.bench.year.firm import Firm
from tests.bench.year.made import derive
from tests.bench.year.shape import Shape

VERDICT = ("direction", "reason_code", "reason_params", "state", "flag")
QUESTION = ("kind", "date", "earliest", "latest", "suggested", "basis", "hours", "state")
NOISE = frozenset({"id", "create_uid", "write_uid", "create_date", "write_date"})


def prove(env: Any, shape: Shape, firm: Firm, people: int) -> dict[str, int]:
    """Compare so many copies; {what: rows compared}. SystemExit tells the first difference.

    Leaves the database as it was.
    """
    copies = firm.people[shape.originals :]
    some = random.Random("proof").sample(copies, people)
    before = {one: _derived(env, one) for one in some}
    for one in some:
        _forget(env, one)
    compared: dict[str, int] = {}
    for one in some:
        derive(env, env["hr.employee"].browse(one), shape)
        after = _derived(env, one)
        for name, rows in before[one].items():
            if rows != after[name]:
                raise SystemExit(
                    f"{name} of {one} is not what is derived: {_first(rows, after[name])}"
                )
            compared[name] = compared.get(name, 0) + len(rows)
    env.cr.rollback()
    env.invalidate_all()
    return compared


def _forget(env: Any, employee: int) -> None:
    for table in ("hr_face_proposal", "hr_attendance_overtime_line", "hr_face_day"):
        env.cr.execute(f"DELETE FROM {table} WHERE employee_id = %s", [employee])
    env.cr.execute(
        "UPDATE hr_face_event SET direction = NULL, reason_code = NULL, reason_params = NULL,"
        " flag = NULL, attendance_id = NULL, state = 'none' WHERE employee_id = %s",
        [employee],
    )
    env.cr.execute("DELETE FROM hr_attendance WHERE employee_id = %s", [employee])
    env.invalidate_all()


def _derived(env: Any, employee: int) -> dict[str, list[str]]:
    """{what: its rows as text, sorted}."""
    texts = {
        "events": ("hr_face_event", ("uuid", *VERDICT)),
        "attendance": ("hr_attendance", _columns(env, "hr_attendance")),
        "extra hours": (
            "hr_attendance_overtime_line",
            _columns(env, "hr_attendance_overtime_line"),
        ),
        "days": ("hr_face_day", _columns(env, "hr_face_day")),
        "questions": ("hr_face_proposal", QUESTION),
    }
    found = {}
    for name, (table, columns) in texts.items():
        row = ", ".join(f'"{column}"' for column in columns)
        env.cr.execute(
            f"SELECT ROW({row})::text FROM {table} WHERE employee_id = %s ORDER BY 1", [employee]
        )
        found[name] = [text for (text,) in env.cr.fetchall()]
    return found


def _columns(env: Any, table: str) -> list[str]:
    env.cr.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s ORDER BY 1",
        [table],
    )
    return [column for (column,) in env.cr.fetchall() if column not in NOISE]


def _first(before: list[str], after: list[str]) -> str:
    gone, new = sorted(set(before) - set(after)), sorted(set(after) - set(before))
    return f"{len(gone)} copied rows, as {gone[:1]}, against {len(new)} derived, as {new[:1]}"
