from datetime import date, timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .common import MONDAY, FaceCase


class RosterCase(FaceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.early = cls._shift_type("Early", 6, 14)
        cls.night = cls._shift_type("Night", 22, 6, has_break=True, break_start=0, break_end=0.5)

    @classmethod
    def _shift_type(cls, name, start, end, **values):
        return cls.env["hr.face.shift.type"].create(
            {"name": name, "company_id": cls.company.id, "start": start, "end": end, **values}
        )

    @classmethod
    def _on_roster(cls, employee, day, shift=None):
        return cls.env["hr.face.roster"].create(
            {
                "employee_id": employee.id,
                "date": MONDAY.date() + timedelta(days=day),
                "shift_type_id": shift and shift.id,
            }
        )

    def shifts(self, employee, first=0, days=1, **instead):
        """[(start, end)] of the shifts that begin in these days, as "day HH:MM" UTC."""
        start = MONDAY + timedelta(days=first)
        end = start + timedelta(days=days)
        schedule = self.env["hr.face.schedule"]._schedules(employee, start, end, **instead)
        return [
            (f"{shift.start:%d %H:%M}", f"{shift.end:%d %H:%M}")
            for shift in schedule[employee.id].shifts
            if start <= shift.start < end
        ]


@tagged("post_install", "-at_install")
class TestRoster(RosterCase, TransactionCase):
    def test_a_rostered_day_replaces_the_calendar(self):
        self._on_roster(self.mara, 1, self.early)
        self._on_roster(self.mara, 2)
        self.assertEqual(
            self.shifts(self.mara, 0, 4),
            [("03 07:00", "03 16:00"), ("04 05:00", "04 13:00"), ("06 07:00", "06 16:00")],
        )
        self.assertEqual(self.shifts(self.idris, 1), [("04 07:00", "04 16:00")])

    def test_a_night_shift_belongs_to_the_day_it_starts(self):
        self._on_roster(self.mara, 0, self.night)
        self._on_roster(self.mara, 1)
        self.assertEqual(self.shifts(self.mara, 0, 2), [("03 21:00", "04 05:00")])
        self.assertEqual((self.night.hours, self.night.overnight), (7.5, True))

    def test_the_reason_names_the_shift(self):
        self._on_roster(self.mara, 0, self.early)
        schedule = self.env["hr.face.schedule"]._schedules(self.mara, MONDAY, MONDAY)
        labels = {shift.label for shift in schedule[self.mara.id].shifts}
        self.assertEqual(labels, {None, "Early"})

    def test_one_entry_per_person_and_day(self):
        self._on_roster(self.mara, 0, self.early)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self._on_roster(self.mara, 0, self.night)

    def test_a_shift_and_its_break_are_possible(self):
        for name, values in (
            ("break before the shift", {"has_break": True, "break_start": 5, "break_end": 7}),
            ("break over the end", {"has_break": True, "break_start": 13, "break_end": 15}),
            ("break without length", {"has_break": True, "break_start": 10, "break_end": 10}),
        ):
            with self.subTest(name), self.assertRaises(ValidationError):
                self.early.write(values)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self._shift_type("Never", 25, 26)

    def _pattern(self, *shifts):
        return self.env["hr.face.shift.pattern"].create(
            {
                "name": "Pattern",
                "company_id": self.company.id,
                "line_ids": [
                    Command.create({"sequence": number, "shift_type_id": shift and shift.id})
                    for number, shift in enumerate(shifts)
                ],
            }
        )

    def entries(self, employee):
        found = self.env["hr.face.roster"].search([("employee_id", "=", employee.id)])
        return {entry.date.day: entry.shift_type_id.name for entry in found}

    def test_a_pattern_repeats_over_a_period(self):
        self._on_roster(self.mara, 1, self.night)
        wizard = self.env["hr.face.roster.pattern"].create(
            {
                "pattern_id": self._pattern(self.early, None, self.night).id,
                "employee_ids": (self.mara + self.idris).ids,
                "date_from": date(2025, 3, 3),
                "date_to": date(2025, 3, 7),
                "anchor": date(2025, 3, 2),
            }
        )
        wizard.action_plan()
        expected = {3: False, 4: "Night", 5: "Early", 6: False, 7: "Night"}
        self.assertEqual(self.entries(self.idris), expected)
        self.assertEqual(self.entries(self.mara), expected | {4: "Night"})
        self.env["hr.face.roster"].search([("date", "=", "2025-03-05")]).shift_type_id = False
        wizard.action_plan()
        self.assertEqual(self.entries(self.mara)[5], False, "what stands there stays")
        wizard.overwrite = True
        wizard.action_plan()
        self.assertEqual(self.entries(self.mara), expected)

    def test_a_department_is_planned_with_those_below_it(self):
        top = self.env["hr.department"].create({"name": "Top", "company_id": self.company.id})
        below = self.env["hr.department"].create(
            {"name": "Below", "company_id": self.company.id, "parent_id": top.id}
        )
        self.idris.department_id = below
        self.env["hr.face.roster.pattern"].create(
            {
                "pattern_id": self._pattern(self.early).id,
                "department_ids": top.ids,
                "date_from": date(2025, 3, 3),
                "date_to": date(2025, 3, 3),
            }
        ).action_plan()
        self.assertEqual((self.entries(self.idris), self.entries(self.mara)), ({3: "Early"}, {}))

    def test_a_period_ends_after_it_begins(self):
        with self.assertRaises(ValidationError):
            self.env["hr.face.roster.pattern"].create(
                {
                    "pattern_id": self._pattern(self.early).id,
                    "date_from": date(2025, 3, 3),
                    "date_to": date(2025, 3, 2),
                }
            )

    def test_a_week_is_copied(self):
        self._on_roster(self.mara, 0, self.early)
        self._on_roster(self.mara, 4)
        self._on_roster(self.idris, 2, self.night)
        copy = self.env["hr.face.roster.copy"].create(
            {"week": "2025-03-05", "target": "2025-03-12", "weeks": 2}
        )
        copy.action_copy()
        self.assertEqual(
            self.entries(self.mara),
            {3: "Early", 7: False, 10: "Early", 14: False, 17: "Early", 21: False},
        )
        self.assertEqual(self.entries(self.idris), {5: "Night", 12: "Night", 19: "Night"})
        with self.assertRaises(UserError):
            copy.copy({"week": "2024-01-01"}).action_copy()

    def test_who_sees_and_plans_whom(self):
        options = {"company_id": self.company.id, "company_ids": self.company.ids}
        officer = new_test_user(
            self.env, "planner", "hr_face_attendance.group_face_officer", **options
        )
        mara = new_test_user(self.env, "mara", "base.group_user", **options)
        self.mara.write({"user_id": mara.id, "attendance_manager_id": officer.id})
        self._on_roster(self.mara, 0, self.early)
        foreign = self._on_roster(self.idris, 0, self.early)
        Roster = self.env["hr.face.roster"]
        for user in (mara, officer):
            self.assertEqual(Roster.with_user(user).search([]).employee_id, self.mara)
        with self.assertRaises(AccessError):
            Roster.with_user(mara).create({"employee_id": self.mara.id, "date": "2025-03-04"})
        Roster.with_user(officer).create({"employee_id": self.mara.id, "date": "2025-03-04"})
        with self.assertRaises(AccessError):
            foreign.with_user(officer).shift_type_id = False
