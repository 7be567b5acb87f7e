from odoo import api, models

from ..rules import likeness

DEFAULT_THRESHOLD = 0.95
"""Of a company without gates; as a new gate's."""


class HrFaceTemplate(models.Model):
    """Who else has this face? Asked of everybody enrolled in the company, exactly."""

    _inherit = "hr.face.template"

    @api.model
    def _threshold(self, company):
        """From here on a face is named at the company's least strict gate."""
        gates = self.env["hr.face.gate"].sudo().search([("company_id", "=", company.id)])
        return min(gates.mapped("threshold"), default=DEFAULT_THRESHOLD)

    @api.model
    def _similar(self, employee, vectors):
        """Everybody else who comes close to these vectors (bytes): {employee: similarity}.

        From the threshold on it is the same face as far as a gate can tell; a little below
        they look alike (rules.likeness).
        """
        company = employee.company_id
        others = self.search(
            [
                ("company_id", "=", company.id),
                ("model", "=", company.face_model),
                ("employee_id", "!=", employee.id),
            ]
        )
        opened = others._vectors()
        found = likeness.closest(
            vectors,
            ((one.employee_id.id, opened[one.id]) for one in others),
            self._threshold(company) - likeness.LOOK_ALIKE_BELOW,
        )
        people = self.env["hr.employee"].sudo().browse(sorted(found, key=found.get, reverse=True))
        return {person: found[person.id] for person in people}

    @api.model
    def _enrol_alone(self, company):
        """Two enrolments at once would not see each other's templates: the later one starts
        again, by the rules of the transaction."""
        self.env.cr.execute(
            "UPDATE res_company SET face_consent_version = face_consent_version WHERE id = %s",
            [company.id],
        )
