"""A peer that takes every connection and comes to no end: silent, or with a byte now and then."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tests.peers.http_camera import picture

_DRIP_S = 0.05


@dataclass
class MuteCamera:
    """Attributes:
    begins: what it says first, and after that a byte at a time; b"": it says nothing.
    heals: set, it is an HTTP camera of still pictures, on new connections.
    taken: how many connections it took.
    """

    port: int
    begins: bytes = b""
    heals: threading.Event = field(default_factory=threading.Event)
    taken: int = 0


@contextmanager
def mute_camera(begins: bytes = b"") -> Iterator[MuteCamera]:
    """On a free loopback port, until the block ends and every connection with it."""
    ends = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    camera = MuteCamera(listener.getsockname()[1], begins)
    threads = []

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            if camera.heals.is_set():
                _answer(connection, ends)
                return
            connection.sendall(camera.begins)
            while not ends.wait(_DRIP_S):
                if camera.begins:
                    connection.sendall(b"x")

    def accept() -> None:
        with suppress(OSError):  # it was closed
            while True:
                connection, _ = listener.accept()
                camera.taken += 1
                threads.append(threading.Thread(target=serve, args=(connection,)))
                threads[-1].start()

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield camera
    finally:
        ends.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join()
        for one in threads:
            one.join()


def _answer(connection: socket.socket, ends: threading.Event) -> None:
    """To each request of a connection."""
    connection.settimeout(_DRIP_S)
    data = picture(99)
    head = f"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
    while not ends.is_set():
        with suppress(TimeoutError):
            if not connection.recv(65536):
                return
            connection.sendall(head.encode() + data)
