"""Bearer tokens: JSON Web Tokens (RFC 7519) that Odoo signed with Ed25519 (RFC 8037).

Nothing else is accepted: no symmetric algorithm, no `none`, no key from the token itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from device_bridge.api.errors import NotAllowed, TokenRefused, Unavailable
from device_bridge.domain.access import (
    BROWSER_SCOPES,
    BROWSER_TTL_S,
    FACTORS,
    PROGRAM_SCOPES,
    PROGRAM_TTL_S,
    Access,
    Claim,
    Grant,
    Scope,
    known_scopes,
)

ALGORITHM = "EdDSA"
SKEW_S = 10
"""How far Odoo's clock and ours may be apart."""

MOST_CHARACTERS = 4096
_REQUIRED = ["iss", "aud", "sub", "iat", "exp"]


class Tokens:
    """Checks what callers show.

    Args:
        access: the credentials as last synced, None before the first sync.
        gates: ids of the gates that this device serves now.
    """

    def __init__(
        self, access: Callable[[], Access | None], gates: Callable[[], Collection[int]]
    ) -> None:
        self._access, self._gates = access, gates

    def grant(self, authorization: str | None, scope: Scope | None) -> Grant:
        """What the bearer of an `Authorization` header may do.

        Args:
            scope: what the call needs; None if any valid token will do.

        Raises:
            TokenRefused: there is no token, or it does not hold.
            NotAllowed: it holds, and is for something else.
            Unavailable: the credentials have never been synced.
        """
        kind, _, token = (authorization or "").partition(" ")
        if kind.lower() != "bearer" or not token.strip():
            raise TokenRefused("A bearer token is expected: Authorization: Bearer …")
        access = self._access()
        if access is None:
            raise Unavailable("The service has not reached Odoo yet.", code="starting")
        grant = check_claims(_verified(token.strip(), access), access, self._gates())
        if scope is not None and scope not in grant.scopes:
            raise NotAllowed(f"This token is not for {scope!s}.")
        return grant


def check_claims(claims: Mapping[str, Any], access: Access, gates: Collection[int]) -> Grant:
    """What verified claims grant, beyond what the signature says. Raises as `Tokens.grant`."""
    client = claims.get("client_id")
    if client is None:
        longest_s, allowed = BROWSER_TTL_S, BROWSER_SCOPES
    elif not isinstance(client, str) or client not in access.clients:
        raise TokenRefused("This client has been revoked in Odoo.", code="client_revoked")
    else:
        longest_s, allowed = PROGRAM_TTL_S, access.clients[client] & PROGRAM_SCOPES
    if claims["exp"] - claims["iat"] > longest_s:
        raise TokenRefused(f"A token like this may live for {longest_s} seconds.")
    if claims.get("company") != access.company:
        raise NotAllowed("This token is for another company.")
    gate = claims.get("gate")
    if gate is not None and gate not in gates:
        raise NotAllowed("This service does not serve the token's gate.", field="gate")
    enrolment = claims.get("enrolment") if client is None else None
    if enrolment is not None:
        if not isinstance(enrolment, str) or gate is not None:
            raise NotAllowed("This token is for a gate or for an enrolment.", field="enrolment")
        allowed = frozenset({Scope.CAPTURE})
    elif gate is None and client is None:
        raise NotAllowed("A browser's token names its gate.", field="gate")
    names = claims.get("scope")
    scopes = known_scopes(names.split()) if isinstance(names, str) else frozenset[Scope]()
    return Grant(claims["sub"], scopes & allowed, gate, client, enrolment, _claim(claims))


def _claim(claims: Mapping[str, Any]) -> Claim | None:
    """What Odoo says besides of the person in front of a kiosk."""
    employee, factor = claims.get("employee"), claims.get("factor")
    if employee is None and factor is None:
        return None
    if type(employee) is not int or factor not in FACTORS:
        raise TokenRefused("This is no token of Odoo's for this service.")
    return Claim(employee, factor)


def _verified(token: str, access: Access) -> Mapping[str, Any]:
    """The claims of a token that one of Odoo's keys has signed for this service."""
    if len(token) > MOST_CHARACTERS:
        raise TokenRefused("This is no token of Odoo's.")
    try:
        key = access.keys.get(str(jwt.get_unverified_header(token).get("kid")))
        if key is None:
            raise TokenRefused("This token is signed with a key that is not, or no longer, known.")
        claims: Mapping[str, Any] = jwt.decode(
            token,
            Ed25519PublicKey.from_public_bytes(key),
            algorithms=[ALGORITHM],
            audience=access.audience,
            issuer=access.issuer,
            leeway=SKEW_S,
            options={"require": _REQUIRED, "strict_aud": True},
        )
    except jwt.ExpiredSignatureError as error:
        raise TokenRefused("This token has expired.", code="token_expired") from error
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError, OverflowError) as error:
        raise TokenRefused("This is no token of Odoo's for this service.") from error
    if not all(type(claims[name]) is int for name in ("iat", "exp")):
        raise TokenRefused("This is no token of Odoo's for this service.")
    return claims
