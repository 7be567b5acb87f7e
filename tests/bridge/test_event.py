from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_bridge.domain.canonical import canonical
from device_bridge.domain.event import (
    ChainLink,
    Outcome,
    Sighting,
    hash_of,
    parse_utc,
    utc_text,
    write_event,
)
from tests.builders import BOOT, CHAIN, at

_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.integers(-(10**6), 10**6).map(lambda n: n / 10_000)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


@given(_json)
def test_canonical_form_is_stable_under_reading_back(value: object) -> None:
    assert canonical(json.loads(canonical(value))) == canonical(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": 2}, b'{"a":2,"b":1}'),
        ([1.0, -0.0, 0.5], b"[1,0,0.5]"),
        ({"é": "\u2028"}, '{"é":"\u2028"}'.encode()),
    ],
)
def test_canonical_form(value: object, text: bytes) -> None:
    assert canonical(value) == text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 0.123456])
def test_numbers_that_could_be_written_two_ways_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match="decimal"):
        canonical([value])


def test_events_of_a_device_are_chained() -> None:
    link = ChainLink(3, CHAIN)
    sighting = Sighting(1, Outcome.NO_CANDIDATE, at(0))
    first = write_event(sighting, link, uuid=BOOT, salt=bytes(16), sign=lambda _: bytes(64))
    link = link.after(hash_of(first))
    second = write_event(sighting, link, uuid=CHAIN, salt=bytes(16), sign=lambda _: bytes(64))
    assert (first["seq"], second["seq"]) == (1, 2)
    assert second["prev_hash"] == hash_of(first)


@given(st.datetimes())
def test_times_survive_the_wire_to_the_millisecond(naive: datetime) -> None:
    moment = naive.replace(tzinfo=UTC, microsecond=naive.microsecond // 1000 * 1000)
    assert parse_utc(utc_text(moment)) == moment


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        utc_text(datetime(2026, 11, 20))  # noqa: DTZ001
