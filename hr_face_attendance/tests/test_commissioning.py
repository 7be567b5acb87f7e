import hashlib
from uuid import uuid4

from odoo.exceptions import AccessError
from odoo.tests import HttpCase, new_test_user, tagged

from ..rules.canonical import canonical
from .common import ApiCase, b64

LINE = {"check": "light", "level": "ok", "text": "bright", "advice": "", "value": 96.4, "unit": ""}
DARK = LINE | {"level": "fail", "text": "dark", "advice": "Put a lamp."}


@tagged("post_install", "-at_install", "face_api")
class TestCommissioning(ApiCase, HttpCase):
    """What doctor found is kept with the gate, if the gate's own device signed it."""

    def setUp(self):
        super().setUp()
        self.pair()

    def sheet(self, *checks, by=None, **changes):
        sheet = {
            "uuid": str(uuid4()),
            "gate": self.gate.id,
            "made_at": "2026-11-20T08:30:00.000Z",
            "machine": "Raspberry Pi 4 Model B Rev 1.4",
            "bridge_version": "0.1.0",
            "verdict": "ok",
            "checks": list(checks or [LINE]),
            **changes,
        }
        digest = hashlib.sha256(canonical(sheet)).digest()
        return sheet | {"signature": b64((by or self.fake).signing.sign(digest))}

    def send(self, sheet):
        answer = self.call("commissioning", sheet)
        return answer.status_code, answer.json()

    def kept(self):
        return self.env["hr.face.commissioning"].search([("gate_id", "=", self.gate.id)])

    def test_a_sheet_is_kept_once_with_what_is_to_be_done(self):
        sheet = self.sheet(DARK, LINE, verdict="fail", future=1)
        self.assertEqual(self.send(sheet), (200, {"status": "accepted"}))
        self.assertEqual(self.send(sheet), (200, {"status": "duplicate"}))
        self.assertEqual(self.kept().verdict, "fail")
        self.assertEqual(self.kept().line_ids.mapped("advice"), ["Put a lamp.", ""])
        self.assertEqual(self.gate.commissioning_verdict, "fail")

    def test_the_last_sheet_counts_and_the_ones_before_stay(self):
        self.send(self.sheet(DARK, verdict="fail"))
        self.send(self.sheet(made_at="2026-11-20T09:00:00.000Z"))
        self.gate.invalidate_recordset()
        self.assertEqual(self.gate.commissioning_verdict, "ok")
        self.assertEqual(len(self.kept()), 2)

    def test_what_the_device_did_not_sign_is_refused_and_nothing_is_kept(self):
        other = type(self.fake)()
        foreign = self.gate.copy({"name": "Elsewhere"})
        refused = {
            "signature": [
                self.sheet(by=other),
                self.sheet() | {"verdict": "fail"},
                self.sheet() | {"extra": "added"},
            ],
            "gate": [self.sheet(gate=foreign.id), self.sheet(gate=2**31 - 1)],
            "checks": [self.sheet(checks=[])],
        }
        for field, sheets in refused.items():
            for sheet in sheets:
                with self.subTest(field):
                    status, answer = self.send(sheet)
                    self.assertEqual((status, answer["error"]["field"]), (400, field))
        self.assertFalse(self.kept())

    def test_nobody_changes_a_sheet(self):
        self.send(self.sheet())
        manager = new_test_user(
            self.env,
            "commissioner",
            "hr_face_attendance.group_face_manager",
            company_id=self.company.id,
            company_ids=self.company.ids,
        )
        with self.assertRaises(AccessError):
            self.kept().with_user(manager).verdict = "ok"
        with self.assertRaises(AccessError):
            self.kept().with_user(manager).unlink()

    def test_it_can_be_printed(self):
        self.send(self.sheet(DARK, verdict="fail"))
        report = self.env["ir.actions.report"]
        html, _kind = report._render_qweb_html(
            "hr_face_attendance.report_face_commissioning", self.kept().ids
        )
        for text in (b"Put a lamp.", self.gate.name.encode(), b"Raspberry Pi 4"):
            self.assertIn(text, html)
