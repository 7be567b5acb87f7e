from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged

from .common import ApiCase, at

PAIRED_AGO = timedelta(days=20)


@tagged("post_install", "-at_install", "face_api")
class TestTerminals(ApiCase, HttpCase):
    """Punches of a fingerprint clock: who its users are, and what becomes of the punches."""

    def setUp(self):
        super().setUp()
        self.pair()
        self.gate.recording = False
        self.terminal = self.env["hr.face.terminal"].create(
            {
                "name": "Workshop clock",
                "company_id": self.company.id,
                "gate_id": self.gate.id,
                "device_id": self.device.id,
                "since": "2025-03-01 00:00:00",
            }
        )

    def report(self, *unknown, **changes):
        told = {
            "id": self.terminal.id,
            "serial": "A1",
            "problem": None,
            "clock_offset_ms": -1200,
            "read_through": "2025-03-03T08:00:00.000Z",
            "unknown": [
                {"user": user, "name": name, "punches": count} for user, name, count in unknown
            ],
        }
        return self.call("terminals", {"terminals": [told | changes]})

    def wired(self):
        (terminal,) = self.call("config").json()["terminals"]
        return terminal

    def punch(self, employee, moment, **changes):
        event = {
            "source": "terminal",
            "time_source": "clock",
            "template_model": None,
            "similarity": None,
            "pad": None,
            "clock_offset_ms": 0,
            "evidence": {"terminal": self.terminal.id, "user": "17", "key": 0, "verified": 1},
        }
        return self.fake.event(self.gate, employee, moment, **event | changes)

    def test_a_bridge_is_told_what_to_read(self):
        self.assertEqual(
            self.wired(),
            {
                "id": self.terminal.id,
                "gate": self.gate.id,
                "since": "2025-03-01T00:00:00.000Z",
                "pressed": False,
                "users": [],
            },
        )

    def test_a_terminal_whose_gate_is_not_the_bridge_s_is_not_read(self):
        self.device.gate_ids = [Command.clear()]
        self.assertEqual(self.call("config").json()["terminals"], [])

    def test_users_are_known_by_their_badge_and_the_others_are_listed(self):
        self.assertEqual(self.report(("F001", "Mara", 3), ("99", "", 2)).status_code, 200)
        users = {one.user: one for one in self.terminal.user_ids}
        self.assertEqual(users["F001"].employee_id, self.mara)
        self.assertFalse(users["99"].employee_id)
        self.assertEqual(self.terminal.unknown_count, 1)
        self.assertEqual(self.wired()["users"], [{"user": "F001", "employee": self.mara.id}])

    def test_once_somebody_says_who_it_is_the_bridge_is_told(self):
        self.report(("99", "", 2))
        etag = self.call("config").json()["etag"]
        self.terminal.user_ids.employee_id = self.idris
        changed = self.call("heartbeat", self.heartbeat(config_etag=etag)).json()
        self.assertTrue(changed["config_changed"])
        self.assertEqual(self.wired()["users"], [{"user": "99", "employee": self.idris.id}])
        self.report()
        self.assertEqual(self.terminal.user_ids.punches, 0)
        self.assertEqual(self.terminal.user_ids.employee_id, self.idris)

    def test_badges_entered_later_are_matched_on_demand(self):
        self.report(("4711", "", 2))
        self.noor.barcode = "4711"
        self.terminal.user_ids.action_match_badges()
        self.assertEqual(self.terminal.user_ids.employee_id, self.noor)

    def test_a_badge_of_another_company_is_nobody_here(self):
        other = self.env["res.company"].create({"name": "Other"})
        self._employee("Stranger", "X99", company=other)
        self.report(("X99", "", 1))
        self.assertFalse(self.terminal.user_ids.employee_id)

    def test_how_it_is_is_shown(self):
        self.report(
            problem="The terminal 10.0.0.21 does not answer.", read_through=None, serial=None
        )
        self.assertIn("10.0.0.21", self.terminal.problem)
        self.report()
        self.assertEqual(
            (self.terminal.problem, self.terminal.serial, self.terminal.clock_offset_ms),
            (False, "A1", -1200),
        )
        self.assertEqual(
            self.terminal.read_through, fields.Datetime.to_datetime("2025-03-03 08:00:00")
        )

    def test_of_another_device_s_terminal_nothing_is_kept(self):
        other = self.device.copy({"name": "Other bridge"})
        self.terminal.device_id = other
        answer = self.report(("F001", "Mara", 3))
        self.assertEqual(answer.json()["results"][0]["status"], "rejected")
        self.assertFalse(self.terminal.user_ids)

    def test_punches_become_attendance_though_they_are_older_than_the_pairing(self):
        self.send(self.punch(self.mara, at("07:00")), self.punch(self.mara, at("16:00")))
        self.assertEqual(self.rows(self.mara), [("03 07:00", "03 16:00", False)])

    def test_a_gate_s_own_events_of_that_age_wait_for_review_all_the_same(self):
        self.send(self.punch(self.mara, at("07:00"), source="gate"))
        self.assertEqual(self.rows(self.mara), [])

    def test_punches_from_before_the_change_over_wait_for_review(self):
        self.send(self.punch(self.mara, at("07:00", day=-5)))
        event = self.env["hr.face.event"].search([("employee_id", "=", self.mara.id)])
        self.assertEqual((event.state, event.time_review), ("review", "clock_before_pairing"))

    def test_a_terminal_whose_clock_is_hours_off_pays_nobody(self):
        self.send(self.punch(self.mara, at("07:00"), clock_offset_ms=3_600_000))
        self.assertEqual(self.rows(self.mara), [])

    def test_what_is_sent_twice_counts_once(self):
        first = self.punch(self.mara, at("07:00"))
        again = self.punch(self.mara, at("07:00"), uuid=first["uuid"])
        results = self.send(first) + self.send(first, again)
        self.assertEqual([one["status"] for one in results], ["accepted", "duplicate", "duplicate"])
        self.assertEqual(self.rows(self.mara), [("03 07:00", None, False)])

    def test_officers_say_who_users_are_and_others_do_not(self):
        self.report(("99", "", 2))
        options = {"company_id": self.company.id, "company_ids": self.company.ids}
        officer = new_test_user(
            self.env, "term_officer", "hr_face_attendance.group_face_officer", **options
        )
        operator = new_test_user(
            self.env, "term_operator", "hr_face_attendance.group_face_operator", **options
        )
        with self.assertRaises(AccessError):
            self.terminal.user_ids.with_user(operator).employee_id = self.mara
        self.terminal.user_ids.with_user(officer).employee_id = self.mara
        other = self.env["res.company"].create({"name": "Other"})
        theirs = self._employee("Stranger", "X99", company=other)
        with self.assertRaises(UserError):
            self.terminal.user_ids.with_user(officer).sudo().employee_id = theirs
