"""docker/proxy/Caddyfile in a real Caddy: TLS, and who gets what; only the ports are others."""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect
from websockets.sync.server import Server, ServerConnection, serve

from tools import paths, site_files

CADDY = paths.BRIDGE_ENV / "bin" / "caddy"


class Echo(BaseHTTPRequestHandler):
    """Answers with its server's name and what the proxy said of the caller."""

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        try:
            read = len(self.rfile.read(length))
        except OSError:
            read = -1
        said = {name: self.headers.get(f"X-Forwarded-{name}") for name in ("For", "Proto", "Host")}
        body = json.dumps({"who": self.server.name, "read": read, **said})  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Server", "inside 1.0")
        self.end_headers()
        self.wfile.write(body.encode())

    do_POST = do_GET

    def log_message(self, *_: object) -> None: ...


def _backend(name: str) -> ThreadingHTTPServer:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    server.name = name  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _websocket() -> Server:
    def echo(line: ServerConnection) -> None:
        for message in line:
            line.send(f"bus: {message!r}")

    server = serve(echo, "127.0.0.1", 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _moved(config: dict[str, Any], port: int) -> dict[str, Any]:
    """On a port of ours, without the redirects from 80, and leaving this machine's trust alone."""
    for server in config["apps"]["http"]["servers"].values():
        secure = server["listen"] == [":443"]
        server["listen"] = [f"127.0.0.1:{port if secure else _free_port()}"]
        server.setdefault("automatic_https", {})["disable_redirects"] = True
    return config


class Proxy:
    def __init__(self, port: int, root: Path) -> None:
        self.port, self._root = port, root

    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self._root))

    def ask(
        self, host: str, path: str, *, method: str = "GET", body: bytes = b""
    ) -> tuple[int, http.client.HTTPMessage, dict[str, Any]]:
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        line = http.client.HTTPSConnection(host, self.port, timeout=10)
        line.sock = self.trust().wrap_socket(raw, server_hostname=host)
        headers = {"Host": host, "X-Forwarded-For": "6.6.6.6", "X-Forwarded-Host": "evil.example"}
        line.request(method, path, body=body or None, headers=headers)
        answer = line.getresponse()
        content = answer.read()
        line.close()
        try:
            return answer.status, answer.headers, json.loads(content)
        except ValueError:
            return answer.status, answer.headers, {}


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder, port = tmp_path_factory.mktemp("caddy"), _free_port()
    odoo, face, bus = _backend("odoo"), _backend("face"), _websocket()
    environment = {
        **os.environ,
        **site_files.SITE,
        "TLS_ISSUER": "internal",
        "ODOO_HTTP": f"127.0.0.1:{odoo.server_port}",
        "ODOO_WEBSOCKET": f"127.0.0.1:{bus.socket.getsockname()[1]}",
        "FACE_HTTP": f"127.0.0.1:{face.server_port}",
        "XDG_DATA_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
    }
    adapt = [CADDY, "adapt", "--config", site_files.CADDYFILE, "--adapter", "caddyfile"]
    adapted = subprocess.run(adapt, env=environment, capture_output=True, check=True).stdout
    config = folder / "caddy.json"
    config.write_text(json.dumps(_moved(json.loads(adapted), port)))
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen(
            [CADDY, "run", "--config", config], env=environment, stdout=log, stderr=log
        )
    root = folder / "caddy" / "pki" / "authorities" / "local" / "root.crt"
    found = Proxy(port, root)
    ends_s = time.monotonic() + 30
    while True:
        try:
            found.ask("odoo.example", "/")
            found.ask("face.example", "/")
            break
        except OSError:
            assert running.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < ends_s, (folder / "log").read_text()
            time.sleep(0.1)
    yield found
    running.terminate()
    running.wait(10)
    for server in (odoo, face):
        server.shutdown()
        server.server_close()
    bus.shutdown()


@pytest.mark.parametrize(
    ("host", "path", "who"),
    [
        ("odoo.example", "/web/login", "odoo"),
        ("odoo.example", "/hr_face_attendance/v1/heartbeat", "odoo"),
        ("face.example", "/v1/identify", "face"),
    ],
)
def test_each_name_leads_to_its_own_service(proxy: Proxy, host: str, path: str, who: str) -> None:
    status, headers, said = proxy.ask(host, path)
    assert (status, said["who"]) == (200, who)
    assert said["Proto"] == "https"
    assert headers["Strict-Transport-Security"] == "max-age=31536000"
    assert headers["Server"] is None


def test_who_calls_cannot_be_made_up(proxy: Proxy) -> None:
    """Tries of a pairing code are counted by address."""
    _status, _headers, said = proxy.ask("odoo.example", "/hr_face_attendance/v1/pair")
    assert said["For"] == "127.0.0.1"
    assert said["Host"] == "odoo.example"


def test_the_websocket_goes_to_odoos_other_port(proxy: Proxy) -> None:
    raw = socket.create_connection(("127.0.0.1", proxy.port), timeout=10)
    with connect(
        "wss://odoo.example/websocket?version=19.0-1", sock=raw, ssl=proxy.trust()
    ) as line:
        line.send("hello")
        assert line.recv(timeout=10) == "bus: 'hello'"


def test_the_manager_of_databases_is_not_reached(proxy: Proxy) -> None:
    assert proxy.ask("odoo.example", "/web/database/manager")[0] == 404


@pytest.mark.parametrize(
    ("host", "path", "megabytes", "status"),
    [
        ("face.example", "/v1/identify", 7, 200),
        ("face.example", "/v1/identify", 9, 413),
        ("odoo.example", "/hr_face_attendance/v1/events", 17, 413),
        ("odoo.example", "/web/dataset/call_kw", 17, 200),
    ],
)
def test_a_body_that_is_too_large_ends_at_the_proxy(
    proxy: Proxy, host: str, path: str, megabytes: int, status: int
) -> None:
    body = bytes(megabytes * 1_000_000)
    assert proxy.ask(host, path, method="POST", body=body)[0] == status


def test_another_name_has_no_certificate(proxy: Proxy) -> None:
    with pytest.raises(ssl.SSLError):
        proxy.ask("other.example", "/")
