from datetime import UTC, timedelta

from odoo import models
from odoo.exceptions import UserError

from .hr_face_event_record import Fact

DIRECTIONS = {"missing_out": "out", "missing_in": "in"}
SAME = timedelta(seconds=1)


class HrFaceProposal(models.Model):
    """What a confirmed proposal does: on the same path as everything else."""

    _inherit = "hr.face.proposal"

    def _apply(self, moment=None):
        """Make the hours follow from the answer. The caller has checked who may confirm.

        A missing punch becomes an event that a person asserts. A row that a person decided
        is changed as that person would, with the user's own rights. A closed day is derived
        again, once payroll has opened it.
        """
        self.ensure_one()
        if self.kind in DIRECTIONS:
            self._assert_punch(moment)
        else:
            self._check_unlocked()
            if self.kind == "inside_fixed":
                self._move_row()
            else:
                self._derive_again()

    def _assert_punch(self, moment):
        proposal = self.sudo()
        self.env["hr.face.event"]._record(
            [
                Fact(
                    "correction",
                    proposal.employee_id,
                    moment.replace(tzinfo=UTC),
                    DIRECTIONS[self.kind],
                    evidence={"proposal": self.id},
                )
            ]
        )

    def _check_unlocked(self):
        locked = self.sudo().company_id.face_payroll_lock_date
        if locked and self.date <= locked:
            raise UserError(
                self.env._(
                    "Payroll is closed up to %s. Move the lock date first, if that day may"
                    " still change.",
                    locked,
                )
            )

    def _move_row(self):
        """Set the end of the row that the hours speak of to the moment it was seen."""
        row = self.attendance_id
        if not row.check_out:
            raise UserError(self.env._("That record has changed. Nothing was done."))
        moved = timedelta(hours=self.hours)
        at = self.earliest
        if abs(at - row.check_out - moved) <= SAME:
            row.check_out = at
        elif abs(row.check_in - at - moved) <= SAME:
            row.check_in = at
        else:
            raise UserError(self.env._("That record has changed. Nothing was done."))

    def _derive_again(self):
        employee = self.sudo().employee_id
        self.env["hr.face.presence"].sudo()._touch(employee.ids)
        self.env["hr.attendance"].sudo()._face_derive({employee: self.earliest})
