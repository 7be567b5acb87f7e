import json
from datetime import UTC, timedelta
from uuid import UUID, uuid4

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..rules import roll_call
from ..rules.errors import BodyTooLarge, Malformed

KEEP = timedelta(days=3)
"""Photos that nobody confirmed or discarded are erased after this."""
OPEN = ("draft", "reading", "review")
OFFICER = "hr_face_attendance.group_face_officer"


class HrFaceRollCall(models.Model):
    """Who was there, by photos of a group: found by the service, confirmed by a person.

    The photos are sealed as they arrive and erased when somebody confirms or discards; what
    stays is the list of who was present and absent, and the events.
    """

    _name = "hr.face.roll.call"
    _description = "Roll Call"
    _order = "taken_at desc, id desc"

    name = fields.Char(compute="_compute_name")
    uuid = fields.Char(required=True, readonly=True, default=lambda self: str(uuid4()))
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, default=lambda self: self.env.company
    )
    state = fields.Selection(
        [
            ("draft", "Photos"),
            ("reading", "Looking"),
            ("review", "To review"),
            ("confirmed", "Confirmed"),
            ("discarded", "Discarded"),
        ],
        required=True,
        readonly=True,
        default="draft",
        index=True,
    )
    message = fields.Char(readonly=True, help="What it waits for.")
    taken_at = fields.Datetime(
        string="Taken", required=True, readonly=True, default=fields.Datetime.now
    )
    session_id = fields.Many2one(
        "calendar.event", string="Session", readonly=True, ondelete="set null"
    )
    department_id = fields.Many2one("hr.department", readonly=True, ondelete="set null")
    client_id = fields.Many2one(
        "hr.face.client", string="Sent By", readonly=True, ondelete="set null"
    )
    confirmed_at = fields.Datetime(string="Confirmed", readonly=True)
    confirmed_by_id = fields.Many2one("res.users", readonly=True, ondelete="set null")
    by_hand = fields.Json(readonly=True, help="People whom the reviewer saw.")
    photo_ids = fields.One2many("hr.face.roll.call.photo", "call_id", readonly=True)
    line_ids = fields.One2many("hr.face.roll.call.line", "call_id", readonly=True)
    present_count = fields.Integer(string="Present", compute="_compute_counts")
    absent_count = fields.Integer(string="Absent", compute="_compute_counts")

    _uuid_unique = models.UniqueIndex("(company_id, uuid)", "This roll call is already known.")

    @api.depends("taken_at", "session_id", "department_id")
    @api.depends_context("tz", "lang")
    def _compute_name(self):
        for call in self:
            when = fields.Datetime.context_timestamp(call, call.taken_at)
            about = call.sudo().session_id.name or call.sudo().department_id.name
            date = f"{when:%Y-%m-%d %H:%M}"
            call.name = f"{about}, {date}" if about else self.env._("Roll call, %s", date)

    @api.depends("line_ids.present")
    def _compute_counts(self):
        """By record rules, as the lines themselves."""
        rows = self.env["hr.face.roll.call.line"]._read_group(
            [("call_id", "in", self.ids)], ["call_id", "present"], ["__count"]
        )
        counts = {(call.id, present): count for call, present, count in rows}
        for call in self:
            call.present_count = counts.get((call.id, True), 0)
            call.absent_count = counts.get((call.id, False), 0)

    def write(self, vals):
        if self.env.su:
            return super().write(vals)
        raise AccessError(self.env._("A roll call is reviewed, not edited."))

    @api.model_create_multi
    def create(self, vals_list):
        if self.env.su:
            return super().create(vals_list)
        raise AccessError(self.env._("A roll call begins with its photos."))

    def _acting(self):
        """These as superuser, for somebody who may decide about them."""
        self.check_access("read")
        if not self.env.user.has_group(OFFICER):
            raise AccessError(self.env._("Only an officer may decide about a roll call."))
        return self.sudo()

    # Before the photos are looked at

    @api.model
    def begin(self, uuid, taken_at=None, session=None, department=None):
        """A new roll call of this user's, or the one they began under this UUID. Its id.

        Args:
            taken_at: "YYYY-MM-DD HH:MM:SS" in UTC, or None for what suits the session or now.
            session, department: database ids of what this user may see.
        """
        if not self.env.user.has_group(OFFICER):
            raise AccessError(self.env._("Only an officer may call a roll."))
        try:
            uuid = str(UUID(uuid))
        except (AttributeError, TypeError, ValueError):
            raise UserError(self.env._("A roll call is known by a UUID.")) from None
        known = self.search([("uuid", "=", uuid), ("create_uid", "=", self.env.uid)])
        if known:
            return known.id
        event = self.env["calendar.event"].search(
            [("id", "=", session or 0), *self._sessions_here(self.env.company)]
        )
        if session and not event:
            raise UserError(self.env._("There is no such session."))
        group = self.env["hr.department"].browse(department or []).exists()
        group.check_access("read")
        told = fields.Datetime.to_datetime(taken_at) if taken_at else None
        return self._begin(self.env.company, uuid, event, group, told and told.replace(tzinfo=UTC))

    @api.model
    def _sessions_here(self, company):
        return [("face_session", "=", True), ("face_company_id", "=", company.id)]

    def _begin(self, company, uuid, event, department, taken_at, date=None, client=None):
        """Create one. Raises UserError for a moment that cannot be."""
        now = fields.Datetime.now().replace(tzinfo=UTC)
        event = event.sudo()
        span = (event.start.replace(tzinfo=UTC), event.stop.replace(tzinfo=UTC)) if event else None
        tz = company.partner_id.tz or self.env.user.tz or "UTC"
        at = roll_call.moment(now, tz, date=date, taken_at=taken_at, session=span)
        fault = roll_call.fault(at, now, span)
        if fault == "future":
            raise UserError(self.env._("The photos cannot have been taken in the future."))
        if fault:
            raise UserError(
                self.env._("The photos were not taken during the session; choose another time.")
            )
        values = {
            "uuid": uuid,
            "company_id": company.id,
            "taken_at": at.replace(tzinfo=None),
            "session_id": event.id,
            "department_id": department.id,
            "client_id": client and client.id,
        }
        return self.sudo().create(values).id

    def _take(self, uuid, content):
        """Keep a photo; the same one again is the same.

        Raises:
            Malformed, BodyTooLarge
        """
        self.ensure_one()
        if self.photo_ids.filtered(lambda one: one.uuid == uuid):
            return
        if self.state != "draft":
            raise Malformed(None, self.env._("This roll call takes no more photos."))
        if len(content) > roll_call.MOST_PHOTO_BYTES:
            raise BodyTooLarge(self.env._("A photo may have 7.5 MB at the most."))
        kind = roll_call.kind_of(content)
        if not kind:
            raise Malformed("photos", self.env._("A JPEG, PNG or WebP photo was expected."))
        if len(self.photo_ids) >= roll_call.MOST_PHOTOS:
            raise BodyTooLarge(
                self.env._("A roll call takes %s photos at the most.", roll_call.MOST_PHOTOS)
            )
        values = {"call_id": self.id, "uuid": uuid, "kind": kind}
        self.env["hr.face.roll.call.photo"].create(values)._seal(content)

    def start(self):
        """All photos have arrived; the rest happens in the background."""
        for call in self._acting():
            call._start()

    def _start(self):
        if self.state != "draft":
            return
        if not self.photo_ids:
            raise UserError(self.env._("Take or choose a photo first."))
        self.state = "reading"
        self._trigger()

    @api.model
    def _trigger(self, at=None):
        self.env.ref("hr_face_attendance.cron_face_roll_call").sudo()._trigger(at)

    def discard(self):
        """Nothing of it counts, and nothing of its photos stays."""
        for call in self._acting():
            if call.state in OPEN:
                call._discard()

    def _discard(self):
        self.photo_ids.unlink()
        self.write({"state": "discarded", "message": False, "by_hand": False})

    @api.model
    def _cron_forget(self):
        old = [("state", "in", OPEN), ("create_date", "<", fields.Datetime.now() - KEEP)]
        for call in self.sudo().search(old):
            call._discard()

    def action_open(self):
        self.ensure_one()
        return {
            "type": "ir.actions.client",
            "tag": "hr_face_attendance.roll_call",
            "name": self.name,
            "params": {"roll_call_id": self.id},
        }

    def action_excel(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/hr_face_attendance/roll-call/{self.id}/sheet",
            "target": "download",
        }


class HrFaceRollCallPhoto(models.Model):
    """A photo of a roll call, sealed; only the controllers and the job of the roll call open it."""

    _name = "hr.face.roll.call.photo"
    _description = "Photo of a Roll Call"
    _inherit = "hr.face.key.secret"
    _order = "id"

    call_id = fields.Many2one(
        "hr.face.roll.call", required=True, readonly=True, index=True, ondelete="cascade"
    )
    uuid = fields.Char(required=True, readonly=True)
    kind = fields.Char(required=True, readonly=True)
    state = fields.Selection(
        [("waiting", "Waiting"), ("read", "Read"), ("unreadable", "Unreadable")],
        required=True,
        readonly=True,
        default="waiting",
    )
    detail = fields.Char(readonly=True)
    width = fields.Integer(readonly=True)
    height = fields.Integer(readonly=True)
    face_ids = fields.One2many("hr.face.roll.call.face", "photo_id", readonly=True)

    _photo_unique = models.UniqueIndex("(call_id, uuid)")

    def _owner(self):
        return json.dumps(["roll call", self.call_id.uuid, self.uuid]).encode()


class HrFaceRollCallFace(models.Model):
    """A face on such a photo, and whom it shows as far as is known; gone with the photo."""

    _name = "hr.face.roll.call.face"
    _description = "Face of a Roll Call"
    _order = "photo_id, x, id"

    photo_id = fields.Many2one(
        "hr.face.roll.call.photo", required=True, readonly=True, index=True, ondelete="cascade"
    )
    x = fields.Float(readonly=True, help="Share of the photo's width.")
    y = fields.Float(readonly=True)
    width = fields.Float(readonly=True)
    height = fields.Float(readonly=True)
    outcome = fields.Char(required=True, readonly=True)
    defects = fields.Json(readonly=True)
    employee_id = fields.Many2one("hr.employee", readonly=True, ondelete="set null")
    similarity = fields.Float(readonly=True, help="0 where a reviewer named the person.")
    similar = fields.Json(readonly=True, help="Ids of people who look alike, closest first.")
    is_elsewhere = fields.Boolean(
        readonly=True, help="Enrolled, but nobody whose attendance the reviewer may see."
    )
    is_dismissed = fields.Boolean(readonly=True, help="The reviewer said: nobody who counts.")

    @api.model
    def _forget(self, employees):
        """These people may not be recognised any more: what a comparison of faces said of them."""
        self.search([("employee_id", "in", employees.ids)]).write(
            {"employee_id": False, "similarity": 0}
        )
        gone = set(employees.ids)
        for face in self.search([("similar", "!=", False)]):
            if gone & set(face.similar or []):
                face.similar = [one for one in face.similar if one not in gone]
        lines = self.env["hr.face.roll.call.line"].sudo()
        lines.search([("employee_id", "in", employees.ids)]).write({"similarity": 0})


class HrFaceRollCallLine(models.Model):
    """Somebody in the result of a roll call."""

    _name = "hr.face.roll.call.line"
    _description = "Result of a Roll Call"
    _order = "present desc, employee_name, id"
    _rec_name = "employee_id"

    call_id = fields.Many2one(
        "hr.face.roll.call", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="call_id.company_id", store=True)
    employee_id = fields.Many2one(
        "hr.employee", required=True, readonly=True, index=True, ondelete="cascade"
    )
    employee_name = fields.Char(related="employee_id.name", store=True)
    department_id = fields.Many2one("hr.department", readonly=True, ondelete="set null")
    present = fields.Boolean(readonly=True)
    expected = fields.Boolean(readonly=True)
    similarity = fields.Float(digits=(6, 4), readonly=True, aggregator=None)
    named_by_hand = fields.Boolean(string="By Hand", readonly=True)
