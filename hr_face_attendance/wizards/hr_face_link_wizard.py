import base64
import io

import qrcode
from odoo import api, fields, models
from odoo.exceptions import UserError

OPEN = "/hr_face_attendance/me/open#"
"""And then the secret: in the fragment, which browsers send to no server."""


class HrFaceLinkWizard(models.TransientModel):
    """Shows a new link to somebody's own page, this once: its record keeps only a hash."""

    _name = "hr.face.link.wizard"
    _description = "Link to Own Page"

    employee_id = fields.Many2one("hr.employee", required=True, readonly=True, ondelete="cascade")
    email = fields.Char(compute="_compute_email")
    url = fields.Char(string="Link", readonly=True, store=False)
    qr = fields.Binary(compute="_compute_qr", string="QR Code")
    expires_at = fields.Datetime(string="Valid Until", readonly=True)

    @api.depends("employee_id")
    def _compute_email(self):
        for wizard in self:
            wizard.email = wizard._address()

    def _address(self):
        employee = self.employee_id.sudo()
        return employee.private_email or employee.work_email

    @api.depends("url")
    def _compute_qr(self):
        for wizard in self:
            if wizard.url:
                image = io.BytesIO()
                qrcode.make(wizard.url, box_size=4, border=2).save(image, "PNG")
                wizard.qr = base64.b64encode(image.getvalue())
            else:
                wizard.qr = False

    def action_send(self):
        """Mail a link of its own; the one that was shown stops working."""
        self.ensure_one()
        if not self._address():
            raise UserError(self.env._("%s has no e-mail address.", self.employee_id.name))
        made, secret = self.env["hr.face.link"]._make(self.employee_id)
        made._mail(self._address(), made.get_base_url() + OPEN + secret)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("The link was sent to %s.", self._address()),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }


class HrFaceLink(models.Model):
    _inherit = "hr.face.link"

    def _mail(self, address, url):
        """Send it now, in the person's language; the mail is not kept."""
        person = self.env["hr.face.person"]._as_person(self.employee_id)
        values = {"person": person, "url": url, "expires_at": self.expires_at}
        body = person.env["ir.qweb"]._render("hr_face_attendance.link_mail", values)
        mail = person.env["mail.mail"].create(
            {
                "subject": person.env._("Your attendance at %s", person.company_id.name),
                "email_from": person.company_id.email_formatted or self.env.user.email_formatted,
                "email_to": address,
                "body_html": body,
                "auto_delete": True,
            }
        )
        mail.send()


class HrEmployee(models.Model):
    _inherit = "hr.employee"

    def action_face_link(self):
        """A new link to this person's own page; earlier ones stop working."""
        self.ensure_one()
        made, secret = self.env["hr.face.link"]._make(self)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Link to Own Page"),
            "res_model": "hr.face.link.wizard",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_employee_id": self.id,
                "default_url": made.get_base_url() + OPEN + secret,
                "default_expires_at": made.expires_at,
                "dialog_size": "medium",
            },
        }
