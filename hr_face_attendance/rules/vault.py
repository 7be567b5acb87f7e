"""Templates at rest, and gallery pages on their way to one device.

At rest: AES-256-GCM under a key of the template's own, which is wrapped by a master
key kept outside database and filestore. Company, employee, model and uuid are
associated data of both layers, so a row moved to another person does not open.

On the way: X25519 with an ephemeral key, HKDF-SHA256, AES-256-GCM (wire/gallery.v1),
so that a stolen token yields ciphertext.
"""

import base64
import hashlib
import json
import os
import zlib
from dataclasses import dataclass, replace

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .errors import Unsealable

KEY_BYTES = 32
NONCE_BYTES = 12
"""NIST SP 800-38D: 96-bit nonces; every key here seals once or few times."""
GALLERY_ALG = "X25519-HKDF-SHA256-AES256GCM"
GALLERY_INFO = b"hr_face_attendance gallery v1"


@dataclass(frozen=True)
class Sealed:
    """One template at rest; every part is bytes."""

    ciphertext: bytes
    nonce: bytes
    wrapped_key: bytes
    key_nonce: bytes


def key_id(master_key):
    """Names a master key without revealing it: 16 hex digits."""
    return hashlib.sha256(b"hr_face_attendance key id" + master_key).hexdigest()[:16]


def owner(company, employee, model, uuid):
    """The associated data that ties a row to its person."""
    return json.dumps([company, employee, model, uuid], separators=(",", ":")).encode()


def seal(vector, master_key, belongs_to):
    """Seal the bytes of a vector. `belongs_to` is from `owner`."""
    key, nonce, key_nonce = os.urandom(KEY_BYTES), os.urandom(NONCE_BYTES), os.urandom(NONCE_BYTES)
    return Sealed(
        ciphertext=AESGCM(key).encrypt(nonce, vector, belongs_to),
        nonce=nonce,
        wrapped_key=AESGCM(master_key).encrypt(key_nonce, key, belongs_to),
        key_nonce=key_nonce,
    )


def unseal(sealed, master_key, belongs_to):
    """The bytes of the vector.

    Raises:
        Unsealable: another key, another person's row, or damage.
    """
    try:
        key = AESGCM(master_key).decrypt(sealed.key_nonce, sealed.wrapped_key, belongs_to)
        return AESGCM(key).decrypt(sealed.nonce, sealed.ciphertext, belongs_to)
    except (InvalidTag, ValueError) as error:
        raise Unsealable("this template does not open") from error


def rewrap(sealed, old_key, new_key, belongs_to):
    """The same ciphertext with its key wrapped by another master key; opened to make sure.

    Raises:
        Unsealable: as `unseal`; nothing can be said of this row under the old key either.
    """
    try:
        key = AESGCM(old_key).decrypt(sealed.key_nonce, sealed.wrapped_key, belongs_to)
    except (InvalidTag, ValueError) as error:
        raise Unsealable("this template does not open") from error
    key_nonce = os.urandom(NONCE_BYTES)
    wrapped = AESGCM(new_key).encrypt(key_nonce, key, belongs_to)
    again = replace(sealed, wrapped_key=wrapped, key_nonce=key_nonce)
    unseal(again, new_key, belongs_to)
    return again


def seal_page(page, device_key, cursor):
    """A gallery page (wire/gallery_page.v1) sealed to a device, as `sealed` of gallery.v1.

    Args:
        page: JSON-ready dict.
        device_key: the device's X25519 public key, base64 of 32 bytes.
        cursor: the page's cursor, authenticated with it.
    """
    receiver = base64.b64decode(device_key, validate=True)
    ephemeral = X25519PrivateKey.generate()
    sender = ephemeral.public_key().public_bytes_raw()
    secret = ephemeral.exchange(X25519PublicKey.from_public_bytes(receiver))
    nonce = os.urandom(NONCE_BYTES)
    plain = zlib.compress(json.dumps(page, separators=(",", ":")).encode())
    ciphertext = AESGCM(_page_key(secret, sender + receiver)).encrypt(nonce, plain, cursor.encode())
    return {
        "alg": GALLERY_ALG,
        "ephemeral_key": base64.b64encode(sender).decode(),
        "nonce": base64.b64encode(nonce).decode(),
        "ciphertext": base64.b64encode(ciphertext).decode(),
    }


def open_page(sealed, private_key, cursor):
    """What a device does with a page; here for tests. `private_key` is an X25519PrivateKey."""
    sender = base64.b64decode(sealed["ephemeral_key"])
    secret = private_key.exchange(X25519PublicKey.from_public_bytes(sender))
    key = _page_key(secret, sender + private_key.public_key().public_bytes_raw())
    plain = AESGCM(key).decrypt(
        base64.b64decode(sealed["nonce"]), base64.b64decode(sealed["ciphertext"]), cursor.encode()
    )
    return json.loads(zlib.decompress(plain))


def _page_key(secret, salt):
    return HKDF(hashes.SHA256(), KEY_BYTES, salt, GALLERY_INFO).derive(secret)
