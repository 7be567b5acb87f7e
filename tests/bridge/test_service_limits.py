"""What is too much, too slow or not what was asked for: one clear word, and nothing changes."""

from __future__ import annotations

import json
import logging
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest

from device_bridge.api.bodies import Limits
from device_bridge.api.server import listen
from device_bridge.api.workers import Workers
from device_bridge.errors import SettingsError
from tests.bridge.service import ANN, ENCOUNTER, ORIGIN, PAIRED_AT, Service, bearer, picture

FUZZ = 500
FORM = "multipart/form-data; boundary=b"


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    one = Service()
    yield one
    one.close()


def send(
    service: Service, body: bytes, kind: str | None = "image/png", **params: str
) -> httpx.Response:
    headers = bearer(service.odoo.token("identify")) | ({"Content-Type": kind} if kind else {})
    asked = {"encounter": ENCOUNTER} | params
    return service.client.post("/v1/identify", content=body, headers=headers, params=asked)


def part(name: str, value: bytes, extra: str = "") -> bytes:
    head = f'--b\r\nContent-Disposition: form-data; name="{name}"{extra}\r\n\r\n'
    return head.encode() + value + b"\r\n"


def frames(count: int, data: bytes | None = None) -> bytes:
    one = picture(ANN) if data is None else data
    return b"".join(part("frame", one, '; filename="f"') for _ in range(count))


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--b--\r\n"


ID = part("encounter", ENCOUNTER.encode())
REFUSED: dict[str, tuple[bytes, str | None, int, str, str | None]] = {
    "nothing": (b"", "image/png", 400, "malformed", "frame"),
    "no picture": (b"hello", "image/png", 422, "image_unreadable", "frame"),
    "cut short": (picture(ANN)[:300], "image/png", 422, "image_unreadable", "frame"),
    "no type": (picture(ANN), None, 415, "wrong_type", "content-type"),
    "another type": (b"{}", "application/json", 415, "wrong_type", "content-type"),
    "an animation": (b"GIF89a", "image/gif", 415, "wrong_type", "content-type"),
    "too large": (bytes(200_001), "image/png", 413, "body_too_large", None),
    "a form without frames": (form(ID), FORM, 400, "malformed", "frame"),
    "a form with too many": (form(ID, frames(11, b"x")), FORM, 400, "malformed", "frame"),
    "a form with an empty frame": (form(ID, frames(1, b"")), FORM, 400, "malformed", "frame"),
    "a form with foreign parts": (
        form(ID, frames(1), part("shell", b"x", '; filename="a.php"')), FORM, 400, "malformed",
        "shell",
    ),
    "a form with foreign fields": (
        form(ID, frames(1), part("sudo", b"1")), FORM, 400, "malformed", "sudo",
    ),
    "a field twice": (form(ID, ID, frames(1)), FORM, 400, "malformed", "encounter"),
    "no encounter": (form(frames(1)), FORM, 400, "malformed", "encounter"),
    "an encounter that is none": (
        form(part("encounter", b"1 OR 1"), frames(1)), FORM, 400, "malformed", "encounter",
    ),
    "final that is neither": (
        form(ID, part("final", b"maybe"), frames(1)), FORM, 400, "malformed", "final",
    ),
    "times that are none": (
        form(ID, part("at_ms", b"nan"), frames(1)), FORM, 400, "malformed", "at_ms",
    ),
    "times for other frames": (
        form(ID, part("at_ms", b"1,2"), frames(1)), FORM, 400, "malformed", "at_ms",
    ),
    "times that fall": (
        form(ID, part("at_ms", b"2,1"), frames(2)), FORM, 400, "malformed", "at_ms",
    ),
    "a form without boundary": (form(ID), "multipart/form-data", 400, "malformed", None),
    "a form cut short": (form(ID, frames(1))[:-200], FORM, 400, "malformed", None),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_used_is_refused_for_its_field(service: Service, name: str) -> None:
    body, kind, status, code, field = REFUSED[name]
    headers = bearer(service.odoo.token("identify")) | ({"Content-Type": kind} if kind else {})
    params = {} if kind and kind.startswith("multipart") else {"encounter": ENCOUNTER}
    answer = service.client.post("/v1/identify", content=body, headers=headers, params=params)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["field"]) == (status, code, field)
    assert service.outbox.pending(1) == []


def test_a_body_that_hides_its_size_is_cut_off_all_the_same(service: Service) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(100):
            yield bytes(10_000)

    headers = bearer(service.odoo.token("identify")) | {"Content-Type": "image/png"}
    answer = service.client.post("/v1/identify", content=endless(), headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "body_too_large")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/"), ("GET", "/v1/identify"), ("POST", "/v1/health"), ("GET", "/v1/../etc/passwd"),
     ("DELETE", "/v1/identify"), ("GET", "/redoc"), ("GET", "/v1/health/")],
)  # fmt: skip
def test_what_is_not_there_is_not_found(service: Service, method: str, path: str) -> None:
    answer = service.client.request(method, path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_only_the_paired_odoo_s_pages_may_call(service: Service) -> None:
    asked = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    pages = {ORIGIN: True, PAIRED_AT: True, "https://evil.example": False, "null": False, "": False}
    for origin, allowed in pages.items():
        before = service.client.options("/v1/identify", headers={"Origin": origin, **asked})
        after = service.client.get("/v1/health", headers={"Origin": origin})
        assert before.is_success is allowed
        for answer in (before, after):
            said = answer.headers.get("Access-Control-Allow-Origin")
            assert said == (origin if allowed else None)
        assert "Access-Control-Allow-Credentials" not in after.headers


def test_answers_are_not_kept_by_caches(service: Service) -> None:
    answer = service.client.get("/v1/health")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "server" not in answer.headers


class Gatekeeper:
    """Makes recognition wait until told."""

    def __init__(self, service: Service) -> None:
        self.opened, self.entered = threading.Event(), threading.Semaphore(0)
        real = service.recognition.identify

        def slow(*arguments: Any) -> Any:
            self.entered.release()
            assert self.opened.wait(20)
            return real(*arguments)

        service.recognition.identify = slow  # type: ignore[method-assign]


def test_under_load_callers_are_told_to_ask_again_and_health_still_answers() -> None:
    service = Service(workers=Workers(threads=1, waiting=1, longest_wait_s=20))
    gatekeeper = Gatekeeper(service)
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(send, service, picture(ANN))
        gatekeeper.entered.acquire()
        second = pool.submit(send, service, picture(ANN))
        until(lambda: service.workers.taken == 2)
        refused = [send(service, picture(ANN)) for _ in range(3)]
        assert [answer.status_code for answer in refused] == [503] * 3
        assert refused[0].json()["error"]["code"] == "busy"
        assert refused[0].headers["Retry-After"] == "1"
        assert service.client.get("/v1/health").status_code == 200
        gatekeeper.opened.set()
        assert [first.result().status_code, second.result().status_code] == [200, 200]
    assert send(service, picture(ANN)).status_code == 200
    assert len(service.outbox.pending(10)) == 1, "one encounter, however often it was asked"
    service.close()


def test_nobody_waits_in_the_queue_for_longer_than_set() -> None:
    service = Service(workers=Workers(threads=1, waiting=1, longest_wait_s=0.3))
    gatekeeper = Gatekeeper(service)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(send, service, picture(ANN))
        gatekeeper.entered.acquire()
        second = pool.submit(send, service, picture(ANN))
        until(lambda: service.workers.taken == 2)
        time.sleep(0.4)
        gatekeeper.opened.set()
        assert (first.result().status_code, second.result().status_code) == (200, 503)
    service.close()


def test_a_caller_who_hangs_up_frees_no_thread_that_still_works() -> None:
    service = Service(workers=Workers(threads=1, waiting=0, longest_wait_s=20))
    gatekeeper = Gatekeeper(service)
    with pytest.raises(httpx.ReadTimeout):
        service.client.post(
            "/v1/identify", content=picture(ANN), timeout=0.5, params={"encounter": ENCOUNTER},
            headers=bearer(service.odoo.token("identify")) | {"Content-Type": "image/png"},
        )  # fmt: skip
    assert send(service, picture(ANN)).status_code == 503
    gatekeeper.opened.set()
    until(lambda: service.workers.taken == 0)
    assert send(service, picture(ANN)).status_code == 200
    service.close()


def until(done: Callable[[], bool], timeout_s: float = 10) -> None:
    ends_s = time.monotonic() + timeout_s
    while not done():
        assert time.monotonic() < ends_s
        time.sleep(0.01)


def hung_up(slow: socket.socket) -> bool:
    """Whether a byte every tenth of a second gets the line cut within ten seconds."""
    try:
        for _ in range(100):
            slow.sendall(b"x")
            time.sleep(0.1)
    except OSError:
        return True
    return False


HEAD = b"POST /v1/identify HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\n"


@pytest.mark.parametrize("body", [False, True], ids=["in its head", "in its body"])
def test_a_request_that_trickles_in_is_hung_up_on(body: bool) -> None:
    service = Service(request_timeout_s=0.5, limits=Limits(200_000, 10, 1_000_000, 60.0))
    address = ("127.0.0.1", service.server.port)
    authorization = f"Authorization: Bearer {service.odoo.token('identify')}\r\n".encode()
    begun = HEAD + (authorization + b"Content-Length: 1000\r\n\r\n" if body else b"")
    with socket.create_connection(address, timeout=10) as slow:
        slow.sendall(begun)
        assert hung_up(slow)
    assert service.client.get("/v1/health").status_code == 200
    service.close()


def test_a_body_that_takes_too_long_is_told_so() -> None:
    service = Service(limits=Limits(200_000, 10, 1_000_000, body_timeout_s=0.3))
    authorization = f"Authorization: Bearer {service.odoo.token('identify')}\r\n".encode()
    with socket.create_connection(("127.0.0.1", service.server.port), timeout=10) as slow:
        slow.sendall(HEAD + authorization + b"Content-Length: 1000\r\n\r\n" + bytes(10))
        assert b" 408 " in slow.recv(4096)
    service.close()


def test_a_port_that_is_taken_is_named() -> None:
    taken = listen("127.0.0.1", 0)
    port = taken.getsockname()[1]
    with pytest.raises(SettingsError, match=f"Cannot listen on 127.0.0.1:{port}"):
        listen("127.0.0.1", port)
    taken.close()


def test_neither_tokens_nor_faces_reach_the_log(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token = service.odoo.token("identify")
    service.identify(picture(ANN))
    service.post("/v1/identify", token + "x", picture(ANN))
    service.post("/v1/identify", token, b"no picture", params={"encounter": ENCOUNTER})
    ours = [one for one in caplog.records if not one.name.startswith(("httpx", "httpcore"))]
    text = "\n".join(f"{one.getMessage()} {one.__dict__}" for one in ours)
    assert token[:40] not in text
    assert "Ann" not in text
    assert ENCOUNTER not in text


def test_a_defect_of_ours_is_an_error_that_tells_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    service = Service()

    def broken(*_arguments: Any) -> Any:
        raise RuntimeError("secret detail")

    service.recognition.identify = broken  # type: ignore[method-assign]
    answer = send(service, picture(ANN))
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "server_error")
    assert "secret detail" not in answer.text
    assert any(record.getMessage() == "call_failed" for record in caplog.records)
    assert service.client.get("/v1/health").status_code == 200
    page = service.client.post(
        f"/v1/identify?encounter={ENCOUNTER}",
        content=picture(ANN),
        headers=bearer(service.odoo.token("identify"))
        | {"Content-Type": "image/png", "Origin": ORIGIN},
    )
    assert page.status_code == 500
    assert page.headers["Access-Control-Allow-Origin"] == ORIGIN, "or it would look offline"
    service.close()


def hostile(chance: random.Random, service: Service) -> dict[str, Any]:
    """A request that somebody who knows the API a little might try."""
    body = chance.choice([picture(ANN), form(ID, frames(2)), form(frames(1)), b"", b"{}"])
    for _ in range(chance.choice([0, 0, 1, 2, 3])):
        spot = chance.randrange(len(body) + 1)
        change = chance.choice([b"", bytes([chance.randrange(256)]), b"--b\r\n", b"\xff" * 64])
        body = body[:spot] + change + body[spot + chance.randrange(40) :]
    good = service.odoo.token("identify verify")
    token = chance.choice([good, good, good, "x", "a.b.c"])
    kinds = [
        "image/png",
        "image/png",
        "image/png",
        "image/jpeg",
        "image/webp",
        FORM,
        "multipart/form-data",
        "text/html",
        "é",
    ]
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": chance.choice(kinds).encode("latin-1"),
        "Origin": chance.choice([ORIGIN, "null", "x" * 900]),
    }
    fields = [ENCOUNTER, "", "0", "-1", "true", "\x00", "9" * 400, "é", "1e999", "a,b"]
    names = ["encounter", "final", "after", "at_ms", "challenge", "employee", "gate", "frame"]
    paths = ["identify", "identify", "verify", "embed", "challenge", "%00"]
    return {
        "method": chance.choice(["POST", "POST", "POST", "GET", "PUT"]),
        "url": f"/v1/{chance.choice(paths)}",
        "content": body,
        "headers": headers,
        "params": {
            chance.choice(names): chance.choice(fields) for _ in range(chance.choice([0, 0, 1, 2]))
        }
        | chance.choice([{}, {"encounter": str(uuid4())}]),
    }


def test_hostile_requests_get_a_typed_answer_and_leave_the_service_well(service: Service) -> None:
    chance = random.Random(20261122)
    seen = set()
    for number in range(FUZZ):
        asked = hostile(chance, service)
        answer = service.client.request(**asked)
        seen.add(answer.status_code)
        assert answer.status_code < 500, (number, asked["url"], answer.text)
        body = answer.json()
        if not answer.is_success:
            assert set(body["error"]) == {"code", "message", "field"}, number
            assert "Traceback" not in json.dumps(body)
    assert {200, 400, 401, 403, 404, 415, 422} <= seen
    assert service.client.get("/v1/health").status_code == 200
    assert service.workers.taken == 0
