import base64
import io
import re

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged
from PIL import Image

from ..models import ir_http
from ..rules.throttle import LIMITS
from .common import ApiCase, FaceCase, at
from .test_export import unpack

ROOT = "/hr_face_attendance/me"


class PageCase(FaceCase):
    """Pages and forms as a browser sends them; mixed into HttpCase."""

    def setUp(self):
        super().setUp()
        ir_http._buckets.clear()

    def link(self, employee):
        return self.env["hr.face.link"]._make(employee)

    def open_link(self, secret):
        self.authenticate(None, None)
        return self.hand_over(secret)

    def hand_over(self, secret):
        """As the page's script does."""
        form = self.see("/open")
        token = re.search(r'name="csrf_token" value="([^"]+)"', form)[1]
        return self.url_open(f"{ROOT}/open/link", data={"csrf_token": token, "secret": secret})

    def see(self, path=""):
        answer = self.url_open(ROOT + path)
        self.assertEqual(answer.status_code, 200, answer.text[:500])
        return answer.text

    def post(self, path, files=None, **data):
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.see("/privacy"))[1]
        data["csrf_token"] = token
        return self.url_open(ROOT + path, data=data, files=files)


@tagged("post_install", "-at_install", "face_me")
class TestLink(PageCase, HttpCase):
    """Who holds a link is that person, until it ends."""

    def test_a_link_opens_the_page_of_its_person_and_of_nobody_else(self):
        made, secret = self.link(self.mara)
        answer = self.open_link(secret)
        self.assertEqual(answer.url.rpartition("/")[2], "me", "the secret has left the address")
        self.assertIn("Mara Lindqvist", answer.text)
        self.assertNotIn("Idris", answer.text)
        self.assertTrue(made.last_used_at)
        self.assertEqual(answer.headers["Cache-Control"], "no-store")

    def test_a_link_ends(self):
        endings = {
            "revoked": lambda made: made.action_revoke(),
            "replaced": lambda made: self.link(self.mara),
            "expired": lambda made: made.sudo().write({"expires_at": "2020-01-01"}),
            "the person left": lambda made: self.mara.write({"active": False}),
        }
        for name, end in endings.items():
            with self.subTest(name):
                self.mara.active = True
                made, secret = self.link(self.mara)
                self.open_link(secret)
                self.assertIn("Mara", self.see())
                end(made)
                for answer in (self.url_open(ROOT), self.open_link(secret)):
                    self.assertEqual(answer.status_code, 403)
                    self.assertNotIn("Mara", answer.text)

    def test_a_browser_opens_it_by_what_no_server_log_sees(self):
        _made, secret = self.link(self.mara)
        self.authenticate(None, None)
        there = "!!document.querySelector('header strong')?.textContent.includes('Mara')"
        clean = "if (location.href.endsWith('/me')) console.log('test successful')"
        self.browser_js(f"{ROOT}/open#{secret}", clean, ready=there)

    def test_what_is_no_link_opens_nothing(self):
        for secret in ("x", "fl_" + "a" * 43, "fl_", "%00", "fl_" + "é" * 43, "a" * 5000):
            with self.subTest(secret[:10]):
                self.assertEqual(self.open_link(secret).status_code, 403)

    def test_tries_are_counted(self):
        made, secret = self.link(self.mara)
        self.authenticate(None, None)
        bucket = self.env["ir.http"]._face_bucket(("link", "127.0.0.1"))
        bucket.level, bucket.at_s = 0.0, 1e12
        self.assertEqual(self.hand_over(secret).status_code, 429)
        self.assertFalse(made.last_used_at)

    def test_wrong_secrets_are_counted_for_all_workers_and_the_right_one_still_opens(self):
        _made, secret = self.link(self.mara)
        self.env["hr.face.throttle"].sudo().create(
            [{"kind": "link", "who": "127.0.0.1"}] * (LIMITS["link"].most - 1)
        )
        wrong = "fl_" + "a" * 43
        self.assertEqual(self.open_link(wrong).status_code, 403)
        self.assertEqual(self.open_link(wrong).status_code, 429)
        self.assertEqual(self.open_link(secret).status_code, 200)

    def test_the_secret_is_nowhere_in_the_database(self):
        _made, secret = self.link(self.mara)
        self.env.flush_all()
        self.env.cr.execute("SELECT row_to_json(l)::text FROM hr_face_link l")
        self.assertNotIn(secret[3:], str(self.env.cr.fetchall()))

    def test_closing_ends_the_browser_s_session_only(self):
        _made, secret = self.link(self.mara)
        self.open_link(secret)
        self.post("/close")
        self.assertIn("/web/login", self.url_open(ROOT).url)
        self.assertIn("Mara", self.open_link(secret).text)


@tagged("post_install", "-at_install", "face_me")
class TestPage(PageCase, ApiCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.pair()
        self.officer = new_test_user(
            self.env,
            "officer",
            "hr_face_attendance.group_face_officer,hr.group_hr_user",
            company_id=self.company.id,
            company_ids=self.company.ids,
        )
        self.mara.attendance_manager_id = self.officer
        _made, self.secret = self.link(self.mara)
        self.open_link(self.secret)

    def test_a_user_sees_their_own_page(self):
        user = new_test_user(
            self.env,
            "idris",
            "base.group_user",
            password="idris-idris",
            company_id=self.company.id,
            company_ids=self.company.ids,
        )
        self.idris.user_id = user
        self.authenticate("idris", "idris-idris")
        self.assertIn("Idris Vale", self.see())
        self.authenticate("officer", "officer")
        self.assertEqual(self.url_open(ROOT).status_code, 403, "no employee of their own")

    def test_events_say_when_where_and_why(self):
        self.send(
            self.fake.event(self.gate, self.mara, at("06:57")),
            self.fake.event(self.gate, self.idris, at("06:58")),
        )
        text = self.see()
        for said in ("07:57", "Side door", "IN: your shift starts at 08:00"):
            self.assertIn(said, text)
        self.assertNotIn("07:58", text)
        for secret in ("similarity", "0.97", "F001"):
            self.assertNotIn(secret, text)

    def test_that_was_wrong(self):
        self.send(
            self.fake.event(self.gate, self.mara, at("06:57")),
            self.fake.event(self.gate, self.idris, at("06:58")),
        )
        mine, others = (
            self.env["hr.face.event"].search([("employee_id", "=", one.id)])
            for one in (self.mara, self.idris)
        )
        self.assertIn("no such event", self.post("/dispute", event=others.id).text)
        self.assertIn("no such event", self.post("/dispute", event="1 or 1").text)
        self.post("/dispute", event=mine.id, note="<b>I was at home</b>")
        self.env.invalidate_all()
        self.assertEqual((mine.state, others.state), ("ignored", "derived"))
        self.assertEqual(self.rows(self.mara), [])
        (task,) = self.mara.activity_ids
        self.assertEqual(task.user_id, self.officer)
        self.assertIn("&lt;b&gt;I was at home", task.note)
        said = self.env["hr.face.event"].search([("corrects_uuid", "=", mine.uuid)])
        self.assertEqual(said.evidence, {"how": "link", "note": "<b>I was at home</b>"})
        self.post("/dispute", event=mine.id)
        self.assertEqual(len(self.mara.activity_ids), 1, "said once")

    def test_a_flood_of_disputes_ends_at_a_limit_that_all_workers_share(self):
        self.send(self.fake.event(self.gate, self.mara, at("06:57"), outcome="no_clearance"))
        event = self.env["hr.face.event"].search([("employee_id", "=", self.mara.id)])
        most = LIMITS["dispute"].most
        self.env["hr.face.throttle"].sudo().create(
            [{"kind": "dispute", "who": str(self.mara.id)}] * (most - 1)
        )
        self.assertNotIn("talk to HR", self.post("/dispute", event=event.id).text)
        self.mara.activity_ids.unlink()
        self.assertIn("talk to HR", self.post("/dispute", event=event.id).text)
        self.assertFalse(self.mara.activity_ids)

    def test_a_refused_visit_can_be_disputed_and_changes_nothing(self):
        self.send(self.fake.event(self.gate, self.mara, at("06:57"), outcome="no_clearance"))
        event = self.env["hr.face.event"].search([("employee_id", "=", self.mara.id)])
        self.post("/dispute", event=event.id)
        self.assertEqual(len(self.mara.activity_ids), 1)
        self.assertFalse(self.env["hr.face.event"].search([("correction", "!=", False)]))

    def test_what_may_be_changed_and_what_not(self):
        answer = self.post(
            "/profile/save",
            private_phone=" +32 470 12 34 56 ",
            private_email="mara@example.com",
            lang="en_US",
            barcode="HACKED",
            pin="0000",
            name="Somebody",
            company_id="1",
        )
        self.assertIn("done=profile", answer.url)
        self.assertEqual(
            (self.mara.private_phone, self.mara.private_email, self.mara.barcode, self.mara.name),
            ("+32 470 12 34 56", "mara@example.com", "F001", "Mara Lindqvist"),
        )
        self.assertFalse(self.mara.pin)
        cases = (
            {"private_email": "not an address"},
            {"private_phone": "1" * 33},
            {"lang": "xx_XX"},
        )
        for wrong in cases:
            with self.subTest(wrong):
                self.assertIn('role="alert"', self.post("/profile/save", **wrong).text)
                self.assertEqual(self.mara.private_email, "mara@example.com")

    def test_a_picture_is_encoded_anew(self):
        hidden = b"<script>alert(1)</script>"
        raw = io.BytesIO()
        exif = Image.Exif()
        exif[0x010E] = "taken at home"
        Image.new("RGB", (2000, 1500), "teal").save(raw, "JPEG", exif=exif)
        self.post("/profile/save", files={"picture": ("../x.php", raw.getvalue() + hidden)})
        kept = base64.b64decode(self.mara.image_1920)
        self.assertEqual(Image.open(io.BytesIO(kept)).format, "JPEG")
        for secret in (hidden, b"taken at home"):
            self.assertNotIn(secret, kept)
        before = self.mara.image_1920
        bomb = io.BytesIO()
        Image.new("1", (20_000, 20_000)).save(bomb, "PNG")
        svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'
        for name, bad in (("svg", svg), ("bomb", bomb.getvalue()), ("text", b"hello")):
            with self.subTest(name):
                answer = self.post("/profile/save", files={"picture": ("a.jpg", bad)})
                self.assertIn('role="alert"', answer.text)
                self.assertEqual(self.mara.image_1920, before)

    def test_consent_is_given_and_withdrawn_and_erases_at_once(self):
        self.assertIn("You have not agreed", self.see("/consent"))
        self.assertIn('role="alert"', self.post("/consent/give", version=1).text)
        self.company.face_consent_text = "A newer text."
        self.assertIn("has changed", self.post("/consent/give", version=1, agree="1").text)
        self.post("/consent/give", version=2, agree="1")
        consent = self.env["hr.face.consent"].search([("employee_id", "=", self.mara.id)])
        self.assertEqual(
            (consent.state, consent.method, consent.text, consent.text_version),
            ("given", "link", "A newer text.", 2),
        )
        self.post("/consent/give", version=2, agree="1")
        self.assertEqual(len(self.mara.env["hr.face.consent"].search([])), 1, "given once")
        self._enrolled(self.mara, consent=consent)
        self.post("/consent/withdraw")
        self.env.invalidate_all()
        self.assertEqual(consent.state, "withdrawn")
        self.assertFalse(self.env["hr.face.template"].search([("employee_id", "=", self.mara.id)]))
        self.assertIn("You have not agreed", self.see("/consent"))

    def test_who_looked_and_the_export(self):
        Log = self.env["hr.face.access.log"].with_user(self.officer)
        Log._note(self.mara, "image", "Two people looked alike")
        Log._note(self.idris, "image", "Idris only")
        text = self.see("/privacy")
        self.assertIn("Two people looked alike", text)
        self.assertNotIn("Idris only", text)
        answer = self.post("/export")
        files = unpack(answer.content)
        self.assertNotIn("templates.json", files)
        self.assertNotIn("Idris", files["data.json"])
        self.assertIn("On their own page".lower(), self.see("/privacy").lower())

    def test_a_form_from_elsewhere_is_refused(self):
        for path in ("/consent/withdraw", "/dispute", "/profile/save", "/consent/give", "/close"):
            with self.subTest(path):
                answer = self.url_open(ROOT + path, data={"event": 1})
                self.assertEqual(answer.status_code, 400)

    def test_the_page_speaks_their_language_and_reads_from_the_right(self):
        self.env["res.lang"]._activate_lang("ar_001")
        self.mara.lang = "ar_001"
        text = self.see()
        self.assertIn('lang="ar-001" dir="rtl"', text)

    def test_an_account_by_invitation_with_no_rights_but_one_s_own(self):
        self.idris.work_email = "idris@example.com"
        sent = []

        def invited(user):
            sent.append(user)

        self.patch(type(self.env["res.users"]), "action_reset_password", invited)
        self.idris.attendance_manager_id = self.officer
        wizard = self.env["hr.face.consent.wizard"].with_user(self.officer)
        wizard.create({"employee_id": self.idris.id, "invite": True}).action_record()
        user = self.idris.user_id
        self.assertEqual((sent, user.login), ([user], "idris@example.com"))
        self.assertEqual(user.group_ids, self.env.ref("base.group_user"))
        self.env.cr.execute("SELECT password FROM res_users WHERE id = %s", [user.id])
        self.assertFalse(self.env.cr.fetchone()[0], "no default password")
        self.noor.work_email = "idris@example.com"
        with self.assertRaises(UserError):
            self.noor.with_user(self.officer).action_face_invite()
        attendance = new_test_user(
            self.env,
            "hr_att",
            "hr_attendance.group_hr_attendance_manager",
            company_id=self.company.id,
            company_ids=self.company.ids,
        )
        with self.assertRaises(AccessError):
            self.mara.with_user(attendance).action_face_invite()

    def test_a_link_is_made_by_an_officer_of_the_person_and_noted(self):
        action = self.mara.with_user(self.officer).action_face_link()
        self.assertIn(f"{ROOT}/open#fl_", action["context"]["default_url"])
        made = self.env["hr.face.link"].search([("revoked_at", "=", False)])
        self.assertEqual(made.create_uid, self.officer)
        self.assertIn("A link to their own page", self.mara.message_ids[0].body)
        self.assertGreater(made.expires_at, fields.Datetime.now())
