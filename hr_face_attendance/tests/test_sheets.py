"""Who gets which sheet, in which words, at once or in the background."""

from contextlib import suppress
from datetime import date, timedelta
from unittest.mock import patch

from freezegun import freeze_time
from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, HttpCase, TransactionCase, tagged
from odoo.tools import mute_logger

from ..models import hr_face_sheet as sheet_module
from ..sheets.table import WHOLE, Column
from .test_presence import PresenceCase
from .test_sessions import SessionCase
from .test_sheet_book import opened

EVENING = "2025-03-04 20:00:00"
FIRST, LAST = date(2025, 3, 1), date(2025, 3, 31)
BUS = "odoo.addons.bus.models.bus.BusBus._sendone"


class SheetCase(PresenceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls._user("sheet_manager", "hr_face_attendance.group_face_manager")
        cls.sales = cls.env["hr.department"].create(
            {"name": "=Sales/North", "company_id": cls.company.id}
        )
        cls.mara.department_id = cls.sales

    def week(self):
        """Monday: Mara late, Idris absent; on Tuesday evening Mara has been there."""
        with freeze_time(EVENING):
            self.see(("07:20", 0, self.entrance), ("16:05", 0, self.exit))
            self.see(("06:58", 1, self.entrance), ("16:01", 1, self.exit))
            self.deliver(EVENING)
            people = (self.mara + self.idris + self.noor).ids
            self.env["hr.face.day"]._keep(
                {one: {date(2025, 3, 3), date(2025, 3, 4)} for one in people}
            )

    def sheet(self, user=None, **values):
        values = {"period": "own", "date_from": FIRST, "date_to": LAST} | values
        return self.as_(user or self.manager, self.env["hr.face.sheet"]).create(values)

    def cells(self, sheet):
        """{sheet name: {(row, column): value}} of the file that this sheet downloads."""
        _name, content = sheet._download()
        return {
            page.title: {
                (cell.row, cell.column): cell.value for row in page.iter_rows() for cell in row
            }
            for page in opened(content, data_only=True)
        }

    def names(self, sheet):
        people = self.cells(sheet)["People"]
        return [value for (row, column), value in people.items() if column == 1 and row > 4][:-1]

    def run_cron(self, name="_cron_make"):
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            getattr(self.env["hr.face.sheet"].with_env(self.env(cr=cr, user=1)), name)()
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestSheets(SheetCase, TransactionCase):
    @freeze_time(EVENING)
    def test_what_days_came_to_stands_in_the_cells(self):
        self.week()
        cells = self.cells(self.sheet())
        self.assertEqual(set(cells), {"Summary", "People", "=Sales-North", "No department"})
        grid = cells["=Sales-North"]
        # column 5 is Monday 3 March
        self.assertEqual([grid[5, column] for column in range(4, 8)], [None, "L", "P", None])
        day = self.env["hr.face.day"].search(
            [("employee_id", "=", self.mara.id), ("date", "=", date(2025, 3, 3))]
        )
        self.assertAlmostEqual(grid[6, 5].total_seconds() / 3600, day.worked_h, 3)
        absent = cells["No department"]
        self.assertEqual((absent[5, 1], absent[5, 5], absent[6, 5]), ("Idris Vale", "A", None))

    @freeze_time(EVENING)
    def test_an_officer_s_sheet_holds_own_people_only(self):
        self.week()
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self._employee("Far Away", "X1", other, self.calendar)
        everybody = ["Idris Vale", "Mara Lindqvist", "Noor Castellan"]
        for user, expected in (
            (self.officer, ["Mara Lindqvist"]),
            (self.auditor, everybody),
            (self.manager, everybody),
        ):
            with self.subTest(user.login):
                self.assertEqual(sorted(self.names(self.sheet(user))), expected)
                chosen = {"active_model": "hr.employee", "active_ids": (self.mara + self.idris).ids}
                asked = self.as_(user, self.env["hr.face.sheet"]).with_context(**chosen).create({})
                found = {"Mara Lindqvist", "Idris Vale"} & set(expected)
                self.assertEqual(set(self.names(asked)), found)

    @freeze_time(EVENING)
    def test_another_company_never(self):
        self.week()
        other = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = self._user("sheet_stranger", "hr_face_attendance.group_face_manager", other)
        self.assertEqual(self.names(self.sheet(stranger)), [])
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
            self.sheet(stranger, person_ids=[(6, 0, self.mara.ids)])
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
            self.sheet(stranger, company_id=self.company.id)

    @freeze_time(EVENING)
    def test_a_department_is_asked_for_with_those_below_it(self):
        self.week()
        below = self.env["hr.department"].create(
            {"name": "Below", "parent_id": self.sales.id, "company_id": self.company.id}
        )
        self.idris.department_id = below
        asked = self.sheet(department_ids=[(6, 0, self.sales.ids)])
        self.assertEqual(sorted(self.names(asked)), ["Idris Vale", "Mara Lindqvist"])

    @freeze_time(EVENING)
    def test_who_has_left_is_there_with_the_days_they_have(self):
        self.week()
        (self.mara + self.noor).active = False
        before = self.sheet(date_from="2025-01-01", date_to="2025-01-31")
        self.assertEqual(self.names(before), ["Idris Vale"])
        self.assertIn("Mara Lindqvist", self.names(self.sheet()))

    def test_dates_follow_the_period(self):
        with freeze_time("2025-03-31 12:00:00"):
            for period, expected in (
                ("this_month", ("2025-03-01", "2025-03-31")),
                ("last_month", ("2025-02-01", "2025-02-28")),
                ("this_year", ("2025-01-01", "2025-03-31")),
            ):
                with self.subTest(period):
                    sheet = self.env["hr.face.sheet"].create({"period": period})
                    self.assertEqual((str(sheet.date_from), str(sheet.date_to)), expected)
        for first, last in (("2025-03-02", "2025-03-01"), ("1990-01-01", "2025-03-01")):
            with self.assertRaises(ValidationError):
                self.sheet(date_from=first, date_to=last)

    @freeze_time(EVENING)
    def test_what_was_selected_in_a_list_is_asked_for(self):
        self.week()
        Sheet = self.as_(self.manager, self.env["hr.face.sheet"])
        people = Sheet.with_context(active_model="hr.employee", active_ids=self.mara.ids)
        self.assertEqual(people.create({}).person_ids.employee_id, self.mara)
        days = self.env["hr.face.day"].search([("date", "=", "2025-03-04")])
        chosen = Sheet.with_context(active_model="hr.face.day", active_ids=days.ids).create({})
        self.assertEqual(set(chosen.person_ids.ids), set(days.employee_id.ids))
        self.assertEqual((str(chosen.date_from), str(chosen.date_to)), ("2025-03-04",) * 2)

    @freeze_time(EVENING)
    def test_words_dates_and_direction_are_those_of_the_receiver(self):
        self.week()
        self.env["res.lang"]._activate_lang("ar_001")
        self.env["res.lang"]._activate_lang("fr_FR")
        for lang, rtl, monday, number in (
            ("fr_FR", False, "lun.", "dd/mm"),
            ("ar_001", True, "الاثنين", "dd/mm"),
            ("en_US", False, "Mon", "mm/dd"),
        ):
            with self.subTest(lang):
                self.officer.lang = lang
                book = opened(self.sheet(self.officer)._download()[1])
                page = book["=Sales-North"]
                self.assertEqual(bool(page.sheet_view.rightToLeft), rtl)
                self.assertEqual((page["E3"].value, page["E4"].number_format), (monday, number))

    @freeze_time(EVENING)
    def test_the_time_it_was_made_is_in_the_receiver_s_zone(self):
        self.officer.tz = "Asia/Ho_Chi_Minh"
        said = self.cells(self.sheet(self.officer))["Summary"][2, 1]
        self.assertIn("Asia/Ho_Chi_Minh", said)
        self.assertIn("3:00", said)  # 20:00 UTC is three in the morning there

    @freeze_time(EVENING)
    def test_ten_times_the_people_take_as_many_queries(self):
        people = self.crowd(200)

        def ask(count):
            asked = self.sheet(self.auditor, person_ids=[(6, 0, people[:count].ids)])
            return lambda: asked._as_asker()._made()

        self.queries(ask(1))
        few, many = self.queries(ask(20)), self.queries(ask(200))
        self.assertEqual(few, many)
        self.assertLess(many, 30)

    @freeze_time(EVENING)
    def test_a_large_sheet_is_made_in_the_background_for_who_asked(self):
        self.week()
        self.patch(sheet_module, "AT_ONCE", 10)
        sheet = self.sheet(self.officer)
        self.assertEqual(sheet.action_make()["tag"], "display_notification")
        self.assertEqual((sheet.state, sheet._download()), ("waiting", None))
        with patch(BUS) as bus:
            self.run_cron()
        self.assertEqual(sheet.state, "done")
        [(channel, kind, told)] = [call.args for call in bus.call_args_list]
        self.assertEqual(channel, self.officer.partner_id)
        self.assertEqual((kind, told["url"]), ("hr_face_attendance/sheet", sheet._url()))
        self.assertEqual(self.names(sheet), ["Mara Lindqvist"])
        self.assertEqual(sheet.action_make()["url"], sheet._url())
        with freeze_time("2025-03-05 20:00:01"):
            self.assertIsNone(sheet._download(), "its day is over")
            self.env["hr.face.sheet"]._gc_sheets()
        self.assertFalse(sheet.exists())

    @freeze_time(EVENING)
    def test_nobody_else_sees_or_fetches_it_and_nobody_opens_its_file(self):
        sheet = self.sheet(self.officer)
        sheet.sudo().write({"state": "done", "content": b"eA==", "expires_at": "2025-03-05"})
        for user in (self.manager, self.auditor):
            found = self.as_(user, self.env["hr.face.sheet"]).search([])
            self.assertNotIn(sheet, found)
        with self.assertRaises(AccessError):
            sheet.read(["content"])
        kept = [("res_model", "=", "hr.face.sheet"), ("res_field", "=", "content")]
        file = self.env["ir.attachment"].sudo().search(kept)
        self.assertEqual(len(file), 1)
        for user in (self.manager, self.officer):
            with self.subTest(user.login), self.assertRaises(AccessError):
                file.with_user(user).read(["raw"])

    @freeze_time(EVENING)
    def test_rights_are_those_of_the_moment_it_is_made_and_fetched(self):
        self.week()
        waiting, ready = self.sheet(self.officer), self.sheet(self.officer)
        waiting.sudo().state = "waiting"
        ready.sudo().write({"state": "done", "content": b"eA==", "expires_at": "2025-03-05"})
        self.officer.group_ids = [(6, 0, self.env.ref("base.group_user").ids)]
        self.run_cron()
        self.assertEqual(waiting.sudo().state, "failed")
        with self.assertRaises(AccessError):
            ready._download()

    @freeze_time(EVENING)
    def test_what_cannot_be_made_fails_and_lets_others_be_made(self):
        self.week()
        broken, good = self.sheet(), self.sheet()
        (broken + good).sudo().state = "waiting"
        made = type(good)._made

        def fails(self):
            if self.id == broken.id:
                raise MemoryError
            return made(self)

        for _ in range(sheet_module.TRIES):
            # not assertRaises: it would take back what the cron has committed
            with patch.object(type(good), "_made", fails), suppress(MemoryError):
                self.run_cron()
        self.run_cron()
        self.assertEqual((broken.sudo().state, good.sudo().state), ("failed", "done"))
        self.assertTrue(broken.message)

    @freeze_time(EVENING)
    def test_the_size_counts_who_is_in_the_sheet(self):
        self.week()
        (self.mara + self.noor).active = False
        for first, last, people, days in (
            ("2025-03-03", "2025-03-04", 3, 2),
            ("2025-01-01", "2025-01-31", 1, 31),
        ):
            sheet = self.sheet(date_from=first, date_to=last)
            with self.subTest(first):
                self.assertEqual(sheet._as_asker()._size(), people * days)
                self.assertEqual(len(self.names(sheet)), people)

    @freeze_time(EVENING)
    def test_a_large_draft_is_not_made_while_somebody_waits_however_it_is_asked_for(self):
        self.week()
        sheet = self.sheet(self.officer)
        self.assertTrue(sheet._download())
        self.patch(sheet_module, "AT_ONCE", 10)
        self.assertIsNone(sheet._download())
        self.assertEqual(sheet.state, "draft")

    @freeze_time(EVENING)
    def test_of_a_selection_of_which_nobody_is_left_the_sheet_is_of_nobody(self):
        self.week()
        self.noor.attendance_manager_id = self.officer
        Sheet = self.as_(self.officer, self.env["hr.face.sheet"])
        chosen = {"active_model": "hr.employee", "active_ids": self.idris.ids}
        of_others = Sheet.with_context(**chosen).create({})
        self.assertEqual((of_others.person_ids.ids, self.names(of_others)), ([], []))
        with Form(Sheet.with_context(**chosen)) as form:  # as the dialog does
            self.assertFalse(form.everybody)
        self.assertEqual(self.names(form.record), [])
        later = self.sheet(self.officer, person_ids=[(6, 0, self.mara.ids)])
        self.assertEqual(self.names(later), ["Mara Lindqvist"])
        self.mara.attendance_manager_id = self.manager
        self.env.invalidate_all()
        self.assertEqual(self.names(later), [], "none of hers any more, and not everybody")

    @freeze_time(EVENING)
    def test_who_was_selected_and_has_left_is_there_and_taking_all_away_means_everybody(self):
        self.week()
        self.mara.active = False
        Sheet = self.as_(self.manager, self.env["hr.face.sheet"])
        chosen = {"active_model": "hr.employee", "active_ids": self.mara.ids}
        asked = Sheet.with_context(**chosen).create(
            {"period": "own", "date_from": FIRST, "date_to": LAST}
        )
        self.assertEqual(self.names(asked), ["Mara Lindqvist"])
        asked.write({"person_ids": [(5, 0, 0)]})
        self.assertEqual(len(self.names(asked)), 3)
        self.assertEqual(len(self.names(self.sheet())), 3, "asked for without choosing anybody")

    def test_a_file_of_everything_is_refused_in_words(self):
        self.patch(sheet_module, "MOST", 10)
        with self.assertRaisesRegex(UserError, "fewer"):
            self.sheet().action_make()

    def test_a_caller_makes_no_sheet_for_somebody_else_and_changes_none(self):
        sheet = self.sheet(self.officer, user_id=self.manager.id, state="done", monthly=True)
        self.assertEqual((sheet.user_id, sheet.state), (self.officer, "draft"))
        self.assertFalse(sheet.monthly)
        for values, error in (
            ({"user_id": self.manager.id}, AccessError),
            ({"state": "done"}, AccessError),
        ):
            with self.assertRaises(error):
                sheet.write(values)
        sheet.sudo().state = "waiting"
        with self.assertRaises(UserError):
            sheet.write({"date_from": "2025-02-01"})

    def test_other_lists_use_the_same_writer(self):
        self.env["res.lang"]._activate_lang("ar_001")
        sheets = self.as_(self.officer, self.env["hr.face.sheet"]).with_context(lang="ar_001")
        content = sheets._list_book(
            "Briefing", "3/3", [Column("Who"), Column("N", WHOLE)], [("=M", 1)]
        )
        page = opened(content)["Briefing"]
        self.assertEqual([cell.value for cell in page[5]], ["=M", 1])
        self.assertTrue(page.sheet_view.rightToLeft)


@tagged("post_install", "-at_install")
class TestSessionSheet(SessionCase, TransactionCase):
    @freeze_time(EVENING)
    def test_the_list_of_a_session_is_what_its_page_shows(self):
        one = self.session(face_employee_ids=[(6, 0, (self.mara + self.idris).ids)])
        self.see(("08:10", 0, self.entrance))
        for user, people in ((self.officer, 1), (self.auditor, 2)):
            with self.subTest(user.login):
                user.tz = "Europe/Brussels"
                journal = self.as_(user, self.env["hr.face.journal"])
                shown = {row["name"]: row for row in journal.session(one.id)["people"]}
                name, content = journal._session_sheet(one.id)
                self.assertEqual(name, "Lecture 2025-03-03.xlsx")
                page = opened(content)["Lecture"]
                rows = {row[0]: row for row in page.iter_rows(5, values_only=True)}
                self.assertEqual(set(rows), set(shown))
                self.assertEqual(len(rows), people)
                mara = rows["Mara Lindqvist"]
                self.assertEqual(mara[2].lower(), shown["Mara Lindqvist"]["state"])
                came = shown["Mara Lindqvist"]["came_at"]
                local = fields.Datetime.to_datetime(came) + timedelta(hours=1)
                self.assertEqual(mara[3], local, "in the zone of whoever asks")


@tagged("post_install", "-at_install")
class TestSheetRoute(SheetCase, HttpCase):
    def test_a_small_sheet_comes_at_once_and_only_to_who_asked(self):
        sheet = self.sheet(self.officer)
        self.authenticate("presence_officer", "presence_officer")
        answer = self.url_open(sheet.action_make()["url"])
        self.assertEqual(answer.status_code, 200)
        self.assertIn("spreadsheetml", answer.headers["Content-Type"])
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        self.assertIn("2025-03-01", answer.headers["Content-Disposition"])
        self.assertIn("Summary", opened(answer.content).sheetnames)
        self.authenticate("presence_auditor", "presence_auditor")
        self.assertEqual(self.url_open(sheet._url()).status_code, 404)

    def test_an_expired_sheet_is_not_found(self):
        sheet = self.sheet(self.officer)
        now = fields.Datetime.now()
        values = {"state": "done", "content": b"eA==", "expires_at": now + timedelta(hours=1)}
        sheet.sudo().write(values)
        self.authenticate("presence_officer", "presence_officer")
        self.assertEqual(self.url_open(sheet._url()).content, b"x")
        sheet.sudo().expires_at = now - timedelta(seconds=1)
        self.assertEqual(self.url_open(sheet._url()).status_code, 404)
