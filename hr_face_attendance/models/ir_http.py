import re
import time

from odoo import SUPERUSER_ID, models
from odoo.exceptions import AccessDenied
from odoo.http import request
from psycopg2 import InterfaceError, OperationalError
from psycopg2.pool import PoolError
from werkzeug.exceptions import (
    HTTPException,
    MethodNotAllowed,
    RequestEntityTooLarge,
    abort,
)
from werkzeug.exceptions import (
    NotFound as NoRoute,
)

from ..rules import errors
from ..rules.bucket import Bucket

API = "/hr_face_attendance/v1/"
BEARER = re.compile(r"bearer\s+(fd_[A-Za-z0-9_-]{1,128})", re.IGNORECASE)
PROGRAM = re.compile(r"bearer\s+([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)", re.IGNORECASE)
CALLS_PER_S, BURST = 20.0, 120.0
_MAX_BUCKETS = 10_000
_buckets: dict[object, Bucket] = {}
"""Per device (or address, for calls without a device) and worker process: with n workers a device may make n times as many calls."""


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _authenticate_explicit(cls, auth):
        """Core says "access denied" of whatever goes wrong while it looks who calls. A device whose
        good token is called a bad one stops asking; a lost database says what it is."""
        try:
            super()._authenticate_explicit(auth)
        except AccessDenied as denied:
            if denied.__context__ is None or not request.httprequest.path.startswith(API):
                raise
            raise denied.__context__ from None

    @classmethod
    def _auth_method_face_device(cls):
        """Find the device by its token as superuser, then act as a user who may do little."""
        request.session.can_save = False
        try:
            device, company_id = cls._face_device_of_request()
        except errors.Refused as refused:
            abort(refusal(refused))
        request.update_env(user=cls._face_caller())
        request.update_context(allowed_company_ids=[company_id], face_device_id=device.id, tz="UTC")

    @classmethod
    def _face_caller(cls):
        """Id of the user who may do little."""
        return request.env["ir.model.data"]._xmlid_to_res_id("hr_face_attendance.user_face_device")

    @classmethod
    def _face_device_of_request(cls):
        match = BEARER.fullmatch(request.httprequest.headers.get("Authorization", "").strip())
        if not match:
            raise errors.InvalidToken("A device token is expected: Authorization: Bearer fd_…")
        found = request.env(user=SUPERUSER_ID)["hr.face.device"]._by_token(match[1])
        device, _company_id = found
        cls._face_throttle(device.id)
        return found

    @classmethod
    def _auth_method_face_client(cls):
        """Find a registered program by the token that Odoo gave it, then act as `face_device` does:
        as a user who may do nothing."""
        request.session.can_save = False
        try:
            client = cls._face_client_of_request()
        except errors.Refused as refused:
            abort(refusal(refused))
        request.update_env(user=cls._face_caller())
        request.update_context(
            allowed_company_ids=client.company_id.ids, face_client_id=client.id, tz="UTC"
        )

    @classmethod
    def _face_client_of_request(cls):
        cls._face_throttle(("client", request.httprequest.remote_addr))
        match = PROGRAM.fullmatch(request.httprequest.headers.get("Authorization", "").strip())
        if not match:
            raise errors.InvalidToken("A program's token is expected: Authorization: Bearer …")
        return request.env(user=SUPERUSER_ID)["hr.face.client"]._by_token(match[1], "rollcall")

    @classmethod
    def _face_throttle(cls, caller):
        """Count a call of a device (by id) or of an address. Raises RateLimited."""
        wait_s = cls._face_bucket(caller).take(time.monotonic())
        if wait_s:
            raise errors.RateLimited("These are too many calls.", retry_after_s=int(wait_s) + 1)

    @classmethod
    def _face_bucket(cls, caller):
        if len(_buckets) > _MAX_BUCKETS:
            _buckets.clear()
        return _buckets.setdefault(caller, Bucket(CALLS_PER_S, BURST))

    @classmethod
    def _get_translation_frontend_modules_name(cls):
        """Pages of nobody's session get translations of few modules: ours, and core's kiosk."""
        return [
            *super()._get_translation_frontend_modules_name(),
            "hr_attendance",
            "hr_face_attendance",
        ]

    @classmethod
    def _match(cls, path_info):
        try:
            return super()._match(path_info)
        except MethodNotAllowed as error:
            # Odoo answers this one before any error handler of a module: make it a 404.
            if path_info.startswith(API):
                raise NoRoute from error
            raise

    @classmethod
    def _handle_error(cls, exception):
        """Under our path every error is wire/error.v1, whatever raised it."""
        if not request.httprequest.path.startswith(API):
            return super()._handle_error(exception)
        return refusal(as_refusal(exception))


def as_refusal(exception):
    """The typed refusal for any exception that reaches the HTTP layer."""
    if isinstance(exception, errors.Refused):
        return exception
    if is_away(exception):
        return errors.Unavailable("The database does not answer.", retry_after_s=2)
    for kind, refused in REFUSALS:
        if isinstance(exception, kind):
            return refused()
    if isinstance(exception, HTTPException) and (exception.code or 500) < 500:
        return errors.Malformed(None, "The request could not be read.")
    return errors.ServerError("The server could not answer; it has kept nothing of this request.")


REFUSALS = (
    (RequestEntityTooLarge, lambda: errors.BodyTooLarge("The body is too large.")),
    (
        NoRoute,
        lambda: errors.NotFound("There is no such call in version 1 of the device API."),
    ),
    (
        AccessDenied,
        lambda: errors.InvalidToken("This device token is not known; pair the device again."),
    ),
)


def is_away(exception):
    """Whether PostgreSQL cannot be asked, whatever the question: it starts, ends, is full or gone."""
    if isinstance(exception, OperationalError):
        # without a code it is the connection that broke; classes of codes are PostgreSQL's
        return (exception.pgcode or "08")[:2] in {"08", "53", "57"}
    return isinstance(exception, (InterfaceError, PoolError))


def refusal(refused):
    """wire/error.v1 as a response."""
    body = {"error": {"code": refused.code, "message": refused.message, "field": refused.field}}
    headers = {"Retry-After": str(refused.retry_after_s)} if refused.retry_after_s else {}
    return request.make_json_response(body, headers=headers, status=refused.status)
