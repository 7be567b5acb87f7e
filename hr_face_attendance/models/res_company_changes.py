from odoo import models

NO_SETTINGS = {"face_consent_version", "face_late_told_on"}
"""Written by the program, not by anybody."""
OF_THE_KIOSK = ("attendance_kiosk_mode", "attendance_kiosk_delay", "attendance_kiosk_use_pin")


class ResCompany(models.Model):
    """Changes of a company's settings for face attendance are logged like those of a gate."""

    _inherit = "res.company"

    def _face_logged_settings(self):
        return {
            name
            for name, field in self._fields.items()
            if (name.startswith("face_") and field.type not in ("one2many", "json"))
            or name in OF_THE_KIOSK
        } - NO_SETTINGS

    def write(self, vals):
        names = sorted(self._face_logged_settings() & set(vals))
        before = {company: {name: company[name] for name in names} for company in self if names}
        result = super().write(vals)
        for company, values in before.items():
            changes = {
                name: (value, company[name])
                for name, value in values.items()
                if value != company[name]
            }
            if changes:
                self.env["hr.face.change"]._note(company, changes)
        return result
