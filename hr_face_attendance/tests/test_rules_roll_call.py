from datetime import UTC, date, datetime, timedelta

from odoo.tests import BaseCase, tagged

from ..rules import roll_call
from ..rules.roll_call import AGAIN, COUNTS, NOBODY, TWICE, Face

NOW = datetime(2025, 3, 3, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@tagged("face_rules")
class TestCounting(BaseCase):
    def test_a_person_on_two_photos_counts_once_by_the_better_face(self):
        faces = [Face(1, 1, 7, 0.96), Face(2, 2, 7, 0.98), Face(3, 2, None)]
        self.assertEqual(roll_call.counted(faces), {2: COUNTS, 1: AGAIN, 3: NOBODY})

    def test_of_two_faces_by_one_name_on_a_photo_the_better_one_counts_and_the_other_is_marked(
        self,
    ):
        faces = [Face(1, 1, 7, 0.96), Face(2, 1, 7, 0.98), Face(3, 2, 7, 0.95)]
        self.assertEqual(roll_call.counted(faces), {2: COUNTS, 1: TWICE, 3: AGAIN})

    def test_what_a_reviewer_said_is_better_than_any_similarity(self):
        faces = [Face(1, 1, 7, 0.99), Face(2, 1, 7)]
        self.assertEqual(roll_call.counted(faces), {2: COUNTS, 1: TWICE})

    def test_the_order_of_faces_changes_nothing(self):
        faces = [Face(1, 1, 7, 0.96), Face(2, 1, 7, 0.96), Face(3, 2, 8), Face(4, 1, 8, 0.95)]
        self.assertEqual(roll_call.counted(faces), roll_call.counted(faces[::-1]))

    def test_the_result_has_expected_people_absent_and_others_present_too(self):
        faces = [Face(1, 1, 7, 0.96), Face(2, 1, 9, 0.97), Face(3, 1, None)]
        lines = roll_call.result(faces, expected=[5, 6, 7], by_hand=[6])
        self.assertEqual(
            [tuple(line) for line in lines],
            [
                (6, True, True, None, True),
                (7, True, True, 0.96, False),
                (9, True, False, 0.97, False),
                (5, False, True, None, False),
            ],
        )

    def test_a_name_moves_and_two_people_on_one_photo_swap(self):
        faces = [Face(1, 1, 7, 0.96), Face(2, 1, 8, 0.97), Face(3, 2, 8, 0.97)]
        self.assertEqual(roll_call.renamed(faces, 1, 8), {1: 8, 2: 7})
        self.assertEqual(roll_call.renamed(faces, 1, 9), {1: 9})
        self.assertEqual(roll_call.renamed(faces, 2, None), {2: None})


@tagged("face_rules")
class TestMoment(BaseCase):
    def test_when_people_are_said_to_have_been_there(self):
        span = (NOW + HOUR, NOW + 2 * HOUR)
        monday = date(2025, 3, 3)
        for name, given, expected in (
            ("now", {}, NOW),
            ("as told", {"taken_at": NOW - HOUR, "date": monday}, NOW - HOUR),
            ("today", {"date": monday}, NOW),
            (
                "noon of another day",
                {"date": date(2025, 2, 28)},
                datetime(2025, 2, 28, 11, tzinfo=UTC),
            ),
            ("a session to come", {"session": span}, NOW + HOUR),
            ("in a session", {"session": (NOW - HOUR, NOW + HOUR)}, NOW),
            ("at the door of a session", {"session": (NOW + HOUR / 4, NOW + HOUR)}, NOW),
            ("a session that is over", {"session": (NOW - 2 * HOUR, NOW)}, NOW - 2 * HOUR),
        ):
            with self.subTest(name):
                self.assertEqual(roll_call.moment(NOW, "Europe/Brussels", **given), expected)

    def test_a_moment_that_cannot_be(self):
        session = (NOW - HOUR, NOW)
        self.assertEqual(roll_call.fault(NOW + HOUR, NOW), "future")
        self.assertIsNone(roll_call.fault(NOW + timedelta(minutes=1), NOW))
        self.assertEqual(roll_call.fault(NOW, NOW, session), "outside")
        self.assertIsNone(roll_call.fault(NOW - HOUR, NOW, session))

    def test_a_photo_is_known_by_its_first_bytes(self):
        for content, kind in (
            (b"\xff\xd8\xff\xe0", "image/jpeg"),
            (b"\x89PNG\r\n\x1a\n....", "image/png"),
            (b"RIFF1234WEBPVP8 ", "image/webp"),
            (b"<svg onload=alert(1)>", None),
            (b"", None),
        ):
            self.assertEqual(roll_call.kind_of(content), kind)
