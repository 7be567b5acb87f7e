from datetime import timedelta

from odoo import fields
from odoo.tests import TransactionCase, tagged

from .common import FaceCase, at


@tagged("post_install", "-at_install")
class TestAudit(FaceCase, TransactionCase):
    """Somebody with the database alone changes things; the audit names what."""

    def setUp(self):
        super().setUp()
        self.fake = self._pair(self.device)
        self.ingest(
            self.device,
            *[self.fake.event(self.gate, self.mara, at(f"{7 + n:02}:00")) for n in range(5)],
        )
        self.heard(pending=0)

    def heard(self, *, pending=0, seq=None, through=None, later=1):
        """A heartbeat after everything above."""
        self.device.sudo().write(
            {
                "last_heartbeat_at": fields.Datetime.now() + timedelta(seconds=later),
                "outbox_pending": pending,
                "delivered_through": through or fields.Datetime.now(),
                "head_chain": self.fake.chain,
                "head_seq": self.fake.seq - 1 if seq is None else seq,
            }
        )

    def sql(self, statement, *values):
        self.env.cr.execute(statement, values)
        self.env.invalidate_all()

    def found(self):
        rows = self.env["hr.face.audit"].sudo()._audit(self.device.sudo())
        return sorted((row.first_seq, row.last_seq, row.kind) for row in rows)

    def test_an_untouched_chain_holds(self):
        self.assertEqual(self.found(), [])

    def test_tampering_is_named(self):
        one = "UPDATE hr_face_event SET %s WHERE device_id = %%s AND seq = 3"
        both = [(3, 3, "edit"), (4, 4, "broken")]
        for what, change, expected in (
            ("when", "captured_at = captured_at - interval '1 hour'", both),
            ("whose clock", "clock_uncertainty_ms = 13", both),
            ("where", "outcome = 'no_clearance'", both),
            ("who", f"employee_id = {self.idris.id}", [(3, 3, "edit")]),
            ("how sure", "similarity = 0.99", [(3, 3, "edit")]),
            ("how it was seen", "evidence = '{\"votes\": 9}'", [(3, 3, "edit")]),
            ("person removed by hand", "salt = NULL, employee_id = NULL", [(3, 3, "edit")]),
            ("signature", "signature = repeat('A', 86) || '=='", [(3, 3, "edit")]),
            ("another device's link", "prev_hash = repeat('0', 64)", both[:1] + both[1:]),
            ("an unknown field", "extra = '{\"x\": 1}'", both),
        ):
            with self.subTest(what), self.env.cr.savepoint() as point:
                self.sql(one % change, self.device.id)
                kinds = self.found()
                self.assertIn((3, 3, "edit"), kinds)
                if what not in {"another device's link", "signature"}:
                    self.assertEqual(kinds, expected)
                point.rollback()
                self.env.invalidate_all()

    def test_removed_events_are_a_gap_once_nothing_is_on_its_way(self):
        self.sql("DELETE FROM hr_face_event WHERE device_id = %s AND seq IN (2, 3)", self.device.id)
        self.heard(pending=7, through=at("06:00").replace(tzinfo=None))
        self.assertEqual(self.found(), [])
        self.heard(pending=7)
        self.assertEqual(self.found(), [(2, 3, "gap")])

    def test_a_removed_end_is_a_gap(self):
        self.sql("DELETE FROM hr_face_event WHERE device_id = %s AND seq = 5", self.device.id)
        self.heard(seq=5)
        self.assertEqual(self.found(), [(5, 5, "gap")])

    def test_an_event_that_came_after_the_heartbeat_proves_nothing(self):
        self.sql("DELETE FROM hr_face_event WHERE device_id = %s AND seq = 2", self.device.id)
        self.heard(later=-3600)
        self.assertEqual(self.found(), [])

    def test_two_events_of_one_number_are_a_fork(self):
        seq, head = self.fake.seq, self.fake.head
        first = self.fake.event(self.gate, self.mara, at("15:00"))
        self.fake.seq, self.fake.head = seq, head
        second = self.fake.event(self.gate, self.idris, at("15:01"))
        self.ingest(self.device, first, second)
        self.assertEqual([kind for *_, kind in self.found()], ["fork"])

    def test_what_was_rejected_is_no_gap(self):
        self.sql("DELETE FROM hr_face_event WHERE device_id = %s AND seq = 2", self.device.id)
        self.env["hr.face.parked"].sudo().create(
            {
                "device_id": self.device.id,
                "uuid": "0f5b1f8e-6a77-4a3c-9a53-6f4b0d1c2e3f",
                "chain": self.fake.chain,
                "seq": 2,
                "gate": self.gate.id,
                "captured_at": fields.Datetime.now(),
                "reason": "unknown_gate",
            }
        )
        self.assertEqual(self.found(), [(2, 2, "parked")])
        self.assertEqual(self.device.action_verify_chain()["params"]["type"], "success")

    def test_redaction_is_no_fault_and_a_new_pairing_no_gap(self):
        self.env["hr.face.event"].search([("device_id", "=", self.device.id)])[:2].unlink()
        self.assertEqual(self.found(), [])
        self.fake = self._pair(self.device)
        self.ingest(self.device, self.fake.event(self.gate, self.mara, at("15:00")))
        self.heard()
        self.assertEqual(self.found(), [])
        self.assertEqual(len(self.device.chain_ids), 2)

    def test_a_fault_that_was_mended_by_hand_leaves_a_trace_and_followers_hear(self):
        self.sql(
            "UPDATE hr_face_event SET employee_id = %s WHERE device_id = %s AND seq = 3",
            self.idris.id,
            self.device.id,
        )
        said = self.device.action_verify_chain()["params"]
        self.assertEqual(said["type"], "danger")
        self.assertIn("number 3", said["message"])
        self.assertEqual(self.device.fault_count, 1)
        self.assertIn("faults", self.device.message_ids[0].body)
        self.sql(
            "UPDATE hr_face_event SET employee_id = %s WHERE device_id = %s AND seq = 3",
            self.mara.id,
            self.device.id,
        )
        self.assertEqual(self.device.action_verify_chain()["params"]["type"], "success")
        row = self.device.audit_ids
        self.assertTrue(row.found_at)
        self.assertTrue(row.gone_at)
        self.assertEqual(self.device.fault_count, 0)
