"""Last month's sheet by e-mail: once, to each by their rights, also after a pause."""

import base64
from datetime import date, datetime

from freezegun import freeze_time
from odoo.exceptions import ValidationError
from odoo.tests import BaseCase, TransactionCase, tagged

from ..rules.sheet import first_unsent, month_before, months_due
from .test_sheet_book import opened
from .test_sheets import EVENING, SheetCase

JAN, FEB, MAR = (date(2025, month, 1) for month in (1, 2, 3))


@tagged("face_rules")
class TestMonthsDue(BaseCase):
    def test_when_which_months_are_due(self):
        for name, unsent, now, day, expected in (
            ("the day has not come", FEB, "2025-02-28 23:59", 1, []),
            ("too early on the day", FEB, "2025-03-01 08:59", 1, []),
            ("on the day", FEB, "2025-03-01 09:00", 1, [FEB]),
            ("the server was off on the day", FEB, "2025-03-17 03:00", 1, [FEB]),
            ("it was off for months", JAN, "2025-03-20 10:00", 15, [JAN, FEB]),
            ("sent already", MAR, "2025-03-20 10:00", 1, []),
            (
                "over the end of the year",
                date(2024, 12, 1),
                "2025-01-05 09:00",
                5,
                [date(2024, 12, 1)],
            ),
        ):
            with self.subTest(name):
                self.assertEqual(months_due(unsent, datetime.fromisoformat(now), day), expected)

    def test_no_more_than_a_year_is_sent_after_a_pause(self):
        due = months_due(date(2020, 1, 1), datetime.fromisoformat("2025-03-02 10:00"), 1)
        self.assertEqual((len(due), due[-1]), (12, FEB))

    def test_who_begins_today_gets_no_months_of_before(self):
        for now, day, expected in (
            ("2025-03-10 08:00", 1, MAR),
            ("2025-03-10 08:00", 10, FEB),
            ("2025-03-10 08:00", 28, FEB),
        ):
            with self.subTest(now, day=day):
                self.assertEqual(first_unsent(datetime.fromisoformat(now), day), expected)

    def test_a_month_is_whole(self):
        self.assertEqual(month_before(date(2024, 3, 31)), (date(2024, 2, 1), date(2024, 2, 29)))


@tagged("post_install", "-at_install")
class TestMonthly(SheetCase, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for user in (cls.officer, cls.manager):
            user.email = f"{user.login}@kestrel.example"
        cls.company.write(
            {
                "face_sheet_user_ids": [(6, 0, (cls.officer + cls.manager).ids)],
                "face_sheet_day": 2,
                "face_sheet_unsent": MAR,
            }
        )

    def run_at(self, now):
        """Both crons at this moment (UTC)."""
        with freeze_time(now):
            self.run_cron("_cron_monthly")
            self.run_cron()

    def mails(self):
        return self.env["mail.mail"].sudo().search([("model", "=", "hr.face.sheet")], order="id")

    def book(self, mail):
        [file] = mail.attachment_ids
        return opened(base64.b64decode(file.datas))

    def test_each_recipient_gets_last_month_by_their_rights(self):
        self.week()
        self.run_at("2025-04-02 06:59:00")
        self.assertFalse(self.mails(), "it is nine in the morning in Brussels a minute later")
        self.run_at("2025-04-02 07:00:00")
        mails = {mail.recipient_ids: mail for mail in self.mails()}
        self.assertEqual(len(mails), 2)
        for user, people in (
            (self.officer, {"Mara Lindqvist"}),
            (self.manager, {"Mara Lindqvist", "Idris Vale", "Noor Castellan"}),
        ):
            with self.subTest(user.login):
                mail = mails[user.partner_id]
                book = self.book(mail)
                page = book["People"]
                names = {page.cell(row, 1).value for row in range(5, 5 + len(people))}
                self.assertEqual(names, people)
                dates = [cell.value for cell in book.worksheets[-1][4]][2:33]
                self.assertEqual([dates[0].date(), dates[-1].date()], [MAR, date(2025, 3, 31)])
                self.assertIn(self.company.name, mail.subject)

    def test_it_is_sent_once_however_often_the_cron_runs(self):
        for now in ("2025-04-02 08:00:00", "2025-04-02 08:00:01", "2025-04-30 23:00:00"):
            self.run_at(now)
        self.assertEqual(len(self.mails()), 2)
        self.assertEqual(self.company.face_sheet_unsent, date(2025, 4, 1))

    def test_what_was_missed_while_odoo_was_off_comes_later(self):
        self.run_at("2025-05-10 08:00:00")
        first = [str(sheet.date_from) for sheet in self.env["hr.face.sheet"].sudo().search([])]
        self.assertEqual(sorted(first), ["2025-03-01", "2025-03-01", "2025-04-01", "2025-04-01"])
        self.assertEqual(len(self.mails()), 4)

    def test_another_day_of_the_month_sends_nothing_twice(self):
        self.run_at("2025-04-02 08:00:00")
        self.company.face_sheet_day = 20
        self.run_at("2025-04-20 08:00:00")
        self.assertEqual(len(self.mails()), 2)

    def test_without_recipients_months_pass(self):
        self.company.face_sheet_user_ids = False
        self.run_at("2025-04-02 08:00:00")
        self.company.face_sheet_user_ids = self.officer
        self.run_at("2025-04-20 08:00:00")
        self.assertFalse(self.mails())
        self.run_at("2025-05-02 08:00:00")
        self.assertEqual(len(self.mails()), 1)

    def test_the_language_is_the_company_s_choice_or_the_receiver_s(self):
        for lang in ("fr_FR", "ar_001"):
            self.env["res.lang"]._activate_lang(lang)
        self.officer.lang = "fr_FR"
        self.company.face_sheet_user_ids = self.officer
        self.run_at("2025-04-02 08:00:00")
        self.company.face_sheet_lang = "ar_001"
        self.run_at("2025-05-02 08:00:00")
        french, arabic = map(self.book, self.mails())
        self.assertFalse(french.worksheets[0].sheet_view.rightToLeft)
        self.assertIn("mars 2025", french.worksheets[0]["A2"].value)
        self.assertTrue(arabic.worksheets[0].sheet_view.rightToLeft)

    def test_a_mail_s_file_is_not_kept_beside_it_and_the_sheet_offers_none(self):
        self.company.face_sheet_user_ids = self.officer
        self.run_at("2025-04-02 08:00:00")
        sheet = self.env["hr.face.sheet"].sudo().search([])
        self.assertEqual((sheet.state, sheet.content), ("done", False))
        [file] = self.mails().attachment_ids
        self.assertEqual(file.res_model, "mail.message")

    def test_recipients_are_users_of_the_company(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = self._user("monthly_stranger", "base.group_user", other)
        with self.assertRaises(ValidationError):
            self.company.face_sheet_user_ids += stranger

    @freeze_time(EVENING)
    def test_a_recipient_without_rights_gets_nothing_and_the_others_theirs(self):
        self.officer.group_ids = [(6, 0, self.env.ref("base.group_user").ids)]
        self.run_at("2025-04-02 08:00:00")
        [mail] = self.mails()
        self.assertEqual(mail.recipient_ids, self.manager.partner_id)
