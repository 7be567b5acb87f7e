from odoo.exceptions import AccessError, UserError
from odoo.http import Controller, content_disposition, request, route

from .imports import _NO_STORE, _XLSX


class Sheets(Controller):
    @route(
        "/hr_face_attendance/sheet/<int:number>",
        type="http",
        auth="user",
        methods=["GET"],
        readonly=True,
    )
    def sheet(self, number, **_params):
        """A sheet for who asked for it: made now if it is small, else as it was made."""
        found = request.env["hr.face.sheet"].search([("id", "=", number)])
        download = found and found._download()
        if not download:
            raise request.not_found()
        return self._file(*download)

    @route(
        "/hr_face_attendance/session/<int:number>/sheet",
        type="http",
        auth="user",
        methods=["GET"],
        readonly=True,
    )
    def session(self, number, **_params):
        """The list of a session, for whoever may open its page."""
        try:
            download = request.env["hr.face.journal"]._session_sheet(number)
        except UserError as error:
            if isinstance(error, AccessError):
                raise
            raise request.not_found() from error
        return self._file(*download)

    @staticmethod
    def _file(name, content):
        headers = [
            ("Content-Type", _XLSX),
            ("Content-Disposition", content_disposition(name)),
            *_NO_STORE,
        ]
        return request.make_response(content, headers)
