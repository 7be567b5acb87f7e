import base64
import json
import os
import threading
from datetime import UTC, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest.mock import patch

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import HttpCase, TransactionCase, common, new_test_user, tagged
from odoo.tools import mute_logger

from ..models import hr_face_push
from ..models.hr_face_push_subscription import HOSTS_PARAMETER
from .common import FaceCase
from .test_me import PageCase


def b64url(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def raw_of(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def point_of(key):
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


class PushService:
    """A push service and the phone behind it: answers as told, decrypts, checks signatures."""

    def __init__(self):
        self.private, self.auth = ec.generate_private_key(ec.SECP256R1()), os.urandom(16)
        self.answers, self.seen = [], []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                service.seen.append((self.path, self.headers, body))
                status, headers = service.answers.pop(0) if service.answers else (201, {})
                if status is None:
                    service.released.wait(30)
                    return
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_args):
                pass

        self.released = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def subscription(self, path="/push/one"):
        return {
            "endpoint": self.origin + path,
            "p256dh": b64url(point_of(self.private)),
            "auth": b64url(self.auth),
        }

    def message(self, number=-1):
        """The notification as the phone reads it (RFC 8291)."""
        _path, headers, body = self.seen[number]
        assert headers["Content-Encoding"] == "aes128gcm", headers
        plain = http_ece.decrypt(
            body, private_key=self.private, auth_secret=self.auth, version="aes128gcm"
        )
        return json.loads(plain)

    def claims(self, public_key, number=-1):
        """What the server says of itself, its signature verified (RFC 8292)."""
        authorization = self.seen[number][1]["Authorization"]
        scheme, _space, rest = authorization.partition(" ")
        parts = dict(part.strip().split("=", 1) for part in rest.split(","))
        assert (scheme.lower(), parts["k"].rstrip("=")) == ("vapid", public_key), authorization
        signed, _dot, signature = parts["t"].rpartition(".")
        raw = raw_of(signature)
        r, s = (int.from_bytes(half, "big") for half in (raw[:32], raw[32:]))
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw_of(public_key))
        key.verify(encode_dss_signature(r, s), signed.encode(), ec.ECDSA(SHA256()))
        return json.loads(raw_of(signed.split(".")[1]))


class PushCase(FaceCase):
    """A push service of our own, allowed by the setting; mixed into TransactionCase."""

    @classmethod
    def _request_handler(cls, session, request, /, **options):
        """Odoo's would lengthen our timeout."""
        assert request.url.startswith("http://127.0.0.1:"), request.url
        return common._super_send(session, request, **options)

    def setUp(self):
        super().setUp()
        self.service = PushService()
        self.addCleanup(self.service.close)
        self.env["ir.config_parameter"].sudo().set_param(
            HOSTS_PARAMETER, f"fcm.googleapis.com {self.service.origin}"
        )
        self.patch(type(self.env["ir.cron"]), "_commit_progress", lambda *_a, **_k: 600.0)
        self.fake = self._pair(self.device)
        self.device.sudo().chain_ids.paired_at = fields.Datetime.now() - timedelta(days=1)

    def subscribe(self, employee, path="/push/one"):
        keys = self.service.subscription(path)
        return self.env["hr.face.push.subscription"]._subscribe(
            self.env["hr.face.person"]._as_person(employee), *keys.values(), "Test phone"
        )

    def see(self, employee=None, ago_min=1, **changes):
        moment = fields.Datetime.now() - timedelta(minutes=ago_min)
        clock = {"time_source": "clock", "clock_offset_ms": 0}
        event = self.fake.event(self.gate, employee, moment.replace(tzinfo=UTC), **clock | changes)
        self.ingest(self.device, event)
        return self.env["hr.face.event"].search([("uuid", "=", event["uuid"])])

    def send(self):
        self.env["hr.face.push"].sudo()._cron_send()
        self.env.invalidate_all()

    def queue(self):
        return self.env["hr.face.push"].sudo().search([])

    def user(self, login, groups, employee=None):
        user = new_test_user(
            self.env, login, groups, company_id=self.company.id, company_ids=self.company.ids
        )
        if employee:
            employee.user_id = user
        return user


@tagged("post_install", "-at_install", "face_push")
class TestPush(PushCase, TransactionCase):
    def test_checked_in_reaches_the_phone_encrypted_and_signed(self):
        self.subscribe(self.mara)
        event = self.see(self.mara)
        self.see(self.idris, ago_min=2)
        self.assertEqual(self.service.seen, [], "nobody waits for a push service")
        self.send()
        ((path, headers, body),) = self.service.seen
        self.assertEqual(path, "/push/one")
        told = self.service.message()
        local = event._local(event.captured_at.isoformat())
        self.assertEqual(
            (told["title"], told["body"]), (f"Checked in at {local:%H:%M}", "Side door")
        )
        self.assertEqual(set(told), {"title", "body", "tag", "lang", "dir", "url"})
        self.assertNotIn(b"Side door", body)
        self.assertEqual((headers["Urgency"], headers["TTL"] <= "3600"), ("high", True))
        self.assertLessEqual(len(headers["Topic"]), 32)
        key = self.env["hr.face.push.key"].sudo().search([]).public_key
        claims = self.service.claims(key)
        self.assertEqual(claims["aud"], self.service.origin)
        self.assertTrue(claims["sub"])
        self.assertEqual(self.queue().state, "sent")
        self.send()
        self.assertEqual(len(self.service.seen), 1, "told once")

    def test_what_a_push_service_answers(self):
        cases = (  # answer → state of the row, phones left, seconds until the next try
            ((201, {}), "sent", 1, None),
            ((404, {}), None, 0, None),
            ((410, {}), None, 0, None),
            ((429, {"Retry-After": "120"}), "wait", 1, 120),
            ((500, {}), "wait", 1, 30),
            ((503, {"Retry-After": "soon"}), "wait", 1, 30),
            ((400, {}), "failed", 1, None),
            ((302, {"Location": "http://127.0.0.1:1/"}), "failed", 1, None),
            ((None, {}), "wait", 1, 30),
        )
        for answer, state, phones, wait_s in cases:
            with self.subTest(answer), patch.object(hr_face_push, "TIMEOUT_S", 0.4):
                self.queue().unlink()
                self.subscribe(self.mara)
                params = {"at": "2025-03-03T07:57:00", "gate": "Side door", "direction": "in"}
                self.env["hr.face.push"]._queue(self.mara, "checked", "checked:1", params)
                row = self.queue()
                self.service.answers = [answer]
                before = fields.Datetime.now()
                with mute_logger("odoo.addons.hr_face_attendance.models.hr_face_push"):
                    self.send()
                left = self.env["hr.face.push.subscription"].sudo().search([])
                self.assertEqual(len(left), phones)
                self.assertEqual(row.exists().state if row.exists() else None, state)
                if wait_s:
                    self.assertAlmostEqual(
                        (row.not_before - before).total_seconds(), wait_s, delta=3
                    )
                    self.send()
                    self.assertEqual(row.attempts, 1, "not before its time")
                    row.not_before = before
                    self.send()
                    self.assertEqual((row.state, row.attempts), ("sent", 2), "recovers")

    def test_a_service_that_cannot_be_reached(self):
        self.subscribe(self.mara)
        self.see(self.mara)
        self.service.close()
        self.send()
        row = self.queue()
        self.assertEqual((row.state, row.status, row.attempts), ("wait", 0, 1))
        row.write({"expires_at": "2020-01-01", "not_before": "2020-01-01"})
        self.send()
        self.assertEqual(row.state, "expired")

    def test_old_news_is_no_news(self):
        self.subscribe(self.mara)
        self.see(self.mara, ago_min=45)
        self.assertFalse(self.queue())

    def test_only_who_wants_it_and_not_at_night(self):
        self.subscribe(self.mara)
        person = self.env["hr.face.person"]._as_person(self.mara)
        choices = self.env["hr.face.notice.choice"]
        choices._choose(person, ["forgotten"], "", "")
        self.see(self.mara, ago_min=20)
        self.assertFalse(self.queue())
        choices._choose(person, ["checked"], "00:00", "24:00")
        self.see(self.mara, ago_min=3)
        row = self.queue()
        self.assertGreaterEqual(row.not_before, fields.Datetime.now())
        self.send()
        self.assertEqual(self.service.seen, [])

    def test_in_the_receiver_s_language(self):
        self.env["res.lang"]._activate_lang("ar_001")
        self.mara.lang = "ar_001"
        self.subscribe(self.mara)
        self.see(self.mara)
        self.send()
        told = self.service.message()
        self.assertEqual((told["lang"], told["dir"]), ("ar-001", "rtl"))

    def test_only_push_services_are_called(self):
        good = self.service.subscription()
        for endpoint in ("http://127.0.0.1:8069/x", "https://evil.example/x", ""):
            with self.subTest(endpoint), self.assertRaises(UserError):
                self.env["hr.face.push.subscription"]._subscribe(
                    self.env["hr.face.person"]._as_person(self.mara),
                    **good | {"endpoint": endpoint},
                    label="x",
                )
        self.subscribe(self.mara)
        self.see(self.mara)
        self.env["ir.config_parameter"].sudo().set_param(HOSTS_PARAMETER, "fcm.googleapis.com")
        self.send()
        self.assertEqual(self.service.seen, [], "allowed no more since it subscribed")
        self.assertFalse(self.env["hr.face.push.subscription"].sudo().search([]))

    def test_phones_are_bounded_and_a_browser_belongs_to_one_person(self):
        for number in range(7):
            self.subscribe(self.mara, f"/push/{number}")
        self.subscribe(self.idris, "/push/6")
        phones = self.env["hr.face.push.subscription"].sudo()
        self.assertEqual(phones.search_count([("employee_id", "=", self.mara.id)]), 4)
        self.assertEqual(phones.search_count([("employee_id", "=", self.idris.id)]), 1)

    def test_the_key_is_sealed_and_survives_a_change_of_the_master_key(self):
        key = self.env["hr.face.push.key"]._ensure()
        private = key._private()
        self.env.flush_all()
        self.env.cr.execute("SELECT row_to_json(k)::text FROM hr_face_push_key k")
        dump = str(self.env.cr.fetchall())
        self.assertNotIn(private, dump)
        self.assertNotIn(raw_of(private).hex(), dump)
        keys = self.env["hr.face.key"]
        keys._add_key()
        keys._cron_rewrap()
        self.assertEqual(key._private(), private)
        self.assertEqual(key.key_id, keys._read().current_id)

    def test_once_there_are_keys_nobody_waits_for_them(self):
        for name in ("hr.face.push.key", "hr.face.service.key"):
            keys = self.env[name]
            keys._ensure()
            with self.subTest(name), patch.object(type(keys), "_lock", self.fail):
                keys._ensure()

    def test_whoever_left_or_lost_the_phone_is_told_nothing(self):
        made, _secret = self.env["hr.face.link"]._make(self.mara)
        self.subscribe(self.mara).link_id = made
        again, _secret = self.env["hr.face.link"]._make(self.mara)
        phones = self.env["hr.face.push.subscription"].sudo()
        self.assertTrue(phones.search([]), "a link that is renewed goes on")
        (made | again).action_revoke()
        self.assertFalse(phones.search([]))
        self.subscribe(self.mara)
        self.see(self.mara)
        self.mara.active = False
        self.send()
        self.assertEqual((self.queue().state, self.service.seen), ("expired", []))


@tagged("post_install", "-at_install", "face_push")
class TestTold(PushCase, TransactionCase):
    """Who is told what."""

    def setUp(self):
        super().setUp()
        self.officer = self.user("officer", "hr_face_attendance.group_face_officer", self.noor)
        self.boss = self.user("boss", "hr_face_attendance.group_face_manager")
        self.bus = []
        self.patch(
            type(self.env["res.users"]),
            "_bus_send",
            lambda users, kind, message, **_k: self.bus.append((users.login, message)),
        )
        self.subscribe(self.noor, "/push/noor")
        self.subscribe(self.mara, "/push/mara")

    def told(self):
        """[(phone, title)] of what reached phones, and logins that Odoo rang at, once."""
        self.service.seen.clear()
        self.send()
        phones = [
            (path, self.service.message(number)["title"])
            for number, (path, _headers, _body) in enumerate(self.service.seen)
        ]
        rung = sorted({login for login, _message in self.bus} & {"officer", "boss"})
        self.bus.clear()
        return phones, rung

    def test_a_stranger_is_told_to_officers_once_in_a_while(self):
        self.see()
        self.assertEqual(
            self.told(), ([("/push/noor", "A stranger at a gate")], ["boss", "officer"])
        )
        first = self.env["hr.face.event"].search([], limit=1).captured_at
        later = (fields.Datetime.now() - first).total_seconds() / 60
        self.see(ago_min=later)
        self.assertEqual(self.told(), ([], []))

    def test_somebody_refused_is_told_to_whoever_is_responsible(self):
        self.see(self.mara, outcome="no_clearance")
        self.assertEqual(self.told(), ([], ["boss"]), "not this officer's, nor told to Mara")
        self.idris.attendance_manager_id = self.officer
        self.see(self.idris, outcome="no_clearance")
        self.assertEqual(
            self.told(), ([("/push/noor", "Idris Vale was refused")], ["boss", "officer"])
        )

    def test_an_attack_rings_at_night_and_is_a_task(self):
        person = self.env["hr.face.person"]._as_person(self.noor)
        self.env["hr.face.notice.choice"]._choose(person, ["attack"], "00:00", "24:00")
        self.see(outcome="presentation_attack", pad="attack")
        self.assertEqual(self.told()[0][0][0], "/push/noor")
        self.assertEqual(len(self.gate.activity_ids), 1)

    def test_a_gate_that_falls_silent_is_told_once_and_again_after_it_was_back(self):
        silent = fields.Datetime.now() - timedelta(minutes=20)
        self.device.sudo().last_heartbeat_at = silent
        notices = self.env["hr.face.notice"].sudo()
        for phones in (1, 0):
            notices._cron_watch()
            self.assertEqual(len(self.told()[0]), phones)
        self.assertEqual(len(self.gate.activity_ids), 1)
        self.device.sudo().last_heartbeat_at = fields.Datetime.now()
        notices._cron_watch()
        self.assertFalse(self.gate.activity_ids)
        self.device.sudo().last_heartbeat_at = silent + timedelta(minutes=1)
        notices._cron_watch()
        self.assertEqual(self.told()[0], [("/push/noor", "Side door is offline")])

    def test_late_arrivals_once_a_day_to_each_for_their_own(self):
        self.mara.attendance_manager_id = self.officer
        self.company.face_late_digest_h = 0
        self.company.resource_calendar_id.tz = "UTC"
        today = fields.Date.today()
        for employee, minutes in ((self.mara, 12), (self.idris, 30)):
            self.env.cr.execute(
                "INSERT INTO hr_face_day (employee_id, company_id, date, status, late_min)"
                " VALUES (%s, %s, %s, 'present', %s)",
                [employee.id, self.company.id, today, minutes],
            )
        notices = self.env["hr.face.notice"].sudo()
        notices._tell_late(self.company)
        self.assertEqual(self.bus[-1][1]["title"] if self.bus else "", "2 late today")
        self.assertEqual(self.told(), ([("/push/noor", "1 late today")], ["boss", "officer"]))
        notices._tell_late(self.company)
        self.assertEqual(self.told(), ([], []))

    def test_a_forgotten_check_out_is_told_to_the_person(self):
        day = fields.Date.today() - timedelta(days=1)
        self.env["hr.face.proposal"].sudo()._ask(
            [
                {
                    "employee_id": self.mara.id,
                    "company_id": self.company.id,
                    "kind": "missing_out",
                    "uuid": "u",
                    "date": day,
                    "earliest": f"{day} 07:00:00",
                    "latest": f"{day} 19:00:00",
                }
            ]
        )
        self.assertEqual(self.told()[0], [("/push/mara", "Check-out missing")])

    def test_a_fault_in_telling_loses_no_event(self):
        def broken(*_args):
            raise ValueError("broken")

        self.patch(type(self.env["hr.face.notice"]), "_tell_event", broken)
        with mute_logger("odoo.addons.hr_face_attendance.models.hr_face_notice"):
            self.assertTrue(self.see(self.mara))


@tagged("post_install", "-at_install", "face_push")
class TestPushPage(PageCase, HttpCase):
    def setUp(self):
        super().setUp()
        _made, secret = self.env["hr.face.link"]._make(self.mara)
        self.open_link(secret)
        key = ec.generate_private_key(ec.SECP256R1())
        self.phone = {
            "endpoint": "https://fcm.googleapis.com/fcm/send/x",
            "p256dh": b64url(point_of(key)),
            "auth": b64url(os.urandom(16)),
        }

    def test_a_phone_is_turned_on_and_off(self):
        self.assertIn("None yet", self.see("/notices"))
        wrong = self.phone | {"endpoint": "https://evil.example/"}
        self.assertEqual(self.post("/notices/subscribe", **wrong).status_code, 400)
        self.assertEqual(self.post("/notices/subscribe", **self.phone).status_code, 200)
        phone = self.env["hr.face.push.subscription"].sudo().search([])
        self.assertEqual((phone.employee_id, bool(phone.link_id)), (self.mara, True))
        self.assertNotIn("fcm.googleapis", self.see("/notices"))
        self.post("/notices/unsubscribe", phone=phone.id)
        self.assertFalse(phone.exists())

    def test_choices_are_kept_and_managers_alone_see_theirs(self):
        text = self.see("/notices")
        self.assertIn('name="checked"', text)
        self.assertNotIn('name="stranger"', text)
        self.post("/notices/save", forgotten="1", quiet_from="22:00", quiet_until="06:30")
        text = self.see("/notices")
        self.assertIn('value="06:30"', text)
        self.assertEqual(text.count('checked="checked"'), 1)
        self.assertIn('role="alert"', self.post("/notices/save", quiet_from="x:y").text)

    def test_the_page_works_without_a_key_file(self):
        with self.key_at("/nonexistent/key"):
            self.assertIn("cannot be notified", self.see("/notices"))

    def test_the_worker_and_the_manifest(self):
        for path, kind in (("worker.js", "javascript"), ("app.webmanifest", "manifest")):
            answer = self.url_open(f"/hr_face_attendance/me/{path}")
            self.assertIn(kind, answer.headers["Content-Type"])
