"""Everybody else's year, by INSERT … SELECT: run by Odoo's shell.

A derived year depends on the person's events and schedule only, so a colleague with the same
schedule and the same events has the same attendance; `proved` derives some of them anew. What
is copied is whatever the tables hold: a new column needs no line here. The originals' rows are
written anew with the copies, in the order of time, as a year would have left them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.bench.year.firm import Firm
from tests.bench.year.shape import Shape


@dataclass(frozen=True)
class Table:
    """A table to copy.

    Attributes:
        order: by which the rows are laid down.
        instead: {column: SQL of its new value}; `o` is the old row, `t` the twin.
        joins: further joins that these need.
    """

    name: str
    order: str
    instead: dict[str, str] = field(default_factory=dict)
    joins: str = ""


_ATTENDANCE = "LEFT JOIN map_hr_attendance a ON a.old = o.attendance_id AND a.person = t.person"
_SAME = "t.person IN (0, o.employee_id)"
TABLES = (
    Table("hr_attendance", "check_in"),
    Table("hr_attendance_overtime_line", "time_start"),
    Table(
        "hr_face_event",
        "captured_at",
        {
            "uuid": f"CASE WHEN {_SAME} THEN o.uuid ELSE gen_random_uuid()::text END",
            "attendance_id": "a.new",
            "gate_id": "coalesce(t.gate, o.gate_id)",
            "device_id": "coalesce(t.device, o.device_id)",
            "chain": "coalesce(t.chain, o.chain)",
            "seq": "n.new",
        },
        _ATTENDANCE,
    ),
    Table("hr_face_day", "date"),
    Table("hr_face_presence", "seen_at", {"gate_id": "t.gate"}),
    Table(
        "hr_face_proposal",
        "date",
        {"uuid": "coalesce(e.uuid, o.uuid)", "attendance_id": "a.new"},
        _ATTENDANCE + " LEFT JOIN was_hr_face_event w ON w.uuid = o.uuid"
        " LEFT JOIN map_hr_face_event m ON m.old = w.id AND m.person = t.person"
        " LEFT JOIN hr_face_event e ON e.id = m.new",
    ),
)
BULK = ("hr_face_event", "hr_attendance")
"""Their indexes are built when all rows are in."""


def copy(env: Any, shape: Shape, firm: Firm) -> None:
    """Multiply what the originals left by everybody who shares their habits."""
    cr = env.cr
    _twins(cr, shape, firm)
    for table in TABLES:
        _set_aside(cr, table)
    cr.execute("UPDATE hr_employee SET last_attendance_id = NULL")
    for table in reversed(TABLES):
        cr.execute(f"DELETE FROM {table.name} x USING was_{table.name} w WHERE x.id = w.id")
    for table in TABLES:
        indexes = _drop_indexes(cr, table.name) if table.name in BULK else []
        _multiply(cr, table)
        for definition in indexes:
            cr.execute(definition)
    _rules_of_extra_hours(cr)
    cr.execute(
        """
        UPDATE hr_employee e SET last_attendance_id = a.id, last_check_in = a.check_in,
                                 last_check_out = a.check_out
          FROM (SELECT DISTINCT ON (employee_id) * FROM hr_attendance
                 ORDER BY employee_id, check_in DESC) a
         WHERE a.employee_id = e.id
        """
    )
    env.invalidate_all()


def _twins(cr: Any, shape: Shape, firm: Firm) -> None:
    """(original, person, gate, device, chain) of everybody, the originals themselves included.

    0 stands for nobody: what strangers left is laid down once, at its gate.
    """
    cr.execute(
        "CREATE TEMP TABLE twin (original int, person int, gate int, device int, chain text)"
    )
    cr.execute("INSERT INTO twin VALUES (0, 0, NULL, NULL, NULL)")
    for number, person in enumerate(firm.people):
        place = firm.gates[number % shape.gates]
        original = firm.people[number % shape.originals]
        cr.execute("INSERT INTO twin VALUES (%s, %s, %s, %s, %s)", [original, person, *place])


def _set_aside(cr: Any, table: Table) -> None:
    """What there is now, and the ids that it and its copies will have, in the order of time."""
    name = table.name
    cr.execute(f"CREATE TEMP TABLE was_{name} AS TABLE {name}")
    cr.execute(
        f"CREATE TEMP TABLE map_{name} AS"
        f" SELECT o.id AS old, t.person, row_number() OVER (ORDER BY o.{table.order}, t.person)"
        f"        + (SELECT coalesce(max(id), 0) FROM {name}) AS new"
        f" FROM was_{name} o JOIN twin t ON t.original = coalesce(o.employee_id, 0)"
    )
    cr.execute(f"CREATE INDEX ON map_{name} (old, person)")
    cr.execute(f"ANALYZE was_{name}, map_{name}")


def _multiply(cr: Any, table: Table) -> None:
    name = table.name
    instead = {"id": "n.new", "employee_id": "nullif(t.person, 0)", **table.instead}
    cr.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
        " AND table_schema = 'public' AND is_generated = 'NEVER'",
        [name],
    )
    columns = [column for (column,) in cr.fetchall()]
    values = [instead.get(column, f'o."{column}"') for column in columns]
    quoted = ", ".join(f'"{column}"' for column in columns)
    cr.execute(
        f"INSERT INTO {name} ({quoted}) SELECT {', '.join(values)}"
        f" FROM map_{name} n JOIN was_{name} o ON o.id = n.old"
        f" JOIN twin t ON t.person = n.person {table.joins} ORDER BY n.new"
    )
    cr.execute(
        f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM {name}))"
    )
    cr.execute(f"ANALYZE {name}")


def _rules_of_extra_hours(cr: Any) -> None:
    line, rule = "hr_attendance_overtime_line_id", "hr_attendance_overtime_rule_id"
    rules = "hr_attendance_overtime_line_hr_attendance_overtime_rule_rel"
    cr.execute(f"CREATE TEMP TABLE was_rules AS TABLE {rules}")
    cr.execute(f"DELETE FROM {rules}")
    cr.execute(
        f"INSERT INTO {rules} ({line}, {rule}) SELECT m.new, w.{rule}"
        f" FROM was_rules w JOIN map_hr_attendance_overtime_line m ON m.old = w.{line}"
    )


def _drop_indexes(cr: Any, table: str) -> list[str]:
    """Those that no constraint needs; returns how to make them again."""
    cr.execute(
        """
        SELECT i.indexname, i.indexdef FROM pg_indexes i
         WHERE i.tablename = %s AND i.indexname NOT IN (SELECT conname FROM pg_constraint)
        """,
        [table],
    )
    found = cr.fetchall()
    for name, _definition in found:
        cr.execute(f'DROP INDEX "{name}"')
    return [definition for _name, definition in found]
