"""A gate's commissioning sheet: what `doctor` found, signed by the device (wire/doctor.v1)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from device_bridge.domain.canonical import canonical
from device_bridge.domain.diagnosis import Finding, worst
from device_bridge.domain.event import utc_text


def write_sheet(
    findings: Sequence[Finding],
    *,
    uuid: str,
    gate: int,
    made_at: datetime,
    machine: str,
    bridge_version: str,
    sign: Callable[[bytes], bytes],
) -> dict[str, Any]:
    """The document, with an Ed25519 signature over the SHA-256 of its canonical form without it.

    Args:
        machine: the board or processor it was measured on.
    """
    sheet: dict[str, Any] = {
        "uuid": uuid,
        "gate": gate,
        "made_at": utc_text(made_at),
        "machine": machine[:128],
        "bridge_version": bridge_version,
        "verdict": str(worst(findings)),
        "checks": [
            {
                "check": str(one.check),
                "level": str(one.level),
                "text": one.text[:300],
                "advice": one.advice[:300],
                "value": one.value,
                "unit": one.unit,
            }
            for one in findings
        ],
    }
    digest = hashlib.sha256(canonical(sheet)).digest()
    return sheet | {"signature": base64.b64encode(sign(digest)).decode()}
