"""What the page is told, as it travels: the same sentences that the gate's voice says."""

from __future__ import annotations

from typing import Any

from device_bridge.domain.answer import Act, Answer, act_of
from device_bridge.domain.gate import Gate
from device_bridge.domain.guidance import Guidance
from device_bridge.domain.phrases import phrase

Message = dict[str, Any]


def said(answer: Answer, gate: Gate, *, direction: str | None = None, detail: str = "") -> Message:
    """An outcome.

    Args:
        direction: Odoo's word, once it is there.
        detail: what Odoo adds, such as that somebody is late.
    """
    act = answer.act or Act.HELLO
    if direction is not None and answer.waits_for_word:
        act = act_of(direction)
    own = answer.language if gate.speech.own_language else None
    words = phrase(act, (own, gate.language), answer.name)
    return {
        "type": "say",
        "uuid": answer.uuid,
        "act": str(act),
        "signal": str(answer.signal),
        "text": words.text,
        "language": words.language,
        "detail": detail,
    }


def guided(guidance: Guidance | None, gate: Gate) -> Message:
    """One instruction, or that there is none."""
    if guidance is None:
        return {"type": "guide", "text": "", "language": "", "code": ""}
    words = phrase(guidance, (gate.language,))
    return {
        "type": "guide",
        "text": words.text,
        "language": words.language,
        "code": str(guidance),
    }


def welcomed(session: str, gate: Gate | None, *, feeds: bool) -> Message:
    """The answer to a page that may stay.

    Args:
        gate: None while Odoo has not been reached yet.
        feeds: whether the page is the gate's camera.
    """
    return {
        "type": "welcome",
        "session": session,
        "gate": gate.name if gate else "",
        "language": gate.language if gate else "",
        "ready": gate is not None,
        "feeds": feeds,
    }


def linked(up: bool) -> Message:
    """Whether Odoo can be reached; events are kept while it cannot."""
    return {"type": "link", "up": up}
