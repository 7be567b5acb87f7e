"""An ONVIF device with relay outputs, by hand: it answers what OnvifDevice asks and no more.

For doors: the real camera that tests talk to has no relay output.
"""

from __future__ import annotations

import base64
import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

USER, PASSWORD = "admin", "s3cret"
TOKEN, RELAY = "main", "door1"
_SOAP = "http://www.w3.org/2003/05/soap-envelope"
_NAMESPACES = (
    f'xmlns:s="{_SOAP}" xmlns:tt="http://www.onvif.org/ver10/schema"'
    ' xmlns:tds="http://www.onvif.org/ver10/device/wsdl"'
    ' xmlns:trt="http://www.onvif.org/ver10/media/wsdl" xmlns:ter="http://www.onvif.org/ver10/error"'
)
_REFUSAL = (
    "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:NotAuthorized</s:Value>"
    '</s:Subcode></s:Code><s:Reason><s:Text xml:lang="en">Sender not authorized</s:Text>'
    "</s:Reason></s:Fault>"
)
_UNKNOWN = (
    "<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason>"
    '<s:Text xml:lang="en">No such token</s:Text></s:Reason></s:Fault>'
)


@dataclass
class SoapDevice:
    """What the device was told.

    Attributes:
        names_host: the host in the addresses it gives; behind a router, one of its own network.
        hangs: it takes requests and answers none.
    """

    port: int = 0
    names_host: str = "192.168.77.7"
    switched: list[tuple[str, str]] = field(default_factory=list)
    hangs: threading.Event = field(default_factory=threading.Event)


@contextmanager
def soap_device() -> Iterator[SoapDevice]:
    """On a free loopback port, until the block ends."""
    device, over = SoapDevice(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            if device.hangs.is_set():
                over.wait(30)
                return
            status, content = _answer(device, body)
            envelope = f"<s:Envelope {_NAMESPACES}><s:Body>{content}</s:Body></s:Envelope>"
            self.send_response(status)
            self.send_header("Content-Type", "application/soap+xml; charset=utf-8")
            self.send_header("Content-Length", str(len(envelope.encode())))
            self.end_headers()
            self.wfile.write(envelope.encode())

        def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    device.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield device
    finally:
        over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _answer(device: SoapDevice, body: str) -> tuple[int, str]:
    found = re.search(r"Body[^>]*>\s*<(?:[\w-]+:)?(\w+)", body)
    call = found[1] if found else ""
    if not _is_signed(body):
        return 400, _REFUSAL
    url = f"http://{device.names_host}:{device.port}"
    if call == "GetServices":
        rows = "".join(
            f"<tds:Service><tds:Namespace>http://www.onvif.org/ver10/{name}/wsdl</tds:Namespace>"
            f"<tds:XAddr>{url}/onvif/{name}</tds:XAddr>"
            "<tds:Version><tt:Major>2</tt:Major><tt:Minor>5</tt:Minor></tds:Version></tds:Service>"
            for name in ("device", "media")
        )
        return 200, f"<tds:GetServicesResponse>{rows}</tds:GetServicesResponse>"
    if call == "GetProfiles":
        return 200, _PROFILES
    if call in {"GetStreamUri", "GetSnapshotUri"}:
        address = f"rtsp://{device.names_host}:554/live"
        if call == "GetSnapshotUri":
            address = f"{url}/snapshot.jpg"
        return 200, (
            f"<trt:{call}Response><trt:MediaUri><tt:Uri>{address}</tt:Uri>"
            "<tt:InvalidAfterConnect>false</tt:InvalidAfterConnect>"
            "<tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT30S</tt:Timeout>"
            f"</trt:MediaUri></trt:{call}Response>"
        )
    if call == "GetRelayOutputs":
        return 200, _RELAYS
    return _switch(device, body)


def _switch(device: SoapDevice, body: str) -> tuple[int, str]:
    token = re.search(r"RelayOutputToken>([^<]+)<", body)
    state = re.search(r"LogicalState>(active|inactive)<", body)
    if token is None or state is None or token[1] != RELAY:
        return 400, _UNKNOWN
    device.switched.append((token[1], state[1]))
    return 200, "<tds:SetRelayOutputStateResponse/>"


def _is_signed(body: str) -> bool:
    """WS-Security UsernameToken 1.0: base64(sha1(nonce + created + password))."""
    parts = [re.search(rf"<(?:[\w-]+:)?{name}[^>]*>([^<]+)<", body) for name in _SIGNATURE]
    if not all(parts):
        return False
    user, digest, nonce, created = (part[1] for part in parts if part)
    raw = base64.b64decode(nonce) + created.encode() + PASSWORD.encode()
    return user == USER and digest == base64.b64encode(hashlib.sha1(raw).digest()).decode()


_SIGNATURE = ("Username", "Password", "Nonce", "Created")
_PROFILES = f"""<trt:GetProfilesResponse><trt:Profiles token="{TOKEN}" fixed="true">
<tt:Name>Main</tt:Name><tt:VideoEncoderConfiguration token="e"><tt:Name>e</tt:Name>
<tt:UseCount>1</tt:UseCount><tt:Encoding>H264</tt:Encoding><tt:Resolution>
<tt:Width>1280</tt:Width><tt:Height>720</tt:Height></tt:Resolution><tt:Quality>5</tt:Quality>
<tt:RateControl><tt:FrameRateLimit>15</tt:FrameRateLimit><tt:EncodingInterval>1</tt:EncodingInterval>
<tt:BitrateLimit>2000</tt:BitrateLimit></tt:RateControl><tt:Multicast><tt:Address>
<tt:Type>IPv4</tt:Type></tt:Address><tt:Port>0</tt:Port><tt:TTL>1</tt:TTL>
<tt:AutoStart>false</tt:AutoStart></tt:Multicast><tt:SessionTimeout>PT60S</tt:SessionTimeout>
</tt:VideoEncoderConfiguration></trt:Profiles></trt:GetProfilesResponse>"""
_RELAYS = f"""<tds:GetRelayOutputsResponse><tds:RelayOutputs token="{RELAY}"><tt:Properties>
<tt:Mode>Monostable</tt:Mode><tt:DelayTime>PT3S</tt:DelayTime><tt:IdleState>open</tt:IdleState>
</tt:Properties></tds:RelayOutputs></tds:GetRelayOutputsResponse>"""
