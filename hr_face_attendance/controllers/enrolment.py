"""The page behind an enrolment link, and the pictures of people who may be looked at."""

from odoo.exceptions import UserError
from odoo.http import Controller, request, route

from ..models.hr_face_enrolment_link import PAGE
from ..rules.errors import RateLimited

_NO_STORE = [("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")]


class Enrolment(Controller):
    @route(PAGE, type="http", auth="public", methods=["GET"], sitemap=False, readonly=True)
    def page(self, lang=None, **_params):
        """The same page for everybody; whose it is follows from the fragment of its address."""
        installed = {code for code, _name in request.env["res.lang"].get_installed()}
        if lang in installed:
            request.update_context(lang=lang)
        headers = {
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Frame-Options": "DENY",
        }
        values = {
            "session_info": request.env["ir.http"].get_frontend_session_info(),
            "lang": request.env.context.get("lang") or "en_US",
        }
        response = request.render("hr_face_attendance.enrol_page", values)
        response.headers.update(headers)
        return response

    @route(f"{PAGE}/<any(screen,consent,token,finish):step>", type="jsonrpc", auth="public")
    def step(self, step, secret=None, version=None, **_params):
        """One step of whoever holds the link; every answer is the screen that follows.

        `over` for a link that is used up, revoked, expired or wrong: nobody learns which.
        """
        try:
            request.env["ir.http"]._face_throttle(("link", request.httprequest.remote_addr))
            session = request.env["hr.face.enrolment"]._by_link(secret)
            if not session:
                request.env["hr.face.throttle"]._count("link", request.httprequest.remote_addr)
                return {"over": True}
        except RateLimited as error:
            raise UserError(request.env._("Please wait a moment, then try again.")) from error
        session = session.with_context(lang=request.env.lang or session._link_lang())
        if step == "token":
            return session._token() or {"service": None}
        if step == "consent":
            session._link_consent(version)
        if step == "finish":
            return {"over": True, "review": session._link_finish()}
        return session._link_screen()

    @route(
        "/hr_face_attendance/<any(capture,image):kind>/<int:number>",
        type="http",
        auth="user",
        methods=["GET"],
    )
    def picture(self, kind, number, **_params):
        """A picture for whoever may see it; the look is noted in the same transaction."""
        found = request.env[f"hr.face.{kind}"].search([("id", "=", number)])
        if not found:
            raise request.not_found()
        shown = found._show() if kind == "capture" else found._show(request.env._("Looked at"))
        if not shown:
            raise request.not_found()
        return request.make_response(shown, [("Content-Type", "image/jpeg"), *_NO_STORE])
