"""Uploads of a face import, piece by piece, and its list of what to fix."""

from urllib.parse import unquote

from odoo.http import Controller, content_disposition, request, route
from werkzeug.exceptions import BadRequest

from ..models.hr_face_import_part import PART_BYTES
from ..rules.errors import Malformed, Refused

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_NO_STORE = [("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")]


class Imports(Controller):
    @route(
        "/hr_face_attendance/import/<int:job>/part",
        type="http",
        auth="user",
        methods=["POST"],
        csrf=False,  # checked below: a form would put photos into a temporary file
        max_content_length=PART_BYTES,
    )
    def part(self, job, **_params):
        """A piece of a file as the body. What it is, and the session's CSRF token, are in headers:
        addresses get into logs, and photos are named by badges and e-mail addresses."""
        headers = request.httprequest.headers
        if not request.validate_csrf(headers.get("X-CSRF-Token")):
            raise BadRequest("Session expired (invalid CSRF token)")
        file, position = unquote(headers.get("X-File", "")), headers.get("X-Position", "")
        found = self._job(job)
        found.check_access("write")
        try:
            if found.state != "draft":
                raise Malformed(None, "This job takes no more photos.")
            if not position.isascii() or not position.isdigit() or len(position) > 10:
                raise Malformed("position", "A number of bytes was expected.")
            request.env["hr.face.import.part"].sudo()._take(
                found.sudo(), file, int(position), request.httprequest.get_data()
            )
        except Refused as refused:
            body = {"error": {"code": refused.code, "message": refused.message}}
            return request.make_json_response(body, status=refused.status)
        return request.make_json_response({})

    @route(
        "/hr_face_attendance/import/<int:job>/report",
        type="http",
        auth="user",
        methods=["GET"],
        readonly=True,
    )
    def report(self, job, **_params):
        name, content = self._job(job)._report()
        headers = [
            ("Content-Type", _XLSX),
            ("Content-Disposition", content_disposition(name)),
            *_NO_STORE,
        ]
        return request.make_response(content, headers)

    @staticmethod
    def _job(number):
        """A job that this user may see; otherwise there is none."""
        found = request.env["hr.face.import"].search([("id", "=", number)])
        if not found:
            raise request.not_found()
        return found
