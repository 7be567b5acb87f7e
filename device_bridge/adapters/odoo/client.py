"""Odoo's device API over HTTPS (wire/). The one place where requests' errors become ours."""

from __future__ import annotations

import base64
import json
import platform
import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from urllib.parse import urlsplit

import requests

from device_bridge import __version__
from device_bridge.adapters.odoo.identity import Identity, Keys
from device_bridge.adapters.odoo.pinned import PinnedAdapter
from device_bridge.errors import CredentialsRefused, Refused, ServerUnreachable, SettingsError

_BASE = "/hr_face_attendance/v1"
_TIMEOUT_S = (3.05, 20.0)
_MOST_BYTES = 64 * 1024 * 1024
_DATABASE = "X-Odoo-Database"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class OdooClient:
    """Implements ports.Server.

    Args:
        url: scheme, host and port of the server.
        token: device token; None only for pairing.
        ca_file: a certificate authority of one's own, in PEM.
        allow_plain_http: plain HTTP to another machine; the token travels readable.
        pins: of the server's public key (adapters/odoo/pinned.py); none: any that is trusted.
        at_work: entered for each call; a server that never comes to an end is noticed by it.
    """

    def __init__(
        self,
        url: str,
        token: str | None,
        *,
        ca_file: str | None = None,
        allow_plain_http: bool = False,
        pins: Sequence[str] = (),
        at_work: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._at_work = at_work
        self._url = _checked(url, allow_plain_http)
        self._session = requests.Session()
        self._session.headers["User-Agent"] = f"device-bridge/{__version__}"
        self._session.trust_env = False
        self._session.verify = ca_file or True
        if pins:
            self._session.mount("https://", PinnedAdapter(pins, ca_file))
        if token is not None:
            self.use_token(token)

    def use_token(self, token: str) -> None:
        """From the next call on."""
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

    def events(self, events: Sequence[dict[str, Any]], backlog: int = 0) -> list[dict[str, Any]]:
        body = {"events": list(events), "backlog": backlog}
        results = _list(self._post("/events", body), len(events))
        for event, result in zip(events, results, strict=True):
            if result.get("uuid") not in {event["uuid"], None}:
                raise ServerUnreachable("The server answered for another event.", answered=True)
        return results

    def enrolments(self, enrolments: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        return _list(self._post("/enrolments", {"enrolments": list(enrolments)}), len(enrolments))

    def erasures(self, uuids: Sequence[str]) -> list[dict[str, Any]]:
        body = {"erasures": [{"uuid": uuid} for uuid in uuids]}
        return _list(self._post("/erasures", body), len(uuids))

    def terminals(self, terminals: Sequence[dict[str, Any]]) -> None:
        self._post("/terminals", {"terminals": list(terminals)})

    def heartbeat(self, beat: dict[str, Any]) -> dict[str, Any]:
        return self._post("/heartbeat", beat)

    def commissioning(self, sheet: dict[str, Any]) -> dict[str, Any]:
        """Hand over a gate's signed sheet (wire/doctor.v1); handing it over twice is harmless."""
        return self._post("/commissioning", sheet)

    def rotation(self, body: dict[str, Any]) -> dict[str, Any]:
        return self._post("/rotation", body)

    def unlock(self) -> bytes:
        """Odoo's half of the key to what lies on this disk."""
        try:
            return base64.b64decode(self._post("/unlock", {})["secret"], validate=True)
        except (KeyError, TypeError, ValueError) as error:
            raise ServerUnreachable("The server's answer is no key.", answered=True) from error

    def close(self) -> None:
        self._session.close()

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._call("POST", path, json=body) or {}

    def _call(self, method: str, path: str, **options: Any) -> dict[str, Any] | None:
        with self._at_work():
            return self._ask(method, path, **options)

    def _ask(self, method: str, path: str, **options: Any) -> dict[str, Any] | None:
        try:
            response = self._session.request(
                method,
                self._url + _BASE + path,
                timeout=_TIMEOUT_S,
                allow_redirects=False,
                stream=True,
                **options,
            )
            content = _read(response)
            self._name_database(response)
        except requests.exceptions.SSLError as error:
            raise ServerUnreachable(
                f"{self._url} showed a certificate that is not trusted here; set server.ca_file,"
                " or server.pins if its key was changed on purpose."
            ) from error
        except requests.exceptions.RequestException as error:
            raise ServerUnreachable(f"{self._url} does not answer.") from error
        except OSError as error:
            raise SettingsError(f"{error.filename or error} cannot be read.") from error
        if response.status_code == requests.codes.not_modified:
            return None
        return _answer(response, content)

    def _name_database(self, response: requests.Response) -> None:
        """Say the database that the last answer named: else Odoo looks through all of them.

        A refusal names none, so a wrong name is forgotten at once.
        """
        named = response.headers.get(_DATABASE, "")
        if _NAME.fullmatch(named):
            self._session.headers[_DATABASE] = named
        else:
            self._session.headers.pop(_DATABASE, None)


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
    if parts.username or parts.password:
        raise SettingsError("The server's address must not hold a user name or password.")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SettingsError(f"{url!r} is no server address; it looks like https://odoo.example.")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK and not allow_plain_http:
        raise SettingsError(
            f"{url} is plain HTTP: the token would travel readable. Use https, or set"
            " server.allow_plain_http."
        )
    return url.rstrip("/")


def _read(response: requests.Response) -> bytes:
    """The whole body, unless it is larger than anything we asked for."""
    parts, size = [], 0
    with response:
        for part in response.iter_content(64 * 1024):
            parts.append(part)
            size += len(part)
            if size > _MOST_BYTES:
                raise ServerUnreachable("The server's answer is too large.", answered=True)
    return b"".join(parts)


def _list(body: dict[str, Any], count: int) -> list[dict[str, Any]]:
    results = body.get("results")
    if not isinstance(results, list) or len(results) != count:
        raise ServerUnreachable("The server did not answer for everything sent.", answered=True)
    if not all(isinstance(result, dict) for result in results):
        raise ServerUnreachable("The server's answer is not understood.", answered=True)
    return results


def _answer(response: requests.Response, content: bytes) -> dict[str, Any]:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        body = None
    if response.ok and isinstance(body, dict):
        return body
    status = response.status_code
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict) or not isinstance(error.get("code"), str):
        raise ServerUnreachable(f"The server answered {status} and no JSON of ours.", answered=True)
    code, message = error["code"], str(error.get("message") or error["code"])
    if status == requests.codes.too_many_requests or status >= requests.codes.server_error:
        wait_s = _seconds(response.headers.get("Retry-After"))
        raise ServerUnreachable(message, wait_s, answered=True)
    kind = CredentialsRefused if status == requests.codes.unauthorized else Refused
    raise kind(code, message, error.get("field"))


def _seconds(text: str | None) -> float | None:
    """What a Retry-After asks for, at the most five minutes."""
    return min(float(text), 300.0) if text and text.isascii() and text.isdigit() else None
