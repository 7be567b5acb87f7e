"""The page and its socket. Served on the loopback address only."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources

import cv2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from device_bridge.adapters.image_headers import read_header
from device_bridge.adapters.images import decode_image
from device_bridge.domain.capture import ImageU8
from device_bridge.domain.gate import Gate
from device_bridge.errors import ImageUnreadable
from device_bridge.screen.board import Board
from device_bridge.screen.keys import Keys
from device_bridge.screen.messages import welcomed

MOST_BYTES = 600_000
"""Of one frame: 1280×720 as JPEG of good quality has about 200,000."""
MOST_PIXELS = 1920 * 1080
FPS = 15.0
PREVIEW_FPS, PREVIEW_WIDTH_PX = 8.0, 480
_HELLO_WITHIN_S = 5.0
_LOOK_AGAIN_S = 0.2
_REFUSED, _MALFORMED = 4401, 4400
_KINDS = {
    "index.html": "text/html",
    "icon.svg": "image/svg+xml",
    "style.css": "text/css",
    "screen.js": "text/javascript",
    "camera.js": "text/javascript",
    "view.js": "text/javascript",
    "texts.json": "application/json",
}
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self';"
    " connect-src 'self'; img-src 'self' blob:; media-src 'self' blob:; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'",
    "Permissions-Policy": "camera=(self), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True)
class Screen:
    """What the page is put together from.

    Attributes:
        gate: the gate as last synced; None while there is none yet.
        push: takes the page's frames; None where the gate has a camera of its own.
        port: where the page is served.
    """

    keys: Keys
    board: Board
    gate: Callable[[], Gate | None]
    push: Callable[[], Callable[[ImageU8], None] | None]
    port: int

    def is_ours(self, socket: WebSocket) -> bool:
        """Whether the page that asks was served here, and was asked for under our own name:
        a name that somebody points at this machine (DNS rebinding) is not ours."""
        hosts = {f"{name}:{self.port}" for name in ("localhost", "127.0.0.1")}
        host, origin = socket.headers.get("host", ""), socket.headers.get("origin", "")
        return host in hosts and origin.partition("://")[2] in hosts


def build(screen: Screen) -> Starlette:
    """The application."""
    feeder: list[WebSocket] = []

    async def talk(socket: WebSocket) -> None:
        if not screen.is_ours(socket):
            await socket.close(_REFUSED)
            return
        await socket.accept()
        session = await _hello(socket, screen.keys)
        if session is None:
            await socket.close(_REFUSED)
            return
        if feeder:  # the page was opened anew: the window before stops
            await _close(feeder.pop())
        feeder.append(socket)
        try:
            await _serve(socket, screen, session)
        finally:
            if socket in feeder:
                feeder.remove(socket)

    return Starlette(routes=[WebSocketRoute("/socket", talk), Route("/{name:path}", _page)])


async def _page(request: Request) -> Response:
    name = request.path_params["name"] or "index.html"
    if name not in _KINDS:
        return PlainTextResponse("There is no such page.", 404)
    content = resources.files("device_bridge.screen").joinpath("page", name).read_bytes()
    return Response(content, media_type=_KINDS[name], headers=_HEADERS)


async def _hello(socket: WebSocket, keys: Keys) -> str | None:
    try:
        hello = json.loads(await asyncio.wait_for(socket.receive_text(), _HELLO_WITHIN_S))
    except (TimeoutError, ValueError, KeyError, WebSocketDisconnect):
        return None
    secret = hello.get("secret") if isinstance(hello, dict) else None
    return keys.admit(secret) if isinstance(secret, str) and len(secret) < 100 else None


async def _serve(socket: WebSocket, screen: Screen, session: str) -> None:
    """Until either side ends it, or one of the three parts fails."""
    await socket.send_json(welcomed(session, screen.gate(), feeds=False))
    if not await _has_gate(socket, screen):
        return
    feeds = screen.push() is not None
    await socket.send_json(welcomed(session, screen.gate(), feeds=feeds))
    queue, end = screen.board.read()
    parts = [
        asyncio.create_task(_take(socket, screen)),
        asyncio.create_task(_tell(socket, queue)),
        *([] if feeds else [asyncio.create_task(_show(socket, screen.board))]),
    ]
    try:
        await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
    finally:
        end()
        for part in parts:
            part.cancel()
        await asyncio.gather(*parts, return_exceptions=True)


async def _has_gate(socket: WebSocket, screen: Screen) -> bool:
    """Waits until Odoo has said which gates there are; False if the page went away meanwhile."""
    gone = asyncio.create_task(socket.receive())  # a page says nothing before it is welcomed
    try:
        while screen.gate() is None and not gone.done():
            await asyncio.wait([gone], timeout=_LOOK_AGAIN_S)
        return not gone.done()
    finally:
        gone.cancel()


async def _take(socket: WebSocket, screen: Screen) -> None:
    """Frames, one at a time: the page sends the next when told that this one was taken."""
    while (message := await socket.receive())["type"] == "websocket.receive":
        began_s = time.monotonic()
        push, data = screen.push(), message.get("bytes")
        if push is None or data is None or len(data) > MOST_BYTES:
            await _close(socket, _MALFORMED)
            return
        try:
            push(await asyncio.to_thread(_decoded, data))
        except ImageUnreadable:
            await _close(socket, _MALFORMED)
            return
        await asyncio.sleep(max(0.0, 1 / FPS - (time.monotonic() - began_s)))
        await socket.send_json({"type": "taken"})


async def _tell(socket: WebSocket, queue: asyncio.Queue[dict[str, object]]) -> None:
    while True:
        await socket.send_json(await queue.get())


async def _show(socket: WebSocket, board: Board) -> None:
    """The gate's own camera, small, so that people can place themselves."""
    shown = None
    while True:
        await asyncio.sleep(1 / PREVIEW_FPS)
        frame = board.newest
        if frame is not None and frame is not shown:
            shown = frame
            await socket.send_bytes(await asyncio.to_thread(_small, frame.image_bgr))


async def _close(socket: WebSocket, code: int = 1000) -> None:
    try:
        await socket.close(code)
    except RuntimeError:  # the other side was quicker
        return


def _decoded(data: bytes) -> ImageU8:
    header = read_header(data)
    if header is None or header.format != "JPEG" or header.pixels > MOST_PIXELS:
        raise ImageUnreadable("The page sent no JPEG of a size that it may.")
    return decode_image(data, "The page's frame")


def _small(image: ImageU8) -> bytes:
    height = max(1, round(image.shape[0] * PREVIEW_WIDTH_PX / image.shape[1]))
    small = cv2.resize(image, (PREVIEW_WIDTH_PX, height), interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 70])
    return data.tobytes()
