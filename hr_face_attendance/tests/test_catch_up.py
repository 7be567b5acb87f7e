import random
from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time
from odoo import fields
from odoo.tests import TransactionCase, tagged

from ..models import hr_face_backlog
from .common import FaceCase, at


@tagged("post_install", "-at_install")
class TestCatchUp(FaceCase, TransactionCase):
    """While a device catches up, events are kept and attendance is derived once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.entrance = cls._gate("Entrance", direction="in")
        cls.device.gate_ids += cls.entrance
        cls.fake = cls._pair(cls.device)
        cls.Backlog = cls.env["hr.face.backlog"]

    def deliver(self, *events, backlog=0):
        log = self.env["hr.face.event"].sudo()
        return log._ingest(self.device.sudo(), log._read_events(list(events)), backlog)

    def day(self, day=0, employee=None):
        seen = ("06:57", "11:01", "12:02", "16:03")
        return [self.fake.event(self.gate, employee or self.mara, at(text, day)) for text in seen]

    def run_cron(self):
        """What the cron does, in the test's one transaction."""
        while people := self.Backlog._due():
            self.Backlog._derive(people)
            self.env.flush_all()

    def wait(self):
        self.env.cr.execute("UPDATE hr_face_backlog SET due_at = due_at - interval '2 minutes'")

    def test_deferred_events_are_accepted_without_a_direction(self):
        results = self.deliver(*self.day(), backlog=500)
        self.assertEqual(
            {(one["status"], one["direction"], one["review"]) for one in results},
            {("accepted", None, None)},
        )
        self.assertEqual(self.rows(self.mara), [])
        self.assertTrue(self.device.catching_up)
        again = self.deliver(*self.day()[:1], backlog=499)
        self.assertEqual(again[0]["status"], "accepted")

    def test_presence_is_known_at_once(self):
        self.deliver(self.fake.event(self.entrance, self.mara, at("06:57")), backlog=5)
        self.deliver(self.fake.event(self.gate, self.mara, at("06:00")), backlog=4)
        seen = self.env["hr.face.presence"].search([("employee_id", "=", self.mara.id)])
        self.assertEqual(
            (seen.seen_at, seen.gate_id, seen.direction),
            (at("06:57").replace(tzinfo=None), self.entrance, "in"),
        )

    def test_presence_tells_the_derived_direction(self):
        self.deliver(*self.day())
        seen = self.env["hr.face.presence"].search([("employee_id", "=", self.mara.id)])
        self.assertEqual((seen.direction, seen.seen_at.hour), ("out", 16))

    def test_everything_is_derived_once_the_device_has_delivered(self):
        first, *rest = [self.day(day) for day in (3, 2, 1)]
        self.deliver(*first, backlog=8)
        self.run_cron()
        self.assertEqual(self.rows(self.mara), [], "nothing is due yet")
        self.deliver(*rest[0], backlog=4)
        self.deliver(*rest[1], backlog=0)
        self.assertFalse(self.device.catching_up)
        self.run_cron()
        self.assertEqual(len(self.rows(self.mara)), 6)
        self.assertFalse(self.Backlog.search([]))

    def test_a_minute_is_as_long_as_people_wait(self):
        self.deliver(*self.day(), backlog=500)
        self.assertFalse(self.Backlog._due())
        self.wait()
        self.run_cron()
        self.assertEqual(len(self.rows(self.mara)), 2)

    def test_a_live_event_takes_a_few_deferred_ones_along(self):
        self.deliver(*self.day()[:3], backlog=500)
        (result,) = self.deliver(self.day()[3])
        self.assertEqual(result["direction"], "out")
        self.assertEqual(len(self.rows(self.mara)), 2)
        self.assertFalse(self.Backlog.search([]))

    def test_a_live_event_does_not_wait_for_many_deferred_ones(self):
        with patch.object(self.Backlog.__class__._take, "__defaults__", (3,)):
            self.deliver(*self.day(), *self.day(0, self.idris)[:2], backlog=500)
            results = self.deliver(
                self.fake.event(self.gate, self.mara, at("17:00")),
                self.fake.event(self.gate, self.idris, at("12:02")),
            )
        self.assertEqual([one["direction"] for one in results], [None, "in"])
        self.assertEqual(self.Backlog.search([]).employee_id, self.mara)
        self.run_cron()
        self.assertEqual(len(self.rows(self.mara)), 3)

    def test_chunks_are_bounded(self):
        people = [self._employee(f"Person {n}", f"P{n}") for n in range(7)]
        for person in people:
            self.deliver(*self.day(0, person), backlog=1)
        self.wait()
        self.assertEqual(
            [len(self.Backlog._due(most=most)) for most in (1, 8, 10, 99)], [1, 2, 3, 7]
        )

    def test_any_order_and_any_deferral_gives_the_same_table(self):
        events = [event for day in range(12) for event in self.day(day)]
        chance = random.Random(3)
        tables, verdicts = set(), set()
        for attempt in range(8):
            with self.env.cr.savepoint() as point:
                chance.shuffle(events)
                for start in range(0, len(events), 8):
                    left = 0 if attempt == 0 else chance.choice((0, 7))
                    self.deliver(*events[start : start + 8], backlog=left)
                    if chance.random() < 0.3:
                        self.wait()
                        self.run_cron()
                self.wait()
                self.run_cron()
                tables.add(tuple(self.rows(self.mara)))
                verdicts.add(
                    tuple(
                        sorted(
                            (event.uuid, event.direction, event.reason)
                            for event in self.env["hr.face.event"].search([])
                        )
                    )
                )
                point.rollback()
                self.env.invalidate_all()
        self.assertEqual((len(tables), len(verdicts)), (1, 1))
        self.assertEqual(len(tables.pop()), 24)

    def test_a_late_event_looks_only_as_far_as_it_matters(self):
        """Early stop: the same table as deriving to the end, without reading the rest."""
        for day in range(40):
            if day % 7 < 5:
                self.deliver(*self.day(day))
        Attendance = type(self.env["hr.attendance"])
        read = []
        original = Attendance._face_events

        def spy(records, since, window):
            found = original(records, since, window)
            read.append(sum(map(len, found.values())))
            return found

        with patch.object(Attendance, "_face_events", spy):
            self.deliver(self.fake.event(self.gate, self.mara, at("09:00", 2)))
        self.assertLess(sum(read), 100)
        stopped = self.rows(self.mara)
        self.env["hr.attendance"].sudo()._face_derive({self.mara: at("00:00").replace(tzinfo=None)})
        self.assertEqual(self.rows(self.mara), stopped)

    def test_a_person_who_cannot_be_derived_holds_up_nobody(self):
        self.deliver(*self.day(), *self.day(0, self.idris), backlog=5)
        self.wait()
        derive = type(self.Backlog)._derive

        def fail(records, people):
            if self.mara.id in people:
                raise ZeroDivisionError
            derive(records, people)

        def committed(records, people):
            with self.env.cr.savepoint():
                records._derive(people)

        kind = type(self.Backlog)
        with (
            patch.object(kind, "_derive", fail),
            patch.object(kind, "_derive_committed", committed),
            patch.object(type(self.env["ir.cron"]), "_commit_progress"),
            patch.object(self.env.cr, "rollback"),
            self.assertLogs(hr_face_backlog.__name__, "ERROR"),
        ):
            for part in range(hr_face_backlog.PARTS):
                self.Backlog._cron_catch_up(part)
        self.assertEqual(len(self.rows(self.idris)), 2)
        left = self.Backlog.search([])
        self.assertEqual(left.employee_id, self.mara)
        self.assertGreater(left.due_at, fields.Datetime.now() + timedelta(minutes=5))


@tagged("post_install", "-at_install")
class TestPeopleChangeRows(FaceCase, TransactionCase):
    """What HR makes, edits or deletes is put into the timeline at once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fake = cls._pair(cls.device)

    def see(self, *seen):
        self.ingest(
            self.device,
            *(self.fake.event(self.gate, self.mara, at(text, day)) for text, day in seen),
        )

    def row(self, number):
        found = self.env["hr.attendance"].search(
            [("employee_id", "=", self.mara.id)], order="check_in"
        )
        return found[number]

    def test_an_edited_check_out_frees_the_punches_after_it(self):
        self.see(("06:57", 0), ("16:03", 0), ("06:58", 1), ("16:04", 1))
        self.row(0).check_out = "2025-03-03 12:00:00"
        self.assertEqual(
            self.rows(self.mara),
            [("03 06:57", "03 12:00", False), ("04 06:58", "04 16:04", False)],
        )
        self.assertEqual([self.row(n).face_fixed for n in range(2)], [True, False])

    def test_a_row_made_by_hand_takes_over_what_lies_in_it(self):
        self.see(("06:57", 0), ("11:00", 0), ("16:03", 0))
        self.assertEqual(self.rows(self.mara)[0], ("03 06:57", "03 11:00", False))
        self.env["hr.attendance"].create(
            {
                "employee_id": self.mara.id,
                "check_in": "2025-03-03 12:00:00",
                "check_out": "2025-03-03 16:30:00",
            }
        )
        self.assertEqual(
            self.rows(self.mara),
            [("03 06:57", "03 11:00", False), ("03 12:00", "03 16:30", False)],
        )
        left = self.env["hr.face.event"].search([], order="captured_at desc", limit=1)
        self.assertEqual(left.reason, "Ignored: within a record kept by HR")

    def test_deleting_a_row_made_by_hand_brings_the_punches_back(self):
        self.see(("06:57", 0), ("11:00", 0))
        before = self.rows(self.mara)
        manual = self.env["hr.attendance"].create(
            {
                "employee_id": self.mara.id,
                "check_in": "2025-03-03 11:30:00",
                "check_out": "2025-03-03 16:30:00",
            }
        )
        self.see(("12:00", 0), ("16:03", 0))
        manual.unlink()
        self.assertEqual(self.rows(self.mara), [*before, ("03 12:00", "03 16:03", False)])

    def test_a_closed_day_is_neither_changed_nor_added_to(self):
        self.see(("06:57", 0), ("16:03", 0), ("06:58", 1))
        self.company.face_payroll_lock_date = "2025-03-04"
        before = self.rows(self.mara)
        self.see(("11:00", 0), ("18:00", 0), ("16:00", 1), ("22:59", 1))
        self.assertEqual(self.rows(self.mara), before)
        reasons = set(
            self.env["hr.face.event"].search([("state", "=", "ignored")]).mapped("reason_code")
        )
        self.assertEqual(reasons, {"inside_fixed", "locked"})
        self.see(("06:57", 2), ("16:03", 2))
        self.assertEqual(self.rows(self.mara)[-1], ("05 06:57", "05 16:03", False))

    def test_a_stay_that_nobody_ends_is_ended_with_zero_hours(self):
        Attendance = self.env["hr.attendance"].sudo()
        self.see(("06:57", 0))
        kiosk = Attendance.create(
            {"employee_id": self.idris.id, "check_in": "2025-03-03 07:00:00", "in_mode": "kiosk"}
        )
        now = at("22:50").replace(tzinfo=None)
        people = self.mara | self.idris
        Attendance._face_expire(people, now)
        self.assertEqual(self.rows(self.mara), [("03 06:57", None, False)])
        self.assertEqual(Attendance._face_overstayed(now + timedelta(hours=1)), people)
        Attendance._face_expire(people, now + timedelta(hours=1))
        self.assertEqual(self.rows(self.mara), [("03 06:57", "03 06:57", True)])
        self.assertEqual((kiosk.worked_hours, kiosk.face_missing_out), (0, True))
        # whoever comes back, or is reported later, finds the same as without the cron
        self.see(("16:03", 0), ("06:58", 1))
        self.assertEqual(
            self.rows(self.mara), [("03 06:57", "03 16:03", False), ("04 06:58", None, False)]
        )

    def test_a_night_shift_is_not_cut(self):
        night = self._calendar(
            "Night", [(day, 22, 24) for day in range(5)] + [(day, 0, 6) for day in range(1, 6)]
        )
        self.mara.resource_calendar_id = night
        self.company.auto_check_out = True
        self.company.absence_management = True
        self.see(("20:55", 0))
        with freeze_time(at("04:00", 1)):
            self.env["hr.attendance"]._cron_auto_check_out()
            self.env["hr.attendance"]._cron_absence_detection()
            self.assertEqual(self.rows(self.mara), [("03 20:55", None, False)])
            self.gate.active = False
            self.env["hr.attendance"]._cron_auto_check_out()
            self.assertTrue(self.rows(self.mara)[0][1], "core's rule where no face is used")
