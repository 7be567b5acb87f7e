"""Pairing by a QR code: what a picture says is never believed by itself."""

from __future__ import annotations

import contextlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from device_bridge.adapters.qr_code import read_qr_codes
from device_bridge.cli.app import app
from device_bridge.domain.capture import ImageU8
from device_bridge.domain.invitation import LONGEST, Invitation, read_invitation
from device_bridge.errors import BridgeError, InvitationUnusable
from device_bridge.wiring.invitation import invitation_from

EXAMPLE = Path(__file__).parents[2] / "wire" / "examples" / "invitation.v1.txt"
TEXT = EXAMPLE.read_text()
CODE = "K7QD-3MFA"
ODOO = Invitation("https://odoo.example", CODE)


def qr_picture(*texts: str) -> ImageU8:
    """The codes side by side on white, as on a screen."""
    encoder = cv2.QRCodeEncoder.create()
    tiles = []
    for text in texts:
        tile = cv2.copyMakeBorder(encoder.encode(text), 6, 6, 6, 6, cv2.BORDER_CONSTANT, value=255)
        tiles.append(cv2.resize(tile, (300, 300), interpolation=cv2.INTER_NEAREST))
    picture: ImageU8 = cv2.cvtColor(np.hstack(tiles), cv2.COLOR_GRAY2BGR).astype(np.uint8)
    return picture


def of(url: str, code: str = CODE) -> str:
    return f"hr-face-pair:v1?url={url}&code={code}"


def test_the_published_example() -> None:
    assert read_invitation(TEXT) == ODOO


@pytest.mark.parametrize(
    ("text", "meant", "url"),
    [
        (of("https://odoo.example:8443/"), "", "https://odoo.example:8443"),
        (of("http://odoo.lan:8069"), "http://odoo.lan:8069", "http://odoo.lan:8069"),
        (of("https://odoo.example/"), "https://odoo.example", "https://odoo.example"),
    ],
)
def test_https_or_the_server_that_was_named(text: str, meant: str, url: str) -> None:
    assert read_invitation(text, meant) == Invitation(url, CODE)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("", ""),
        ("https://evil.example/", ""),
        ("WIFI:S:office;T:WPA;P:secret;;", ""),
        (of("http://odoo.lan:8069"), ""),
        (of("https://odoo.example@evil.example"), ""),
        (of("https://odoo.example/path"), ""),
        (of("https://od%D0%BEo.example"), ""),
        (of("file:///etc/passwd"), ""),
        (of("https://evil.example"), "https://odoo.example"),
        (of("http://odoo.example"), "https://odoo.example"),
        (of("https://odoo.example", "K7QD%0A3MFA"), ""),
        (of("https://odoo.example", "K" * 33), ""),
        (TEXT + "&code=OTHER-CODE", ""),
        (TEXT.replace("v1", "v2"), ""),
        (TEXT.replace(":v1", "://v1"), ""),
        (TEXT + "&x=" + "y" * LONGEST, ""),
        (TEXT + "\x00", ""),
    ],
)
def test_anything_else_is_refused_and_the_code_is_not_repeated(text: str, meant: str) -> None:
    with pytest.raises(InvitationUnusable) as caught:
        read_invitation(text, meant)
    assert CODE not in str(caught.value)


@given(st.text(max_size=600), st.sampled_from(["", "hr-face-pair:v1?", "hr-face-pair:v1?url="]))
def test_whatever_it_says_the_answer_is_https_or_a_refusal(text: str, start: str) -> None:
    with contextlib.suppress(InvitationUnusable):
        assert read_invitation(start + text).url.startswith("https://")


def test_a_code_is_read_from_a_picture_also_turned_and_dim(tmp_path: Path) -> None:
    upright = qr_picture(TEXT)
    turned = cv2.warpAffine(
        upright, cv2.getRotationMatrix2D((150, 150), 20, 0.7), (300, 300), borderValue=(200,) * 3
    )
    large = cv2.resize(upright, (4000, 4000))
    for image in (upright, turned * 0.5, large):
        assert read_qr_codes(image.astype(np.uint8)) == [TEXT]
    file = tmp_path / "code.png"
    cv2.imwrite(str(file), upright)
    assert invitation_from(str(file), "") == ODOO


def test_no_code_or_two_of_them(tmp_path: Path) -> None:
    file = tmp_path / "code.png"
    for picture, words in (
        (np.full((200, 200, 3), 255, np.uint8), "No QR code was seen"),
        (qr_picture(TEXT, of("https://evil.example")), "more than one"),
    ):
        cv2.imwrite(str(file), picture)
        with pytest.raises(InvitationUnusable, match=words):
            invitation_from(str(file), "")


def test_a_picture_that_is_none_is_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "code.png"
    file.write_bytes(b"no picture")
    with pytest.raises(BridgeError, match="is no JPEG"):
        invitation_from(str(file), "")


def test_a_recording_of_a_camera_is_looked_at_until_the_code_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "camera.avi"
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"MJPG"), 10, (300, 300))
    for _ in range(5):
        writer.write(np.full((300, 300, 3), 255, np.uint8))
    for _ in range(5):
        writer.write(qr_picture(TEXT))
    writer.release()
    assert invitation_from(str(file), "") == ODOO


def test_nothing_is_sent_before_a_person_agrees_to_the_server(tmp_path: Path) -> None:
    file = tmp_path / "code.png"
    cv2.imwrite(str(file), qr_picture(TEXT))
    done = CliRunner().invoke(
        app, ["pair", "--qr", str(file), "--state", str(tmp_path / "state")], input="n\n"
    )
    assert done.exit_code == 1
    assert "https://odoo.example" in done.output
    assert CODE not in done.output
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("arguments", [[], ["--code", CODE, "--qr", "0"]])
def test_a_code_or_a_picture_and_not_both(arguments: list[str]) -> None:
    done = CliRunner().invoke(app, ["pair", *arguments])
    assert done.exit_code != 0
