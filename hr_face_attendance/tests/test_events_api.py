from datetime import UTC, datetime, timedelta

from odoo.tests import HttpCase, tagged

from .common import ApiCase, at, b64


@tagged("post_install", "-at_install", "face_api")
class TestEventsApi(ApiCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.pair()

    def test_a_day(self):
        came, left = self.send(
            self.fake.event(self.gate, self.mara, at("06:57")),
            self.fake.event(self.gate, self.mara, at("16:03")),
        )
        self.assertEqual(
            came,
            {
                "uuid": came["uuid"],
                "status": "accepted",
                "reason": None,
                "field": None,
                "direction": "in",
                "review": None,
                "display_name": "Mara Lindqvist",
                "message": "IN: your shift starts at 08:00",
            },
        )
        self.assertEqual(
            (left["direction"], left["message"]), ("out", "OUT: your shift ends at 17:00")
        )
        row = self.env["hr.attendance"].search([("employee_id", "=", self.mara.id)])
        self.assertEqual(
            (row.in_mode, row.out_mode, round(row.worked_hours, 2)), ("face", "face", 9.1)
        )
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
        self.assertEqual(
            [result["status"] for result in self.send(event, event)], ["accepted", "duplicate"]
        )

    def test_one_bad_event_does_not_block_the_next(self):
        other_company = self.env["res.company"].create({"name": "Other"})
        stranger = self._employee("Somebody", "X001", company=other_company)
        fake, gate, mara = self.fake, self.gate, self.mara
        forged = fake.event(gate, mara, at("07:30")) | {"similarity": 0.99}
        resigned = fake.event(gate, mara, at("07:31"))
        resigned |= {"signature": b64(b"s" * 64)}
        moved = fake.event(gate, mara, at("07:32")) | {"captured_at": "2025-03-03T05:00:00.000Z"}
        cases = [
            (
                "malformed",
                fake.event(gate, mara, at("07:00"), similarity=7),
                "malformed",
                "similarity",
            ),
            ("no object", 7, "malformed", None),
            (
                "another gate",
                fake.event(self._gate("Elsewhere"), mara, at("07:01")),
                "unknown_gate",
                "gate",
            ),
            (
                "another device",
                fake.event(gate, mara, at("07:02"), device=fake.id + 1),
                "wrong_device",
                "device",
            ),
            (
                "another chain",
                fake.event(gate, mara, at("07:03"), chain="0" * 8 + "-0000-0000-0000-" + "0" * 12),
                "wrong_device",
                "chain",
            ),
            (
                "another company's employee",
                fake.event(gate, stranger, at("07:04")),
                "unknown_employee",
                "employee",
            ),
            (
                "nobody's number",
                fake.event(gate, type("E", (), {"id": 2**31 - 1}), at("07:05")),
                "unknown_employee",
                "employee",
            ),
            ("personal part changed", forged, "bad_signature", "commitment"),
            ("signature of nobody", resigned, "bad_signature", "signature"),
            ("time changed", moved, "bad_signature", "signature"),
        ]
        good = fake.event(gate, mara, at("08:00"))
        results = self.send(*(case[1] for case in cases), good)
        for (name, event, reason, field), result in zip(cases, results, strict=False):
            with self.subTest(name):
                self.assertEqual(
                    (result["status"], result["reason"], result["field"]),
                    ("rejected", reason, field),
                )
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
                self.assertEqual(
                    (result["status"], result["review"], result["direction"]),
                    ("accepted", review, None),
                )
                self.assertTrue(result["message"].startswith("For review"))
        self.assertEqual(self.rows(self.mara), [])
        (result,) = self.send(self.fake.event(ordinary, self.mara, now, **clock))
        self.assertEqual((result["review"], result["direction"]), (None, "in"))

    def test_other_outcomes_are_facts_without_attendance(self):
        for outcome, employee in (
            ("no_candidate", None),
            ("no_clearance", self.mara),
            ("presentation_attack", None),
            ("ambiguous", None),
            ("low_quality", None),
            ("refractory", self.mara),
        ):
            with self.subTest(outcome):
                (result,) = self.send(
                    self.fake.event(self.gate, employee, at("07:00"), outcome=outcome)
                )
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
