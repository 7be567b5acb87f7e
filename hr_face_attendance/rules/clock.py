"""Whether a captured time can be paid, or must be looked at by a person first.

Time is evidence: an event is never refused for its time, it is sent to review.
"""

from datetime import timedelta

FUTURE_TOLERANCE = timedelta(minutes=2)
"""A captured time may lie this far ahead of the server: two clocks and a slow network."""
OFFSET_TOLERANCE = timedelta(minutes=5)
"""A device further off than this has no clock worth paying by (Kerberos uses the same)."""

RECORDING_NOT_ALLOWED = "recording_not_allowed"
CLOCK_IN_FUTURE = "clock_in_future"
CLOCK_BEFORE_PAIRING = "clock_before_pairing"
CLOCK_OFFSET = "clock_offset"
CLOCK_UNVERIFIED = "clock_unverified"
CLOCK_UNCERTAIN = "clock_uncertain"
REVIEWS = (
    RECORDING_NOT_ALLOWED,
    CLOCK_IN_FUTURE,
    CLOCK_BEFORE_PAIRING,
    CLOCK_OFFSET,
    CLOCK_UNVERIFIED,
    CLOCK_UNCERTAIN,
)


def offset_ms(captured_at, monotonic_ms, boot_started_ms):
    """Server time minus device time at a capture, by the monotonic clock of its boot.

    Args:
        captured_at: aware UTC datetime, as the device's wall clock said.
        boot_started_ms: server time in ms since 1970 at zero of that monotonic clock.
    """
    return boot_started_ms + monotonic_ms - round(captured_at.timestamp() * 1000)


def judge_time(
    captured_at,
    *,
    received_at,
    paired_at,
    time_source,
    gate_is_recording,
    clock_offset_ms=None,
    clock_uncertainty_ms=None,
):
    """None if the time may be paid, otherwise why not.

    A time from a recording is the recording's, not the device's, so at a gate that an
    administrator marked "recording" neither pairing nor clock offset speaks against
    it; the future still does. Elsewhere it is never paid.

    A clock that was never compared with the server's in its boot may show anything: a
    computer without a battery starts where it was switched off.

    Args:
        captured_at, received_at, paired_at: aware UTC datetimes.
        time_source: "clock" or "recording".
    """
    recording = time_source == "recording"
    if recording and not gate_is_recording:
        return RECORDING_NOT_ALLOWED
    uncertainty = timedelta(milliseconds=clock_uncertainty_ms or 0)
    if captured_at > received_at + FUTURE_TOLERANCE + min(uncertainty, OFFSET_TOLERANCE):
        return CLOCK_IN_FUTURE
    if recording:
        return None
    if captured_at < paired_at - FUTURE_TOLERANCE:
        return CLOCK_BEFORE_PAIRING
    return _judge_clock(clock_offset_ms, uncertainty)


def _judge_clock(offset_ms, uncertainty):
    if offset_ms is None:
        return CLOCK_UNVERIFIED
    if abs(offset_ms) > OFFSET_TOLERANCE / timedelta(milliseconds=1):
        return CLOCK_OFFSET
    return CLOCK_UNCERTAIN if uncertainty > OFFSET_TOLERANCE else None
