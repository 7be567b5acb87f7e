import base64
import json
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import Form, HttpCase, tagged
from odoo.tools import mute_logger
from psycopg2 import InterfaceError, OperationalError
from psycopg2.pool import PoolError

from ..models import ir_http
from ..rules import pairing
from ..rules.bucket import Bucket
from .common import ApiCase, FakeDevice
from .schema import WIRE

CALLS = (
    ("GET", "config"),
    ("GET", "gallery"),
    ("POST", "events"),
    ("POST", "enrolments"),
    ("POST", "erasures"),
    ("POST", "heartbeat"),
    ("POST", "terminals"),
)


@tagged("post_install", "-at_install", "face_api")
class TestPairing(ApiCase, HttpCase):
    def test_a_code_pairs_once(self):
        code = self._code(self.device)
        self.assertEqual(self.device.state, "pairing")
        answer = self.call("pair", self.fake.pair_request(code))
        granted = answer.json()
        self.assertEqual(granted["device"], {"id": self.device.id, "name": "Test bridge"})
        self.assertEqual(granted["gates"], [{"id": self.gate.id, "name": "Side door"}])
        self.assertEqual((granted["company"], self.device.state), ("Kestrel Test", "paired"))
        self.assertNotIn("session_id", answer.cookies)
        self.assertRefused(self.call("pair", self.fake.pair_request(code)), 403, "invalid_code")

    def test_the_pairing_dialog_shows_address_and_code_as_a_picture(self):
        """What a bridge reads in it: tests/bridge/test_invitation.py."""
        example = (WIRE / "examples" / "invitation.v1.txt").read_text()
        self.assertEqual(pairing.invitation("https://odoo.example", "K7QD-3MFA"), example)
        action = self.device.action_pair()
        said = []
        barcode = type(self.env["ir.actions.report"]).barcode

        def noted(report, kind, text, **options):
            said.append((kind, text))
            return barcode(report, kind, text, **options)

        with patch.object(type(self.env["ir.actions.report"]), "barcode", noted):
            dialog = Form(self.env[action["res_model"]].with_context(**action["context"]))
            picture = base64.b64decode(dialog.qr)
        self.assertTrue(picture.startswith(b"\x89PNG"))
        [(kind, text)] = set(said)
        code = action["context"]["default_code"]
        self.assertEqual(kind, "QR")
        self.assertEqual(text, pairing.invitation(self.device.get_base_url(), code))
        self.assertEqual(self.call("pair", self.fake.pair_request(code)).status_code, 200)

    def test_a_code_may_be_typed_as_it_is_read(self):
        code = self._code(self.device).lower().replace("-", " ").replace("0", "o").replace("1", "l")
        self.assertEqual(self.call("pair", self.fake.pair_request(code)).status_code, 200)

    def test_a_wrong_code_is_refused(self):
        self._code(self.device)
        self.assertRefused(
            self.call("pair", self.fake.pair_request("AAAA-AAAA")), 403, "invalid_code"
        )
        self.assertEqual(self.device.state, "pairing")

    def test_an_expired_code_is_refused(self):
        code = self._code(self.device)
        self.device.code_expires_at = fields.Datetime.now() - timedelta(seconds=1)
        self.assertRefused(self.call("pair", self.fake.pair_request(code)), 403, "code_expired")

    def test_a_second_code_replaces_the_first(self):
        first, second = self._code(self.device), self._code(self.device)
        self.assertRefused(self.call("pair", self.fake.pair_request(first)), 403, "invalid_code")
        self.assertEqual(self.call("pair", self.fake.pair_request(second)).status_code, 200)

    def test_tries_are_throttled_per_address(self):
        code = self._code(self.device)
        for _ in range(pairing.ATTEMPTS):
            self.assertRefused(
                self.call("pair", self.fake.pair_request("AAAA-AAAA")), 403, "invalid_code"
            )
        answer = self.call("pair", self.fake.pair_request(code))
        self.assertRefused(answer, 429, "rate_limited")
        self.assertLessEqual(int(answer.headers["Retry-After"]), 15 * 60 + 1)
        self.env["hr.face.pair.attempt"].sudo().search([]).unlink()
        self.assertEqual(self.call("pair", self.fake.pair_request(code)).status_code, 200)

    def test_bad_keys_are_named(self):
        for field in ("signing_key", "encryption_key", "code", "platform"):
            body = self.fake.pair_request("AAAA-AAAA") | {field: 7}
            with self.subTest(field):
                self.assertRefused(self.call("pair", body), 400, "malformed", field)

    def test_nothing_secret_is_kept_in_the_clear(self):
        code = self._code(self.device)
        token = self.call("pair", self.fake.pair_request(code)).json()["token"]
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT to_jsonb(d)::text FROM hr_face_device d WHERE id = %s", [self.device.id]
        )
        row = self.env.cr.fetchone()[0]
        self.assertNotIn(token, row)
        self.assertNotIn(code.replace("-", ""), row)
        self.assertIn(pairing.token_digest(token), row)
        self.assertNotIn("token_hash", self.env["hr.face.device"]._fields)


@tagged("post_install", "-at_install", "face_api")
class TestAuthentication(ApiCase, HttpCase):
    def assert_every_call_refused(self, code, token=None, headers=None):
        for method, path in CALLS:
            with self.subTest(path):
                answer = self.call(path, token=token, method=method, headers=headers or {})
                self.assertRefused(answer, 401, code)

    def test_tokens_that_are_none(self):
        for token in (
            "",
            "fd_unknown",
            "fd_" + "x" * 5000,
            "eyJhbGciOi.J9",
            "fd_ü".encode().decode("latin-1"),
        ):
            self.assert_every_call_refused("invalid_token", token)

    def test_no_token_and_other_schemes(self):
        for header in ("", "Basic YTpi", "Bearer", "fd_x"):
            self.assert_every_call_refused("invalid_token", headers={"Authorization": header})

    def test_a_session_is_no_token(self):
        self.authenticate("admin", "admin")
        self.assert_every_call_refused("invalid_token", "")

    def test_an_expired_token(self):
        self.pair()
        self.device.token_expires_at = fields.Datetime.now() - timedelta(days=1)
        self.assert_every_call_refused("token_expired")

    def test_revoking_takes_effect_on_the_next_call(self):
        self.pair()
        self.assertEqual(self.call("config").status_code, 200)
        self.device.action_revoke()
        self.assert_every_call_refused("device_revoked")

    def test_an_archived_device_is_revoked(self):
        self.pair()
        self.device.active = False
        self.assert_every_call_refused("device_revoked")

    def test_pairing_again_replaces_the_token(self):
        old = FakeDevice().paired(self.pair())
        code = self._code(self.device)
        self.assertEqual(
            self.call("config", token=old.token).status_code, 200, "until the code is redeemed"
        )
        self.call("pair", FakeDevice().pair_request(code))
        self.assertRefused(self.call("config", token=old.token), 401, "invalid_token")

    def test_a_revoked_token_stays_dead_when_pairing_again(self):
        self.pair()
        self.device.action_revoke()
        self._code(self.device)
        self.assertRefused(self.call("config"), 401, "invalid_token")

    def test_a_database_that_goes_away_makes_no_token_a_bad_one(self):
        self.pair()
        for lost in (
            OperationalError("server closed the connection unexpectedly"),
            InterfaceError("connection already closed"),
            PoolError("The Connection Pool Is Full"),
        ):
            away = patch.object(type(self.device), "_by_token", side_effect=lost)
            for method, path in CALLS:
                with self.subTest(path, lost=lost), away, mute_logger("odoo.http"):
                    answer = self.call(path, method=method)
                    self.assertRefused(answer, 503, "server_error")
                    self.assertTrue(answer.headers["Retry-After"].isdigit())
        self.assertEqual(self.call("config").status_code, 200)

    @mute_logger("odoo.http")
    def test_a_defect_in_finding_the_device_makes_no_token_a_bad_one(self):
        self.pair()
        with patch.object(type(self.device), "_by_token", side_effect=ZeroDivisionError):
            self.assertRefused(self.call("config"), 500, "server_error")

    def test_a_flood_of_calls_is_slowed_down(self):
        self.pair()
        with patch.dict(ir_http._buckets, {self.device.id: Bucket(0.01, 2)}):
            self.assertEqual([self.call("config").status_code for _ in range(2)], [200, 200])
            answer = self.call("config")
            self.assertRefused(answer, 429, "rate_limited")
            self.assertTrue(answer.headers["Retry-After"].isdigit())

    def test_the_device_user_acts_in_its_company_only(self):
        self.pair()
        seen, real = {}, type(self.device)._api_config

        def spy(device):
            seen.update(uid=device.env.uid, su=device.env.su, companies=device.env.companies)
            return real(device)

        with patch.object(type(self.device), "_api_config", spy):
            self.call("config")
        self.assertEqual(seen["uid"], self.env.ref("hr_face_attendance.user_face_device").id)
        self.assertFalse(seen["su"])
        self.assertEqual(seen["companies"].ids, self.company.ids)


@tagged("post_install", "-at_install", "face_api")
class TestErrors(ApiCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.pair()

    def test_malformed_json(self):
        for method, path in CALLS:
            if method == "POST":
                for body in (b"", b"{", b'{"events": NaN}', b"\xff", b"[]", b"[" * 50_000):
                    with self.subTest(path, body=body[:10]):
                        answer = self.call(
                            path,
                            data=body,
                            method="POST",
                            headers={"Content-Type": "application/json"},
                        )
                        self.assertRefused(
                            answer, 400, "malformed", answer.json()["error"]["field"]
                        )

    def test_any_content_type_is_read_as_json_or_refused(self):
        for kind in (
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
        ):
            with self.subTest(kind):
                answer = self.call(
                    "events", data=b'{"events": 1}', method="POST", headers={"Content-Type": kind}
                )
                self.assertEqual(answer.json()["error"]["code"], "malformed")

    def test_bodies_over_the_cap(self):
        for path, size in (
            ("events", 1 << 20),
            ("enrolments", 2 << 20),
            ("heartbeat", 1 << 16),
            ("pair", 1 << 16),
        ):
            with self.subTest(path):
                answer = self.call(
                    path, data=b" " * (size + 1), headers={"Content-Type": "application/json"}
                )
                self.assertRefused(answer, 413, "body_too_large")

    def test_unknown_calls_and_methods(self):
        for method, path in (
            ("GET", "nothing"),
            ("GET", "events"),
            ("POST", "config"),
            ("DELETE", "gallery"),
            ("GET", ""),
        ):
            with self.subTest(path, method=method):
                self.assertRefused(self.call(path, method=method), 404, "not_found")

    def test_batches_out_of_bounds(self):
        for path, name in (("events", "events"), ("enrolments", "enrolments")):
            for body in ({}, {name: []}, {name: {}}, {name: [{}] * 201}):
                with self.subTest(path, body=str(body)[:30]):
                    answer = self.call(path, data=json.dumps(body), method="POST")
                    self.assertRefused(answer, 400, "malformed", name)

    def test_a_fault_of_the_server_says_so_and_nothing_else(self):
        with (
            patch.object(type(self.device), "_api_config", side_effect=ZeroDivisionError),
            mute_logger("odoo.http"),
        ):
            answer = self.call("config")
        self.assertRefused(answer, 500, "server_error")
        self.assertNotIn("ZeroDivision", answer.text)


@tagged("post_install", "-at_install", "face_api")
class TestConfigAndHeartbeat(ApiCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.pair()

    def test_config_tells_gates_and_clearance(self):
        laboratory = self.env["hr.department"].create(
            {"name": "Laboratory", "company_id": self.company.id}
        )
        rule = self.env["hr.face.clearance.rule"].create(
            {
                "name": "Night",
                "company_id": self.company.id,
                "gate_ids": self.gate.ids,
                "hour_from": 22,
                "hour_to": 6.5,
                "saturday": False,
                "sunday": False,
                "department_ids": laboratory.ids,
            }
        )
        gate = self.call("config").json()["gates"][0]
        self.assertEqual(
            gate["clearance"],
            [
                {
                    "id": rule.id,
                    "departments": laboratory.ids,
                    "employees": [],
                    "tags": [],
                    "weekdays": [0, 1, 2, 3, 4],
                    "from": "22:00",
                    "to": "06:30",
                }
            ],
        )
        self.assertEqual(
            (gate["timezone"], gate["language"], gate["direction"]),
            ("Europe/Brussels", "en-US", "auto"),
        )
        self.assertEqual(gate["vote"], {"k": 3, "n": 10, "within_s": 3.0})

    def test_etag(self):
        first = self.call("config")
        etag = first.json()["etag"]
        self.assertEqual(first.headers["ETag"], f'"{etag}"')
        for tag in (f'"{etag}"', f'W/"{etag}"', f'"other", "{etag}"', etag):
            with self.subTest(tag):
                same = self.call("config", headers={"If-None-Match": tag})
                self.assertEqual((same.status_code, same.content), (304, b""))
        self.gate.threshold = 0.9
        self.assertEqual(
            self.call("config", headers={"If-None-Match": f'"{etag}"'}).status_code, 200
        )

    def test_heartbeat_keeps_health(self):
        config, page = self.call("config").json(), self.call("gallery").json()
        beat = self.heartbeat(
            config_etag=config["etag"],
            gallery_cursor=page["cursor"],
            delivered_through="2026-11-20T07:57:02.500Z",
        )
        answer = self.call("heartbeat", beat).json()
        self.assertEqual((answer["config_changed"], answer["gallery_changed"]), (False, False))
        self.assertRegex(answer["server_time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        device = self.device
        self.assertEqual(
            (device.outbox_pending, device.outbox_parked, device.clock_offset_ms), (2, 1, -42)
        )
        self.assertEqual((self.gate.health, self.gate.camera), ("online", "ok"))

    def test_health_of_a_gate(self):
        now = fields.Datetime.now()
        for name, ago, camera, health in (
            ("fresh", 10, "ok", "online"),
            ("late", 100, "ok", "late"),
            ("gone", 700, "ok", "offline"),
            ("camera lost", 10, "lost", "late"),
            ("recording over", 10, "ended", "online"),
        ):
            with self.subTest(name):
                self.device.last_heartbeat_at = now - timedelta(seconds=ago)
                self.gate.camera = camera
                self.gate.invalidate_recordset(["health"])
                self.assertEqual(self.gate.health, health)
        self.device.action_revoke()
        self.gate.invalidate_recordset(["health"])
        self.assertEqual(self.gate.health, "none")

    def test_heartbeat_out_of_range_is_kept_within(self):
        beat = self.heartbeat(clock_offset_ms=-(10**15), outbox={"pending": 10**12, "parked": 0})
        self.assertEqual(self.call("heartbeat", beat).status_code, 200)
        self.assertEqual(self.device.outbox_pending, 2**31 - 1)

    def test_heartbeat_of_a_strange_gate_changes_nothing(self):
        other = self._gate("Elsewhere")
        beat = self.heartbeat(
            gates=[{"id": other.id, "camera": "lost", "fps": 0, "last_frame_at": None}]
        )
        self.assertEqual(self.call("heartbeat", beat).status_code, 200)
        self.assertFalse(other.camera)
