from odoo.tests import HttpCase, tagged

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


def _suite_id(name):
    """How Odoo's runner names a suite in an address (web.tests.test_js)."""
    number = 0
    for character in name:
        number = ((number << 5) - number + ord(character)) & 0xFFFFFFFF
    return f"{number:08x}"
