"""Photos of roll calls on their way in and onto the reviewer's screen, and the result's sheet."""

from odoo.exceptions import AccessError
from odoo.http import Controller, content_disposition, request, route

from ..models.ir_http import refusal
from ..rules.errors import Malformed, Refused
from ..rules.reader import UUID
from ..rules.roll_call import MOST_PHOTO_BYTES

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NO_STORE = [("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")]
_PAGE = "/hr_face_attendance/roll-call/<int:number>"


class RollCall(Controller):
    @route(
        f"{_PAGE}/photo",
        type="http",
        auth="user",
        methods=["POST"],
        csrf=False,  # checked here, from a header: a form would be kept in a temporary file
        max_content_length=MOST_PHOTO_BYTES + 1024,
    )
    def take(self, number, **_params):
        """A photo as the body; `X-Photo` is the UUID that the page made for it."""
        headers = request.httprequest.headers
        call = _found(number)._acting()
        try:
            if not request.validate_csrf(headers.get("X-CSRF-Token", "")):
                raise Malformed(None, "The page is out of date: open it again.")
            uuid = headers.get("X-Photo", "")
            if not UUID.fullmatch(uuid):
                raise Malformed("X-Photo", "A UUID was expected.")
            call._take(uuid, request.httprequest.get_data())
        except Refused as refused:
            return refusal(refused)
        return request.make_json_response({})

    @route(f"{_PAGE}/photo/<int:photo>", type="http", auth="user", methods=["GET"], readonly=True)
    def photo(self, number, photo, **_params):
        call = _found(number)._acting()
        found = call.photo_ids.filtered(lambda one: one.id == photo)
        if not found:
            raise request.not_found()
        return request.make_response(found._unseal(), [("Content-Type", found.kind), *NO_STORE])

    @route(f"{_PAGE}/sheet", type="http", auth="user", methods=["GET"], readonly=True)
    def sheet(self, number, **_params):
        return sheet_of(_found(number))


def sheet_of(call):
    name, content = call._sheet()
    kind = [("Content-Type", XLSX), ("Content-Disposition", content_disposition(name))]
    return request.make_response(content, [*kind, *NO_STORE])


def _found(number):
    """A roll call that this user may see; otherwise there is none."""
    calls = request.env["hr.face.roll.call"]
    if not calls.has_access("read"):
        raise AccessError(request.env._("You may not see roll calls."))
    found = calls.search([("id", "=", number)])
    if not found:
        raise request.not_found()
    return found
