"""Every refusal the device API knows, as types.

    Refused                 (code, HTTP status; becomes wire/error.v1)
    ├── Malformed           400 malformed, with the field
    ├── InvalidToken        401 invalid_token
    ├── TokenExpired        401 token_expired
    ├── DeviceRevoked       401 device_revoked
    ├── InvalidClient       401 invalid_client
    ├── InvalidCode         403 invalid_code
    ├── CodeExpired         403 code_expired
    ├── NotAllowed          403 not_allowed
    ├── NotFound            404 not_found
    ├── BodyTooLarge        413 body_too_large
    ├── RateLimited         429 rate_limited, with retry_after_s
    └── ServerError         500 server_error, only where no input is to blame
        └── Unavailable     503 server_error, with retry_after_s: the database is away

`Unsealable` is raised by the vault: a template that cannot be opened.
"""

import logging


class Refused(Exception):
    """A whole request is refused and changes nothing.

    Attributes:
        code, status: as in wire/README.md.
        field: the offending field of the body, or None.
        loglevel: read by Odoo's HTTP layer; a refusal is no fault of the server.
    """

    code = "malformed"
    status = 400
    loglevel = logging.INFO

    def __init__(self, message, field=None, retry_after_s=None):
        super().__init__(message)
        self.message = message
        self.field = field
        self.retry_after_s = retry_after_s


class Malformed(Refused):
    def __init__(self, field, message):
        super().__init__(message, field=field)


class InvalidToken(Refused):
    code, status = "invalid_token", 401


class TokenExpired(Refused):
    code, status = "token_expired", 401


class DeviceRevoked(Refused):
    code, status = "device_revoked", 401


class InvalidClient(Refused):
    code, status = "invalid_client", 401


class InvalidCode(Refused):
    code, status = "invalid_code", 403


class CodeExpired(Refused):
    code, status = "code_expired", 403


class NotAllowed(Refused):
    code, status = "not_allowed", 403


class NotFound(Refused):
    code, status = "not_found", 404


class BodyTooLarge(Refused):
    code, status = "body_too_large", 413


class RateLimited(Refused):
    code, status = "rate_limited", 429


class ServerError(Refused):
    code, status = "server_error", 500
    loglevel = logging.ERROR


class Unavailable(ServerError):
    status = 503
    loglevel = logging.WARNING


class Unsealable(Exception):
    """Ciphertext, key and associated data do not belong together."""
