"""What may be unpacked, whose photo it is, and which of two people a face is."""

import io
import itertools
import zipfile

from odoo.tests import BaseCase, tagged

from ..rules import archive, conflict, photo_name
from ..rules.archive import MOST_ENTRIES, MOST_PHOTO_BYTES, Entry, Unacceptable

ANN, BEN = 1, 2
PEOPLE = {
    "b017": {ANN},
    "b018": {BEN},
    "b018_2": {BEN},
    "ann@kestrel.example": {ANN},
    "hr.employee_ben": {BEN},
    "17": {ANN},
    "18": {BEN},
    "shared@kestrel.example": {ANN, BEN},
}


@tagged("face_rules")
class TestPhotoName(BaseCase):
    def test_whose_photo_it_is(self):
        for path, expected in (
            ("B017.jpg", (ANN, None)),
            ("b017.JPEG", (ANN, None)),
            ("B017_1.jpg", (ANN, None)),
            ("B017-12.png", (ANN, None)),
            ("B017 (3).jpg", (ANN, None)),
            ("photos/B017.jpg", (ANN, None)),
            ("photos/B017/passport scan.jpg", (ANN, None)),
            ("photos\\B017\\front.jpg", (ANN, None)),
            ("B017/1.jpg", (ANN, None)),
            ("ann@kestrel.example.jpg", (ANN, None)),
            ("Ann@Kestrel.example_2.jpg", (ANN, None)),
            ("hr.employee_ben.jpg", (BEN, None)),
            ("B018_2.jpg", (BEN, None)),
            ("B017/17.jpg", (ANN, None)),
            ("17/18.jpg", (None, "ambiguous_person")),
            ("shared@kestrel.example.jpg", (None, "ambiguous_person")),
            ("B999.jpg", (None, "unknown_person")),
            (".jpg", (None, "unknown_person")),
            ("B0171.jpg", (None, "unknown_person")),
        ):
            with self.subTest(path):
                self.assertEqual(photo_name.person(path, PEOPLE), expected)


def entry(name="a.jpg", size=1000, packed=900, **more):
    return Entry(name, size, packed, **more)


def zip_bytes(count=1, comment=b""):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for number in range(count):
            made.writestr(f"{number}.jpg", b"x")
        made.comment = comment
    return file.getvalue()


@tagged("face_rules")
class TestArchive(BaseCase):
    def test_an_entry_that_leaves_the_zip_or_hides_something_is_not_read(self):
        link = {"create_system": 3, "external_attr": 0o120777 << 16}
        plain = {"create_system": 3, "external_attr": 0o100644 << 16}
        for one, expected in (
            (entry(), None),
            (entry("B017/front.jpg", **plain), None),
            (entry("../B017.jpg"), "unsafe_path"),
            (entry("B017/../../etc/passwd"), "unsafe_path"),
            (entry("..\\B017.jpg"), "unsafe_path"),
            (entry("/etc/B017.jpg"), "unsafe_path"),
            (entry("\\\\host\\B017.jpg"), "unsafe_path"),
            (entry("C:\\B017.jpg"), "unsafe_path"),
            (entry("B017//front.jpg"), "unsafe_path"),
            (entry("B0\x0017.jpg"), "unsafe_path"),
            (entry("B017.jpg", **link), "unsafe_path"),
            (entry("more.ZIP"), "archive"),
            (entry("more.tar"), "archive"),
            (entry(flag_bits=1), "encrypted"),
            (entry(size=MOST_PHOTO_BYTES + 1), "too_large"),
        ):
            with self.subTest(one):
                self.assertEqual(archive.fault(one), expected)

    def test_a_bomb_is_refused_before_anything_is_unpacked(self):
        for name, entries, size, code in (
            ("one entry of a gigabyte", [entry(size=10**9)], 10**6, "bomb"),
            ("many small ones", [entry(size=10**6)] * 1000, 10**6, "bomb"),
            ("overlapping entries", [entry(size=900, packed=900)] * 10, 2000, "bomb"),
            ("too many", [entry(size=0, packed=0)] * (MOST_ENTRIES + 1), 10**6, "too_many"),
        ):
            with self.subTest(name), self.assertRaisesRegex(Unacceptable, code):
                archive.check(entries, size)
        archive.check([entry()] * 1000, 10**6)

    def test_a_directory_is_read_only_if_its_end_says_how_long_it_is(self):
        raw = zip_bytes(3, comment=b"hello")
        archive.check_end(raw[-archive.TAIL_BYTES :], len(raw))
        end = raw.rindex(b"PK\x05\x06")
        many = raw[: end + 10] + b"\xff\xff" + raw[end + 12 :]
        wide = raw[:end] + b"PK\x06\x07" + bytes(16) + raw[end:]
        vast = raw[: end + 12] + b"\xff\xff\xff\x7f" + raw[end + 16 :]
        for name, data, size, code in (
            ("nothing", b"", 0, "not_a_zip"),
            ("a photo", b"\xff\xd8\xff" * 100, 300, "not_a_zip"),
            ("cut short", raw[: end + 8], end + 8, "not_a_zip"),
            ("as many as it can say", many, len(many), "too_many"),
            ("a second directory", wide, len(wide), "too_many"),
            ("a vast directory", vast, len(vast), "too_many"),
            ("too large", raw, archive.MOST_BYTES + 1, "too_large"),
        ):
            with self.subTest(name), self.assertRaisesRegex(Unacceptable, code):
                archive.check_end(data[-archive.TAIL_BYTES :], size)

    def test_what_systems_leave_behind_is_no_fault(self):
        for name in ("B017/", "__MACOSX/._B017.jpg", "a/.DS_Store", "a\\Thumbs.db", "._B017.jpg"):
            self.assertTrue(archive.is_noise(name), name)
        self.assertFalse(archive.is_noise("B017.jpg"))


@tagged("face_rules")
class TestConflict(BaseCase):
    def test_who_goes_when_two_people_have_one_face(self):
        for name, people, expected in (
            # people: which faces each person's photos show
            ("nothing to tell", {"ann": "aa", "ben": "bb"}, ""),
            ("one photo each of one face", {"ann": "a", "ben": "a"}, "ann0 ben0"),
            ("a photo in the wrong folder", {"ann": "aa", "ben": "ab"}, "ben0"),
            ("alone in the wrong folder", {"ann": "aaa", "ben": "a"}, "ben0"),
            ("the same person twice", {"ann": "aaa", "ben": "aaa"}, "ann0 ann1 ann2 ben0 ben1 ben2"),
            ("twice, once with more", {"ann": "aaa", "ben": "aa"}, "ben0 ben1"),
            ("one right photo against one wrong", {"ann": "a", "ben": "bba"}, "ben2"),
            ("two wrong photos", {"ann": "aaa", "ben": "ab", "cem": "ac"}, "ben0 cem0"),
        ):  # fmt: skip
            photos = [
                (f"{person}{number}", person, face)
                for person, faces in people.items()
                for number, face in enumerate(faces)
            ]
            for order in itertools.islice(itertools.permutations(photos), 40):
                with self.subTest(name, order=[one[0] for one in order]):
                    alike = [
                        (i, j)
                        for i, j in itertools.combinations(range(len(order)), 2)
                        if order[i][2] == order[j][2]
                    ]
                    own = [0] * len(order)
                    for i, j in alike:
                        if order[i][1] == order[j][1]:
                            own[i] += 1
                            own[j] += 1
                    pairs = [(i, j) for i, j in alike if order[i][1] != order[j][1]]
                    gone = conflict.refused([one[1] for one in order], own, pairs)
                    self.assertEqual(" ".join(sorted(order[one][0] for one in gone)), expected)
                    for one, other in gone.items():
                        self.assertEqual(order[one][2], order[other][2])
