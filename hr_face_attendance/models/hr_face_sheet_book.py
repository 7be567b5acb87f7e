from babel.dates import format_date, get_day_names
from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import babel_locale_parse
from odoo.tools.misc import format_datetime

from ..rules import sheet
from ..sheets.attendance import Words, attendance_book
from ..sheets.book import A4, LETTER, Book, Look
from ..sheets.table import add_table

_NUMBERS = {"%d": "dd", "%m": "mm", "%Y": "yyyy", "%y": "yy", "%b": "mmm", "%B": "mmmm"}
"""A language's dates as spreadsheets write them."""


class HrFaceSheet(models.Model):
    """What stands in a sheet, read by the rights of the user of the environment."""

    _inherit = "hr.face.sheet"

    def _of_people(self):
        """Of hr.face.registration, whose record rules say whose presence somebody may see: who is
        there today, and who has left and has days in this sheet."""
        domain = Domain("company_id", "=", self.company_id.id)
        if self.department_ids:
            domain &= Domain("department_id", "child_of", self.department_ids.ids)
        if not self.everybody:
            domain &= Domain("id", "in", self.person_ids.ids)
        days = self.env["hr.face.day"]._search(
            [("date", ">=", self.date_from), ("date", "<=", self.date_to)]
        )
        came = days.subselect("employee_id")
        return domain & (Domain("active", "=", True) | Domain("employee_id", "in", came))

    def _registrations(self):
        return self.env["hr.face.registration"].with_context(active_test=False)

    def _size(self):
        """Employee-days."""
        people = self._registrations().search_count(self._of_people())
        return people * ((self.date_to - self.date_from).days + 1)

    def _people(self):
        """[rules.sheet.Person]; who has left is there with the days they have."""
        found = self._registrations().search_fetch(
            self._of_people(), ["employee_id", "name", "department_id"]
        )
        departments = found.department_id.sudo()
        departments.fetch(["name"])
        days = found.employee_id._face_days(self.date_from, self.date_to)
        return [
            sheet.Person(one.name, one.department_id.sudo().name or "", own)
            for one in found
            if (own := days.get(one.employee_id.id)) is not None
        ]

    def _made(self):
        """The xlsx file as bytes; nothing is written."""
        self.ensure_one()
        dates = sheet.dates_between(self.date_from, self.date_to)
        return attendance_book(self._people(), dates, self._words(), self._look())

    def _list_book(self, title, subtitle, columns, rows, name=""):
        """The xlsx file of one list, as bytes: a session's, a roll call's.

        Args:
            columns: [sheets.table.Column].
            rows: values in their order; None stays empty.
            name: of the worksheet; the title if there is none.
        """
        book = Book(title, self._look())
        add_table(book, name or title, "1", title, subtitle, columns, rows)
        return book.close()

    def _look(self):
        lang = self.env["res.lang"]._get_data(code=self.env.lang or "en_US")
        date = lang.date_format or "%Y-%m-%d"
        for ours, theirs in _NUMBERS.items():
            date = date.replace(ours, theirs)
        company = self.company_id or self.env.company
        letter = company.sudo().paperformat_id.format == "Letter"
        return Look(
            rtl=lang.direction == "rtl",
            date=date,
            day="mm/dd" if date.find("m") < date.find("d") else "dd/mm",
            paper=LETTER if letter else A4,
        )

    def _words(self):
        locale = babel_locale_parse(self.env.lang)
        first, last = (format_date(day, "long", locale) for day in (self.date_from, self.date_to))
        tz = self.env.context.get("tz") or "UTC"
        subtitle = self.env._(
            "%(first)s – %(last)s; made %(now)s (%(zone)s)",
            first=first,
            last=last,
            now=format_datetime(self.env, fields.Datetime.now(), tz=tz, dt_format="short"),
            zone=tz,
        )
        weekdays = get_day_names("abbreviated", locale=locale)
        return Words(
            self.company_id.sudo().name,
            subtitle,
            self._names(),
            self._codes(),
            tuple(weekdays[number] for number in range(7)),
        )

    def _names(self):
        _ = self.env._
        statuses = dict(self.env["hr.face.day"]._fields["status"]._description_selection(self.env))
        return statuses | {
            "employee": _("Employee"),
            "department": _("Department"),
            "no_department": _("No department"),
            "people": _("People"),
            "summary": _("Summary"),
            "line": _("Line"),
            "status": _("Status"),
            "hours": _("Hours"),
            "expected": _("Expected hours"),
            "total": _("Total"),
            "here": _("Present"),
            "late": _("Late"),
            "late_min": _("Late (min)"),
            "early_min": _("Left early (min)"),
            "rate": _("Presence"),
            "legend": _("Legend"),
            "nothing": _("Empty: nothing was expected, and nobody came."),
        }

    def _codes(self):
        """Letters in the sheet. The word in brackets tells translators what each stands for;
        letters that are not told apart are replaced by the English ones."""
        _ = self.env._
        terms = {
            "present": _("P (present)"),
            "late": _("L (late)"),
            "still_in": _("I (still in)"),
            "missing_punch": _("M (missing punch)"),
            "absent": _("A (absent)"),
            "pending": _("W (waited for)"),
            "leave": _("V (on leave)"),
            "holiday": _("H (public holiday)"),
        }
        return {kind: term.partition(" ")[0] for kind, term in terms.items()}
