import io
import json
import zipfile

from odoo.exceptions import AccessError
from odoo.tests import HttpCase, TransactionCase, new_test_user, tagged

from ..models.hr_face_export import HELD
from .common import ApiCase, FaceCase, at, b64, unit_vector

MANAGER = "hr_face_attendance.group_face_manager"


def unpack(content):
    archive = zipfile.ZipFile(io.BytesIO(content))
    return {name: archive.read(name).decode() for name in archive.namelist()}


@tagged("post_install", "-at_install")
class TestExport(FaceCase, TransactionCase):
    def setUp(self):
        super().setUp()
        fake = self._pair(self.device)
        self.template = self._enrolled(self.mara, unit_vector(3))
        self._enrolled(self.idris, unit_vector(4))
        self.ingest(
            self.device,
            fake.event(self.gate, self.mara, at("07:00")),
            fake.event(self.gate, self.idris, at("07:01")),
            fake.event(self.gate, self.mara, at("16:00")),
        )
        self.admin = new_test_user(
            self.env, "boss", MANAGER, company_id=self.company.id, company_ids=self.company.ids
        )

    def wizard(self, user=None, **values):
        wizards = self.env["hr.face.export.wizard"].with_user(user or self.admin)
        wizards = wizards.with_context(allowed_company_ids=(user or self.admin).company_ids.ids)
        return wizards.create({"employee_id": self.mara.id, "purpose": "Asked for", **values})

    def data(self, **values):
        files = unpack(self.wizard(**values)._download()[1])
        return json.loads(files["data.json"]), files

    def test_everything_of_this_person_and_nothing_of_another(self):
        self.mara.action_face_withdraw_consent()
        self._enrolled(self.mara, unit_vector(3))
        data, files = self.data()
        counts = {name: len(data[name]) for name in (*HELD, "attendance")}
        self.assertEqual(
            {name: count for name, count in counts.items() if count},
            {
                "consents": 2,
                "templates": 1,
                "events": 2,
                "presence": 1,
                "days": 1,
                "erasures": 1,
                "accesses": 1,
                "attendance": 1,
            },
        )
        self.assertEqual(data["consents"][0]["text"], self.company.face_consent_text)
        self.assertEqual({row["employee_id"]["id"] for row in data["events"]}, {self.mara.id})
        self.assertNotIn("Idris", files["data.json"])

    def test_templates_are_a_choice_of_their_own(self):
        for chosen in (False, True):
            data, files = self.data(with_vectors=chosen)
            with self.subTest(chosen):
                self.assertEqual("templates.json" in files, chosen)
                self.assertNotIn(b64(unit_vector(3)), files["data.json"])
        (one,) = json.loads(files["templates.json"])
        self.assertEqual((one["uuid"], one["vector"]), (self.template.uuid, b64(unit_vector(3))))
        self.assertEqual([line["kind"] for line in data["accesses"]], ["export", "export_vectors"])

    def test_no_secret_is_in_it(self):
        files = self.data()[1]
        for secret in ("ciphertext", "wrapped_key", "salt", "token"):
            self.assertNotIn(f'"{secret}"', files["data.json"])

    def test_each_model_about_a_person_is_in_it(self):
        about = {
            name
            for name, model in self.env.items()
            if name.startswith("hr.face.") and model._auto and not model._transient
            for field in model._fields.values()
            if field.store and field.type == "many2one" and field.comodel_name == "hr.employee"
        }
        self.assertEqual(about, {*HELD.values(), "hr.face.look.alike", "hr.face.import.photo"})

    def test_who_may_not(self):
        other = self.env["res.company"].create({"name": "Other"})
        elsewhere = new_test_user(
            self.env, "elsewhere", MANAGER, company_id=other.id, company_ids=other.ids
        )
        officer = new_test_user(
            self.env,
            "officer",
            "hr_face_attendance.group_face_officer",
            company_id=self.company.id,
            company_ids=self.company.ids,
        )
        with self.assertRaises(AccessError):
            self.wizard(officer)
        with self.assertRaises(AccessError):
            self.wizard(elsewhere).action_export()
        with self.assertRaises(AccessError):
            self.wizard().sudo().with_user(officer)._download()

    def test_the_log_is_not_edited(self):
        self.data()
        line = self.env["hr.face.access.log"].search([])
        self.assertEqual(
            (line.employee_id, line.user_id, line.purpose), (self.mara, self.admin, "Asked for")
        )
        for who in (self.admin, self.env.ref("base.user_root")):
            mine = line.with_user(who)
            with self.subTest(who.login):
                with self.assertRaises(AccessError):
                    mine.write({"purpose": "x"})
                with self.assertRaises(AccessError):
                    mine.unlink()


@tagged("post_install", "-at_install", "face_api")
class TestExportRoute(ApiCase, HttpCase):
    def test_only_who_asked_downloads_it(self):
        options = {"company_id": self.company.id, "company_ids": self.company.ids}
        for name in ("one", "two"):
            new_test_user(self.env, name, MANAGER, password=f"{name}-{name}", **options)
        wizard = (
            self.env["hr.face.export.wizard"]
            .with_user(self.env["res.users"].search([("login", "=", "one")]))
            .create({"employee_id": self.mara.id, "purpose": "Asked for"})
        )
        path = wizard.action_export()["url"]
        self.authenticate("two", "two-two")
        self.assertEqual(self.url_open(path).status_code, 404)
        self.authenticate("one", "one-one")
        answer = self.url_open(path)
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        self.assertIn("data.json", unpack(answer.content))
        self.assertEqual(len(self.env["hr.face.access.log"].search([])), 1)
        self.authenticate(None, None)
        self.assertNotIn("zip", self.url_open(path).headers["Content-Type"])
