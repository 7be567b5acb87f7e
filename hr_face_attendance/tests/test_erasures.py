from datetime import timedelta
from uuid import uuid4

from odoo import Command, fields
from odoo.tests import HttpCase, tagged

from .common import ApiCase, FakeDevice, unit_vector


@tagged("post_install", "-at_install", "face_api")
class TestErasures(ApiCase, HttpCase):
    """What is erased here is asked of each device until it says that it is done."""

    def setUp(self):
        super().setUp()
        self.pair()
        self.consent = self._consent(self.mara)
        self.enrol(self.enrolment("F001", vector=unit_vector(1)))
        self.template = self.env["hr.face.template"].sudo().search([]).uuid

    def page(self, cursor=""):
        page = self.call("gallery", params={"cursor": cursor}).json()
        return page["cursor"], self.fake.open(page)

    def acknowledge(self, *uuids):
        answer = self.call("erasures", {"erasures": [{"uuid": uuid} for uuid in uuids]})
        self.assertEqual(answer.status_code, 200, answer.text)
        return [(one["status"], one["reason"]) for one in answer.json()["results"]]

    def rows(self):
        return self.env["hr.face.erasure"].search([])

    def another(self, name, **values):
        """One more device of the company, paired."""
        device = self.env["hr.face.device"].create(
            {
                "name": name,
                "company_id": self.company.id,
                "gate_ids": [Command.link(self.gate.id)],
                **values,
            }
        )
        return device, self._pair(device)

    def test_a_withdrawal_is_asked_of_the_device_until_it_acknowledges(self):
        cursor, content = self.page()
        self.assertNotIn("erasures", content)
        self.mara.action_face_withdraw_consent()
        for _attempt in range(2):  # nothing acknowledged: asked again
            cursor, content = self.page(cursor)
            (asked,) = content["erasures"]
            self.assertEqual(asked["templates"], [self.template])
        beat = self.call("heartbeat", self.heartbeat(gallery_cursor=cursor)).json()
        self.assertTrue(beat["gallery_changed"])
        self.assertEqual(self.rows().mapped("state"), ["waiting"])
        self.assertEqual(self.acknowledge(asked["uuid"]), [("accepted", None)])
        self.assertEqual(self.acknowledge(asked["uuid"]), [("duplicate", None)])
        self.assertNotIn("erasures", self.page(cursor)[1])
        beat = self.call("heartbeat", self.heartbeat(gallery_cursor=cursor)).json()
        self.assertFalse(beat["gallery_changed"])
        row = self.rows()
        self.assertEqual((row.state, row.template_count), ("acknowledged", 1))
        self.assertFalse(row.sudo().templates, "which templates they were is forgotten, too")

    def test_a_device_that_starts_again_is_asked_too(self):
        self.mara.action_face_withdraw_consent()
        self.assertEqual(len(self.page("")[1]["erasures"]), 1)

    def test_the_last_page_asks(self):
        self._consent(self.idris)
        self.enrol(self.enrolment("F002", vector=unit_vector(2)))
        self.mara.action_face_withdraw_consent()
        changes = self.env["hr.face.gallery.change"].sudo()
        first = changes._gallery_page(self.device, "", page_size=1)
        last = changes._gallery_page(self.device, first["cursor"], page_size=1)
        self.assertNotIn("erasures", self.fake.open(first))
        self.assertEqual(len(self.fake.open(last)["erasures"]), 1)

    def test_a_device_acknowledges_its_own_erasures_only(self):
        _other, fake = self.another("Back door bridge")
        self.mara.action_face_withdraw_consent()
        mine = self.rows().filtered(lambda row: row.device_id == self.device).uuid
        theirs = (self.rows() - self.rows().filtered(lambda row: row.uuid == mine)).uuid
        unknown = ("rejected", "unknown_erasure")
        self.assertEqual(
            self.acknowledge(theirs, mine, str(uuid4())), [unknown, ("accepted", None), unknown]
        )
        self.fake = fake
        self.assertEqual(self.acknowledge(theirs), [("accepted", None)])

    def test_what_is_no_acknowledgement_is_refused_whole(self):
        self.mara.action_face_withdraw_consent()
        good = {"uuid": self.rows().uuid}
        for body, field in (
            ({"erasure": []}, "erasures"),
            ({"erasures": []}, "erasures"),
            ({"erasures": [good, {"uuid": "17"}]}, "erasures.1.uuid"),
            ({"erasures": [good, 7]}, "erasures.1"),
            ({"erasures": [good] * 501}, "erasures"),
        ):
            with self.subTest(field):
                self.assertRefused(self.call("erasures", body), 400, "malformed", field)
        self.assertEqual(self.rows().state, "waiting")

    def test_what_erases_is_told_with_its_reason(self):
        manager = self.env["hr.face.template"].sudo()
        for reason, erase in (
            ("replaced", lambda: self.enrol(self.enrolment("F001", vector=unit_vector(3)))),
            ("by_hand", lambda: manager.search([]).unlink()),
            ("deleted", self.mara.unlink),
        ):
            with self.subTest(reason):
                if not manager.search([]):
                    self.enrol(self.enrolment("F001", vector=unit_vector(1)))
                self.rows().sudo().unlink()
                erase()
                self.assertEqual(self.rows().mapped("reason"), [reason])
        self.assertFalse(self.rows().employee_id)
        self.assertEqual(len(self.page()[1]["erasures"]), 1)

    def test_which_devices_are_asked(self):
        self.env["hr.face.device"].create({"name": "Never paired", "company_id": self.company.id})
        revoked_before, _ = self.another("Revoked before")
        revoked_before.action_revoke()
        revoked_before.revoked_at = fields.Datetime.now() - timedelta(days=2)
        revoked, _ = self.another("Revoked")
        revoked.action_revoke()
        archived, _ = self.another("Archived", active=True)
        archived.active = False
        self.env["res.company"].create({"name": "Other"})
        revoked.revoked_at = fields.Datetime.now() + timedelta(seconds=1)
        self.mara.action_face_withdraw_consent()
        states = {row.device_name: row.state for row in self.rows()}
        self.assertEqual(
            states, {"Test bridge": "waiting", "Revoked": "cannot", "Archived": "cannot"}
        )

    def test_person_and_consent_say_where_it_stands(self):
        revoked, _ = self.another("Revoked")
        self.another("Slow")
        self.mara.action_face_withdraw_consent()
        revoked.action_revoke()
        mine = self.rows().filtered(lambda row: row.device_id == self.device)
        self.acknowledge(mine.uuid)
        self.env.invalidate_all()
        for text in (self.consent.erasure_text, self.mara.face_erasure_text):
            self.assertIn("Erased on 1 of 3 devices.", text)
            self.assertIn("Waiting for Slow since ", text)
            self.assertIn("Revoked cannot acknowledge: its key was revoked.", text)
        self.rows().sudo().write({"acknowledged_at": fields.Datetime.now()})
        self.env.invalidate_all()
        self.assertEqual(self.mara.face_erasure_text, "Erased on 3 of 3 devices.")
        self._consent(self.mara)
        self.enrol(self.enrolment("F001", vector=unit_vector(1)))
        self.env.invalidate_all()
        self.assertFalse(self.mara.face_erasure_text, "no old news of somebody who is enrolled")

    def test_an_overdue_erasure_warns_on_its_device(self):
        self.mara.action_face_withdraw_consent()
        row = self.rows()
        for hours, overdue in ((23, 0), (25, 1)):
            row.sudo().requested_at = fields.Datetime.now() - timedelta(hours=hours)
            self.env.invalidate_all()
            with self.subTest(hours=hours):
                self.assertEqual(
                    (self.device.erasures_waiting, self.device.erasures_overdue), (1, overdue)
                )
        self.device.action_revoke()
        self.env.invalidate_all()
        self.assertEqual(self.device.erasures_overdue, 0, "it cannot answer any more")

    def test_a_device_paired_anew_acknowledges_what_it_could_not(self):
        self.mara.action_face_withdraw_consent()
        self.device.action_revoke()
        self.fake = FakeDevice()
        self.pair()
        (asked,) = self.page()[1]["erasures"]
        self.assertEqual(self.acknowledge(asked["uuid"]), [("accepted", None)])
