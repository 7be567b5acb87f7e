from odoo import api, fields, models
from odoo.exceptions import AccessError


class HrFaceLookAlike(models.Model):
    """Two people too close to tell apart by face, as HR has confirmed: twins, for example.

    Gates and kiosks ask both for PIN or badge besides. A pair lives as long as both are
    enrolled: who looks like whom is known from templates only.
    """

    _name = "hr.face.look.alike"
    _description = "Look-Alikes"
    _order = "similarity desc, id"
    _rec_name = "employee_id"

    employee_id = fields.Many2one(
        "hr.employee", required=True, readonly=True, index=True, ondelete="cascade"
    )
    other_id = fields.Many2one(
        "hr.employee", string="And", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    similarity = fields.Float(readonly=True, digits=(5, 4), aggregator=None)
    decided_by_id = fields.Many2one("res.users", string="Told Apart By", readonly=True)
    decided_at = fields.Datetime(string="Told Apart On", readonly=True)

    _pair_unique = models.UniqueIndex("(employee_id, other_id)", "This pair is already known.")
    _pair_ordered = models.Constraint(
        "CHECK(employee_id < other_id)", "A pair is listed once, the earlier employee first."
    )

    def write(self, vals):
        raise AccessError(self.env._("A pair is not edited."))

    @api.model
    def _of(self, employees):
        either = ["|", ("employee_id", "in", employees.ids), ("other_id", "in", employees.ids)]
        return self.sudo().search(either)

    @api.model
    def _known(self, employee):
        """Whom this person is known to look like."""
        pairs = self._of(employee)
        return (pairs.employee_id | pairs.other_id) - employee

    @api.model
    def _note(self, employee, similar):
        """Both need a second factor from now on; `similar` is {other: similarity}."""
        known = self._known(employee)
        pairs = self.sudo().create(
            [
                {
                    "employee_id": min(employee.id, other.id),
                    "other_id": max(employee.id, other.id),
                    "company_id": employee.company_id.id,
                    "similarity": similarity,
                    "decided_by_id": self.env.uid,
                    "decided_at": fields.Datetime.now(),
                }
                for other, similarity in similar.items()
                if other not in known
            ]
        )
        self.env["hr.face.gallery.change"].sudo()._bump(pairs.employee_id | pairs.other_id)

    @api.model
    def _forget_unenrolled(self, employees):
        """Templates of these people were erased: pairs of whoever has none left are void."""
        enrolled = self.env["hr.face.template"].sudo()._of(employees).employee_id
        void = self._of(employees - enrolled)
        people = void.employee_id | void.other_id
        void.unlink()
        self.env["hr.face.gallery.change"].sudo()._bump_enrolled(people)
