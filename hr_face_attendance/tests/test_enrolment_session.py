import io
import json
import struct
import zipfile
from datetime import timedelta
from uuid import uuid4

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import BaseCase, HttpCase, TransactionCase, new_test_user, tagged

from ..rules import enrolment, likeness, vault
from .common import ApiCase, FaceCase, b64, unit_vector
from .test_retention import DumpCase

OFFICER = "hr_face_attendance.group_face_officer"
CROP = b"\xff\xd8\xff\xe0 a face \xff\xd9"


def near(similarity, hot=0, size=128):
    """A unit vector of this cosine similarity to `unit_vector(hot)`."""
    rest = (1 - similarity**2) ** 0.5
    values = [0.0] * size
    values[hot], values[hot + 1] = similarity, rest
    return struct.pack(f"<{size}f", *values)


@tagged("face_rules")
class TestEnrolmentRules(BaseCase):
    def test_what_is_missing(self):
        frontal, left, right = (
            enrolment.Capture(pose, pose, 0.8) for pose in ("frontal", "left", "right")
        )
        for source, captures, missing in (
            ("dialog", [], ["frontal", "left", "right"]),
            ("link", [frontal, right], ["left"]),
            ("station", [frontal, left, right], []),
            ("photos", [], ["frontal"]),
            ("photos", [frontal], []),
            ("photos", [left], ["frontal"]),
        ):
            with self.subTest(source=source, captures=captures):
                self.assertEqual(enrolment.missing(captures, source), missing)

    def test_the_best_of_each_pose_in_turn(self):
        captures = [
            enrolment.Capture(f"{pose}{quality}", pose, quality)
            for pose, qualities in (("frontal", (0.9, 0.7, 0.8)), ("left", (0.6,)))
            for quality in qualities
        ]
        for most, taken in (
            (1, ["frontal0.9"]),
            (2, ["frontal0.9", "left0.6"]),
            (9, ["frontal0.9", "left0.6", "frontal0.8", "frontal0.7"]),
        ):
            chosen = [one.uuid for one in enrolment.chosen(captures, most)]
            self.assertEqual(chosen, taken)

    def test_who_comes_close(self):
        gallery = [("a", near(0.97)), ("a", near(0.94)), ("b", near(0.92)), ("c", unit_vector(9))]
        found = likeness.closest([unit_vector(), unit_vector(5)], gallery, 0.93)
        self.assertEqual({who: round(value, 3) for who, value in found.items()}, {"a": 0.97})
        self.assertEqual(likeness.closest([], gallery, 0.5), {})


class SessionCase(FaceCase):
    """An enrolment whose captures came from a service."""

    def begin(self, employee=None, source="dialog", consent=True):
        employee = employee or self.mara
        if consent and not self.env["hr.face.consent"]._active_of(employee):
            self._consent(employee)
        return self.env["hr.face.enrolment"].create({"employee_id": employee.id, "source": source})

    def document(self, session, vector=None, pose="frontal", quality=0.8, uuid=None, crop=CROP):
        template = {
            "uuid": uuid or str(uuid4()),
            "model": self.company.face_model,
            "vector": b64(vector or unit_vector()),
            "quality": quality,
            "face_px": 160,
            "captured_at": "2026-03-03T07:00:00.000Z",
            "pose": pose,
            "crop": b64(crop),
        }
        return {"session": session.uuid, "source": "camera", "templates": [template]}

    def capture(self, session, vector=None, **options):
        document = self.document(session, vector, **options)
        (result,) = self.env["hr.face.template"].sudo()._enrol(self.device, [document])
        return result

    def captured(self, employee=None, vector=None, source="dialog"):
        """A session with one capture of each pose."""
        session = self.begin(employee, source)
        for pose in ("frontal", "left", "right"):
            result = self.capture(session, vector, pose=pose)
            self.assertEqual(result["status"], "accepted", result)
        return session


@tagged("post_install", "-at_install")
class TestSession(SessionCase, TransactionCase):
    def setUp(self):
        super().setUp()
        self.device.service_url = "https://face.example"
        self.templates = self.env["hr.face.template"].sudo()

    def test_captures_become_templates_when_hr_says_so_and_not_before(self):
        session = self.captured()
        self.assertEqual(session.capture_count, 3)
        self.assertFalse(self.templates.search([]))
        self.assertEqual(self.mara.face_status, "no_template")
        answer = session.confirm()
        self.assertEqual(answer["templates"], 3)
        self.assertEqual(set(self.templates.search([])._vectors().values()), {unit_vector()})
        self.assertEqual((session.state, session.capture_count), ("done", 0))
        self.assertFalse(self.env["hr.face.capture"].sudo().search([]))
        self.env.invalidate_all()
        self.assertEqual(self.mara.face_status, "enrolled")
        for word in ("3 templates", "80", self.company.face_model):
            self.assertIn(word, self.mara.face_state_text)

    def test_the_form_says_what_is_missing(self):
        self.assertIn("consent", self.mara.face_state_text)
        self._consent(self.mara)
        self.env.invalidate_all()
        self.assertIn("pictures", self.mara.face_state_text)
        self._enrolled(self.idris)
        self.company.face_model = "other@v1"
        self.env.invalidate_all()
        self.assertIn("another face model", self.idris.face_state_text)

    def test_the_same_capture_again_is_one(self):
        session, uuid = self.begin(), str(uuid4())
        first, again = (self.capture(session, uuid=uuid) for _ in range(2))
        self.assertEqual(
            (first["status"], again["status"], again["templates"]), ("accepted", "duplicate", 1)
        )

    def test_what_is_refused_for_a_session(self):
        over = self.begin(self.idris)
        over.cancel()
        expired = self.begin(self.noor)
        expired._set(expires_at=fields.Datetime.now())
        without = self.begin(self._employee("New", "F010"), consent=False)
        for session, reason in (
            (over, "session_over"),
            (expired, "session_over"),
            (without, "no_consent"),
        ):
            self.assertEqual(self.capture(session)["reason"], reason)
        session = self.begin()
        for name, change, field in (
            ("no picture", {"crop": b64(b"GIF89a")}, "templates.0.crop"),
            ("a picture too large", {"crop": b64(b"\xff\xd8\xff" + b"x" * 99_000 + b"\xff\xd9")}, "templates.0.crop"),
            ("no pose", {"pose": "upside down"}, "templates.0.pose"),
            ("no vector", {"vector": b64(unit_vector(size=64))}, "templates.0.vector"),
        ):  # fmt: skip
            document = self.document(session)
            document["templates"][0] |= change
            (result,) = self.templates._enrol(self.device, [document])
            with self.subTest(name):
                self.assertEqual((result["reason"], result["field"]), ("malformed", field))
        self.assertFalse(session.capture_ids)

    def test_a_session_holds_so_many_captures_and_no_more(self):
        session = self.begin()
        for _ in range(enrolment.MOST_CAPTURES + 3):
            self.capture(session)
        self.assertEqual(session.capture_count, enrolment.MOST_CAPTURES)
        self.assertEqual(session.confirm()["templates"], enrolment.MOST_TEMPLATES)

    def test_enrolling_again_takes_the_place_of_what_there_was(self):
        old = self._enrolled(self.mara, unit_vector(7))
        self.captured().confirm()
        self.assertFalse(old.exists())
        self.assertEqual(len(self.templates.search([])), 3)

    def test_a_face_enrolled_as_somebody_else_stops_here(self):
        self._enrolled(self.idris, near(0.96))
        session = self.captured()
        review = session.review()
        self.assertEqual(
            review["similar"], [{"name": "Idris Vale", "similarity": 0.96, "same": True}]
        )
        with self.assertRaises(UserError):
            session.confirm()
        self.assertFalse(self.templates.search([("employee_id", "=", self.mara.id)]))

    def test_looking_alike_is_told_and_stops_nobody(self):
        self._enrolled(self.idris, near(0.94))
        self._enrolled(self.noor, near(0.9))
        session = self.captured()
        (alike,) = session.review()["similar"]
        self.assertEqual((alike["name"], alike["same"]), ("Idris Vale", False))
        session.confirm()
        self.assertFalse(self.env["hr.face.look.alike"].search([]))

    def test_another_company_s_people_are_not_compared(self):
        other = self.env["res.company"].create({"name": "Other"})
        stranger = self._employee("Stranger", "X1", company=other)
        self._enrolled(stranger, unit_vector(), self._consent(stranger))
        session = self.captured()
        self.assertFalse(session.review()["similar"])
        session.confirm()

    def test_twins_need_a_second_factor_at_the_gate_until_one_is_gone(self):
        fake = self._pair(self.device)
        self._enrolled(self.idris, near(0.97))
        self.captured().confirm(told_apart=True)
        pair = self.env["hr.face.look.alike"].search([])
        self.assertEqual(pair.employee_id | pair.other_id, self.mara | self.idris)

        def factors():
            page = self.env["hr.face.gallery.change"].sudo()._gallery_page(self.device, "")
            people = fake.open(page)["people"]
            return {one["employee"]: one["second_factor"] for one in people}

        self._enrolled(self.noor, unit_vector(9))
        self.assertEqual(factors(), {self.mara.id: True, self.idris.id: True, self.noor.id: False})
        self.captured().confirm()  # told apart once is told apart
        seq = (
            self.env["hr.face.gallery.change"].sudo().search([("employee", "=", self.idris.id)]).seq
        )
        self.mara.action_face_withdraw_consent()
        self.assertFalse(pair.exists())
        self.assertEqual(factors(), {self.idris.id: False, self.noor.id: False})
        changed = (
            self.env["hr.face.gallery.change"].sudo().search([("employee", "=", self.idris.id)])
        )
        self.assertGreater(changed.seq, seq, "the devices hear of it")

    def test_a_withdrawal_ends_what_is_under_way(self):
        session = self.captured()
        self.mara.action_face_withdraw_consent()
        self.assertFalse(self.env["hr.face.capture"].sudo().search([]))
        with self.assertRaises(UserError):
            session.confirm()

    def test_what_nobody_finished_leaves_nothing_behind(self):
        session, review = self.captured(), self.captured(self.idris, unit_vector(5), "link")
        review._wait_for_review()
        done = self.captured(self.noor, unit_vector(6))
        done.confirm()
        past = fields.Datetime.now() - timedelta(minutes=1)
        for one in (session, review, done):
            one._set(expires_at=past)
        self.env["hr.face.enrolment"]._cron_expire()
        self.assertEqual((session | review | done).mapped("state"), ["expired", "expired", "done"])
        self.assertFalse(self.env["hr.face.capture"].sudo().search([]))

    def test_one_person_after_the_other(self):
        self._enrolled(self.idris, unit_vector(4))
        following = self.captured(self.mara).confirm()["next"]
        self.assertEqual(following, {"id": self.noor.id, "name": self.noor.name})
        self.assertIsNone(self.captured(self.noor, unit_vector(8)).confirm()["next"])
        action = (self.mara | self.idris).action_face_enrol()
        self.assertEqual(action["params"], {"employee_id": self.mara.id})

    def test_an_officer_enrols_own_people_only(self):
        officer = new_test_user(
            self.env, "off", OFFICER, company_id=self.company.id, company_ids=self.company.ids
        )
        self.mara.attendance_manager_id = officer
        mine = self.env["hr.face.enrolment"].with_user(officer)
        mine = mine.with_context(allowed_company_ids=self.company.ids)
        screen = mine.begin(self.mara.id)
        self.assertFalse(screen["consent"]["given"])
        session = mine.browse(screen["id"])
        self.assertTrue(session.give_consent("screen", "en_US")["consent"]["given"])
        self.capture(session)
        session.confirm()
        with self.assertRaises(AccessError):
            mine.begin(self.idris.id)
        theirs = self.captured(self.idris, unit_vector(3))
        for act in ("screen", "review", "confirm", "cancel", "token"):
            with self.subTest(act), self.assertRaises(AccessError):
                getattr(theirs.with_user(officer), act)()

    def test_the_token_of_a_session_is_for_it_alone(self):
        self._pair(self.device)
        session = self.begin()
        token = session.token()
        self.assertEqual(token["service"], "https://face.example")
        part = token["token"].split(".")[1]
        claims = json.loads(vault.base64.urlsafe_b64decode(part + "=="))
        self.assertEqual((claims["scope"], claims["enrolment"]), ("capture", session.uuid))
        self.assertEqual(claims["exp"] - claims["iat"], 120)
        self.assertNotIn("gate", claims)
        self.device.service_url = False
        self.assertIsNone(self.begin().token())
        with self.assertRaises(UserError):
            self.begin(self._employee("New", "F010"), consent=False).token()


@tagged("post_install", "-at_install")
class TestImages(SessionCase, DumpCase, TransactionCase):
    def setUp(self):
        super().setUp()
        self.device.service_url = "https://face.example"
        self.images = self.env["hr.face.image"].sudo()

    def test_none_is_kept_unless_the_company_says_so(self):
        self.captured().confirm()
        self.assertFalse(self.images.search([]))

    def test_kept_sealed_and_gone_with_the_withdrawal(self):
        self.company.face_image_days = 30
        session = self.captured()
        waiting = [one.hex().encode() for one in self._parts("hr_face_capture")]
        dump = self.dump()
        self.assertTrue(all(trace in dump for trace in waiting))
        self.assertNotIn(CROP.hex().encode(), dump, "never in the clear")
        session.confirm()
        images = self.images.search([])
        self.assertEqual(set(images._opened().values()), {CROP})
        self.assertEqual(len(images), 3)
        kept = [one.hex().encode() for one in self._parts("hr_face_image")]
        dump = self.dump()
        self.assertEqual([len(kept), sum(one in dump for one in kept)], [12, 12])
        self.assertFalse([one for one in waiting if one in dump], "captures went")
        self.mara.action_face_withdraw_consent()
        after = self.dump()
        self.assertFalse([one for one in [*kept, CROP.hex().encode()] if one in after])

    def _parts(self, table):
        self.env.flush_all()
        self.env.cr.execute(f"SELECT ciphertext, nonce, wrapped_key, key_nonce FROM {table}")
        return [bytes(part) for row in self.env.cr.fetchall() for part in row]

    def test_only_of_people_who_agreed_to_it(self):
        self._consent(self.mara)
        self.company.face_image_days = 30
        self.assertEqual(self.company.face_consent_version, 2)
        self.captured().confirm()
        self.assertFalse(self.images.search([]), "she agreed when none was kept")
        consent = self._consent(self.mara)
        self.assertIn("30 days", consent.text)
        self.captured().confirm()
        self.assertEqual(len(self.images.search([])), 3)
        self.company.face_image_days = 10
        self.assertEqual(self.company.face_consent_version, 2, "less needs no new consent")

    def test_erased_when_their_time_is_over(self):
        self.company.face_image_days = 30
        self.captured().confirm()
        images = self.images.search([])
        for days, left in ((29, 3), (30, 0)):
            moment = fields.Datetime.now() - timedelta(days=days, minutes=1)
            self.env.cr.execute("UPDATE hr_face_image SET kept_at = %s", [moment])
            self.env.invalidate_all()
            with self.enter_registry_test_mode():
                self.env.ref("hr_face_attendance.cron_face_images").method_direct_trigger()
            self.env.invalidate_all()
            with self.subTest(days):
                self.assertEqual(len(images.exists()), left)
        self.assertTrue(self.env["hr.face.template"].sudo().search([]), "templates stay")

    def test_no_days_erase_what_was_kept(self):
        self.company.face_image_days = 30
        self.captured().confirm()
        self.company.face_image_days = 0
        with self.enter_registry_test_mode():
            self.env.ref("hr_face_attendance.cron_face_images").method_direct_trigger()
        self.env.invalidate_all()
        self.assertFalse(self.images.search([]))

    def test_an_erased_template_takes_its_image_along(self):
        self.company.face_image_days = 30
        self.captured().confirm()
        self.env["hr.face.template"].sudo().search([])[0].unlink()
        self.env.invalidate_all()
        self.assertEqual(len(self.images.search([])), 2)
        self.captured().confirm()
        self.assertEqual(len(self.images.search([])), 3, "enrolled again: the old ones went")

    def test_a_look_is_noted_and_an_image_moved_to_another_does_not_open(self):
        self.company.face_image_days = 30
        self.captured().confirm()
        image = self.images.search([], limit=1)
        self.assertEqual(image.sudo(False)._show("Looked at"), CROP)
        (line,) = self.env["hr.face.access.log"].search([("employee_id", "=", self.mara.id)])
        self.assertEqual((line.kind, line.user_id), ("image", self.env.user))
        self.env.cr.execute(
            "UPDATE hr_face_image SET employee_id = %s WHERE id = %s", [self.idris.id, image.id]
        )
        self.env.invalidate_all()
        with self.assertRaisesRegex(Exception, "does not open"):
            image._opened()

    def test_the_export_has_them(self):
        self.company.face_image_days = 30
        self.captured().confirm()
        archive = self.env["hr.face.export"]._zip(self.mara, vectors=False)
        files = zipfile.ZipFile(io.BytesIO(archive))
        images = [name for name in files.namelist() if name.startswith("images/")]
        self.assertEqual([files.read(name) for name in images], [CROP] * 3)


@tagged("post_install", "-at_install", "face_api")
class TestLink(SessionCase, ApiCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.device.service_url = "https://face.example"
        self.pair()
        self.link = self.env["hr.face.enrolment"].make_link(self.mara.id)
        self.secret = self.link["url"].partition("#")[2]
        self.own = self.env["hr.face.enrolment"].browse(self.link["id"])

    def step(self, name, **params):
        body = {"jsonrpc": "2.0", "params": {"secret": self.secret, **params}}
        answer = self.url_open(f"/hr_face_attendance/enrol/{name}", json=body).json()
        return answer.get("result", answer.get("error"))

    def agree(self):
        version = self.step("screen")["consent"]["version"]
        return self.step("consent", version=version)

    def take(self, vector=None, **options):
        for pose in ("frontal", "left", "right"):
            document = self.document(self.own, vector, pose=pose, **options)
            (result,) = self.enrol(document)
            self.assertEqual(result["status"], "accepted")

    def test_from_consent_to_review_and_the_link_is_used_up(self):
        screen = self.step("screen")
        self.assertEqual((screen["name"], screen["consent"]["given"]), ("Mara Lindqvist", False))
        self.assertIn("data", self.step("token"), "no camera before consent")
        self.assertTrue(self.agree()["consent"]["given"])
        self.assertEqual(self.env["hr.face.consent"].search([]).method, "link")
        self.assertTrue(self.step("token")["token"])
        self.assertIn("missing", str(self.step("finish")))
        self.take()
        self.assertEqual(self.step("finish"), {"over": True, "review": True})
        for again in ("screen", "token", "finish", "consent"):
            self.assertEqual(self.step(again), {"over": True})
        self.env.invalidate_all()
        self.assertEqual(self.own.state, "review")
        self.assertFalse(self.env["hr.face.template"].sudo().search([]))
        self.own.confirm()
        self.assertEqual(self.mara.face_template_count, 3)

    def test_used_at_once_if_the_company_says_so_but_never_somebody_else_s_face(self):
        self.company.face_link_review = False
        self._enrolled(self.idris, unit_vector(3))
        self.agree()
        self.take(unit_vector(3))
        self.assertEqual(self.step("finish"), {"over": True, "review": True})
        self.link = self.env["hr.face.enrolment"].make_link(self.mara.id)
        self.secret = self.link["url"].partition("#")[2]
        self.own = self.own.browse(self.link["id"])
        self.take(unit_vector(4))
        self.assertEqual(self.step("finish"), {"over": True, "review": False})

    def test_what_is_no_link(self):
        over = {"over": True}
        for secret in (None, "", False, 7, [], "fl_", "fl_" + "x" * 43, "fl_" + "x" * 500, "%"):
            self.secret = secret
            with self.subTest(secret):
                self.assertEqual(self.step("screen"), over)

    def test_revoked_replaced_expired_or_left_the_company(self):
        def ends(act):
            self.link = self.env["hr.face.enrolment"].make_link(self.idris.id)
            self.secret = self.link["url"].partition("#")[2]
            self.own = self.own.browse(self.link["id"])
            self.assertIn("name", self.step("screen"))
            act()
            self.env.flush_all()
            return self.step("screen")

        past = fields.Datetime.now() - timedelta(seconds=1)
        for name, act in (
            ("revoked", lambda: self.own.exists().action_revoke_link()),
            ("replaced", lambda: self.env["hr.face.enrolment"].make_link(self.idris.id)),
            ("expired", lambda: self.own._set(expires_at=past)),
            ("left", lambda: self.idris.write({"active": False})),
        ):
            with self.subTest(name):
                self.assertEqual(ends(act), {"over": True})

    def test_the_secret_is_hashed_and_in_no_address_that_a_server_sees(self):
        before = self.link["url"].partition("#")[0]
        self.assertNotIn(self.secret, before)
        self.assertTrue(self.link["qr"].startswith("data:image/png"))
        self.env.cr.execute("SELECT * FROM hr_face_enrolment WHERE id = %s", [self.own.id])
        self.assertNotIn(self.secret, str(self.env.cr.fetchall()))
        page = self.url_open("/hr_face_attendance/enrol?lang=en_US")
        self.assertEqual(page.headers["Cache-Control"], "no-store")
        self.assertEqual(page.headers["Referrer-Policy"], "no-referrer")
        self.assertNotIn("Mara", page.text)

    def test_the_e_mail_has_the_link_and_is_not_kept(self):
        with self.assertRaises(UserError):
            self.env["hr.face.enrolment"].make_link(self.mara.id, send=True)
        self.mara.work_email = "mara@kestrel.example"
        link = self.env["hr.face.enrolment"].make_link(self.mara.id, send=True)
        self.assertEqual(link["sent_to"], "mara@kestrel.example")
        secret = link["url"].partition("#")[2]
        mails = self.env["mail.mail"].sudo().search([("state", "=", "sent")])
        self.assertFalse([mail for mail in mails if secret in (mail.body_html or "")])

    def test_too_many_steps_are_slowed_down(self):
        answers = [self.step("screen") for _ in range(5)]
        self.assertTrue(all("name" in one for one in answers))
        self.secret = "fl_wrong"
        self.patch(type(self.env["ir.http"]), "_face_throttle", self._too_many)
        self.assertIn("wait a moment", str(self.step("screen")))

    @staticmethod
    def _too_many(*_caller):
        from ..rules.errors import RateLimited

        raise RateLimited("too many", retry_after_s=1)

    def test_pictures_are_shown_to_who_may_see_them_and_never_kept_by_browsers(self):
        self.agree()
        self.take()
        capture = self.own.sudo().capture_ids[0]
        url = f"/hr_face_attendance/capture/{capture.id}"
        self.assertNotEqual(self.url_open(url, allow_redirects=False).status_code, 200)
        new_test_user(self.env, "plain", "base.group_user", company_id=self.company.id, company_ids=self.company.ids)  # fmt: skip
        boss = "hr_face_attendance.group_face_manager"
        new_test_user(self.env, "boss", boss, company_id=self.company.id, company_ids=self.company.ids)  # fmt: skip
        self.authenticate("plain", "plain")
        self.assertIn(self.url_open(url).status_code, (403, 404))
        self.authenticate("boss", "boss")
        shown = self.url_open(url)
        self.assertEqual((shown.status_code, shown.content), (200, CROP))
        self.assertEqual(shown.headers["Cache-Control"], "no-store")
        looked = self.env["hr.face.access.log"].search([("kind", "=", "image")])
        self.assertEqual((looked.employee_id, looked.user_id.login), (self.mara, "boss"))
