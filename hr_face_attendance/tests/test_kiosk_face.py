from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..rules.kiosk import TRIES_PER_PERSON
from .test_service import ServiceCase, opened

QUIET = mute_logger("odoo.http")


class KioskCase(ServiceCase):
    """A gate with a kiosk, and another company's with one."""

    def setUp(self):
        super().setUp()
        self.company.face_refractory_s = 0
        self.gate.write({"kiosk": "face", "recording": False, "direction": "in"})
        self.key = self.gate.sudo().kiosk_key
        self.other = self.env["res.company"].create({"name": "Elsewhere"})
        self.other_gate = self._gate("Their door", company_id=self.other.id, kiosk="face")
        self.mara.pin = "4711"

    def see(self, employee=None, gate=None, seconds_ago=0, **changes):
        """An event of the gate's device, delivered now."""
        known = {"source": "kiosk", "time_source": "clock", "clock_offset_ms": 3}
        changes = known | changes
        captured_at = datetime.now(UTC) - timedelta(seconds=seconds_ago)
        event = self.fake.event(gate or self.gate, employee, captured_at, **changes)
        [result] = self.ingest(self.device, event)
        self.assertEqual(result["status"], "accepted")
        return event["uuid"]


@tagged("post_install", "-at_install", "face_kiosk")
class TestFaceKiosk(KioskCase, HttpCase):
    """What the page of a gate's kiosk is told, and nobody else."""

    def ask(self, path, **parameters):
        parameters = {"token": self.key} | parameters
        body = {"jsonrpc": "2.0", "method": "call", "params": parameters}
        if not path.startswith("/"):
            path = f"/hr_face_attendance/kiosk/{path}"
        self.env.flush_all()
        with QUIET:
            answer = self.url_open(path, json=body).json()
        self.refusal = answer.get("error", {}).get("data", {}).get("message")
        return answer.get("result")

    def test_the_page_opens_with_the_gates_key_in_the_gates_mode(self):
        page = self.url_open(f"/hr_attendance/{self.key}")
        self.assertEqual(page.status_code, 200)
        self.assertIn('"kiosk_mode": "face"', page.text)
        self.assertIn("hr_face_kiosk:" + self.key, page.text)
        self.assertNotIn(self.company.attendance_kiosk_key, page.text)
        manifest = self.url_open(f"/hr_face_attendance/kiosk/manifest/{self.key}").json()
        self.assertEqual(manifest["scope"], f"/hr_attendance/{self.key}")
        worker = self.url_open("/hr_face_attendance/kiosk/service_worker.js")
        self.assertEqual(worker.headers["Service-Worker-Allowed"], "/hr_attendance/")

    def test_the_companys_kiosk_stands_at_its_gate(self):
        self.company.write(
            {"attendance_kiosk_mode": "face_badge_manual", "face_kiosk_gate_id": self.gate.id}
        )
        self.key = self.company.attendance_kiosk_key
        answer = self.ask("session")
        self.assertEqual((answer["mode"], answer["gate"]), ("face_badge_manual", "Side door"))
        self.company.attendance_kiosk_mode = "barcode"
        self.assertEqual(self.ask("session"), {})

    def test_keys_that_open_nothing(self):
        uuid = self.see(self.mara)
        new = "fk_" + "x" * 32
        dead = self.key
        self.gate.action_new_kiosk_key()
        for token in (False, None, "", 0, [], "x", new, dead):
            for path, more in {
                "session": {},
                "result": {"event": uuid},
                "correct": {"event": uuid, "kind": "void"},
                "claim": {"badge": "F001"},
                "/hr_attendance/employees_infos": {"domain": [], "limit": 5, "offset": 0},
            }.items():
                with self.subTest(token=token, path=path):
                    self.assertFalse(self.ask(path, token=token, **more))

    def test_the_service_s_token_is_the_gates_own(self):
        granted = self.ask("session")["service"]
        _head, claims = opened(granted["token"], self.keys._public())
        self.assertEqual((claims["gate"], claims["scope"]), (self.gate.id, "identify"))
        self.assertNotIn("employee", claims)
        self.gate.kiosk = "follow"
        self.assertIsNone(self.ask("session")["service"], "a screen that follows asks nobody")

    def test_a_result_is_what_the_screen_shows(self):
        view = self.ask("result", event=self.see(self.mara))
        self.assertEqual(
            (view["name"], view["direction"], view["counts"], view["can_correct"]),
            ("Mara Lindqvist", "in", True, True),
        )
        self.assertEqual(
            sorted(view),
            sorted(
                [
                    "event",
                    "outcome",
                    "direction",
                    "counts",
                    "reason",
                    "time",
                    "delay_ms",
                    "name",
                    "avatar",
                    "hours_today",
                    "can_correct",
                ]
            ),
        )
        stranger = self.ask("result", event=self.see())
        self.assertEqual((stranger["outcome"], stranger["name"]), ("no_candidate", None))

    def test_a_result_is_this_gates_and_fresh(self):
        other = self._gate("Far door")
        self.device.gate_ids = [Command.link(other.id)]
        cases = {
            "of another gate": self.see(self.mara, gate=other),
            "of long ago": self.see(self.mara, seconds_ago=300),
            "of nobody": "3b0f1c9e-6a77-4a3c-9a53-6f4b0d1c2e3f",
            "no UUID": "1",
            "a list": ["x"],
            "nothing": None,
        }
        for name, uuid in cases.items():
            with self.subTest(name):
                self.assertEqual(self.ask("result", event=uuid), {})
        uuid = self.see(self.idris)
        self.key = self.other_gate.sudo().kiosk_key
        self.assertEqual(self.ask("result", event=uuid), {}, "of another company")

    def test_wrong_direction_turns_the_punch_and_tells_hr(self):
        uuid = self.see(self.mara)
        view = self.ask("correct", event=uuid, kind="direction")
        self.assertEqual((view["direction"], view["can_correct"]), (None, False))
        self.assertIn("leaving without a check-in", view["reason"], "as everywhere else")
        again = self.ask("correct", event=uuid, kind="direction")
        self.assertEqual(again, view, "a second tap says nothing new")
        self.assertIsNone(self.ask("correct", event=uuid, kind="void"))
        self.assertIn("tell HR", self.refusal)
        said = self.env["hr.face.event"].search([("corrects_uuid", "=", uuid)])
        self.assertEqual((said.source, said.gate_id), ("correction", self.gate))
        self.assertTrue(self.mara.activity_ids)

    def test_not_me_takes_the_punch_back(self):
        uuid = self.see(self.mara)
        self.assertEqual(self.mara.attendance_state, "checked_in")
        view = self.ask("correct", event=uuid, kind="void")
        self.assertFalse(view["counts"])
        self.env.invalidate_all()
        self.assertEqual(self.mara.attendance_state, "checked_out")

    def test_what_cannot_be_corrected_at_a_kiosk(self):
        cases = {
            "a stranger": (self.see(), "void"),
            "long ago": (self.see(self.idris, seconds_ago=300), "void"),
            "another word": (self.see(self.mara), "restore"),
        }
        for name, (uuid, kind) in cases.items():
            with self.subTest(name):
                self.assertIsNone(self.ask("correct", event=uuid, kind=kind))
                self.assertTrue(self.refusal)

    def test_a_pin_or_badge_is_said_to_the_service_by_odoo(self):
        for shown, factor in (
            ({"employee_id": self.mara.id, "pin": "4711"}, "pin"),
            ({"badge": "F001"}, "badge"),
        ):
            with self.subTest(factor):
                granted = self.ask("claim", **shown)
                _head, claims = opened(granted["token"], self.keys._public())
                self.assertEqual(claims["employee"], self.mara.id)
                self.assertEqual(claims["factor"], factor)

    def test_wrong_claims_say_nothing_and_are_counted(self):
        stranger = self._employee("Somebody Else", "X001", self.other)
        stranger.pin = "4711"
        self.idris.pin = False
        for shown in (
            {},
            {"badge": False},
            {"badge": "X001"},
            {"employee_id": stranger.id, "pin": "4711"},
            {"employee_id": self.idris.id, "pin": ""},
            {"employee_id": self.idris.id, "pin": False},
            {"employee_id": True, "pin": "4711"},
        ):
            with self.subTest(shown):
                self.assertEqual(self.ask("claim", **shown), {})
        for number in range(TRIES_PER_PERSON):
            self.assertEqual(self.ask("claim", employee_id=self.mara.id, pin=f"000{number}"), {})
        self.assertIsNone(self.ask("claim", employee_id=self.mara.id, pin="4711"))
        self.assertIn("Too many wrong PINs", self.refusal)


@tagged("post_install", "-at_install", "face_kiosk")
class TestFollow(KioskCase, TransactionCase):
    """A screen that follows hears of its own gate, and only that there is something."""

    def channels(self, *asked):
        request = type("Request", (), {"session": type("Session", (), {"uid": None})()})()
        with patch("odoo.addons.bus.models.ir_websocket.wsrequest", request):
            return self.env["ir.websocket"]._build_bus_channel_list(list(asked))

    def test_a_channel_is_opened_by_the_kiosks_own_key_alone(self):
        mine = self.channels(f"hr_face_kiosk:{self.key}")
        self.assertIn((self.gate, "kiosk"), mine)
        for guess in (
            "hr_face_kiosk:",
            "hr_face_kiosk:fk_" + "x" * 32,
            f"hr_face_kiosk:{self.gate.id}",
        ):
            found = self.channels(guess)
            self.assertFalse([one for one in found if isinstance(one, tuple)])
            self.assertNotIn(guess, found)

    def test_the_bus_says_that_there_is_an_event_and_names_nobody(self):
        self.gate.kiosk = "follow"
        uuid = self.see(self.mara, source="gate")
        self.see(self.idris, source="gate", seconds_ago=600)
        self.env.cr.precommit.run()
        sent = self.env["bus.bus"].sudo().search([("message", "like", "hr_face_attendance/kiosk")])
        self.assertEqual(len(sent), 1, "what is delivered late is not shown")
        self.assertIn(uuid, sent.message)
        self.assertNotIn("Mara", sent.message)

    def test_only_an_administrator_sees_the_address(self):
        for group, allowed in (("group_face_operator", False), ("group_face_manager", True)):
            user = new_test_user(
                self.env,
                f"kiosk_{group}",
                groups=f"base.group_user,hr_face_attendance.{group}",
                company_id=self.company.id,
                company_ids=[Command.set(self.company.ids)],
            )
            gate = self.gate.with_user(user)
            with self.subTest(group):
                if allowed:
                    self.assertIn(self.key, gate.kiosk_url)
                else:
                    with self.assertRaises(AccessError):
                        gate.read(["kiosk_url"])
                    with self.assertRaises(AccessError):
                        gate.action_new_kiosk_key()
