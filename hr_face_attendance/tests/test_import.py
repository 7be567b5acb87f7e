"""Enrolment from many photos: which are used, why not the others, and what survives a crash."""

import io
import zipfile
import zlib
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger
from psycopg2.errors import SerializationFailure

from ..models import hr_face_import as job_module
from ..models import hr_face_import_part as part_module
from ..models import hr_face_service_call as calls
from ..rules.errors import BodyTooLarge, Malformed
from .common import FaceCase, unit_vector
from .fake_service import WithService, photo

MARA, IDRIS, NOOR, OTTO = 1, 2, 3, 4


def zipped(entries, compression=zipfile.ZIP_DEFLATED):
    """A zip of {name: bytes}."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as made:
        for name, content in entries.items():
            made.writestr(name, content)
    return file.getvalue()


class ImportCase(WithService, FaceCase):
    def setUp(self):
        super().setUp()
        calls._breakers.clear()
        self.addCleanup(calls._breakers.clear)
        self._consent(self.mara | self.idris)

    def job(self, files=None, upload=None, **values):
        """A job with these photos, sent as one zip unless `upload` says otherwise."""
        job = self.env["hr.face.import"].create(values)
        for name, content in (upload or {"photos.zip": zipped(files)}).items():
            for start in range(0, len(content), part_module.PART_BYTES):
                piece = content[start : start + part_module.PART_BYTES]
                self.env["hr.face.import.part"].sudo()._take(job, name, start, piece)
        return job

    def go_on(self, times=1):
        """The cron, with a cursor that commits and rolls back."""
        for _ in range(times):
            with self.enter_registry_test_mode(), self.registry.cursor() as cr:
                self.env["hr.face.import"].with_env(self.env(cr=cr, user=1))._cron_run()
            self.env.invalidate_all()

    def run_job(self, files=None, **options):
        job = self.job(files, **options)
        job.action_start()
        self.go_on()
        return job

    def told(self, job):
        """{file: state or reason} of each photo."""
        return {photo.name: photo.reason or photo.state for photo in job.photo_ids}

    def templates(self, employee):
        return self.env["hr.face.template"].search([("employee_id", "=", employee.id)])

    def consent_of(self, employee):
        return self.env["hr.face.consent"]._active_of(employee)[employee.id].with_env(self.env)

    def leftovers(self):
        """How many uploads and captures there are."""
        return (
            self.env["hr.face.import.part"].sudo().search_count([]),
            self.env["hr.face.capture"].sudo().search_count([]),
        )


@tagged("post_install", "-at_install")
class TestImport(ImportCase, TransactionCase):
    def test_photos_become_templates_and_nothing_else_is_left(self):
        job = self.run_job(
            {
                "F001.jpg": photo(MARA),
                "F001_2.jpg": photo(MARA, number=2),
                "F002/holiday.jpg": photo(IDRIS),
                "__MACOSX/._F001.jpg": b"noise",
            }
        )
        self.assertEqual((job.state, job.total, job.people), ("done", 3, 2))
        self.assertEqual((job.enrolled, job.failed, job.progress), (3, 0, 100))
        self.assertEqual(len(self.templates(self.mara)), 2)
        self.assertEqual(self.templates(self.idris)._vectors().popitem()[1], unit_vector(IDRIS))
        self.assertEqual(self.leftovers(), (0, 0))
        self.assertEqual(
            self.env["ir.attachment"].search_count([("name", "ilike", "photos.zip")]), 0
        )

    def test_every_fault_has_its_reason_and_spoils_no_other_photo(self):
        self.service.enrolled[OTTO] = self._enrolled(self._employee("Otto", "F004")).employee_id.id
        raw = {
            "F001.jpg": (photo(MARA), "enrolled"),
            "F001_none.jpg": (photo(MARA), "unknown_person"),
            "F001_2.jpg": (photo(), "no_face"),
            "F001_3.jpg": (photo(MARA, IDRIS), "multiple_faces"),
            "F001_4.jpg": (photo(MARA, defects=["too_far", "blurred"]), "low_quality"),
            "F001_5.jpg": (b"no photo", "unreadable"),
            "F001_6.jpg": (b"", "unreadable"),
            "F001_7.jpg": (photo(MARA), "same_photo"),
            "F001_8.jpg": (photo(OTTO), "duplicate"),
            "F003.jpg": (photo(NOOR), "no_consent"),
            "F002.jpg": (photo(IDRIS), "enrolled"),
            "F002_2.jpg": (photo(IDRIS, number=2), "enrolled"),
            "F002_3.jpg": (photo(MARA, number=3), "duplicate_batch"),
            "F002/F001.jpg": (photo(IDRIS), "ambiguous_person"),
            "../F001.jpg": (photo(MARA), "unsafe_path"),
            "/F001.jpg": (photo(MARA), "unsafe_path"),
            "F001/more.zip": (zipped({"a": b"b"}), "archive"),
            "F001_9.jpg": (b"x" * 7_500_001, "too_large"),
        }
        content = zipped({name: body for name, (body, _) in raw.items()}, zipfile.ZIP_STORED)
        job = self.run_job(upload={"photos.zip": content})
        self.assertEqual(self.told(job), {name: told for name, (_, told) in raw.items()})
        by_name = {one.name: one for one in job.photo_ids}
        self.assertEqual(by_name["F001_4.jpg"].detail, "too small, blurred")
        self.assertEqual(by_name["F001_8.jpg"].other_id.name, "Otto")
        self.assertEqual(by_name["F002_3.jpg"].other_id, self.mara)
        self.assertEqual((len(self.templates(self.mara)), len(self.templates(self.idris))), (1, 2))
        self.assertFalse(self.templates(self.noor))
        self.assertEqual(self.leftovers(), (0, 0))

    def test_encrypted_entries_and_links_are_left_where_they_are(self):
        link = zipfile.ZipInfo("F001_l.jpg")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as made:
            made.writestr(link, "/etc/passwd")
            made.writestr("F001.jpg", photo(MARA))
        raw = bytearray(file.getvalue())
        # The entry's own flag and the directory's: encrypted.
        for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            raw[raw.rindex(mark) + at] |= 1
        job = self.run_job(upload={"photos.zip": bytes(raw)})
        self.assertEqual(self.told(job), {"F001_l.jpg": "unsafe_path", "F001.jpg": "encrypted"})

    def test_a_zip_is_refused_as_a_whole_before_it_is_unpacked(self):
        bomb = zipped({"F001.jpg": bytes(10_000_000)})
        for name, content, reason in (
            ("bomb.zip", bomb, "zip_bomb"),
            ("photo.zip", photo(MARA), "zip_not_a_zip"),
            ("cut.zip", zipped({"F001.jpg": photo(MARA)})[:-8], "zip_not_a_zip"),
        ):
            with (
                self.subTest(name),
                patch.object(zipfile.ZipFile, "open", side_effect=AssertionError("unpacked")),
            ):
                job = self.run_job(upload={name: content})
                self.assertEqual((job.state, self.told(job)), ("done", {name: reason}))
        self.assertEqual(self.service.asked, [])

    def test_a_folder_s_photos_come_one_by_one(self):
        job = self.run_job(
            upload={
                "F001/1.jpg": photo(MARA),
                "F002.jpg": photo(IDRIS),
                ".DS_Store": b"noise",
                "../F002.jpg": photo(IDRIS),
            }
        )
        self.assertEqual(
            self.told(job),
            {"F001/1.jpg": "enrolled", "F002.jpg": "enrolled", "../F002.jpg": "unsafe_path"},
        )

    def test_a_piece_that_is_missing_is_said_and_one_that_comes_twice_counts_once(self):
        content = zipped({f"F001_{n}.jpg": photo(MARA, number=n) for n in range(40)})
        part = self.env["hr.face.import.part"].sudo()
        with patch.object(part_module, "PART_BYTES", 1000):
            job = self.job(upload={"photos.zip": content})
        part._take(job, "photos.zip", 0, content[:1000])
        self.assertGreater(part.search_count([]), 3)
        job.action_start()
        self.go_on()
        self.assertEqual(
            job.enrolled + len(job.photo_ids.filtered(lambda p: p.state == "spare")), 40
        )
        with patch.object(part_module, "PART_BYTES", 1000):
            job = self.job(upload={"photos.zip": content})
        part.search([("position", "=", 1000)]).unlink()
        job.action_start()
        self.go_on()
        self.assertEqual(self.told(job), {"photos.zip": "upload_incomplete"})

    def test_what_is_no_piece_or_too_much_is_refused(self):
        job, part = self.env["hr.face.import"].create({}), self.env["hr.face.import.part"].sudo()
        for name, position, content in (
            ("", 0, b"x"), ("a" * 401, 0, b"x"), ("a", 0, b""), ("a", -1, b"x"), ("a", 1 << 31, b"x"),
        ):  # fmt: skip
            with self.subTest((name, position)), self.assertRaises(Malformed):
                part._take(job, name, position, content)
        with patch.object(part_module, "MOST_BYTES", 10):
            part._take(job, "a", 0, b"x" * 10)
            part._take(job, "a", 0, b"y" * 10)
            with self.assertRaises(BodyTooLarge):
                part._take(job, "b", 0, b"x")

    def test_uploads_are_sealed(self):
        self.job({"F001.jpg": photo(MARA)})
        self.env.cr.execute("SELECT to_jsonb(p)::text FROM hr_face_import_part p")
        [(row,)] = self.env.cr.fetchall()
        self.assertNotIn(b"people".hex(), row)
        self.assertNotIn("ciphertext", self.env["hr.face.import.part"]._fields)
        master = self.env["hr.face.key"]
        master._add_key()
        self.assertEqual(master._drop_unused_keys(), 0, "the upload still needs the old key")

    def test_the_same_photos_again_change_nothing(self):
        files = {"F001.jpg": photo(MARA), "F002.jpg": photo(IDRIS)}
        self.run_job(files)
        before = self.templates(self.mara) | self.templates(self.idris)
        self.service.enrolled.update({MARA: self.mara.id, IDRIS: self.idris.id})
        job = self.run_job(files | {"F001_2.jpg": photo(MARA, number=2)})
        self.assertEqual(
            self.told(job), {"F001.jpg": "known", "F002.jpg": "known", "F001_2.jpg": "enrolled"}
        )
        self.assertTrue(before.exists() == before)
        self.assertEqual(len(self.templates(self.mara)), 2)

    def test_earlier_templates_are_replaced_unless_said_otherwise(self):
        for replace, expected in ((False, 2), (True, 1)):
            self.templates(self.mara).unlink()
            self._enrolled(self.mara, unit_vector(MARA), self.consent_of(self.mara))
            self.run_job({"F001.jpg": photo(MARA)}, replace=replace)
            self.assertEqual(len(self.templates(self.mara)), expected)

    def test_killed_anywhere_it_goes_on_and_comes_to_the_same_end(self):
        files = {f"F001_{n}.jpg": photo(MARA, number=n) for n in range(30)}
        files |= {f"F002_{n}.jpg": photo(IDRIS, number=n) for n in range(30)}
        files |= {"F002_77.jpg": photo(MARA, number=99), "F001_78.jpg": photo()}
        expected = self.told(self.run_job(files))
        self.templates(self.mara).unlink()
        self.templates(self.idris).unlink()
        job = self.job(files)
        job.action_start()
        kills = 0
        commit = type(self.env["ir.cron"])._commit_progress
        for survives in (0, 1, 2, 4, 1, 3, 9, 0, 50):
            left = [survives]

            def killed(cron, *args, left=left, **options):
                if not left[0]:
                    raise SystemExit("killed")  # before this commit
                left[0] -= 1
                return commit(cron, *args, **options)

            with patch.object(type(self.env["ir.cron"]), "_commit_progress", killed):
                try:
                    with self.enter_registry_test_mode(), self.registry.cursor() as cr:
                        self.env["hr.face.import"].with_env(self.env(cr=cr, user=1))._cron_run()
                except SystemExit:
                    kills += 1
            self.env.invalidate_all()
        self.assertGreater(kills, 4)
        self.assertEqual((job.state, self.told(job)), ("done", expected))
        self.assertEqual(len(self.templates(self.mara)), 8)
        self.assertEqual(self.leftovers(), (0, 0))

    def test_a_service_that_is_away_makes_the_job_wait_and_go_on_later(self):
        job = self.job({"F001.jpg": photo(MARA)})
        job.action_start()
        for mood, words in (("busy", "busy"), ("broken", "does not answer")):
            self.service.mood = mood
            self.go_on()
            self.assertEqual((job.state, self.told(job)), ("running", {"F001.jpg": "waiting"}))
            self.assertIn(words, job.message)
        self.service.mood = "refusing"
        calls._breakers.clear()
        self.go_on()
        self.assertEqual(job.state, "running", "a client not known yet will be, in half a minute")
        self.service.mood = "well"
        self.go_on()
        self.assertEqual((job.state, job.message), ("done", False))

    def test_without_a_service_the_job_says_so(self):
        self.device.service_url = False
        job = self.run_job({"F001.jpg": photo(MARA)})
        self.assertIn("No recognition service is paired", job.message)
        self.device.service_url = self.service.url
        self.go_on()
        self.assertEqual(job.state, "done")

    def test_a_job_is_paused_resumed_and_cancelled(self):
        job = self.job({"F001.jpg": photo(MARA)})
        job.action_start()
        job.action_pause()
        self.go_on()
        self.assertEqual((job.state, job.total), ("paused", 0))
        job.action_start()
        self.service.mood = "busy"
        self.go_on()
        job.action_cancel()
        self.assertEqual((job.state, self.told(job)), ("cancelled", {"F001.jpg": "cancelled"}))
        self.assertEqual(self.leftovers(), (0, 0))
        with self.assertRaises(UserError):
            job.action_start()

    def test_a_withdrawal_in_the_middle_is_respected(self):
        job = self.job({"F001.jpg": photo(MARA), "F002.jpg": photo(IDRIS)})
        job.action_start()
        with patch.object(type(job), "_stage_finish", lambda one: 0.0):
            self.go_on()
        self.assertEqual(self.leftovers()[1], 2)
        self.consent_of(self.mara).action_withdraw()
        self.assertEqual(self.leftovers()[1], 1)
        self.go_on()
        self.assertEqual(self.told(job), {"F001.jpg": "no_consent", "F002.jpg": "enrolled"})
        self.assertFalse(self.templates(self.mara))

    def test_a_withdrawal_erases_what_jobs_hold_and_found_out(self):
        over = self.run_job({"F001.jpg": photo(MARA), "F002.jpg": photo(MARA, number=2)})
        self.assertEqual(self.told(over)["F002.jpg"], "duplicate_batch")
        waits = self.job(upload={"F001.jpg": photo(MARA, number=3), "F002.jpg": photo(IDRIS)})
        waits.action_start()
        with patch.object(type(waits), "_stage_read", lambda one: 0.0):
            self.go_on()
        self.consent_of(self.mara).action_withdraw()
        self.assertEqual(self.told(waits), {"F001.jpg": "no_consent", "F002.jpg": "waiting"})
        self.assertEqual(self.leftovers()[0], 1, "Idris's photo is not Mara's to erase")
        rows = (over | waits).photo_ids
        self.assertFalse(rows.filtered(lambda one: one.other_id or one.detail))
        mine = rows.filtered(lambda one: one.employee_id == self.mara)
        self.assertEqual({(one.quality, one.capture_uuid) for one in mine}, {(0, False)})
        self.go_on()
        self.assertEqual(self.told(waits), {"F001.jpg": "no_consent", "F002.jpg": "enrolled"})

    def test_a_withdrawal_erases_the_photo_in_a_zip_and_spoils_no_other(self):
        unreadable = {zipfile.ZIP_STORED: zipfile.BadZipFile, zipfile.ZIP_DEFLATED: zlib.error}
        for how, error in unreadable.items():
            with self.subTest(how):
                mara, idris = photo(MARA, number=how), photo(IDRIS, number=how)
                zip_file = zipped({"F001.jpg": mara, "F002.jpg": idris}, how)
                job = self.job(upload={"photos.zip": zip_file})
                job.action_start()
                with patch.object(type(job), "_stage_read", lambda one: 0.0):
                    self.go_on()
                self.consent_of(self.mara).action_withdraw()
                parts = self.env["hr.face.import.part"].sudo().search([("import_id", "=", job.id)])
                with zipfile.ZipFile(parts._file()) as left:
                    self.assertEqual(left.read("F002.jpg"), idris)
                    with self.assertRaises(error):
                        left.read("F001.jpg")
                self.assertNotIn(mara, b"".join(part._open() for part in parts))
                self.go_on()
                self.assertEqual(self.told(job), {"F001.jpg": "no_consent", "F002.jpg": "enrolled"})
                self._consent(self.mara)

    def test_a_photo_without_consent_is_erased_from_its_zip_at_once(self):
        self.consent_of(self.mara).action_withdraw()
        photos = {"F001.jpg": photo(MARA), "F002.jpg": photo(IDRIS)}
        job = self.job(upload={"photos.zip": zipped(photos, zipfile.ZIP_STORED)})
        job.action_start()
        with patch.object(type(job), "_stage_read", lambda one: 0.0):
            self.go_on()
        raw = b"".join(one._open() for one in self.env["hr.face.import.part"].sudo().search([]))
        self.assertNotIn(photo(MARA), raw)
        self.assertIn(photo(IDRIS), raw)

    def test_a_zip_that_hides_where_its_photos_are_is_erased_as_a_whole(self):
        raw = bytearray(zipped({"F001.jpg": photo(MARA), "F002.jpg": photo(IDRIS)}))
        entry = raw.index(b"PK\x01\x02")
        raw[entry + 42 : entry + 46] = (len(raw) + 9).to_bytes(4, "little")  # its header's place
        job = self.job(upload={"photos.zip": bytes(raw)})
        job.action_start()
        with patch.object(type(job), "_stage_read", lambda one: 0.0):
            self.go_on()
        self.consent_of(self.mara).action_withdraw()
        self.assertEqual(self.leftovers()[0], 0)
        self.go_on()
        self.assertEqual(self.told(job)["F002.jpg"], "damaged")

    def test_a_face_of_another_company_is_nobody_s_duplicate_here(self):
        other = self.env["res.company"].create({"name": "Other"})
        stranger = self.env["hr.employee"].create({"name": "Elsewhere", "company_id": other.id})
        job = self.job({"F001.jpg": photo(MARA)})
        similar = [{"employee": stranger.id, "similarity": 0.99}]
        self.assertIsNone(job._somebody_else(similar, self.mara, 0.95))
        ours = [*similar, {"employee": self.idris.id, "similarity": 0.96}]
        self.assertEqual(job._somebody_else(ours, self.mara, 0.95), (self.idris, 0.96))

    def test_a_photo_that_no_decompressor_bears_stops_no_job(self):
        names = ["F001.jpg", "F001/" + "x" * 400 + ".jpg", "F002.jpg"]
        raw = bytearray(zipped({names[0]: photo(MARA), names[1]: photo(MARA), "F002.jpg": b""}))
        raw[30 + len(names[0])] |= 0x06  # a block type that deflate does not have
        job = self.run_job(upload={"photos.zip": bytes(raw), "F002.jpg": photo(IDRIS)})
        self.assertEqual(job.state, "done")
        told = {
            one.name[:8]: one.reason or one.state for one in job.photo_ids if one.file[0] == "p"
        }
        self.assertEqual(
            told, {"F001.jpg": "damaged", "F001/xxx": "damaged", "F002.jpg": "unreadable"}
        )
        self.assertEqual(len(self.templates(self.idris)), 1)

    def test_a_job_that_is_deleted_leaves_nothing(self):
        job = self.job({"F001.jpg": photo(MARA)})
        job.action_start()
        with patch.object(type(job), "_stage_finish", lambda one: 0.0):
            self.go_on()
        self.assertEqual(self.leftovers(), (1, 1))
        job.unlink()
        self.assertEqual(self.leftovers(), (0, 0))

    def test_somebody_enrolled_by_another_way_meanwhile_is_no_duplicate_overlooked(self):
        job = self.job({"F001.jpg": photo(MARA)})
        job.action_start()
        with patch.object(type(job), "_stage_finish", lambda one: 0.0):
            self.go_on()
        self._enrolled(self.noor, unit_vector(MARA))
        self.go_on()
        self.assertEqual(self.told(job), {"F001.jpg": "duplicate"})
        self.assertEqual(job.photo_ids.other_id, self.noor)

    def test_somebody_enrolled_at_the_same_moment_makes_it_look_again(self):
        job = self.job({"F001.jpg": photo(MARA)})
        job.action_start()
        templates, at_once = type(self.env["hr.face.template"]), SerializationFailure("at once")
        with patch.object(templates, "_enrol_alone", side_effect=at_once):
            self.go_on()
        self.assertEqual((job.state, self.told(job)), ("running", {"F001.jpg": "read"}))
        self.go_on()
        self.assertEqual((job.state, self.told(job)), ("done", {"F001.jpg": "enrolled"}))

    def test_people_who_were_told_apart_are_enrolled(self):
        self.env["hr.face.look.alike"]._note(self.mara, {self.idris: 0.99})
        job = self.run_job({"F001.jpg": photo(MARA), "F002.jpg": photo(MARA, number=2)})
        self.assertEqual(set(self.told(job).values()), {"enrolled"})

    def test_abandoned_uploads_are_erased(self):
        job = self.job({"F001.jpg": photo(MARA)})
        self.env["hr.face.import"]._cron_forget()
        self.assertEqual(self.leftovers()[0], 1)
        job.flush_recordset()
        self.env.cr.execute(
            "UPDATE hr_face_import SET write_date = %s WHERE id = %s",
            [fields.Datetime.now() - job_module.KEEP - timedelta(hours=1), job.id],
        )
        job.invalidate_recordset()
        self.env["hr.face.import"].sudo()._cron_forget()
        self.assertEqual((job.state, self.leftovers()[0]), ("cancelled", 0))

    def test_the_list_of_what_to_fix_is_text_and_never_a_formula(self):
        from openpyxl import load_workbook

        job = self.run_job(
            {"=HYPERLINK(1).jpg": photo(MARA), "F001.jpg": photo(), "F002.jpg": b"x"}
        )
        name, content = job._report()
        self.assertTrue(name.endswith(".xlsx"))
        rows = list(load_workbook(io.BytesIO(content)).active.iter_rows())
        cells = {row[0].value: [cell.value for cell in row] for row in rows[1:]}
        self.assertEqual(set(cells), {"=HYPERLINK(1).jpg", "F001.jpg", "F002.jpg"})
        self.assertEqual({row[0].data_type for row in rows}, {"s"})
        self.assertEqual(
            cells["F001.jpg"][1:4], ["F001", "Mara Lindqvist", "There is no face on it"]
        )

    def test_an_officer_imports_their_own_people_and_sees_their_own_jobs(self):
        officer = new_test_user(
            self.env,
            "bulk_officer",
            "hr_face_attendance.group_face_officer",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        self.mara.attendance_manager_id = officer
        job = self.env["hr.face.import"].with_user(officer).create({})
        self.env["hr.face.import.part"].sudo()._take(
            job, "a.zip", 0, zipped({"F001.jpg": photo(MARA), "F002.jpg": photo(IDRIS)})
        )
        other = self.job({"F001.jpg": photo(MARA)})
        job.action_start()
        self.go_on()
        self.assertEqual(self.told(job), {"F001.jpg": "enrolled", "F002.jpg": "unknown_person"})
        self.assertEqual(self.env["hr.face.import"].with_user(officer).search([]), job)
        with self.assertRaises(AccessError):
            job.with_user(officer).write({"state": "running"})
        forged = (
            self.env["hr.face.import"]
            .with_user(officer)
            .create(
                {"kind": "model", "face_model": "Weak@none", "state": "running", "stage": "finish"}
            )
        )
        self.assertEqual(
            (forged.kind, forged.face_model, forged.state, forged.stage),
            ("photos", False, "draft", "unpack"),
            "only an administrator changes everybody's model",
        )
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
            other.with_user(officer).action_cancel()
