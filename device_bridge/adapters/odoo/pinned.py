"""TLS to a server whose public key is known beforehand (RFC 7469, section 2.4).

The pin comes on top of the certificate's check: who has got hold of a certificate authority
still meets no gate. It is compared in the handshake, before the token is sent.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import ssl
from collections.abc import Sequence
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from requests.adapters import HTTPAdapter

from device_bridge.errors import SettingsError

_SHA256_BYTES = 32


class PinnedAdapter(HTTPAdapter):
    """Mounted on a requests session for https.

    Args:
        pins: base64 of the SHA-256 of a public key (SubjectPublicKeyInfo); one must fit.
            Give a second one, of a key kept in a safe, before the first is replaced.

    Raises:
        SettingsError: a pin is none.
    """

    def __init__(self, pins: Sequence[str], ca_file: str | None) -> None:
        self._pins, self._ca_file = frozenset(map(_checked, pins)), ca_file
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        try:
            context = ssl.create_default_context(cafile=self._ca_file)
        except OSError as error:
            raise SettingsError(f"{self._ca_file} cannot be read.") from error
        context.sslsocket_class = _socket_class(self._pins)
        super().init_poolmanager(*args, ssl_context=context, **options)


def pin_of(certificate: bytes) -> str:
    """Base64 of the SHA-256 of a certificate's (DER) public key."""
    key = x509.load_der_x509_certificate(certificate).public_key()
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(spki).digest()).decode()


def _checked(pin: str) -> str:
    plain = pin.removeprefix("sha256/")
    try:
        size = len(base64.b64decode(plain, validate=True))
    except binascii.Error:
        size = 0
    if size != _SHA256_BYTES:
        raise SettingsError(f"server.pins: {pin!r} is no base64 of a SHA-256.")
    return plain


def _socket_class(pins: frozenset[str]) -> type[ssl.SSLSocket]:
    class PinnedSocket(ssl.SSLSocket):
        def do_handshake(self, block: bool = False) -> None:
            super().do_handshake(block)
            if pin_of(self.getpeercert(binary_form=True) or b"") not in pins:
                raise ssl.SSLCertVerificationError("the server's key is not the pinned one")

    return PinnedSocket
