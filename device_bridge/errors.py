"""Every error the bridge raises on purpose.

BridgeError
├── SettingsError             the settings file or a command's argument is wrong
├── TransientError            trying again later may help
│   ├── ServerUnreachable     no answer, or an answer that says "later"
│   ├── CameraLost            the camera stopped giving frames
│   │   └── CameraRefused     … or does not accept the user name and password
│   ├── NotReady              a gate asks for attack detection that cannot be had
│   ├── OutputFailed          a relay, lamp or voice did not do what it was told
│   ├── TerminalUnreachable   a fingerprint clock does not answer, or not what it should
│   └── StorageFull           the outbox could not be written
└── PermanentError            trying again the same way will not help
    ├── CameraUnreadable      there is no such camera, or it is no camera
    ├── ImageUnreadable       the bytes are no picture that we accept
    ├── FaceNotUsable         no face, or not one that can be enrolled
    ├── ModelMismatch         templates of different models met
    ├── WeightsMissing        a model's file is absent or not the one expected
    ├── StorageDamaged        the outbox's file is no database any more
    ├── NotPaired             this bridge holds no device token
    ├── InvitationUnusable    a QR code that is no invitation to pair, or to another server
    └── Refused               the server understood and said no
        └── CredentialsRefused    … because of the token
"""

from __future__ import annotations


class BridgeError(Exception):
    """Base of all; its text is a sentence for the person who runs the bridge."""


class SettingsError(BridgeError):
    """The settings file or a command's argument is wrong."""


class TransientError(BridgeError):
    """Trying again later may help."""


class ServerUnreachable(TransientError):
    """No answer from the server, or an answer that says "later".

    Attributes:
        retry_after_s: when the server said to try again.
        answered: whether there was an answer at all.
    """

    def __init__(
        self, message: str, retry_after_s: float | None = None, *, answered: bool = False
    ) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        self.answered = answered


class CameraLost(TransientError):
    """The camera stopped giving frames."""


class CameraRefused(CameraLost):
    """The camera does not accept the user name and password.

    Transient: a camera that is starting up refuses too, and a password can be put right there.
    """


class NotReady(TransientError):
    """A gate asks for attack detection that cannot be had; until then it decides nothing."""


class OutputFailed(TransientError):
    """A relay, lamp or voice did not do what it was told; people are let in without it or not
    at all, and events are written all the same."""


class TerminalUnreachable(TransientError):
    """A fingerprint clock does not answer, or not what it should; its log keeps what it has."""


class StorageFull(TransientError):
    """The outbox could not be written; nothing has been acknowledged."""


class PermanentError(BridgeError):
    """Trying again the same way will not help."""


class CameraUnreadable(PermanentError):
    """There is no such camera, or what is there gives no pictures."""


class ImageUnreadable(PermanentError):
    """The bytes are no picture that we accept."""


class FaceNotUsable(PermanentError):
    """No face in the picture, or none that can be enrolled."""


class ModelMismatch(PermanentError):
    """Templates of different models are never compared."""


class WeightsMissing(PermanentError):
    """A model's file is absent or not the one expected."""


class StorageDamaged(PermanentError):
    """The outbox's file is no database any more; it is left as it is for rescue."""


class SealBroken(PermanentError):
    """What lies on the disk was sealed under another key, or has been changed."""


class NotPaired(PermanentError):
    """This bridge holds no device token."""


class InvitationUnusable(PermanentError):
    """No QR code was seen, or it is no invitation to pair with the server that was meant."""


class Refused(PermanentError):
    """The server understood the request and said no.

    Attributes:
        code: the server's error code, as in wire/error.v1.
        field: the field it objects to, if any.
    """

    def __init__(self, code: str, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.field = field


class CredentialsRefused(Refused):
    """The token is unknown, expired or revoked."""
