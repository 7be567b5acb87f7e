from datetime import date

from freezegun import freeze_time
from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user, tagged

from .common import at
from .test_days import MONDAY, DayCase

WEDNESDAY = date(2025, 3, 5)
NOON = "2025-03-04 11:00:00"


class PresenceCase(DayCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.officer = cls._user("presence_officer", "hr_face_attendance.group_face_officer")
        cls.auditor = cls._user("presence_auditor", "hr_face_attendance.group_face_auditor")
        cls.mara.attendance_manager_id = cls.officer

    @classmethod
    def _user(cls, login, group, company=None):
        company = company or cls.company
        options = {"company_id": company.id, "company_ids": company.ids}
        return new_test_user(cls.env, login, group, **options)

    def as_(self, user, records):
        return records.with_user(user).with_context(allowed_company_ids=user.company_ids.ids)

    def crowd(self, count):
        """So many people like Mara who were here on Monday; in SQL, for the ORM takes minutes."""
        numbers = range(count)
        people = self._copies("hr_employee", self.mara.id, name=[f"Person {n:04}" for n in numbers])
        self._copies("hr_version", self.mara.current_version_id.id, employee_id=people)
        self.env.cr.execute(
            "UPDATE hr_employee e SET current_version_id = v.id, barcode = NULL,"
            " attendance_manager_id = NULL, work_contact_id = NULL"
            " FROM hr_version v WHERE v.employee_id = e.id AND e.id = ANY(%s)",
            [people],
        )
        self.env.cr.execute(
            "INSERT INTO hr_face_day (employee_id, company_id, date, status, late_min, early_min,"
            " expected_h, worked_h, first_in)"
            " SELECT e, %s, %s, 'present', 0, 0, 8, 8, %s FROM unnest(%s) AS e",
            [self.company.id, MONDAY, at("07:00").replace(tzinfo=None), people],
        )
        self.env.cr.execute("ANALYZE hr_employee, hr_version, hr_face_day")
        self.env.invalidate_all()
        return self.env["hr.employee"].browse(people)

    def _copies(self, table, row, **columns):
        """Ids of copies of a row, one for each value of the column given."""
        [(column, values)] = columns.items()
        skipped = ["id", column, "barcode"]
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns"
            " WHERE table_name = %s AND column_name != ALL(%s)",
            [table, skipped],
        )
        [(rest,)] = self.env.cr.fetchall()
        self.env.cr.execute(
            f"INSERT INTO {table} ({column}, {rest})"
            f" SELECT value, {rest} FROM {table}, unnest(%s) AS value WHERE id = %s RETURNING id",
            [list(values), row],
        )
        return [one for (one,) in self.env.cr.fetchall()]

    def queries(self, ask):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        ask()
        return self.env.cr.sql_log_count - before


@tagged("post_install", "-at_install")
class TestPresence(PresenceCase, TransactionCase):
    def _week(self):
        with freeze_time("2025-03-03 20:00:00"):
            self.deliver()
            self.see(("07:20", 0, self.entrance), ("16:05", 0, self.exit))
            self.env["hr.face.day"]._cron_keep()
        with freeze_time(NOON):
            self.see(("06:58", 1, self.entrance))
            self.deliver(NOON)
            self.env["hr.face.day"]._cron_keep()

    @freeze_time(NOON)
    def test_days_are_told_in_a_word_and_in_the_person_s_zone(self):
        self._week()
        days = (self.mara + self.idris)._face_days(date(2025, 3, 2), WEDNESDAY)
        said = {who: [day.state for day in dates.values()] for who, dates in days.items()}
        self.assertEqual(said[self.mara.id], ["off", "late", "still_in", "ahead"])
        self.assertEqual(said[self.idris.id], ["off", "absent", "pending", "ahead"])
        monday = days[self.mara.id][MONDAY]
        self.assertEqual((monday.late_min, monday.expected_h), (20, 8))
        self.assertEqual(
            [moment.isoformat() for moment in (monday.first_in, monday.last_out)],
            ["2025-03-03T08:20:00+01:00", "2025-03-03T17:05:00+01:00"],
        )
        self.assertIsNone(days[self.mara.id][date(2025, 3, 4)].last_out)

    @freeze_time(NOON)
    def test_whose_days_one_may_not_read_is_left_out_and_not_called_absent(self):
        self._week()
        other = self.env["res.company"].create({"name": "Elsewhere"})
        far = self._employee("Far Away", "X1", other, self.calendar)
        everyone = self.mara + self.idris + self.noor + far
        for user, expected in (
            (self.officer, self.mara),
            (self.auditor, self.mara + self.idris + self.noor),
        ):
            with self.subTest(user.login):
                days = self.as_(user, everyone)._face_days(MONDAY, MONDAY)
                self.assertEqual(set(days), set(expected.ids))
        with self.assertRaises(AccessError):
            employee = self._user("presence_employee", "base.group_user")
            self.as_(employee, everyone)._face_days(MONDAY, MONDAY)

    @freeze_time(NOON)
    def test_a_thousand_people_take_as_many_queries_as_a_hundred(self):
        people = self.crowd(1000)

        def ask(count):
            some = self.as_(self.auditor, people[:count])
            return lambda: some._face_days(MONDAY, WEDNESDAY)

        self.queries(ask(1))
        self.assertEqual(self.queries(ask(100)), self.queries(ask(1000)))
        self.assertLess(self.queries(ask(1000)), 12)

    @freeze_time(NOON)
    def test_the_summary_of_a_month(self):
        from ..rules.presence import summary

        self._week()
        told = summary(self.mara._face_days(date(2025, 3, 1), WEDNESDAY)[self.mara.id].values())
        self.assertEqual((told.here, told.absent, told.late, told.rate), (2, 0, 1, 1.0))


@tagged("post_install", "-at_install")
class TestRegistration(PresenceCase, TransactionCase):
    def _states(self):
        self.env.invalidate_all()  # a view has no cache to trust within a transaction
        found = self.env["hr.face.registration"].search([("company_id", "=", self.company.id)])
        return {one.employee_id: one.enrolment for one in found}

    def test_the_state_follows_consent_template_and_model(self):
        self.assertEqual(self._states()[self.mara], "no_consent")
        consent = self._consent(self.mara)
        self.assertEqual(self._states()[self.mara], "no_template")
        self._enrolled(self.mara, consent=consent)
        self.assertEqual(self._states()[self.mara], "enrolled")
        self.company.face_model = "another@1"
        self.assertEqual(self._states()[self.mara], "other_model")
        consent.action_withdraw()
        self.assertEqual(self._states()[self.mara], "no_consent")

    def test_it_says_the_same_as_the_employee_s_form(self):
        self._enrolled(self.mara)
        self._consent(self.idris)
        for employee in (self.mara, self.idris, self.noor):
            with self.subTest(employee.name):
                self.assertEqual(self._states()[employee], employee.face_status)

    def test_where_somebody_was_seen_last(self):
        self.see(("07:20", 0, self.entrance))
        found = self.env["hr.face.registration"].search([("employee_id", "=", self.mara.id)])
        self.assertEqual(
            (found.seen_at, found.gate_id), (at("07:20").replace(tzinfo=None), self.entrance)
        )
