"""uvicorn in a thread, on the loopback address and nowhere else."""

from __future__ import annotations

import asyncio
import logging
import socket

import uvicorn
from starlette.applications import Starlette

from device_bridge.errors import SettingsError
from device_bridge.screen.app import MOST_BYTES

LOOPBACK = "127.0.0.1"
_CONNECTIONS = 16


class ScreenServer:
    """Serves the page until told to stop.

    Args:
        listener: bound to the loopback address.
    """

    def __init__(self, app: Starlette, listener: socket.socket) -> None:
        self._listener = listener
        # "localhost" of the newest session would be a diary of the browser's
        logging.getLogger("uvicorn.access").disabled = True
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                ws="websockets-sansio",
                ws_max_size=MOST_BYTES,
                ws_max_queue=2,
                ws_ping_interval=5.0,
                ws_ping_timeout=10.0,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                limit_concurrency=_CONNECTIONS,
                timeout_keep_alive=5,
                timeout_graceful_shutdown=2,
            )
        )

    def run(self) -> None:
        """Until `stop`."""
        asyncio.run(self._server.serve(sockets=[self._listener]))

    def stop(self) -> None:
        self._server.should_exit = True


def listen(port: int) -> socket.socket:
    """A listening socket; 0 picks a free port. Raises SettingsError."""
    try:
        return socket.create_server((LOOPBACK, port))
    except (OSError, OverflowError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise SettingsError(f"Cannot listen on {LOOPBACK}:{port}: {why}. See [screen].") from error
