"""Device API v1: see wire/ for the bodies, models for what they do.

Handlers read, hand over and answer. Refusals are exceptions (rules.errors), turned into
wire/error.v1 by ir.http, so a refused request is rolled back.
"""

from odoo.http import Controller, request, route

from ..models.ir_http import refusal
from ..rules import wire, wire_enrolment, wire_pairing, wire_sheet, wire_terminals
from ..rules.errors import Refused
from ..rules.reader import load_json


def api_route(
    path, *, methods, auth="face_device", max_bytes=wire_pairing.MAX_SMALL_BYTES, **options
):
    return route(
        f"/hr_face_attendance/v1/{path}",
        type="http",
        auth=auth,
        methods=methods,
        csrf=False,
        save_session=False,
        max_content_length=max_bytes,
        **options,
    )


def answer(body, headers=None):
    """With the database's name: who says it with the next request spares Odoo looking it up."""
    named = {"X-Odoo-Database": request.db}
    return request.make_json_response(body, headers=named | (headers or {}))


def device():
    """The calling device, as the user who may do little."""
    return request.env["hr.face.device"].browse(request.env.context["face_device_id"])


def body():
    return load_json(request.httprequest.get_data())


class DeviceApi(Controller):
    @api_route("pair", methods=["POST"], auth="public")
    def pair(self, **_params):
        """Answers refusals itself: they must be counted, so they may not be rolled back."""
        try:
            asked = wire_pairing.parse_pair(body())
            request.env["hr.face.pair.attempt"].sudo()._check(request.httprequest.remote_addr)
            paired, token = request.env["hr.face.device"].sudo()._redeem(asked)
        except Refused as refused:
            return refusal(refused)
        return answer(paired._api_pair(token))

    @api_route("token", methods=["POST"], auth="public")
    def token(self, **_params):
        """For registered programs; a kiosk's page gets its token from Odoo's session."""
        request.env["ir.http"]._face_throttle(("token", request.httprequest.remote_addr))
        asked = wire_pairing.parse_token(body())
        clients = request.env["hr.face.client"].sudo()
        return answer(clients._by_secret(asked.client_id, asked.client_secret)._api_token(asked))

    @api_route("rotation", methods=["POST"])
    def rotation(self, **_params):
        return answer(device().sudo()._api_rotation(wire_pairing.parse_rotation(body())))

    @api_route("unlock", methods=["POST"])
    def unlock(self, **_params):
        return answer(device().sudo()._api_unlock())

    @api_route("config", methods=["GET"], readonly=True)
    def config(self, **_params):
        config = device()._api_config()
        known = request.httprequest.headers.get("If-None-Match", "")
        quoted = f'"{config["etag"]}"'
        if config["etag"] in {
            tag.strip().removeprefix("W/").strip('"') for tag in known.split(",")
        }:
            return request.make_response(
                "", headers={"ETag": quoted, "X-Odoo-Database": request.db}, status=304
            )
        return answer(config, headers={"ETag": quoted})

    @api_route("gallery", methods=["GET"], readonly=True)
    def gallery(self, cursor="", **_params):
        changes = request.env["hr.face.gallery.change"].sudo()
        return answer(changes._gallery_page(device().sudo(), cursor))

    @api_route("events", methods=["POST"], max_bytes=wire.MAX_EVENTS_BYTES)
    def events(self, **_params):
        log = request.env["hr.face.event"]
        documents, backlog = wire.parse_events(body())
        events = log._read_events(documents)
        log._lock_people(events)
        return answer({"results": log._ingest(device(), events, backlog)})

    @api_route("enrolments", methods=["POST"], max_bytes=wire_enrolment.MAX_ENROLMENTS_BYTES)
    def enrolments(self, **_params):
        people = wire.parse_list(body(), "enrolments", high=wire_enrolment.MAX_ENROLMENTS)
        return answer({"results": request.env["hr.face.template"]._enrol(device(), people)})

    @api_route("erasures", methods=["POST"])
    def erasures(self, **_params):
        return answer({"results": device()._api_erasures(wire_enrolment.parse_erasures(body()))})

    @api_route("terminals", methods=["POST"], max_bytes=wire_terminals.MAX_TERMINALS_BYTES)
    def terminals(self, **_params):
        reports = wire_terminals.parse_terminals(body())
        return answer({"results": device()._api_terminals(reports)})

    @api_route("heartbeat", methods=["POST"])
    def heartbeat(self, **_params):
        return answer(device()._api_heartbeat(body()))

    @api_route("commissioning", methods=["POST"])
    def commissioning(self, **_params):
        sheet = wire_sheet.parse_sheet(body())
        return answer(request.env["hr.face.commissioning"].sudo()._receive(device().sudo(), sheet))
