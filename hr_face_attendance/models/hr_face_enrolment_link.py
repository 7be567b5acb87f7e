import base64
import secrets

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, sql

from ..rules import pairing

MARK = "fl_"
PAGE = "/hr_face_attendance/enrol"


class HrFaceEnrolment(models.Model):
    """An enrolment on the employee's own phone, by a link that is good once and for a while.

    The secret is in the link's fragment, which browsers send to no server and write into
    no log; the page hands it over in bodies. Its hash is in a column that the ORM does not
    know. It ends with the session, whatever ends that.
    """

    _inherit = "hr.face.enrolment"

    def init(self):
        super().init()
        if not sql.column_exists(self.env.cr, self._table, "link_hash"):
            self.env.cr.execute("ALTER TABLE hr_face_enrolment ADD COLUMN link_hash varchar")
            self.env.cr.execute(
                "CREATE UNIQUE INDEX hr_face_enrolment_link_hash_idx"
                " ON hr_face_enrolment (link_hash)"
            )

    @api.model
    def make_link(self, employee_id, send=False):
        """A new link for this person; the ones before are good no more.

        Args:
            send: also by e-mail to their work address.

        Returns:
            {"id", "url", "qr" (data URL), "expires_at", "sent_to" (address or None)}
        """
        session = self.create({"employee_id": employee_id, "source": "link"})
        employee = session.sudo().employee_id
        self.search(
            [
                *(("employee_id", "=", employee.id), ("source", "=", "link")),
                *(("state", "=", "open"), ("id", "!=", session.id)),
            ]
        )._end("cancelled")
        url = session._new_link()
        address = employee.work_email
        if send and not address:
            raise UserError(self.env._("%s has no work e-mail.", employee.name))
        if send:
            session._send_link(url)
        qr = self.env["ir.actions.report"].barcode("QR", url, width=300, height=300, quiet=1)
        return {
            "id": session.id,
            "url": url,
            "qr": f"data:image/png;base64,{base64.b64encode(qr).decode()}",
            "expires_at": fields.Datetime.to_string(session.expires_at),
            "sent_to": address if send else None,
        }

    def _new_link(self):
        secret = MARK + secrets.token_urlsafe(32)
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                "UPDATE hr_face_enrolment SET link_hash = %s WHERE id = %s",
                pairing.token_digest(secret),
                self.id,
            )
        )
        lang = self._link_lang()
        return f"{self.sudo().employee_id.get_base_url()}{PAGE}?lang={lang}#{secret}"

    def _link_lang(self):
        employee = self.sudo().employee_id
        return employee.lang or employee.company_id.partner_id.lang or "en_US"

    def _send_link(self, url):
        """The message is not kept: whoever has it can enrol."""
        template = self.env.ref("hr_face_attendance.mail_template_face_link")
        template.sudo().with_context(face_link=url, lang=self._link_lang()).send_mail(
            self.id, force_send=True, email_values={"auto_delete": True}
        )

    @api.model
    def _by_link(self, secret):
        """The open session of a link, as superuser; empty if it is over or never was."""
        none = self.sudo().browse()
        if not isinstance(secret, str) or not secret.startswith(MARK) or len(secret) > 100:
            return none
        self.flush_model(["state", "expires_at"])
        self.env.cr.execute(
            "SELECT id FROM hr_face_enrolment WHERE link_hash = %s AND state = 'open'",
            [pairing.token_digest(secret)],
        )
        session = none.browse(row[0] for row in self.env.cr.fetchall())
        return session.filtered(lambda one: one._is_open() and one.employee_id.active)

    def _link_screen(self):
        """What the person's own page shows: nobody else, and nothing that HR alone may see."""
        employee = self.employee_id
        company = employee.company_id
        return {
            "name": employee.name,
            "company": company.name,
            "consent": {
                "given": bool(self._consent()),
                "text": company._face_consent_words(),
                "version": company.face_consent_version,
            },
            "missing": self._missing(),
            "captures": len(self.capture_ids),
        }

    def _link_consent(self, version):
        """They agree, having read this version of the text."""
        if version != self.company_id.face_consent_version:
            raise UserError(self.env._("The text was changed meanwhile. Please read it again."))
        if not self._consent() or self._consent().is_earlier:
            self.env["hr.face.consent"].sudo().create(
                {
                    "employee_id": self.employee_id.id,
                    "method": "link",
                    "lang": self.env.lang or self._link_lang(),
                }
            )

    def _link_finish(self):
        """The person is done; the link is used up. Returns whether HR has to look at it."""
        if self._missing():
            raise UserError(self.env._("Some pictures are missing still."))
        if self.company_id.face_link_review or self._same_face():
            self._wait_for_review()
            self.employee_id._face_note(self.env._("Pictures for enrolment wait for review."))
            return True
        self._confirm()
        return False

    def action_revoke_link(self):
        self.check_access("create")
        if self.filtered(lambda one: one.source != "link"):
            raise AccessError(self.env._("This is no link."))
        self._end("cancelled")
        return True
