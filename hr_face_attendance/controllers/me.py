"""One's own page: for employees with an account, and by a link for those without.

Plain pages and forms, so that they work on any phone, by keyboard and with a screen reader.
Handlers find out whose page it is and hand over to hr.face.person.
"""

import functools

from odoo.exceptions import UserError
from odoo.http import Controller, content_disposition, request, route

from ..rules import avatar, link
from ..rules.errors import RateLimited

ROOT = "/hr_face_attendance/me"
SESSION_KEY = "hr_face_link"
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; object-src 'none';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
MAX_FORM_BYTES = 16 * 1024


def page(path="", *, methods=("GET",), max_bytes=MAX_FORM_BYTES, **options):
    """A route under ROOT whose handler gets (person, how); answers itself if there is nobody."""

    def decorate(handler):
        @route(
            ROOT + path,
            type="http",
            auth="public",
            methods=list(methods),
            max_content_length=max_bytes,
            **options,
        )
        @functools.wraps(handler)
        def wrapped(self, **params):
            employee, how = whose()
            if not employee:
                return nobody()
            people = request.env["hr.face.person"].sudo()
            person = people._as_person(employee)
            # for the words of the page; companies stay what the user may see
            request.update_context(lang=person.env.lang, tz=person.env.context["tz"])
            return handler(self, person, how, **params)

        return wrapped

    return decorate


def opened_link():
    """The link that this browser opened, if it still works."""
    links = request.env["hr.face.link"].sudo()
    digest = request.session.get(SESSION_KEY)
    return links._by_digest(digest) if digest else links


def whose():
    """(employee, "link" | "portal") of whose page it is; (no employee, why not)."""
    if request.session.get(SESSION_KEY):
        one = opened_link()
        return one.employee_id, "link" if one else "ended"
    if request.env.user._is_public():
        return request.env["hr.employee"], "public"
    employee = request.env["hr.face.person"].sudo()._of_user()
    return employee, "portal" if employee else "no_employee"


def nobody():
    why = whose()[1]
    if why == "public":
        return request.redirect(f"/web/login?redirect={ROOT}", 303)
    return message(why, 403)


def message(what, status):
    return request.render(
        "hr_face_attendance.me_message",
        {"what": what, "lang": request.env.lang, "root": ROOT},
        headers=HEADERS,
        status=status,
    )


def shown(template, person, how, **values):
    values |= {"person": person, "how": how, "root": ROOT, "tab": template}
    return request.render(f"hr_face_attendance.me_{template}", values, headers=HEADERS)


def done(path, what):
    return request.redirect(f"{ROOT}{path}?done={what}", 303)


class Me(Controller):
    @route(f"{ROOT}/open", type="http", auth="public", methods=["GET"])
    def open(self, **_params):
        """The page of every link; whose it is stands in the fragment, which no log ever sees."""
        return message("open", 200)

    @route(
        f"{ROOT}/open/link",
        type="http",
        auth="public",
        methods=["POST"],
        max_content_length=MAX_FORM_BYTES,
    )
    def open_link(self, secret="", **_params):
        """Open a link: from here on the browser's session stands for it."""
        try:
            request.env["ir.http"]._face_throttle(("link", request.httprequest.remote_addr))
            one = request.env["hr.face.link"].sudo()._open(secret)
            if not one:
                request.env["hr.face.throttle"]._count("link", request.httprequest.remote_addr)
                return message("ended", 403)
        except RateLimited:
            return message("too_many", 429)
        request.session[SESSION_KEY] = link.digest(secret)
        request.session.should_rotate = True
        return request.redirect(ROOT, 303)

    @route(f"{ROOT}/close", type="http", auth="public", methods=["POST"])
    def close(self, **_params):
        request.session.pop(SESSION_KEY, None)
        return message("closed", 200)

    @page(readonly=True)
    def home(self, person, how, page="0", done=None, **_params):
        return self._home(person, how, page, done=done)

    def _home(self, person, how, page="0", **values):
        people = request.env["hr.face.person"].sudo()
        number = int(page) if page.isdecimal() and len(page) < 5 else 0
        events, more = people._events(person, number)
        return shown(
            "home",
            person,
            how,
            now=people._now(person),
            days=people._days(person),
            questions=people._questions(person),
            events=events,
            page=number,
            more=more,
            **values,
        )

    @page("/dispute", methods=["POST"])
    def dispute(self, person, how, event="", note="", **_params):
        people = request.env["hr.face.person"].sudo()
        number = int(event) if event.isdecimal() and len(event) < 10 else 0
        try:
            people._dispute(person, number, note, how)
        except UserError as error:
            return self._home(person, how, error=str(error))
        return done("", "dispute")

    @page("/profile", readonly=True)
    def profile(self, person, how, done=None, **_params):
        return self._profile(person, how, done=done)

    def _profile(self, person, how, **values):
        languages = request.env["res.lang"].get_installed()
        return shown("profile", person, how, languages=languages, **values)

    @page("/profile/save", methods=["POST"], max_bytes=avatar.MAX_BYTES + MAX_FORM_BYTES)
    def save_profile(self, person, how, picture=None, **asked):
        content = picture.read(avatar.MAX_BYTES + 1) if picture else None
        try:
            request.env["hr.face.person"].sudo()._save_profile(person, asked, content)
        except UserError as error:
            return self._profile(person, how, error=str(error), asked=asked)
        return done("/profile", "profile")

    @page("/consent", readonly=True)
    def consent(self, person, how, done=None, **_params):
        return self._consent(person, how, done=done)

    def _consent(self, person, how, **values):
        consent = request.env["hr.face.person"].sudo()._consent(person)
        return shown("consent", person, how, consent=consent, **values)

    @page("/consent/give", methods=["POST"])
    def give(self, person, how, version="", agree=None, **_params):
        if not agree:
            return self._consent(person, how, error=request.env._("Tick the box if you agree."))
        people = request.env["hr.face.person"].sudo()
        number = int(version) if version.isdecimal() and len(version) < 10 else 0
        try:
            people._agree(person, number, how)
        except UserError as error:
            return self._consent(person, how, error=str(error))
        return done("/consent", "given")

    @page("/consent/withdraw", methods=["POST"])
    def withdraw(self, person, how, **_params):
        request.env["hr.face.person"].sudo()._withdraw(person)
        return done("/consent", "withdrawn")

    @page("/privacy", readonly=True)
    def privacy(self, person, how, **_params):
        accesses = request.env["hr.face.person"].sudo()._accesses(person)
        return shown("privacy", person, how, accesses=accesses)

    @page("/export", methods=["POST"])
    def export(self, person, _how, **_params):
        name, content = request.env["hr.face.person"].sudo()._export(person)
        headers = HEADERS | {
            "Content-Type": "application/zip",
            "Content-Disposition": content_disposition(name),
        }
        return request.make_response(content, list(headers.items()))
