from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, tagged

from .common import FaceCase, at


@tagged("post_install", "-at_install")
class TestEventLog(FaceCase, TransactionCase):
    def setUp(self):
        super().setUp()
        self.fake = self._pair(self.device)
        batch = [
            self.fake.event(self.gate, self.mara, at("06:57"), future_field={"kept": True}),
            self.fake.event(
                self.gate, self.mara, at("16:01"), clock_offset_ms=0, margin=0.1, evidence=None
            ),
            self.fake.event(self.gate, None, at("16:30")),
        ]
        self.ingest(self.device, *batch)
        self.batch = batch
        self.events = self.env["hr.face.event"].search([], order="seq")

    def faults(self):
        found = self.env["hr.face.audit"].sudo()._audit(self.device.sudo())
        return [(fault.kind, fault.first_seq) for fault in found.sorted("first_seq")]

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
        self.env.cr.execute(
            "SELECT clock_offset_ms, margin, evidence FROM hr_face_event ORDER BY seq"
        )
        self.assertEqual(
            self.env.cr.fetchall(),
            [
                (None, None, {"votes": 3, "frames": 4, "face_px": 112}),
                (0, 0.1, None),
                (None, None, {"votes": 3, "frames": 4, "face_px": 112}),
            ],
        )

    def test_an_event_keeps_the_department_of_its_day(self):
        works, yard = self.env["hr.department"].create([{"name": "Works"}, {"name": "Yard"}])
        self.mara.department_id = works
        self.ingest(self.device, self.fake.event(self.gate, self.mara, at("17:00")))
        self.mara.department_id = yard
        newest = self.env["hr.face.event"].search([("employee_id", "=", self.mara.id)], limit=1)
        self.assertEqual(newest.department_id, works)
        self.assertFalse(self.events[0].department_id, "she was in none when it arrived")
        newest.action_redact()
        self.assertFalse(newest.department_id)

    def test_milliseconds_are_kept(self):
        event = self.fake.event(self.gate, None, at("17:00:00.123"))
        self.ingest(self.device, event)
        self.env.cr.execute(
            "SELECT captured_at FROM hr_face_event WHERE uuid = %s", [event["uuid"]]
        )
        self.assertEqual(self.env.cr.fetchone()[0].microsecond, 123_000)

    def test_the_stored_chain_verifies_until_it_is_tampered_with(self):
        self.assertEqual(self.faults(), [])
        self.assertEqual(self.device.action_verify_chain()["params"]["type"], "success")
        self.env.cr.execute(
            "UPDATE hr_face_event SET captured_at = captured_at - interval '1 hour' WHERE seq = 2"
        )
        self.assertEqual(
            self.faults(),
            [("edit", 2), ("broken", 3)],
        )

    def test_redaction_erases_the_person_and_nothing_else(self):
        rows = self.rows(self.mara)
        self.events[:2].unlink()
        self.assertTrue(self.events[0].exists())
        self.env.cr.execute(
            "SELECT employee_id, template_model, similarity, margin, pad, direction_hint, evidence, salt, uuid, hash"
            " FROM hr_face_event ORDER BY seq LIMIT 1"
        )
        *personal, uuid, event_hash = self.env.cr.fetchone()
        self.assertEqual(personal, [None] * 8)
        self.assertEqual(uuid, self.batch[0]["uuid"])
        self.assertTrue(event_hash)
        self.assertEqual(self.events[0].redacted_by_id, self.env.user)
        self.assertEqual(self.faults(), [])
        self.assertEqual(self.rows(self.mara), rows)
        self.assertTrue(
            self.env["hr.attendance"].search([("employee_id", "=", self.mara.id)]).face_fixed
        )
        self.assertFalse(self.events[:2].attendance_id, "no way back to the person")

    def test_a_redacted_event_sent_again_is_a_duplicate(self):
        self.events.unlink()
        self.assertEqual(
            {result["status"] for result in self.ingest(self.device, *self.batch)}, {"duplicate"}
        )

    def test_deriving_after_redaction_changes_no_hours(self):
        rows = self.rows(self.mara)
        self.events[0].unlink()
        self.ingest(
            self.device,
            self.fake.event(self.gate, self.mara, at("07:30")),
            self.fake.event(self.gate, self.mara, at("06:57", 1)),
        )
        self.assertEqual(self.rows(self.mara), [*rows, ("04 06:57", None, False)])

    def test_deleting_a_person_redacts_their_events(self):
        self.mara.unlink()
        self.assertEqual(self.events.exists().mapped("redacted_at").count(False), 1)
        self.assertFalse(self.events.employee_id)
        self.assertEqual(self.faults(), [])

    def test_reading_an_event(self):
        came, left, stranger = self.events
        self.assertEqual(
            (came.reason, left.reason, stranger.reason),
            ("IN: your shift starts at 08:00", "OUT: your shift ends at 17:00", "Nobody enrolled"),
        )
        self.assertEqual(came.extra, {"future_field": {"kept": True}})
        self.assertTrue(came.is_recording)
        with self.assertRaises(AccessError):
            came.with_user(self.env.ref("base.user_admin")).read(["salt"])

    def test_a_gate_keeps_its_company_and_its_events(self):
        other = self.env["res.company"].create({"name": "Other"})
        for record in (self.gate, self.device):
            with self.assertRaises(UserError):
                record.write(
                    {
                        "company_id": other.id,
                        "gate_ids" if record == self.device else "device_ids": [Command.clear()],
                    }
                )
