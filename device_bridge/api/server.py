"""uvicorn in a thread of the supervisor's, with a clean end and no patience for slow senders."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress

import h11
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from device_bridge.errors import SettingsError

_GRACE_S = 10
_BACKLOG = 128
_BEAT_S = 1.0


class Server:
    """Serves an application until told to stop.

    Args:
        request_timeout_s: in which a request must have arrived, head and body.
        connections: at once; further ones are answered 503.
        at_work: entered anew each second by the event loop; it is noticed by it if it hangs.
    """

    def __init__(
        self,
        app: FastAPI,
        sock: socket.socket,
        request_timeout_s: float,
        connections: int,
        at_work: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._socket, self._at_work = sock, at_work
        # A path and an address for every face would be a diary. The option below alone does
        # not hold where somebody hangs a handler on every logger.
        logging.getLogger("uvicorn.access").disabled = True
        patience = type("Patience", (_ImpatientProtocol,), {"request_timeout_s": request_timeout_s})
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                http=patience,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                limit_concurrency=connections,
                timeout_keep_alive=5,
                timeout_graceful_shutdown=_GRACE_S,
            )
        )

    def run(self) -> None:
        """Until `stop`; answers what is under way first."""
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        beat = asyncio.create_task(self._beat())
        try:
            await self._server.serve(sockets=[self._socket])
        finally:
            beat.cancel()
            with suppress(asyncio.CancelledError):
                await beat

    async def _beat(self) -> None:
        while True:
            with self._at_work():
                await asyncio.sleep(_BEAT_S)

    def stop(self) -> None:
        self._server.should_exit = True

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._socket.getsockname()[1])


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises SettingsError if there cannot be one."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except (OSError, OverflowError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise SettingsError(f"Cannot listen on {host}:{port}: {why}. See [serve].") from error


class _ImpatientProtocol(H11Protocol):
    """Hangs up on whoever does not get a request across in time, however they trickle it.

    uvicorn has a timeout between requests and none within one.
    """

    request_timeout_s = 20.0
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._rest()
        super().connection_lost(exc)

    def _watch(self) -> None:
        if self.conn.their_state not in {h11.IDLE, h11.SEND_BODY}:
            self._rest()
        elif self._timer is None:
            self._timer = self.loop.call_later(self.request_timeout_s, self.transport.close)

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
