import base64

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools.mail import email_normalize

from ..rules import avatar
from ..rules.errors import RateLimited
from .hr_face_person import PROFILE

MAX_CHARS = {"private_phone": 32, "private_email": 254}


class HrFacePerson(models.AbstractModel):
    """What people do on their own page. `how` is "portal" (an account) or "link"."""

    _inherit = "hr.face.person"

    @api.model
    def _save_profile(self, person, asked, picture=None):
        """Keep their phone, e-mail and language, and their picture; nothing else is looked at.

        Args:
            asked: what a form sent, untrusted: {name: text}.
            picture: bytes of an uploaded file, or None.

        Raises:
            UserError: a value cannot be kept; nothing is changed.
        """
        values = {name: (asked.get(name) or "").strip() for name in PROFILE if name in asked}
        for name, limit in MAX_CHARS.items():
            if len(values.get(name, "")) > limit:
                raise UserError(person.env._("That is too long."))
        if values.get("private_email") and not email_normalize(values["private_email"]):
            raise UserError(person.env._("That is not an e-mail address."))
        languages = dict(person.env["res.lang"].get_installed())
        if "lang" in values and values["lang"] not in languages:
            raise UserError(person.env._("That language is not available."))
        if picture:
            values["image_1920"] = self._harmless(person, picture)
        changed = {name: value for name, value in values.items() if person[name] != value}
        if changed:
            person.write({name: value or False for name, value in changed.items()})

    def _harmless(self, person, picture):
        try:
            return base64.b64encode(avatar.reencoded(picture))
        except avatar.NotAPicture as error:
            said = {
                "size": person.env._("The picture is too large: 6 MB at the most."),
                "pixels": person.env._("The picture has too many pixels."),
                "format": person.env._("That is not a JPEG or PNG picture."),
            }
            raise UserError(said[error.reason]) from error

    @api.model
    def _dispute(self, person, event_id, note, how):
        """Say of one of their events that it was wrong. Raises UserError if it is not theirs."""
        event = self._about(person, "hr.face.event", [("id", "=", event_id)])
        if not event or event.redacted_at:
            raise UserError(person.env._("There is no such event of yours."))
        try:
            self.env["hr.face.throttle"]._count("dispute", str(person.id))
        except RateLimited as error:
            raise UserError(
                person.env._("You have said this often today. Please talk to HR.")
            ) from error
        event._dispute(note, how)

    @api.model
    def _agree(self, person, version, how):
        """Give consent to the text they have just read, in the language they read it in."""
        if version != person.company_id.face_consent_version:
            raise UserError(
                person.env._("The text has changed while you were reading. Please read it again.")
            )
        if self._consent_given(person):
            return
        person.env["hr.face.consent"].create(
            {"employee_id": person.id, "method": how, "lang": person.env.lang}
        )

    def _consent_given(self, person):
        """Whether they have agreed to the present text already."""
        given = person.env["hr.face.consent"]._active_of(person).get(person.id)
        return given and not given.is_earlier

    @api.model
    def _withdraw(self, person):
        """Withdraw: templates are erased and the gates told, in this transaction."""
        self._about(person, "hr.face.consent", [("state", "=", "given")]).action_withdraw()

    @api.model
    def _export(self, person):
        """(file name, zip) of all that is held on them; that they took it is noted."""
        person.env["hr.face.access.log"]._note(
            person, "export", person.env._("By the person, on their own page")
        )
        content = person.env["hr.face.export"]._zip(person, vectors=False)
        return f"face-data-{person.id}.zip", content
