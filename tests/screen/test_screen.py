"""A browser as camera and screen of a gate, with Odoo stopped; and who may not take its place."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from device_bridge.domain.answer import Act, Answer, Signal
from device_bridge.domain.guidance import Guidance
from device_bridge.domain.words import WORDS
from device_bridge.screen.app import MOST_BYTES
from device_bridge.screen.messages import guided, said
from tests.builders import ROOT, gate
from tests.screen.conftest import DANA, Unit
from tests.streams import jpeg

TEXTS = json.loads((ROOT / "device_bridge" / "screen" / "page" / "texts.json").read_text())


def test_a_face_is_greeted_and_kept_while_odoo_is_stopped_and_delivered_when_it_is_back(
    make_unit: Any, page: Page
) -> None:
    unit: Unit = make_unit()
    unit.attend()
    page.goto(unit.keys.address)
    page.locator("#text", has_text="Hello Dana Okoye.").wait_for(timeout=20_000)
    assert page.evaluate("document.body.dataset.signal") == "pass"
    page.locator("#link", has_text="Offline: everything is kept").wait_for()
    assert [event["employee"] for event in unit.outbox.pending(9)] == [DANA]
    assert "#" not in page.url
    unit.server.down = None
    unit.wait_for(lambda: unit.outbox.waiting() == 0)
    page.locator("#link").wait_for(state="hidden")
    assert page.problems == []  # type: ignore[attr-defined]


def test_after_a_reload_the_page_goes_on_without_a_key(make_unit: Any, page: Page) -> None:
    unit: Unit = make_unit()
    unit.attend()
    page.goto(unit.keys.address)
    page.locator("#gate", has_text="Workshop").wait_for()
    page.reload()
    page.locator("#gate", has_text="Workshop").wait_for()
    assert page.locator("#trouble").is_hidden()


def test_a_page_that_was_opened_anew_takes_over_and_the_old_one_says_so(
    make_unit: Any, context: BrowserContext
) -> None:
    unit: Unit = make_unit()
    unit.attend()
    first, second = context.new_page(), context.new_page()
    first.goto(unit.keys.address)
    first.locator("#gate", has_text="Workshop").wait_for()
    second.goto(unit.url)
    second.locator("#gate", has_text="Workshop").wait_for()
    first.locator("#problem", has_text=TEXTS["en"]["closed"]).wait_for()


def test_the_page_comes_back_by_itself_after_the_socket_broke(make_unit: Any, page: Page) -> None:
    unit: Unit = make_unit()
    unit.attend()
    page.goto(unit.keys.address)
    page.locator("#gate", has_text="Workshop").wait_for()
    for socket in list(unit.web._server.server_state.connections):
        unit.web._server.servers[0].get_loop().call_soon_threadsafe(socket.transport.abort)
    page.locator("#problem", has_text=TEXTS["en"]["connecting"]).wait_for()
    page.locator("#trouble").wait_for(state="hidden", timeout=10_000)


def test_without_a_key_the_page_says_how_to_open_it(make_unit: Any, page: Page) -> None:
    page.goto(make_unit().url)
    page.locator("#problem", has_text=TEXTS["en"]["refused"]).wait_for()


def test_a_camera_that_is_not_allowed_is_said_with_what_to_do(make_unit: Any, page: Page) -> None:
    unit: Unit = make_unit()
    unit.board.gate_id = 1
    page.add_init_script(
        "navigator.mediaDevices.getUserMedia = async () => {"
        " throw new DOMException('no', 'NotAllowedError'); }"
    )
    page.goto(unit.keys.address)
    page.locator("#problem", has_text=TEXTS["en"]["camera_denied"]).wait_for()
    assert page.locator("#again").is_visible()


def test_the_screen_of_a_gate_with_a_camera_of_its_own_shows_that_and_asks_for_none(
    make_unit: Any, page: Page, photo: Any
) -> None:
    from device_bridge.domain.capture import Frame
    from tests.builders import at

    unit: Unit = make_unit(with_camera=False)
    page.add_init_script("navigator.mediaDevices.getUserMedia = () => { throw new Error(); }")
    page.goto(unit.keys.address)
    page.locator("#gate", has_text="Workshop").wait_for()
    unit.board.seen(Frame(photo, at(0), 1))
    page.locator("#picture[width='480']").wait_for()
    assert page.problems == []  # type: ignore[attr-defined]


@pytest.mark.parametrize("language", sorted(WORDS))
def test_the_page_speaks_the_gate_s_language(make_unit: Any, page: Page, language: str) -> None:
    place = gate(name="Workshop", language=language)
    unit: Unit = make_unit(gate=place, with_camera=False)
    page.goto(unit.keys.address)
    page.locator("#gate", has_text="Workshop").wait_for()
    unit.board.gate_id = place.id
    unit.board.unreachable("stopped")
    unit.board.guide(place, Guidance.COME_CLOSER)
    page.locator("#link", has_text=TEXTS[language]["offline"]).wait_for()
    page.locator("#guide", has_text=WORDS[language]["come_closer"]).wait_for()
    root = page.locator("html")
    assert root.get_attribute("lang") == language
    assert root.get_attribute("dir") == ("rtl" if language == "ar" else "ltr")
    assert page.locator("#guide").get_attribute("aria-live") == "polite"


def test_every_language_has_every_text() -> None:
    assert set(TEXTS) == set(WORDS)
    assert {language: sorted(texts) for language, texts in TEXTS.items()} == {
        language: sorted(TEXTS["en"]) for language in TEXTS
    }


def test_a_key_opens_once_and_its_session_outlives_the_bridge(make_unit: Any) -> None:
    unit: Unit = make_unit()
    key = unit.keys.address.partition("#")[2]
    session = unit.keys.admit(key)
    assert session is not None
    assert unit.keys.admit(key) is None
    assert unit.keys.address.partition("#")[2] not in {key, session}
    again: Unit = make_unit()
    assert again.keys.admit(session) == session
    for file in ("screen.json", "screen.url"):
        assert (unit.folder / file).stat().st_mode & 0o077 == 0
    assert session not in (unit.folder / "screen.json").read_text()


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://localhost:9999", None),
        ("https://evil.example", None),
        (None, None),
        ("http://localhost:{port}", "evil.example:{port}"),
    ],
    ids=["another local page", "a page of the internet", "no page", "a name that was pointed here"],
)
def test_other_pages_are_refused_even_with_the_key(
    make_unit: Any, origin: str | None, host: str | None
) -> None:
    unit: Unit = make_unit()
    headers = {"Host": host.format(port=unit.port)} if host else {}
    with (
        pytest.raises(InvalidStatus),
        connect(
            f"ws://127.0.0.1:{unit.port}/socket",
            origin=origin.format(port=unit.port) if origin else None,  # type: ignore[arg-type]
            additional_headers=headers,
        ),
    ):
        pass


@pytest.mark.parametrize(
    "hello",
    ["", "{}", "[]", '{"secret": 1}', '{"secret": "guess"}', '{"secret": "' + "x" * 500 + '"}'],
)
def test_whoever_has_no_key_is_sent_away(make_unit: Any, hello: str) -> None:
    unit: Unit = make_unit()
    with talk(unit) as socket:
        socket.send(hello)
        with pytest.raises(ConnectionClosed) as caught:
            socket.recv(5)
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 4401


def test_pages_that_come_and_go_while_odoo_is_waited_for_leave_nothing_behind(
    make_unit: Any,
) -> None:
    unit: Unit = make_unit(gate=None)
    secret = unit.keys.address.partition("#")[2]
    for _ in range(40):
        with talk(unit) as socket:
            socket.send(json.dumps({"secret": secret}))
            secret = json.loads(socket.recv(5)).get("session") or secret
    unit.gate = gate(name="Workshop")
    with talk(unit) as socket:
        greeted(socket, secret)


HOSTILE = {
    "too large": bytes(MOST_BYTES + 1),
    "no picture": b"\xff\xd8 hello",
    "another format": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "text": "frame",
}


@pytest.mark.parametrize("frame", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_frame_ends_the_connection_and_a_new_one_works(
    make_unit: Any, photo: Any, frame: Any
) -> None:
    unit: Unit = make_unit()
    with talk(unit) as socket:
        session = greeted(socket, unit.keys.address.partition("#")[2])
        socket.send(frame)
        with pytest.raises(ConnectionClosed):
            answer_of(socket, "taken")
    with talk(unit) as socket:
        greeted(socket, session)
        socket.send(jpeg(photo))
        answer_of(socket, "taken")


def test_the_page_gives_nothing_but_its_own_files(make_unit: Any) -> None:
    unit: Unit = make_unit()
    for path in ("../keys.py", "%2e%2e/keys.py", "screen.url", "texts.json/"):
        assert httpx.get(unit.url + path).status_code == 404
    answer = httpx.get(unit.url)
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_odoo_s_word_turns_a_greeting_into_a_welcome() -> None:
    answer = Answer(
        Act.HELLO, Signal.PASS, 0.0, admits=1, name="Ana", uuid="u", waits_for_word=True
    )
    texts = [said(answer, gate(), direction=word)["text"] for word in (None, "in", "out")]
    assert texts == ["Hello Ana.", "Welcome Ana.", "Goodbye Ana."]


def test_nothing_to_say_clears_the_guidance() -> None:
    assert guided(None, gate())["text"] == ""


def talk(unit: Unit) -> Any:
    origin: Any = f"http://localhost:{unit.port}"
    return connect(f"ws://127.0.0.1:{unit.port}/socket", origin=origin, max_size=None)


def greeted(socket: Any, secret: str) -> str:
    socket.send(json.dumps({"secret": secret}))
    session: str = answer_of(socket, "welcome")["session"]
    return session


def answer_of(socket: Any, kind: str) -> Any:
    while True:
        message = json.loads(socket.recv(5))
        if message["type"] == kind:
            return message
