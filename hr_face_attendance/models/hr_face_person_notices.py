from odoo import api, models

from ..rules import notice


class HrFacePerson(models.AbstractModel):
    """Notifications as they are shown and chosen on one's own page."""

    _inherit = "hr.face.person"

    @api.model
    def _notices(self, person):
        """What they may be told of and chose, their quiet hours, their phones."""
        choice = person.env["hr.face.notice.choice"]._of(person)[person.id]
        names = notice.OWN + (notice.MANAGERS if self._is_manager(person) else ())
        labels = choice.with_env(person.env).fields_get(names, ["string"])
        quiet = choice.quiet_from != choice.quiet_until
        phones = self._about(person, "hr.face.push.subscription", [])
        return {
            "kinds": [
                {"name": name, "label": labels[name]["string"], "wanted": choice[name]}
                for name in names
            ],
            "quiet_from": _text(choice.quiet_from) if quiet else "",
            "quiet_until": _text(choice.quiet_until) if quiet else "",
            "phones": [
                {
                    "id": phone.id,
                    "label": phone.label,
                    "last": self._moment(person, phone.last_sent_at),
                }
                for phone in phones
            ],
        }

    def _is_manager(self, person):
        user = person.user_id
        return bool(user) and user.has_group("hr_face_attendance.group_face_operator")

    @api.model
    def _subscribe(self, person, endpoint, p256dh, auth, label, link=None):
        person.env["hr.face.push.subscription"]._subscribe(
            person, endpoint, p256dh, auth, label, link
        )


def _text(hours):
    minutes = round(hours * 60) % (24 * 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
