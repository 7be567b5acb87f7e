from pathlib import Path
from uuid import uuid4

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, TransactionCase, tagged
from odoo.tools import mute_logger

from ..models import hr_face_gallery
from ..rules.errors import ServerError
from .common import ApiCase, FaceCase, b64, unit_vector


@tagged("post_install", "-at_install", "face_api")
class TestEnrolment(ApiCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.pair()

    def test_a_person_who_consented_is_enrolled(self):
        self._consent(self.mara)
        self.mara.work_email = "Mara_L@kestrel.example"
        self.env["ir.model.data"].create(
            {"module": "face_test", "name": "mara", "model": "hr.employee", "res_id": self.mara.id}
        )
        for by, value in (("badge", "F001"), ("id", str(self.mara.id)), ("email", "mara_l@KESTREL.example"),
                          ("external_id", "face_test.mara")):
            with self.subTest(by):
                (result,) = self.enrol(self.enrolment(value, by))
                self.assertEqual((result["status"], result["display_name"], result["templates"]),
                                 ("accepted", "Mara Lindqvist", 1))

    def test_refusals_name_a_reason_and_nobody(self):
        other = self.env["res.company"].create({"name": "Other"})
        self._employee("Stranger", "X001", company=other)
        self._consent(self.mara)
        self.idris.work_email = self.noor.work_email = "shared@kestrel.example"
        cases = [
            ("no consent", self.enrolment("F002"), "no_consent", None),
            ("unknown badge", self.enrolment("F999"), "unknown_employee", None),
            ("another company's badge", self.enrolment("X001"), "unknown_employee", None),
            ("a pattern is no e-mail", self.enrolment("%", "email"), "unknown_employee", None),
            ("a number too large", self.enrolment("9" * 200, "id"), "unknown_employee", None),
            ("no number", self.enrolment("1 OR 1=1", "id"), "unknown_employee", None),
            ("external id of something else", self.enrolment("base.user_admin", "external_id"), "unknown_employee", None),
            ("two of one e-mail", self.enrolment("shared@kestrel.example", "email"), "ambiguous_employee", None),
            ("another model", self.enrolment("F001", model="Facenet@v1"), "wrong_model", None),
            ("wrong dimension", self.enrolment("F001", vector=unit_vector(size=64)), "malformed", "templates.0.vector"),
            ("not of length one", self.enrolment("F001", vector=b"\x00" * 512), "malformed", "templates.0.vector"),
            ("not finite", self.enrolment("F001", vector=b"\x00\x00\xc0\x7f" * 128), "malformed", "templates.0.vector"),
            ("nothing", {}, "malformed", "employee"),
            ("no object", 7, "malformed", None),
        ]
        results = self.enrol(*(case[1] for case in cases))
        for (name, _, reason, field), result in zip(cases, results, strict=True):
            with self.subTest(name):
                self.assertEqual((result["status"], result["reason"], result["field"]), ("rejected", reason, field))
                self.assertIsNone(result["display_name"])
        self.assertFalse(self.env["hr.face.template"].sudo().search([]))

    def test_one_bad_person_does_not_block_the_next(self):
        self._consent(self.mara)
        results = self.enrol(self.enrolment("F999"), self.enrolment("F001"))
        self.assertEqual([result["status"] for result in results], ["rejected", "accepted"])

    def test_enrolling_again_is_a_duplicate(self):
        self._consent(self.mara)
        uuid = str(uuid4())
        first, again = (self.enrol(self.enrolment("F001", uuid=uuid))[0] for _ in range(2))
        self.assertEqual((first["status"], again["status"], again["templates"]), ("accepted", "duplicate", 1))

    def test_a_uuid_of_another_person_is_refused(self):
        self._consent(self.mara | self.idris)
        uuid = str(uuid4())
        results = self.enrol(self.enrolment("F001", uuid=uuid), self.enrolment("F002", uuid=uuid))
        self.assertEqual([result["status"] for result in results], ["accepted", "rejected"])

    def test_replace_or_add(self):
        self._consent(self.mara)
        for replace, count in ((False, 1), (False, 2), (True, 1)):
            (result,) = self.enrol(self.enrolment("F001", replace=replace))
            self.assertEqual(result["templates"], count)

    def test_only_registration_stations_enrol(self):
        self.device.may_enrol = False
        answer = self.call("enrolments", {"enrolments": [self.enrolment("F001")]})
        self.assertRefused(answer, 403, "not_allowed")

    @mute_logger("odoo.http")
    def test_without_the_key_file_nothing_is_kept(self):
        self._consent(self.mara)
        with self.key_at(Path(self.key_dir.name) / "gone.key"):
            answer = self.call("enrolments", {"enrolments": [self.enrolment("F001")]})
        self.assertRefused(answer, 500, "server_error")
        self.assertIn("key file", answer.json()["error"]["message"])
        self.assertFalse(self.env["hr.face.template"].sudo().search([]))


@tagged("post_install", "-at_install", "face_api")
class TestGallery(ApiCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.pair()
        self._consent(self.mara | self.idris)
        self.enrol(self.enrolment("F001", vector=unit_vector(1)), self.enrolment("F002", vector=unit_vector(2)))

    def page(self, cursor=""):
        answer = self.call("gallery", params={"cursor": cursor})
        self.assertEqual(answer.status_code, 200, answer.text)
        page = answer.json()
        return page, self.fake.open(page)

    def test_the_first_page_is_everyone_sealed(self):
        answer = self.call("gallery")
        page = answer.json()
        self.assertTrue(page["cursor_reset"])
        self.assertNotIn("Mara", answer.text)
        self.assertNotIn(b64(unit_vector(1))[:80], answer.text)
        people = {person["display_name"]: person for person in self.fake.open(page)["people"]}
        self.assertEqual(set(people), {"Mara Lindqvist", "Idris Vale"})
        self.assertEqual(people["Mara Lindqvist"]["templates"][0]["vector"], b64(unit_vector(1)))

    def test_only_changes_after_the_cursor(self):
        page, _ = self.page()
        later, content = self.page(page["cursor"])
        self.assertEqual((later["cursor"], content), (page["cursor"], {"people": [], "gone": []}))
        self.idris.name = "Idris Vale-Solheim"
        later, content = self.page(page["cursor"])
        self.assertFalse(later["cursor_reset"])
        self.assertEqual([person["display_name"] for person in content["people"]], ["Idris Vale-Solheim"])
        self.assertEqual(content["gone"], [])

    def test_what_makes_a_person_change_or_go(self):
        department = self.env["hr.department"].create({"name": "Laboratory", "company_id": self.company.id})
        tag = self.env["hr.employee.category"].create({"name": "Key holder"})
        cases = [
            ("department", lambda: self.mara.write({"department_id": department.id}), "people"),
            ("tag", lambda: self.mara.write({"category_ids": tag.ids}), "people"),
            ("archived", lambda: self.mara.write({"active": False}), "gone"),
            ("back", lambda: self.mara.write({"active": True}), "people"),
            ("consent withdrawn", lambda: self.mara.action_face_withdraw_consent(), "gone"),
        ]
        for name, change, where in cases:
            with self.subTest(name):
                cursor = self.page()[0]["cursor"]
                change()
                _, content = self.page(cursor)
                listed = {"people": [person["employee"] for person in content["people"]], "gone": content["gone"]}
                self.assertEqual(listed.pop(where), [self.mara.id])
                self.assertEqual(*listed.values(), [])

    def test_a_deleted_person_leaves_a_tombstone(self):
        cursor, gone = self.page()[0]["cursor"], self.mara.id
        self.mara.unlink()
        self.assertEqual(self.page(cursor)[1], {"people": [], "gone": [gone]})

    def test_a_change_without_interest_moves_nothing(self):
        cursor = self.page()[0]["cursor"]
        self.mara.work_phone = "1"
        self.noor.name = "Noor C."
        self.assertEqual(self.page(cursor)[0]["cursor"], cursor)

    def test_pages_follow_each_other(self):
        old = hr_face_gallery.PAGE
        self.patch(type(self.env["hr.face.gallery.change"]), "_gallery_page",
                   _with_page_size(type(self.env["hr.face.gallery.change"])._gallery_page, 1))
        first, one = self.page()
        second, two = self.page(first["cursor"])
        self.assertEqual((first["more"], first["cursor_reset"], second["more"], second["cursor_reset"]),
                         (True, True, False, False))
        self.assertEqual(len({person["employee"] for person in one["people"] + two["people"]}), 2)
        self.assertEqual(hr_face_gallery.PAGE, old)

    def test_another_scope_starts_again(self):
        cursor = self.page()[0]["cursor"]
        site = self.env["hr.work.location"].create(
            {"name": "Quay", "company_id": self.company.id, "address_id": self.company.partner_id.id}
        )
        self.mara.work_location_id = site
        for name, change, people in (
            ("site", lambda: self.device.write({"work_location_ids": site.ids}), 1),
            ("model", lambda: self.company.write({"face_model": "Facenet@v1"}), 0),
            ("garbage", lambda: None, 0),
        ):
            with self.subTest(name):
                change()
                page, content = self.page("1.zzzz.999999999999999999999" if name == "garbage" else cursor)
                self.assertTrue(page["cursor_reset"])
                self.assertEqual((len(content["people"]), content["gone"]), (people, []))

    def test_a_new_encryption_key_starts_again(self):
        cursor = self.page()[0]["cursor"]
        self.fake = type(self.fake)()
        self.pair()
        self.assertTrue(self.page(cursor)[0]["cursor_reset"])

    def test_heartbeat_tells_of_news(self):
        cursor = self.page()[0]["cursor"]
        for change, news in ((lambda: None, False), (lambda: self.mara.write({"name": "M"}), True)):
            change()
            answer = self.call("heartbeat", self.heartbeat(gallery_cursor=cursor)).json()
            self.assertEqual(answer["gallery_changed"], news)

    @mute_logger("odoo.http")
    def test_a_row_moved_to_another_person_does_not_open(self):
        mine, yours = self.env["hr.face.template"].sudo().search([], order="id")
        self.env.cr.execute(
            "UPDATE hr_face_template t SET ciphertext = o.ciphertext, nonce = o.nonce, wrapped_key = o.wrapped_key,"
            " key_nonce = o.key_nonce FROM hr_face_template o WHERE t.id = %s AND o.id = %s", [mine.id, yours.id])
        self.assertRefused(self.call("gallery"), 500, "server_error")

    @mute_logger("odoo.http")
    def test_a_wrong_or_missing_key_is_an_error_and_never_a_new_key(self):
        folder = Path(self.key_dir.name)
        (folder / "wrong.key").write_text(b64(b"w" * 32))
        (folder / "short.key").write_text("AAAA")
        for name in ("gone.key", "wrong.key", "short.key"):
            with self.subTest(name), self.key_at(folder / name):
                self.assertRefused(self.call("gallery"), 500, "server_error")
                self.assertFalse(self.env["hr.face.key"]._create_if_unused())
        self.assertFalse((folder / "gone.key").exists())


def _with_page_size(method, size):
    return lambda self, device, cursor: method(self, device, cursor, size)


@tagged("post_install", "-at_install")
class TestConsentAndTemplates(FaceCase, TransactionCase):
    def _enrolled(self, employee):
        consent = self._consent(employee)
        return self.env["hr.face.template"].sudo()._seal_all([{
            "uuid": str(uuid4()), "employee_id": employee.id, "company_id": self.company.id, "consent_id": consent.id,
            "model": self.company.face_model, "dimension": 128,
        }], [unit_vector()])

    def test_what_was_agreed_to_is_kept(self):
        consent = self._consent(self.mara)
        self.assertEqual((consent.text, consent.text_version), (self.company.face_consent_text, 1))
        self.company.face_consent_text = "Another text."
        self.assertEqual(self.company.face_consent_version, 2)
        self.assertEqual(consent.text_version, 1)
        self.assertNotEqual(consent.text, "Another text.")
        self.company.face_consent_text = "Another text."
        self.assertEqual(self.company.face_consent_version, 2)

    def test_the_caller_cannot_choose_text_or_time(self):
        consent = self.env["hr.face.consent"].create(
            {"employee_id": self.mara.id, "text": "Anything", "given_at": "2001-01-01", "state": "withdrawn"}
        )
        self.assertEqual(consent.text, self.company.face_consent_text)
        self.assertEqual((consent.state, consent.given_at.year > 2020), ("given", True))

    def test_a_consent_is_not_edited(self):
        with self.assertRaises(UserError):
            self._consent(self.mara).sudo().write({"text": "x"})

    def test_withdrawing_erases_and_allows_a_new_one(self):
        template = self._enrolled(self.mara)
        self.assertEqual(self.mara.face_status, "enrolled")
        self.mara.action_face_withdraw_consent()
        self.assertFalse(template.exists())
        self.mara.invalidate_recordset()
        self.assertEqual(self.mara.face_status, "no_consent")
        self._consent(self.mara)
        self.mara.invalidate_recordset()
        self.assertEqual(self.mara.face_status, "no_template")

    def test_erased_means_absent_from_the_table(self):
        self._enrolled(self.mara)
        self.mara.action_face_withdraw_consent()
        self.env.cr.execute("SELECT count(*) FROM hr_face_template WHERE employee_id = %s", [self.mara.id])
        self.assertEqual(self.env.cr.fetchone()[0], 0)

    def test_at_rest_a_template_is_ciphertext(self):
        template = self._enrolled(self.mara)
        self.env.cr.execute("SELECT ciphertext, wrapped_key FROM hr_face_template WHERE id = %s", [template.id])
        ciphertext, wrapped = (bytes(part) for part in self.env.cr.fetchone())
        self.assertNotIn(unit_vector()[:16], ciphertext)
        self.assertEqual((len(ciphertext), len(wrapped)), (512 + 16, 32 + 16))
        self.assertEqual(template._vectors(), {template.id: unit_vector()})

    def test_a_template_is_not_edited(self):
        with self.assertRaises(AccessError):
            self._enrolled(self.mara).write({"employee_id": self.idris.id})

    def test_the_key_is_made_once_and_only_while_nothing_needs_another(self):
        path = Path(self.key_dir.name) / "new" / "master.key"
        Key = self.env["hr.face.key"]
        with self.key_at(path):
            self.assertEqual(Key._status()[0], "missing")
            self.assertTrue(Key._create_if_unused())
            self.assertEqual((path.stat().st_mode & 0o777, Key._status()[0]), (0o600, "ok"))
            self.assertFalse(Key._create_if_unused())
            self._enrolled(self.mara)
            path.unlink()
            self.assertFalse(Key._create_if_unused())
            with self.assertRaises(ServerError):
                self._enrolled(self.idris)

    def test_nothing_biometric_is_reachable_from_an_employee(self):
        """Core evaluates client-made domains on employees as superuser: walk every path."""
        seen, queue = set(), ["hr.employee", "hr.employee.public"]
        while queue:
            model = queue.pop()
            if model in seen:
                continue
            seen.add(model)
            for field in self.env[model]._fields.values():
                searchable = field.store or field.search or field.related
                if field.relational and searchable and field.comodel_name in self.env:
                    queue.append(field.comodel_name)
        self.assertIn("hr.attendance", seen)
        self.assertFalse({model for model in seen if model.startswith("hr.face.")})
        for model in ("hr.employee", "hr.employee.public"):
            ours = [field for name, field in self.env[model]._fields.items() if name.startswith("face_")]
            self.assertFalse([field.name for field in ours if field.store or field.search])

    def test_no_field_holds_a_vector_or_a_secret(self):
        secret = {"ciphertext", "nonce", "wrapped_key", "key_nonce", "vector", "token_hash", "code_hash", "code_salt"}
        for model in ("hr.face.template", "hr.face.device"):
            self.assertFalse(secret & set(self.env[model]._fields))
