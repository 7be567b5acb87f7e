import json
import threading
import time

import requests
import urllib3
from odoo import api, models
from odoo.http import request

from ..rules import jwt
from ..rules.breaker import Breaker
from ..rules.service_errors import (
    InPageRequest,
    NoService,
    ServiceRefused,
    ServiceUnreachable,
)

CONNECT_S, READ_S = 0.5, 5.0
MOST_ANSWER_BYTES = 32 * 1024 * 1024
SCOPES = ("embed", "enrol", "rollcall")
"""What Odoo itself asks for."""

_breakers: dict[str, Breaker] = {}
_breakers_lock = threading.Lock()
# Per process, not in the database: only cron workers call, they are few, and one that has
# to learn anew that the service is away loses three times half a second.


class ServiceCaller:
    """Calls of one job to the service of one company. Its `ask` may be used from threads.

    Made by `hr.face.service.call._caller`; knows no records, so that no thread touches the
    database.
    """

    def __init__(self, url, token, words):
        self._url, self._token, self._words = url, token, words
        self._local = threading.local()

    def ask(self, path, *, json_body=None, files=None, fields=None):
        """The answer to a POST, as a dict.

        Args:
            files: photos as bytes, sent as parts `frame` of a form.

        Raises:
            ServiceUnreachable, ServiceRefused: see rules.service_errors.
        """
        self._begin()
        try:
            with self._session().post(
                self._url + path,
                json=json_body,
                data=fields,
                files=[("frame", ("photo", one)) for one in files] if files else None,
                headers={"Authorization": f"Bearer {self._token}"},
                timeout=(CONNECT_S, READ_S),
                allow_redirects=False,
                stream=True,
            ) as answer:
                return self._read(answer)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            self._failed()
            raise ServiceUnreachable(self._words["unreachable"]) from error

    def _read(self, answer):
        body = answer.raw.read(MOST_ANSWER_BYTES + 1, decode_content=True)
        if answer.status_code in {429, 503}:
            # It is there, and has enough to do: no reason to leave it alone for long.
            self._answered()
            raise ServiceUnreachable(self._words["busy"], _seconds(answer))
        if answer.status_code >= 500 or len(body) > MOST_ANSWER_BYTES:
            self._failed()
            raise ServiceUnreachable(self._words["unreachable"])
        self._answered()
        try:
            content = json.loads(body)
            if answer.status_code == 200 and isinstance(content, dict):
                return content
            error = content["error"]
            refusal = (str(error["message"]), str(error["code"]), error.get("field"))
        except (ValueError, TypeError, KeyError) as error:
            raise ServiceUnreachable(self._words["stranger"]) from error
        raise ServiceRefused(*refusal)

    def _session(self):
        """Of this thread; keeps its connection."""
        session = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            session.trust_env = False  # no proxy, no .netrc: faces go to the service and nowhere
        return session

    def _begin(self):
        with _breakers_lock:
            breaker, now = _breakers.get(self._url, Breaker()), time.monotonic()
            if wait_s := breaker.wait_s(now):
                raise ServiceUnreachable(self._words["unreachable"], wait_s)
            _breakers[self._url] = breaker.asking(now)

    def _failed(self):
        with _breakers_lock:
            _breakers[self._url] = _breakers.get(self._url, Breaker()).failed(time.monotonic())

    def _answered(self):
        with _breakers_lock:
            _breakers[self._url] = Breaker().answered()


class HrFaceServiceCall(models.AbstractModel):
    """Odoo asks the recognition service: in the background, and never while a page waits."""

    _name = "hr.face.service.call"
    _description = "Calls to the Recognition Service"

    @api.model
    def _caller(self, company, scopes, service=None):
        """Somebody to ask, for an hour at most.

        Args:
            scopes: of SCOPES.
            service: the device to ask; one of the company's if not said.

        Raises:
            InPageRequest: a worker that serves a page would wait.
            NoService: no recognition service is paired.
        """
        if request:
            raise InPageRequest(
                self.env._("The recognition service is asked in the background only.")
            )
        if not set(scopes) <= set(SCOPES):
            raise ValueError(f"Odoo itself asks for {SCOPES} only")
        service = service or self.env["hr.face.device"]._services(company)[:1]
        if not service:
            raise NoService(self._no_service())
        url = service.service_url
        client = self.env["hr.face.client"].sudo()._of_odoo(company)
        if not client.active:
            raise NoService(
                self.env._("Odoo's own client of the recognition service is archived: restore it.")
            )
        token = (
            self.env["hr.face.service.key"]
            .sudo()
            ._token(company, url, client.client_id, list(scopes), jwt.PROGRAM_TTL_S, client=client)
        )
        return ServiceCaller(url, token, self._words())

    @api.model
    def _is_there(self, company):
        """Whether one is paired; asks nobody."""
        return bool(self.env["hr.face.device"]._services(company))

    @api.model
    def _no_service(self):
        return self.env._(
            "No recognition service is paired: pair a device and give it a service address under"
            " Face Attendance → Configuration → Devices."
        )

    @api.model
    def _words(self):
        """What may be said of a service, in the user's language; threads have no environment."""
        return {
            "unreachable": self.env._("The recognition service does not answer."),
            "busy": self.env._("The recognition service is busy or still starting."),
            "stranger": self.env._("What answers at the service address is no such service."),
        }


def _seconds(answer):
    text = answer.headers.get("Retry-After", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 5
