"""A new token, and new keys, while everything runs.

    make → save → tell Odoo → save → use

This machine makes them, and saves them before it tells Odoo: whatever is lost or killed on
the way, the next try repeats the same request, with the token before or with the new one.
"""

from __future__ import annotations

import base64
import hashlib
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from device_bridge.adapters.odoo.identity import Identity, Renewal, save
from device_bridge.domain.canonical import canonical
from device_bridge.errors import CredentialsRefused

_log = logging.getLogger(__name__)
Ask = Callable[[dict[str, Any]], object]


class Renewer:
    """Keeps this bridge's identity, on the disk and in use.

    Args:
        ask: the server's `rotation`.
        use: called with what is valid from now on: whoever calls Odoo or signs must adopt it.
    """

    def __init__(
        self, identity: Identity, path: Path, ask: Ask, use: Callable[[Identity], None]
    ) -> None:
        self.identity, self._path, self._ask, self._use = identity, path, ask, use

    def finish(self) -> None:
        """Go on with a renewal that was begun before this process. Raises as `renew`."""
        self._tell()

    def renew(self, *, with_keys: bool) -> None:
        """Raises ServerUnreachable, Refused: try again later, nothing has changed."""
        if self.identity.renewal is None:
            renewal = Renewal.generate(with_keys=with_keys)
            self.identity = replace(self.identity, renewal=renewal)
            save(self.identity, self._path)
        self._tell()

    def _tell(self) -> None:
        if self.identity.renewal is None:
            return
        body = request_of(self.identity, self.identity.renewal)
        try:
            self._ask(body)
        except CredentialsRefused:
            # Odoo has taken it already, and the token before has run out since.
            self._use(self.identity.renewed())
            try:
                self._ask(body)
            except CredentialsRefused:
                self._use(self.identity)
                raise
        self.identity = self.identity.renewed()
        save(self.identity, self._path)
        self._use(self.identity)
        _log.info("token_renewed", extra={"keys": body["keys"] is not None})


def request_of(identity: Identity, new: Renewal) -> dict[str, Any]:
    """wire/rotation.v1, signed with the key before."""
    keys = new.keys and {
        "signing_key": new.keys.public_signing_key(),
        "encryption_key": new.keys.public_encryption_key(),
        "chain": new.chain,
    }
    signed = {"token_sha256": new.token_sha256, "keys": keys}
    proof = identity.keys.signing.sign(hashlib.sha256(canonical(signed)).digest())
    return {**signed, "proof": base64.b64encode(proof).decode()}
