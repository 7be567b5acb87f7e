from datetime import timedelta

from odoo import Command
from odoo.tests import TransactionCase, tagged

from .common import MONDAY
from .test_roster import RosterCase

HOLIDAY = {"date_from": "2025-03-02 23:00:00", "date_to": "2025-03-03 22:59:59"}
"""All of Monday in Brussels."""
DAY = [("03 07:00", "03 16:00")]


@tagged("post_install", "-at_install")
class TestSchedule(RosterCase, TransactionCase):
    def _leave(self, **values):
        return self.env["resource.calendar.leaves"].create(
            {
                "name": "Away",
                "company_id": self.company.id,
                "calendar_id": False,
                **HOLIDAY,
                **values,
            }
        )

    def test_hours_are_in_the_zone_of_the_calendar_as_pay_is(self):
        self.mara.tz = "Asia/Tokyo"
        self.assertEqual(self.shifts(self.mara), DAY)
        row = self.env["hr.attendance"].create(
            {
                "employee_id": self.mara.id,
                "check_in": "2025-03-03 07:00:00",
                "check_out": "2025-03-03 23:30:00",
            }
        )
        self.assertEqual(f"{row.date:%d}", "03")

    def test_flexible_and_fully_flexible_people_have_no_shifts(self):
        flexible = self._calendar("Flexible", [])
        flexible.flexible_hours = True
        self.mara.resource_calendar_id = flexible
        self.idris.resource_calendar_id = False
        self.assertEqual((self.shifts(self.mara), self.shifts(self.idris)), ([], []))
        self.idris.tz = "Europe/Brussels"
        self._on_roster(self.idris, 0, self.early)
        self.assertEqual(self.shifts(self.idris, 0, 2), [("03 05:00", "03 13:00")])

    def test_two_week_calendars(self):
        calendar = self._calendar("Weeks", [(day, 8, 16) for day in range(5)])
        calendar.switch_calendar_type()
        parity = self.env["resource.calendar.attendance"].get_week_type(MONDAY.date())
        lines = calendar.attendance_ids.filtered(
            lambda line: not line.display_type and line.week_type == str(parity)
        )
        lines.write({"hour_from": 10, "hour_to": 18})
        self.mara.resource_calendar_id = calendar
        self.assertEqual(self.shifts(self.mara, 0), [("03 09:00", "03 17:00")])
        self.assertEqual(self.shifts(self.mara, 7), [("10 07:00", "10 15:00")])

    def test_versions_in_time(self):
        late = self._calendar("Late", [(day, 14, 22) for day in range(5)])
        self.mara.create_version({"date_version": "2025-03-04", "resource_calendar_id": late.id})
        self.assertEqual(
            self.shifts(self.mara, 0, 2), [("03 07:00", "03 16:00"), ("04 13:00", "04 21:00")]
        )

    def test_a_night_begun_under_the_old_version_is_finished_under_it(self):
        nights = [(0, 22, 24), (1, 0, 6)]
        self.mara.resource_calendar_id = self._calendar("Night", nights)
        self.mara.create_version(
            {"date_version": "2025-03-05", "resource_calendar_id": self.calendar.id}
        )
        self.assertEqual(
            self.shifts(self.mara, 0, 3), [("03 21:00", "04 05:00"), ("05 07:00", "05 16:00")]
        )

    def test_nothing_is_expected_outside_a_contract(self):
        self.mara.version_id.write(
            {"contract_date_start": "2025-03-04", "contract_date_end": "2025-03-05"}
        )
        self.assertEqual([start[:2] for start, _ in self.shifts(self.mara, 0, 5)], ["04", "05"])

    def test_public_holidays(self):
        other = self._calendar("Other", [(0, 8, 16)])
        abroad = self.env["res.company"].create({"name": "Abroad"})
        for name, values, expected in (
            ("of the company", {}, []),
            ("of this calendar", {"calendar_id": self.calendar.id}, []),
            ("of another calendar", {"calendar_id": other.id}, DAY),
            ("working elsewhere is no leave", {"time_type": "other"}, DAY),
        ):
            with self.subTest(name):
                leave = self._leave(**values)
                self.assertEqual(self.shifts(self.mara), expected)
                leave.unlink()
        abroad.resource_calendar_id.global_leave_ids = [
            Command.create({"name": "Abroad", **HOLIDAY})
        ]
        self.assertEqual(self.shifts(self.mara), DAY)

    def test_one_s_own_leave_is_one_s_own(self):
        self._leave(resource_id=self.mara.resource_id.id, calendar_id=self.calendar.id)
        self.assertEqual((self.shifts(self.mara), self.shifts(self.idris)), ([], DAY))

    def test_half_a_day_of_leave_leaves_the_other_half(self):
        self._leave(
            resource_id=self.mara.resource_id.id,
            date_from="2025-03-03 11:00:00",
            date_to="2025-03-03 16:00:00",
        )
        self.assertEqual(self.shifts(self.mara), [("03 07:00", "03 11:00")])

    def test_a_roster_outranks_a_public_holiday_but_not_leave(self):
        self._on_roster(self.mara, 0, self.early)
        holiday = self._leave()
        self.assertEqual(self.shifts(self.mara), [("03 05:00", "03 13:00")])
        holiday.resource_id = self.mara.resource_id
        self.assertEqual(self.shifts(self.mara), [])

    def test_an_archived_calendar_still_says_what_was_worked(self):
        self.calendar.active = False
        self.assertEqual(self.shifts(self.mara), DAY)

    def test_summer_time_both_ways(self):
        """Brussels: 02:00 becomes 03:00 on 30 March 2025, 03:00 becomes 02:00 on 26 October."""
        for name, day, hours in (("spring", 26, 7), ("autumn", 236, 9)):
            with self.subTest(name):
                self._on_roster(self.mara, day, self.night)
                start = MONDAY + timedelta(days=day)
                found = self.env["hr.face.schedule"]._schedules(self.mara, start, start)
                shift = next(one for one in found[self.mara.id].shifts if one.label == "Night")
                self.assertEqual(shift.end - shift.start, timedelta(hours=hours))

    def test_another_calendar_for_a_what_if(self):
        late = self._calendar("Late", [(day, 14, 22) for day in range(5)])
        self.assertEqual(self.shifts(self.mara, calendar=late), [("03 13:00", "03 21:00")])
        day = {MONDAY.date(): self.early}
        self.assertEqual(
            self.shifts(self.mara, rosters={self.mara.id: day}), [("03 05:00", "03 13:00")]
        )

    def test_queries_do_not_grow_with_people(self):
        people = self.mara + self.idris
        many = people + self.env["hr.employee"].create(
            [
                {
                    "name": f"Person {number}",
                    "company_id": self.company.id,
                    "resource_calendar_id": self.calendar.id,
                }
                for number in range(40)
            ]
        )
        for person in many[::2]:
            self._on_roster(person, 0, self.early)
        counts = []
        for some in (people, many):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["hr.face.schedule"]._schedules(some, MONDAY, MONDAY + timedelta(days=30))
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])
        self.assertLess(counts[1], 25)
