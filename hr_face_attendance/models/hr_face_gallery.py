import hashlib
import json

from odoo import api, fields, models
from odoo.tools import SQL

from ..rules.vault import seal_page
from .fields import BigInteger

PAGE = 500
VERSION = "1"
LOCK_KEY = 0x6661_6365_0001
"""The advisory lock of the gallery's sequence ("face", 1)."""


class HrFaceGalleryChange(models.Model):
    """The last change of each person, so that devices fetch only what changed.

    One row per person and company; the employee is a plain number, because a tombstone
    outlives the record. A person listed here who is not enrolled any more is gone.

    `seq` comes from a sequence, taken under one advisory lock that is held until commit.
    Without the lock a transaction could take 7, another take and commit 8, a device read
    up to 8, and the commit of 7 would never be seen: with it, commit order is seq order.
    Only changes of enrolled people come here, so the lock is seldom waited for.
    """

    _name = "hr.face.gallery.change"
    _description = "Gallery Change"
    _order = "seq"
    _rec_name = "seq"
    _log_access = False

    employee = fields.Integer(required=True, readonly=True, aggregator=None)
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    seq = BigInteger(required=True, readonly=True, aggregator=None)

    _person_unique = models.UniqueIndex("(employee, company_id)")
    _company_seq_idx = models.Index("(company_id, seq)")

    def init(self):
        super().init()
        self.env.cr.execute("CREATE SEQUENCE IF NOT EXISTS hr_face_gallery_seq AS bigint")

    @api.model
    def _bump(self, employees):
        """These people changed (in their present company and wherever they were known)."""
        employees = employees.filtered("company_id")
        if not employees:
            return
        employees.flush_recordset(["company_id"])
        cr = self.env.cr
        cr.execute(SQL("SELECT pg_advisory_xact_lock(%s)", LOCK_KEY))
        people = [(employee.id, employee.company_id.id) for employee in employees]
        cr.execute(
            SQL(
                "INSERT INTO hr_face_gallery_change (employee, company_id, seq)"
                " SELECT p.employee, p.company, nextval('hr_face_gallery_seq')"
                " FROM (SELECT unnest(%s) AS employee, unnest(%s) AS company"
                "       UNION SELECT employee, company_id FROM hr_face_gallery_change"
                "       WHERE employee = ANY(%s)) p"
                " ON CONFLICT (employee, company_id) DO UPDATE SET seq = EXCLUDED.seq",
                [employee for employee, _ in people],
                [company for _, company in people],
                employees.ids,
            )
        )
        self.invalidate_model()

    @api.model
    def _bump_enrolled(self, employees):
        """As `_bump`, for those of them that any gallery knows."""
        known = self.sudo()._read_group([("employee", "in", employees.ids)], ["employee"], [])
        self._bump(employees.browse([employee for (employee,) in known]))

    @api.model
    def _scope(self, device):
        """Names what a cursor counts in: another scope, model or key starts from the beginning."""
        scope = [
            device.company_id.id,
            sorted(device.work_location_ids.ids),
            device._face_model(),
            device.encryption_key,
            *(["badges"] if device._takes_badges() else []),
        ]
        return hashlib.sha256(json.dumps(scope).encode()).hexdigest()[:16]

    @api.model
    def _position(self, device, cursor):
        """(seq, whether the device must forget everything first)."""
        version, _, rest = (cursor or "").partition(".")
        scope, _, seq = rest.partition(".")
        valid = version == VERSION and scope == self._scope(device)
        if not valid or not seq.isascii() or not seq.isdigit() or len(seq) > 18:
            return 0, True
        return int(seq), False

    @api.model
    def _has_news(self, device, cursor):
        seq, reset = self._position(device, cursor)
        domain = [("company_id", "=", device.company_id.id), ("seq", ">", seq)]
        unacknowledged = [("device_id", "=", device.id), ("acknowledged_at", "=", False)]
        return (
            reset
            or bool(self.search_count(domain, limit=1))
            or bool(self.env["hr.face.erasure"].search_count(unacknowledged, limit=1))
        )

    @api.model
    def _gallery_page(self, device, cursor, page_size=PAGE):
        """The next page after `cursor`, as wire/gallery.v1. Call as superuser.

        Everyone enrolled of the device's company is in scope: clearance never limits the
        gallery, so that a colleague without clearance is refused by name.
        """
        seq, reset = self._position(device, cursor)
        domain = [("company_id", "=", device.company_id.id), ("seq", ">", seq)]
        changes = self.search(domain, order="seq", limit=page_size + 1)
        page, more = changes[:page_size], len(changes) > page_size
        people = self._people(device, page.mapped("employee"))
        listed = {person["employee"] for person in people}
        gone = (
            [] if reset else [change.employee for change in page if change.employee not in listed]
        )
        cursor = f"{VERSION}.{self._scope(device)}.{page[-1:].seq or seq}"
        content = {"people": people, "gone": gone}
        # Only who has read to the end can have forgotten what was to be erased.
        if not more and (erasures := self.env["hr.face.erasure"]._wire_of(device)):
            content["erasures"] = erasures
        return {
            "model": device._face_model(),
            "cursor": cursor,
            "cursor_reset": reset,
            "more": more,
            "sealed": seal_page(content, device.encryption_key, cursor),
        }

    def _people(self, device, ids):
        """Those of these employees who are enrolled, as in wire/gallery_page.v1."""
        company = device.company_id
        employees = self.env["hr.employee"].search(
            [("id", "in", ids), ("company_id", "=", company.id)], order="id"
        )
        if device.work_location_ids:
            employees = employees.filtered(
                lambda employee: employee.work_location_id in device.work_location_ids
            )
        consents = self.env["hr.face.consent"]._active_of(employees)
        templates = self.env["hr.face.template"].search(
            [
                ("employee_id", "in", list(consents)),
                ("company_id", "=", company.id),
                ("model", "=", device._face_model()),
            ],
            order="id",
        )
        vectors = templates._vectors()
        by_employee = templates.grouped("employee_id")
        pairs = self.env["hr.face.look.alike"]._of(employees)
        alike = pairs.employee_id | pairs.other_id
        badges = device._badge_marks(employees)
        return [
            employee._face_wire(
                [(item.uuid, vectors[item.id]) for item in by_employee[employee]],
                second_factor=employee in alike,
                badge=badges.get(employee),
            )
            for employee in employees
            if employee in by_employee
        ]
