"""A fingerprint clock's SOAP service, by hand, over a real socket."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = 4711


@dataclass
class SoapTerminalPeer:
    """What it holds.

    Attributes:
        log: (user, "2026-11-20 07:58:00", key) per punch.
        raw: instead of an answer: the bytes to send to every call.
        cut_after: the line breaks after so many bytes of the log.
    """

    address: str = ""
    local: str = "2026-11-20 08:00:00"
    serial: str = "A1B2C3"
    people: list[tuple[str, str]] = field(default_factory=list)
    log: list[tuple[str, str, int]] = field(default_factory=list)
    raw: Callable[[], Iterator[bytes]] | None = None
    status: int = 200
    cut_after: int | None = None
    calls: list[str] = field(default_factory=list)


@contextmanager
def soap_terminal() -> Iterator[SoapTerminalPeer]:
    """On a free loopback port, until the block ends."""
    peer = SoapTerminalPeer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            found = re.search(r"Body[^>]*>\s*<(?:[\w-]+:)?(\w+)", asked)
            call = found[1] if found else ""
            peer.calls.append(call)
            self.send_response(peer.status)
            self.send_header("Content-Type", "text/xml")
            self.end_headers()
            parts = peer.raw() if peer.raw else _answer(peer, call, asked)
            sent = 0
            try:
                for part in parts:
                    if peer.cut_after is not None and sent + len(part) > peer.cut_after:
                        return
                    self.wfile.write(part)
                    sent += len(part)
            except (BrokenPipeError, ConnectionResetError):
                pass  # whoever asked has heard enough

        def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    peer.address = f"http://127.0.0.1:{server.server_port}/iWsService"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield peer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _answer(peer: SoapTerminalPeer, call: str, asked: str) -> Iterator[bytes]:
    yield (
        b'<?xml version="1.0" encoding="iso8859-1" standalone="no"?><SOAP-ENV:Envelope'
        b' xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"><SOAP-ENV:Body>'
    )
    if f">{KEY}<" not in asked:
        yield b"<SOAP-ENV:Fault><faultcode>1</faultcode><faultstring>key</faultstring>"
        yield b"</SOAP-ENV:Fault>"
    else:
        yield f"<{call}Response>".encode()
        rows = _rows(peer, call)
        while some := list(itertools.islice(rows, 500)):
            yield "".join(f"<Row>{row}</Row>\n" for row in some).encode("iso8859-1")
        yield f"</{call}Response>".encode()
    yield b"</SOAP-ENV:Body></SOAP-ENV:Envelope>"


def _rows(peer: SoapTerminalPeer, call: str) -> Iterator[str]:
    if call == "GetDate":
        date, _, time = peer.local.partition(" ")
        yield f"<Date>{date}</Date><Time>{time}</Time>"
    elif call == "GetOption":
        yield f"<Value>{peer.serial}</Value>"
    elif call == "GetAllUserInfo":
        for number, (user, name) in enumerate(peer.people, 1):
            yield (
                f"<PIN>{number}</PIN><Name>{name}</Name><Password></Password><Group>1</Group>"
                f"<Privilege>0</Privilege><Card>0</Card><PIN2>{user}</PIN2><TZ1>0</TZ1>"
            )
    elif call == "GetAttLog":
        for user, local, key in peer.log:
            yield (
                f"<PIN>{user}</PIN><DateTime>{local}</DateTime><Verified>1</Verified>"
                f"<Status>{key}</Status><WorkCode>0</WorkCode>"
            )
