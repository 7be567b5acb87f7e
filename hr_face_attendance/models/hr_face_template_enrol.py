from odoo import api, fields, models

from ..rules import wire_enrolment
from ..rules.errors import Malformed, NotAllowed
from .hr_face_template import vector_fault

KNOWN_DIMENSIONS = {"dlib-resnet-v1@aligned5": 128}
NO_STATION = "This device is not a registration station; mark it as one in Odoo."
COPIED = (*("uuid", "model", "dimension", "quality", "face_px", "source", "captured_at"),)


class HrFaceTemplate(models.Model):
    """Templates sent by a registration station or a service (wire/enrolments.v1)."""

    _inherit = "hr.face.template"

    @api.model
    def _enrol(self, device, documents):
        """One result per document, in order. One bad person never blocks the next."""
        self.check_access("create")
        device = device.sudo()
        if not (device.may_enrol or device.service_url):
            raise NotAllowed(NO_STATION)
        return [self.sudo()._enrol_one(device, document) for document in documents]

    def _enrol_one(self, device, document):
        try:
            enrolment = wire_enrolment.parse_enrolment(document)
            for number, template in enumerate(enrolment.templates):
                self._check_vector(template, number)
        except Malformed as error:
            return _rejected("malformed", field=error.field)
        if any(template.model != device.company_id.face_model for template in enrolment.templates):
            return _rejected("wrong_model")
        if enrolment.session:
            return self._capture(device, enrolment)
        if not device.may_enrol:
            raise NotAllowed(NO_STATION)
        employees = self._resolve(enrolment.by, enrolment.value, device.company_id)
        if len(employees) != 1:
            return _rejected("ambiguous_employee" if employees else "unknown_employee")
        consent = self.env["hr.face.consent"]._active_of(employees).get(employees.id)
        if not consent:
            return _rejected("no_consent", employee=employees)
        return self._keep(device, employees, consent, enrolment)

    def _check_vector(self, template, number):
        dimension = KNOWN_DIMENSIONS.get(template.model)
        fault = vector_fault(template.vector)
        if dimension and len(template.vector) != 4 * dimension:
            fault = f"This model makes vectors of {dimension} numbers."
        if fault:
            raise Malformed(f"templates.{number}.vector", fault)

    @api.model
    def _resolve(self, by, value, company):
        """The active employees of this company that a station means.

        As superuser, because badge and e-mail are private; the domain is fixed here and
        nothing of the person is told to the station but what the result says.
        """
        domain = [("company_id", "=", company.id)]
        Employee = self.env["hr.employee"].sudo()
        if by == "id":
            if not value.isascii() or not value.isdigit() or len(value) > 9:
                return Employee
            return Employee.search([*domain, ("id", "=", int(value))])
        if by == "external_id":
            record = self.env.ref(value, raise_if_not_found=False) if "." in value else None
            found = record if record is not None and record._name == "hr.employee" else Employee
            return found.filtered_domain([*domain, ("active", "=", True)])
        name = {"badge": "barcode", "email": "work_email"}[by]
        operator = "=" if by == "badge" else "=ilike"
        escaped = value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return Employee.search(
            [*domain, (name, operator, value if by == "badge" else escaped)], limit=2
        )

    def _keep(self, device, employee, consent, enrolment):
        """As a session of its own, decided at once unless the face is somebody else's."""
        uuids = [item.uuid for item in enrolment.templates]
        domain = [("company_id", "=", employee.company_id.id), ("uuid", "in", uuids)]
        known, waiting = self.search(domain), self.env["hr.face.capture"].search(domain)
        if (known.employee_id | waiting.employee_id) - employee:
            return _rejected("malformed", field="templates.0.uuid")
        if set(uuids) == set(known.mapped("uuid")):
            return self._told(employee, "duplicate")
        session = waiting.enrolment_id[:1]
        if not session:
            session = session.create({"employee_id": employee.id, "source": "station"})
            new = [item for item in enrolment.templates if item.uuid not in known.mapped("uuid")]
            session._take(new, device)
        if session._same_face():
            session._wait_for_review()
            return _rejected("duplicate_face", employee=employee)
        session._confirm(replace=enrolment.replace, spare=known)
        return self._told(employee, "accepted")

    def _told(self, employee, status):
        return {
            "status": status,
            "reason": None,
            "field": None,
            "employee": employee.id,
            "display_name": employee.name,
            "templates": self.search_count([("employee_id", "=", employee.id)]),
        }

    def _capture(self, device, enrolment):
        """Captures for a session that a browser is at; what they are for is decided later."""
        sessions = self.env["hr.face.enrolment"]
        session = sessions.search(
            [("uuid", "=", enrolment.session), ("company_id", "=", device.company_id.id)]
        )
        if not session or not session._is_open():
            return _rejected("session_over")
        if not session._consent():
            return _rejected("no_consent", employee=session.employee_id)
        new = session._take(enrolment.templates, device)
        return {
            "status": "accepted" if new else "duplicate",
            "reason": None,
            "field": None,
            "employee": None,
            "display_name": None,
            "templates": len(session.capture_ids),
        }

    @api.model
    def _make(self, session, captures, parts, *, replace, spare):
        """Templates of captures (with `parts`, see hr.face.capture), and what is kept of them.

        Args:
            spare: templates that are never replaced.
        """
        employee, consent = session.employee_id, session._consent()
        domain = [("employee_id", "=", employee.id), ("model", "=", employee.company_id.face_model)]
        before = self.search(domain) - spare
        now = fields.Datetime.now()
        values = [
            {
                "employee_id": employee.id,
                "company_id": employee.company_id.id,
                "consent_id": consent.id,
                "enrolled_at": now,
                "device_id": one.device_id.id,
                **{name: one[name] for name in COPIED},
            }
            for one in captures
        ]
        made = self._seal_all(values, [parts[one.id][0] for one in captures])
        pictures = {one.uuid: (one.pose, parts[one.id][1]) for one in captures if parts[one.id][1]}
        self.env["hr.face.image"].sudo()._keep(made, pictures)
        if replace:
            before._erase("replaced")
        self.env["hr.face.gallery.change"].sudo()._bump(employee)
        return made


def _rejected(reason, field=None, employee=None):
    """A station that is refused learns no name."""
    return {
        "status": "rejected",
        "reason": reason,
        "field": field,
        "employee": employee.id if employee else None,
        "display_name": None,
        "templates": 0,
    }
