"""Stands before an RTSP server and asks for a password, as cameras do (RFC 2617 digest)."""

from __future__ import annotations

import hashlib
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.peers.camera import PASSWORD, USER

_REALM, _NONCE = "camera", "0123456789abcdef"


@contextmanager
def rtsp_guard(port: int) -> Iterator[int]:
    """The guard's own port, while the block runs."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_accept, args=(listener, port), daemon=True).start()
        yield int(listener.getsockname()[1])


def _accept(listener: socket.socket, port: int) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            threading.Thread(target=_guard, args=(client, port), daemon=True).start()


def _guard(client: socket.socket, port: int) -> None:
    with client, socket.create_connection(("127.0.0.1", port)) as camera, suppress(OSError):
        threading.Thread(target=_pipe, args=(camera, client), daemon=True).start()
        while data := client.recv(65536):
            text = data.decode("latin-1")
            if re.match(r"(DESCRIBE|SETUP|PLAY) ", text) and not _is_right(text):
                number = re.search(r"(?i)cseq:\s*(\d+)", text)
                client.sendall(
                    f"RTSP/1.0 401 Unauthorized\r\nCSeq: {number[1] if number else 0}\r\n"
                    f'WWW-Authenticate: Digest realm="{_REALM}", nonce="{_NONCE}"\r\n\r\n'.encode()
                )
            else:
                camera.sendall(data)


def _pipe(camera: socket.socket, client: socket.socket) -> None:
    with suppress(OSError):
        while data := camera.recv(65536):
            client.sendall(data)


def _is_right(request: str) -> bool:
    method = request.partition(" ")[0]
    said = dict(re.findall(r'(\w+)="([^"]*)"', request))
    who = _md5(f"{USER}:{_REALM}:{PASSWORD}")
    what = _md5(method + ":" + said.get("uri", ""))
    proof = _md5(f"{who}:{_NONCE}:{what}")
    return said.get("username") == USER and said.get("response") == proof


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()
