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
        name, content = download
        headers = [
            ("Content-Type", _XLSX),
            ("Content-Disposition", content_disposition(name)),
            *_NO_STORE,
        ]
        return request.make_response(content, headers)
