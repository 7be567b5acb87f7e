from odoo.tests import TransactionCase, tagged

from ..models.hr_face_event_badge import badge_mark
from .common import FaceCase, at


@tagged("post_install", "-at_install")
class TestBadges(FaceCase, TransactionCase):
    """Badges as second factor: what a bridge gets of them, and what they settle."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fake = cls._pair(cls.device)
        cls._enrolled(cls.mara)

    def page(self, cursor=""):
        changes = self.env["hr.face.gallery.change"].sudo()
        page = changes._gallery_page(self.device.sudo(), cursor)
        return page, {one["employee"]: one for one in self.fake.open(page)["people"]}

    def state_of(self, event):
        found = self.env["hr.face.event"].search([("uuid", "=", event["uuid"])])
        found.invalidate_recordset()
        return found.state

    def two(self, **changes):
        """An ambiguous face, and whom its badge said that it was."""
        common = {"time_source": "recording"}
        first = self.fake.event(self.gate, None, at("07:00"), outcome="ambiguous", **common)
        evidence = {"factors": ["face", "badge"], "resolves": first["uuid"]}
        second = self.fake.event(
            self.gate, self.mara, at("07:00"), evidence=evidence, **common | changes
        )
        return first, second

    def test_no_badge_travels_where_no_gate_asks_for_one(self):
        _page, people = self.page()
        self.assertIsNone(people[self.mara.id]["badge"])

    def test_where_a_gate_asks_a_mark_travels_and_never_the_number(self):
        before, _people = self.page()
        self.gate.badge = "ambiguous"
        page, people = self.page(before["cursor"])
        self.assertTrue(page["cursor_reset"], "everybody anew, with their badges")
        mark = people[self.mara.id]["badge"]
        self.assertEqual(mark, badge_mark(self.device.chain, "F001"))
        self.assertNotIn("F001", str(people))

    def test_another_device_s_mark_of_the_same_badge_is_another(self):
        self.assertNotEqual(badge_mark("a", "F001"), badge_mark("b", "F001"))

    def test_a_new_badge_reaches_the_bridge(self):
        self.gate.badge = "always"
        page, _people = self.page()
        self.mara.barcode = "F777"
        page, people = self.page(page["cursor"])
        self.assertFalse(page["cursor_reset"])
        self.assertEqual(people[self.mara.id]["badge"], badge_mark(self.device.chain, "F777"))
        self.mara.barcode = False
        _page, people = self.page(page["cursor"])
        self.assertIsNone(people[self.mara.id]["badge"])

    def test_an_ambiguous_face_waits_for_a_person(self):
        first, _second = self.two()
        self.ingest(self.device, first)
        self.assertEqual(self.state_of(first), "review")

    def test_once_the_badge_says_who_it_was_nobody_need_look(self):
        for order in (1, -1):
            with self.subTest(order):
                first, second = self.two()
                for event in (first, second)[::order]:
                    self.ingest(self.device, event)
                self.assertEqual(self.state_of(first), "none")
                self.assertIn(self.state_of(second), ("derived", "ignored"))

    def test_in_one_batch_too(self):
        first, second = self.two()
        self.ingest(self.device, first, second)
        self.assertEqual((self.state_of(first), self.state_of(second)), ("none", "derived"))

    def test_another_device_settles_nothing(self):
        other = self.device.copy({"name": "Other bridge", "gate_ids": self.gate.ids})
        fake = self._pair(other)
        first, _second = self.two()
        self.ingest(self.device, first)
        lie = fake.event(
            self.gate,
            self.mara,
            at("07:00"),
            evidence={"factors": ["face", "badge"], "resolves": first["uuid"]},
        )
        self.ingest(other, lie)
        self.assertEqual(self.state_of(first), "review")
