import base64
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from psycopg2.extras import Json

from ..rules import chain, clock, correction

RECORDED = ("roll_call", "terminal", "correction")
"""Sources of events that the server writes itself; they have no device and no chain."""
ROLLED_UP = timedelta(days=1)


@dataclass(frozen=True)
class Fact:
    """An event that the server makes itself.

    Attributes:
        source: one of RECORDED.
        employee: hr.employee record; the event belongs to their company.
        captured_at: aware UTC; when it happened. Of a correction: when it was made.
        direction: "in", "out" or None if it is not known. With source "correction" and no
            `corrects` a person asserts this punch, and it counts as it is.
        corrects: the hr.face.event that this one compensates, or None.
        correction: with `corrects`, one of rules.correction.KINDS.
        gate: hr.face.gate record or None.
        evidence: what it rests on, as JSON; personal.
        uuid: made by the source, so that what is sent twice counts once.
    """

    source: str
    employee: object
    captured_at: datetime
    direction: str | None = None
    corrects: object = None
    correction: str | None = None
    gate: object = None
    evidence: dict | None = None
    uuid: str = field(default_factory=lambda: str(uuid4()))


class HrFaceEvent(models.Model):
    """Events without a device: roll call, imported terminal punches, corrections.

    The same log, append-only, with the same hash and salted commitment, so that they are
    redacted the same way; only nobody signs them.
    """

    _inherit = "hr.face.event"

    @api.model
    def _record(self, facts: Sequence[Fact]):
        """Write these facts and derive attendance. Returns the events, known ones included.

        Rights are the caller's to check. Derives in this transaction; if another one has
        derived the same people meanwhile, Odoo repeats the request.
        """
        log = self.sudo()
        kept = log._insert_rows([log._recorded_row(fact) for fact in facts])
        people = self.env["hr.employee"].sudo().union(*(fact.employee for fact in facts))
        new = log.browse(kept.values())
        if new:
            self.env["hr.face.presence"].sudo()._touch(people.ids)
            new._derive_recorded()
            self.env["hr.face.presence"].sudo()._see(new.ids)
        uuids = [fact.uuid for fact in facts]
        found = log.search([("uuid", "in", uuids), ("company_id", "in", people.company_id.ids)])
        return found.with_env(self.env).sorted(lambda event: uuids.index(event.uuid))

    def _recorded_row(self, fact):
        employee = fact.employee.sudo()
        company = employee.company_id
        received_at = datetime.now(UTC)
        salt = base64.b64encode(os.urandom(16)).decode()
        personal = {
            "employee": employee.id,
            "direction_hint": fact.direction,
            "evidence": fact.evidence,
        }
        public = {
            "uuid": fact.uuid,
            "company": company.id,
            "gate": fact.gate.id if fact.gate else None,
            "captured_at": fact.captured_at.isoformat(timespec="milliseconds"),
            "source": fact.source,
            "corrects": fact.corrects.uuid if fact.corrects else None,
            "correction": fact.correction,
            "made_by": self.env.uid,
            "commitment": chain.commitment_of(personal | {"salt": salt}),
        }
        future = fact.captured_at > received_at + clock.FUTURE_TOLERANCE
        return self._columns(
            uuid=fact.uuid,
            gate_id=public["gate"],
            commitment=public["commitment"],
            salt=salt,
            captured_at=fact.captured_at.astimezone(UTC).replace(tzinfo=None),
            time_source="clock",
            source=fact.source,
            outcome="correction" if fact.corrects else "identified",
            employee_id=employee.id,
            direction_hint=fact.direction,
            evidence=None if fact.evidence is None else Json(fact.evidence),
            company_id=company.id,
            hash=chain.hash_of(public),
            received_at=received_at.replace(tzinfo=None, microsecond=0),
            gate_direction="auto",
            time_review=clock.CLOCK_IN_FUTURE if future else None,
            state="review" if future else "none",
            corrects_uuid=public["corrects"],
            correction=fact.correction,
            made_by_id=self.env.uid,
        )

    def _derive_recorded(self):
        """Derive from what these events say, or say about."""
        targets = self.search(
            [
                ("uuid", "in", self.filtered("corrects_uuid").mapped("corrects_uuid")),
                ("company_id", "in", self.company_id.ids),
            ]
        )
        (self.filtered(lambda event: not event.corrects_uuid) | targets)._derive_attendance()

    # What people do about an event

    def action_face_wrong(self):
        """ "That was wrong": the event counts no more. By HR, or by the person seen."""
        self._correct(correction.VOID)

    def action_face_restore(self):
        """What the gate saw holds after all."""
        self._correct(correction.RESTORE)

    def action_face_in(self):
        self._correct(correction.DIRECTION, "in")

    def action_face_out(self):
        self._correct(correction.DIRECTION, "out")

    def _correct(self, kind, direction=None):
        """Record a compensating event for each of these; a person's own word is HR's task too."""
        by_hr = self._check_may_correct(kind)
        events = self.sudo()
        if any(
            event.outcome != "identified" or not event.employee_id or event.time_review
            for event in events
        ):
            raise UserError(self.env._("Only an event that counts for somebody can be corrected."))
        now = datetime.now(UTC)
        self._record(
            [Fact("correction", event.employee_id, now, direction, event, kind) for event in events]
        )
        if not by_hr:
            for event in events:
                self.env["hr.face.task"]._ask(
                    event.employee_id,
                    event.employee_id,
                    self.env._("Check what somebody said was wrong"),
                    self.env._(
                        "%(employee)s says that this was wrong: %(event)s, %(time)s UTC. The"
                        " event counts no more; open it to restore it.",
                        employee=event.employee_id.name,
                        event=event.gate_id.name or event.source,
                        time=fields.Datetime.to_string(event.captured_at),
                    ),
                )

    def _check_may_correct(self, kind):
        """Whether HR acts (True) or a person about their own events (False, and only to void)."""
        if self.env.su or self.env.user.has_group("hr_face_attendance.group_face_officer"):
            self.check_access("read")
            return True
        own = self.env.user.sudo().with_context(active_test=False).employee_ids
        if kind != correction.VOID or self.sudo().employee_id - own or not self:
            raise AccessError(
                self.env._("You may say of your own events that they were wrong, no more.")
            )
        return False
