"""At least once, exactly one effect, and one bad event never blocks the next."""

from __future__ import annotations

from typing import Any

import pytest

from device_bridge.domain.event import Outcome, Sighting
from device_bridge.errors import CredentialsRefused, Refused, ServerUnreachable
from device_bridge.fakes.outbox import MemoryOutbox
from device_bridge.fakes.server import FakeServer
from device_bridge.pipeline.deliver import BATCH, Delivery
from tests.bridge.test_attend import Notebook
from tests.builders import CHAIN, at, example


class Words(Notebook):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def unreachable(self, reason: str) -> None:
        self.said.append("away")

    def reachable(self) -> None:
        self.said.append("back")

    def delivered(self, event: dict[str, Any], result: dict[str, Any]) -> None:
        self.said.append(str(result["status"]))


@pytest.fixture
def outbox() -> MemoryOutbox:
    return MemoryOutbox(3, CHAIN, lambda _: bytes(64))


@pytest.fixture
def server() -> FakeServer:
    return FakeServer(example("valid/config.v1.one_gate"))


def commit(outbox: MemoryOutbox, count: int) -> list[str]:
    sightings = [Sighting(1, Outcome.NO_CANDIDATE, at(second)) for second in range(count)]
    return [outbox.commit(one)["uuid"] for one in sightings]


def test_what_was_committed_arrives_and_is_acknowledged(
    outbox: MemoryOutbox, server: FakeServer
) -> None:
    uuids = commit(outbox, 3)
    assert Delivery(outbox, server, Words()).step() == 0
    assert list(server.events_seen) == uuids
    assert outbox.pending(10) == []


def test_a_lost_answer_doubles_nothing(outbox: MemoryOutbox, server: FakeServer) -> None:
    uuids = commit(outbox, 3)
    server.lose_answers.append(ServerUnreachable("the cable"))
    words = Words()
    delivery = Delivery(outbox, server, words)
    assert delivery.step() > 0
    assert len(outbox.pending(10)) == 3, "nothing is taken for delivered without an answer"
    delivery.step()
    assert list(server.events_seen) == uuids
    assert outbox.pending(10) == []
    assert words.said == ["away", "duplicate", "duplicate", "duplicate", "back"]


def test_an_absent_server_is_named_once_and_waits_grow(
    outbox: MemoryOutbox, server: FakeServer
) -> None:
    commit(outbox, 1)
    server.down = ServerUnreachable("gone")
    words = Words()
    delivery = Delivery(outbox, server, words)
    waits = [delivery.step() for _ in range(6)]
    assert words.said == ["away"]
    assert waits[5] > waits[0]


def test_a_server_that_says_when_is_obeyed(outbox: MemoryOutbox, server: FakeServer) -> None:
    commit(outbox, 1)
    server.down = ServerUnreachable("busy", retry_after_s=17.0)
    assert Delivery(outbox, server, Words()).step() == 17.0


def test_a_rejected_event_is_parked_and_the_others_arrive(
    outbox: MemoryOutbox, server: FakeServer
) -> None:
    uuids = commit(outbox, 3)
    server.reject[uuids[1]] = "unknown_employee"
    Delivery(outbox, server, Words()).step()
    assert list(server.events_seen) == [uuids[0], uuids[2]]
    assert outbox.parked == {uuids[1]: "unknown_employee"}


def test_an_event_that_spoils_the_whole_request_is_found_and_parked(
    outbox: MemoryOutbox, server: FakeServer
) -> None:
    uuids = commit(outbox, 7)
    accept = server.events

    def events(batch: Any, backlog: int) -> Any:
        if any(event["uuid"] == uuids[4] for event in batch):
            raise Refused("malformed", "what is this?")
        return accept(batch, backlog)

    server.events = events  # type: ignore[method-assign]
    Delivery(outbox, server, Words()).step()
    assert list(outbox.parked) == [uuids[4]]
    assert len(server.events_seen) == 6


def test_a_refused_token_keeps_every_event(outbox: MemoryOutbox, server: FakeServer) -> None:
    commit(outbox, 2)
    server.down = CredentialsRefused("token_expired", "This token expired.")
    assert Delivery(outbox, server, Words()).step() >= 30
    assert len(outbox.pending(10)) == 2
    server.down = None
    assert Delivery(outbox, server, Words()).step() == 0
    assert outbox.pending(10) == []


def test_a_server_that_may_not_be_asked_keeps_every_event(
    outbox: MemoryOutbox, server: FakeServer
) -> None:
    commit(outbox, 5)
    server.down = Refused("not_allowed", "This device may not.")
    assert Delivery(outbox, server, Words()).step() > 0
    assert len(outbox.pending(10)) == 5
    assert outbox.parked == {}


def test_a_word_that_is_not_known_is_waited_over(outbox: MemoryOutbox, server: FakeServer) -> None:
    commit(outbox, 1)
    server.events = lambda batch, _: [{"uuid": batch[0]["uuid"], "status": "perhaps"}]  # type: ignore[method-assign]
    assert Delivery(outbox, server, Words()).step() > 0
    assert len(outbox.pending(10)) == 1


def test_an_event_over_which_the_server_fails_does_not_hold_up_the_rest(
    outbox: MemoryOutbox, server: FakeServer
) -> None:
    uuids = commit(outbox, 5)
    accept = server.events

    def events(batch: Any, backlog: int) -> Any:
        if any(event["uuid"] == uuids[1] for event in batch):
            raise ServerUnreachable("500", answered=True)
        return accept(batch, backlog)

    server.events = events  # type: ignore[method-assign]
    delivery = Delivery(outbox, server, Words())
    for _ in range(4):
        delivery.step()
    assert set(server.events_seen) == {*uuids} - {uuids[1]}
    assert [event["uuid"] for event in outbox.pending(10)] == [uuids[1]]


@pytest.mark.parametrize("retry_after_s", [None, 2.0], ids=["it fails", "it says when"])
def test_a_server_that_fails_over_everything_is_not_asked_about_every_event(
    outbox: MemoryOutbox, server: FakeServer, retry_after_s: float | None
) -> None:
    commit(outbox, BATCH)
    asked: list[int] = []

    def events(batch: Any, backlog: int) -> Any:
        asked.append(len(batch))
        raise ServerUnreachable("500", retry_after_s, answered=True)

    server.events = events  # type: ignore[method-assign]
    delivery = Delivery(outbox, server, Words())
    assert all(0 < delivery.step() <= 5 for _ in range(10))
    assert len(asked) <= 10 * 4
    assert (1 in asked) == (retry_after_s is None)


def test_even_where_most_events_fail_the_others_arrive(
    outbox: MemoryOutbox, server: FakeServer
) -> None:
    good = set(commit(outbox, 9)[6:])
    accept = server.events

    def events(batch: Any, backlog: int) -> Any:
        if {event["uuid"] for event in batch} - good:
            raise ServerUnreachable("500", answered=True)
        return accept(batch, backlog)

    server.events = events  # type: ignore[method-assign]
    delivery = Delivery(outbox, server, Words())
    for _ in range(500):
        delivery.step()
    assert set(server.events_seen) == good


@pytest.mark.parametrize(
    ("batches", "within_s", "left"), [(3, 9.0, 0), (9, 4.0, 6)], ids=["all of it", "time is up"]
)
def test_at_the_end_what_is_left_is_delivered_as_far_as_there_is_time(
    outbox: MemoryOutbox, server: FakeServer, batches: int, within_s: float, left: int
) -> None:
    commit(outbox, batches * BATCH)
    passed = iter(range(100))
    delivery = Delivery(outbox, server, Words(), monotonic_s=lambda: float(next(passed)))
    delivery.finish(within_s)
    assert len(outbox.pending(10**6)) == left * BATCH


def test_at_the_end_a_server_that_is_away_is_not_waited_for(
    outbox: MemoryOutbox, server: FakeServer
) -> None:
    commit(outbox, 2)
    server.down = ServerUnreachable("gone")
    Delivery(outbox, server, Words(), monotonic_s=lambda: 0.0).finish(5.0)
    assert len(outbox.pending(10)) == 2


def test_back_is_said_only_when_nothing_waits_any_more(
    outbox: MemoryOutbox, server: FakeServer
) -> None:
    commit(outbox, 150)
    server.down = ServerUnreachable("gone")
    words = Words()
    delivery = Delivery(outbox, server, words)
    delivery.step()
    server.down = None
    delivery.step()
    assert "back" not in words.said
    delivery.step()
    assert words.said[-1] == "back"


def test_a_token_refused_while_sending_singly_does_not_end_the_delivery(
    outbox: MemoryOutbox, server: FakeServer
) -> None:
    commit(outbox, 3)

    def events(batch: Any, backlog: int) -> Any:
        if len(batch) == 1:
            raise CredentialsRefused("device_revoked", "This device has been revoked.")
        raise ServerUnreachable("500", answered=True)

    server.events = events  # type: ignore[method-assign]
    delivery = Delivery(outbox, server, Words())
    assert all(delivery.step() > 0 for _ in range(5))
    assert len(outbox.pending(10)) == 3


def test_the_server_is_told_how_much_waits_while_catching_up(
    outbox: MemoryOutbox, server: FakeServer
) -> None:
    commit(outbox, 2 * BATCH + 3)
    delivery = Delivery(outbox, server, Words())
    for _ in range(3):
        delivery.step()
    assert server.backlogs == [BATCH + 3, 3, 0]


def test_what_just_happened_is_no_backlog(outbox: MemoryOutbox, server: FakeServer) -> None:
    commit(outbox, BATCH)
    Delivery(outbox, server, Words()).step()
    commit(outbox, 2)
    Delivery(outbox, server, Words()).step()
    assert server.backlogs == [0, 0]


def test_halves_of_a_refused_batch_count_each_other(
    outbox: MemoryOutbox, server: FakeServer
) -> None:
    commit(outbox, BATCH + 1)
    accept, said = server.events, []

    def events(batch: Any, backlog: int) -> Any:
        said.append((len(batch), backlog))
        if len(batch) == BATCH:
            raise Refused("malformed", "what is this?")
        return accept(batch, backlog)

    server.events = events  # type: ignore[method-assign]
    Delivery(outbox, server, Words()).step()
    half = BATCH // 2
    assert said == [(BATCH, 1), (half, half + 1), (half, 1)]


def test_nothing_goes_before_the_clocks_have_been_compared(
    outbox: MemoryOutbox, server: FakeServer
) -> None:
    commit(outbox, 2)
    known: list[bool] = []
    delivery = Delivery(outbox, server, Words(), ready=lambda: bool(known))
    assert delivery.step() > 0
    assert server.events_seen == {}
    known.append(True)
    assert delivery.step() == 0
    assert len(server.events_seen) == 2
