from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, new_test_user, tagged

from .common import FaceCase, at

R, W, C, D = "read", "write", "create", "unlink"
ROLES = {
    "public": "base.group_public",
    "employee": "base.group_user",
    "attendance": "base.group_user,hr_attendance.group_hr_attendance_manager",
    "operator": "hr_face_attendance.group_face_operator",
    "officer": "hr_face_attendance.group_face_officer",
    "manager": "hr_face_attendance.group_face_manager",
    "auditor": "hr_face_attendance.group_face_auditor",
    "device": "hr_face_attendance.group_face_device",
}
INTERNAL = ("employee", "attendance", "operator", "officer", "manager", "auditor")
EVERYBODY_READS = {role: {R} for role in INTERNAL}
"""Record rules leave most of them only what is their own."""
PATTERNS = {"officer": {R}, "manager": {R, W, C, D}, "auditor": {R}}
# What each role may do; whoever is not named may do nothing.
MATRIX = {
    "hr.face.gate": {
        "operator": {R},
        "officer": {R},
        "manager": {R, W, C, D},
        "auditor": {R},
        "device": {R},
    },
    "hr.face.device": {
        "operator": {R},
        "officer": {R},
        "manager": {R, W, C, D},
        "auditor": {R},
        "device": {R},
    },
    "hr.face.gate.policy": {
        "operator": {R},
        "officer": {R},
        "manager": {R, W, C, D},
        "auditor": {R},
    },
    "hr.face.change": {"manager": {R}, "auditor": {R}},
    "hr.face.commissioning": {"operator": {R}, "officer": {R}, "manager": {R}, "auditor": {R}},
    "hr.face.commissioning.line": {"operator": {R}, "officer": {R}, "manager": {R}, "auditor": {R}},
    "hr.face.device.chain": {"operator": {R}, "officer": {R}, "manager": {R}, "auditor": {R}},
    "hr.face.audit": {"operator": {R}, "officer": {R}, "manager": {R}, "auditor": {R}},
    "hr.face.parked": {"operator": {R}, "officer": {R}, "manager": {R}, "auditor": {R}},
    "hr.face.device.boot": {"auditor": {R}},
    "hr.face.clearance.rule": {
        "operator": {R},
        "officer": {R},
        "manager": {R, W, C, D},
        "auditor": {R},
        "device": {R},
    },
    "hr.face.terminal": {
        "operator": {R},
        "officer": {R},
        "manager": {R, W, C, D},
        "auditor": {R},
    },
    "hr.face.terminal.user": {"officer": {R, W}, "manager": {R, W, D}, "auditor": {R}},
    "hr.face.consent": {"officer": {R, C}, "manager": {R, C}, "auditor": {R}},
    "hr.face.template": {"officer": {R}, "manager": {R, D}, "auditor": {R}, "device": {C}},
    "hr.face.image": {"officer": {R}, "manager": {R}, "auditor": {R}},
    "hr.face.import": {"officer": {R, W, C, D}, "manager": {R, W, C, D}, "auditor": {R}},
    "hr.face.import.photo": {"officer": {R}, "manager": {R}, "auditor": {R}},
    "hr.face.import.part": {},
    "hr.face.roll.call": {"officer": {R}, "manager": {R}, "auditor": {R}},
    "hr.face.roll.call.line": {"officer": {R}, "manager": {R}, "auditor": {R}},
    "hr.face.roll.call.photo": {},
    "hr.face.roll.call.face": {},
    "hr.face.capture": {"officer": {R}, "manager": {R}},
    "hr.face.enrolment": {"officer": {R, C}, "manager": {R, C}, "auditor": {R}},
    "hr.face.look.alike": {"officer": {R}, "manager": {R}, "auditor": {R}},
    "hr.face.erasure": {"officer": {R}, "manager": {R}, "auditor": {R}},
    "hr.face.event": {"officer": {R}, "manager": {R, D}, "auditor": {R}, "device": {C}},
    "hr.face.presence": {"officer": {R}, "manager": {R}, "auditor": {R}},
    "hr.face.registration": {"officer": {R}, "manager": {R}, "auditor": {R}},
    "hr.face.backlog": {"auditor": {R}},
    "hr.face.gallery.change": {"auditor": {R}},
    "hr.face.pair.attempt": {"auditor": {R}},
    "hr.face.kiosk.attempt": {"auditor": {R}},
    "hr.face.throttle": {"auditor": {R}},
    "hr.face.access.log": {"manager": {R}, "auditor": {R}},
    "hr.face.export.wizard": {"manager": {R, W, C}},
    "hr.face.day": EVERYBODY_READS,
    "hr.face.proposal": EVERYBODY_READS,
    "hr.face.proposal.decide": {role: {R, W, C} for role in INTERNAL},
    "hr.face.roster": EVERYBODY_READS | {"officer": {R, W, C, D}, "manager": {R, W, C, D}},
    "hr.face.replay": {"manager": {R, W, C}},
    "hr.face.replay.line": {"manager": {R}},
    "hr.face.roster.copy": {"officer": {R, W, C}, "manager": {R, W, C}},
    "hr.face.roster.pattern": {"officer": {R, W, C}, "manager": {R, W, C}},
    "hr.face.sheet": {role: {R, W, C, D} for role in ("officer", "manager", "auditor")},
    "hr.face.shift.type": EVERYBODY_READS | {"manager": {R, W, C, D}},
    "hr.face.shift.pattern": PATTERNS,
    "hr.face.shift.pattern.line": PATTERNS,
    "hr.face.pair.wizard": {"manager": {R, C}},
    "hr.face.client": {"manager": {R, W, C, D}, "auditor": {R}},
    "hr.face.client.secret": {"manager": {R, C}},
    "hr.face.service.key": {"manager": {R}, "auditor": {R}},
    "hr.face.link": {"officer": {R, C}, "manager": {R, C}, "auditor": {R}},
    "hr.face.link.wizard": {"officer": {R, C}, "manager": {R, C}},
    "hr.face.push": {"auditor": {R}},
    "hr.face.push.key": {"auditor": {R}},
    "hr.face.push.subscription": {"auditor": {R}},
    "hr.face.notice.choice": {"auditor": {R}},
    "hr.face.consent.wizard": {"officer": {R, W, C}, "manager": {R, W, C}},
}
ABSTRACT = {
    "hr.face.cockpit",
    "hr.face.export",
    "hr.face.gate.settings",
    "hr.face.journal",
    "hr.face.key",
    "hr.face.key.secret",
    "hr.face.logged",
    "hr.face.notice",
    "hr.face.person",
    "hr.face.schedule",
    "hr.face.sealed",
    "hr.face.service.call",
    "hr.face.task",
}


@tagged("post_install", "-at_install")
class TestRoles(FaceCase, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        options = {"company_id": cls.company.id, "company_ids": cls.company.ids}
        cls.users = {
            role: new_test_user(cls.env, f"face_{role}", group, **options)
            for role, group in ROLES.items()
        }
        cls.fake = cls._pair(cls.device)

    def as_role(self, role, record):
        return record.with_user(self.users[role]).with_context(allowed_company_ids=self.company.ids)

    def test_every_model_for_every_role(self):
        ours = {name for name in self.env if name.startswith("hr.face.")} - ABSTRACT
        self.assertEqual(ours, set(MATRIX))
        for model, allowed in MATRIX.items():
            for role in ROLES:
                with self.subTest(model, role=role):
                    records = self.as_role(role, self.env[model])
                    may = {operation for operation in (R, W, C, D) if records.has_access(operation)}
                    self.assertEqual(may, allowed.get(role, set()))

    def test_the_device_s_user_can_do_nothing_else(self):
        device = self.env.ref("hr_face_attendance.user_face_device")
        nobody = self.env["res.users"].create(
            {"name": "Nobody", "login": "nobody", "group_ids": [Command.clear()]}
        )
        self.assertFalse(device.active)
        for name, model in self.env.items():
            if not model._abstract:
                may, anyone = (
                    {
                        operation
                        for operation in (R, W, C, D)
                        if model.with_user(user).has_access(operation)
                    }
                    for user in (device, nobody)
                )
                with self.subTest(name):
                    self.assertEqual(may - anyone, MATRIX.get(name, {}).get("device", set()))

    def _seen(self):
        self.mara.attendance_manager_id = self.users["officer"]
        self._consent(self.mara | self.idris)
        self.ingest(
            self.device,
            self.fake.event(self.gate, self.mara, at("06:57")),
            self.fake.event(self.gate, self.idris, at("06:58")),
            self.fake.event(self.gate, None, at("07:00")),
        )

    def test_who_reads_whose_events_and_consents(self):
        self._seen()
        for role, events, consents in (("officer", 2, 1), ("manager", 3, 2), ("auditor", 3, 2)):
            with self.subTest(role):
                self.assertEqual(
                    len(self.as_role(role, self.env["hr.face.event"]).search([])), events
                )
                self.assertEqual(
                    len(self.as_role(role, self.env["hr.face.consent"]).search([])), consents
                )

    def test_an_officer_records_and_withdraws_for_own_people_only(self):
        self.mara.attendance_manager_id = self.users["officer"]
        Consent = self.as_role("officer", self.env["hr.face.consent"])
        consent = Consent.create({"employee_id": self.mara.id})
        self.assertEqual(consent.given_by_id, self.users["officer"])
        consent.action_withdraw()
        self.assertEqual(
            (consent.state, consent.withdrawn_by_id), ("withdrawn", self.users["officer"])
        )
        with self.assertRaises(AccessError):
            Consent.create({"employee_id": self.idris.id})
        foreign = self._consent(self.idris)
        with self.assertRaises(AccessError):
            self.as_role("officer", foreign).action_withdraw()

    def test_an_auditor_changes_nothing(self):
        self._seen()
        consent = self._consent(self.noor)
        event = self.env["hr.face.event"].search([], limit=1)
        for name, act in (
            ("withdraw", lambda: self.as_role("auditor", consent).action_withdraw()),
            ("redact", lambda: self.as_role("auditor", event).unlink()),
            ("pair", lambda: self.as_role("auditor", self.device).action_pair()),
            ("revoke", lambda: self.as_role("auditor", self.device).action_revoke()),
            ("configure", lambda: self.as_role("auditor", self.gate).write({"threshold": 0.5})),
        ):
            with self.subTest(name), self.assertRaises(AccessError):
                act()

    def test_only_an_administrator_redacts_and_pairs(self):
        self._seen()
        event = self.env["hr.face.event"].search([("employee_id", "=", self.mara.id)])
        for role in ("operator", "officer"):
            with self.subTest(role):
                with self.assertRaises(AccessError):
                    self.as_role(role, self.device).action_pair()
                with self.assertRaises(AccessError):
                    self.as_role(role, event).unlink()
        self.as_role("manager", event).unlink()
        self.assertEqual(event.redacted_by_id, self.users["manager"])
        self.assertTrue(
            self.as_role("manager", self.device).action_pair()["context"]["default_code"]
        )

    def test_only_an_administrator_marks_a_recording(self):
        for group in ("base.group_user", ROLES["operator"]):
            user = new_test_user(self.env, f"x_{group}", group)
            with self.assertRaises(AccessError):
                self.gate.with_user(user)._check_may_mark_recording()
        self.as_role("manager", self.gate).write({"recording": False})
        self.as_role("manager", self.gate).write({"recording": True})

    def test_another_company_sees_nothing(self):
        self._seen()
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env, "stranger", ROLES["manager"], company_id=other.id, company_ids=other.ids
        )
        for model in (
            "hr.face.gate",
            "hr.face.device",
            "hr.face.event",
            "hr.face.consent",
            "hr.face.template",
        ):
            with self.subTest(model):
                self.assertFalse(
                    self.env[model]
                    .with_user(stranger)
                    .with_context(allowed_company_ids=other.ids)
                    .search([])
                )

    def test_gates_and_devices_are_of_one_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        elsewhere = self.env["hr.face.gate"].create({"name": "Elsewhere", "company_id": other.id})
        with self.assertRaises(UserError):
            self.device.gate_ids += elsewhere

    def test_menus(self):
        """Each role sees the screens it may use."""
        root = self.env.ref("hr_face_attendance.menu_face_root")
        everything = {"gates", "devices", "audit", "clearance", "events", "consents", "templates"}
        everything |= {"terminals", "terminalusers", "live"}
        everything |= {"imports", "commissioning", "policies", "rollcalls"}
        everything |= {"erasures", "enrolments", "alike", "images", "links"}
        everything |= {"sheet", "days", "proposals", "roster", "types", "patterns"}
        everything |= {"today", "dates", "sessions", "registered"}
        service = {"clients", "keys"}
        mine = {"mypage", "mydays", "myproposals", "myroster"}
        everything |= mine
        expected = {
            "employee": mine,
            "attendance": mine,
            "operator": mine
            | {"live", "gates", "devices", "commissioning", "audit", "clearance", "terminals"}
            | {"policies"},
            "officer": everything | {"repeat", "copy"},
            "manager": everything | {"repeat", "copy", "replay", "accesses", "changes"} | service,
            "auditor": everything | {"accesses", "changes"} | service,
        }
        leaves = self.env["ir.ui.menu"].search(
            [("id", "child_of", root.id), ("action", "!=", False)]
        )
        names = {menu.id: menu.get_external_id()[menu.id].rpartition("_")[2] for menu in leaves}
        for role, seen in expected.items():
            with self.subTest(role):
                visible = self.env["ir.ui.menu"].with_user(self.users[role])._visible_menu_ids()
                self.assertEqual({name for menu, name in names.items() if menu in visible}, seen)
