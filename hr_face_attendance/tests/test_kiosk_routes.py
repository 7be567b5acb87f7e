from datetime import timedelta

from odoo.tests import HttpCase, TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..rules.kiosk import TRIES_PER_KIOSK, TRIES_PER_PERSON, WINDOW
from ..rules.pairing import ATTEMPT_WINDOW
from ..rules.throttle import LIMITS
from .common import FaceCase

QUIET = mute_logger("odoo.http")


@tagged("post_install", "-at_install", "face_kiosk")
class TestKioskRoutes(FaceCase, HttpCase):
    """What somebody can do who knows the address of a kiosk, and nothing else."""

    def setUp(self):
        super().setUp()
        self.company.attendance_kiosk_use_pin = True
        self.token = self.company.attendance_kiosk_key
        self.mara.pin = "4711"

    def ask(self, path, **parameters):
        """The answer, or None if it was refused."""
        parameters = {"token": self.token} | parameters
        body = {"jsonrpc": "2.0", "method": "call", "params": parameters}
        with QUIET:
            answer = self.url_open(f"/hr_attendance/{path}", json=body).json()
        self.refusal = answer.get("error", {}).get("data", {}).get("message")
        return answer.get("result")

    def names(self, domain, limit=20, offset=0):
        found = self.ask("employees_infos", domain=domain, limit=limit, offset=offset)
        return found and sorted(record["display_name"] for record in found["records"])

    def test_the_page_lists_by_name_department_and_page(self):
        self.idris.department_id = self.env["hr.department"].create(
            {"name": "Optics", "company_id": self.company.id}
        )
        everybody = ["Idris Vale", "Mara Lindqvist", "Noor Castellan"]
        department = ["department_id", "=", self.idris.department_id.id]
        cases = [
            ("all", [], everybody),
            ("by name", [["name", "ilike", "lindq"]], ["Mara Lindqvist"]),
            ("by department", [department], ["Idris Vale"]),
            ("both", ["&", department, ["name", "ilike", "va"]], ["Idris Vale"]),
            ("both, nobody", ["&", department, ["name", "ilike", "mara"]], []),
        ]
        for name, domain, expected in cases:
            with self.subTest(name):
                self.assertEqual(self.names(domain), expected)
        self.assertEqual(self.names([], limit=1, offset=1), ["Mara Lindqvist"])

    def test_nothing_else_can_be_probed(self):
        cases = [
            ("pin", [["pin", "=like", "4%"]]),
            ("badge", [["barcode", "=like", "F%"]]),
            ("wage", [["wage", ">", 1000]]),
            ("a way to another model", [["user_id.login", "ilike", "a"]]),
            ("another operator on the name", [["name", "=like", "M%"]]),
            ("or", ["|", ["name", "ilike", "a"], ["name", "ilike", "b"]]),
            ("not", ["!", ["name", "ilike", "a"]]),
            ("twice", [["name", "ilike", "a"], ["name", "ilike", "b"]]),
            ("a subquery as value", [["department_id", "=", [["id", "=", 1]]]]),
            ("a boolean department", [["department_id", "=", True]]),
            ("always true", [[1, "=", 1]]),
            ("a string", "[]"),
            ("nothing", None),
        ]
        for name, domain in cases:
            with self.subTest(name):
                self.assertIsNone(self.names(domain))
                self.assertTrue(self.refusal)
        self.assertIsNone(self.names([], limit="all"))

    def test_no_key_is_nobodys_key(self):
        self.company.attendance_kiosk_key = False
        for token in (False, None, "", 0, [], "x"):
            with self.subTest(token=token):
                self.assertFalse(
                    self.ask("employees_infos", token=token, domain=[], limit=1, offset=0)
                )
                self.assertFalse(
                    self.ask("attendance_barcode_scanned", token=token, barcode="F001")
                )

    def test_a_pin_is_a_text_and_tries_are_counted(self):
        self.idris.pin = False
        for pin in (False, None, "", 0, ["4711"]):
            with self.subTest(pin=pin):
                self.assertFalse(
                    self.ask("manual_selection", employee_id=self.idris.id, pin_code=pin)
                )
        answer = self.ask("manual_selection", employee_id=self.mara.id, pin_code="4711")
        self.assertEqual(answer["employee_name"], "Mara Lindqvist")
        for number in range(TRIES_PER_PERSON):
            self.assertFalse(
                self.ask("manual_selection", employee_id=self.mara.id, pin_code=f"000{number}")
            )
        self.assertIsNone(self.ask("manual_selection", employee_id=self.mara.id, pin_code="4711"))
        self.assertIn("Too many wrong PINs", self.refusal)
        self.env.cr.execute(
            "UPDATE hr_face_kiosk_attempt SET create_date = create_date - interval '11 minutes'"
        )
        self.assertTrue(self.ask("manual_selection", employee_id=self.mara.id, pin_code="4711"))

    def test_badges_cannot_be_guessed(self):
        self.noor.barcode = False
        for badge in (False, None, "", ["F001"]):
            with self.subTest(badge=badge):
                self.assertFalse(self.ask("attendance_barcode_scanned", barcode=badge))
        for number in range(TRIES_PER_KIOSK - 1):
            self.assertFalse(self.ask("attendance_barcode_scanned", barcode=f"X{number}"))
        for known in ("F001", "F002"):
            self.assertTrue(self.ask("attendance_barcode_scanned", barcode=known), "costs no try")
        self.assertEqual(self.ask("attendance_barcode_scanned", barcode="X"), {})
        self.assertIsNone(self.ask("attendance_barcode_scanned", barcode="F001"))
        self.assertIn("Too many failed tries", self.refusal)

    def test_hours_are_not_told_before_the_pin(self):
        told = self.ask("attendance_employee_data", employee_id=self.mara.id)
        self.assertEqual(
            sorted(told),
            [
                "attendance_state",
                "employee_avatar",
                "employee_name",
                "id",
                "kiosk_delay",
                "use_pin",
            ],
        )
        self.assertEqual(self.ask("attendance_employee_data", employee_id="1"), {})
        other = self._employee(
            "Stranger", "X001", company=self.env["res.company"].create({"name": "Other"})
        )
        self.assertEqual(self.ask("attendance_employee_data", employee_id=other.id), {})
        self.assertEqual(self.ask("manual_selection", employee_id=other.id, pin_code="4711"), {})

    def test_only_a_manager_changes_the_mode(self):
        self.company.attendance_kiosk_mode = "manual"
        self.ask("set_settings", mode="barcode")
        self.assertEqual(self.company.attendance_kiosk_mode, "manual")
        users = {
            "officer": "hr_attendance.group_hr_attendance_user",
            "manager": "hr_attendance.group_hr_attendance_manager",
        }
        for name, group in users.items():
            login = f"kiosk_{name}"
            new_test_user(
                self.env, login, groups=group, company_id=self.company.id, password=login * 2
            )
            self.authenticate(login, login * 2)
            self.ask("set_settings", mode="barcode")
            expected = "barcode" if name == "manager" else "manual"
            self.assertEqual(self.company.attendance_kiosk_mode, expected, name)

    def test_nobody_waits_for_a_geocoder(self):
        self.company.attendance_device_tracking = True
        asked = []
        self.patch(
            type(self.env["base.geocoder"]),
            "_get_localisation",
            lambda *args: asked.append(args) or "nowhere",
        )
        answer = self.ask(
            "manual_selection",
            employee_id=self.mara.id,
            pin_code="4711",
            latitude=50.8,
            longitude=4.3,
        )
        self.assertTrue(answer)
        self.assertEqual(asked, [])
        row = self.env["hr.attendance"].search([("employee_id", "=", self.mara.id)])
        self.assertEqual((row.in_latitude, row.in_longitude), (50.8, 4.3))


@tagged("post_install", "-at_install")
class TestThrottles(TransactionCase):
    """Tries are forgotten, but none within the window in which it counts."""

    def test_tries_count_for_their_window_and_are_forgotten_afterwards(self):
        company, ip = self.env.company, "192.0.2.7"
        for model, values, window in (
            ("hr.face.kiosk.attempt", {"company_id": company.id, "ip": ip}, WINDOW),
            ("hr.face.pair.attempt", {"ip": ip}, ATTEMPT_WINDOW),
            *(
                ("hr.face.throttle", {"kind": kind, "who": ip}, limit.window)
                for kind, limit in LIMITS.items()
            ),
        ):
            tries = self.env[model].sudo().create([values] * 3)
            self._age(tries[0], window - timedelta(minutes=1))
            self._age(tries[1], timedelta(days=1, minutes=1))
            self.env[model]._transient_vacuum()
            with self.subTest(model):
                self.assertEqual(tries.exists(), tries[0] + tries[2])
                self.assertFalse(self.env[model]._transient_max_count, "a flood drops none")

    def _age(self, one, age):
        moment = self.env.cr.now() - age
        self.env.cr.execute(
            f"UPDATE {one._table} SET create_date = %s, write_date = %s WHERE id = %s",
            [moment, moment, one.id],
        )
        one.invalidate_recordset()
