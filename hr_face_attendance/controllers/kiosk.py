"""Core's kiosk routes, closed to what the kiosk page itself does not ask.

They are public: the address of a kiosk is on a screen in the hall. Core evaluates a client's
domain as superuser there, so that badges, PINs and wages can be probed, lets anybody change the
mode, counts no wrong PINs, and may wait for a geocoder on the internet.
"""

from odoo.addons.hr_attendance.controllers.main import HrAttendance
from odoo.exceptions import AccessError, UserError
from odoo.http import request, route

from ..rules import kiosk

_MANAGER = "hr_attendance.group_hr_attendance_manager"


class Kiosk(HrAttendance):
    @staticmethod
    def _get_company(token):
        if not kiosk.is_key(token):
            return request.env["res.company"]
        if kiosk.is_gate_key(token):
            return request.env["hr.face.gate"]._by_kiosk_key(token).company_id
        return HrAttendance._get_company(token)

    @staticmethod
    def _get_geoip_response(mode, latitude=False, longitude=False, device_tracking_enabled=True):
        """Where the kiosk stands, without asking a server on the internet while somebody waits."""
        if not device_tracking_enabled:
            return {"mode": mode}
        place = request.geoip
        names = [name for name in (place.city.name, place.country.name) if name]
        return {
            "mode": mode,
            "location": ", ".join(names) or request.env._("Unknown"),
            "latitude": _degrees(latitude) or place.location.latitude or False,
            "longitude": _degrees(longitude) or place.location.longitude or False,
            "ip_address": place.ip,
            "browser": request.httprequest.user_agent.browser,
        }

    @route()
    def employees_infos(self, token, limit, offset, domain):
        try:
            asked = kiosk.read_search(domain, limit, offset)
        except kiosk.NotAsked as error:
            raise UserError(str(error)) from error
        clean = [("name", "ilike", asked.name)] if asked.name else []
        if asked.department:
            clean.append(("department_id", "=", asked.department))
        return super().employees_infos(token, asked.limit, asked.offset, clean)

    @route()
    def employee_attendance_data(self, token, employee_id):
        """Where PINs are asked for, what their screen shows; hours come after the PIN."""
        if not kiosk.is_id(employee_id):
            return {}
        data = super().employee_attendance_data(token, employee_id)
        if not data.get("use_pin"):
            return data
        shown = (
            *("id", "employee_name", "employee_avatar", "attendance_state"),  # the list shows it
            *("use_pin", "kiosk_delay"),
        )
        return {name: data[name] for name in shown if name in data}

    @route()
    def manual_selection(self, token, employee_id, pin_code, latitude=False, longitude=False):
        company = self._get_company(token)
        employee = request.env["hr.employee"].sudo()
        if kiosk.is_id(employee_id):
            employee = employee.search(
                [("id", "=", employee_id), ("company_id", "in", company.ids)]
            )
        if not employee:
            return {}
        if not company.attendance_kiosk_use_pin:
            return super().manual_selection(token, employee_id, False, latitude, longitude)
        attempt = self._attempt(company, employee)
        # An employee without a PIN would otherwise be let in by sending none.
        if not (isinstance(pin_code, str) and pin_code and employee.pin):
            return {}
        answer = super().manual_selection(token, employee_id, pin_code, latitude, longitude)
        if answer:
            attempt.unlink()
        return answer

    @route()
    def scan_barcode(self, token, barcode):
        """A badge is a text; `false` would find somebody without a badge."""
        company = self._get_company(token)
        if not (company and isinstance(barcode, str) and barcode):
            return {}
        attempt = self._attempt(company, request.env["hr.employee"])
        answer = super().scan_barcode(token, barcode)
        if answer:
            attempt.unlink()
        return answer

    @route()
    def set_attendance_settings(self, token, mode):
        """For managers of this company; core lets anybody who knows the address."""
        company = self._get_company(token)
        user = request.env.user
        if not company or company not in user.company_ids or not user.has_group(_MANAGER):
            raise AccessError(request.env._("Only a manager of attendance may change the kiosk."))
        company.attendance_kiosk_mode = mode

    @staticmethod
    def _attempt(company, employee):
        attempts = request.env["hr.face.kiosk.attempt"].sudo()
        return attempts._reserve(company, request.httprequest.remote_addr, employee)


def _degrees(value):
    """A coordinate from a client, or False."""
    plain = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value if plain and -180 <= value <= 180 else False
