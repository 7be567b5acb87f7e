from datetime import UTC, datetime, timedelta
from uuid import uuid4

from odoo.tests import TransactionCase, tagged

from ..rules import clock
from .common import FaceCase

BOOT = "0f5b1f8e-6a77-4a3c-9a53-6f4b0d1c2e3f"


@tagged("post_install", "-at_install")
class TestDeviceHealth(FaceCase, TransactionCase):
    """What a heartbeat tells of outbox and clock, and what follows from it."""

    def setUp(self):
        super().setUp()
        self.fake = self._pair(self.device)
        self.device.invalidate_recordset()

    def beat(self, monotonic_ms=3_600_000, boot_id=BOOT, gates=(), **outbox):
        return self.device._api_heartbeat(
            {
                "sent_at": "2026-11-20T07:57:03.123Z",
                "boot_id": boot_id,
                "monotonic_ms": monotonic_ms,
                "clock_offset_ms": 0,
                "clock_uncertainty_ms": 5,
                "bridge_version": "test",
                "model": "dlib-resnet-v1@aligned5",
                "config_etag": None,
                "gallery_cursor": None,
                "delivered_through": "2026-11-20T07:57:02.000Z",
                "outbox": {"pending": 0, "parked": 0} | outbox,
                "gates": list(gates),
            }
        )

    def parked(self, reason="unknown_gate", uuid=None):
        return {
            "uuid": uuid or str(uuid4()),
            "chain": self.fake.chain,
            "seq": 4,
            "gate": self.gate.id,
            "captured_at": "2026-11-20T07:50:00.000Z",
            "reason": reason,
        }

    def test_an_older_bridge_tells_less(self):
        self.beat()
        self.assertFalse(self.device.outbox_state)
        self.assertFalse(self.device.parked_ids)

    def test_rejected_events_are_shown_as_the_device_has_them_now(self):
        one, other = self.parked(), self.parked("malformed")
        self.beat(parked=2, parked_events=[one, other])
        self.assertEqual(
            sorted(self.device.parked_ids.mapped("explanation")),
            [
                "Could not be read; update the device and Odoo",
                "This device does not serve that gate",
            ],
        )
        self.assertEqual(set(self.device.parked_ids.mapped("gate_name")), {"Side door"})
        self.beat(parked=1, parked_events=[one | {"reason": "unknown_employee"}])
        self.assertEqual(self.device.parked_ids.mapped("reason"), ["unknown_employee"])
        self.beat(parked=0, parked_events=[])
        self.assertFalse(self.device.parked_ids)

    def test_delivering_again_is_asked_for_once(self):
        self.assertFalse(self.beat()["retry_parked"])
        self.device.action_retry_parked()
        self.assertTrue(self.beat()["retry_parked"])
        self.assertFalse(self.beat()["retry_parked"])

    def test_followers_hear_of_a_storage_that_fills_up_once(self):
        before = len(self.device.message_ids)
        for state, room in (("ok", 600_000), ("low", 49_000), ("low", 48_000), ("full", 0)):
            self.beat(room_state=state, room=room)
        self.assertEqual(len(self.device.message_ids), before + 2)
        self.assertEqual(self.device.outbox_state, "full")

    def seen(self, captured_at, monotonic_ms, **changes):
        event = self.fake.event(
            self.gate,
            self.mara,
            captured_at,
            time_source="clock",
            monotonic_ms=monotonic_ms,
            **{"boot_id": BOOT, "clock_offset_ms": None, "clock_uncertainty_ms": None} | changes,
        )
        [result] = self.ingest(self.device, event)
        return result["review"]

    def test_a_capture_before_the_first_contact_is_dated_by_the_boot(self):
        self.device.chain_ids.sudo().paired_at = "2020-01-01"
        now = datetime.now(UTC)
        self.beat(monotonic_ms=7_200_000)
        an_hour_ago = now - timedelta(hours=1)
        self.assertFalse(self.seen(an_hour_ago, 3_600_000))
        for wrong in (timedelta(hours=3), timedelta(hours=-3), timedelta(minutes=-6)):
            with self.subTest(wrong):
                self.assertIn(
                    self.seen(an_hour_ago + wrong, 3_600_000),
                    (clock.CLOCK_OFFSET, clock.CLOCK_IN_FUTURE),
                )
        self.assertTrue(self.seen(datetime(1970, 1, 1, 3, tzinfo=UTC), 3_600_000))

    def test_a_boot_that_never_met_the_server_is_for_review(self):
        self.device.chain_ids.sudo().paired_at = "2020-01-01"
        self.beat()
        moment = datetime.now(UTC) - timedelta(hours=1)
        self.assertEqual(self.seen(moment, 1_000, boot_id=str(uuid4())), clock.CLOCK_UNVERIFIED)
        self.assertFalse(self.rows(self.mara), "nothing is paid by it")

    def test_a_comparison_of_long_ago_is_for_review(self):
        self.device.chain_ids.sudo().paired_at = "2020-01-01"
        moment = datetime.now(UTC) - timedelta(hours=1)
        review = self.seen(moment, 1_000, clock_offset_ms=0, clock_uncertainty_ms=400_000)
        self.assertEqual(review, clock.CLOCK_UNCERTAIN)
