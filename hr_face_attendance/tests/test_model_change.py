"""Another face model: everybody's templates anew from kept pictures, and one switch."""

from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, new_test_user, tagged

from . import fake_service
from .common import unit_vector
from .fake_service import photo
from .test_import import IDRIS, MARA, ImportCase

NEXT = "Facenet512@mtcnn"


@tagged("post_install", "-at_install")
class TestChangeOfModel(ImportCase, TransactionCase):
    def setUp(self):
        self.company.face_image_days = 30  # before the consents: the text says so
        super().setUp()
        self.old = self.company.face_model
        with patch.object(
            fake_service, "b64", lambda raw, b64=fake_service.b64: b64(self.crop(raw))
        ):
            self.run_job({"F001.jpg": photo(MARA), "F002.jpg": photo(IDRIS)})
        self.second = self.env["hr.face.device"].create(
            {"name": "Next", "company_id": self.company.id, "service_url": "https://next.example"}
        )
        self._pair(self.second)

    def crop(self, raw):
        """The fake's crop is a "photo" of Mara, so that it can be examined again."""
        return photo(MARA) if raw == b"\xff\xd8\xff crop" else raw

    def begin(self):
        """The service of the present model goes on being one; the other prepares."""
        self.device.service_url = "https://now.example"
        self.second.write({"service_url": self.service.url, "face_model_next": NEXT})
        action = self.env["hr.face.import"].with_company(self.company).action_new_model()
        return self.env["hr.face.import"].browse(action["res_id"])

    def test_templates_are_made_anew_and_switched_in_one_step(self):
        self._enrolled(self.noor, unit_vector(9))
        images = self.env["hr.face.image"].sudo().search([])
        kept_at = {one.uuid: one.kept_at for one in images}
        job = self.begin()
        with patch.object(fake_service, "MODEL", NEXT):
            with patch.object(type(job), "_stage_finish", lambda one: 0.0):
                self.go_on()
            self.assertEqual(self.company.face_model, self.old, "in use until all are made")
            self.assertEqual(set(self.templates(self.mara).mapped("model")), {self.old})
            self.go_on()
        self.assertEqual((job.state, self.company.face_model), ("done", NEXT))
        told = {one.employee_id: one.reason or one.state for one in job.photo_ids}
        self.assertEqual(
            told, {self.mara: "enrolled", self.idris: "enrolled", self.noor: "no_image"}
        )
        everybody = self.mara | self.idris | self.noor
        left = self.env["hr.face.template"].search([("employee_id", "in", everybody.ids)])
        self.assertEqual((set(left.mapped("model")), len(left)), ({NEXT}, 2))
        images.invalidate_recordset()
        self.assertEqual(images.template_id, left)
        self.assertEqual({one.uuid: one.kept_at for one in images}, kept_at, "kept no longer")
        self.assertFalse(self.second.face_model_next)
        self.assertEqual(self.leftovers(), (0, 0))

    def test_a_service_that_prepares_serves_no_gate_and_holds_nobody(self):
        gallery = self.env["hr.face.gallery.change"].sudo()
        gates = self.second._api_config()["gates"]
        self.second.gate_ids = self.gate
        before = gallery._scope(self.second)
        self.second.face_model_next = NEXT
        config = self.second._api_config()
        self.assertEqual((config["model"], config["gates"]), (NEXT, []))
        page = gallery._gallery_page(self.second.sudo(), None)
        self.assertEqual(page["model"], NEXT)
        self.assertNotEqual(gallery._scope(self.second), before, "its cursor begins again")
        self.assertNotIn(self.second, self.second._services(self.company))
        self.second.face_model_next = False
        self.assertEqual(self.second._api_config()["model"], self.old)
        self.assertEqual(len(self.second._api_config()["gates"]), len(gates) + 1)

    def test_without_a_service_that_prepares_it_is_said_in_words(self):
        with self.assertRaisesRegex(UserError, "No recognition service prepares"):
            self.env["hr.face.import"].with_company(self.company).action_new_model()

    def test_a_service_of_the_wrong_model_changes_nothing(self):
        job = self.begin()
        self.go_on()  # the fake still makes templates of the present model
        self.assertEqual({one.reason for one in job.photo_ids}, {"other_model"})
        self.assertEqual((job.state, self.company.face_model), ("done", self.old))
        self.assertTrue(self.templates(self.mara))

    def test_only_an_administrator_changes_it(self):
        officer = new_test_user(self.env, "model_officer", "hr_face_attendance.group_face_officer")
        with self.assertRaises(AccessError):
            self.env["hr.face.import"].with_user(officer).action_new_model()
