from odoo import api, fields, models

from ..rules import wire_bodies
from ..rules.errors import Malformed, NotAllowed
from .hr_face_device_api import naive
from .hr_face_template import vector_fault

KNOWN_DIMENSIONS = {"dlib-resnet-v1@aligned5": 128}


class HrFaceTemplate(models.Model):
    """Templates sent by a registration station (wire/enrolments.v1)."""

    _inherit = "hr.face.template"

    @api.model
    def _enrol(self, device, documents):
        """One result per document, in order. One bad person never blocks the next."""
        if not device.may_enrol:
            raise NotAllowed("This device is not a registration station; mark it as one in Odoo.")
        self.check_access("create")
        device = device.sudo()
        return [self.sudo()._enrol_one(device, document) for document in documents]

    def _enrol_one(self, device, document):
        try:
            enrolment = wire_bodies.parse_enrolment(document)
            for number, template in enumerate(enrolment.templates):
                self._check_vector(template, number)
        except Malformed as error:
            return _rejected("malformed", field=error.field)
        employees = self._resolve(enrolment.by, enrolment.value, device.company_id)
        if len(employees) != 1:
            return _rejected("ambiguous_employee" if employees else "unknown_employee")
        consent = self.env["hr.face.consent"]._active_of(employees).get(employees.id)
        if not consent:
            return _rejected("no_consent", employee=employees)
        if any(template.model != device.company_id.face_model for template in enrolment.templates):
            return _rejected("wrong_model", employee=employees)
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
        domain = [("company_id", "=", employee.company_id.id)]
        known = self.search([*domain, ("uuid", "in", [item.uuid for item in enrolment.templates])])
        if known.employee_id - employee:
            return _rejected("malformed", field="templates.0.uuid")
        new = [item for item in enrolment.templates if item.uuid not in set(known.mapped("uuid"))]
        if new:
            before = self.search(
                [("employee_id", "=", employee.id), ("model", "=", device.company_id.face_model)]
            )
            now = fields.Datetime.now()
            shared = {
                "employee_id": employee.id,
                "company_id": employee.company_id.id,
                "consent_id": consent.id,
                "source": enrolment.source,
                "enrolled_at": now,
                "device_id": device.id,
            }
            self._seal_all(
                [shared | _described(item) for item in new], [item.vector for item in new]
            )
            if enrolment.replace:
                (before - known)._erase("replaced")
            self.env["hr.face.gallery.change"]._bump(employee)
            employee._face_note(self.env._("%s face templates enrolled.", len(new)))
        return {
            "status": "accepted" if new else "duplicate",
            "reason": None,
            "field": None,
            "employee": employee.id,
            "display_name": employee.name,
            "templates": self.search_count([("employee_id", "=", employee.id)]),
        }


def _described(item):
    return {
        "uuid": item.uuid,
        "model": item.model,
        "dimension": len(item.vector) // 4,
        "quality": item.quality,
        "face_px": item.face_px,
        "captured_at": naive(item.captured_at),
    }


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
