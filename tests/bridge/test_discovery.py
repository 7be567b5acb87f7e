"""Odoo is found in the local network; what strangers announce there is never believed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner
from zeroconf import BadTypeInNameException, ServiceInfo, Zeroconf

from device_bridge.adapters import mdns
from device_bridge.adapters.mdns import SERVICE, Announcer, Found, discover, read_answer, server_url
from device_bridge.cli.app import app
from device_bridge.errors import SettingsError
from tests.builders import ROOT

LOOPBACK = ["127.0.0.1"]
ODOO = Found("https://odoo.example:8443", "Head office")


@contextmanager
def announced(
    *,
    name: str = ODOO.name,
    url: str = ODOO.url,
    addresses: Callable[[], list[str]] = lambda: LOOPBACK,
) -> Iterator[None]:
    announcer, stop = Announcer(name, url, addresses), threading.Event()
    thread = threading.Thread(target=announcer.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def found() -> list[Found]:
    """What answers, once anything does."""
    for _ in range(30):
        if answers := discover(0.7, LOOPBACK):
            return answers
    return []


def test_what_a_service_announces_is_found_and_gone_when_it_ends() -> None:
    with announced():
        assert found() == [ODOO]
    assert discover(0.5, LOOPBACK) == []


def test_a_network_that_comes_later_is_told_and_one_that_changes_is_told_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mdns, "_LOOK_EVERY_S", 0.05)
    addresses: list[list[str]] = [[]]
    with announced(addresses=lambda: addresses[-1]):
        assert discover(0.7, LOOPBACK) == []
        addresses.append(LOOPBACK)
        assert found() == [ODOO]
        addresses.append([*LOOPBACK, "127.0.0.2"])
        assert heard_with(addresses[-1])
    assert discover(0.5, LOOPBACK) == []


def heard_with(addresses: list[str]) -> bool:
    """Whether the machine that announces is told to be at just these, before long."""
    ends_s = time.monotonic() + 20
    while time.monotonic() < ends_s:
        with Zeroconf(interfaces=LOOPBACK) as network:
            info = network.get_service_info(SERVICE, f"{ODOO.name}.{SERVICE}", timeout=300)
            if info is not None and sorted(info.parsed_addresses()) == addresses:
                return True
    return False


def test_a_hostile_announcement_is_not_listed() -> None:
    with announced(), Zeroconf(interfaces=LOOPBACK) as network:
        network.register_service(
            ServiceInfo(
                *(SERVICE, f"Head  office.{SERVICE}"),
                port=443,
                properties={"url": "https://odoo.example@evil.example"},
                server="evil.local.",
                parsed_addresses=LOOPBACK,
            )
        )
        assert found() == [ODOO]


def test_a_host_announces_by_avahi_what_a_service_would() -> None:
    file = ROOT / "docker" / "avahi" / "face-attendance.service"
    service = ElementTree.parse(file).getroot().find("service")
    assert service is not None
    assert f"{service.findtext('type')}.local." == SERVICE
    key, _, value = (service.findtext("txt-record") or "").partition("=")
    answer = read_answer(f"Face Attendance.{SERVICE}", {key.encode(): value.encode()})
    assert answer == Found("https://odoo.example", "Face Attendance")


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://odoo.example", "https://odoo.example"),
        ("https://ODOO.example:8443/", "https://odoo.example:8443"),
        ("https://[fd00::1]:8443", "https://[fd00::1]:8443"),
        ("http://odoo.example", None),
        ("https://odoo.example@evil.example", None),
        ("https://odoo.example/evil", None),
        ("https://odoo.example?next=evil", None),
        ("https://odoo.example#evil", None),
        ("https://odoo.example:port", None),
        ("https://odoo.example:99999", None),
        ("https://[broken", None),
        ("https://оdoo.example", None),  # the first letter is Cyrillic
        ("https://odoo.example\n\x1b[2J", None),
        ("https://odoo.example evil", None),
        (f"https://{'a' * 200}.example", None),
        ("odoo.example", None),
        ("", None),
    ],
)
def test_only_an_https_address_of_host_and_port_is_one(text: str, url: str | None) -> None:
    assert server_url(text) == url


@pytest.mark.parametrize(
    "properties", [{}, {b"url": None}, {b"url": b"\xff\xfe"}, {b"url": b""}, {b"URL": b"x"}]
)
def test_an_answer_without_an_address_is_none(properties: dict[bytes, bytes | None]) -> None:
    assert read_answer(f"x.{SERVICE}", properties) is None


def test_a_name_cannot_steer_a_terminal() -> None:
    answer = read_answer(f"\x1b[2J\u202eOdoo{'!' * 99}.{SERVICE}", {b"url": b"https://o.example"})
    assert answer is not None
    assert answer.name.startswith("?[2J?Odoo!")
    assert len(answer.name) == 60


def test_a_name_that_is_none_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    ask = Zeroconf.get_service_info

    def asked(self: Zeroconf, kind: str, name: str, timeout: int) -> ServiceInfo | None:
        if name.startswith("bad"):
            raise BadTypeInNameException("Ascii control character")
        return ask(self, kind, name, timeout)

    monkeypatch.setattr(Zeroconf, "get_service_info", asked)
    with announced(name="bad", url="https://bad.example"), announced():
        assert found() == [ODOO]


def test_an_address_that_cannot_be_told_is_refused_at_the_start() -> None:
    with pytest.raises(SettingsError, match=r"serve\.announce"):
        Announcer("Odoo", "http://odoo.example")


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[Found]:
    answers: list[Found] = []
    monkeypatch.setattr(mdns, "discover", lambda _seconds: answers)
    return answers


def test_the_command_lists_what_answers(heard: list[Found]) -> None:
    heard.append(ODOO)
    done = CliRunner().invoke(app, ["discover"])
    assert (done.exit_code, done.output) == (0, "https://odoo.example:8443  (Head office)\n")


def test_the_command_says_that_nothing_answers(heard: list[Found]) -> None:
    assert CliRunner().invoke(app, ["discover"]).exit_code == 1


@pytest.mark.parametrize("said", ["n\n", "\n", ""], ids=["no", "enter", "no terminal"])
def test_the_code_is_sent_nowhere_that_nobody_confirmed(
    heard: list[Found], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("device_bridge.wiring.parts.client_of", lambda *args: asked.append(args[2]))
    heard.append(ODOO)
    done = CliRunner().invoke(app, ["pair", "--code", "K7QD-3MFA"], input=said)
    assert done.exit_code == 1
    assert asked == []


@pytest.mark.parametrize("count", [0, 2])
def test_none_or_several_are_for_a_person_to_choose_from(heard: list[Found], count: int) -> None:
    heard += [Found(f"https://odoo{n}.example", "Odoo") for n in range(count)]
    done = CliRunner().invoke(app, ["pair", "--code", "K7QD-3MFA"])
    assert isinstance(done.exception, SettingsError)
    assert f"{count} servers answer: say --url." in str(done.exception)
