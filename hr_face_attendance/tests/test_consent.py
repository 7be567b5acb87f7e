from pathlib import Path

from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, tagged

from ..rules.errors import ServerError
from .common import FaceCase, unit_vector


@tagged("post_install", "-at_install")
class TestConsentAndTemplates(FaceCase, TransactionCase):
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
            {
                "employee_id": self.mara.id,
                "text": "Anything",
                "given_at": "2001-01-01",
                "state": "withdrawn",
            }
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
        self.env.cr.execute(
            "SELECT count(*) FROM hr_face_template WHERE employee_id = %s", [self.mara.id]
        )
        self.assertEqual(self.env.cr.fetchone()[0], 0)

    def test_at_rest_a_template_is_ciphertext(self):
        template = self._enrolled(self.mara)
        self.env.cr.execute(
            "SELECT ciphertext, wrapped_key FROM hr_face_template WHERE id = %s", [template.id]
        )
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
            ours = [
                field for name, field in self.env[model]._fields.items() if name.startswith("face_")
            ]
            self.assertFalse([field.name for field in ours if field.store or field.search])

    def test_no_field_holds_a_vector_or_a_secret(self):
        secret = {
            "ciphertext",
            "nonce",
            "wrapped_key",
            "key_nonce",
            "vector",
            "token_hash",
            "code_hash",
            "code_salt",
        }
        for model in ("hr.face.template", "hr.face.device"):
            self.assertFalse(secret & set(self.env[model]._fields))
