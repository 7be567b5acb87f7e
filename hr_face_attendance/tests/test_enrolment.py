from pathlib import Path
from uuid import uuid4

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import ApiCase, unit_vector


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
        for by, value in (
            ("badge", "F001"),
            ("id", str(self.mara.id)),
            ("email", "mara_l@KESTREL.example"),
            ("external_id", "face_test.mara"),
        ):
            with self.subTest(by):
                (result,) = self.enrol(self.enrolment(value, by))
                self.assertEqual(
                    (result["status"], result["display_name"], result["templates"]),
                    ("accepted", "Mara Lindqvist", 1),
                )

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
            (
                "external id of something else",
                self.enrolment("base.user_admin", "external_id"),
                "unknown_employee",
                None,
            ),
            (
                "two of one e-mail",
                self.enrolment("shared@kestrel.example", "email"),
                "ambiguous_employee",
                None,
            ),
            ("another model", self.enrolment("F001", model="Facenet@v1"), "wrong_model", None),
            (
                "wrong dimension",
                self.enrolment("F001", vector=unit_vector(size=64)),
                "malformed",
                "templates.0.vector",
            ),
            (
                "not of length one",
                self.enrolment("F001", vector=b"\x00" * 512),
                "malformed",
                "templates.0.vector",
            ),
            (
                "not finite",
                self.enrolment("F001", vector=b"\x00\x00\xc0\x7f" * 128),
                "malformed",
                "templates.0.vector",
            ),
            ("nothing", {}, "malformed", "employee"),
            ("no object", 7, "malformed", None),
        ]
        results = self.enrol(*(case[1] for case in cases))
        for (name, _, reason, field), result in zip(cases, results, strict=True):
            with self.subTest(name):
                self.assertEqual(
                    (result["status"], result["reason"], result["field"]),
                    ("rejected", reason, field),
                )
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
        self.assertEqual(
            (first["status"], again["status"], again["templates"]), ("accepted", "duplicate", 1)
        )

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
