"""The chain of one device as it would have signed it, so that there is something to audit.

Run by Odoo's shell. The other devices' chains stay unsigned: an audit is per device.
"""

from __future__ import annotations

import base64
import os
from typing import Any

from psycopg2.extras import execute_values

from tests.bench.year.firm import Firm

AT_ONCE = 5000


def sign(env: Any, firm: Firm) -> int:
    """Number, commit to, hash and sign everything at the first gate. Returns how many."""
    from odoo.addons.hr_face_attendance.rules import chain, wire

    _gate, device, _chain = firm.gates[0]
    env.cr.execute(
        "SELECT * FROM hr_face_event WHERE device_id = %s ORDER BY captured_at, id", [device]
    )
    rows, head = env.cr.dictfetchall(), chain.GENESIS
    places = {"gate": "gate_id", "device": "device_id", "employee": "employee_id"}
    values = []
    for seq, row in enumerate(rows, 1):
        facts = {name: row[places.get(name, name)] for name in wire.FACTS}
        facts["captured_at"] = row["captured_at"].isoformat(timespec="milliseconds") + "Z"
        for name in ("similarity", "margin"):
            facts[name] = None if facts[name] is None else round(float(facts[name]), 4)
        facts |= {"seq": seq, "prev_hash": head, "salt": base64.b64encode(os.urandom(16)).decode()}
        facts["commitment"] = chain.commitment_of(facts)
        public = {name: value for name, value in facts.items() if name not in chain.PERSONAL}
        digest = chain.hash_of(wire.public_document(public | {"extra": {}}))
        signature = base64.b64encode(firm.signing.sign(bytes.fromhex(digest))).decode()
        values.append((row["id"], seq, head, facts["commitment"], facts["salt"], digest, signature))
        head = digest
    execute_values(
        env.cr._obj,
        "UPDATE hr_face_event e SET seq = v.seq, prev_hash = v.prev_hash,"
        " commitment = v.commitment, salt = v.salt, hash = v.hash, signature = v.signature"
        " FROM (VALUES %s) AS v(id, seq, prev_hash, commitment, salt, hash, signature)"
        " WHERE e.id = v.id",
        values,
        page_size=AT_ONCE,
    )
    env.cr.execute(
        "UPDATE hr_face_device SET head_chain = chain, head_seq = %s WHERE id = %s",
        [len(rows), device],
    )
    return len(rows)
