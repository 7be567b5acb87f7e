"""Linters of what a site is installed from: docker/, its proxy, its unit.

No container engine runs here, so these are the nearest thing to building and starting it:
docker-compose itself reads the compose file, Caddy its configuration, hadolint the Dockerfiles.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

from tools import paths

DOCKER = paths.CLONE / "docker"
COMPOSE = DOCKER / "compose.yml"
CADDYFILE = DOCKER / "proxy" / "Caddyfile"
DOCKERFILES = (DOCKER / "bridge" / "Dockerfile", DOCKER / "odoo" / "Dockerfile")
SITE = {
    "ODOO_HOST": "odoo.example",
    "FACE_HOST": "face.example",
    "ACME_EMAIL": "you@example.org",
}
_BIN = paths.BRIDGE_ENV / "bin"


def compose_program() -> Path:
    """docker-compose out of its package, whose own wrapper hides exit codes."""
    spec = importlib.util.find_spec("compose")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).with_name("docker-compose")


def compose_config() -> list[str]:
    """Reads the compose file as docker would, and prints what it comes to as JSON."""
    program = str(compose_program())
    return ["env", *_site(), program, "-f", str(COMPOSE), "config", "--format", "json"]


def commands() -> dict[str, list[str]]:
    """Command lines by the name of the tool."""
    hadolint = [str(_BIN / "hadolint"), "--config", str(DOCKER / ".hadolint.yaml")]
    caddy, config = str(_BIN / "caddy"), ["--config", str(CADDYFILE), "--adapter", "caddyfile"]
    return {
        "hadolint": [*hadolint, *map(str, DOCKERFILES)],
        "compose config": [*compose_config(), "--quiet"],
        "caddy validate": ["env", *_site(), caddy, "validate", *config],
        "caddy fmt": [caddy, "fmt", "--diff", str(CADDYFILE)],
    }


def _site() -> list[str]:
    return [f"{name}={value}" for name, value in SITE.items()]
