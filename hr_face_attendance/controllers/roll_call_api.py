"""Roll calls for registered programs: see wire/roll_call.v1."""

from odoo.http import Controller, request

from ..rules.errors import Malformed, NotFound
from ..rules.reader import UUID
from ..rules.wire_roll_call import MAX_ROLL_CALL_BYTES, parse_roll_call
from .device_api import answer, api_route, body
from .roll_call import sheet_of


class RollCallApi(Controller):
    @api_route("roll-calls", methods=["POST"], auth="face_client", max_bytes=MAX_ROLL_CALL_BYTES)
    def begin(self, **_params):
        """Answers at once; the photos are looked at in the background."""
        asked = parse_roll_call(body())
        call = _calls()._api_begin(_client(), asked)
        return answer(call._api_result(_base()))

    @api_route("roll-calls/<string:uuid>", methods=["GET"], auth="face_client", readonly=True)
    def result(self, uuid, **_params):
        return answer(_found(uuid)._api_result(_base()))

    @api_route("roll-calls/<string:uuid>/sheet", methods=["GET"], auth="face_client", readonly=True)
    def sheet(self, uuid, **_params):
        call = _found(uuid)
        if call.state not in {"review", "confirmed"}:
            raise NotFound("The photos have not been looked at.")
        return sheet_of(call)


def _client():
    return request.env["hr.face.client"].sudo().browse(request.env.context["face_client_id"])


def _calls():
    return request.env["hr.face.roll.call"].sudo()


def _base():
    return request.env["ir.config_parameter"].sudo().get_param("web.base.url")


def _found(uuid):
    if not UUID.fullmatch(uuid):
        raise Malformed("uuid", "A lower-case UUID was expected.")
    found = _calls()._api_find(_client(), uuid)
    if not found:
        raise NotFound("There is no such roll call.")
    return found
