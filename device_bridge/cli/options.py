"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[
    Path | None,
    typer.Option("--settings", envvar="DEVICE_BRIDGE_SETTINGS", help="Settings file (TOML)."),
]
State = Annotated[Path | None, typer.Option("--state", help="Directory of keys and outbox.")]
