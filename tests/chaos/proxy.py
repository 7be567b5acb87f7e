"""The network between bridges and Odoo, which loses, repeats, delays and breaks deliveries."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from tests.chaos.plan import Wire

_LATE_S = 1.5
_SLOW_S = 0.5


class Proxy:
    """Listens on a port of its own and forwards to Odoo.

    Args:
        port: of Odoo on this machine.
        fault: what happens to the delivery of each number.

    Attributes:
        done: how often each fault was met.
    """

    def __init__(self, port: int, fault: Callable[[int], Wire]) -> None:
        self._port, self._fault = port, fault
        self._lock = threading.Lock()
        self._number = 0
        self.cut = threading.Event()
        self.done: Counter[str] = Counter()
        self._late: list[threading.Timer] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, name="proxy")

    def __enter__(self) -> Proxy:
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _where: TracebackType | None,
    ) -> None:
        self.calm()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def calm(self) -> None:
        """Wait for copies that are still on their way."""
        for timer in self._late:
            timer.join()

    def _next(self) -> Wire:
        with self._lock:
            number, self._number = self._number, self._number + 1
        fault = self._fault(number)
        self.done[fault] += 1
        return fault

    def _later(self, send: Callable[[], object]) -> None:
        timer = threading.Timer(_LATE_S, send)
        self._late.append(timer)
        timer.start()

    def _forward(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Any:
        """(status, headers, body), or None if Odoo does not answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                fault = proxy._next() if self.path.endswith("/events") else Wire.NOTHING
                headers = {
                    name: value for name, value in self.headers.items() if name != "Connection"
                }

                def send() -> Any:
                    return proxy._forward("POST", self.path, body, headers)

                if proxy.cut.is_set() or fault is Wire.LOST_REQUEST:
                    return self._hang_up()
                if fault is Wire.BAD_GATEWAY:
                    return self._answer((502, [], b"<html>Bad gateway</html>"))
                if fault is Wire.SLOW:
                    time.sleep(_SLOW_S)
                if fault is Wire.TWICE:
                    send()
                if fault is Wire.LATE_COPY:
                    proxy._later(send)
                answer = send()
                if answer is None or fault is Wire.LOST_ANSWER:
                    return self._hang_up()
                return self._answer(answer, cut_off=fault is Wire.HALF_ANSWER)

            def _hang_up(self) -> None:
                self.close_connection = True

            def _answer(self, answer: Any, *, cut_off: bool = False) -> None:
                status, headers, body = answer
                try:
                    self.send_response(status)
                    for name, value in headers:
                        if name.lower() not in {
                            "transfer-encoding",
                            "connection",
                            "content-length",
                        }:
                            self.send_header(name, value)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body[: len(body) // 2] if cut_off else body)
                except OSError:
                    pass  # who asked has been killed meanwhile
                self.close_connection = True

            def log_message(self, *_args: object) -> None:
                return

        return Handler
