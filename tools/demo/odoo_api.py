"""Odoo as the web client uses it: a login and calls of public methods, no way around it."""

from __future__ import annotations

import re
from typing import Any

import requests

from tools import say


class OdooApi:
    """One logged-in session of one database. Raises Problem for whatever Odoo refuses."""

    def __init__(self, url: str, database: str, login: str, password: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False
        who = {"db": database, "login": login, "password": password}
        self.user = int(self._post("/web/session/authenticate", who)["uid"])

    def call(self, model: str, method: str, *arguments: Any, **named: Any) -> Any:
        """Call a public method."""
        parameters = {"model": model, "method": method, "args": arguments, "kwargs": named}
        return self._post(f"/web/dataset/call_kw/{model}/{method}", parameters)

    def search_read(
        self, model: str, domain: list[Any], fields: list[str], **named: Any
    ) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.call(model, "search_read", domain, fields, **named)
        return rows

    def post(self, path: str, headers: dict[str, str], body: bytes) -> requests.Response:
        """Send a body to a page's route, with the session's CSRF token as the page does."""
        page = self._session.get(f"{self._url}/odoo", timeout=60).text
        found = re.search(r'csrf_token: "([^"]+)"', page)
        if found is None:
            raise say.Problem("The web client's page has no CSRF token.")
        return self._session.post(
            self._url + path, headers=headers | {"X-CSRF-Token": found[1]}, data=body, timeout=60
        )

    def _post(self, path: str, parameters: dict[str, Any]) -> Any:
        body = {"jsonrpc": "2.0", "method": "call", "params": parameters}
        answer = self._session.post(self._url + path, json=body, timeout=60).json()
        if "error" in answer:
            raise say.Problem(f"Odoo refused {path}: {answer['error']['data']['message']}")
        return answer["result"]
