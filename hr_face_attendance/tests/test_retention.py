import io
from datetime import date, timedelta

from odoo import Command, fields
from odoo.tests import BaseCase, TransactionCase, tagged

from ..models import hr_face_consent_retention
from ..rules.retention import erase_on
from .common import FaceCase, b64, unit_vector

SECRETS = (
    "SELECT ciphertext, nonce, wrapped_key, key_nonce FROM hr_face_template WHERE id = ANY(%s)"
)
MARCH = date(2026, 3, 1)


@tagged("face_rules")
class TestEraseOn(BaseCase):
    def test_from_departure_or_else_from_archiving(self):
        for departed, archived, days, expected in (
            (None, None, 14, None),
            (MARCH, None, 14, None),
            (None, MARCH, 0, date(2026, 3, 1)),
            (None, MARCH, 14, date(2026, 3, 15)),
            (date(2026, 2, 1), MARCH, 14, date(2026, 2, 15)),
            (date(2026, 5, 1), MARCH, 14, date(2026, 5, 15)),
        ):
            with self.subTest(departed=departed, archived=archived, days=days):
                self.assertEqual(erase_on(departed, archived, days), expected)


class DumpCase(FaceCase):
    def dump(self):
        """What pg_dump would write of every table: COPY is how it reads them."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT quote_ident(table_name) FROM information_schema.tables"
            " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        )
        out = io.BytesIO()
        for (table,) in self.env.cr.fetchall():
            self.env.cr._obj.copy_expert(f"COPY {table} TO STDOUT", out)
        return out.getvalue()

    def traces(self, templates):
        """Every form in which these templates could be found in a dump."""
        self.env.flush_all()
        self.env.cr.execute(SECRETS, [templates.ids])
        sealed = [bytes(part) for row in self.env.cr.fetchall() for part in row]
        vectors = list(templates._vectors().values())
        found = [one.hex().encode() for one in sealed + vectors]
        return (
            found
            + [b64(one).encode() for one in sealed + vectors]
            + [uuid.encode() for uuid in templates.mapped("uuid")]
        )


@tagged("post_install", "-at_install")
class TestErasedMeansAbsent(DumpCase, TransactionCase):
    def test_a_withdrawn_template_is_in_no_dump(self):
        template = self._enrolled(self.mara, unit_vector(5))
        kept = self._enrolled(self.idris, unit_vector(6))
        device = self._pair(self.device)
        traces, others = self.traces(template), self.traces(kept)
        before = self.dump()
        at_rest = [trace for trace in traces if trace in before]
        self.assertEqual(len(at_rest), 5, "four sealed parts and the UUID; never the vector")
        self.mara.action_face_withdraw_consent()
        page = self.env["hr.face.gallery.change"].sudo()._gallery_page(self.device, "")
        (asked,) = device.open(page)["erasures"]
        before = self.dump()
        self.assertEqual(
            [trace for trace in traces if trace in before],
            traces[-1:],
            "until the device acknowledges, the ledger names the template",
        )
        self.device._api_erasures([asked["uuid"]])
        after = self.dump()
        self.assertFalse([trace for trace in traces if trace in after])
        self.assertEqual(sum(trace in after for trace in others), 5)


@tagged("post_install", "-at_install")
class TestRetention(FaceCase, TransactionCase):
    def setUp(self):
        super().setUp()
        self.template = self._enrolled(self.mara)
        self.consent = self.template.consent_id
        self.kept = self._enrolled(self.idris)
        self._pair(self.device)
        self.today = fields.Date.context_today(self.company)

    def run_cron(self):
        with self.enter_registry_test_mode():
            self.env.ref("hr_face_attendance.cron_face_retention").method_direct_trigger()
        self.env.invalidate_all()

    def archived_days_ago(self, days):
        self.mara.active = False
        moment = fields.Datetime.now() - timedelta(days=days)
        self.consent._note_archived(moment)

    def left(self):
        return self.env["hr.face.template"].sudo().search([]).employee_id

    def test_templates_go_when_the_time_after_departure_is_over(self):
        self.archived_days_ago(13)
        self.run_cron()
        self.assertEqual(self.left(), self.mara | self.idris)
        self.archived_days_ago(14)
        self.run_cron()
        self.assertEqual(self.left(), self.idris)
        self.assertEqual((self.consent.state, self.consent.end_reason), ("ended", "departed"))
        self.assertIn("departure", self.mara.message_ids[0].body)
        self.assertEqual(self.env["hr.face.erasure"].search([]).mapped("reason"), ["departed"])
        self.run_cron()
        self.assertEqual(self.left(), self.idris)

    def test_a_departure_date_counts_from_itself(self):
        self.mara.active = False
        for days, left in ((13, self.mara | self.idris), (14, self.idris)):
            self.mara.departure_date = self.today - timedelta(days=days)
            self.run_cron()
            with self.subTest(days):
                self.assertEqual(self.left(), left)

    def test_who_comes_back_in_time_is_enrolled_still(self):
        self.archived_days_ago(13)
        self.mara.action_unarchive()
        self.assertFalse(self.consent.archived_at)
        self.mara.active = False
        self.run_cron()
        self.assertEqual(self.left(), self.mara | self.idris)
        self.assertEqual(self.consent.archived_at.date(), fields.Datetime.now().date())

    def test_an_agreement_that_ran_out_takes_the_templates_with_it(self):
        self.company.face_consent_text = "Another."
        self.company.write({"face_consent_oldest": 2, "face_consent_deadline": self.today})
        self.run_cron()
        self.assertEqual(self.left(), self.mara | self.idris)
        self._consent(self.idris)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_company SET face_consent_deadline = %s WHERE id = %s",
            [self.today - timedelta(days=1), self.company.id],
        )
        self.env.invalidate_all()
        self.run_cron()
        self.assertEqual(self.left(), self.idris)
        self.assertEqual(self.consent.end_reason, "outdated")

    def test_many_are_erased_in_batches(self):
        people = self.env["hr.employee"].create(
            [{"name": f"P{n}", "company_id": self.company.id} for n in range(7)]
        )
        for person in people:
            self._enrolled(person)
        self.patch(type(self.env["hr.face.consent"]), "_erase_on", lambda _self: self.today)
        people.active = False
        steps = []
        progress = type(self.env["ir.cron"])
        self.patch(
            progress,
            "_commit_progress",
            lambda _self, done=0, **kwargs: steps.append(kwargs.get("remaining", done)) or 1,
        )
        self.patch(hr_face_consent_retention, "BATCH", 3)
        self.env["hr.face.consent"]._cron_retention()
        self.assertEqual(steps, [7, 3, 3, 1])
        self.assertEqual(self.left(), self.mara | self.idris)

    def test_consent_does_not_move_to_another_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.mara.write({"company_id": other.id})
        self.assertEqual(self.left(), self.idris)
        self.assertEqual((self.consent.state, self.consent.end_reason), ("ended", "moved"))
        row = self.env["hr.face.erasure"].search([])
        self.assertEqual((row.reason, row.device_id), ("moved", self.device))
        self.mara.write({"company_id": self.company.id})
        self.assertEqual(self.mara.face_status, "no_consent", "coming back needs a new consent")


@tagged("post_install", "-at_install")
class TestEmptyDevices(FaceCase, TransactionCase):
    def test_a_company_without_devices_erases_all_the_same(self):
        self.device.gate_ids = [Command.clear()]
        self._enrolled(self.mara)
        self.mara.action_face_withdraw_consent()
        self.assertFalse(self.env["hr.face.template"].sudo().search([]))
        self.assertFalse(self.mara.face_erasure_text)
