"""One-time pairing codes and device tokens."""

import hashlib
import hmac
import secrets
from datetime import timedelta
from urllib.parse import urlencode

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base32: no I, L, O, U, so that a code survives being read aloud."""
CODE_LENGTH = 8
CODE_VALID_FOR = timedelta(minutes=15)
CODE_ROUNDS = 50_000
"""A code has 40 bits: stretched, so that a stolen database is no use within 15 minutes."""
MARK = "fd_"
"""Every device token begins with it, so that a leaked one is recognised."""

ATTEMPTS = 10
ATTEMPT_WINDOW = timedelta(minutes=15)


def new_code():
    """A fresh code, grouped for reading: K7QD-3MFA."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
    return f"{code[:4]}-{code[4:]}"


def invitation(url, code):
    """What the pairing dialog's QR code says (wire/examples/invitation.v1.txt)."""
    return f"hr-face-pair:v1?{urlencode({'url': url, 'code': code})}"


def normalised(code):
    """The code as it was meant: case, separators and look-alikes do not matter."""
    plain = "".join(char for char in code.upper() if char.isalnum())
    return plain.translate(str.maketrans("OIL", "011"))


def code_digest(code, salt):
    """What is stored instead of a code, hex. `salt` is text, per device."""
    return hashlib.pbkdf2_hmac(
        "sha256", normalised(code).encode(), salt.encode(), CODE_ROUNDS
    ).hex()


def code_matches(code, salt, digest):
    return hmac.compare_digest(code_digest(code, salt), digest)


def new_token():
    """256 random bits: nothing to stretch, a plain hash is enough to store."""
    return MARK + secrets.token_urlsafe(32)


def token_digest(token):
    return hashlib.sha256(token.encode()).hexdigest()
