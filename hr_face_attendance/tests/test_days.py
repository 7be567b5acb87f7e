from datetime import date
from unittest.mock import patch

from freezegun import freeze_time
from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user, tagged

from .common import at
from .test_roster import RosterCase

MONDAY = date(2025, 3, 3)
EVENING = "2025-03-03 20:00:00"


class DayCase(RosterCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fake = cls._pair(cls.device)
        cls.entrance = cls._gate("Entrance", direction="in")
        cls.exit = cls._gate("Exit", direction="out")
        cls.device.gate_ids += cls.entrance + cls.exit

    def deliver(self, moment=None):
        """The device says that everything up to `moment` (naive UTC) has arrived."""
        self.device.sudo().delivered_through = moment or "2025-03-31 00:00:00"

    def see(self, *seen, employee=None):
        for text, day, gate in seen:
            self.ingest(self.device, self.fake.event(gate, employee or self.mara, at(text, day)))

    def day(self, employee=None, day=MONDAY):
        found = self.env["hr.face.day"].search(
            [("employee_id", "=", (employee or self.mara).id), ("date", "=", day)]
        )
        return found.status


@tagged("post_install", "-at_install")
class TestDays(DayCase, TransactionCase):
    def test_a_day_as_it_goes(self):
        Day = self.env["hr.face.day"]
        for now, seen, status in (
            ("2025-03-03 06:00:00", (), "pending"),
            ("2025-03-03 07:00:00", (("06:57", 0, self.entrance),), "still_in"),
            (EVENING, (("16:02", 0, self.exit),), "present"),
        ):
            with self.subTest(now), freeze_time(now):
                self.deliver(now)
                Day._cron_keep()
                self.see(*seen)
                self.assertEqual(self.day(), status)
        day = Day.search([("employee_id", "=", self.mara.id), ("date", "=", MONDAY)])
        self.assertEqual((day.late_min, day.early_min, day.expected_h), (0, 0, 8))
        self.assertEqual(
            (str(day.first_in), str(day.last_out)), ("2025-03-03 06:57:00", "2025-03-03 16:02:00")
        )
        row = self.env["hr.attendance"].search([("employee_id", "=", self.mara.id)])
        self.assertAlmostEqual(day.worked_h, row.worked_hours, 3)

    @freeze_time(EVENING)
    def test_late_and_early_beyond_the_tolerance(self):
        self.deliver()
        self.company.face_tolerance_min = 5
        self.see(("07:04", 0, self.entrance), ("15:30", 0, self.exit))
        day = self.env["hr.face.day"].search([("employee_id", "=", self.mara.id)])
        self.assertEqual((day.status, day.late_min, day.early_min), ("present", 0, 30))
        self.assertEqual(day.remarks, "Left 30 min early")
        self.see(("07:20", 0, self.entrance), employee=self.idris)
        late = self.env["hr.face.day"].search([("late_min", ">", 0)])
        self.assertEqual((late.employee_id, late.late_min), (self.idris, 20))

    @freeze_time(EVENING)
    def test_nobody_is_absent_before_every_gate_has_delivered(self):
        Day = self.env["hr.face.day"]
        other = self.env["hr.face.device"].create(
            {"name": "Other", "company_id": self.company.id, "gate_ids": [(6, 0, self.exit.ids)]}
        )
        self._pair(other)
        self.deliver()
        for name, through, status in (
            ("never heard", False, "pending"),
            ("delivered up to noon", "2025-03-03 12:00:00", "pending"),
            ("a second before the end of the shift", "2025-03-03 15:59:59", "pending"),
            ("the end of the shift", "2025-03-03 16:00:00", "absent"),
        ):
            with self.subTest(name):
                other.delivered_through = through
                Day._cron_keep()
                self.assertEqual(self.day(), status)
        other.delivered_through = "2025-03-03 12:00:00"
        Day._cron_keep()
        day = Day.search([("employee_id", "=", self.mara.id), ("date", "=", MONDAY)])
        self.assertEqual((day.waiting_for, day.remarks), ("Exit", "Waiting for Exit"))

    @freeze_time(EVENING)
    def test_only_gates_where_one_may_be_seen_matter(self):
        partner = self.company.partner_id
        here, there = self.env["hr.work.location"].create(
            [
                {"name": name, "company_id": self.company.id, "address_id": partner.id}
                for name in ("Here", "There")
            ]
        )
        self.mara.work_location_id = here
        far = self._gate("Far", work_location_id=there.id)
        slow = self.env["hr.face.device"].create(
            {"name": "Slow", "company_id": self.company.id, "gate_ids": [(6, 0, far.ids)]}
        )
        self._pair(slow)
        self.deliver()
        self.env["hr.face.day"]._cron_keep()
        self.assertEqual((self.day(), self.day(self.idris)), ("absent", "pending"))
        far.active = False
        self.env["hr.face.day"]._cron_keep()
        self.assertEqual(self.day(self.idris), "absent")

    @freeze_time(EVENING)
    def test_at_a_site_without_gates_all_of_them_matter(self):
        here, there = self.env["hr.work.location"].create(
            [
                {
                    "name": name,
                    "company_id": self.company.id,
                    "address_id": self.company.partner_id.id,
                }
                for name in ("Here", "There")
            ]
        )
        (self.gate + self.entrance + self.exit).work_location_id = there
        self.mara.work_location_id = here
        for through, status in (("2025-03-03 12:00:00", "pending"), (EVENING, "absent")):
            self.deliver(through)
            self.env["hr.face.day"]._cron_keep()
            self.assertEqual(self.day(), status)

    @freeze_time(EVENING)
    def test_leave_entered_afterwards_explains_an_absence(self):
        self.deliver()
        self.env["hr.face.day"]._cron_keep()
        self.assertEqual(self.day(), "absent")
        leave = self.env["resource.calendar.leaves"].create(
            {
                "name": "Ill",
                "resource_id": self.mara.resource_id.id,
                "calendar_id": self.calendar.id,
                "date_from": "2025-03-02 23:00:00",
                "date_to": "2025-03-03 22:59:59",
            }
        )
        self.assertEqual((self.day(), self.day(self.idris)), ("leave", "absent"))
        leave.write({"resource_id": False})
        self.assertEqual((self.day(), self.day(self.idris)), ("holiday", "holiday"))
        leave.unlink()
        self.assertEqual((self.day(), self.day(self.idris)), ("absent", "absent"))

    @freeze_time(EVENING)
    def test_a_roster_changes_what_a_day_was(self):
        self.deliver()
        self.see(("07:20", 0, self.entrance), ("13:01", 0, self.exit))
        entry = self._on_roster(self.mara, 0, self._shift_type("Short", 8.5, 14))
        Day = self.env["hr.face.day"]
        day = Day.search([("employee_id", "=", self.mara.id), ("date", "=", MONDAY)])
        self.assertEqual((day.late_min, day.early_min, day.expected_h), (0, 0, 5.5))
        entry.unlink()
        self.assertEqual((day.late_min, day.early_min, day.expected_h), (20, 179, 8))
        off = self._on_roster(self.idris, 0)
        Day._cron_keep()
        self.assertFalse(self.day(self.idris), "a day off without anybody has no row")
        off.unlink()
        self.assertEqual(self.day(self.idris), "absent")

    @freeze_time("2025-03-12 20:00:00")
    def test_an_event_eight_days_late_changes_its_day(self):
        self.deliver("2025-03-12 20:00:00")
        self.env["hr.face.day"]._keep({self.mara.id: {MONDAY}})
        self.assertEqual(self.day(), "absent")
        self.see(("06:57", 0, self.entrance), ("16:02", 0, self.exit))
        self.assertEqual(self.day(), "present")

    @freeze_time(EVENING)
    def test_what_a_person_enters_counts_too(self):
        self.deliver()
        row = self.env["hr.attendance"].create(
            {
                "employee_id": self.mara.id,
                "check_in": "2025-03-03 07:00:00",
                "check_out": "2025-03-03 15:00:00",
            }
        )
        day = self.env["hr.face.day"].search([("employee_id", "=", self.mara.id)])
        self.assertEqual((day.status, day.early_min), ("present", 60))
        row.check_out = "2025-03-03 16:00:00"
        self.assertEqual(day.early_min, 0)
        row.unlink()
        self.assertEqual(self.day(), "absent")

    @freeze_time("2025-03-04 07:00:00")
    def test_a_night_belongs_to_the_day_it_begins(self):
        self._on_roster(self.mara, 0, self.night)
        self._on_roster(self.mara, 1)
        self.deliver("2025-03-04 07:00:00")
        self.see(("21:10", 0, self.entrance), ("05:02", 1, self.exit))
        day = self.env["hr.face.day"].search(
            [("employee_id", "=", self.mara.id), ("date", "=", MONDAY)]
        )
        self.assertEqual((day.status, day.late_min, day.expected_h), ("present", 10, 7.5))

    @freeze_time("2025-03-06 20:00:00")
    def test_the_cron_settles_older_days_once_a_gate_delivers(self):
        self.deliver("2025-03-03 06:00:00")
        self.env["hr.face.day"]._keep({self.mara.id: {MONDAY}})
        self.env["hr.face.day"]._cron_keep()
        self.assertEqual(self.day(), "pending")
        self.deliver("2025-03-06 20:00:00")
        self.env["hr.face.day"]._cron_keep()
        self.assertEqual(self.day(), "absent")

    def _run(self, moment):
        with freeze_time(moment), patch.object(type(self.env["ir.cron"]), "_commit_progress") as go:
            self.deliver(moment)
            self.env["hr.face.day"]._cron_keep()
            return go.call_count

    def test_days_that_odoo_was_off_are_judged_when_it_is_back(self):
        self._run(EVENING)
        self.assertEqual(self.company.face_days_through, MONDAY)
        self.assertEqual(self._run("2025-03-04 20:00:00"), 0)
        friday, next_week = date(2025, 3, 7), date(2025, 3, 12)
        self.assertEqual(self._run("2025-03-13 20:00:00"), 2)  # a slice of a week, and one day
        for day in (date(2025, 3, 5), friday, next_week):
            for employee in (self.mara, self.idris):
                self.assertEqual(self.day(employee, day), "absent")
        self.assertFalse(self.day(day=date(2025, 3, 8)), "nothing is expected on a Saturday")
        self.assertEqual(self.company.face_days_through, date(2025, 3, 13))

    def test_what_time_did_not_allow_is_judged_by_the_next_run(self):
        self._run(EVENING)
        cron = type(self.env["ir.cron"])
        with freeze_time("2025-04-03 20:00:00"):
            self.deliver("2025-04-03 20:00:00")
            with patch.object(cron, "_commit_progress", return_value=0):
                self.env["hr.face.day"]._cron_keep()
            self.assertEqual(self.company.face_days_through, date(2025, 3, 10))
            self.assertEqual(self.day(day=date(2025, 3, 7)), "absent")
            self.assertFalse(self.day(day=date(2025, 3, 11)))
        self._run("2025-04-03 20:10:00")
        self.assertEqual(self.day(day=date(2025, 3, 11)), "absent")
        self.assertEqual(self.company.face_days_through, date(2025, 4, 3))

    def test_before_the_first_run_nothing_was_missed(self):
        self._run("2025-03-13 20:00:00")
        self.assertFalse(self.day(day=date(2025, 3, 11)))
        self.assertEqual(self.day(day=date(2025, 3, 12)), "absent")

    @freeze_time(EVENING)
    def test_companies_without_gates_are_left_alone(self):
        abroad = self.env["res.company"].create({"name": "Abroad"})
        other = self._employee("Someone Else", "X001", company=abroad, calendar=self.calendar)
        self.env["hr.face.day"]._cron_keep()
        self.env["hr.attendance"].create({"employee_id": other.id, "check_in": EVENING})
        self.assertFalse(self.day(other))

    def test_days_are_not_made_or_edited_by_hand(self):
        self.see(("06:57", 0, self.entrance))
        day = self.env["hr.face.day"].search([], limit=1)
        for act in (
            lambda: day.write({"late_min": 0}),
            lambda: day.create({"employee_id": self.mara.id}),
        ):
            with self.assertRaises(AccessError):
                act()

    def test_everybody_sees_their_own_days(self):
        options = {"company_id": self.company.id, "company_ids": self.company.ids}
        mara = new_test_user(self.env, "mara", "base.group_user", **options)
        self.mara.user_id = mara
        for employee in (self.mara, self.idris):
            self.see(("06:57", 0, self.entrance), employee=employee)
        self.assertEqual(self.env["hr.face.day"].with_user(mara).search([]).employee_id, self.mara)

    @freeze_time(EVENING)
    def test_one_statement_for_everybody(self):
        people = self.env["hr.employee"].create(
            [
                {
                    "name": f"Person {number}",
                    "company_id": self.company.id,
                    "resource_calendar_id": self.calendar.id,
                }
                for number in range(60)
            ]
        )
        self.deliver()
        counts = []
        for some in (people[:5], people):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["hr.face.day"]._keep({one.id: {MONDAY} for one in some})
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])
        self.assertEqual(
            self.env["hr.face.day"].search_count(
                [("employee_id", "in", people.ids), ("status", "=", "absent")]
            ),
            60,
        )

    def test_groupings(self):
        self.see(("06:57", 0, self.entrance))
        for group in ("department_id", "employee_id", "status", "date:day"):
            with self.subTest(group):
                found = self.env["hr.face.day"].formatted_read_group([], [group], ["worked_h:sum"])
                self.assertTrue(found)

    @freeze_time(EVENING)
    def test_a_roster_changes_reasons_and_not_hours(self):
        self.deliver()
        self.see(("06:57", 0, self.entrance), ("13:01", 0, self.exit))
        rows = self.rows(self.mara)
        self._on_roster(self.mara, 0, self._shift_type("Short", 8.5, 14))
        reasons = self.env["hr.face.event"].search([], order="captured_at").mapped("reason")
        self.assertEqual(reasons[-1], "OUT: your shift ends at 14:00 (Short)")
        self.assertEqual(self.rows(self.mara), rows)

    @freeze_time(EVENING)
    def test_unusual_punches_are_flagged_on_the_day(self):
        self.deliver()
        self.company.write({"face_too_early_min": 60, "face_too_late_min": 30})
        self.see(("05:30", 0, self.entrance), ("16:45", 0, self.exit))
        day = self.env["hr.face.day"].search([("employee_id", "=", self.mara.id)])
        self.assertEqual(day.flags, "too_early,too_late")
        self.assertEqual(day.remarks, "Checked in unusually early, checked out unusually late")
