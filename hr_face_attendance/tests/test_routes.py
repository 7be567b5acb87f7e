"""Every HTTP route of the addon, and core's kiosk routes, asked by everybody.

A new route needs a line in ROUTES, or `test_every_route_has_a_line` fails. What a line says is
what each caller gets; who is not named gets what "else" says:

    ok        an answer of its own (200, or a JSON-RPC result that says something)
    empty     a JSON-RPC result that says nothing ({}, [] or false)
    login     sent to the login page
    error     a JSON-RPC error (no access, or not valid)
    NNN       that HTTP status
"""

import json
import re
from contextlib import contextmanager

from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..models import ir_http
from .common import ApiCase
from .test_roles import ROLES

API = "/hr_face_attendance/v1/"
ME = "/hr_face_attendance/me"
USERS = ("employee", "attendance", "operator", "officer", "manager", "auditor")
LAST = "kiosk_mode_menu"
"""Core logs the user out who opens the kiosk: asked after all others."""
CALLERS = (
    "public",
    *USERS,
    "link",
    "kiosk",
    "kiosk_elsewhere",
    "wrong_token",
    "device",
    "device_elsewhere",
    "device_revoked",
)
"""`kiosk…`: without an account, with the key of this or the other company's kiosk in the body;
`device…`: with a device's bearer token; `link`: without an account, having opened a link."""

DEVICE = {"device": "ok", "device_elsewhere": "ok", "else": "401"}
"""The other company's device is served, with what is its own company's."""
OWN_PAGE = {"link": "ok", "employee": "ok", "else": "login", **dict.fromkeys(USERS[1:], "403")}
"""Users without an employee record of their own have no page."""
KIOSK = {"kiosk": "ok", "else": "empty"}
"""Somebody of this company is asked for; the other company's key finds nobody."""
MANAGED = {"kiosk": "error", "kiosk_elsewhere": "error", "else": "empty"}
OFFICERS = {
    "else": "login",
    **dict.fromkeys(USERS, "404"),
    **dict.fromkeys(("employee", "attendance", "operator"), "403"),
}
"""There is no such record."""

ROUTES = {
    # the device API (a body that says nothing is refused after the caller is known)
    f"{API}config": DEVICE,
    f"{API}gallery": DEVICE,
    f"{API}heartbeat": DEVICE | {"device": "400", "device_elsewhere": "400"},
    f"{API}events": DEVICE | {"device": "400", "device_elsewhere": "400"},
    f"{API}enrolments": DEVICE | {"device": "400", "device_elsewhere": "400"},
    f"{API}erasures": DEVICE | {"device": "400", "device_elsewhere": "400"},
    f"{API}rotation": DEVICE | {"device": "400", "device_elsewhere": "400"},
    f"{API}unlock": DEVICE,
    f"{API}terminals": DEVICE | {"device": "400", "device_elsewhere": "400"},
    f"{API}commissioning": DEVICE | {"device": "400", "device_elsewhere": "400"},
    f"{API}pair": {"else": "400"},
    f"{API}token": {"else": "400"},
    f"{API}roll-calls": {"else": "401"},  # a registered program's token: test_roll_call
    f"{API}roll-calls/<string:uuid>": {"else": "401"},
    f"{API}roll-calls/<string:uuid>/sheet": {"else": "401"},
    # one's own page
    ME: OWN_PAGE,
    f"{ME}/profile": OWN_PAGE,
    f"{ME}/consent": OWN_PAGE,
    f"{ME}/privacy": OWN_PAGE,
    f"{ME}/notices": OWN_PAGE,
    f"{ME}/open": {"else": "ok"},
    f"{ME}/open/link": {"else": "400"},
    f"{ME}/close": {"else": "400"},
    f"{ME}/dispute": {"else": "400"},
    f"{ME}/profile/save": {"else": "400"},
    f"{ME}/consent/give": {"else": "400"},
    f"{ME}/consent/withdraw": {"else": "400"},
    f"{ME}/export": {"else": "400"},
    f"{ME}/notices/save": {"else": "400"},
    f"{ME}/notices/subscribe": {"else": "400"},
    f"{ME}/notices/unsubscribe": {"else": "400"},
    f"{ME}/worker.js": {"else": "ok"},
    f"{ME}/app.webmanifest": {"else": "ok"},
    # for users
    "/hr_face_attendance/export/<int:wizard>": {"else": "login", **dict.fromkeys(USERS, "404")}
    | dict.fromkeys(("employee", "attendance", "operator", "officer", "auditor"), "403"),
    "/hr_face_attendance/import/<int:job>/part": {"else": "login", **dict.fromkeys(USERS, "400")},
    "/hr_face_attendance/import/<int:job>/report": {
        "else": "login",
        **dict.fromkeys(USERS, "404"),
        **dict.fromkeys(("employee", "attendance", "operator"), "403"),
    },
    "/hr_face_attendance/roll-call/<int:number>/photo": OFFICERS,
    "/hr_face_attendance/roll-call/<int:number>/photo/<int:photo>": OFFICERS,
    "/hr_face_attendance/roll-call/<int:number>/sheet": OFFICERS,
    "/hr_face_attendance/<any(capture,image):kind>/<int:number>": {
        "else": "login",
        **dict.fromkeys(USERS, "404"),
        **dict.fromkeys(("employee", "attendance", "operator"), "403"),
    },
    "/hr_face_attendance/sheet/<int:number>": {
        "else": "login",
        **dict.fromkeys(USERS, "404"),
        **dict.fromkeys(("employee", "attendance", "operator"), "403"),
    },
    "/hr_face_attendance/session/<int:number>/sheet": {
        "else": "login",
        **dict.fromkeys(USERS, "404"),
        **dict.fromkeys(("employee", "attendance", "operator"), "403"),
    },
    # enrolment by a link: the page is everybody's, a step without a link is over
    "/hr_face_attendance/enrol": {"else": "ok"},
    "/hr_face_attendance/enrol/<any(screen,consent,token,finish):step>": {"else": "ok"},
    # our kiosk
    "/hr_face_attendance/kiosk/session": {"else": "empty"},  # for a gate's own key only
    "/hr_face_attendance/kiosk/result": {"else": "empty"},
    "/hr_face_attendance/kiosk/correct": {"else": "empty"},
    "/hr_face_attendance/kiosk/claim": {"else": "empty"},
    "/hr_face_attendance/kiosk/manifest/<token>": {"else": "404"},
    "/hr_face_attendance/kiosk/service_worker.js": {"else": "ok"},
    # core's kiosk
    "/hr_attendance/<token>": {"kiosk": "ok", "kiosk_elsewhere": "ok", "else": "404"},
    "/hr_attendance/employees_infos": KIOSK | {"kiosk_elsewhere": "ok"},  # its own people
    "/hr_attendance/attendance_employee_data": KIOSK,
    "/hr_attendance/attendance_barcode_scanned": KIOSK,
    "/hr_attendance/manual_selection": KIOSK,
    "/hr_attendance/set_settings": {"else": "error"},
    "/hr_attendance/get_employees_without_badge": MANAGED,
    "/hr_attendance/set_badge": MANAGED,
    "/hr_attendance/create_employee": MANAGED,
    "/hr_attendance/kiosk_mode_menu/<int:company_id>": {
        "else": "login",
        **dict.fromkeys(USERS, "404"),
        **dict.fromkeys(("attendance", "manager"), "ok"),
    },
    "/hr_attendance/kiosk_keepalive": {"else": "error", **dict.fromkeys(USERS, "empty")},
    "/hr_attendance/systray_check_in_out": {"else": "error", "employee": "ok"},
    "/hr_attendance/attendance_user_data": {"else": "error", "employee": "ok"}
    | dict.fromkeys(USERS[1:], "empty"),
}
SHOWN = {
    "/hr_attendance/employees_infos": {
        *("records", "length"),
        *("id", "display_name", "job_id", "avatar", "status", "mode"),
    },
    "/hr_attendance/attendance_employee_data": {
        *("id", "employee_name", "employee_avatar", "attendance_state", "use_pin", "kiosk_delay")
    },
}
"""Everything a kiosk's key yields, by name, before anybody has shown badge or PIN."""


@tagged("post_install", "-at_install", "face_routes")
class TestRoutes(ApiCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.company.attendance_kiosk_use_pin = True
        self.mara.pin = "4711"
        self.other = self.env["res.company"].create({"name": "Other"})
        options = {"company_id": self.company.id, "company_ids": self.company.ids}
        for role in USERS:
            login = f"face_{role}"
            new_test_user(self.env, login, ROLES[role], password=login, **options)
        self.mara.user_id = self.env["res.users"].search([("login", "=", "face_employee")])
        self.link = self.env["hr.face.link"]._make(self.idris)[1]
        self.fakes = {
            "device": self._pair(self.device),
            "device_elsewhere": self._pair(self._device("Elsewhere", self.other)),
        }
        revoked = self._device("Revoked", self.company)
        self.fakes["device_revoked"] = self._pair(revoked)
        revoked.action_revoke()
        self.keys = {
            "kiosk": self.company.attendance_kiosk_key,
            "kiosk_elsewhere": self.other.attendance_kiosk_key,
            "wrong_token": "f" * 32,
        }

    def _device(self, name, company):
        return self.env["hr.face.device"].create({"name": name, "company_id": company.id})

    @contextmanager
    def caller(self, name):
        ir_http._buckets.clear()
        if name in USERS:
            self.authenticate(f"face_{name}", f"face_{name}")
        else:
            self.authenticate(None, None)
        if name == "link":
            token = re.search(r'csrf_token" value="([^"]+)"', self.url_open(f"{ME}/open").text)[1]
            opened = {"csrf_token": token, "secret": self.link}
            self.url_open(f"{ME}/open/link", data=opened)
        with mute_logger("odoo.http", "odoo.addons.base.models.ir_rule"):
            yield

    def rules(self):
        """{path: methods} of our own and core's kiosk routes, from the routing map."""
        routes = {}
        for rule in self.env["ir.http"].routing_map().iter_rules():
            if rule.rule.startswith(("/hr_face_attendance/", "/hr_attendance/")):
                routes[rule.rule] = rule
        return routes

    def ask(self, rule, name):
        """What this caller gets of this route, in the words of ROUTES."""
        path = re.sub(r"<(int:)?company_id>", str(self.company.id), rule.rule)
        path = re.sub(r"<int:\w+>", "1", path)
        path = path.replace("<any(capture,image):kind>", "image")
        path = path.replace("<any(screen,consent,token,finish):step>", "screen")
        path = path.replace("<token>", self.keys.get(name, "x"))
        headers = {}
        if name in self.fakes:
            headers = self.fakes[name].headers
        elif name == "wrong_token":
            headers = {"Authorization": "Bearer fd_" + "x" * 43}
        if rule.endpoint.routing["type"] == "jsonrpc":
            return self.ask_rpc(path, name, headers)
        is_get = "GET" in (rule.endpoint.routing["methods"] or ["GET"])
        if is_get:
            answer = self.url_open(path, headers=headers, allow_redirects=False)
        elif path.startswith(API):
            answer = self.url_open(
                path, json={}, headers=headers, allow_redirects=False, method="POST"
            )
        else:
            answer = self.url_open(path, data={"x": 1}, headers=headers, allow_redirects=False)
        if "/web/login" in answer.headers.get("Location", ""):
            return "login"
        return "ok" if answer.status_code < 400 else str(answer.status_code)

    def ask_rpc(self, path, name, headers):
        wanted = {
            "token": self.keys.get(name, "x"),
            "limit": 5,
            "offset": 0,
            "domain": [],
            "employee_id": self.mara.id,
            "barcode": "F001",
            "pin_code": "4711",
            "mode": "barcode",
            "badge": "STOLEN",
            "name": "Somebody new",
            "event": "00000000-0000-4000-8000-000000000000",
            "kind": "void",
        }
        if "/kiosk/claim" in path:
            wanted = {"token": wanted["token"], "employee_id": self.mara.id, "pin": "4711"}
        body = {"jsonrpc": "2.0", "method": "call", "params": wanted}
        answer = self.url_open(path, json=body, headers=headers).json()
        if "error" in answer:
            return "error"
        self.seen = answer.get("result")
        return "ok" if self.seen else "empty"

    def test_every_route_has_a_line(self):
        self.assertEqual(set(self.rules()), set(ROUTES))

    def test_every_route_for_everybody(self):
        wrong = []
        for name in CALLERS:
            with self.caller(name):
                for path, rule in sorted(self.rules().items(), key=lambda one: LAST in one[0]):
                    expected = ROUTES[path].get(name, ROUTES[path]["else"])
                    got = self.ask(rule, name)
                    if got != expected:
                        wrong.append(f"{path} gives {name}: {got}, not {expected}")
        self.assertFalse(wrong, "\n".join(wrong))
        self.env.invalidate_all()
        self.assertEqual((self.mara.barcode, self.mara.pin), ("F001", "4711"))
        self.assertNotEqual(self.company.attendance_kiosk_mode, "barcode")
        self.assertFalse(self.env["hr.employee"].search([("name", "=", "Somebody new")]))

    def test_a_kiosk_s_key_yields_what_its_screen_shows(self):
        rules = self.rules()
        with self.caller("kiosk"):
            for path, shown in SHOWN.items():
                with self.subTest(path):
                    self.ask(rules[path], "kiosk")
                    self.assertLessEqual(set(_names(self.seen)), shown)
                    for secret in ("4711", "F001"):
                        self.assertNotIn(secret, json.dumps(self.seen))


def _names(value):
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from _names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _names(inner)
