"""Challenges that travel with the caller, so that the service keeps none of them.

A ticket is signed with the device's own key and opens at every replica of the service. It
holds for one encounter at one gate and for as long as it takes to answer.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from device_bridge.api.errors import Malformed
from device_bridge.api.tokens import ALGORITHM
from device_bridge.domain.access import Access
from device_bridge.domain.challenge import DEADLINE_S, Challenge, Step, draw_challenge
from device_bridge.domain.gate import Gate
from device_bridge.domain.liveness import SAME_PERSON_SLACK

VALID_FOR = timedelta(seconds=2 * DEADLINE_S)
"""The challenge's own deadline, and as long again to see it shown and to send the answer."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A challenge as it is given out."""

    challenge: Challenge
    text: str
    expires_at: datetime


class Challenges:
    """Issues and opens tickets.

    Args:
        device: database id of this device, which names its key.
        sign: the device's signing key.
    """

    def __init__(
        self,
        device: int,
        sign: Ed25519PrivateKey,
        access: Callable[[], Access | None],
        chance: random.Random | None = None,
    ) -> None:
        self._device, self._sign, self._access = device, sign, access
        self._chance = chance or secrets.SystemRandom()

    def issue(self, gate: Gate, encounter: str, now: datetime) -> Ticket:
        """A new challenge for this encounter."""
        challenge = draw_challenge(self._chance, gate.threshold - SAME_PERSON_SLACK)
        expires_at = now + VALID_FOR
        claims = {
            "gate": gate.id,
            "encounter": encounter,
            "nonce": challenge.nonce,
            "steps": [str(step) for step in challenge.steps],
            "exp": int(expires_at.timestamp()),
        }
        headers = {"kid": str(self._device), "typ": "challenge"}
        return Ticket(challenge, jwt.encode(claims, self._sign, ALGORITHM, headers), expires_at)

    def open(self, text: str, gate: Gate, encounter: str, now: datetime) -> Challenge:
        """The challenge of a ticket. Raises Malformed if it is not one for this encounter."""
        try:
            claims = jwt.decode(
                text,
                self._key(jwt.get_unverified_header(text).get("kid")),
                algorithms=[ALGORITHM],
                options={"verify_exp": False},  # by the clock that set it, below
            )
            mine = claims["gate"] == gate.id and claims["encounter"] == encounter
            steps = tuple(Step(step) for step in claims["steps"])
            expired = claims["exp"] < now.timestamp()
        except (jwt.PyJWTError, KeyError, TypeError, ValueError) as error:
            raise Malformed("challenge", "This is no challenge of this service.") from error
        if not mine:
            raise Malformed("challenge", "This challenge is of another encounter.")
        if expired:
            raise Malformed("challenge", "This challenge has expired; ask for another.")
        return Challenge(claims["nonce"], steps, gate.threshold - SAME_PERSON_SLACK)

    def _key(self, kid: object) -> Ed25519PublicKey:
        if str(kid) == str(self._device):
            return self._sign.public_key()
        access = self._access()
        known = {str(device): key for device, key in access.replicas.items()} if access else {}
        return Ed25519PublicKey.from_public_bytes(known[str(kid)])
