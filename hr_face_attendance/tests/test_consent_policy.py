from datetime import date, timedelta

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import BaseCase, TransactionCase, tagged
from odoo.tools import mute_logger
from psycopg2.errors import UniqueViolation

from ..rules import retention
from .common import FaceCase

TODAY = date(2026, 3, 2)
DAY = timedelta(days=1)


@tagged("face_rules")
class TestAgreement(BaseCase):
    def test_which_versions_count(self):
        for version, oldest, deadline, counts in (
            (1, 1, None, True),
            (1, 2, None, True),
            (2, 2, None, True),
            (1, 2, TODAY, True),
            (1, 2, TODAY - DAY, False),
            (2, 2, TODAY - DAY, True),
            (3, 2, TODAY - DAY, True),
        ):
            with self.subTest(version=version, oldest=oldest, deadline=deadline):
                self.assertEqual(
                    retention.agreement_counts(version, oldest, deadline, TODAY), counts
                )


@tagged("post_install", "-at_install")
class TestConsentPolicy(FaceCase, TransactionCase):
    def setUp(self):
        super().setUp()
        self.template = self._enrolled(self.mara)
        self.consent = self.template.consent_id

    def new_text(self, text="A new text."):
        self.company.face_consent_text = text

    def require_present_text(self, days):
        deadline = fields.Date.context_today(self.company) + timedelta(days=days)
        self.company.write({"face_consent_oldest": 2, "face_consent_deadline": deadline})

    def expire(self):
        """The deadline passes; nobody can set one in the past."""
        yesterday = fields.Date.context_today(self.company) - DAY
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_company SET face_consent_deadline = %s WHERE id = %s",
            [yesterday, self.company.id],
        )
        self.env.invalidate_all()

    def test_a_new_text_lists_who_agreed_to_an_earlier_one(self):
        Consent = self.env["hr.face.consent"]
        domain = [("company_id", "=", self.company.id), ("is_earlier", "=", True)]
        self.assertFalse(Consent.search(domain))
        self.new_text()
        self._consent(self.idris)
        self.assertEqual(Consent.search(domain), self.consent)
        self.assertEqual((self.consent.is_earlier, self.mara.face_consent_earlier), (True, True))
        others = Consent.search([domain[0], ("is_earlier", "=", False)])
        self.assertEqual(others.employee_id, self.idris)

    def test_earlier_versions_remain_valid_unless_the_company_says_otherwise(self):
        self.new_text()
        self.assertEqual(self.mara.face_status, "enrolled")
        self._enrolled(self.mara, consent=self.consent)

    def test_a_translation_is_a_new_version(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.company.update_field_translations("face_consent_text", {"fr_FR": "Un texte."})
        self.assertEqual(self.company.face_consent_version, 2)
        self.company.update_field_translations("face_consent_text", {"fr_FR": "Un texte."})
        self.assertEqual(self.company.face_consent_version, 2)
        consent = self.env["hr.face.consent"].create(
            {"employee_id": self.idris.id, "lang": "fr_FR", "method": "link"}
        )
        self.assertEqual((consent.text, consent.text_version), ("Un texte.", 2))

    def test_agreeing_again_keeps_the_templates(self):
        self.new_text()
        renewed = self._consent(self.mara)
        self.assertEqual((self.consent.state, self.consent.end_reason), ("ended", "renewed"))
        self.assertEqual(self.template.consent_id, renewed)
        self.assertFalse(self.env["hr.face.erasure"].search([]))
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"), self.cr.savepoint():
            self._consent(self.mara)

    def test_until_the_deadline_an_earlier_agreement_counts(self):
        self.new_text()
        self.require_present_text(days=0)
        self.assertEqual(self.mara.face_status, "enrolled")
        self.expire()
        self.assertEqual(self.mara.face_status, "no_consent")
        with self.assertRaises(UserError):
            self._enrolled(self.mara, consent=self.consent)

    def test_the_settings_set_both_at_once(self):
        self.new_text()
        today = fields.Date.context_today(self.company)
        settings = self.env["res.config.settings"].create(
            {"face_consent_oldest": 2, "face_consent_deadline": today}
        )
        self.assertEqual(settings.face_consent_earlier_count, 1)
        settings.execute()
        self.assertEqual(
            (self.company.face_consent_oldest, self.company.face_consent_deadline), (2, today)
        )

    def test_a_policy_that_would_surprise_is_refused(self):
        self.new_text()
        today = fields.Date.context_today(self.company)
        for vals in (
            {"face_consent_oldest": 3, "face_consent_deadline": today},
            {"face_consent_oldest": 0},
            {"face_consent_oldest": 2, "face_consent_deadline": today - DAY},
        ):
            with self.subTest(vals), self.assertRaises(ValidationError), self.cr.savepoint():
                self.company.write(vals)
        self.assertEqual(self.mara.face_status, "enrolled")

    def test_no_template_without_a_consent_in_force(self):
        withdrawn = self._consent(self.idris)
        withdrawn.action_withdraw()
        for name, employee, consent in (
            ("withdrawn", self.idris, withdrawn),
            ("somebody else's", self.noor, self.consent),
        ):
            with self.subTest(name), self.assertRaises(UserError), self.cr.savepoint():
                self._enrolled(employee, consent=consent)
