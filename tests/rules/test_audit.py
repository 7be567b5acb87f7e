"""What is missing, changed or told twice in a device's chain is named, and nothing else."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import replace

import pytest
from attendance_rules import audit
from attendance_rules.audit import BROKEN, EDIT, FORK, GAP, PARKED, Link
from attendance_rules.chain import GENESIS
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
PUBLIC = base64.b64encode(KEY.public_key().public_bytes_raw()).decode()


def signed(event_hash: str, key: Ed25519PrivateKey = KEY) -> str:
    return base64.b64encode(key.sign(bytes.fromhex(event_hash))).decode()


def chained(count: int) -> list[Link]:
    links, before = [], GENESIS
    for seq in range(1, count + 1):
        event_hash = hashlib.sha256(f"{seq}{before}".encode()).hexdigest()
        links.append(Link(seq, before, event_hash, signed(event_hash), True, True, seq * 10))
        before = event_hash
    return links


def told(links: Sequence[Link], **known: object) -> list[tuple[str, int, int]]:
    return [(one.kind, one.first, one.last) for one in audit.faults(links, PUBLIC, **known)]


WHOLE = chained(6)
OTHER = hashlib.sha256(b"other").hexdigest()


@pytest.mark.parametrize(
    ("links", "faults"),
    [
        pytest.param(WHOLE, [], id="whole"),
        pytest.param([], [], id="nothing told yet"),
        pytest.param(WHOLE[:2] + WHOLE[4:], [(GAP, 3, 4)], id="two missing"),
        pytest.param(WHOLE[2:], [(GAP, 1, 2)], id="the beginning missing"),
        pytest.param(
            [*WHOLE[:2], *(replace(link, settled=False) for link in WHOLE[4:])],
            [],
            id="on their way",
        ),
        pytest.param(
            [*WHOLE[:2], replace(WHOLE[2], hash=OTHER), *WHOLE[3:]],
            [(EDIT, 3, 3), (BROKEN, 4, 4)],
            id="a fact changed",
        ),
        pytest.param(
            [*WHOLE[:2], replace(WHOLE[2], whole=False), *WHOLE[3:]],
            [(EDIT, 3, 3)],
            id="the person changed",
        ),
        pytest.param(
            [replace(WHOLE[0], prev_hash=OTHER), *WHOLE[1:]],
            [(BROKEN, 1, 1)],
            id="a beginning that names another",
        ),
        pytest.param(
            [*WHOLE[:3], replace(WHOLE[2], hash=OTHER, signature=signed(OTHER)), *WHOLE[3:5]],
            [(FORK, 3, 3), (BROKEN, 4, 4)],
            id="two of one number",
        ),
        pytest.param(
            [
                *WHOLE[:5],
                replace(
                    WHOLE[5],
                    signature=signed(
                        WHOLE[5].hash, Ed25519PrivateKey.from_private_bytes(b"1" * 32)
                    ),
                ),
            ],
            [(EDIT, 6, 6)],
            id="another key's signature",
        ),
    ],
)
def test_faults_are_named_by_number(links: list[Link], faults: list[tuple[str, int, int]]) -> None:
    assert told(links) == faults


def test_an_end_that_is_missing_is_noticed_once_the_device_has_told_its_number() -> None:
    assert told(WHOLE[:4]) == []
    assert told(WHOLE[:4], head=6) == [(GAP, 5, 6)]
    assert told([], head=2) == [(GAP, 1, 2)]


def test_what_was_rejected_is_missing_for_a_reason() -> None:
    parked = {3: "unknown_gate", 9: "malformed"}
    found = audit.faults([WHOLE[0], WHOLE[5]], PUBLIC, parked=parked)
    assert [(one.kind, one.first, one.last, one.detail) for one in found] == [
        (GAP, 2, 2, ""),
        (PARKED, 3, 3, "unknown_gate"),
        (GAP, 4, 5, ""),
    ]


@given(st.sets(st.integers(1, 6)), st.sets(st.integers(1, 6)))
def test_every_number_is_there_or_named(there: set[int], parked: set[int]) -> None:
    links = [link for link in WHOLE if link.seq in there]
    reasons = dict.fromkeys(parked - there, "malformed")
    named: list[int] = []
    for kind, first, last in told(links, head=6, parked=reasons):
        if kind in {GAP, PARKED}:
            named += range(first, last + 1)
    assert sorted(named) == sorted(set(range(1, 7)) - there)
