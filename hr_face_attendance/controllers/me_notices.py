"""Notifications on one's own page: what to be told, and on which phones."""

from odoo.exceptions import UserError
from odoo.http import Controller, request, route
from odoo.tools import file_open

from ..rules import notice
from ..rules.errors import ServerError
from .me import HEADERS, ROOT, done, opened_link, page, shown


class Notices(Controller):
    @page("/notices")
    def notices(self, person, how, done=None, **_params):
        return self._notices(person, how, done=done)

    def _notices(self, person, how, **values):
        people = request.env["hr.face.person"].sudo()
        try:
            key = request.env["hr.face.push.key"]._ensure().public_key
        except ServerError:  # no key file: everything else of the page works
            key = None
        return shown(
            "notices", person, how, script=True, push_key=key, **people._notices(person), **values
        )

    @page("/notices/save", methods=["POST"])
    def save(self, person, how, quiet_from="", quiet_until="", **asked):
        kinds = [name for name in notice.KINDS if asked.get(name)]
        try:
            request.env["hr.face.notice.choice"]._choose(person, kinds, quiet_from, quiet_until)
        except UserError as error:
            return self._notices(person, how, error=str(error))
        return done("/notices", "saved")

    @page("/notices/subscribe", methods=["POST"])
    def subscribe(self, person, _how, endpoint="", p256dh="", auth="", **_params):
        """By the page's script, with what the browser says of its subscription."""
        agent = request.httprequest.user_agent
        label = " · ".join(part.capitalize() for part in (agent.browser, agent.platform) if part)
        try:
            request.env["hr.face.person"].sudo()._subscribe(
                person, endpoint, p256dh, auth, label, opened_link()
            )
        except UserError as error:
            return request.make_json_response({"error": str(error)}, status=400)
        return request.make_json_response({})

    @page("/notices/unsubscribe", methods=["POST"])
    def unsubscribe(self, person, _how, phone="", **_params):
        number = int(phone) if phone.isdecimal() and len(phone) < 10 else 0
        request.env["hr.face.push.subscription"]._unsubscribe(person, number)
        return done("/notices", "removed")

    @route(f"{ROOT}/worker.js", type="http", auth="public", methods=["GET"], save_session=False)
    def worker(self, **_params):
        """The service worker, at an address that its scope begins with."""
        with file_open("hr_face_attendance/static/src/person/worker.js") as file:
            content = file.read()
        headers = HEADERS | {
            "Content-Type": "text/javascript; charset=utf-8",
            "Cache-Control": "no-cache",
        }
        return request.make_response(content, list(headers.items()))

    @route(
        f"{ROOT}/app.webmanifest", type="http", auth="public", methods=["GET"], save_session=False
    )
    def manifest(self, **_params):
        """So that the page can be put on the home screen, which iPhones ask for."""
        icon = {
            "src": "/hr_face_attendance/static/description/icon.png",
            "sizes": "128x128",
            "type": "image/png",
        }
        content = {
            "name": request.env._("My attendance"),
            "start_url": ROOT,
            "scope": ROOT,
            "display": "standalone",
            "icons": [icon],
        }
        headers = {"Content-Type": "application/manifest+json", "Cache-Control": "no-cache"}
        return request.make_json_response(content, headers)
