"""A phone as a camera, and what answers like one and is none."""

from __future__ import annotations

import base64
import hashlib
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np

from tests.peers.camera import PASSWORD, USER

_STREAM = "multipart/x-mixed-replace; boundary=frame"


@dataclass
class HttpCamera:
    """Attributes:
    scheme: "", basic or digest.
    """

    url: str
    scheme: str = ""


def picture(shade: int) -> bytes:
    """A small JPEG."""
    ok, data = cv2.imencode(".jpg", np.full((48, 64, 3), shade % 256, np.uint8))
    assert ok
    return data.tobytes()


def part(data: bytes) -> bytes:
    """One picture of a stream."""
    head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
    return head.encode() + data + b"\r\n"


def _stream(*pictures: bytes) -> Iterator[bytes]:
    for data in pictures:
        yield part(data)
        time.sleep(0.005)


def _endless(head: bytes) -> Iterator[bytes]:
    yield head
    while True:
        yield bytes(1 << 20)


def _dripping(head: bytes) -> Iterator[bytes]:
    yield head
    while True:
        yield b"x"
        time.sleep(0.02)


def _answers() -> dict[str, tuple[int, str, Iterator[bytes]]]:
    many = [picture(shade) for shade in range(0, 250, 5)]
    flaky = [each for good in many for each in (b"\xff\xd8 torn", good)]
    return {
        "video": (200, _STREAM, _stream(*many)),
        "shot.jpg": (200, "image/jpeg", iter([many[0]])),
        "page": (200, "text/html; charset=utf-8", iter([b"<h1>Hello</h1>"])),
        "moved": (302, "text/html", iter([b""])),
        "garbage.jpg": (200, "image/jpeg", iter([b"\xff\xd8\xff" + bytes(999)])),
        "garbage.mjpeg": (200, _STREAM, _stream(*[b"\xff\xd8 torn"] * 50)),
        "endless.jpg": (200, "image/jpeg", _endless(b"\xff\xd8\xff")),
        "endless.mjpeg": (200, _STREAM, _endless(b"--frame\r\nContent-Type: image/jpeg\r\n\r\n")),
        "dripping.jpg": (200, "image/jpeg", _dripping(b"\xff\xd8\xff")),
        "dripping.mjpeg": (200, _STREAM, _dripping(part(many[0])[:-200])),
        "cut.mjpeg": (200, _STREAM, iter([part(many[0])[:-200]])),
        "flaky.mjpeg": (200, _STREAM, _stream(*flaky)),
    }


@contextmanager
def http_camera() -> Iterator[HttpCamera]:
    """On a free loopback port, until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if camera.scheme and not self._is_known():
                self.send_response(401)
                self.send_header("WWW-Authenticate", _CHALLENGES[camera.scheme])
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            missing = (404, "text/plain", iter([b""]))
            status, kind, body = _answers().get(self.path.strip("/"), missing)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Location", "/video")
            self.end_headers()
            with suppress(OSError):
                for chunk in body:
                    self.wfile.write(chunk)

        def _is_known(self) -> bool:
            said = self.headers.get("Authorization", "")
            if camera.scheme == "basic":
                right = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
                return said == f"Basic {right}"
            return said.startswith("Digest ") and _is_right(said)

        def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    camera = HttpCamera(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield camera
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


_CHALLENGES = {"basic": 'Basic realm="phone"', "digest": 'Digest realm="phone", nonce="abc"'}


def _is_right(said: str) -> bool:
    told = dict(re.findall(r'(\w+)="([^"]*)"', said))
    who = _md5(f"{USER}:phone:{PASSWORD}")
    proof = _md5(f"{who}:abc:{_md5('GET:' + told.get('uri', ''))}")
    return told.get("username") == USER and told.get("response") == proof


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()
