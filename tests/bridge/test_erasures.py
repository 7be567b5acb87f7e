"""What Odoo erased is gone here too, and is called erased only once it is."""

from __future__ import annotations

import threading
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from device_bridge.domain.gallery import MatrixGallery
from device_bridge.domain.holdings import Holdings
from device_bridge.errors import CredentialsRefused, Refused, ServerUnreachable
from device_bridge.fakes.server import FakeServer
from device_bridge.pipeline.sync import Sync
from tests.bridge.test_sync import MODEL, answer, names, person, sync_with
from tests.builders import example


def uuid(number: int) -> str:
    return str(UUID(int=number))


def enrolled(employee: int, *templates: int) -> dict[str, Any]:
    """A person with templates of these numbers."""
    one = person(employee)
    (template,) = one["templates"]
    return one | {"templates": [template | {"uuid": uuid(number)} for number in templates]}


def asks(erasure: int, *templates: int) -> dict[str, Any]:
    return {"uuid": uuid(erasure), "templates": [uuid(number) for number in templates]}


class Site:
    """A bridge that knows person 1 (templates 11 and 12) and person 2 (template 21)."""

    def __init__(self) -> None:
        self.key = X25519PrivateKey.generate()
        first = {"people": [enrolled(1, 11, 12), enrolled(2, 21)], "gone": []}
        self.server = FakeServer(
            example("valid/config.v1.one_gate"), [answer(first, self.key, cursor_reset=True)]
        )
        self.gallery = MatrixGallery(MODEL, 128)
        self.sync = self.bridge()
        self.sync.pull()

    def bridge(self) -> Sync:
        return sync_with(self.server, self.gallery, self.key)

    def hear(self, page: dict[str, Any], **changes: Any) -> None:
        """Odoo has this page for us at the next heartbeat."""
        self.server._pages = [answer({"people": [], "gone": []} | page, self.key, **changes)]
        self.server.gallery_changed = True
        self.sync.beat()


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.mark.parametrize(
    "page",
    [
        {"gone": [1]},
        {"people": [enrolled(1, 13)]},
        {"people": [enrolled(1, 13) | {"display_name": None, "templates": []}]},
    ],
    ids=["withdrawn", "enrolled again", "unreadable"],
)
def test_templates_that_are_gone_are_acknowledged(site: Site, page: dict[str, Any]) -> None:
    site.hear(page | {"erasures": [asks(90, 11, 12)]})
    assert site.server.erased == [uuid(90)]


def test_templates_that_are_still_held_are_not(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.hear({"people": [enrolled(1, 12)], "erasures": [asks(90, 11), asks(91, 12)]})
    assert site.server.erased == [uuid(90)]
    assert "erasures_left" in caplog.text


def test_an_erasure_is_acknowledged_after_the_last_page(site: Site) -> None:
    site.server._pages = [
        answer(
            {"people": [], "gone": [], "erasures": [asks(90, 11)]}, site.key, cursor="c2", more=True
        ),
        answer({"people": [], "gone": [1]}, site.key, cursor="c3"),
    ]
    site.server.gallery_changed = True
    site.sync.beat()
    assert site.server.erased == [uuid(90)]


def test_a_lost_answer_is_acknowledged_again(site: Site) -> None:
    site.server.lose_answers = [ServerUnreachable("lost")]
    page = {"gone": [1], "erasures": [asks(90, 11)]}
    with pytest.raises(ServerUnreachable):
        site.hear(page)
    assert names(site.gallery) == {2}
    site.hear(page)
    assert site.server.erased == [uuid(90)]


def test_a_restarted_bridge_acknowledges_what_it_never_held(site: Site) -> None:
    page = {"people": [enrolled(2, 21)], "gone": [], "erasures": [asks(90, 11, 12)]}
    site.server._pages = [answer(page, site.key, cursor_reset=True)]
    site.bridge().pull()
    assert site.server.erased == [uuid(90)]


def test_a_reset_acknowledges_too(site: Site) -> None:
    page = {"people": [enrolled(2, 21)], "erasures": [asks(90, 11, 12)]}
    site.hear(page, cursor_reset=True)
    assert (site.server.erased, names(site.gallery)) == ([uuid(90)], {2})


def test_more_than_a_request_takes_are_sent_in_parts(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    monkeypatch.setattr(
        site.server,
        "erasures",
        lambda uuids: sizes.append(len(uuids)) or [{"status": "accepted"}] * len(uuids),
    )
    site.hear({"gone": [1], "erasures": [asks(number, 11) for number in range(100, 1101)]})
    assert sizes == [500, 500, 1]


def test_a_refused_acknowledgement_stops_no_gate(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_uuids: Any) -> Any:
        raise Refused("malformed", "No.")

    monkeypatch.setattr(site.server, "erasures", refuse)
    site.hear({"gone": [1], "erasures": [asks(90, 11)]})
    assert names(site.gallery) == {2}


class Once(threading.Event):
    """Lets a loop run once."""

    def wait(self, timeout: float | None = None) -> bool:
        self.set() if timeout else None
        return self.is_set()


@pytest.mark.parametrize(("code", "left"), [("device_revoked", set()), ("token_expired", {1, 2})])
def test_a_revoked_device_forgets_everyone(site: Site, code: str, left: set[int]) -> None:
    site.server.down = CredentialsRefused(code, "No.")
    site.sync.run(Once())
    assert names(site.gallery) == left


def test_a_bridge_revoked_while_it_was_off_forgets_what_its_engine_kept(site: Site) -> None:
    site.server.down = CredentialsRefused("device_revoked", "No.")
    with pytest.raises(CredentialsRefused):
        site.bridge().pull()
    assert len(site.gallery) == 0


def test_holdings_know_what_is_left() -> None:
    holdings = Holdings()
    holdings.replace({1: ["a", "b"], 2: ["c"]})
    holdings.replace({1: ["b"]})
    asked = {"x": ["a"], "y": ["b"], "z": ["c", "a"], "nothing": []}
    assert holdings.without(asked) == ["x", "nothing"]
    holdings.forget([2, 3])
    assert holdings.without(asked) == ["x", "z", "nothing"]
    holdings.clear()
    assert holdings.without(asked) == list(asked)
