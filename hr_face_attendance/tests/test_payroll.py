from freezegun import freeze_time
from odoo import Command
from odoo.tests import Form, TransactionCase, tagged

from .test_days import DayCase

SEEN = (
    (0, "06:57", "16:02"),
    (1, "06:30", "18:15"),
    (2, "07:20", "12:00"),
    (3, "06:59", "16:00"),
)


@tagged("post_install", "-at_install")
class TestPayroll(DayCase, TransactionCase):
    """Native attendance, extra hours and reports treat rows by face as any others."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time("2025-03-10 08:00:00"))
        cls.ruleset = cls.env["hr.attendance.overtime.ruleset"].create(
            {
                "name": "Extra hours",
                "company_id": cls.company.id,
                "rule_ids": [
                    Command.create(
                        {
                            "name": "More than the day",
                            "base_off": "quantity",
                            "quantity_period": "day",
                            "expected_hours_from_contract": True,
                            "paid": True,
                            "amount_rate": 1.5,
                        }
                    )
                ],
            }
        )
        (cls.mara + cls.idris).version_id.write({"ruleset_id": cls.ruleset.id})

    def setUp(self):
        super().setUp()
        for day, came, left in SEEN:
            self.see((came, day, self.entrance), (left, day, self.exit))
            self.env["hr.attendance"].create(
                {
                    "employee_id": self.idris.id,
                    "check_in": f"2025-03-0{3 + day} {came}:00",
                    "check_out": f"2025-03-0{3 + day} {left}:00",
                }
            )
        self.face, self.hand = (
            self.env["hr.attendance"].search([("employee_id", "=", one.id)], order="check_in")
            for one in (self.mara, self.idris)
        )

    def test_hours_and_extra_hours_are_as_for_rows_by_hand(self):
        self.assertTrue(self.face.linked_overtime_ids, "the example has extra hours")
        for name in ("date", "worked_hours", "expected_hours", "overtime_hours", "overtime_status"):
            self.assertEqual(self.face.mapped(name), self.hand.mapped(name), name)
        lines = "duration", "manual_duration", "status", "amount_rate", "date"
        for name in lines:
            self.assertEqual(
                self.face.linked_overtime_ids.sorted("date").mapped(name),
                self.hand.linked_overtime_ids.sorted("date").mapped(name),
                name,
            )

    def test_the_mode_says_face(self):
        self.assertEqual(set(self.face.mapped("in_mode") + self.face.mapped("out_mode")), {"face"})
        modes = dict(self.env["hr.attendance"]._fields["in_mode"]._description_selection(self.env))
        self.assertEqual(modes["face"], "Face")

    def test_the_native_pivot_sums_what_the_rows_say(self):
        sums = self.env["hr.attendance"].formatted_read_group(
            [("employee_id", "in", (self.mara + self.idris).ids)],
            ["employee_id", "check_in:day"],
            ["worked_hours:sum", "overtime_hours:sum", "expected_hours:sum"],
        )
        for name in ("worked_hours", "overtime_hours", "expected_hours"):
            per_person = [
                sorted(
                    round(line[f"{name}:sum"], 6)
                    for line in sums
                    if line["employee_id"][0] == employee.id
                )
                for employee in (self.mara, self.idris)
            ]
            self.assertEqual(per_person[0], per_person[1])
            self.assertEqual(per_person[0], sorted(round(row[name], 6) for row in self.face))

    def test_every_native_view_opens_and_an_export_says_face(self):
        modes = ["list", "form", "kanban", "pivot", "graph", "search"]
        views = self.env["hr.attendance"].get_views([(False, mode) for mode in modes])["views"]
        self.assertEqual(set(views), set(modes))
        exported = self.face.export_data(["employee_id/name", "worked_hours", "in_mode"])["datas"]
        self.assertEqual({line[2] for line in exported}, {"Face"})
        with Form(self.face[0]) as form:
            self.assertEqual(form.in_mode, "face")

    def test_approval_works_as_before(self):
        self.company.attendance_overtime_validation = "by_manager"
        overtime = self.face.linked_overtime_ids[:1]
        overtime.action_refuse()
        self.assertEqual(overtime.status, "refused")
        overtime.action_approve()
        self.assertEqual(overtime.status, "approved")
