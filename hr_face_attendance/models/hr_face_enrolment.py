import base64
from datetime import timedelta
from uuid import uuid4

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..rules import enrolment

OPEN_FOR = timedelta(hours=8)
"""A session that nobody finished; a link has the company's own time."""
REVIEW_FOR = timedelta(days=7)
"""What came by a link waits so long for HR."""
UNDECIDED = ("open", "review")


class HrFaceEnrolment(models.Model):
    """One enrolment of one person, from the first picture until HR says yes or no.

    The captures live until then and no longer. Pictures go from the browser to the
    recognition service, which hands their templates over here by the device API: no Odoo
    worker sees a frame, and no browser a template.
    """

    _name = "hr.face.enrolment"
    _description = "Face Enrolment"
    _order = "create_date desc, id desc"
    _rec_name = "employee_id"

    uuid = fields.Char(required=True, readonly=True, default=lambda self: str(uuid4()))
    employee_id = fields.Many2one(
        "hr.employee", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    state = fields.Selection(
        [
            ("open", "Capturing"),
            ("review", "To Review"),
            ("done", "Enrolled"),
            ("cancelled", "Cancelled"),
            ("expired", "Expired"),
        ],
        required=True,
        readonly=True,
        default="open",
    )
    source = fields.Selection(
        [
            ("dialog", "Camera"),
            ("photos", "Photos"),
            ("link", "Link"),
            ("station", "Registration station"),
        ],
        required=True,
        readonly=True,
    )
    expires_at = fields.Datetime(required=True, readonly=True)
    capture_ids = fields.One2many("hr.face.capture", "enrolment_id", readonly=True)
    capture_count = fields.Integer(string="Captures", compute="_compute_capture_count")
    decided_at = fields.Datetime(string="Decided", readonly=True)
    decided_by_id = fields.Many2one("res.users", string="Decided By", readonly=True)
    template_count = fields.Integer(string="Templates", readonly=True, aggregator=None)

    _uuid_unique = models.UniqueIndex("(uuid)", "This enrolment is already known.")
    _expiry_idx = models.Index("(expires_at) WHERE state IN ('open', 'review')")

    @api.depends("capture_ids")
    def _compute_capture_count(self):
        for session in self:
            session.capture_count = len(session.capture_ids)

    @api.model_create_multi
    def create(self, vals_list):
        """Only who and from where is the caller's to say."""
        employees = self.env["hr.employee"].sudo().browse(vals["employee_id"] for vals in vals_list)
        return super().create(
            [
                {
                    "employee_id": employee.id,
                    "company_id": employee.company_id.id,
                    "source": vals["source"],
                    "expires_at": fields.Datetime.now() + self._open_for(employee, vals["source"]),
                }
                for vals, employee in zip(vals_list, employees, strict=True)
            ]
        )

    @api.model
    def _open_for(self, employee, source):
        if source == "link":
            return timedelta(hours=employee.sudo().company_id.face_link_hours)
        return OPEN_FOR

    def write(self, vals):
        raise AccessError(self.env._("An enrolment is confirmed or cancelled, not edited."))

    def _set(self, **values):
        super(HrFaceEnrolment, self.sudo()).write(values)

    # What sessions are made of

    def _consent(self):
        """The consent in force; empty if there is none."""
        self.ensure_one()
        none = self.env["hr.face.consent"].sudo()
        active = none._active_of(self.sudo().employee_id)
        return active.get(self.sudo().employee_id.id, none)

    def _is_open(self):
        return self.state == "open" and self.expires_at > fields.Datetime.now()

    def _take(self, items, device):
        """Captures of this session, once each. Returns how many are new."""
        captures = self.env["hr.face.capture"].sudo()
        uuids = [item.uuid for item in items]
        known = captures.search(
            [("company_id", "=", self.company_id.id), ("uuid", "in", uuids)]
        ).mapped("uuid")
        new = [item for item in items if item.uuid not in known]
        room = enrolment.MOST_CAPTURES - len(self.capture_ids)
        captures._take(self, new[: max(room, 0)], device)
        return len(new)

    def _missing(self):
        return enrolment.missing(self.sudo().capture_ids._as_rules(), self.source)

    def _chosen(self):
        uuids = {one.uuid for one in enrolment.chosen(self.sudo().capture_ids._as_rules())}
        return self.sudo().capture_ids.filtered(lambda one: one.uuid in uuids)

    # What ends them

    def _same_face(self, similar=None):
        """People who, as far as a gate can tell, have this face, and are not known to.

        Args:
            similar: what `_similar` said, if that has just been asked.
        """
        found = self._similar() if similar is None else similar
        threshold = self.env["hr.face.template"]._threshold(self.company_id)
        same = {other: value for other, value in found.items() if value >= threshold}
        known = self.env["hr.face.look.alike"]._known(self.sudo().employee_id)
        return {other: value for other, value in same.items() if other not in known}

    def _similar(self):
        """Who comes close to the captures: {employee: similarity}, closest first."""
        parts = self._chosen()._parts()
        vectors = [vector for vector, _jpeg in parts.values()]
        return self.env["hr.face.template"].sudo()._similar(self.sudo().employee_id, vectors)

    def _wait_for_review(self):
        """No more captures; HR decides."""
        self._set(state="review", expires_at=fields.Datetime.now() + REVIEW_FOR)

    def _confirm(self, *, replace=True, told_apart=False, spare=None):
        """Make templates of the best captures, and forget all of them.

        Args:
            replace: the templates take the place of those the person has.
            told_apart: somebody has said that the people found too close are other people.
            spare: templates that are not replaced.

        Raises:
            UserError: consent or captures are missing, or the face is somebody else's.
        """
        self.ensure_one()
        if self.state not in UNDECIDED or self.expires_at <= fields.Datetime.now():
            raise UserError(self.env._("This enrolment is over. Begin a new one."))
        if not self._consent():
            raise UserError(
                self.env._(
                    "%s has not consented to face recognition.", self.sudo().employee_id.name
                )
            )
        chosen = self._chosen()
        if not chosen:
            raise UserError(self.env._("There is no usable picture yet."))
        if set(chosen.mapped("model")) != {self.company_id.sudo().face_model}:
            raise UserError(self.env._("The face model was changed meanwhile. Begin a new one."))
        templates = self.env["hr.face.template"].sudo()
        templates._enrol_alone(self.company_id)
        same = self._same_face()
        if same and not told_apart:
            raise UserError(
                self.env._("This face is enrolled already, as somebody else. Review it first.")
            )
        made = templates._make(
            self.sudo(), chosen, chosen._parts(), replace=replace, spare=spare or templates.browse()
        )
        self.env["hr.face.look.alike"]._note(self.employee_id, same)
        self._end("done", template_count=len(made))
        self.sudo().employee_id._face_note(self.env._("%s face templates enrolled.", len(made)))
        return made

    def _end(self, state, **values):
        """Decided: the captures go with it, and so does the link."""
        self.sudo().capture_ids.unlink()
        self._set(
            state=state, decided_at=fields.Datetime.now(), decided_by_id=self.env.uid, **values
        )

    @api.model
    def _cron_expire(self):
        """Sessions that nobody finished or reviewed leave nothing behind."""
        now = fields.Datetime.now()
        self.search([("state", "in", UNDECIDED), ("expires_at", "<=", now)])._end("expired")

    def _picture(self, capture):
        """A capture's JPEG for this session's own page, base64."""
        return base64.b64encode(capture._parts()[capture.id][1]).decode()
