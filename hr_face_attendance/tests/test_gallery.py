from pathlib import Path

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..models import hr_face_gallery
from .common import ApiCase, b64, unit_vector


@tagged("post_install", "-at_install", "face_api")
class TestGallery(ApiCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.pair()
        self._consent(self.mara | self.idris)
        self.enrol(
            self.enrolment("F001", vector=unit_vector(1)),
            self.enrolment("F002", vector=unit_vector(2)),
        )

    def page(self, cursor=""):
        answer = self.call("gallery", params={"cursor": cursor})
        self.assertEqual(answer.status_code, 200, answer.text)
        page = answer.json()
        return page, self.fake.open(page)

    def test_the_first_page_is_everyone_sealed(self):
        answer = self.call("gallery")
        page = answer.json()
        self.assertTrue(page["cursor_reset"])
        self.assertNotIn("Mara", answer.text)
        self.assertNotIn(b64(unit_vector(1))[:80], answer.text)
        people = {person["display_name"]: person for person in self.fake.open(page)["people"]}
        self.assertEqual(set(people), {"Mara Lindqvist", "Idris Vale"})
        self.assertEqual(people["Mara Lindqvist"]["templates"][0]["vector"], b64(unit_vector(1)))

    def test_only_changes_after_the_cursor(self):
        page, _ = self.page()
        later, content = self.page(page["cursor"])
        self.assertEqual((later["cursor"], content), (page["cursor"], {"people": [], "gone": []}))
        self.idris.name = "Idris Vale-Solheim"
        later, content = self.page(page["cursor"])
        self.assertFalse(later["cursor_reset"])
        self.assertEqual(
            [person["display_name"] for person in content["people"]], ["Idris Vale-Solheim"]
        )
        self.assertEqual(content["gone"], [])

    def test_what_makes_a_person_change_or_go(self):
        department = self.env["hr.department"].create(
            {"name": "Laboratory", "company_id": self.company.id}
        )
        tag = self.env["hr.employee.category"].create({"name": "Key holder"})
        cases = [
            ("department", lambda: self.mara.write({"department_id": department.id}), "people"),
            ("tag", lambda: self.mara.write({"category_ids": tag.ids}), "people"),
            ("archived", lambda: self.mara.write({"active": False}), "gone"),
            ("back", lambda: self.mara.write({"active": True}), "people"),
            ("consent withdrawn", self.mara.action_face_withdraw_consent, "gone"),
        ]
        for name, change, where in cases:
            with self.subTest(name):
                cursor = self.page()[0]["cursor"]
                change()
                _, content = self.page(cursor)
                listed = {
                    "people": [person["employee"] for person in content["people"]],
                    "gone": content["gone"],
                }
                self.assertEqual(listed.pop(where), [self.mara.id])
                self.assertEqual(*listed.values(), [])

    def test_a_deleted_person_leaves_a_tombstone(self):
        cursor, gone = self.page()[0]["cursor"], self.mara.id
        self.mara.unlink()
        content = self.page(cursor)[1]
        self.assertEqual((content["people"], content["gone"]), ([], [gone]))

    def test_a_change_without_interest_moves_nothing(self):
        cursor = self.page()[0]["cursor"]
        self.mara.work_phone = "1"
        self.noor.name = "Noor C."
        self.assertEqual(self.page(cursor)[0]["cursor"], cursor)

    def test_pages_follow_each_other(self):
        old = hr_face_gallery.PAGE
        self.patch(
            type(self.env["hr.face.gallery.change"]),
            "_gallery_page",
            _with_page_size(type(self.env["hr.face.gallery.change"])._gallery_page, 1),
        )
        first, one = self.page()
        second, two = self.page(first["cursor"])
        self.assertEqual(
            (first["more"], first["cursor_reset"], second["more"], second["cursor_reset"]),
            (True, True, False, False),
        )
        self.assertEqual(len({person["employee"] for person in one["people"] + two["people"]}), 2)
        self.assertEqual(hr_face_gallery.PAGE, old)

    def test_another_scope_starts_again(self):
        cursor = self.page()[0]["cursor"]
        site = self.env["hr.work.location"].create(
            {
                "name": "Quay",
                "company_id": self.company.id,
                "address_id": self.company.partner_id.id,
            }
        )
        self.mara.work_location_id = site
        for name, change, people in (
            ("site", lambda: self.device.write({"work_location_ids": site.ids}), 1),
            ("model", lambda: self.company.write({"face_model": "Facenet@v1"}), 0),
            ("garbage", lambda: None, 0),
        ):
            with self.subTest(name):
                change()
                page, content = self.page(
                    "1.zzzz.999999999999999999999" if name == "garbage" else cursor
                )
                self.assertTrue(page["cursor_reset"])
                self.assertEqual((len(content["people"]), content["gone"]), (people, []))

    def test_a_new_encryption_key_starts_again(self):
        cursor = self.page()[0]["cursor"]
        self.fake = type(self.fake)()
        self.pair()
        self.assertTrue(self.page(cursor)[0]["cursor_reset"])

    def test_heartbeat_tells_of_news(self):
        cursor = self.page()[0]["cursor"]
        for change, news in ((lambda: None, False), (lambda: self.mara.write({"name": "M"}), True)):
            change()
            answer = self.call("heartbeat", self.heartbeat(gallery_cursor=cursor)).json()
            self.assertEqual(answer["gallery_changed"], news)

    @mute_logger("odoo.http")
    def test_a_row_moved_to_another_person_does_not_open(self):
        mine, yours = self.env["hr.face.template"].sudo().search([], order="id")
        self.env.cr.execute(
            "UPDATE hr_face_template t SET ciphertext = o.ciphertext, nonce = o.nonce, wrapped_key = o.wrapped_key,"
            " key_nonce = o.key_nonce FROM hr_face_template o WHERE t.id = %s AND o.id = %s",
            [mine.id, yours.id],
        )
        self.assertRefused(self.call("gallery"), 500, "server_error")

    @mute_logger("odoo.http")
    def test_a_wrong_or_missing_key_is_an_error_and_never_a_new_key(self):
        folder = Path(self.key_dir.name)
        (folder / "wrong.key").write_text(b64(b"w" * 32))
        (folder / "short.key").write_text("AAAA")
        for name in ("gone.key", "wrong.key", "short.key"):
            with self.subTest(name), self.key_at(folder / name):
                self.assertRefused(self.call("gallery"), 500, "server_error")
                self.assertFalse(self.env["hr.face.key"]._create_if_unused())
        self.assertFalse((folder / "gone.key").exists())


def _with_page_size(method, size):
    return lambda self, device, cursor: method(self, device, cursor, size)
