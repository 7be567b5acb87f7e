import io

from odoo import api, fields, models

from ..rules.archive import MOST_BYTES, MOST_ENTRIES
from ..rules.errors import BodyTooLarge, Malformed, ServerError, Unsealable

PART_BYTES = 8 * 1024 * 1024
MOST_NAME = 400


class HrFaceImportPart(models.Model):
    """A piece of an uploaded file, sealed as it arrives: no photo lies readable in the database,
    in the filestore or in a temporary file."""

    _name = "hr.face.import.part"
    _description = "Upload of a Face Import"
    _inherit = "hr.face.key.secret"
    _order = "file, position"
    _log_access = False

    import_id = fields.Many2one(
        "hr.face.import", required=True, readonly=True, index=True, ondelete="cascade"
    )
    file = fields.Char(required=True, readonly=True)
    position = fields.Integer(required=True, readonly=True, aggregator=None)
    size = fields.Integer(required=True, readonly=True)

    _part_unique = models.UniqueIndex("(import_id, file, position)")

    @api.model
    def _take(self, job, file, position, content):
        """Keep a piece; the same piece again takes its own place.

        Raises:
            Malformed, BodyTooLarge: it is none, or the job has as much as it may have.
        """
        if not file or len(file) > MOST_NAME:
            raise Malformed("file", "The name of a file was expected.")
        if not content or not 0 <= position <= MOST_BYTES:
            raise Malformed("position", "A piece of a file was expected.")
        others = [
            ("import_id", "=", job.id),
            "|", ("file", "!=", file), ("position", "!=", position),
        ]  # fmt: skip
        count, size = self._read_group(others, [], ["__count", "size:sum"])[0]
        if (size or 0) + len(content) > MOST_BYTES or count >= MOST_ENTRIES:
            raise BodyTooLarge("This is more than one job takes.")
        mine = [("import_id", "=", job.id), ("file", "=", file), ("position", "=", position)]
        part = self.search(mine) or self.create(
            {"import_id": job.id, "file": file, "position": position, "size": len(content)}
        )
        part.size = len(content)
        part._seal(content)
        return part

    def _open(self):
        """The bytes. Raises ServerError if they do not open."""
        self.ensure_one()
        try:
            return self._unseal()
        except Unsealable as error:
            raise ServerError(
                "An uploaded photo does not open: it was damaged, or its key is gone."
            ) from error

    def _overwrite(self, extents):
        """Zeros over these bytes, [(start, end)] in the file of these parts."""
        extents = list(extents)
        for part in self:
            first, last = part.position, part.position + part.size
            inside = [
                (max(start, first) - first, min(end, last) - first)
                for start, end in extents
                if start < last and end > first
            ]
            if inside:
                content = bytearray(part._open())
                for start, end in inside:
                    content[start:end] = bytes(end - start)
                part._seal(bytes(content))

    def _owner(self):
        return self._owner_bytes("import", self.import_id.id, self.file, self.position)

    def _file(self):
        """One file of these parts, to read from anywhere; None if a piece is missing."""
        end = 0
        for part in self.sorted("position"):
            if part.position != end:
                return None
            end += part.size
        return io.BufferedReader(SealedFile(self.sorted("position")), 64 * 1024)


class SealedFile(io.RawIOBase):
    """A file in sealed parts, of which one at a time is open. Read only."""

    def __init__(self, parts):
        super().__init__()
        self._parts = parts
        self._ends = [part.position + part.size for part in parts]
        self._at, self._open, self._content = 0, None, b""

    @property
    def size(self):
        return self._ends[-1]

    def readable(self):
        return True

    def seekable(self):
        return True

    def tell(self):
        return self._at

    def seek(self, offset, whence=io.SEEK_SET):
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        if start + offset < 0:
            raise ValueError("before the beginning")
        self._at = start + offset
        return self._at

    def readinto(self, buffer):
        for part, end in zip(self._parts, self._ends, strict=True):
            if part.position <= self._at < end:
                if self._open != part.id:
                    self._open, self._content = part.id, part._open()
                inside = self._at - part.position
                piece = self._content[inside : inside + len(buffer)]
                buffer[: len(piece)] = piece
                self._at += len(piece)
                return len(piece)
        return 0
