from odoo.http import Controller, content_disposition, request, route


class Export(Controller):
    @route("/hr_face_attendance/export/<int:wizard>", type="http", auth="user", methods=["GET"])
    def export(self, wizard, **_params):
        """The archive of an export wizard, for who opened it; made now and kept nowhere."""
        mine = [("id", "=", wizard), ("create_uid", "=", request.env.uid)]
        found = request.env["hr.face.export.wizard"].search(mine)
        if not found:
            raise request.not_found()
        name, content = found._download()
        headers = [
            ("Content-Type", "application/zip"),
            ("Content-Disposition", content_disposition(name)),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        return request.make_response(content, headers)
