from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..rules.errors import ServerError, Unsealable
from ..rules.service_errors import ServiceError, ServiceRefused, ServiceUnreachable

TRY_AGAIN = timedelta(seconds=30)
PASSING = {"client_revoked", "invalid_token", "token_expired", "not_allowed"}
"""Refusals that are over with the next heartbeat or token."""
CHANGED = "hr_face_roll_call"


class HrFaceRollCall(models.Model):
    """The job: the recognition service looks at each photo, in the background."""

    _inherit = "hr.face.roll.call"

    @api.model
    def _cron_run(self):
        """Photo by photo, each committed; one roll call that waits does not stop the next."""
        for call in self.search([("state", "=", "reading")], order="id"):
            call._read_all()

    def _read_all(self):
        self.invalidate_recordset(["state"])
        if not self.exists() or self.state != "reading":
            return  # discarded while another one was read
        try:
            caller = self._caller()
            for photo in self.photo_ids.filtered(lambda one: one.state == "waiting"):
                photo._read_by(caller, self._threshold())
                self.env["ir.cron"]._commit_progress(1)
        except ServiceUnreachable as error:
            self._wait(error.message, timedelta(seconds=error.retry_after_s))
        except (ServiceError, ServerError) as error:
            self._wait(error.message, TRY_AGAIN)
        except UserError as error:  # whoever began it may not see its people any more
            self.env.cr.rollback()
            self._discard()
            self.message = str(error)
            self.env["ir.cron"]._commit_progress()
        else:
            self.write({"state": "review", "message": False})
            self._tell()
            self.env["ir.cron"]._commit_progress()

    def _wait(self, message, pause):
        """The photos read so far are kept; the others come again."""
        self.env.cr.rollback()
        self.message = message
        self._tell()
        self._trigger(fields.Datetime.now() + pause)
        self.env["ir.cron"]._commit_progress()

    def _caller(self):
        return self.env["hr.face.service.call"]._caller(self.company_id, ["rollcall"])

    def _threshold(self):
        return self.env["hr.face.template"]._threshold(self.company_id)

    def _tell(self):
        """Whoever waits at the page reads it anew; the message itself says nothing."""
        self.create_uid.partner_id._bus_send(CHANGED, {"id": self.id})

    def _nameable(self):
        """hr.face.registration of everybody who may be named here: those whom the user may see;
        in the job, whom the roll call's maker may see, or for a program its company's people."""
        return self._people([("active", "=", True)])

    def _shown_people(self):
        """Of everybody who is shown here: once it is confirmed, who was on the list, also those
        who have left since."""
        if self.state != "confirmed":
            return self._nameable()
        listed = self.sudo().line_ids.employee_id.ids
        return self._people([("id", "in", listed)])

    def _people(self, domain):
        people = self.env["hr.face.registration"]
        if self.env.su and not self.client_id:
            people = people.with_user(self.create_uid)
        people = people.with_context(allowed_company_ids=self.company_id.ids, active_test=False)
        return people.search([("company_id", "=", self.company_id.id), *domain])


class HrFaceRollCallPhoto(models.Model):
    _inherit = "hr.face.roll.call.photo"

    def _read_by(self, caller, threshold):
        """Ask the service, and keep which faces there are. Raises ServiceError, ServerError."""
        try:
            content = self._unseal()
        except Unsealable as error:
            raise ServerError(self.env._("A photo does not open: it was damaged.")) from error
        fields_ = {"threshold": str(threshold)}
        try:
            [said] = caller.ask("/v1/rollcall", files=[content], fields=fields_)["photos"]
        except ServiceRefused as error:
            if error.code in PASSING:
                raise ServiceUnreachable(error.message) from error
            said = {"faces": [], "width": 0, "height": 0, "detail": error.message}
        self.write(
            {
                "state": "unreadable" if said["detail"] else "read",
                "detail": said["detail"][:200],
                "width": said["width"],
                "height": said["height"],
            }
        )
        self.face_ids.unlink()
        allowed = set(self.call_id._nameable().employee_id.ids)
        faces = self.env["hr.face.roll.call.face"]
        faces.create([self._face(one, allowed) for one in said["faces"] if one["box"]])

    def _face(self, said, allowed):
        box, person = said["box"], said["person"] and said["person"]["employee"]
        similar = [one["employee"] for one in said["similar"]]
        return {
            "photo_id": self.id,
            "x": box["x"] / self.width,
            "y": box["y"] / self.height,
            "width": box["width"] / self.width,
            "height": box["height"] / self.height,
            "outcome": said["outcome"],
            "defects": (said["quality"] or {}).get("defects") or [],
            "employee_id": person if person in allowed else False,
            "similarity": said["similarity"] if person in allowed else 0,
            "similar": [one for one in similar if one in allowed],
            "is_elsewhere": bool(person) and person not in allowed,
        }


class HrFaceKey(models.AbstractModel):
    _inherit = "hr.face.key"

    @api.model
    def _in_use(self):
        """Photos live for days at the most: they are not wrapped anew, their key just stays."""
        photos = self.env["hr.face.roll.call.photo"].sudo()
        return super()._in_use() | set(photos._key_ids())
