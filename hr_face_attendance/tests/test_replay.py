from freezegun import freeze_time
from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import TransactionCase, new_test_user, tagged

from .common import at
from .test_days import DayCase


@tagged("post_install", "-at_install")
class TestReplay(DayCase, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time("2025-03-12 20:00:00"))
        cls.device.sudo().delivered_through = "2025-03-12 20:00:00"

    def replay(self, **values):
        return self.env["hr.face.replay"].create(
            {
                "company_id": self.company.id,
                "date_from": "2025-03-03",
                "date_to": "2025-03-04",
                **values,
            }
        )

    def lines(self, replay):
        replay.action_compare()
        return [
            (line.date.day, line.employee_id.name, line.before, line.after, line.difference_h)
            for line in replay.line_ids
            if line.before or line.after
        ]

    def a_week(self):
        """Twice a double look; a night; a decided row."""
        self.see(
            ("06:57", 0, self.gate),
            ("07:02", 0, self.gate),
            ("07:04", 0, self.gate),
            ("16:01", 0, self.gate),
            ("06:57", 1, self.gate),
            ("16:30", 1, self.exit),
        )

    def test_the_same_rules_give_no_difference(self):
        self.a_week()
        self.see(("06:57", 0, self.entrance), ("21:00", 0, self.entrance), employee=self.idris)
        replay = self.replay()
        self.assertEqual(self.lines(replay), [])
        self.assertFalse(replay.line_ids)
        self.assertEqual(replay.summary, "No difference.")
        before = self.rows(self.mara), self.rows(self.idris)
        replay.action_apply()
        self.assertEqual((self.rows(self.mara), self.rows(self.idris)), before)

    def test_a_replay_after_events_are_gone_changes_no_hours(self):
        self.a_week()
        before = self.rows(self.mara)
        events = self.env["hr.face.event"].search([("employee_id", "=", self.mara.id)])
        for some, rules in ((events[1:3], {}), (events, {"face_refractory_s": 600})):
            some.unlink()  # which redacts
            replay = self.replay(**rules)
            self.assertEqual(self.lines(replay), [])
            replay.action_apply()
            self.assertEqual(self.rows(self.mara), before)

    def test_other_rules_show_the_difference_and_write_nothing(self):
        self.a_week()
        before = self.rows(self.mara)
        (line,) = self.lines(self.replay(face_refractory_s=600))
        self.assertEqual(line[:4], (3, "Mara Lindqvist", "07:57–08:02, 08:04–17:01", "07:57–17:01"))
        self.assertAlmostEqual(line[4], 2 / 60, 3)
        self.assertEqual(self.rows(self.mara), before)

    def test_what_is_applied_under_other_rules_is_a_decision(self):
        self.a_week()
        replay = self.replay(face_refractory_s=600)
        replay.action_compare()
        replay.action_apply()
        expected = [("03 06:57", "03 16:01", False), ("04 06:57", "04 16:30", False)]
        self.assertEqual(self.rows(self.mara), expected)
        rows = self.env["hr.attendance"].search([("employee_id", "=", self.mara.id)])
        self.assertEqual(rows.sorted("check_in").mapped("face_fixed"), [True, False])
        self.see(("05:00", -1, self.entrance), ("13:00", -1, self.exit))
        self.assertEqual(self.rows(self.mara)[1:], expected)

    def test_adopted_rules_are_the_company_s_from_then_on(self):
        self.a_week()
        replay = self.replay(face_refractory_s=600, adopt=True)
        replay.action_compare()
        replay.action_apply()
        self.assertEqual(self.company.face_refractory_s, 600)
        rows = self.env["hr.attendance"].search([("employee_id", "=", self.mara.id)])
        self.assertFalse(any(rows.mapped("face_fixed")))
        self.assertEqual(self.lines(self.replay()), [])

    def test_fixed_points_and_closed_days_never_change(self):
        self.a_week()
        first = self.env["hr.attendance"].search(
            [("employee_id", "=", self.mara.id)], order="check_in", limit=1
        )
        first.check_out = "2025-03-03 07:03:00"
        before = self.rows(self.mara)
        replay = self.replay(face_refractory_s=600)
        replay.action_compare()
        replay.action_apply()
        self.assertIn(before[0], self.rows(self.mara))
        self.company.face_payroll_lock_date = "2025-03-04"
        closed = self.rows(self.mara)
        replay = self.replay(face_refractory_s=0, face_max_stay_h=1)
        self.assertEqual(self.lines(replay), [])
        replay.action_apply()
        self.assertEqual(self.rows(self.mara), closed)

    def test_only_the_period_and_the_people_chosen(self):
        self.a_week()
        self.see(
            ("06:57", 0, self.gate),
            ("07:02", 0, self.gate),
            ("07:04", 0, self.gate),
            employee=self.idris,
        )
        lines = self.lines(self.replay(face_refractory_s=600, employee_ids=self.idris.ids))
        self.assertEqual([line[1] for line in lines], ["Idris Vale"])
        self.assertEqual(self.lines(self.replay(face_refractory_s=600, date_from="2025-03-04")), [])

    def test_another_tolerance_shows_who_is_late(self):
        self.see(("07:04", 0, self.entrance), ("16:00", 0, self.exit))
        replay = self.replay(face_tolerance_min=0, date_to="2025-03-03")
        replay.action_compare()
        line = replay.line_ids.filtered(lambda line: line.employee_id == self.mara)
        self.assertEqual(
            (line.status_before, line.status_after, line.difference_h),
            ("Present", "Present, 4 min late", 0),
        )

    def test_a_supposed_pattern_becomes_the_roster_when_applied(self):
        pattern = self.env["hr.face.shift.pattern"].create(
            {
                "name": "Nights",
                "company_id": self.company.id,
                "line_ids": [Command.create({"shift_type_id": self.night.id}), Command.create({})],
            }
        )
        self.see(("20:55", 0, self.gate), ("05:01", 1, self.gate))
        self.assertEqual(self.rows(self.mara), [("04 05:01", None, False)])
        replay = self.replay(hours_of="pattern", pattern_id=pattern.id, employee_ids=self.mara.ids)
        self.assertEqual(
            [line[2:4] for line in self.lines(replay)],
            [("", "21:55–06:01"), ("06:01–…", "")],
        )
        self.assertFalse(self.env["hr.face.roster"].search([]))
        replay.action_apply()
        entries = self.env["hr.face.roster"].search([], order="date")
        self.assertEqual(entries.mapped("shift_type_id"), self.night)
        self.assertEqual(len(entries), 2)
        self.assertEqual(self.rows(self.mara), [("03 20:55", "04 05:01", False)])
        self.assertFalse(self.env["hr.attendance"].search([]).face_fixed)

    def test_another_calendar(self):
        """At 12:45 nobody starts a shift that ends at 13:00, but somebody one from 14:00."""
        morning = self._calendar("Morning", [(day, 5, 13) for day in range(5)])
        late = self._calendar("Late", [(day, 14, 22) for day in range(5)])
        self.idris.resource_calendar_id = morning
        self.see(("11:45", 0, self.gate), employee=self.idris)
        self.assertEqual(self.rows(self.idris), [])
        replay = self.replay(hours_of="calendar", calendar_id=late.id, date_to="2025-03-03")
        self.assertEqual(self.lines(replay), [(3, "Idris Vale", "", "12:45–…", 0)])
        replay.action_apply()
        self.assertEqual(self.rows(self.idris), [("03 11:45", None, False)])
        self.assertTrue(self.env["hr.attendance"].search([]).face_fixed)

    def test_periods_and_suppositions_are_possible(self):
        for values in ({"date_from": "2025-03-05"}, {"hours_of": "calendar"}):
            with self.assertRaises(ValidationError):
                self.replay(**values)

    def test_nothing_is_applied_that_was_not_shown(self):
        self.a_week()
        before = self.rows(self.mara)
        replay = self.replay()
        with self.assertRaises(UserError):
            replay.action_apply()
        replay.action_compare()
        replay.face_refractory_s = 600
        with self.assertRaises(UserError):
            replay.action_apply()
        self.assertEqual(self.rows(self.mara), before)

    def test_administrators_only(self):
        for group in ("base.group_user", "hr_face_attendance.group_face_officer"):
            user = new_test_user(
                self.env,
                f"x_{group}",
                group,
                company_id=self.company.id,
                company_ids=self.company.ids,
            )
            with self.assertRaises(AccessError):
                self.replay().with_user(user).action_compare()
            with self.assertRaises(AccessError):
                self.replay().with_user(user).action_apply()

    def test_a_client_cannot_suppose_rules(self):
        self.a_week()
        before = self.rows(self.mara)
        context = {"hr_face_what_if": {"rules": {"face_refractory_s": 600}}}
        self.env["hr.face.presence"].sudo()._touch(self.mara.ids)
        self.env["hr.attendance"].with_context(**context).sudo()._face_derive(
            {self.mara: at("00:00").replace(tzinfo=None)}
        )
        self.assertEqual(self.rows(self.mara), before)
