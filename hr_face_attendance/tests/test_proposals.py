from freezegun import freeze_time
from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, new_test_user, tagged

from .common import at
from .test_days import DayCase


class ProposalCase(DayCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        options = {"company_id": cls.company.id, "company_ids": cls.company.ids}
        cls.user = new_test_user(cls.env, "mara", "base.group_user", **options)
        cls.officer = new_test_user(
            cls.env, "officer", "hr_face_attendance.group_face_officer", **options
        )
        cls.mara.write({"user_id": cls.user.id, "attendance_manager_id": cls.officer.id})

    def proposal(self, employee=None):
        return self.env["hr.face.proposal"].search(
            [("employee_id", "=", (employee or self.mara).id)], order="id"
        )

    def asked(self, employee=None):
        """[(kind, state, range, suggestion)] in words."""
        return [
            (
                one.kind,
                one.state,
                f"{one.earliest:%d %H:%M}–{one.latest:%d %H:%M}",
                one.suggested and f"{one.suggested:%d %H:%M}",
            )
            for one in self.proposal(employee)
        ]

    def decide(self, proposal, user, decision, **values):
        wizard = (
            self.env["hr.face.proposal.decide"]
            .with_user(user)
            .create({"proposal_id": proposal.id, "decision": decision, **values})
        )
        getattr(wizard, f"action_{decision}")()
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestProposals(ProposalCase, TransactionCase):
    def test_a_forgotten_check_out_is_asked_about_and_not_invented(self):
        self.see(("06:57", 0, self.entrance), ("06:58", 1, self.entrance))
        self.assertEqual(self.asked(), [("missing_out", "open", "03 06:57–03 22:57", "03 16:00")])
        proposal = self.proposal()
        self.assertEqual(proposal.basis, "schedule")
        self.assertEqual(proposal.question, "Came at 07:57. When did they leave?")
        self.assertEqual(proposal.evidence_text, "Working schedule: 08:00 to 17:00")
        self.assertEqual(self.day(), "missing_punch")
        self.assertEqual(proposal.attendance_id.worked_hours, 0)

    def test_a_forgotten_check_in_is_asked_about(self):
        self.see(("16:02", 0, self.exit))
        (asked,) = self.asked()
        self.assertEqual((asked[0], asked[1]), ("missing_in", "open"))
        self.assertEqual(f"{self.proposal().latest:%H:%M}", "16:02")
        self.assertFalse(self.env["hr.attendance"].search([("employee_id", "=", self.mara.id)]))

    def test_what_other_gates_saw_is_evidence(self):
        self.see(("06:57", 0, self.entrance))
        refused = self.fake.event(self.gate, self.mara, at("14:10"), outcome="no_clearance")
        self.ingest(self.device, refused)
        self.see(("06:58", 1, self.entrance))
        self.assertIn("Refused at Side door, 15:10", self.proposal().evidence_text)

    def test_a_late_event_explains_it(self):
        self.see(("06:57", 0, self.entrance), ("06:58", 1, self.entrance))
        self.assertEqual(self.proposal().activity_ids.user_id, self.officer)
        self.see(("16:02", 0, self.exit))
        self.assertEqual(self.proposal().state, "superseded")
        self.assertFalse(self.proposal().activity_ids)
        self.assertEqual(self.day(), "present")

    def test_asked_once_however_often_it_is_derived(self):
        self.see(("06:57", 0, self.entrance), ("06:58", 1, self.entrance))
        for text in ("16:05", "17:00", "18:00"):
            self.see((text, 1, self.exit))
        self.see(("06:00", -7, self.entrance), ("16:00", -7, self.exit))
        proposals = self.proposal().filtered(
            lambda one: one.kind == "missing_out" and one.state == "open"
        )
        self.assertEqual(len(proposals), 1)
        self.assertEqual(len(proposals.activity_ids), 1)

    def test_a_person_who_edits_the_row_has_answered(self):
        self.see(("06:57", 0, self.entrance), ("06:58", 1, self.entrance))
        row = self.proposal().attendance_id
        row.check_out = "2025-03-03 16:00:00"
        self.assertEqual(self.proposal().state, "superseded")
        self.assertEqual(self.day(), "present")

    def test_an_event_within_a_decided_record_shows_the_hours_it_would_move(self):
        row = self.env["hr.attendance"].create(
            {
                "employee_id": self.mara.id,
                "check_in": "2025-03-03 07:00:00",
                "check_out": "2025-03-03 16:00:00",
            }
        )
        self.see(("15:00", 0, self.exit))
        proposal = self.proposal()
        self.assertEqual(
            (proposal.kind, proposal.attendance_id, proposal.hours), ("inside_fixed", row, -1)
        )

    def test_hr_dismisses_with_a_reason_and_it_stays_dismissed(self):
        self.see(("06:57", 0, self.entrance), ("06:58", 1, self.entrance))
        proposal = self.proposal()
        with self.assertRaises(AccessError):
            self.decide(proposal, self.user, "dismiss", reason="No")
        self.decide(proposal, self.officer, "dismiss", reason="Was sent home")
        self.assertEqual(
            (proposal.state, proposal.reason, proposal.decided_by_id),
            ("dismissed", "Was sent home", self.officer),
        )
        self.assertEqual(self.day(), "present")
        self.see(("06:30", 0, self.entrance), ("06:35", 0, self.gate))
        self.assertEqual(proposal.state, "dismissed")

    def test_who_sees_and_decides_what(self):
        for employee in (self.mara, self.idris):
            self.see(("06:57", 0, self.entrance), ("06:58", 1, self.entrance), employee=employee)
        Proposal = self.env["hr.face.proposal"]
        for user in (self.user, self.officer):
            self.assertEqual(Proposal.with_user(user).search([]).employee_id, self.mara)
        own, foreign = self.proposal(), self.proposal(self.idris)
        for user, may in ((self.user, (True, False)), (self.officer, (True, True))):
            seen = own.with_user(user)
            self.assertEqual((seen.may_confirm, seen.may_dismiss), may)
        for user in (self.user, self.officer):
            with self.assertRaises(AccessError):
                self.decide(foreign, user, "confirm", moment="2025-03-03 16:00:00")
        with self.assertRaises(AccessError):
            own.with_user(self.officer).write({"state": "confirmed"})
        with self.assertRaises(AccessError):
            Proposal.with_user(self.officer).create({"employee_id": self.mara.id})

    def test_a_time_outside_the_range_is_refused(self):
        self.see(("06:57", 0, self.entrance), ("06:58", 1, self.entrance))
        for moment in ("2025-03-03 06:56:59", "2025-03-03 22:57:01", False):
            with self.assertRaises(UserError):
                self.decide(self.proposal(), self.user, "confirm", moment=moment)
        self.assertEqual(self.proposal().state, "open")

    @freeze_time("2025-03-04 20:00:00")
    def test_the_smart_button_counts_what_is_open(self):
        self.see(("06:57", 0, self.entrance), ("06:58", 1, self.entrance))
        self.assertEqual(self.mara.face_proposal_count, 1)
        self.assertEqual(self.idris.face_proposal_count, 0)


@tagged("post_install", "-at_install")
class TestConfirming(ProposalCase, TransactionCase):
    def test_the_employee_says_when_they_left_and_the_hours_follow(self):
        self.see(("06:57", 0, self.entrance), ("06:58", 1, self.entrance))
        proposal = self.proposal()
        self.decide(proposal, self.user, "confirm", moment="2025-03-03 15:30:00")
        self.assertEqual(
            self.rows(self.mara), [("03 06:57", "03 15:30", False), ("04 06:58", None, False)]
        )
        self.assertEqual(
            (proposal.state, proposal.decided_by_id, f"{proposal.moment:%H:%M}"),
            ("confirmed", self.user, "15:30"),
        )
        self.assertEqual(proposal.activity_ids.user_id, self.officer)
        self.assertEqual(proposal.activity_ids.summary, "Check what somebody confirmed")
        event = self.env["hr.face.event"].search([("source", "=", "correction")])
        self.assertEqual((event.direction, event.attendance_id), ("out", proposal.attendance_id))
        self.assertEqual(self.day(), "present")

    def test_hr_says_when_they_came(self):
        self.see(("16:02", 0, self.exit))
        self.decide(self.proposal(), self.officer, "confirm", moment="2025-03-03 07:00:00")
        self.assertEqual(self.rows(self.mara), [("03 07:00", "03 16:02", False)])
        self.assertFalse(self.proposal().activity_ids)
        self.assertEqual(self.asked()[0][:2], ("missing_in", "confirmed"))

    def test_what_is_decided_is_not_decided_again(self):
        self.see(("06:57", 0, self.entrance), ("06:58", 1, self.entrance))
        proposal = self.proposal()
        self.decide(proposal, self.user, "confirm", moment="2025-03-03 15:30:00")
        with self.assertRaises(AccessError):
            self.decide(proposal, self.officer, "confirm", moment="2025-03-03 16:30:00")
        self.assertEqual(self.rows(self.mara)[0], ("03 06:57", "03 15:30", False))

    def test_a_confirmation_taken_back_opens_the_question_again(self):
        self.see(("06:57", 0, self.entrance), ("06:58", 1, self.entrance))
        self.decide(self.proposal(), self.user, "confirm", moment="2025-03-03 15:30:00")
        said = self.env["hr.face.event"].search([("source", "=", "correction")])
        said.with_user(self.officer).action_face_wrong()
        self.assertEqual(self.proposal().state, "open")
        self.assertEqual(self.rows(self.mara)[0], ("03 06:57", "03 06:57", True))

    def test_hr_applies_what_was_seen_within_a_decided_record(self):
        for gate, text, times in (
            ("exit", "15:00", ("07:00", "15:00")),
            ("entrance", "07:30", ("07:30", "16:00")),
        ):
            with self.subTest(gate), self.env.cr.savepoint() as point:
                row = self.env["hr.attendance"].create(
                    {
                        "employee_id": self.mara.id,
                        "check_in": "2025-03-03 07:00:00",
                        "check_out": "2025-03-03 16:00:00",
                    }
                )
                self.see((text, 0, getattr(self, gate)))
                proposal = self.proposal()
                with self.assertRaises(AccessError):
                    self.decide(proposal, self.user, "confirm")
                self.decide(proposal, self.officer, "confirm")
                self.assertEqual((f"{row.check_in:%H:%M}", f"{row.check_out:%H:%M}"), times)
                self.assertEqual(proposal.state, "confirmed")
                point.rollback()
                self.env.invalidate_all()

    def test_a_closed_day_is_applied_only_after_payroll_opens_it(self):
        self.company.face_payroll_lock_date = "2025-03-03"
        self.see(("06:57", 0, self.entrance))
        proposal = self.proposal()
        self.assertEqual((proposal.kind, self.rows(self.mara)), ("locked", []))
        with self.assertRaises(UserError):
            self.decide(proposal, self.officer, "confirm")
        self.assertEqual(proposal.state, "open")
        self.company.face_payroll_lock_date = "2025-03-02"
        self.decide(proposal, self.officer, "confirm")
        self.assertEqual(self.rows(self.mara), [("03 06:57", None, False)])
