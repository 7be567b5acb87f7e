from contextlib import contextmanager

from odoo import Command
from odoo.tests import TransactionCase, new_test_user, tagged

from .common import MONDAY, FaceCase, at

BORN = {"no_validation": "approved", "by_manager": "to_approve"}
"""A company's setting, and the status that core gives new extra hours under it."""


@tagged("post_install", "-at_install")
class TestOvertime(FaceCase, TransactionCase):
    """What a person decided about extra hours outlives the rebuilding of the week."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fake = cls._pair(cls.device)
        cls.payroll = new_test_user(
            cls.env,
            "payroll",
            "base.group_user,hr_attendance.group_hr_attendance_manager",
            company_id=cls.company.id,
            company_ids=cls.company.ids,
        )

    def see(self, *seen):
        for text, day in seen:
            self.ingest(self.device, self.fake.event(self.gate, self.mara, at(text, day)))

    def day(self, day, *times):
        self.see(*((text, day) for text in times))

    def row(self, day):
        date = at("00:00", day).date()
        Attendance = self.env["hr.attendance"].with_user(self.payroll)
        return Attendance.search([("employee_id", "=", self.mara.id), ("date", "=", date)])

    def lines(self, of_day=None):
        """{day: (hours, status, hours counted, whether a person decided)}, or those of a day."""
        found = self.env["hr.attendance.overtime.line"].search([("employee_id", "=", self.mara.id)])
        self.env.invalidate_all()
        lines = [
            (
                (line.date - MONDAY.date()).days,
                (
                    round(line.duration, 2),
                    line.status,
                    round(line.manual_duration, 2),
                    bool(line.face_decided_by_id),
                ),
            )
            for line in found
        ]
        return dict(lines) if of_day is None else [one for day, one in lines if day == of_day]

    @contextmanager
    def under(self, setting):
        with self.subTest(setting), self.env.cr.savepoint() as point:
            self.company.attendance_overtime_validation = setting
            yield BORN[setting]
            point.rollback()
            self.env.invalidate_all()

    def worked(self):
        """Monday to Wednesday, 07:00 to 17:00 in Brussels: two extra hours each."""
        for day in range(3):
            self.day(day, "06:00", "16:00")

    def test_decisions_on_other_days_survive_a_later_check_out(self):
        for setting in BORN:
            with self.under(setting) as born:
                self.worked()
                self.assertEqual(self.lines(), dict.fromkeys(range(3), (2.0, born, 2.0, False)))
                self.row(0).action_approve_overtime()
                self.row(1).action_refuse_overtime()
                self.row(2).linked_overtime_ids.manual_duration = 1.5
                decided = self.lines()
                self.assertEqual(
                    decided,
                    {
                        0: (2.0, "approved", 2.0, True),
                        1: (2.0, "refused", 2.0, True),
                        2: (2.0, born, 1.5, True),
                    },
                )
                # one difference from the Friday before to Thursday: core rebuilds all between
                seen = (("06:00", -3), ("16:30", -3), ("06:00", 3), ("17:00", 3))
                events = [self.fake.event(self.gate, self.mara, at(*one)) for one in seen]
                self.ingest(self.device, *events)
                later = {-3: (2.5, born, 2.5, False), 3: (3.0, born, 3.0, False)}
                self.assertEqual(self.lines(), decided | later)
                self.assertEqual(self.row(1).overtime_status, "refused")
                self.assertEqual(self.row(1).validated_overtime_hours, 0)
                self.assertEqual(self.row(2).overtime_hours, 1.5)
                self.assertFalse(self.row(0).activity_ids)

    def test_a_decided_row_is_a_fixed_point_and_an_approval_by_default_is_not(self):
        for setting in BORN:
            with self.under(setting) as born:
                self.worked()
                self.assertFalse(any(self.row(day).face_fixed for day in range(3)))
                self.row(0).action_approve_overtime()
                self.row(1).linked_overtime_ids.manual_duration = 1.0
                self.assertEqual(
                    [self.row(day).face_fixed for day in range(3)], [True, True, False]
                )
                # a late event within each day: only the row nobody decided about changes
                for day in range(3):
                    self.day(day, "12:30")
                self.assertEqual([len(self.row(day)) for day in range(3)], [1, 1, 2], born)

    def test_other_hours_than_decided_are_asked_about_with_both_values(self):
        for setting in BORN:
            with self.under(setting):
                self.day(0, "06:00", "10:00", "11:00", "19:00")
                evening = self.row(0).sorted("check_in")[1]
                evening.action_approve_overtime()
                before = self.lines()[0][0]
                # the morning turns out to be shorter: the evening's extra hours shrink
                self.day(0, "09:00")
                hours, status, counted, decided = self.lines()[0]
                self.assertLess(hours, before)
                self.assertEqual((status, counted, decided), ("to_approve", hours, False))
                (activity,) = self.row(0).activity_ids
                self.assertEqual(activity.user_id, self.payroll)
                for value in (before, hours):
                    self.assertIn(f"{int(value)}:{round(value % 1 * 60):02d}", activity.note)

    def test_what_is_decided_again_is_kept_again(self):
        self.day(0, "06:00", "10:00", "11:00", "19:00")
        self.row(0)[0].action_approve_overtime()
        self.day(0, "09:00")
        self.row(0).linked_overtime_ids.action_refuse()
        decided = self.lines()
        self.day(0, "20:00", "20:30")
        self.assertIn(decided[0], self.lines(of_day=0))

    def test_a_company_without_gates_keeps_core_s_behaviour(self):
        self.worked()
        self.row(0).action_refuse_overtime()
        self.gate.active = False
        self.env["hr.attendance"].search([("employee_id", "=", self.mara.id)])._update_overtime()
        self.assertEqual(self.lines()[0], (2.0, "approved", 2.0, False))

    def test_worked_hours_of_a_batch_are_core_s_own(self):
        """Breaks are looked up once per calendar; core, one row at a time, gives the same."""
        other = self._calendar(
            "Early",
            [(day, *part) for part in ((6, 10), (11, 14)) for day in range(5)],
            tz="Asia/Kolkata",
        )
        for calendar, start in ((self.calendar, 12), (other, 10)):
            calendar.attendance_ids = [
                Command.create(
                    {
                        "name": "Lunch",
                        "dayofweek": str(day),
                        "hour_from": start,
                        "hour_to": start + 1,
                        "day_period": "lunch",
                    }
                )
                for day in range(5)
            ]
        self.idris.resource_calendar_id = other
        self.noor.write({"resource_calendar_id": other.id, "tz": "America/New_York"})
        people = self.mara | self.idris | self.noor
        seen = (("05:00", 0), ("11:30", 0), ("04:00", 1), ("16:00", 1), ("07:00", 2), ("20:00", 2))
        events = [self.fake.event(self.gate, person, at(*one)) for person in people for one in seen]
        self.ingest(self.device, *events)
        rows = self.env["hr.attendance"].search([("employee_id", "in", people.ids)])
        self.assertEqual(len(rows), 9)
        batched = rows.mapped("worked_hours")
        for row in rows:
            row._compute_worked_hours()
        self.assertEqual(rows.mapped("worked_hours"), batched)
        self.assertNotEqual(
            batched, [(row.check_out - row.check_in).total_seconds() / 3600 for row in rows]
        )
