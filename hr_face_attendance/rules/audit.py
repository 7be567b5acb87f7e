"""What an auditor asks of a device's chain: is anything missing, changed or told twice?

Every event of a device is numbered, names the hash of the one before and is signed
(rules.chain). Nobody with the database alone can add, change or remove one unnoticed:
a changed one is not signed, a removed one leaves a number out.
"""

from dataclasses import dataclass

from . import chain

GAP = "gap"
PARKED = "parked"
EDIT = "edit"
FORK = "fork"
BROKEN = "broken"
KINDS = (GAP, PARKED, EDIT, FORK, BROKEN)


@dataclass(frozen=True)
class Link:
    """One stored event of a chain, its hash computed anew.

    Attributes:
        whole: the personal part is what the commitment says, or was redacted.
        settled: everything older has been answered for, as far as the device has told.
        at: when it was captured, for whoever reads the report.
    """

    seq: int
    prev_hash: str
    hash: str
    signature: str
    whole: bool
    settled: bool
    at: object


@dataclass(frozen=True)
class Fault:
    """`first` to `last`: numbers in the chain. `at`: when the event after them was captured."""

    kind: str
    first: int
    last: int
    at: object = None
    detail: str = ""


def faults(links, signing_key, *, head=None, parked=None):
    """Where the chain of one pairing does not hold, in order; empty when it does.

    Args:
        links: of one chain, by rising seq.
        head: number of the last event that the device has committed, once everything up to
            it has been answered for; None: not known, the end is open.
        parked: {seq: reason} of events that the server rejected; they are missing for a
            known reason.
    """
    before, found = None, []
    for link in links:
        found += _of_one(link, signing_key)
        if before is not None and link.seq == before.seq:
            found.append(Fault(FORK, link.seq, link.seq, link.at))
        elif before is not None and link.seq == before.seq + 1:
            if link.prev_hash != before.hash:
                found.append(Fault(BROKEN, link.seq, link.seq, link.at))
        elif before is None and link.seq == 1:
            if link.prev_hash != chain.GENESIS:
                found.append(Fault(BROKEN, 1, 1, link.at))
        elif link.settled:
            found += missing((before.seq if before else 0) + 1, link.seq - 1, link.at, parked)
        before = link
    last = before.seq if before else 0
    if head is not None and head > last:
        found += missing(last + 1, head, None, parked)
    return found


def missing(first, last, at, parked=None):
    """The numbers from `first` to `last`, as gaps and as what was rejected for a reason."""
    found, parked = [], parked or {}
    for seq in sorted(known for known in parked if first <= known <= last):
        if first < seq:
            found.append(Fault(GAP, first, seq - 1, at))
        found.append(Fault(PARKED, seq, seq, at, parked[seq]))
        first = seq + 1
    if first <= last:
        found.append(Fault(GAP, first, last, at))
    return found


def _of_one(link, signing_key):
    if not chain.is_signed(link.hash, link.signature, signing_key):
        return [Fault(EDIT, link.seq, link.seq, link.at, "facts")]
    return [] if link.whole else [Fault(EDIT, link.seq, link.seq, link.at, "person")]
