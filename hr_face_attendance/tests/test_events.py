import random
from datetime import UTC, datetime, timedelta
from itertools import permutations

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, TransactionCase, tagged

from .common import ApiCase, FaceCase, at, b64


@tagged("post_install", "-at_install", "face_api")
class TestEventsApi(ApiCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.pair()

    def test_a_day(self):
        came, left = self.send(self.fake.event(self.gate, self.mara, at("06:57")),
                               self.fake.event(self.gate, self.mara, at("16:03")))
        self.assertEqual(came, {
            "uuid": came["uuid"], "status": "accepted", "reason": None, "field": None, "direction": "in",
            "review": None, "display_name": "Mara Lindqvist", "message": "IN: your shift starts at 08:00",
        })
        self.assertEqual((left["direction"], left["message"]), ("out", "OUT: your shift ends at 17:00"))
        row = self.env["hr.attendance"].search([("employee_id", "=", self.mara.id)])
        self.assertEqual((row.in_mode, row.out_mode, round(row.worked_hours, 2)), ("face", "face", 9.1))
        self.assertTrue(row.face_recording)
        self.assertEqual(row.face_in_event_id.uuid, came["uuid"])

    def test_a_duplicate_changes_nothing(self):
        event = self.fake.event(self.gate, self.mara, at("06:57"))
        self.send(event)
        row = self.env["hr.attendance"].search([("employee_id", "=", self.mara.id)])
        before = (row.id, row.write_date)
        for batch in ([event], [event, event]):
            self.assertEqual({result["status"] for result in self.send(*batch)}, {"duplicate"})
        self.env.invalidate_all()
        row = self.env["hr.attendance"].search([("employee_id", "=", self.mara.id)])
        self.assertEqual((row.id, row.write_date), before)

    def test_twice_in_one_batch(self):
        event = self.fake.event(self.gate, self.mara, at("06:57"))
        self.assertEqual([result["status"] for result in self.send(event, event)], ["accepted", "duplicate"])

    def test_one_bad_event_does_not_block_the_next(self):
        other_company = self.env["res.company"].create({"name": "Other"})
        stranger = self._employee("Somebody", "X001", company=other_company)
        fake, gate, mara = self.fake, self.gate, self.mara
        forged = fake.event(gate, mara, at("07:30")) | {"similarity": 0.99}
        resigned = fake.event(gate, mara, at("07:31"))
        resigned |= {"signature": b64(b"s" * 64)}
        moved = fake.event(gate, mara, at("07:32")) | {"captured_at": "2025-03-03T05:00:00.000Z"}
        cases = [
            ("malformed", fake.event(gate, mara, at("07:00"), similarity=7), "malformed", "similarity"),
            ("no object", 7, "malformed", None),
            ("another gate", fake.event(self._gate("Elsewhere"), mara, at("07:01")), "unknown_gate", "gate"),
            ("another device", fake.event(gate, mara, at("07:02"), device=fake.id + 1), "wrong_device", "device"),
            ("another chain", fake.event(gate, mara, at("07:03"), chain="0" * 8 + "-0000-0000-0000-" + "0" * 12),
             "wrong_device", "chain"),
            ("another company's employee", fake.event(gate, stranger, at("07:04")), "unknown_employee", "employee"),
            ("nobody's number", fake.event(gate, type("E", (), {"id": 2**31 - 1}), at("07:05")), "unknown_employee",
             "employee"),
            ("personal part changed", forged, "bad_signature", "commitment"),
            ("signature of nobody", resigned, "bad_signature", "signature"),
            ("time changed", moved, "bad_signature", "signature"),
        ]
        good = fake.event(gate, mara, at("08:00"))
        results = self.send(*(case[1] for case in cases), good)
        for (name, event, reason, field), result in zip(cases, results, strict=False):
            with self.subTest(name):
                self.assertEqual((result["status"], result["reason"], result["field"]), ("rejected", reason, field))
                self.assertEqual(result["uuid"], event["uuid"] if isinstance(event, dict) else None)
                self.assertNotIn("display_name", result)
        self.assertEqual(results[-1]["status"], "accepted")
        self.assertEqual(self.env["hr.face.event"].search_count([]), 1)

    def test_times_that_cannot_be_right_wait_for_a_person(self):
        ordinary = self._gate("Ordinary", recording=False)
        self.device.gate_ids += ordinary
        now = datetime.now(UTC)
        clock = {"time_source": "clock", "clock_offset_ms": 0}
        cases = [
            ("1970", ordinary, datetime(1970, 1, 1, tzinfo=UTC), clock, "clock_before_pairing"),
            ("future", ordinary, now + timedelta(hours=1), clock, "clock_in_future"),
            ("clock off", ordinary, now, clock | {"clock_offset_ms": 400_000}, "clock_offset"),
            ("recording at an ordinary gate", ordinary, at("07:00"), {}, "recording_not_allowed"),
            ("future of a recording", self.gate, now + timedelta(hours=1), {}, "clock_in_future"),
        ]
        for name, gate, moment, changes, review in cases:
            with self.subTest(name):
                (result,) = self.send(self.fake.event(gate, self.mara, moment, **changes))
                self.assertEqual((result["status"], result["review"], result["direction"]), ("accepted", review, None))
                self.assertTrue(result["message"].startswith("For review"))
        self.assertEqual(self.rows(self.mara), [])
        (result,) = self.send(self.fake.event(ordinary, self.mara, now, **clock))
        self.assertEqual((result["review"], result["direction"]), (None, "in"))

    def test_other_outcomes_are_facts_without_attendance(self):
        for outcome, employee in (("no_candidate", None), ("no_clearance", self.mara), ("presentation_attack", None),
                                  ("ambiguous", None), ("low_quality", None), ("refractory", self.mara)):
            with self.subTest(outcome):
                (result,) = self.send(self.fake.event(self.gate, employee, at("07:00"), outcome=outcome))
                self.assertEqual((result["status"], result["direction"]), ("accepted", None))
                self.assertTrue(result["message"])
        self.assertEqual(self.rows(self.mara), [])

    def test_the_reason_speaks_the_gate_s_language_and_zone(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.gate.write({"tz": "Asia/Kolkata", "lang": "fr_FR"})
        (result,) = self.send(self.fake.event(self.gate, self.mara, at("06:57")))
        self.assertIn("12:30", result["message"])

    def test_events_of_the_pairing_before_still_arrive(self):
        kept = self.fake.event(self.gate, self.mara, at("06:57"))
        self.pair()
        self.assertEqual(self.send(kept)[0]["status"], "accepted")
        self.device.action_revoke()
        self.pair()
        lost = self.fake.event(self.gate, self.mara, at("16:00"), chain=kept["chain"])
        self.assertEqual(self.send(lost)[0]["reason"], "wrong_device")


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
        events = [self.fake.event(gate, employee or self.mara, at(text, day)) for text, day, gate in seen]
        return [self.ingest(self.device, event)[0] for event in events]

    def test_any_order_of_delivery_gives_the_same_table(self):
        seen = [("06:57", 0, self.entrance), ("06:57:30.000", 0, self.gate), ("11:01", 0, self.gate),
                ("12:00", 0, self.gate), ("07:02", 1, self.entrance)]
        events = [self.fake.event(gate, self.mara, at(text, day)) for text, day, gate in seen]
        expected = [("03 06:57", "03 11:01", False), ("03 12:00", "03 12:00", True), ("04 07:02", None, False)]
        links = set()
        for order in random.Random(5).sample(list(permutations(events)), 20):
            with self.env.cr.savepoint() as point:
                for event in order:
                    self.ingest(self.device, event)
                self.assertEqual(self.rows(self.mara), expected)
                links.add(tuple(sorted(
                    (event.uuid, event.direction, event.reason) for event in self.env["hr.face.event"].search([])
                )))
                self.env["hr.attendance"].search([])._check_validity()
                point.rollback()
                self.env.invalidate_all()
        self.assertEqual(len(links), 1)

    def test_a_batch_equals_one_by_one(self):
        seen = [("06:57", 0, self.gate), ("11:01", 0, self.gate), ("12:00", 0, self.gate), ("16:01", 0, self.gate)]
        batch = [self.fake.event(gate, person, at(text, day)) for text, day, gate in seen
                 for person in (self.mara, self.idris)]
        results = self.ingest(self.device, *batch)
        self.assertEqual([result["direction"] for result in results], ["in", "in", "out", "out"] * 2)
        for person in (self.mara, self.idris):
            self.assertEqual(self.rows(person), [("03 06:57", "03 11:01", False), ("03 12:00", "03 16:01", False)])

    def test_a_night_over_midnight(self):
        night = self._calendar("Night", [(day, 22, 24) for day in (6, 0, 1, 2, 3)] + [(day, 0, 6) for day in range(5)])
        lucian = self._employee("Lucian Brandt", "F008", calendar=night)
        came, left = self.see(("20:55", 0, self.gate), ("05:04", 1, self.gate), employee=lucian)
        self.assertEqual((came["message"], left["message"]),
                         ("IN: start of night shift 22:00", "OUT: your shift ends at 06:00"))
        self.assertEqual(self.rows(lucian), [("03 20:55", "04 05:04", False)])

    def test_summer_time(self):
        """Brussels leaves winter on 30 March 2025: 08:00 is 06:00 UTC on the Monday after."""
        (came,) = self.see(("05:58", 28, self.gate))
        self.assertEqual(came["message"], "IN: your shift starts at 08:00")

    def test_a_public_holiday_has_no_shift(self):
        self.env["resource.calendar.leaves"].create({
            "name": "Holiday", "company_id": self.company.id, "calendar_id": False,
            "date_from": "2025-03-02 23:00:00", "date_to": "2025-03-03 22:59:59",
        })
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
        self.assertEqual([one["message"] for one in came][::2],
                         ["IN: your shift starts at 08:00", "IN: your shift starts at 14:00"])

    def test_a_forgotten_check_out_invents_no_hours(self):
        self.see(("06:57", 0, self.entrance), ("06:58", 1, self.entrance))
        self.assertEqual(self.rows(self.mara), [("03 06:57", "03 06:57", True), ("04 06:58", None, False)])
        first = self.env["hr.attendance"].search([("face_missing_out", "=", True)])
        self.assertEqual((first.worked_hours, first.out_mode), (0, "technical"))
        # the exit's event arrives late: nothing was forgotten
        self.see(("16:02", 0, self.exit))
        self.assertEqual(self.rows(self.mara), [("03 06:57", "03 16:02", False), ("04 06:58", None, False)])
        self.assertEqual(first.out_mode, "face")

    def test_what_a_person_edits_is_theirs(self):
        self.see(("06:57", 0, self.entrance), ("06:58", 1, self.entrance))
        row = self.env["hr.attendance"].search([("face_missing_out", "=", True)])
        row.check_out = "2025-03-03 16:00:00"
        self.assertTrue(row.face_fixed)
        self.assertFalse(row.face_missing_out)
        late = self.see(("15:00", 0, self.exit))[0]
        self.assertEqual(late["message"], "Ignored: within a record kept by HR")
        self.assertEqual(self.rows(self.mara), [("03 06:57", "03 16:00", False), ("04 06:58", None, False)])

    def test_a_manual_row_is_never_overwritten(self):
        manual = self.env["hr.attendance"].create(
            {"employee_id": self.mara.id, "check_in": "2025-03-03 08:00:00", "check_out": "2025-03-03 12:00:00"}
        )
        before = manual.read(["check_in", "check_out", "in_mode", "out_mode"])
        self.see(("09:00", 0, self.gate), ("06:57", 0, self.entrance), ("13:00", 0, self.gate), ("16:00", 0, self.exit))
        self.assertEqual(manual.read(["check_in", "check_out", "in_mode", "out_mode"]), before)
        self.assertEqual(self.rows(self.mara), [("03 06:57", "03 06:57", True), ("03 08:00", "03 12:00", False),
                                                ("03 13:00", "03 16:00", False)])

    def test_an_open_kiosk_row_is_completed_by_a_face(self):
        kiosk = self.env["hr.attendance"].create(
            {"employee_id": self.mara.id, "check_in": "2025-03-03 07:00:00", "in_mode": "kiosk"}
        )
        left = self.fake.event(self.gate, self.mara, at("16:02"))
        self.ingest(self.device, left)
        self.assertEqual((kiosk.in_mode, kiosk.out_mode, self.rows(self.mara)),
                         ("kiosk", "face", [("03 07:00", "03 16:02", False)]))
        # an earlier leaving arrives late: the same row, another time
        self.see(("11:02", 0, self.gate))
        self.assertEqual(self.rows(self.mara), [("03 07:00", "03 11:02", False), ("03 16:02", None, False)])

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
            row.with_context(hr_face_deriving=pretence).write({"check_out": "2025-03-03 16:00:00", "face_fixed": False})
            self.assertTrue(row.face_fixed)

    def test_a_wrong_setting_of_the_gate_later_does_not_change_the_past(self):
        self.see(("06:57", 0, self.gate), ("16:00", 0, self.gate))
        self.gate.direction = "in"
        self.see(("05:00", 0, self.gate))
        self.assertEqual(self.rows(self.mara)[-1][0], "03 16:00")

    def test_company_rules_count(self):
        self.company.face_refractory_s = 0
        self.company.face_max_stay_h = 2
        self.mara.resource_calendar_id = False
        self.see(("07:00", 0, self.gate), ("07:00:01.000", 0, self.gate), ("08:00", 0, self.gate), ("10:01", 0, self.gate))
        self.assertEqual(self.rows(self.mara), [("03 07:00", "03 07:00", False), ("03 08:00", "03 08:00", True),
                                                ("03 10:01", None, False)])

    def test_overtime_is_core_s_own(self):
        self.see(("06:00", 0, self.gate), ("18:00", 0, self.gate))
        by_face = self.env["hr.attendance"].search([("employee_id", "=", self.mara.id)])
        by_hand = self.env["hr.attendance"].create(
            {"employee_id": self.idris.id, "check_in": "2025-03-03 06:00:00", "check_out": "2025-03-03 18:00:00"}
        )
        for name in ("worked_hours", "overtime_hours", "expected_hours", "date"):
            self.assertEqual(by_face[name], by_hand[name], name)


@tagged("post_install", "-at_install")
class TestEventLog(FaceCase, TransactionCase):
    def setUp(self):
        super().setUp()
        self.fake = self._pair(self.device)
        batch = [self.fake.event(self.gate, self.mara, at("06:57"), future_field={"kept": True}),
                 self.fake.event(self.gate, self.mara, at("16:01"), clock_offset_ms=0, margin=0.1, evidence=None),
                 self.fake.event(self.gate, None, at("16:30"))]
        self.ingest(self.device, *batch)
        self.batch = batch
        self.events = self.env["hr.face.event"].search([], order="seq")

    def test_facts_cannot_be_changed_by_anyone(self):
        for env in (self.env, self.env(su=True)):
            event = self.events[0].with_env(env)
            with self.assertRaises(AccessError):
                event.write({"captured_at": "2025-01-01"})
            with self.assertRaises(AccessError):
                self.env["hr.face.event"].with_env(env).create({})
            with self.assertRaises(UserError):
                event.copy()

    def test_null_is_not_zero(self):
        self.env.cr.execute("SELECT clock_offset_ms, margin, evidence FROM hr_face_event ORDER BY seq")
        self.assertEqual(self.env.cr.fetchall(), [
            (None, None, {"votes": 3, "frames": 4, "face_px": 112}), (0, 0.1, None),
            (None, None, {"votes": 3, "frames": 4, "face_px": 112})])

    def test_milliseconds_are_kept(self):
        event = self.fake.event(self.gate, None, at("17:00:00.123"))
        self.ingest(self.device, event)
        self.env.cr.execute("SELECT captured_at FROM hr_face_event WHERE uuid = %s", [event["uuid"]])
        self.assertEqual(self.env.cr.fetchone()[0].microsecond, 123_000)

    def test_the_stored_chain_verifies_until_it_is_tampered_with(self):
        Event = self.env["hr.face.event"]
        self.assertEqual(Event._chain_faults(self.device), [])
        self.env.cr.execute("UPDATE hr_face_event SET captured_at = captured_at - interval '1 hour' WHERE seq = 2")
        self.assertEqual(Event._chain_faults(self.device),
                         [(self.fake.chain, 2, "signature"), (self.fake.chain, 3, "prev_hash")])

    def test_redaction_erases_the_person_and_nothing_else(self):
        rows = self.rows(self.mara)
        self.events[:2].unlink()
        self.assertTrue(self.events[0].exists())
        self.env.cr.execute(
            "SELECT employee_id, template_model, similarity, margin, pad, direction_hint, evidence, salt, uuid, hash"
            " FROM hr_face_event ORDER BY seq LIMIT 1")
        *personal, uuid, event_hash = self.env.cr.fetchone()
        self.assertEqual(personal, [None] * 8)
        self.assertEqual(uuid, self.batch[0]["uuid"])
        self.assertTrue(event_hash)
        self.assertEqual(self.events[0].redacted_by_id, self.env.user)
        self.assertEqual(self.env["hr.face.event"]._chain_faults(self.device), [])
        self.assertEqual(self.rows(self.mara), rows)
        self.assertTrue(self.env["hr.attendance"].search([("employee_id", "=", self.mara.id)]).face_fixed)

    def test_a_redacted_event_sent_again_is_a_duplicate(self):
        self.events.unlink()
        self.assertEqual({result["status"] for result in self.ingest(self.device, *self.batch)}, {"duplicate"})

    def test_deriving_after_redaction_changes_no_hours(self):
        rows = self.rows(self.mara)
        self.events[0].unlink()
        self.ingest(self.device, self.fake.event(self.gate, self.mara, at("07:30")),
                    self.fake.event(self.gate, self.mara, at("06:57", 1)))
        self.assertEqual(self.rows(self.mara), [*rows, ("04 06:57", None, False)])

    def test_deleting_a_person_redacts_their_events(self):
        self.mara.unlink()
        self.assertEqual(self.events.exists().mapped("redacted_at").count(False), 1)
        self.assertFalse(self.events.employee_id)
        self.assertEqual(self.env["hr.face.event"]._chain_faults(self.device), [])

    def test_reading_an_event(self):
        came, left, stranger = self.events
        self.assertEqual((came.reason, left.reason, stranger.reason),
                         ("IN: your shift starts at 08:00", "OUT: your shift ends at 17:00", "Nobody enrolled"))
        self.assertEqual(came.extra, {"future_field": {"kept": True}})
        self.assertTrue(came.is_recording)
        with self.assertRaises(AccessError):
            came.with_user(self.env.ref("base.user_admin")).read(["salt"])

    def test_a_gate_keeps_its_company_and_its_events(self):
        other = self.env["res.company"].create({"name": "Other"})
        for record in (self.gate, self.device):
            with self.assertRaises(UserError):
                record.write({"company_id": other.id, "gate_ids" if record == self.device else "device_ids": [Command.clear()]})
