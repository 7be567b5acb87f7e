"""An ONVIF device: its profiles, where its pictures are, and its relay outputs.

The library is asynchronous and the bridge is not: each device has an event loop in a thread
of its own, so that its connection stays open and a relay switches within milliseconds.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import aiohttp
from onvif import ONVIFCamera
from onvif.exceptions import ONVIFError
from onvif.util import is_auth_error
from zeep.exceptions import Error as ZeepError

from device_bridge.errors import CameraLost, CameraRefused

T = TypeVar("T")

PORT = 80
CALL_WITHIN_S = 5.0
_CLOSE_WITHIN_S = 2.0
_SCHEMES = {"rtsp", "rtsps", "http", "https"}


@dataclass(frozen=True, slots=True)
class Profile:
    """One of the pictures that a device offers.

    Attributes:
        token: the device's own name for it, as its other calls want it.
        width, height: in pixels; 0 where the device does not say.
        fps: most frames per second; 0 where the device does not say.
    """

    token: str
    name: str
    width: int
    height: int
    fps: float


@dataclass(frozen=True, slots=True)
class RelayOutput:
    """Attributes:
    token: the device's own name for it.
    is_pulse: it falls back by itself (monostable).
    """

    token: str
    is_pulse: bool


class OnvifDevice:
    """Asked from any thread. Every call may raise CameraLost or CameraRefused.

    Args:
        host, port: of the device's management service.
        user, password: for WS-Security with a password digest; "" for none.

    The addresses that a device names are taken from it, but for the host: behind a router it
    names one that cannot be reached, and no device sends our password to another machine.
    """

    def __init__(self, host: str, port: int = PORT, user: str = "", password: str = "") -> None:
        self.host, self.port = host, port
        self._user, self._password = user, password
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._camera: ONVIFCamera | None = None

    def connect(self) -> None:
        """Ask the device what it can do; further calls connect by themselves."""
        self._run(self._connected)

    def profiles(self) -> list[Profile]:
        """In the device's order; the first is usually the largest."""

        async def ask() -> list[Profile]:
            media = await (await self._connected()).create_media_service()
            return [_profile(one) for one in await media.GetProfiles() or []]

        return self._run(ask)

    def stream_uri(self, profile: str) -> str:
        """RTSP address of a profile's stream, without credentials."""

        async def ask() -> str:
            media = await (await self._connected()).create_media_service()
            setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
            answer = await media.GetStreamUri({"StreamSetup": setup, "ProfileToken": profile})
            return self._at_host(answer.Uri)

        return self._run(ask)

    def snapshot_uri(self, profile: str) -> str:
        """HTTP address of a profile's still picture, without credentials."""

        async def ask() -> str:
            media = await (await self._connected()).create_media_service()
            return self._at_host((await media.GetSnapshotUri({"ProfileToken": profile})).Uri)

        return self._run(ask)

    def relay_outputs(self) -> list[RelayOutput]:
        """Empty where the device has none."""

        async def ask() -> list[RelayOutput]:
            management = await (await self._connected()).create_devicemgmt_service()
            return [_relay(one) for one in await management.GetRelayOutputs() or []]

        return self._run(ask)

    def set_relay(self, token: str, active: bool) -> None:
        """Switch one relay output; returns when the device has said that it did."""

        async def ask() -> None:
            management = await (await self._connected()).create_devicemgmt_service()
            state = "active" if active else "inactive"
            await management.SetRelayOutputState({"RelayOutputToken": token, "LogicalState": state})

        self._run(ask)

    def close(self) -> None:
        """End the connection and its thread; a later call begins anew."""
        with self._lock:
            loop, self._loop = self._loop, None
        if loop is not None:
            # a device that does not let us go is left; its thread ends all the same
            with suppress(FutureTimeout, aiohttp.ClientError, OSError):
                asyncio.run_coroutine_threadsafe(self._hang_up(), loop).result(_CLOSE_WITHIN_S)
            loop.call_soon_threadsafe(loop.stop)

    async def _connected(self) -> ONVIFCamera:
        if self._camera is None:
            # no_cache: the library would keep WSDLs in a database in the home directory
            camera = ONVIFCamera(
                self.host, self.port, self._user or None, self._password or None, no_cache=True
            )
            try:
                await camera.update_xaddrs()
            except BaseException:
                await camera.close()
                raise
            here = f"{self.host}:{self.port}"
            camera.xaddrs = {
                name: urlunsplit(urlsplit(url)._replace(netloc=here))
                for name, url in camera.xaddrs.items()
            }
            self._camera = camera
        return self._camera

    async def _hang_up(self) -> None:
        camera, self._camera = self._camera, None
        if camera is not None:
            await camera.close()

    def _run(self, ask: Callable[[], Coroutine[Any, Any, T]]) -> T:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(
                    target=_serve, args=(self._loop,), name=f"onvif {self.host}", daemon=True
                ).start()
            future = asyncio.run_coroutine_threadsafe(
                asyncio.wait_for(ask(), CALL_WITHIN_S), self._loop
            )
        try:
            return future.result(CALL_WITHIN_S + 1)
        except (TimeoutError, FutureTimeout, CancelledError) as error:
            future.cancel()
            raise CameraLost(f"The ONVIF device {self.host} does not answer.") from error
        except (ONVIFError, ZeepError, aiohttp.ClientError, OSError) as error:
            if is_auth_error(error) or getattr(error, "status", None) in {401, 403}:
                raise CameraRefused(
                    f"The ONVIF device {self.host} does not accept this user name and password."
                ) from error
            raise CameraLost(f"The ONVIF device {self.host} cannot be asked.") from error
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            # an answer that lacks what the standard asks for
            raise CameraLost(f"The ONVIF device {self.host} answers oddly.") from error

    def _at_host(self, url: object) -> str:
        parts = urlsplit(str(url))
        if parts.scheme not in _SCHEMES:
            raise ValueError("an address of pictures was expected")
        host = f"[{self.host}]" if ":" in self.host else self.host
        here = f"{host}:{parts.port}" if parts.port else host
        return urlunsplit(parts._replace(netloc=here))


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.run_forever()
    finally:
        loop.close()


def _profile(data: Any) -> Profile:
    encoder = getattr(data, "VideoEncoderConfiguration", None)
    size = getattr(encoder, "Resolution", None)
    rate = getattr(encoder, "RateControl", None)
    return Profile(
        token=str(data.token),
        name=str(data.Name),
        width=int(getattr(size, "Width", 0) or 0),
        height=int(getattr(size, "Height", 0) or 0),
        fps=float(getattr(rate, "FrameRateLimit", 0) or 0),
    )


def _relay(data: Any) -> RelayOutput:
    mode = getattr(getattr(data, "Properties", None), "Mode", None)
    return RelayOutput(str(data.token), is_pulse=mode == "Monostable")
