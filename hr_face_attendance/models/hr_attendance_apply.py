from odoo import models
from odoo.fields import Domain


class HrAttendance(models.Model):
    """Writing the difference that the derivation found, with as few writes as possible."""

    _inherit = "hr.attendance"

    def _face_apply(self, plans):
        """Write the difference of all plans ({employee id: Plan}). Returns {in uuid: id} of the
        rows made.

        Overtime is computed once, at the end: core does it on every write.
        """
        deletes = self.browse(row for plan in plans.values() for row in plan.deletes)
        updates = {row: new for plan in plans.values() for row, new in plan.updates.items()}
        creates = [
            (uuid, employee, new)
            for employee, plan in plans.items()
            for uuid, new in plan.creates.items()
        ]
        if not (deletes or updates or creates):
            return {}
        touched = self.browse(updates)
        before = (deletes | touched)._get_overtimes_to_update_domain()
        quiet = self.with_context(hr_face_defer_overtime=True)
        quiet.browse(deletes.ids).unlink()
        for row, new in sorted(updates.items(), key=lambda item: item[1].check_in):
            quiet.browse(row).write(_values(new))
        made = quiet.create(
            [
                {"employee_id": employee, "in_mode": "face", **_values(new)}
                for _uuid, employee, new in creates
            ]
        )
        changed = touched | self.browse(made.ids)
        domain = Domain.OR([before, changed._get_overtimes_to_update_domain()])
        if not domain.is_false():  # a mere check-in has no extra hours to compute
            changed._update_overtime(domain)
        return {uuid: row.id for (uuid, _, _), row in zip(creates, made, strict=True)}

    def _update_overtime(self, attendance_domain=None):
        if self._face_deriving() and self.env.context.get("hr_face_defer_overtime"):
            return
        super()._update_overtime(attendance_domain)


def _values(new):
    mode = "face" if new.out_uuid else "technical" if new.missing_out else "manual"
    return {
        "check_in": new.check_in.replace(tzinfo=None),
        "check_out": new.check_out.replace(tzinfo=None) if new.check_out else False,
        "out_mode": mode,
        "face_missing_out": new.missing_out,
    }
