"""A peer that asks for a password as PostgreSQL does, and goes away with it."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress
from pathlib import Path

import psycopg

_ASKS_IN_CLEAR = struct.pack("!cII", b"R", 8, 3)
"""AuthenticationCleartextPassword of PostgreSQL's protocol 3."""


def password_given(passfile: Path) -> str:
    """What the real libpq answers that finds passwords in this file."""
    given: list[str] = []

    def ask() -> None:
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as said:
            (length,) = struct.unpack("!I", said.read(4))
            said.read(length - 4)
            connection.sendall(_ASKS_IN_CLEAR)
            _, length = struct.unpack("!cI", said.read(5))
            given.append(said.read(length - 4).rstrip(b"\0").decode())

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        thread = threading.Thread(target=ask)
        thread.start()
        port = listener.getsockname()[1]
        where = f"host=127.0.0.1 port={port} user=odoo dbname=face sslmode=disable"
        with suppress(psycopg.OperationalError):
            psycopg.connect(where, passfile=str(passfile), gssencmode="disable")
        thread.join()
    [password] = given
    return password
