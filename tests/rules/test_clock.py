"""Whether a captured time may be paid."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from attendance_rules import clock
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime(2025, 3, 3, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
MICROSECOND = timedelta(microseconds=1)
PAIRED = NOW - 180 * MINUTE


# name, captured, recording, at a recording gate, offset ms, uncertainty ms, verdict
@pytest.mark.parametrize(
    ("captured_at", "recording", "gate_is_recording", "offset", "uncertainty", "verdict"),
    [
        pytest.param(NOW, False, False, 0, 10, None, id="now"),
        pytest.param(NOW - 60 * MINUTE, False, False, 0, 10, None, id="an hour ago"),
        pytest.param(
            *(NOW, False, False, None, None, clock.CLOCK_UNVERIFIED), id="a clock never compared"
        ),
        pytest.param(
            *(NOW, False, False, 0, 300_001, clock.CLOCK_UNCERTAIN), id="compared too long ago"
        ),
        pytest.param(NOW + 2 * MINUTE, False, False, 0, 0, None, id="two minutes ahead"),
        pytest.param(
            *(NOW + 2 * MINUTE + MICROSECOND, False, False, 0, 0, clock.CLOCK_IN_FUTURE),
            id="more than two minutes ahead",
        ),
        pytest.param(NOW + 3 * MINUTE, False, False, 0, 60_000, None, id="uncertain by a minute"),
        pytest.param(
            *(NOW + 3 * MINUTE, False, False, 0, 59_999, clock.CLOCK_IN_FUTURE),
            id="uncertain by less than a minute",
        ),
        pytest.param(
            *(NOW + 3 * MINUTE, False, False, 0, None, clock.CLOCK_IN_FUTURE),
            id="an unknown uncertainty excuses nothing",
        ),
        pytest.param(
            *(NOW + 7 * MINUTE, False, False, 0, 10**9, clock.CLOCK_UNCERTAIN),
            id="at most five excuse",
        ),
        pytest.param(
            *(NOW + 7 * MINUTE + MICROSECOND, False, False, 0, 10**9, clock.CLOCK_IN_FUTURE),
            id="a boundless uncertainty excuses no more than five minutes",
        ),
        pytest.param(PAIRED - 2 * MINUTE, False, False, 0, 0, None, id="just before pairing"),
        pytest.param(
            *(PAIRED - 2 * MINUTE - MICROSECOND, False, False, 0, 0, clock.CLOCK_BEFORE_PAIRING),
            id="before pairing",
        ),
        pytest.param(NOW, False, False, 300_000, 0, None, id="five minutes off"),
        pytest.param(NOW, False, False, 300_001, 0, clock.CLOCK_OFFSET, id="further ahead"),
        pytest.param(NOW, False, False, -300_001, 0, clock.CLOCK_OFFSET, id="further behind"),
        pytest.param(
            *(NOW, True, False, 0, 0, clock.RECORDING_NOT_ALLOWED),
            id="a recording at an ordinary gate",
        ),
        pytest.param(
            NOW - timedelta(days=30), True, True, 10**7, 0, None, id="a recording at its gate"
        ),
        pytest.param(
            *(NOW + 3 * MINUTE, True, True, 0, 0, clock.CLOCK_IN_FUTURE),
            id="a recording from the future",
        ),
        pytest.param(NOW, False, True, 0, 0, None, id="a clock at a recording gate"),
        pytest.param(
            *(NOW, False, True, 300_001, 0, clock.CLOCK_OFFSET),
            id="a wrong clock at a recording gate",
        ),
    ],
)
def test_a_time_is_paid_or_reviewed(
    captured_at: datetime,
    recording: bool,
    gate_is_recording: bool,
    offset: int | None,
    uncertainty: int | None,
    verdict: str | None,
) -> None:
    found = clock.judge_time(
        captured_at,
        received_at=NOW,
        paired_at=PAIRED,
        time_source="recording" if recording else "clock",
        gate_is_recording=gate_is_recording,
        clock_offset_ms=offset,
        clock_uncertainty_ms=uncertainty,
    )
    assert found == verdict


def test_the_order_of_suspicions() -> None:
    """The future is said first: it needs nothing that the device says of its clock."""
    verdict = clock.judge_time(
        NOW + 60 * MINUTE,
        received_at=NOW,
        paired_at=PAIRED,
        time_source="clock",
        gate_is_recording=False,
    )
    assert verdict == clock.CLOCK_IN_FUTURE


@given(
    wrong=st.timedeltas(timedelta(days=-20_000), timedelta(days=20_000)),
    after_boot=st.timedeltas(timedelta(), timedelta(days=60)),
)
def test_a_wrong_clock_is_told_by_the_monotonic_one_and_never_paid(
    wrong: timedelta, after_boot: timedelta
) -> None:
    """1970, ±3 h, a jump mid-run: whatever the wall clock said, its boot dates the capture."""
    booted = PAIRED
    true = booted + after_boot
    said = true + wrong
    offset = clock.offset_ms(
        said, round(after_boot / timedelta(milliseconds=1)), round(booted.timestamp() * 1000)
    )
    assert abs(offset + wrong / timedelta(milliseconds=1)) <= 2
    verdict = clock.judge_time(
        said,
        received_at=true,
        paired_at=PAIRED,
        time_source="clock",
        gate_is_recording=False,
        clock_offset_ms=offset,
        clock_uncertainty_ms=0,
    )
    if abs(wrong) > 5 * MINUTE + timedelta(milliseconds=2):
        assert verdict is not None
    if verdict is None:
        assert abs(wrong) <= 5 * MINUTE + timedelta(milliseconds=2)
