from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger
from psycopg2.errors import CheckViolation

from .common import ApiCase, FaceCase


@tagged("post_install", "-at_install")
class TestGateOutputs(FaceCase, TransactionCase):
    """What a bridge is told of doors and voices, and who may open one in an emergency."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fake = cls._pair(cls.device)
        options = {"company_id": cls.company.id, "company_ids": cls.company.ids}
        cls.operator = new_test_user(
            cls.env, "door_operator", "hr_face_attendance.group_face_operator", **options
        )
        cls.auditor = new_test_user(
            cls.env, "door_auditor", "hr_face_attendance.group_face_auditor", **options
        )

    def wired(self):
        (gate,) = (
            one for one in self.device._config_content()["gates"] if one["id"] == self.gate.id
        )
        return gate

    def rule(self, **values):
        return self.env["hr.face.clearance.rule"].create(
            {"name": "Day", "company_id": self.company.id, "gate_ids": self.gate.ids} | values
        )

    def test_every_setting_travels(self):
        self.gate.write(
            {
                "voice_language": "employee",
                "voice_greeting": "plain",
                "badge": "ambiguous",
                "door_pulse_s": 4.5,
                "door_fail": "safe",
                "door_several": True,
                "door_left_open_s": 30,
            }
        )
        told = self.wired()
        self.assertEqual(told["speech"], {"language": "employee", "greeting": "plain"})
        self.assertEqual(told["badge"], "ambiguous")
        self.assertEqual(
            told["door"],
            {
                "pulse_s": 4.5,
                "fail": "safe",
                "several": True,
                "left_open_s": 30.0,
                "emergency": False,
            },
        )

    @mute_logger("odoo.sql_db")
    def test_a_door_may_not_open_for_ever_or_not_at_all(self):
        for value in (0, 61, -1):
            with self.subTest(value), self.assertRaises(CheckViolation), self.cr.savepoint():
                self.gate.door_pulse_s = value
                self.env.flush_all()

    def test_an_operator_opens_in_an_emergency_and_closes_again(self):
        before = self.device._etag(self.device._config_content())
        gate = self.gate.with_user(self.operator)
        gate.action_emergency_open()
        self.assertTrue(self.wired()["door"]["emergency"])
        self.assertNotEqual(self.device._etag(self.device._config_content()), before)
        self.assertEqual(self.gate.emergency_by_id, self.operator)
        self.assertTrue(self.gate.emergency_since)
        gate.action_emergency_close()
        self.assertFalse(self.wired()["door"]["emergency"])
        self.assertFalse(self.gate.emergency_by_id)

    def test_who_opened_it_stays_written_at_the_gate(self):
        self.gate.with_user(self.operator).action_emergency_open()
        self.env.flush_all()
        self.cr.precommit.run()
        told = self.gate.message_ids.filtered(
            lambda message: "emergency_open" in message.tracking_value_ids.field_id.mapped("name")
        )
        self.assertEqual(told.author_id, self.operator.partner_id)

    def test_nobody_else_opens_a_door(self):
        stranger = new_test_user(self.env, "door_stranger", "base.group_user")
        for user in (self.auditor, stranger, self.env.ref("hr_face_attendance.user_face_device")):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.gate.with_user(user).action_emergency_open()
        self.assertFalse(self.gate.emergency_open)

    def test_an_operator_opens_no_other_company_s_door(self):
        other = self.env["res.company"].create({"name": "Other"})
        gate = self.env["hr.face.gate"].create({"name": "Theirs", "company_id": other.id})
        with self.assertRaises(AccessError):
            gate.with_user(self.operator).action_emergency_open()

    def test_an_emergency_is_not_copied_nor_written_by_hand(self):
        self.gate.action_emergency_open()
        self.assertFalse(self.gate.copy().emergency_open)
        with self.assertRaises(AccessError):
            self.gate.with_user(self.operator).write({"emergency_open": False})

    # Clearance

    def test_without_a_rule_everyone_passes(self):
        self.assertEqual((self.wired()["clearance"], self.gate.who_passes), ([], "everyone"))

    def test_archiving_a_gate_s_only_rule_opens_it_to_nobody(self):
        rule = self.rule()
        self.assertEqual(self.gate.who_passes, "rules")
        rule.active = False
        (told,) = self.wired()["clearance"]
        self.assertEqual(told["weekdays"], [])
        self.assertEqual(self.gate.who_passes, "nobody")
        rule.active = True
        self.assertEqual(len(self.wired()["clearance"][0]["weekdays"]), 7)

    def test_an_archived_rule_beside_one_in_force_says_nothing(self):
        self.rule(active=False)
        rule = self.rule(name="Night")
        self.assertEqual([one["id"] for one in self.wired()["clearance"]], rule.ids)
        self.assertEqual(self.gate.who_passes, "rules")

    def test_taking_the_rules_off_a_gate_opens_it(self):
        self.rule(active=False)
        self.gate.clearance_rule_ids = [Command.clear()]
        self.assertEqual((self.wired()["clearance"], self.gate.who_passes), ([], "everyone"))

    def test_a_rule_is_of_its_gates_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        gate = self.env["hr.face.gate"].create({"name": "Theirs", "company_id": other.id})
        with self.assertRaises(UserError):
            self.rule(gate_ids=gate.ids)
        with self.assertRaises(UserError):
            gate.clearance_rule_ids = self.rule()

    def test_the_last_rule_of_a_gate_is_not_deleted_unseen(self):
        rule, second = self.rule(), self.rule(name="Night")
        with self.assertRaisesRegex(UserError, "last rule"):
            (rule | second).unlink()
        second.unlink()
        with self.assertRaisesRegex(UserError, "last rule"):
            rule.unlink()
        rule.gate_ids = [Command.clear()]
        rule.unlink()


@tagged("post_install", "-at_install", "face_api")
class TestGateHealth(ApiCase, HttpCase):
    def beat(self, **gate):
        told = {"id": self.gate.id, "camera": "ok", "fps": 15.0, "last_frame_at": None}
        return self.heartbeat(gates=[told | gate])

    def setUp(self):
        super().setUp()
        self.pair()

    def test_an_emergency_is_heard_at_the_next_heartbeat(self):
        etag = self.call("config").json()["etag"]
        self.assertFalse(
            self.call("heartbeat", self.heartbeat(config_etag=etag)).json()["config_changed"]
        )
        self.gate.action_emergency_open()
        self.assertTrue(
            self.call("heartbeat", self.heartbeat(config_etag=etag)).json()["config_changed"]
        )
        (gate,) = self.call("config").json()["gates"]
        self.assertTrue(gate["door"]["emergency"])

    def test_door_and_troubles_are_shown(self):
        beat = self.beat(door="left_open", openings=3, troubles=["voice_failed"])
        self.assertEqual(self.call("heartbeat", beat).status_code, 200)
        self.assertEqual(
            (self.gate.door_state, self.gate.output_troubles), ("left_open", "voice_failed")
        )
        self.assertEqual(self.gate.output_trouble_text, "the voice does not work")
        self.call("heartbeat", self.beat())
        self.assertEqual((self.gate.door_state, self.gate.output_troubles), (False, False))

    def test_only_words_of_ours_are_taken_for_troubles(self):
        bad_troubles = (["<b>x</b>"], ["a"] * 17, [7], "voice", ["A"], ["x" * 49])
        bad = [{"troubles": one} for one in bad_troubles]
        bad += [{"door": one} for one in ("ajar", 3, ["locked"])]
        for told in bad:
            with self.subTest(told):
                answer = self.call("heartbeat", self.beat(**told))
                self.assertEqual(answer.status_code, 400)
                self.assertEqual(answer.json()["error"]["code"], "malformed")
