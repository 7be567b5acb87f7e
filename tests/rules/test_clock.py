"""Whether a captured time may be paid."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from attendance_rules import clock

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
        pytest.param(NOW, False, False, None, None, None, id="nothing known of the clock"),
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
        pytest.param(NOW + 7 * MINUTE, False, False, 0, 10**9, None, id="at most five excuse"),
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


def test_what_a_device_does_not_say_of_its_clock_is_nothing_against_it() -> None:
    found = clock.judge_time(
        NOW, received_at=NOW, paired_at=PAIRED, time_source="clock", gate_is_recording=False
    )
    assert found is None
