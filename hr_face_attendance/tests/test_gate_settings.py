import json

from lxml import etree
from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger
from psycopg2.errors import CheckViolation, UniqueViolation

from .common import FaceCase

ADDON = "hr_face_attendance"
STANDARD = 0.95


@tagged("post_install", "-at_install")
class TestGateSettings(FaceCase, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.site = cls.env["hr.work.location"].create(
            {
                "name": "Harbour",
                "company_id": cls.company.id,
                "address_id": cls.company.partner_id.id,
            }
        )
        cls.there = cls._gate("Harbour door", work_location_id=cls.site.id)
        cls.policies = cls.env["hr.face.gate.policy"]

    def policy(self, site=None, **values):
        return self.policies.create(
            {
                "company_id": self.company.id,
                "work_location_id": site.id if site else False,
                **values,
            }
        )

    def held(self, gate, name="threshold"):
        self.env.flush_all()
        gate.invalidate_recordset()
        source = gate.setting_sources[name]
        return gate[name], source["level"], source["name"]

    def test_the_nearest_level_that_says_something_counts_and_is_named(self):
        self.assertEqual(self.held(self.there), (STANDARD, "standard", None))
        company = self.policy(threshold=0.96)
        self.assertEqual(self.held(self.there), (0.96, "company", self.company.name))
        site = self.policy(self.site, threshold=0.97)
        self.assertEqual(self.held(self.there), (0.97, "site", "Harbour"))
        self.assertEqual(self.held(self.gate), (0.96, "company", self.company.name))
        self.there.threshold = 0.98
        self.assertEqual(self.held(self.there), (0.98, "here", None))
        company.threshold = site.threshold = 0.9
        self.assertEqual(self.held(self.there), (0.98, "here", None))
        self.there.action_inherit(["threshold"])
        self.assertEqual(self.held(self.there), (0.9, "site", "Harbour"))
        site.unlink()
        self.assertEqual(self.held(self.there), (0.9, "company", self.company.name))
        company.unlink()
        self.assertEqual(self.held(self.there), (STANDARD, "standard", None))

    def test_a_gate_that_moves_to_another_site_inherits_from_there(self):
        self.policy(self.site, voice=False, door_pulse_s=7)
        self.gate.work_location_id = self.site
        self.assertEqual(self.held(self.gate, "voice"), (False, "site", "Harbour"))
        self.assertEqual(self.held(self.gate, "door_pulse_s"), (7, "site", "Harbour"))

    def test_a_new_gate_sets_here_only_what_differs(self):
        """A form sends every field that it shows."""
        self.policy(threshold=0.96)
        new = self._gate("New", threshold=0.96, margin=0.02, voice=True)
        self.assertEqual(new.own_settings, {"margin": 0.02})
        self.assertEqual(self.held(new)[1], "company")

    def test_a_copy_keeps_what_was_set_here(self):
        self.gate.write({"threshold": 0.99, "voice": False})
        self.assertEqual(self.gate.copy().own_settings, {"threshold": 0.99, "voice": False})

    def test_a_vote_is_inherited_as_one(self):
        company = self.policy(vote_k=5, vote_n=50)
        self.gate.vote_k = 9
        company.vote_n = 6
        self.assertEqual((self.gate.vote_k, self.gate.vote_n), (9, 50))
        self.assertEqual((self.there.vote_k, self.there.vote_n), (5, 6))
        self.gate.action_inherit(["vote_n"])
        self.assertEqual((self.gate.vote_k, self.gate.vote_n), (5, 6))

    def test_a_change_at_the_company_reaches_every_config_that_inherits_it(self):
        devices = self.env["hr.face.device"].create(
            [
                {"name": "A", "company_id": self.company.id, "gate_ids": [(4, self.gate.id)]},
                {"name": "B", "company_id": self.company.id, "gate_ids": [(4, self.there.id)]},
            ]
        )
        self.there.threshold = 0.99
        before = [device._api_config()["etag"] for device in devices]
        self.policy(threshold=0.93)
        self.env.flush_all()
        after = [device._api_config() for device in devices]
        self.assertEqual(
            [config["etag"] == tag for config, tag in zip(after, before, strict=True)],
            [False, True],
        )
        self.assertEqual([config["gates"][0]["threshold"] for config in after], [0.93, 0.99])

    def test_another_company_inherits_nothing_of_it(self):
        other = self.env["res.company"].create({"name": "Other"})
        theirs = self._gate("Theirs", company_id=other.id)
        self.policy(threshold=0.99)
        self.assertEqual(self.held(theirs), (STANDARD, "standard", None))

    def test_a_bad_value_changes_nothing_anywhere(self):
        policy = self.policy(threshold=0.96)
        for values, error in (
            ({"threshold": 3}, CheckViolation),
            ({"vote_k": 11}, CheckViolation),
            ({"door_pulse_s": 0}, CheckViolation),
            ({"pad": "perhaps"}, ValueError),
        ):
            with self.subTest(values), mute_logger("odoo.sql_db"), self.assertRaises(error):
                with self.env.cr.savepoint():
                    policy.write(values)
                    self.env.flush_all()
            self.env.invalidate_all()
            self.assertEqual(policy.own_settings, {"threshold": 0.96})
        with self.assertRaises(UserError):
            policy.action_inherit(["company_id"])
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation):
            with self.env.cr.savepoint():
                self.policy()

    def test_a_policy_stays_where_it_is(self):
        with self.assertRaises(UserError):
            self.policy().work_location_id = self.site

    def test_the_kiosk_waits_as_the_company_says_until_a_gate_says_otherwise(self):
        self.company.attendance_kiosk_delay = 4
        self.assertEqual(self.held(self.gate, "kiosk_delay_s"), (4, "standard", None))
        self.gate.kiosk_delay_s = 9
        self.assertEqual(self.held(self.gate, "kiosk_delay_s"), (9, "here", None))

    def test_a_kiosk_delay_that_core_takes_holds_as_core_takes_it(self):
        for seconds, held in ((900, 900), (86_400, 86_400), (0, 10), (-3, 10)):
            with self.subTest(seconds):
                self.company.attendance_kiosk_delay = seconds
                self.assertEqual(self.held(self.gate, "kiosk_delay_s"), (held, "standard", None))

    def test_queries_do_not_grow_with_the_gates(self):
        policy = self.policy(threshold=0.96)

        def queries(number):
            gates = self.env["hr.face.gate"].search([("company_id", "=", self.company.id)])
            self.assertEqual(len(gates), number)
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            policy.with_context(tracking_disable=True).threshold = 0.9 + number / 1000
            self.env.flush_all()
            gates.mapped("setting_sources")
            return self.env.cr.sql_log_count - start

        few = queries(2)
        for number in range(18):
            self._gate(f"Gate {number}")
        self.assertEqual(queries(20), few)

    def test_a_gate_of_before_keeps_what_it_has(self):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE hr_face_gate SET own_settings = NULL, threshold = 0.9 WHERE id = %s",
            [self.gate.id],
        )
        self.env["hr.face.gate"]._keep_what_was_set()
        self.env.invalidate_all()
        self.assertEqual(self.gate.own_settings, {"threshold": 0.9})
        self.policy(threshold=0.99)
        self.assertEqual(self.held(self.gate)[:2], (0.9, "here"))


@tagged("post_install", "-at_install")
class TestChanges(FaceCase, TransactionCase):
    def lines(self):
        """What the log has got since the last call."""
        self.env.flush_all()
        self.env.cr.precommit.run()
        log = self.env["hr.face.change"].search([("id", ">", getattr(self, "seen", 0))], order="id")
        self.seen = max(log.ids, default=getattr(self, "seen", 0))
        return [(one.record_name, one.setting, one.before, one.after) for one in log]

    def setUp(self):
        super().setUp()
        self.lines()

    def test_a_company_s_setting(self):
        self.company.write({"face_max_stay_h": 12, "face_link_review": False, "phone": "1"})
        self.assertEqual(
            sorted(self.lines()),
            [
                (self.company.name, "Longest Stay", "16", "12"),
                (self.company.name, "Review Enrolments by Link", "Yes", "No"),
            ],
        )
        self.company.face_max_stay_h = 12
        self.assertEqual(self.lines(), [])

    def test_a_gate_a_site_a_rule_and_what_follows(self):
        self.gate.pad = "both"
        self.assertEqual(self.lines(), [("Side door", "Attack Detection", "Off", "Both")])
        policy = self.env["hr.face.gate.policy"].create({"company_id": self.company.id})
        self.lines()
        policy.voice = False
        self.assertEqual(
            sorted(self.lines()),
            [
                (self.company.name, "Voice", "Yes", "No"),
                ("Side door", "Voice", "Yes", "No"),
            ],
        )
        rule = self.env["hr.face.clearance.rule"].create(
            {"name": "Night", "company_id": self.company.id}
        )
        self.lines()
        self.gate.clearance_rule_ids = rule
        self.assertIn(("Side door", "Clearance", False, "Night"), self.lines())

    def test_who_and_when(self):
        self.company.face_early_h = 2
        self.lines()
        [line] = self.env["hr.face.change"].search([], limit=1)
        self.assertEqual((line.user_id, line.company_id), (self.env.user, self.company))
        self.assertTrue(line.at)

    def test_nobody_edits_the_log(self):
        self.company.face_early_h = 2
        line = self.env["hr.face.change"].search([], limit=1)
        with self.assertRaises(AccessError):
            line.after = "3"
        with self.assertRaises(AccessError):
            line.unlink()

    def test_no_secret_and_no_name_of_a_person_stands_in_it(self):
        code = self._code(self.device)
        self._consent(self.mara)
        self.lines()
        text = json.dumps(self.env["hr.face.change"].search_read([], ["before", "after"]))
        self.assertIn("Waiting for code", text)
        self.assertNotIn(code, text)
        self.assertNotIn(self.mara.name, text)


@tagged("post_install", "-at_install")
class TestHelp(TransactionCase):
    def test_every_setting_that_is_shown_explains_itself(self):
        """Whoever points at a field of gate, site, device or company is told what it is for."""
        for name in ("hr.face.gate", "hr.face.gate.policy", "hr.face.device"):
            model = self.env[name]
            arch = etree.fromstring(model.get_views([(False, "form")])["views"]["form"]["arch"])
            shown = {
                one.get("name")
                for one in arch.iter("field")
                if not one.xpath("ancestor::field") and one.get("invisible") not in ("1", "True")
            }
            ours = {field for field in shown if model._fields[field]._module == ADDON}
            with self.subTest(name):
                self.assertGreater(len(ours), 15)
                silent = {field for field in ours - OBVIOUS if not model._fields[field].help}
                self.assertEqual(silent, set())
        company = self.env["res.company"]
        settings = {name for name in self.env["res.config.settings"]._fields if name[:5] == "face_"}
        silent = {
            name for name in settings & set(company._fields) if not company._fields[name].help
        }
        self.assertEqual(silent, set())


OBVIOUS = {
    *("display_name", "event_count", "gate_count", "state", "chain_ids", "clearance_preview"),
    *("emergency_since", "emergency_by_id", "output_trouble_text", "kiosk_qr_url"),
    *("event_today_count", "commissioning_verdict", "rotation_asked"),
    *("parked_ids", "audit_ids", "fault_count", "erasures_overdue", "erasure_waiting_since"),
    *("revoked_at", "audited_at"),
}
"""Counts, states and what stands in a sentence or under a heading of its own."""
