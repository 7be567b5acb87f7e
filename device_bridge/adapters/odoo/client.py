"""Odoo's device API over HTTPS (wire/). The one place where requests' errors become ours."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import requests

from device_bridge import __version__
from device_bridge.adapters.odoo.identity import Identity, Keys
from device_bridge.errors import CredentialsRefused, Refused, ServerUnreachable, SettingsError

_BASE = "/hr_face_attendance/v1"
_TIMEOUT_S = (3.05, 20.0)
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class OdooClient:
    """Implements ports.Server.

    Args:
        url: scheme, host and port of the server.
        token: device token; None only for pairing.
        ca_file: a certificate authority of one's own, in PEM.
        allow_plain_http: plain HTTP to another machine; the token travels readable.
    """

    def __init__(
        self,
        url: str,
        token: str | None,
        *,
        ca_file: str | None = None,
        allow_plain_http: bool = False,
    ) -> None:
        self._url = _checked(url, allow_plain_http)
        self._session = requests.Session()
        self._session.headers["User-Agent"] = f"device-bridge/{__version__}"
        self._session.trust_env = False
        self._session.verify = ca_file or True
        if token is not None:
            self._session.headers["Authorization"] = f"Bearer {token}"

    def pair(self, code: str, keys: Keys) -> dict[str, Any]:
        return self._post(
            "/pair",
            {
                "code": code.strip(),
                "signing_key": keys.public_signing_key(),
                "encryption_key": keys.public_encryption_key(),
                "bridge_version": __version__,
                "platform": platform.platform()[:128],
            },
        )

    def config(self, etag: str | None) -> dict[str, Any] | None:
        headers = {"If-None-Match": f'"{etag}"'} if etag else {}
        return self._call("GET", "/config", headers=headers)

    def gallery(self, cursor: str | None) -> dict[str, Any]:
        return self._call("GET", "/gallery", params={"cursor": cursor} if cursor else {}) or {}

    def events(self, events: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        results = self._post("/events", {"events": list(events)}).get("results")
        if not isinstance(results, list) or len(results) != len(events):
            raise ServerUnreachable("The server did not answer for every event.")
        return results

    def enrolments(self, enrolments: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        results = self._post("/enrolments", {"enrolments": list(enrolments)}).get("results")
        if not isinstance(results, list) or len(results) != len(enrolments):
            raise ServerUnreachable("The server did not answer for every person.")
        return results

    def heartbeat(self, beat: dict[str, Any]) -> dict[str, Any]:
        return self._post("/heartbeat", beat)

    def close(self) -> None:
        self._session.close()

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._call("POST", path, json=body) or {}

    def _call(self, method: str, path: str, **options: Any) -> dict[str, Any] | None:
        try:
            response = self._session.request(
                method,
                self._url + _BASE + path,
                timeout=_TIMEOUT_S,
                allow_redirects=False,
                **options,
            )
        except requests.exceptions.SSLError as error:
            raise ServerUnreachable(
                f"{self._url} showed a certificate that is not trusted here; set server.ca_file."
            ) from error
        except requests.exceptions.RequestException as error:
            raise ServerUnreachable(f"{self._url} does not answer.") from error
        if response.status_code == requests.codes.not_modified:
            return None
        return _answer(response)


def make_identity(client: OdooClient, url: str, code: str, keys: Keys) -> Identity:
    """Redeem a pairing code. Raises Refused for a wrong, used or expired one."""
    answer = client.pair(code, keys)
    try:
        return Identity(
            url=url,
            database=answer["database"],
            device=answer["device"]["id"],
            name=answer["device"]["name"],
            chain=answer["chain"],
            token=answer["token"],
            keys=keys,
        )
    except (KeyError, TypeError) as error:
        raise ServerUnreachable(f"{url} answered something that is no pairing.") from error


def _checked(url: str, allow_plain_http: bool) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SettingsError(f"{url!r} is no server address; it looks like https://odoo.example.")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK and not allow_plain_http:
        raise SettingsError(
            f"{url} is plain HTTP: the token would travel readable. Use https, or set"
            " server.allow_plain_http."
        )
    return url.rstrip("/")


def _answer(response: requests.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except requests.exceptions.JSONDecodeError:
        body = None
    if response.ok and isinstance(body, dict):
        return body
    status = response.status_code
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict) or not isinstance(error.get("code"), str):
        raise ServerUnreachable(f"{response.url} answered {status} and no JSON of ours.")
    code, message = error["code"], str(error.get("message") or error["code"])
    if status == requests.codes.too_many_requests or status >= requests.codes.server_error:
        raise ServerUnreachable(message, _seconds(response.headers.get("Retry-After")))
    kind = CredentialsRefused if status == requests.codes.unauthorized else Refused
    raise kind(code, message, error.get("field"))


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.isascii() and text.isdigit() else None
