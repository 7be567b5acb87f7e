"""What holds for every call: whose pages may make it, how it is counted, how it fails."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection

from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from device_bridge.api.errors import ApiError, Malformed, NotFound, ServerError
from device_bridge.api.metrics import Metrics

_log = logging.getLogger(__name__)


class PairedOrigin(CORSMiddleware):
    """Lets scripts of the paired Odoo's own pages call, and of no other.

    Args:
        origins: of that Odoo, as last synced; none before the first sync.
    """

    def __init__(self, app: ASGIApp, origins: Callable[[], Collection[str]]) -> None:
        super().__init__(
            app,
            allow_methods=("GET", "POST"),
            allow_headers=("Authorization", "Content-Type"),
            expose_headers=("Retry-After",),
            max_age=600,
        )
        self._origins = origins

    def is_allowed_origin(self, origin: str) -> bool:
        return origin in self._origins()


class Counted:
    """Counts calls by route and status, keeps answers out of caches, and ends every defect of
    ours in an answer: said plainly, told in the log, and never with what was sent."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started_s = time.monotonic()
        answered = False

        async def answer(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = True
                message["headers"] += [
                    (b"cache-control", b"no-store"),
                    (b"x-content-type-options", b"nosniff"),
                ]
                route = getattr(scope.get("route"), "path", "none")
                self._metrics.called(route, message["status"], time.monotonic() - started_s)
            await send(message)

        try:
            await self._app(scope, receive, answer)
        except Exception as error:  # the last resort: any defect ends in an answer
            _log.error("call_failed", extra={"why": type(error).__name__}, exc_info=error)
            if answered:
                raise  # half an answer: the connection must go
            failed = ServerError("The service could not answer; it has kept nothing of this call.")
            await refusal(failed)(scope, receive, answer)


def refusal(error: ApiError) -> Response:
    """An error as the device API says it."""
    body = {"error": {"code": error.code, "message": error.message, "field": error.field}}
    headers = {} if error.retry_after_s is None else {"Retry-After": str(error.retry_after_s)}
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(body, error.status, headers)


async def on_api_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)  # noqa: S101 (registered for this type)
    return refusal(error)


async def on_http_error(_request: Request, error: Exception) -> Response:
    """No such route, or not by this method."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status in {404, 405}:
        return refusal(NotFound("There is no such call."))
    return refusal(Malformed(None, "The request could not be read."))
