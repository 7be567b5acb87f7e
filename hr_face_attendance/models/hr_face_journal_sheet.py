from datetime import UTC

from odoo import api, fields, models

from ..rules.local import zone_of
from ..rules.session import STATES
from ..sheets.table import MOMENT, TEXT, WHOLE, Column


class HrFaceJournal(models.AbstractModel):
    """The list of a session as a spreadsheet: what the session's page shows, no more."""

    _inherit = "hr.face.journal"

    @api.model
    def _session_sheet(self, session_id):
        """(file name, xlsx bytes) of a session, by the rights of whoever asks."""
        view = self.session(session_id)
        _ = self.env._
        zone = zone_of(self._tz())
        words = self._session_words()
        columns = [
            Column(_("Employee"), TEXT, 32),
            Column(_("Department"), TEXT, 26),
            Column(_("Status"), TEXT, 14),
            Column(_("Came"), MOMENT, 18),
            Column(_("Late (min)"), WHOLE, 10),
            Column(_("Roll call"), TEXT, 10),
        ]
        rows = [
            (
                row["name"],
                row["department"],
                words[row["state"]],
                _local(row["came_at"], zone),
                row["late_min"] or None,
                _("Yes") if row["by_roll_call"] else None,
            )
            for row in view["people"]
        ]
        start, stop = (_local(view[name], zone) for name in ("start", "stop"))
        subtitle = _(
            "%(date)s, %(start)s to %(stop)s (%(zone)s): %(present)s of %(expected)s present",
            date=view["date"],
            start=f"{start:%H:%M}",
            stop=f"{stop:%H:%M}",
            zone=zone.key,
            present=view["present"],
            expected=view["expected"],
        )
        sheets = self.env["hr.face.sheet"]
        content = sheets._list_book(view["name"], subtitle, columns, rows)
        return f"{view['name']} {view['date']}.xlsx", content

    def _session_words(self):
        _ = self.env._
        words = (_("Present"), _("Late"), _("Absent"), _("Expected"), _("On leave"))
        return dict(zip(STATES, words, strict=True))


def _local(text, zone):
    """The naive local time of a moment as the page gets it, or None."""
    if not text:
        return None
    moment = fields.Datetime.to_datetime(text).replace(tzinfo=UTC)
    return moment.astimezone(zone).replace(tzinfo=None)
