"""Phones and cameras over HTTP: a motion JPEG stream, or one picture per request.

Which of the two it is the answer says, so that a person has one address to give.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack

import requests
from requests.auth import AuthBase, HTTPBasicAuth, HTTPDigestAuth
from urllib3.exceptions import HTTPError

from device_bridge.adapters.camera.address import Address
from device_bridge.adapters.camera.multipart import MOST_BYTES, boundary_of, parts
from device_bridge.adapters.camera.source import STALL_S, Pictures
from device_bridge.adapters.images import decode_image
from device_bridge.domain.capture import ImageU8
from device_bridge.errors import (
    CameraLost,
    CameraRefused,
    CameraUnreadable,
    ImageUnreadable,
    SettingsError,
)

_TIMEOUT_S = (3.05, 3.0)
_PICTURE_WITHIN_S = 10.0
"""The timeouts above are those of a single read, however little it brings."""
_CHUNK = 64 * 1024
_MOST_DAMAGED = 10


class HttpSource:
    """Implements source.Source.

    Args:
        fps: how often to ask a camera that gives one picture per request.
        ca_file: PEM, for a camera's own certificate; "" for the public ones.
    """

    def __init__(self, address: Address, fps: float, ca_file: str = "") -> None:
        self._address, self._fps, self._ca_file = address, fps, ca_file
        self.name = address.name
        self.fresh_within_s = STALL_S + 1 / fps

    def open(self) -> Pictures:
        with ExitStack() as unopened:
            session = unopened.enter_context(requests.Session())
            session.trust_env = False
            session.verify = self._ca_file or True
            response = unopened.enter_context(self._get(session))
            if response.status_code == requests.codes.unauthorized and self._address.user:
                session.auth = self._login(response.headers.get("WWW-Authenticate", ""))
                response.close()
                response = unopened.enter_context(self._get(session))
            pictures = self._pictures(session, response)
            unopened.pop_all()  # theirs to close from now on
            return pictures

    def _pictures(self, session: requests.Session, response: requests.Response) -> Pictures:
        if response.status_code in {requests.codes.unauthorized, requests.codes.forbidden}:
            raise CameraRefused(f"{self.name} does not accept this user name and password.")
        if response.status_code != requests.codes.ok:
            raise CameraLost(f"{self.name} answers with HTTP status {response.status_code}.")
        content_type = response.headers.get("Content-Type", "")
        boundary = boundary_of(content_type)
        if boundary is not None:
            return _Stream(self.name, session, response, boundary)
        if content_type.lower().startswith("image/"):
            response.close()
            return _Snapshots(self.name, session, self._address.url, 1 / self._fps)
        raise CameraUnreadable(
            f"{self.name} gives no pictures but {content_type.partition(';')[0][:40] or 'nothing'};"
            " docs/phones.md names the addresses of common apps."
        )

    def _get(self, session: requests.Session) -> requests.Response:
        return _request(self.name, session, self._address.url)

    def _login(self, challenge: str) -> AuthBase:
        kind = HTTPDigestAuth if challenge.lower().startswith("digest") else HTTPBasicAuth
        return kind(self._address.user, self._address.password)


class _Stream:
    """Motion JPEG."""

    def __init__(
        self, name: str, session: requests.Session, response: requests.Response, boundary: bytes
    ) -> None:
        self._name, self._session, self._response = name, session, response
        self._due_s = 0.0
        self._pictures = decoded(name, parts(self._chunks(), boundary))

    def read(self) -> ImageU8 | None:
        self._due_s = time.monotonic() + _PICTURE_WITHIN_S
        try:
            return next(self._pictures, None)
        except (HTTPError, OSError, ValueError) as error:
            raise CameraLost(f"{self._name} broke off.") from error

    def close(self) -> None:
        self._response.close()
        self._session.close()

    def _chunks(self) -> Iterator[bytes]:
        """Whatever has arrived; requests would wait for a chunk to be full."""
        while chunk := self._response.raw.read1(_CHUNK, decode_content=True):
            yield chunk
            _in_time(self._name, self._due_s)


class _Snapshots:
    """A picture per request, at an even pace."""

    def __init__(self, name: str, session: requests.Session, url: str, every_s: float) -> None:
        self._name, self._session, self._url = name, session, url
        self._every_s, self._due_s = every_s, time.monotonic()
        self._pictures = decoded(name, self._fetch())

    def read(self) -> ImageU8 | None:
        return next(self._pictures, None)

    def close(self) -> None:
        self._session.close()

    def _fetch(self) -> Iterator[bytes]:
        while True:
            time.sleep(max(0.0, self._due_s - time.monotonic()))
            self._due_s = max(self._due_s + self._every_s, time.monotonic())
            response = _request(self._name, self._session, self._url)
            with response:
                if response.status_code == requests.codes.unauthorized:
                    raise CameraRefused(f"{self._name} no longer accepts this password.")
                if response.status_code != requests.codes.ok:
                    raise CameraLost(
                        f"{self._name} answers with HTTP status {response.status_code}."
                    )
                yield _bounded(self._name, response)


def decoded(name: str, pictures: Iterator[bytes]) -> Iterator[ImageU8]:
    """The pictures that can be read. Raises CameraLost when many in a row cannot."""
    damaged = 0
    for data in pictures:
        try:
            image = decode_image(data, name)
        except ImageUnreadable as error:
            damaged += 1
            if damaged == _MOST_DAMAGED:
                raise CameraLost(f"{name} sends pictures that cannot be read.") from error
            continue
        damaged = 0
        yield image


def _request(name: str, session: requests.Session, url: str) -> requests.Response:
    try:
        return session.get(url, timeout=_TIMEOUT_S, stream=True, allow_redirects=False)
    except requests.exceptions.SSLError as error:
        raise CameraLost(
            f"{name} shows a certificate that is not trusted here; set the camera's ca_file."
        ) from error
    except requests.exceptions.RequestException as error:
        raise CameraLost(
            f"{name} does not answer: is it switched on and on this network?"
        ) from error
    except OSError as error:
        raise SettingsError(f"The camera's ca_file cannot be read: {error.filename}.") from error


def _bounded(name: str, response: requests.Response) -> bytes:
    content, due_s = b"", time.monotonic() + _PICTURE_WITHIN_S
    try:
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            content += chunk
            _in_time(name, due_s)
            if len(content) > MOST_BYTES:
                raise CameraLost(f"{name} sends pictures that are too large.")
    except (HTTPError, OSError) as error:
        raise CameraLost(f"{name} broke off.") from error
    return content


def _in_time(name: str, due_s: float) -> None:
    if time.monotonic() > due_s:
        raise CameraLost(f"{name} takes too long over a picture.")
