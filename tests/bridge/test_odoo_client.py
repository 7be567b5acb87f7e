"""Whatever the other end does becomes one of our errors, with a sentence."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from device_bridge.adapters.odoo.client import OdooClient, make_identity
from device_bridge.adapters.odoo.identity import Keys
from device_bridge.errors import CredentialsRefused, Refused, ServerUnreachable, SettingsError
from tests.builders import example

Answer = tuple[int, dict[str, str], bytes]


class Peer:
    """A real HTTP server that gives one prepared answer and keeps what it was asked."""

    def __init__(self) -> None:
        self.answer: Answer = (200, {}, b"{}")
        self.asked: list[tuple[str, str | None, bytes]] = []
        self.databases: list[str | None] = []
        peer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                peer.asked.append((self.path, self.headers.get("Authorization"), body))
                peer.databases.append(self.headers.get("X-Odoo-Database"))
                status, headers, content = peer.answer
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_POST = do_GET

            def log_message(self, *_: Any) -> None: ...

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def peer() -> Iterator[Peer]:
    one = Peer()
    yield one
    one.close()


@pytest.fixture
def client(peer: Peer) -> Iterator[OdooClient]:
    one = OdooClient(peer.url, "fd_token")
    yield one
    one.close()


def error(code: str) -> bytes:
    return json.dumps({"error": {"code": code, "message": "No.", "field": "seq"}}).encode()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((401, {}, error("token_expired")), CredentialsRefused),
        ((401, {}, error("device_revoked")), CredentialsRefused),
        ((400, {}, error("malformed")), Refused),
        ((413, {}, error("body_too_large")), Refused),
        ((429, {"Retry-After": "7"}, error("rate_limited")), ServerUnreachable),
        ((500, {}, b"<html>Internal Server Error</html>"), ServerUnreachable),
        ((502, {}, b""), ServerUnreachable),
        ((404, {}, b"<html>not our module</html>"), ServerUnreachable),
        ((200, {}, b"<html>a login page</html>"), ServerUnreachable),
        ((200, {}, b"[]"), ServerUnreachable),
        ((303, {"Location": "http://elsewhere.example/"}, b""), ServerUnreachable),
    ],
)
def test_answers_become_errors(
    peer: Peer, client: OdooClient, answer: Answer, expected: type[Exception]
) -> None:
    peer.answer = answer
    with pytest.raises(expected) as caught:
        client.heartbeat({})
    assert type(caught.value) is expected
    assert str(caught.value)


def test_a_server_that_says_when_is_quoted(peer: Peer, client: OdooClient) -> None:
    peer.answer = (429, {"Retry-After": "7"}, error("rate_limited"))
    with pytest.raises(ServerUnreachable) as caught:
        client.heartbeat({})
    assert caught.value.retry_after_s == 7


def test_a_refusal_names_code_and_field(peer: Peer, client: OdooClient) -> None:
    peer.answer = (400, {}, error("malformed"))
    with pytest.raises(Refused) as caught:
        client.heartbeat({})
    assert (caught.value.code, caught.value.field) == ("malformed", "seq")


def test_an_answer_for_too_few_events_is_none(peer: Peer, client: OdooClient) -> None:
    peer.answer = (200, {}, b'{"results": []}')
    with pytest.raises(ServerUnreachable):
        client.events([example("valid/event.v1.identified")])


def test_unchanged_settings_are_none(peer: Peer, client: OdooClient) -> None:
    peer.answer = (304, {}, b"")
    assert client.config("9d3a") is None


def test_the_token_travels_as_bearer(peer: Peer, client: OdooClient) -> None:
    client.heartbeat({})
    assert peer.asked[0][1] == "Bearer fd_token"


def test_private_keys_do_not_travel(peer: Peer) -> None:
    keys = Keys.generate()
    peer.answer = (200, {}, json.dumps(example("valid/pair_result.v1.granted")).encode())
    client = OdooClient(peer.url, None)
    identity = make_identity(client, peer.url, "K7QD-3MFA", keys)
    client.close()
    sent = peer.asked[0][2]
    for private in (keys.signing, keys.encryption):
        assert private.private_bytes_raw().hex() not in sent.hex()
    assert set(json.loads(sent)) == set(example("valid/pair.v1.request"))
    assert identity.token.startswith("fd_")


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: OdooClient("http://odoo.example", "t"), "plain HTTP"),
        (lambda: OdooClient("odoo.example", "t"), "no server address"),
        (lambda: OdooClient("ftp://odoo.example", "t"), "no server address"),
        (lambda: OdooClient("", "t"), "no server address"),
    ],
)
def test_an_address_that_would_leak_or_fail_is_refused(
    make: Callable[[], OdooClient], says: str
) -> None:
    with pytest.raises(SettingsError, match=says):
        make()


def test_nobody_there_is_unreachable() -> None:
    client = OdooClient("http://127.0.0.1:9", "t")
    with pytest.raises(ServerUnreachable, match="does not answer"):
        client.heartbeat({})
    client.close()


def test_the_database_is_said_back_until_an_answer_names_none(peer: Peer) -> None:
    client = OdooClient(peer.url, "fd_token")
    named = {"X-Odoo-Database": "company-1"}
    answers: list[Answer] = [
        (200, named, b"{}"),
        (304, named, b""),
        (404, {}, b"nothing here"),  # the database was renamed
        (200, {"X-Odoo-Database": "no name"}, b"{}"),
        (200, named, b"{}"),
    ]
    for answer in answers:
        peer.answer = answer
        with contextlib.suppress(ServerUnreachable):
            client.config(None)
    assert peer.databases == [None, "company-1", "company-1", None, None]
