from datetime import UTC, datetime

from odoo import api, fields, models
from odoo.tools import mute_logger
from psycopg2 import DataError, IntegrityError
from psycopg2.extras import Json, execute_values

from ..rules import chain, clock, wire
from ..rules.errors import Malformed
from .hr_face_event import wire_name

ADDED = (
    *("company_id", "hash", "received_at", "gate_direction", "time_review", "state"),
    *("corrects_uuid", "correction", "made_by_id"),
)
COLUMNS = (*(wire_name(name) for name in wire.FACTS), "extra", *ADDED)

TOLD = (
    *("uuid", "gate_id", "employee_id", "company_id", "captured_at", "outcome", "time_review"),
    *("state", "direction", "reason_code", "reason_params", "flag", "redacted_at"),
)
"""What is told of an event that has just come, to its device and to people; not its proofs."""

_DEPARTMENT = """(SELECT v.department_id FROM hr_employee m
    JOIN hr_version v ON v.id = m.current_version_id WHERE m.id = %s)"""

FOR_A_PERSON = ("ambiguous",)
"""Outcomes that only a person can settle: somebody was there, and it was one of two."""


class HrFaceEvent(models.Model):
    """Events arriving in batches (wire/events.v1)."""

    _inherit = "hr.face.event"

    @api.model
    def _lock_people(self, events):
        """Hold the people of a batch. Starts a new transaction: nothing may be written before."""
        people = {event.employee for event in events if isinstance(event, wire.Event)} - {None}
        if people:
            self.env["hr.attendance"]._face_lock(people)

    @api.model
    def _ingest(self, device, events, backlog=0):
        """Keep the new events of a batch and derive attendance once.

        Args:
            events: of `_read_events`; the caller holds `_lock_people` on them.
            backlog: how many events the device has still to deliver after these. Until it
                has, attendance waits (hr.face.backlog) and only presence is kept.

        Returns:
            one wire/events_result.v1 item per event, in order. One bad event never blocks
            the next.
        """
        self.check_access("create")
        results, accepted = [None] * len(events), {}
        gates = {gate.id: gate for gate in device._gates()}
        links = self.env["hr.face.device.chain"].sudo()
        links = links.search_fetch(
            [("device_id", "=", device.id), ("closed", "=", False)],
            ["chain", "signing_key", "paired_at"],
        )
        chains = {link.chain: link for link in links}
        people = self._people_of(device, events)
        for number, event in enumerate(events):
            readable = isinstance(event, wire.Event)
            fault = self._fault(device, gates, chains, people, event) if readable else event
            if fault:
                uuid = {"uuid": event.uuid} if readable else {}
                results[number] = {"status": "rejected"} | fault | uuid
            else:
                accepted.setdefault(event.uuid, (number, event))
                results[number] = {"uuid": event.uuid, "status": "duplicate"}
        arrived = [event for _, event in accepted.values()]
        kept, reviewed = self.sudo()._insert(device, gates, chains, arrived)
        for uuid, (number, _event) in accepted.items():
            if isinstance(kept.get(uuid), dict):
                results[number] = {"uuid": uuid, "status": "rejected"} | kept.pop(uuid)
        new = self.sudo().browse(kept.values())
        counting = [one for one in arrived if one.uuid in kept and one.uuid not in reviewed]
        if any(_may_settle(event) for event in arrived):
            new._settle_ambiguous()
        new._derive_or_defer(device, _spans_of(counting), backlog)
        for event in new:
            results[accepted[event.uuid][0]] = event._result()
        return results

    @api.model
    def _read_events(self, documents):
        """Each document as a wire.Event, or as the fault for which it cannot be read."""
        return [_read(document) for document in documents]

    def _people_of(self, device, events):
        """Ids of the employees named who belong to the device's company, archived ones too."""
        named = {event.employee for event in events if isinstance(event, wire.Event)} - {None}
        self.env["hr.employee"].flush_model(["company_id"])
        self.env.cr.execute(
            "SELECT id FROM hr_employee WHERE id = ANY(%s) AND company_id = %s",
            [list(named), device.company_id.id],
        )
        return {employee for (employee,) in self.env.cr.fetchall()}

    def _fault(self, device, gates, chains, people, event):
        """Why an event that can be read is rejected all the same, or None."""
        if event.device != device.id:
            fault = "wrong_device", "device"
        elif event.chain not in chains:
            fault = "wrong_device", "chain"
        elif event.gate not in gates:
            fault = "unknown_gate", "gate"
        elif event.employee and event.employee not in people:
            fault = "unknown_employee", "employee"
        elif event.salt is None or chain.commitment_of(event.document) != event.commitment:
            fault = "bad_signature", "commitment"
        elif not _is_signed(event, chains[event.chain].signing_key):
            fault = "bad_signature", "signature"
        else:
            return None
        return dict(zip(("reason", "field"), fault, strict=True))

    def _insert(self, device, gates, chains, events):
        """Insert what is not known yet.

        Returns ({uuid: id}, or {uuid: fault} for what the database refuses although it could
        be read; uuids of those whose time is for review).
        """
        received_at = datetime.now(UTC)
        blind = {event.boot_id for event in events if event.clock_offset_ms is None}
        boots = self.env["hr.face.device.boot"]._started(device, blind)
        rows = [
            self._row(device, gates[event.gate], chains[event.chain], event, received_at, boots)
            for event in events
        ]
        review = COLUMNS.index("time_review")
        reviewed = {row[0] for row in rows if row[review]}
        try:
            with self.env.cr.savepoint(flush=False), mute_logger("odoo.sql_db"):
                return self._insert_rows(rows), reviewed
        except (DataError, IntegrityError):
            return self._insert_one_by_one(rows), reviewed

    def _insert_one_by_one(self, rows):
        kept = {}
        for row in rows:
            try:
                with self.env.cr.savepoint(flush=False), mute_logger("odoo.sql_db"):
                    kept |= self._insert_rows([row])
            except (DataError, IntegrityError):
                kept[row[0]] = {"reason": "malformed", "field": None}
        return kept

    def _insert_rows(self, rows):
        if not rows:
            return {}
        self.env["hr.employee"].flush_model(["current_version_id"])
        self.env["hr.version"].flush_model(["department_id"])
        who = COLUMNS.index("employee_id")
        inserted = execute_values(
            self.env.cr._obj,
            f"INSERT INTO hr_face_event ({', '.join(COLUMNS)}, department_id) VALUES %s"  # noqa: S608 - our constant
            " ON CONFLICT (company_id, uuid) DO NOTHING RETURNING uuid, id",
            [(*row, row[who]) for row in rows],
            template=f"({', '.join(['%s'] * len(COLUMNS))}, {_DEPARTMENT})",
            page_size=wire.MAX_EVENTS,
            fetch=True,
        )
        return dict(inserted)

    def _row(self, device, gate, link, event, received_at, boots):
        offset_ms = event.clock_offset_ms
        if offset_ms is None and event.boot_id in boots:
            started_ms = boots[event.boot_id]
            offset_ms = clock.offset_ms(event.captured_at, event.monotonic_ms, started_ms)
        review = clock.judge_time(
            event.captured_at,
            received_at=received_at,
            paired_at=self._trusted_from(device, link, event),
            time_source=event.time_source,
            gate_is_recording=gate.recording,
            clock_offset_ms=offset_ms,
            clock_uncertainty_ms=event.clock_uncertainty_ms,
        )
        facts = {wire_name(name): getattr(event, name) for name in wire.FACTS}
        facts["captured_at"] = event.captured_at.replace(tzinfo=None)
        facts["evidence"] = None if event.evidence is None else Json(event.evidence)
        return self._columns(
            **facts,
            extra=Json(event.extra) if event.extra else None,
            company_id=gate.company_id.id,
            hash=chain.hash_of(event.document),
            received_at=received_at.replace(tzinfo=None, microsecond=0),
            gate_direction=gate.direction,
            time_review=review,
            state="review" if review or event.outcome in FOR_A_PERSON else "none",
        )

    @api.model
    def _columns(self, **values):
        """A row for `_insert_rows`; what is not given is NULL."""
        return tuple(values.pop(name, None) for name in COLUMNS)

    def _derive_or_defer(self, device, spans, backlog):
        """Attendance now, or once the device has caught up; presence always."""
        Backlog = self.env["hr.face.backlog"].sudo()
        device._set_catching_up(backlog > 0)
        pending, left = ({}, set(spans)) if backlog else Backlog._take(spans)
        waiting = {one: span for one, span in spans.items() if one in left}
        if waiting:
            Backlog._defer(device, waiting)
        self._derive_spans({one: spans[one] for one in spans if one not in left}, pending)
        if spans:
            self.env["hr.face.presence"].sudo()._see(self.ids)
        self.fetch(TOLD)

    def _derive_attendance(self):
        """Derive, from the earliest of these events on, for everyone they concern."""
        self._derive_spans(self._spans())

    @api.model
    def _derive_spans(self, spans, pending=None):
        """Derive what happened in `spans`, {employee id: (earliest, latest, …)}, naive UTC.

        Args:
            pending: spans of the same people that were deferred before.
        """
        earliest, latest = {}, {}
        for employee in self.env["hr.employee"].browse(spans):
            first, last, *_ = spans[employee.id]
            before, after, *_ = (pending or {}).get(employee.id, (first, last))
            earliest[employee], latest[employee] = min(first, before), max(last, after)
        self.env["hr.attendance"]._face_derive(earliest, latest)

    def _spans(self):
        """{employee id: (earliest, latest, number)} of those of these events that may count."""
        self.env.cr.execute(
            """
            SELECT employee_id, min(captured_at), max(captured_at), count(*) FROM hr_face_event
             WHERE id = ANY(%s) AND outcome = 'identified' AND time_review IS NULL
               AND employee_id IS NOT NULL
             GROUP BY employee_id
            """,
            [self.ids],
        )
        return {employee: tuple(span) for employee, *span in self.env.cr.fetchall()}

    def _result(self):
        """This accepted event as in wire/events_result.v1, in the gate's language."""
        event = self.with_context(lang=self.gate_id.lang)
        return {
            "uuid": event.uuid,
            "status": "accepted",
            "reason": None,
            "field": None,
            "direction": event.direction or None,
            "review": event.time_review or None,
            "display_name": event.employee_id.name or None,
            "message": event.reason or None,
        }


def _spans_of(events):
    """{employee id: (earliest, latest, number)} of wire events that may count, naive UTC."""
    spans = {}
    for event in events:
        if event.outcome == "identified":
            moment = event.captured_at.replace(tzinfo=None)
            earliest, latest, number = spans.get(event.employee, (moment, moment, 0))
            spans[event.employee] = (min(earliest, moment), max(latest, moment), number + 1)
    return spans


def _may_settle(event):
    """Whether it is one of two: an ambiguous face, or whom a badge said that it was."""
    return event.outcome in FOR_A_PERSON or bool(event.evidence and "resolves" in event.evidence)


def _is_signed(event, signing_key):
    return chain.is_signed(chain.hash_of(event.document), event.signature, signing_key)


def _read(document):
    try:
        return wire.parse_event(document)
    except Malformed as error:
        return {"uuid": _uuid_of(document), "reason": "malformed", "field": error.field}


def _uuid_of(document):
    """The uuid of a document that could not be read, if it has one."""
    uuid = document.get("uuid") if isinstance(document, dict) else None
    return uuid if isinstance(uuid, str) and len(uuid) <= 64 else None
