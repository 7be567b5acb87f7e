import re
from pathlib import Path

import polib
from odoo.tests import HttpCase, TransactionCase, tagged
from odoo.tools.translate import TranslationModuleReader

ADDON = "hr_face_attendance"
FOLDER = Path(__file__).parents[1] / "i18n"
LANGUAGES = ("ar", "es", "fr", "hi", "vi")
PLACEHOLDERS = re.compile(r"%(?:\([a-z_]+\))?[sd]|\{\{.*?\}\}|</?[a-z][^>]*>")
EVERYBODY_S = re.compile(
    r"""
    static/src/(kiosk|camera|enrol_page)/
    |static/src/enrol/(collector|tiles|words)\.
    |controllers/(me|me_notices|enrolment|kiosk|kiosk_face)\.py
    |models/(hr_face_event_reason|hr_face_event_kiosk|hr_face_notice|hr_face_notice_choice
      |hr_face_person_acts|hr_face_proposal_words|hr_face_enrolment_link|hr_face_day|res_company
      |res_company_privacy)\.py
    |arch_db:hr_face_attendance\.(me_|enrol_page)
    |mail\.template,(body_html|subject):hr_face_attendance\.mail_template_face_link
    |selection__hr_face_(day__status|event__(direction|outcome|source)|consent__(state|method)
      |access_log__kind)__
    |field_description:hr_face_attendance\.field_hr_face_notice_choice__(?!create|write|id|display
      |employee|company|quiet)
    |selection__(res_company__attendance_kiosk_mode|hr_attendance__in_mode)__
    """,
    re.VERBOSE,
)
"""Where the words stand that people meet who are no users of Odoo: at the kiosk, on the page of an
enrolment link, on their own page, in what they are notified of. The rest may stay English."""


@tagged("post_install", "-at_install")
class TestTranslations(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.template = polib.pofile(str(FOLDER / f"{ADDON}.pot"))
        cls.languages = {one: polib.pofile(str(FOLDER / f"{one}.po")) for one in LANGUAGES}

    def test_the_template_has_the_terms_of_the_addon(self):
        """`make i18n` extracts them again."""
        reader = TranslationModuleReader(self.env.cr, modules=[ADDON])
        terms = {row[4] for row in reader}
        kept = {entry.msgid for entry in self.template}
        self.assertEqual(sorted(terms - kept), [], "missing; run `make i18n`")
        self.assertEqual(sorted(kept - terms), [], "gone; run `make i18n`")

    def test_what_everybody_meets_is_translated(self):
        terms = [
            entry.msgid
            for entry in self.template
            if any(EVERYBODY_S.search(place) for place, _ in entry.occurrences)
        ]
        self.assertGreater(len(terms), 250)
        for language, entries in self.languages.items():
            with self.subTest(language):
                done = {entry.msgid for entry in entries if entry.msgstr.strip()}
                self.assertEqual([term for term in terms if term not in done], [])

    def test_placeholders_and_tags_are_kept(self):
        for language, entries in self.languages.items():
            for entry in entries:
                with self.subTest(language, term=entry.msgid[:60]):
                    self.assertEqual(
                        sorted(PLACEHOLDERS.findall(entry.msgstr)),
                        sorted(PLACEHOLDERS.findall(entry.msgid)),
                    )
                    self.assertFalse(entry.fuzzy)

    def test_nothing_is_left_in_english_by_mistake(self):
        """Words that are the same in two languages exist; sentences do not."""
        for language, entries in self.languages.items():
            for entry in entries:
                if len(entry.msgid.split()) > 3 and entry.msgid.isascii():
                    with self.subTest(language, term=entry.msgid[:60]):
                        self.assertNotEqual(entry.msgstr, entry.msgid)

    def test_they_load(self):
        """Also a reason that Python says: its language is that of whoever reads it."""
        self.env["res.lang"]._activate_lang("vi_VN")
        self.env["ir.module.module"].search([("name", "=", ADDON)])._update_translations(["vi_VN"])
        event = self.env["hr.face.event"].with_context(lang="vi_VN").new({"outcome": "no_face"})
        self.assertEqual(event._outcome_text(), "Không tìm thấy khuôn mặt")
        outcomes = dict(event._fields["outcome"]._description_selection(event.env))
        self.assertEqual(outcomes["no_candidate"], "Người lạ")


@tagged("post_install", "-at_install")
class TestTranslationsOfPages(HttpCase):
    def test_a_page_without_a_session_gets_the_words_of_kiosk_and_camera(self):
        """As the kiosk asks for them: Odoo gives such pages the words of named modules only."""
        self.env["res.lang"]._activate_lang("ar_001")
        answer = self.url_open("/website/translations?lang=ar_001").json()
        words = {one["id"]: one["string"] for one in answer["modules"][ADDON]["messages"]}
        self.assertEqual(words["Look at the camera"], "انظر إلى الكاميرا")
        self.assertIn("Badge or PIN instead", words)
        self.assertIn("hr_attendance", answer["modules"])
