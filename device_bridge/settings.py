"""The settings file: what may stand in it, and a clear word about what may not."""

from __future__ import annotations

import difflib
import tomllib
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any, Literal, NamedTuple
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from device_bridge.errors import SettingsError


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Server(_Section):
    url: str
    ca_file: str
    pins: tuple[str, ...]
    allow_plain_http: bool


class State(_Section):
    directory: Path
    unlock: Literal["server", "tpm", "local"]
    memory: str
    lease_days: float = Field(gt=0, le=365)

    @field_validator("directory")
    @classmethod
    def _expand(cls, path: Path) -> Path:
        return path.expanduser()

    @property
    def identity(self) -> Path:
        return self.directory / "identity.json"

    @property
    def outbox(self) -> Path:
        return self.directory / "outbox.sqlite"

    @property
    def tpm_half(self) -> Path:
        return self.directory / "storage-half.tpm"

    @property
    def gallery(self) -> Path:
        return self.directory / "gallery.sqlite"


class OutboxSettings(_Section):
    max_mb: int = Field(ge=10, le=1_000_000)
    reserve_mb: int = Field(ge=0, le=1_000_000)


class Recognition(_Section):
    max_distance: float = Field(ge=0, le=2)
    model: str
    detector: str
    backend: Literal["onnx", "tensorflow"]
    weights: str


class GallerySettings(_Section):
    engine: Literal["memory", "pgvector"]
    eight_bit_from: int = Field(gt=0)
    dsn: str
    name: str


class Log(_Section):
    file: str
    level: Literal["debug", "info", "warning", "error"]


class Serve(_Section):
    host: str
    port: int = Field(ge=0, le=65535)
    threads: int = Field(ge=1, le=64)
    enrol_threads: int = Field(ge=1, le=64)
    waiting: int = Field(ge=0, le=1000)
    max_wait_s: float = Field(gt=0, le=60)
    max_body_bytes: int = Field(ge=100_000, le=100_000_000)
    max_frames: int = Field(ge=1, le=1000)
    max_pixels: int = Field(ge=300_000, le=50_000_000)
    body_timeout_s: float = Field(gt=0, le=120)
    connections: int = Field(ge=1, le=10_000)
    announce: str


class ScreenSettings(_Section):
    on: bool
    port: int = Field(ge=0, le=65535)
    gate: int = Field(ge=0)
    open: bool


class MetricsSettings(_Section):
    port: int = Field(ge=0, le=65535)


class CameraSettings(_Section):
    gate: int
    source: str
    view: str = ""
    user: str = ""
    password: SecretStr = SecretStr("")
    ca_file: str = ""
    width: int = Field(default=1280, ge=160, le=4096)
    height: int = Field(default=720, ge=120, le=4096)
    rotate: Literal[0, 180] = 0
    recorded_from: datetime | None = None
    fps: float = Field(default=15.0, gt=0, le=240)
    speed: float = Field(default=1.0, gt=0, le=20)

    @field_validator("recorded_from")
    @classmethod
    def _aware(cls, moment: datetime | None) -> datetime | None:
        if moment is not None and moment.tzinfo is None:
            raise ValueError("needs a time zone, as in 2026-11-20T07:00:00Z")
        return moment


class OutputSettings(_Section):
    """What hangs on one gate; pins are given as `gpio:17`, ONVIF relays by their address."""

    gate: int
    door: str = ""
    door_active_low: bool = False
    contact: str = ""
    green: str = ""
    red: str = ""
    buzzer: str = ""
    voice: bool = False
    badge_reader: str = ""

    @field_validator("contact", "green", "red", "buzzer")
    @classmethod
    def _pin(cls, text: str) -> str:
        if text and pin_of(text) is None:
            raise ValueError("needs a pin, as in gpio:17")
        return text

    @field_validator("door")
    @classmethod
    def _relay(cls, text: str) -> str:
        if text and pin_of(text) is None:
            relay_of(text)
        return text


class TerminalSettings(_Section):
    """An existing terminal; `terminal` is its number in Odoo."""

    terminal: int
    address: str
    key: SecretStr = SecretStr("0")
    every_s: float = Field(default=60.0, ge=5, le=86400)

    @field_validator("key")
    @classmethod
    def _number(cls, key: SecretStr) -> SecretStr:
        text = key.get_secret_value()
        if not (text.isascii() and text.isdigit() and len(text) <= 9):
            raise ValueError("a communication key is a number")
        return key


class RelayAddress(NamedTuple):
    """Where an ONVIF relay output is, and the user that may switch it."""

    host: str
    port: int
    user: str
    password: str
    relay: str


def relay_of(text: str) -> RelayAddress:
    """The parts of `onvif://user:password@host:port/relay`. Raises ValueError, without them."""
    said = "needs a pin, as in gpio:17, or an ONVIF relay, as in onvif://user:password@host/relay"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port or 80
    except ValueError:
        raise ValueError(said) from None
    relay = unquote(parts.path.strip("/"))
    if parts.scheme != "onvif" or not host or not relay:
        raise ValueError(said)
    return RelayAddress(
        host, port, unquote(parts.username or ""), unquote(parts.password or ""), relay
    )


def pin_of(text: str) -> int | None:
    """The number in `gpio:17`; None for anything else."""
    kind, _, number = text.partition(":")
    return int(number) if kind == "gpio" and number.isascii() and number.isdigit() else None


class Settings(_Section):
    """The whole file; the fields are those of default.toml."""

    server: Server
    state: State
    outbox: OutboxSettings
    recognition: Recognition
    gallery: GallerySettings
    log: Log
    serve: Serve
    screen: ScreenSettings
    metrics: MetricsSettings
    camera: tuple[CameraSettings, ...] = ()
    output: tuple[OutputSettings, ...] = ()
    terminal: tuple[TerminalSettings, ...] = ()


def load_settings(path: Path | None) -> Settings:
    """The defaults, and over them the file at `path`.

    Raises:
        SettingsError: the file cannot be read, or a key or value in it is wrong.
    """
    data = tomllib.loads(resources.files("device_bridge").joinpath("default.toml").read_text())
    if path is not None:
        data = _merged(data, _read(path))
    try:
        return Settings.model_validate(data)
    except ValidationError as error:
        raise SettingsError(_sentence(error, path)) from error


def settings_for(path: Path | None, state: Path | None) -> Settings:
    """As `load_settings`, with the directory of keys and outbox as a command was told it."""
    chosen = load_settings(path)
    if state is None:
        return chosen
    moved = chosen.state.model_copy(update={"directory": state.expanduser()})
    return chosen.model_copy(update={"state": moved})


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not valid TOML: {error}.") from error


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merged(merged[key], value) if both else value
    return merged


def _sentence(error: ValidationError, path: Path | None) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] != "extra_forbidden":
        return f"{path}: {where}: {first['msg']}."
    *parents, key = (part for part in first["loc"] if isinstance(part, str))
    close = difflib.get_close_matches(key, _known(parents), n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    return f"{path}: there is no setting {where!r}.{hint}"


def _known(parents: list[str]) -> list[str]:
    section: type[BaseModel] = Settings
    sections: dict[str, type[BaseModel]] = {
        "server": Server,
        "state": State,
        "outbox": OutboxSettings,
        "recognition": Recognition,
        "gallery": GallerySettings,
        "log": Log,
        "serve": Serve,
        "screen": ScreenSettings,
        "metrics": MetricsSettings,
        "camera": CameraSettings,
        "output": OutputSettings,
        "terminal": TerminalSettings,
    }
    for name in parents:
        section = sections.get(name, section)
    return list(section.model_fields)
