import random
from itertools import permutations

from odoo.tests import TransactionCase, tagged

from .common import FaceCase, at


@tagged("post_install", "-at_install")
class TestDerivation(FaceCase, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.entrance = cls._gate("Entrance", direction="in")
        cls.exit = cls._gate("Exit", direction="out")
        cls.device.gate_ids += cls.entrance + cls.exit
        cls.fake = cls._pair(cls.device)

    def see(self, *seen, employee=None):
        """Deliver (time, day, gate) one by one; returns the results."""
        events = [
            self.fake.event(gate, employee or self.mara, at(text, day)) for text, day, gate in seen
        ]
        return [self.ingest(self.device, event)[0] for event in events]

    def test_any_order_of_delivery_gives_the_same_table(self):
        seen = [
            ("06:57", 0, self.entrance),
            ("06:57:30.000", 0, self.gate),
            ("11:01", 0, self.gate),
            ("12:00", 0, self.gate),
            ("07:02", 1, self.entrance),
        ]
        events = [self.fake.event(gate, self.mara, at(text, day)) for text, day, gate in seen]
        expected = [
            ("03 06:57", "03 11:01", False),
            ("03 12:00", "03 12:00", True),
            ("04 07:02", None, False),
        ]
        links = set()
        for order in random.Random(5).sample(list(permutations(events)), 20):
            with self.env.cr.savepoint() as point:
                for event in order:
                    self.ingest(self.device, event)
                self.assertEqual(self.rows(self.mara), expected)
                links.add(
                    tuple(
                        sorted(
                            (event.uuid, event.direction, event.reason)
                            for event in self.env["hr.face.event"].search([])
                        )
                    )
                )
                self.env["hr.attendance"].search([])._check_validity()
                point.rollback()
                self.env.invalidate_all()
        self.assertEqual(len(links), 1)

    def test_a_batch_equals_one_by_one(self):
        seen = [
            ("06:57", 0, self.gate),
            ("11:01", 0, self.gate),
            ("12:00", 0, self.gate),
            ("16:01", 0, self.gate),
        ]
        batch = [
            self.fake.event(gate, person, at(text, day))
            for text, day, gate in seen
            for person in (self.mara, self.idris)
        ]
        results = self.ingest(self.device, *batch)
        self.assertEqual(
            [result["direction"] for result in results], ["in", "in", "out", "out"] * 2
        )
        for person in (self.mara, self.idris):
            self.assertEqual(
                self.rows(person),
                [("03 06:57", "03 11:01", False), ("03 12:00", "03 16:01", False)],
            )

    def test_a_night_over_midnight(self):
        night = self._calendar(
            "Night", [(day, 22, 24) for day in (6, 0, 1, 2, 3)] + [(day, 0, 6) for day in range(5)]
        )
        lucian = self._employee("Lucian Brandt", "F008", calendar=night)
        came, left = self.see(("20:55", 0, self.gate), ("05:04", 1, self.gate), employee=lucian)
        self.assertEqual(
            (came["message"], left["message"]),
            ("IN: start of night shift 22:00", "OUT: your shift ends at 06:00"),
        )
        self.assertEqual(self.rows(lucian), [("03 20:55", "04 05:04", False)])

    def test_summer_time(self):
        """Brussels leaves winter on 30 March 2025: 08:00 is 06:00 UTC on the Monday after."""
        (came,) = self.see(("05:58", 28, self.gate))
        self.assertEqual(came["message"], "IN: your shift starts at 08:00")

    def test_a_public_holiday_has_no_shift(self):
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "company_id": self.company.id,
                "calendar_id": False,
                "date_from": "2025-03-02 23:00:00",
                "date_to": "2025-03-03 22:59:59",
            }
        )
        (came,) = self.see(("06:57", 0, self.gate))
        self.assertEqual(came["message"], "IN: outside your schedule")

    def test_without_a_calendar_there_is_no_schedule(self):
        self.mara.resource_calendar_id = False
        (came,) = self.see(("06:57", 0, self.gate))
        self.assertEqual(came["message"], "IN: outside your schedule")

    def test_the_schedule_of_the_time_counts(self):
        late = self._calendar("Late", [(day, 14, 22) for day in range(5)])
        self.mara.create_version({"date_version": "2025-03-04", "resource_calendar_id": late.id})
        came = self.see(("06:57", 0, self.gate), ("16:00", 0, self.gate), ("12:50", 1, self.gate))
        self.assertEqual(
            [one["message"] for one in came][::2],
            ["IN: your shift starts at 08:00", "IN: your shift starts at 14:00"],
        )

    def test_a_forgotten_check_out_invents_no_hours(self):
        self.see(("06:57", 0, self.entrance), ("06:58", 1, self.entrance))
        self.assertEqual(
            self.rows(self.mara), [("03 06:57", "03 06:57", True), ("04 06:58", None, False)]
        )
        first = self.env["hr.attendance"].search([("face_missing_out", "=", True)])
        self.assertEqual((first.worked_hours, first.out_mode), (0, "technical"))
        # the exit's event arrives late: nothing was forgotten
        self.see(("16:02", 0, self.exit))
        self.assertEqual(
            self.rows(self.mara), [("03 06:57", "03 16:02", False), ("04 06:58", None, False)]
        )
        self.assertEqual(first.out_mode, "face")

    def test_what_a_person_edits_is_theirs(self):
        self.see(("06:57", 0, self.entrance), ("06:58", 1, self.entrance))
        row = self.env["hr.attendance"].search([("face_missing_out", "=", True)])
        row.check_out = "2025-03-03 16:00:00"
        self.assertTrue(row.face_fixed)
        self.assertFalse(row.face_missing_out)
        late = self.see(("15:00", 0, self.exit))[0]
        self.assertEqual(late["message"], "Ignored: within a record kept by HR")
        self.assertEqual(
            self.rows(self.mara), [("03 06:57", "03 16:00", False), ("04 06:58", None, False)]
        )

    def test_a_manual_row_is_never_overwritten(self):
        manual = self.env["hr.attendance"].create(
            {
                "employee_id": self.mara.id,
                "check_in": "2025-03-03 08:00:00",
                "check_out": "2025-03-03 12:00:00",
            }
        )
        before = manual.read(["check_in", "check_out", "in_mode", "out_mode"])
        self.see(
            ("09:00", 0, self.gate),
            ("06:57", 0, self.entrance),
            ("13:00", 0, self.gate),
            ("16:00", 0, self.exit),
        )
        self.assertEqual(manual.read(["check_in", "check_out", "in_mode", "out_mode"]), before)
        self.assertEqual(
            self.rows(self.mara),
            [
                ("03 06:57", "03 06:57", True),
                ("03 08:00", "03 12:00", False),
                ("03 13:00", "03 16:00", False),
            ],
        )

    def test_an_open_kiosk_row_is_completed_by_a_face(self):
        kiosk = self.env["hr.attendance"].create(
            {"employee_id": self.mara.id, "check_in": "2025-03-03 07:00:00", "in_mode": "kiosk"}
        )
        left = self.fake.event(self.gate, self.mara, at("14:02"))
        self.ingest(self.device, left)
        self.assertEqual(
            (kiosk.in_mode, kiosk.out_mode, self.rows(self.mara)),
            ("kiosk", "face", [("03 07:00", "03 14:02", False)]),
        )
        # an earlier leaving arrives late: the same row, another time
        self.see(("11:02", 0, self.gate))
        self.assertEqual(
            self.rows(self.mara), [("03 07:00", "03 11:02", False), ("03 14:02", None, False)]
        )

    def test_a_forgotten_kiosk_row_waits_for_a_late_event(self):
        self.env["hr.attendance"].create(
            {"employee_id": self.mara.id, "check_in": "2025-03-03 07:00:00", "in_mode": "kiosk"}
        )
        self.see(("06:58", 1, self.entrance))
        self.assertEqual(
            self.rows(self.mara), [("03 07:00", "03 07:00", True), ("04 06:58", None, False)]
        )
        self.see(("16:01", 0, self.exit))
        self.assertEqual(
            self.rows(self.mara), [("03 07:00", "03 16:01", False), ("04 06:58", None, False)]
        )

    def test_a_row_without_a_face_is_no_concern_of_ours(self):
        row = self.env["hr.attendance"].create(
            {"employee_id": self.mara.id, "check_in": "2025-03-03 07:00:00", "in_mode": "kiosk"}
        )
        row.check_out = "2025-03-03 16:00:00"
        self.assertFalse(row.face_fixed)

    def test_a_face_row_checked_out_at_the_kiosk_is_a_person_s(self):
        self.see(("06:57", 0, self.gate))
        row = self.env["hr.attendance"].search([("employee_id", "=", self.mara.id)])
        row.write({"check_out": "2025-03-03 16:00:00", "out_mode": "kiosk"})
        (seen,) = self.see(("16:00:30.000", 0, self.gate))
        self.assertEqual(seen["direction"], None)
        self.assertEqual(self.rows(self.mara), [("03 06:57", "03 16:00", False)])

    def test_a_deleted_row_does_not_come_back(self):
        self.see(("06:57", 0, self.gate), ("11:00", 0, self.gate))
        self.env["hr.attendance"].search([("employee_id", "=", self.mara.id)]).unlink()
        self.see(("12:00", 0, self.gate), ("05:00", 0, self.gate))
        self.assertEqual(self.rows(self.mara), [("03 05:00", "03 12:00", False)])
        codes = self.env["hr.face.event"].search([]).mapped("reason_code")
        self.assertEqual(codes.count("removed"), 2)

    def test_a_client_cannot_pretend_to_be_the_derivation(self):
        self.see(("06:57", 0, self.gate))
        row = self.env["hr.attendance"].search([("employee_id", "=", self.mara.id)])
        for pretence in (True, "hr_face_deriving", {}, 1):
            row.with_context(hr_face_deriving=pretence).write(
                {"check_out": "2025-03-03 16:00:00", "face_fixed": False}
            )
            self.assertTrue(row.face_fixed)

    def test_a_wrong_setting_of_the_gate_later_does_not_change_the_past(self):
        self.see(("06:57", 0, self.gate), ("11:00", 0, self.gate))
        self.gate.direction = "in"
        self.see(("05:00", 0, self.gate))
        self.assertEqual(self.rows(self.mara)[-1][0], "03 11:00")

    def test_company_rules_count(self):
        self.company.face_refractory_s = 0
        self.company.face_max_stay_h = 2
        self.mara.resource_calendar_id = False
        self.see(
            ("07:00", 0, self.gate),
            ("07:00:01.000", 0, self.gate),
            ("08:00", 0, self.gate),
            ("10:01", 0, self.gate),
        )
        self.assertEqual(
            self.rows(self.mara),
            [
                ("03 07:00", "03 07:00", False),
                ("03 08:00", "03 08:00", True),
                ("03 10:01", None, False),
            ],
        )

    def test_overtime_is_core_s_own(self):
        self.see(("06:00", 0, self.gate), ("18:00", 0, self.gate))
        by_face = self.env["hr.attendance"].search([("employee_id", "=", self.mara.id)])
        by_hand = self.env["hr.attendance"].create(
            {
                "employee_id": self.idris.id,
                "check_in": "2025-03-03 06:00:00",
                "check_out": "2025-03-03 18:00:00",
            }
        )
        for name in ("worked_hours", "overtime_hours", "expected_hours", "date"):
            self.assertEqual(by_face[name], by_hand[name], name)
