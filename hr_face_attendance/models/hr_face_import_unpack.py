import struct
import zipfile

from odoo import models

from ..rules import archive, photo_name
from ..rules.errors import ServerError
from .hr_face_import_read import DAMAGED

ROWS = 1000


class HrFaceImport(models.Model):
    """The first stage: which photos there are, and whose. No photo is opened for that."""

    _inherit = "hr.face.import"

    def _has_upload(self):
        return bool(self.env["hr.face.import.part"].search_count([("import_id", "=", self.id)], 1))

    def _forget_uploads(self):
        self.env["hr.face.import.part"].search([("import_id", "=", self.id)]).unlink()

    def _forget_files(self, photos):
        """Erase these photos from what was uploaded; a zip's other photos open as before."""
        alone = photos.filtered(lambda photo: photo.file == photo.name)
        self._parts(alone.mapped("file")).unlink()
        for file, inside in (photos - alone).grouped("file").items():
            parts = self._parts([file])
            try:
                parts._overwrite(_extents(parts, set(inside.mapped("name"))))
            except (*DAMAGED, ServerError):  # erased as a whole, if not in part
                parts.unlink()

    def _parts(self, files):
        domain = [("import_id", "=", self.id), ("file", "in", files)]
        return self.env["hr.face.import.part"].search(domain)

    def _stage_unpack(self):
        """In one transaction: the rows are there, or this stage begins again."""
        parts = self.env["hr.face.import.part"]
        files = [file for (file,) in parts._read_group([("import_id", "=", self.id)], ["file"], [])]
        found = [one for file in sorted(files) for one in self._entries(file)]
        people, consenting = self._people([name for _file, name, _fault in found])
        rows = []
        for file, name, fault in found:
            employee, reason = (None, fault) if fault else photo_name.person(name, people)
            if employee and employee not in consenting:
                reason = "no_consent"
            rows.append(
                {
                    "import_id": self.id,
                    "file": file,
                    "name": name,
                    "employee_id": employee,
                    "state": "failed" if reason else "waiting",
                    "reason": reason,
                }
            )
        for start in range(0, len(rows), ROWS):
            made = self.env["hr.face.import.photo"].create(rows[start : start + ROWS])
            self._forget_files(made.filtered(lambda photo: photo.reason == "no_consent"))
        return self._next_stage("read")

    def _entries(self, file):
        """(file, name, fault or None) of each photo in an uploaded file."""
        if not file.lower().endswith(".zip"):
            if archive.is_noise(file):
                return []
            size = sum(self._parts([file]).mapped("size"))
            return [(file, file, archive.fault(archive.Entry(file, size, size)))]
        opened = self._parts([file])._file()
        if opened is None:
            return [(file, file, "upload_incomplete")]
        try:
            entries = _directory(opened)
        except archive.Unacceptable as refused:
            return [(file, file, f"zip_{refused.args[0]}")]
        except (zipfile.BadZipFile, ValueError, EOFError, OSError, struct.error):
            return [(file, file, "zip_not_a_zip")]
        return [
            (file, _printable(one.filename), archive.fault(one))
            for one in entries
            if not archive.is_noise(one.filename)
        ]

    def _people(self, names):
        """({key in lower case: {employee id}}, ids of those who consented).

        Of the employees whose attendance the job's author looks after, by badge, work e-mail
        or external id.
        """
        wanted = {key.lower() for name in names for key in photo_name.keys(name)}
        employees = self.env["hr.employee"].search([("company_id", "=", self.company_id.id)])
        author = self.create_uid
        if not author.has_group("hr_attendance.group_hr_attendance_user"):
            employees = employees.filtered(lambda one: one.attendance_manager_id == author)
        people = {}
        external = employees._get_external_ids()
        for employee in employees:
            for key in (employee.barcode, employee.work_email, *external[employee.id]):
                if key and key.lower() in wanted:
                    people.setdefault(key.lower(), set()).add(employee.id)
        named = self.env["hr.employee"].browse(set().union(*people.values()))
        return people, set(self.env["hr.face.consent"]._active_of(named))


def _directory(file):
    """The entries of a zip. Raises Unacceptable before anything is unpacked."""
    size = file.seek(0, 2)
    file.seek(max(size - archive.TAIL_BYTES, 0))
    archive.check_end(file.read(), size)
    entries = zipfile.ZipFile(file).infolist()
    archive.check(entries, size)
    return entries


def _extents(parts, names):
    """[(start, end)] of the content of these entries in a zip: behind their own headers, which end
    with a name and more of lengths that only those headers know (APPNOTE.TXT 4.3.7)."""
    if not parts:
        return []  # pictures that were kept are no upload
    file, found = parts._file(), []
    for entry in zipfile.ZipFile(file).infolist():
        if _printable(entry.filename) in names:
            file.seek(entry.header_offset + 26)
            name, more = struct.unpack("<HH", file.read(4))
            start = entry.header_offset + 30 + name + more
            found.append((start, start + entry.compress_size))
    return found


def _printable(name):
    """What a hostile name looks like in a list; one that can be read stays as it is."""
    return "".join(one if one.isprintable() else "?" for one in name)[:400]
