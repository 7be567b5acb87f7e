"""A real TLS server: trusted and pinned, trusted and not pinned, not trusted at all."""

from __future__ import annotations

import datetime as dt
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from device_bridge.adapters.odoo.client import OdooClient
from device_bridge.adapters.odoo.pinned import pin_of
from device_bridge.errors import ServerUnreachable, SettingsError

OTHER = "sha256/" + "A" * 43 + "="


class Server:
    def __init__(self, folder: Path) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gate test")])
        now = dt.datetime.now(dt.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), False
            )
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        self.pin = "sha256/" + pin_of(certificate.public_bytes(serialization.Encoding.DER))
        self.ca_file = folder / "ca.pem"
        self.ca_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        (folder / "key.pem").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        self.bearers: list[str | None] = []
        seen = self.bearers

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                seen.append(self.headers.get("Authorization"))
                body = b'{"server_time": "now"}'
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args: object) -> None: ...

        class Quiet(HTTPServer):
            def handle_error(self, *_args: object) -> None: ...

        self.http = Quiet(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.ca_file, folder / "key.pem")
        self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self.http.server_port}"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    one = Server(tmp_path)
    thread = threading.Thread(target=one.http.serve_forever)
    thread.start()
    yield one
    one.http.shutdown()
    thread.join()
    one.http.server_close()


@pytest.mark.parametrize(
    ("trusted", "pins", "reached"),
    [
        (True, ("{own}",), True),
        (True, (OTHER, "{own}"), True),
        (True, (), True),
        (True, (OTHER,), False),
        (False, ("{own}",), False),
    ],
    ids=["pinned", "the spare pin", "no pin", "another key", "pinned, not trusted"],
)
def test_the_token_goes_to_the_pinned_key_only(
    server: Server, trusted: bool, pins: tuple[str, ...], reached: bool
) -> None:
    chosen = [pin.format(own=server.pin) for pin in pins]
    ca_file = str(server.ca_file) if trusted else None
    client = OdooClient(server.url, "fd_secret", ca_file=ca_file, pins=chosen)
    try:
        if reached:
            assert client.heartbeat({}) == {"server_time": "now"}
        else:
            with pytest.raises(ServerUnreachable, match="not trusted"):
                client.heartbeat({})
    finally:
        client.close()
    assert server.bearers == (["Bearer fd_secret"] if reached else [])


def test_a_pin_that_is_none_is_named() -> None:
    with pytest.raises(SettingsError, match="no base64 of a SHA-256"):
        OdooClient("https://odoo.example", "fd_secret", pins=["abc"])
