"""Every refusal the service knows, as types; each becomes `{error: {code, message, field}}`.

ApiError              (code, HTTP status)
├── Malformed         400 malformed, with the field
├── TokenRefused      401 invalid_token, token_expired, client_revoked
├── NotAllowed        403 not_allowed, session_over, no_consent, wrong_model
├── NotFound          404 not_found
├── NotEnrolled       404 unknown_employee
├── TooSlow           408 too_slow
├── BodyTooLarge      413 body_too_large
├── WrongType         415 wrong_type
├── PictureRefused    422 image_unreadable
├── ServerError       500 server_error
└── Unavailable       503 busy, starting, pad_unavailable, storage_full,
                        odoo_unreachable; Retry-After
"""

from __future__ import annotations


class ApiError(Exception):
    """A call is refused and has changed nothing.

    Attributes:
        field: the offending part of the request, or None.
        retry_after_s: whole seconds after which to ask again, or None.
    """

    code = "malformed"
    status = 400

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        field: str | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message, self.field, self.retry_after_s = message, field, retry_after_s
        self.code = code or self.code


class Malformed(ApiError):
    def __init__(self, field: str | None, message: str) -> None:
        super().__init__(message, field=field)


class TokenRefused(ApiError):
    code, status = "invalid_token", 401


class NotAllowed(ApiError):
    code, status = "not_allowed", 403


class NotFound(ApiError):
    code, status = "not_found", 404


class NotEnrolled(ApiError):
    code, status = "unknown_employee", 404


class TooSlow(ApiError):
    code, status = "too_slow", 408


class BodyTooLarge(ApiError):
    code, status = "body_too_large", 413


class WrongType(ApiError):
    code, status = "wrong_type", 415


class PictureRefused(ApiError):
    code, status = "image_unreadable", 422


class ServerError(ApiError):
    code, status = "server_error", 500


class Unavailable(ApiError):
    code, status = "busy", 503
