import base64
import hashlib
import lzma
import struct
import zipfile
import zlib
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid5

from odoo import fields, models

from ..rules import archive
from ..rules.service_errors import ServiceRefused, ServiceUnreachable
from ..rules.wire_bodies import Template
from .hr_face_template_enrol import KNOWN_DIMENSIONS

CALLS = 2
"""At once; one is under way while the answer of the other is written."""
PHOTOS, BYTES = 8, 6 * 1024 * 1024
"""Of one call: answered well within its time, and below what the service takes."""
DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(ValueError, OSError, RuntimeError, EOFError, KeyError),
)
"""What zipfile and its decompressors say of damaged or unsupported entries. One that they do not
name would stop this job, and every later one, for good."""
_SAME_PHOTO = UUID("9f2f7a58-8c9c-4d0e-8f3a-5d1f1f7b6c44")
_CREDENTIALS = {"client_revoked", "invalid_token", "token_expired", "not_allowed"}
"""Refusals that are over with the next heartbeat or the next token."""


class HrFaceImport(models.Model):
    """The second stage: the recognition service looks at each photo."""

    _inherit = "hr.face.import"

    def _stage_read(self):
        """Batch by batch, each committed; in the order of the rows, so that it comes to the
        same however often it begins again."""
        progress = self.env["ir.cron"]
        caller = self._caller()
        threshold = self.env["hr.face.template"]._threshold(self.company_id)
        fields_ = {"threshold": str(threshold)}
        left_s = 1.0
        with ThreadPoolExecutor(CALLS) as pool:
            under_way = deque()
            for batch in self._batches():
                content = [content for _photo, content in batch]
                ask = pool.submit(caller.ask, "/v1/enrol", files=content, fields=fields_)
                under_way.append((batch, ask))
                if len(under_way) > CALLS:
                    left_s = self._write_batch(*under_way.popleft(), caller, threshold)
                    if not left_s or not self._is_running():
                        break
            while under_way and left_s and self._is_running():
                left_s = self._write_batch(*under_way.popleft(), caller, threshold)
        if left_s and self._is_running() and not self._next_photos(0, 1):
            return self._next_stage("finish")
        return left_s and progress._commit_progress()

    def _caller(self):
        return self.env["hr.face.service.call"]._caller(self.company_id, ["enrol"])

    def _next_photos(self, after, limit):
        domain = [("import_id", "=", self.id), ("state", "=", "waiting"), ("id", ">", after)]
        return self.env["hr.face.import.photo"].search(domain, order="id", limit=limit)

    def _batches(self):
        """Lists of (photo, bytes), as large as a call takes; unreadable entries fail here."""
        after, batch, size = 0, [], 0
        while photos := self._next_photos(after, 50):
            after = photos[-1].id
            for photo, content in self._contents(photos):
                if batch and (len(batch) == PHOTOS or size + len(content) > BYTES):
                    yield batch
                    batch, size = [], 0
                batch.append((photo, content))
                size += len(content)
        if batch:
            yield batch

    def _contents(self, photos):
        """(photo, bytes) of those that can be read from what was uploaded."""
        zips = {}
        for photo in photos:
            try:
                content = self._content(photo, zips)
            except DAMAGED as error:
                photo._fail("damaged", str(error)[:200])
                continue
            if not content:
                photo._fail("unreadable")
            elif len(content) > archive.MOST_PHOTO_BYTES:
                photo._fail("too_large")
            else:
                yield photo, content

    def _content(self, photo, zips):
        parts = self._parts(photo.file)
        if photo.file == photo.name:
            return b"".join(part._open() for part in parts.sorted("position"))
        if photo.file not in zips:
            zips[photo.file] = zipfile.ZipFile(parts._file())
        with zips[photo.file].open(photo.name) as entry:
            return entry.read(archive.MOST_PHOTO_BYTES + 1)

    def _write_batch(self, batch, asked, caller, threshold):
        """Keep what the service said; returns the seconds left."""
        try:
            answer = asked.result()
        except ServiceRefused as error:
            if error.code in _CREDENTIALS:
                raise ServiceUnreachable(error.message) from error
            return self._write_refused(batch, error, caller, threshold)
        if answer["model"] != self._model():
            for photo, _content in batch:
                photo._fail("other_model", answer["model"])
        else:
            for (photo, content), said in zip(batch, answer["photos"], strict=True):
                self._write_photo(photo, content, said, threshold)
        return self.env["ir.cron"]._commit_progress(len(batch), remaining=self._waiting())

    def _write_refused(self, batch, error, caller, threshold):
        """One photo of a batch spoils the call: each is asked alone."""
        if len(batch) == 1:
            batch[0][0]._fail("refused", error.message)
            return self.env["ir.cron"]._commit_progress(1, remaining=self._waiting())
        left_s = 1.0
        with ThreadPoolExecutor(1) as pool:
            for one in batch:
                ask = pool.submit(
                    caller.ask,
                    "/v1/enrol",
                    files=[one[1]],
                    fields={"threshold": str(threshold)},
                )
                left_s = self._write_batch([one], ask, caller, threshold)
        return left_s

    def _model(self):
        return self.company_id.face_model

    def _write_photo(self, photo, content, said, threshold):
        """One photo's row, and its capture if it is fit."""
        if said["unfit"]:
            defects = (said["faces"][0]["quality"] or {}).get("defects") if said["faces"] else []
            photo._fail(said["unfit"], said["detail"] or self._defects(defects or []))
            return
        face, employee = said["faces"][0], photo.employee_id
        photo.quality = face["quality"]["score"]
        if other := self._somebody_else(face["similar"], employee, threshold):
            photo._fail("duplicate", f"{other[1]:.3f}", other[0])
            return
        uuid = str(
            uuid5(
                _SAME_PHOTO, f"{employee.id}:{self._model()}:{hashlib.sha256(content).hexdigest()}"
            )
        )
        company = [("company_id", "=", self.company_id.id), ("uuid", "=", uuid)]
        if self.env["hr.face.template"].search_count(company, limit=1):
            photo.write({"state": "known", "capture_uuid": uuid})
        elif self.env["hr.face.capture"].search_count(company, limit=1):
            photo._fail("same_photo")
        elif self._capture(photo, face, uuid):
            photo.write({"state": "read", "capture_uuid": uuid})

    def _capture(self, photo, face, uuid):
        """A capture of this person's session. False if the person may not be enrolled any more."""
        session = self._session(photo.employee_id)
        if not session._consent():
            photo._fail("no_consent")
            return False
        vector = base64.b64decode(face["vector"])
        if len(vector) != 4 * KNOWN_DIMENSIONS.get(self._model(), len(vector) // 4):
            photo._fail("other_model")
            return False
        item = Template(
            uuid=uuid,
            model=self._model(),
            vector=vector,
            quality=face["quality"]["score"],
            face_px=face["box"]["height"],
            captured_at=photo.create_date,
            pose=face["pose"],
            crop=base64.b64decode(face["crop"]),
        )
        self.env["hr.face.capture"]._take(session, [item], self.env["hr.face.device"])
        return True

    def _somebody_else(self, similar, employee, threshold):
        """(employee, similarity) of whoever is enrolled with this face, and not told apart."""
        apart = self.env["hr.face.look.alike"]._known(employee)
        for one in similar:
            other = self.env["hr.employee"].browse(one["employee"]).exists()
            if one["similarity"] >= threshold and other - employee - apart:
                return other, one["similarity"]
        return None

    def _defects(self, codes):
        """A face's defects in words; those of a later service as they are."""
        words = {
            "too_far": self.env._("too small"),
            "too_close": self.env._("too close"),
            "turned": self.env._("turned away"),
            "tilted": self.env._("tilted"),
            "dark": self.env._("too dark"),
            "bright": self.env._("too bright"),
            "blurred": self.env._("blurred"),
            "cut_off": self.env._("cut off"),
        }
        return ", ".join(str(words.get(code, code)) for code in codes)

    def _sessions(self):
        return self.env["hr.face.enrolment"].search([("import_id", "=", self.id)])

    def _session(self, employee):
        """The enrolment of this person in this job."""
        mine = [("import_id", "=", self.id), ("employee_id", "=", employee.id)]
        sessions = self.env["hr.face.enrolment"]
        return sessions.search(mine, limit=1) or sessions._of_import(self, employee)


class HrFaceEnrolment(models.Model):
    _inherit = "hr.face.enrolment"

    source = fields.Selection(selection_add=[("import", "Import")], ondelete={"import": "cascade"})
    import_id = fields.Many2one(
        "hr.face.import", readonly=True, index="btree_not_null", ondelete="set null"
    )

    def _of_import(self, job, employee):
        session = self.create({"employee_id": employee.id, "source": "import"})
        session._set(
            import_id=job.id, expires_at=fields.Datetime.add(fields.Datetime.now(), days=30)
        )
        return session
