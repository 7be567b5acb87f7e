"""The kiosk page's own calls. Each names the kiosk by its key, a gate's or its company's, and is
answered what that kiosk's screen shows: docs/kiosk.md.
"""

from odoo.exceptions import UserError
from odoo.http import Controller, request, route
from odoo.tools import file_open, py_to_js_locale

from ..models.hr_face_gate_kiosk import FACE_MODES
from ..rules import kiosk
from .kiosk import Kiosk

_SCOPE = "/hr_attendance/"
_ICONS = "/hr_face_attendance/static/src/kiosk/icons/"


class FacePage(Kiosk):
    @route()
    def open_kiosk_mode(self, token, from_trial_mode=False):
        """Core's page; for a gate's kiosk in that gate's language, with what its camera needs."""
        gate = _gate(token)
        if gate:
            request.update_context(lang=gate.lang)
        response = super().open_kiosk_mode(token, from_trial_mode=from_trial_mode)
        info = getattr(response, "qcontext", {}).get("kiosk_backend_info")
        if gate and info and info["kiosk_mode"] != "settings":
            info |= {"kiosk_mode": gate._kiosk_mode(token), "lang": py_to_js_locale(gate.lang)}
            language = request.env["res.lang"]._get_data(code=gate.lang)
            response.qcontext["face_kiosk"] = {
                "session": request.env["ir.http"].get_frontend_session_info()
                | {"face_kiosk": {"channel": f"hr_face_kiosk:{token}", "gate": gate.name}},
                "manifest": f"/hr_face_attendance/kiosk/manifest/{token}",
                "direction": language.direction or "ltr",
            }
        return response


class FaceKiosk(Controller):
    @route("/hr_face_attendance/kiosk/session", type="jsonrpc", auth="public")
    def session(self, token):
        gate = _gate(token)
        return gate._kiosk_session(token) if gate else {}

    @route("/hr_face_attendance/kiosk/result", type="jsonrpc", auth="public", readonly=True)
    def result(self, token, event):
        """What came of an event of this kiosk's gate; {} while it has not arrived."""
        gate = _gate(token)
        found = gate and request.env["hr.face.event"]._at_kiosk(gate, event)
        return found._kiosk_view() if found else {}

    @route("/hr_face_attendance/kiosk/correct", type="jsonrpc", auth="public")
    def correct(self, token, event, kind):
        """ "Not me" or "wrong direction", by whoever has just been shown this event."""
        gate = _gate(token)
        if not gate or gate._kiosk_mode(token) not in FACE_MODES:
            return {}
        found = request.env["hr.face.event"]._at_kiosk(gate, event)
        if not found:
            raise UserError(request.env._("This can no longer be corrected here; please tell HR."))
        found._kiosk_correct(kind)
        return found._kiosk_view()

    @route("/hr_face_attendance/kiosk/claim", type="jsonrpc", auth="public")
    def claim(self, token, employee_id=None, pin=None, badge=None):
        """A service token that says whose PIN or badge was shown; {} if it was wrong."""
        gate = _gate(token)
        if not gate or gate._kiosk_mode(token) not in FACE_MODES:
            return {}
        people = request.env["hr.employee"].sudo()
        same_company = ("company_id", "=", gate.company_id.id)
        employee, factor = people, "badge"
        if isinstance(badge, str) and badge:
            asked = [("barcode", "=", badge), same_company]
        elif kiosk.is_id(employee_id) and isinstance(pin, str) and pin:
            asked, factor = [("id", "=", employee_id), same_company], "pin"
            employee = people.search(asked)
        else:
            return {}
        attempt = Kiosk._attempt(gate.company_id, employee)
        employee = people.search(asked, limit=1)
        if not employee or (factor == "pin" and not (employee.pin and employee.pin == pin)):
            return {}
        attempt.unlink()
        return gate._face_service_token(shown=(employee, factor)) or {}

    @route("/hr_face_attendance/kiosk/manifest/<token>", type="http", auth="public", readonly=True)
    def manifest(self, token):
        """What makes the page installable; its scope is this one kiosk."""
        gate = _gate(token)
        if not gate:
            return request.not_found()
        sizes = {"192": "any", "512": "any maskable"}
        body = {
            "name": request.env._("Attendance at %s", gate.name),
            "short_name": gate.name,
            "lang": py_to_js_locale(gate.lang),
            "id": _SCOPE + token,
            "start_url": _SCOPE + token,
            "scope": _SCOPE + token,
            "display": "fullscreen",
            "background_color": "#15171c",
            "theme_color": "#15171c",
            "icons": [
                {
                    "src": f"{_ICONS}kiosk-{size}.png",
                    "sizes": f"{size}x{size}",
                    "type": "image/png",
                    "purpose": purpose,
                }
                for size, purpose in sizes.items()
            ],
        }
        headers = {"Content-Type": "application/manifest+json", "Cache-Control": "no-store"}
        return request.make_json_response(body, headers=headers)

    @route("/hr_face_attendance/kiosk/service_worker.js", type="http", auth="public", readonly=True)
    def service_worker(self):
        """Keeps the page's shell, so that it opens while the server is away."""
        with file_open("hr_face_attendance/static/src/kiosk/service_worker.js", "rb") as file:
            body = file.read()
        headers = [
            ("Content-Type", "text/javascript"),
            ("Service-Worker-Allowed", _SCOPE),
            ("Cache-Control", "no-cache"),
        ]
        return request.make_response(body, headers=headers)


def _gate(token):
    return request.env["hr.face.gate"]._by_kiosk_key(token)
