from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from device_bridge import settings as module
from device_bridge.errors import SettingsError
from device_bridge.settings import load_settings
from tests.builders import ROOT


def test_the_default_file_holds_every_setting() -> None:
    defaults = tomllib.loads((ROOT / "device_bridge" / "default.toml").read_text())
    for name, section in (
        ("server", module.Server),
        ("state", module.State),
        ("recognition", module.Recognition),
        ("log", module.Log),
        ("serve", module.Serve),
    ):
        assert set(defaults[name]) == set(section.model_fields)
    text = (ROOT / "device_bridge" / "default.toml").read_text()
    for section in (module.CameraSettings, module.OutputSettings, module.TerminalSettings):
        for field in section.model_fields:
            assert f"# {field} = " in text


def test_a_file_needs_only_what_differs(tmp_path: Path) -> None:
    path = tmp_path / "bridge.toml"
    path.write_text('[log]\nlevel = "debug"\n[[camera]]\ngate = 1\nsource = "0"\n')
    settings = load_settings(path)
    assert settings.log.level == "debug"
    assert settings.camera[0].fps == 15.0
    assert settings.recognition.model == "dlib-resnet-v1@aligned5"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[servr]\nurl = 'x'\n", "Did you mean 'server'"),
        ("[server]\nulr = 'x'\n", "Did you mean 'url'"),
        ("[log]\nlevel = 'loud'\n", "log.level"),
        ("[[camera]]\nsource = '0'\n", "camera.0.gate"),
        ("[[camera]]\ngate=1\nsource='0'\nsorce='x'\n", "Did you mean 'source'"),
        ("[[camera]]\ngate=1\nsource='0'\nrecorded_from=2026-11-20T07:00:00\n", "time zone"),
        ("[[output]]\ngate=1\ndor='gpio:17'\n", "Did you mean 'door'"),
        ("[[output]]\ngate=1\ndoor='17'\n", "gpio:17"),
        ("[[output]]\ngate=1\ngreen='onvif://x/y'\n", "gpio:17"),
        ("[[output]]\ngate=1\ndoor='onvif://u:secret@host'\n", "onvif://user:password"),
        ("[[terminal]]\nterminal=5\naddress='http://x'\nkey='secret'\n", "is a number"),
        ("[server\n", "not valid TOML"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "bridge.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=says):
        load_settings(path)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(tmp_path / "nothing.toml")


def test_an_onvif_relay_is_read_in_parts_and_its_password_is_in_no_error() -> None:
    read = module.relay_of("onvif://gate%40site:s%2F3cret@10.0.0.5:8080/door%201")
    assert read == ("10.0.0.5", 8080, "gate@site", "s/3cret", "door 1")
    with pytest.raises(ValueError, match="onvif") as caught:
        module.relay_of("onvif://u:s3cret@host:99999/x")
    assert "s3cret" not in str(caught.value)


def test_the_runtime_of_the_networks_is_told_to_report_to_nobody() -> None:
    import os

    assert os.environ["ORT_DISABLE_TELEMETRY"] == "1"
