"""Why an RTSP stream cannot be opened: FFmpeg knows, and OpenCV does not pass it on.

Asks the camera once more for a description of the stream (RFC 2326, with the digest of
RFC 2617), only to tell a person what to put right.
"""

from __future__ import annotations

import hashlib
import re
import socket
import time
from contextlib import suppress

from device_bridge.adapters.camera.address import Address
from device_bridge.errors import CameraLost, CameraRefused

_PORT = 554
_WITHIN_S = 3.0
"""For all of it, however little each read brings."""
_MOST_BYTES = 16 * 1024
_UNAUTHORIZED, _NOT_FOUND = 401, 404


def reason(address: Address) -> CameraLost:
    """The error to raise for a stream that could not be opened."""
    name = address.name
    if not name.startswith("rtsp://"):
        return CameraLost(f"{name} cannot be opened: is it switched on and reachable?")
    try:
        status = _describe(address)
    except OSError:
        return CameraLost(f"{name} does not answer: is it switched on and on this network?")
    if status == _UNAUTHORIZED:
        return CameraRefused(f"{name} does not accept this user name and password.")
    if status == _NOT_FOUND:
        return CameraLost(f"{name}: the camera answers and has no such stream; check the path.")
    return CameraLost(f"{name} answers, but gives no pictures (RTSP status {status}).")


def _describe(address: Address) -> int:
    """The status of DESCRIBE, with credentials if they are asked for. Raises OSError."""
    with socket.create_connection((address.host, address.port(_PORT)), _WITHIN_S) as camera:
        due_s = time.monotonic() + _WITHIN_S
        status, head = _ask(camera, address.url, 1, "", due_s)
        if status == _UNAUTHORIZED and address.user:
            login = f"Authorization: {_login(address, head)}\r\n"
            status, _ = _ask(camera, address.url, 2, login, due_s)
    return status


def _ask(camera: socket.socket, url: str, number: int, login: str, due_s: float) -> tuple[int, str]:
    request = f"DESCRIBE {url} RTSP/1.0\r\nCSeq: {number}\r\nAccept: application/sdp\r\n{login}\r\n"
    camera.sendall(request.encode())
    answer = b""
    while b"\r\n\r\n" not in answer and len(answer) < _MOST_BYTES:
        part = _receive(camera, 4096, due_s)
        if not part:
            break
        answer += part
    head = answer.decode("latin-1")
    found = re.match(r"RTSP/1\.\d (\d{3})", head)
    if found is None:
        raise ConnectionError("no RTSP")
    with suppress(ValueError):
        length = re.search(r"(?im)^content-length:\s*(\d{1,6})", head)
        rest = int(length[1]) - len(answer.partition(b"\r\n\r\n")[2]) if length else 0
        while 0 < rest <= _MOST_BYTES and (part := _receive(camera, rest, due_s)):
            rest -= len(part)
    return int(found[1]), head


def _receive(camera: socket.socket, most: int, due_s: float) -> bytes:
    left_s = due_s - time.monotonic()
    if left_s <= 0:
        raise TimeoutError
    camera.settimeout(left_s)
    return camera.recv(most)


def _login(address: Address, head: str) -> str:
    digest = re.search(r"(?im)^www-authenticate:\s*digest\s+(.*)$", head)
    if digest is None:
        import base64  # noqa: PLC0415 (rare)

        plain = f"{address.user}:{address.password}".encode()
        return f"Basic {base64.b64encode(plain).decode()}"
    asked = dict(re.findall(r'(\w+)="([^"]*)"', digest[1]))
    realm, nonce = asked.get("realm", ""), asked.get("nonce", "")
    who = _md5(f"{address.user}:{realm}:{address.password}")
    proof = _md5(f"{who}:{nonce}:{_md5(f'DESCRIBE:{address.url}')}")
    return (
        f'Digest username="{address.user}", realm="{realm}", nonce="{nonce}",'
        f' uri="{address.url}", response="{proof}"'
    )


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
