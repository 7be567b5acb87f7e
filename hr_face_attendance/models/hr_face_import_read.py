import lzma
import struct
import zipfile
import zlib
from collections import deque
from concurrent.futures import ThreadPoolExecutor

from odoo import models

from ..rules import archive
from ..rules.service_errors import ServiceRefused, ServiceUnreachable

CALLS = 2
"""At once; one is under way while the answer of the other is written."""
PHOTOS, BYTES = 16, 6 * 1024 * 1024
"""Of one call: answered well within its time, and below what the service takes."""
DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(ValueError, OSError, RuntimeError, EOFError, KeyError),
)
"""What zipfile and its decompressors say of damaged or unsupported entries. One that they do not
name would stop this job, and every later one, for good."""
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
        after, batch, size, zips = 0, [], 0, {}
        while photos := self._next_photos(after, 50):
            after = photos[-1].id
            for photo, content in self._contents(photos, zips):
                if batch and (len(batch) == PHOTOS or size + len(content) > BYTES):
                    yield batch
                    batch, size = [], 0
                batch.append((photo, content))
                size += len(content)
        if batch:
            yield batch

    def _contents(self, photos, zips):
        """(photo, bytes) of those that can be read from what was uploaded.

        Args:
            zips: those opened so far, by file; they stay open.
        """
        files = list(set(photos.mapped("file")))
        parts = self.env["hr.face.import.part"].search(
            [("import_id", "=", self.id), ("file", "in", files)]
        )
        parts = parts.grouped("file")
        for photo in photos:
            try:
                content = self._content(photo, parts, zips)
            except DAMAGED as error:
                photo._fail("damaged", str(error)[:200])
                continue
            if not content:
                photo._fail("unreadable")
            elif len(content) > archive.MOST_PHOTO_BYTES:
                photo._fail("too_large")
            else:
                yield photo, content

    def _content(self, photo, parts, zips):
        if photo.file == photo.name:
            return b"".join(part._open() for part in parts[photo.file].sorted("position"))
        if photo.file not in zips:
            zips[photo.file] = zipfile.ZipFile(parts[photo.file]._file())
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
            self._write_answer(batch, answer["photos"], threshold)
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
