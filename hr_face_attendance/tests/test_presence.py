from datetime import date

from freezegun import freeze_time
from odoo.exceptions import AccessError, UserError
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


@tagged("post_install", "-at_install")
class TestJournal(PresenceCase, TransactionCase):
    def _journal(self, user):
        return self.as_(user, self.env["hr.face.journal"])

    def _two_days(self):
        with freeze_time("2025-03-03 20:00:00"):
            self.deliver()
            self.see(("07:20", 0, self.entrance), ("16:05", 0, self.exit))
            self.see(("06:55", 0, self.entrance), employee=self.idris)
            self.env["hr.face.day"]._cron_keep()

    @freeze_time("2025-03-03 20:00:00")
    def test_dates_tell_how_many_were_there(self):
        self._two_days()
        [row] = self._journal(self.auditor).dates("2025-03-01", "2025-03-31")["rows"]
        told = {name: row[name] for name in ("date", "here", "late", "absent", "sessions")}
        self.assertEqual(
            told, {"date": "2025-03-03", "here": 2, "late": 1, "absent": 1, "sessions": 0}
        )
        self.assertAlmostEqual(row["rate"], 2 / 3)
        [row] = self._journal(self.officer).dates("2025-03-01", "2025-03-31")["rows"]
        self.assertEqual((row["here"], row["absent"], row["rate"]), (1, 0, 1.0))

    @freeze_time("2025-03-03 20:00:00")
    def test_a_day_shows_its_people_by_what_was_picked(self):
        self._two_days()
        for asked, names in (
            ({}, ["Idris Vale", "Mara Lindqvist", "Noor Castellan"]),
            ({"state": "here"}, ["Idris Vale", "Mara Lindqvist"]),
            ({"state": "late"}, ["Mara Lindqvist"]),
            ({"state": "absent"}, ["Noor Castellan"]),
            ({"state": "nonsense"}, ["Idris Vale", "Mara Lindqvist", "Noor Castellan"]),
            ({"search": "ara"}, ["Mara Lindqvist"]),
            ({"offset": 2}, ["Noor Castellan"]),
        ):
            with self.subTest(asked):
                view = self._journal(self.auditor).day("2025-03-03", **asked)
                self.assertEqual([row["name"] for row in view["people"]], names)
                self.assertEqual((view["counts"]["here"], view["counts"]["still_in"]), (2, 1))
        view = self._journal(self.officer).day("2025-03-03")
        self.assertEqual([row["state"] for row in view["people"]], ["late"])

    @freeze_time("2025-03-03 20:00:00")
    def test_a_person_s_page(self):
        self._two_days()
        told = self._journal(self.officer).person(self.mara.id, 30)
        self.assertEqual((told["summary"]["here"], told["summary"]["late"]), (1, 1))
        self.assertEqual(told["usual_gate"]["name"], "Entrance")
        self.assertEqual((told["usual_gate"]["share"], told["usual_in_min"]), (0.5, 8 * 60 + 20))
        self.assertEqual(len(told["calendar"]), 30)
        self.assertEqual(told["seen_gate"], "Exit")
        self.assertEqual([row["gate"] for row in told["recent"]], ["Exit", "Entrance"])
        with self.assertRaises(UserError):
            self._journal(self.officer).person(self.idris.id)

    def test_employees_and_operators_may_not_look(self):
        for login, group in (
            ("journal_employee", "base.group_user"),
            ("journal_operator", "hr_face_attendance.group_face_operator"),
        ):
            journal = self._journal(self._user(login, group))
            for method, arguments in (
                ("dates", ["2025-03-01", "2025-03-31"]),
                ("day", ["2025-03-03"]),
                ("session", [1]),
                ("person", [self.mara.id]),
            ):
                with self.subTest(login, method=method), self.assertRaises(AccessError):
                    getattr(journal, method)(*arguments)

    def test_a_period_has_an_end_and_a_limit(self):
        for first, last in (("2025-03-02", "2025-03-01"), ("2024-01-01", "2025-03-01"), ("", "")):
            with self.subTest(first), self.assertRaises(UserError):
                self._journal(self.auditor).dates(first, last)

    @freeze_time("2025-03-03 20:00:00")
    def test_every_page_asks_as_often_for_a_thousand_as_for_a_hundred(self):
        session = self.env["calendar.event"].create(
            {
                "name": "Briefing",
                "start": "2025-03-03 09:00:00",
                "stop": "2025-03-03 10:00:00",
                "face_session": True,
                "face_company_id": self.company.id,
            }
        )
        journal = self._journal(self.auditor)
        registered = self.as_(self.auditor, self.env["hr.face.registration"])
        fields = {"name": {}, "enrolment": {}, "seen_at": {}, "gate_id": {}, "department_id": {}}
        pages = {
            "dates": lambda: journal.dates("2025-03-01", "2025-03-31"),
            "day": lambda: journal.day("2025-03-03"),
            "session": lambda: journal.session(session.id),
            "person": lambda: journal.person(self.mara.id, 365),
            "people": lambda: registered.web_search_read([], fields, limit=80),
        }
        counts = []
        for more in (100, 900):
            people = self.crowd(more)
            session.face_employee_ids += people
            for ask in pages.values():
                ask()  # what is cached from then on
            counts.append({name: self.queries(ask) for name, ask in pages.items()})
        self.assertEqual(*counts)
        self.assertLess(max(counts[0].values()), 30)
