from odoo.tests import HttpCase, new_test_user, tagged

SUITE = "@hr_face_attendance"
SUCCESS = "[HOOT] Test suite succeeded"


@tagged("post_install", "-at_install")
class TestJavascript(HttpCase):
    def test_the_addons_own_unit_tests_pass(self):
        """static/tests, run by Odoo's runner; nothing of Odoo's own suites."""
        page = f"/web/tests?headless&loglevel=2&preset=desktop&timeout=15000&id={_suite_id(SUITE)}"
        self.browser_js(
            page,
            "",
            "",
            login="admin",
            timeout=120,
            success_signal=SUCCESS,
            error_checker=lambda message: "[HOOT]" not in message,
        )

    def test_the_first_steps_lead_from_nothing_to_a_device_that_is_being_paired(self):
        company = self.env["res.company"].create({"name": "Newcomers"})
        options = {"company_id": company.id, "company_ids": company.ids}
        new_test_user(self.env, "newcomer", "hr_face_attendance.group_face_manager", **options)
        self.start_tour("/odoo", "hr_face_first_steps", login="newcomer", timeout=120)
        device = self.env["hr.face.device"].search([("company_id", "=", company.id)])
        self.assertEqual(device.state, "pairing")
        self.assertTrue(self.env["hr.face.gate"].search([("company_id", "=", company.id)]))


def _suite_id(name):
    """How Odoo's runner names a suite in an address (web.tests.test_js)."""
    number = 0
    for character in name:
        number = ((number << 5) - number + ord(character)) & 0xFFFFFFFF
    return f"{number:08x}"
