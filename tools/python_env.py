"""The Python environments, made by Debian's own Python: Odoo's, the bridge's, TensorFlow's."""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path

from tools import command, paths, say, stamps, wheels

PYTHON = Path("/usr/bin/python3")  # never a pyenv or conda that happens to be first on the PATH
BUILD_NEEDS = ("pip", "setuptools")  # pinned like the rest, so that `-e .` needs no network
# Debian's modules that Odoo's environment borrows where there is no wheel (debian.BARCODES).
_BORROWED = {"3.13": ("rlPyCairo", "cairo", "freetype")}
_DEBIANS_MODULES = Path("/usr/lib/python3/dist-packages")
TENSORFLOW = "tensorflow"  # its pins are a set of their own: constraints/tensorflow-py*.txt
BRIDGE_EXTRAS = (
    *("models", "liveness", "evaluation", "serve", "onvif", "screen", "terminals", "vector"),
    *("discovery", "metrics", "dev"),
)


def version(python: Path = PYTHON) -> str:
    """Version of a Python, such as "3.11"; by default of Debian's."""
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    out = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=True)
    return out.stdout.strip()


def constraints(set_name: str = "") -> Path:
    """The exact versions for this machine's Python; of `set_name`, or of all but those sets."""
    python = version()
    file = constraints_file(python, set_name)
    if not file.is_file():
        raise say.Problem(
            f"There are no pinned versions for Python {python}: "
            "use Debian 12 (Python 3.11) or Debian 13 (Python 3.13)."
        )
    return file


def constraints_file(python: str, set_name: str = "") -> Path:
    """Where the pins for a Python are, such as "3.11"."""
    prefix = f"{set_name}-" if set_name else ""
    return paths.CONSTRAINTS / f"{prefix}py{python.replace('.', '')}.txt"


def odoo_requirements() -> list[str]:
    """What Odoo imports, and the few things that its tests need besides."""
    lines = (paths.CONSTRAINTS / "odoo.in").read_text().splitlines()
    return [line.partition("#")[0].strip() for line in lines if line.partition("#")[0].strip()]


def bridge_requirements(extras: tuple[str, ...] = BRIDGE_EXTRAS) -> list[str]:
    """What pyproject.toml asks for: the bridge's dependencies and the given extras."""
    project = tomllib.loads((paths.CLONE / "pyproject.toml").read_text())["project"]
    found = list(project["dependencies"])
    for extra in extras:
        found += project["optional-dependencies"][extra]
    return found


def odoo_env() -> Path:
    """Folder of Odoo's environment for the present pins, whether it exists or not."""
    inputs = (constraints(), *odoo_requirements(), *_BORROWED.get(version(), ()))
    return paths.ENVS / f"odoo-{stamps.digest(*inputs)}"


def odoo_is_ready() -> bool:
    """Whether Odoo's environment is there and complete."""
    env = odoo_env()
    return stamps.is_done(env / ".done", env.name)


def build_odoo_env() -> Path:
    """Make Odoo's environment, unless it is there."""
    env = odoo_env()
    if not odoo_is_ready():
        fill(env, odoo_requirements(), "odoo-env")
        _borrow(env)
        # Odoo starts its websocket child by the path of its script, which `python -m odoo`
        # does not have.
        script = f"#!{env}/bin/python\nimport odoo.cli\n\nodoo.cli.main()\n"
        stamps.write(env / "bin" / "odoo", script, 0o755)
        stamps.mark(env / ".done", env.name)
    return env


def _borrow(env: Path) -> None:
    modules = env / "lib" / f"python{version()}" / "site-packages"
    for name in _BORROWED.get(version(), ()):
        (modules / name).unlink(missing_ok=True)
        (modules / name).symlink_to(_DEBIANS_MODULES / name)


def tensorflow_requirements() -> list[str]:
    """The bridge with TensorFlow, and what its tests need."""
    tests = [each for each in bridge_requirements(("dev",)) if wheels.name_of(each) == "pytest"]
    return [*bridge_requirements(("models", "tensorflow")), *tests]


def tensorflow_env() -> Path:
    """Folder of the environment with TensorFlow, whether it exists or not."""
    inputs = (constraints(TENSORFLOW), *tensorflow_requirements())
    return paths.ENVS / f"tensorflow-{stamps.digest(*inputs)}"


def tensorflow_is_ready() -> bool:
    """Whether the environment with TensorFlow is there and complete."""
    env = tensorflow_env()
    return stamps.is_done(env / ".done", env.name)


def build_tensorflow_env() -> Path:
    """Make the environment with TensorFlow, unless it is there.

    It has the bridge's dependencies but not the bridge, which is run from the clone, so that all
    clones share it.
    """
    env = tensorflow_env()
    if not tensorflow_is_ready():
        pins = constraints(TENSORFLOW)
        fill(env, tensorflow_requirements(), "tensorflow-env", pins)
        stamps.mark(env / ".done", env.name)
    return env


def tensorflow_needs_network() -> bool:
    """Whether something has to be fetched for the environment with TensorFlow."""
    requirements = [*BUILD_NEEDS, *tensorflow_requirements()]
    return not wheels.are_here(requirements, constraints(TENSORFLOW))


def odoo_needs_network() -> bool:
    """Whether something has to be fetched for Odoo's environment."""
    return not wheels.are_here([*BUILD_NEEDS, *odoo_requirements()], constraints())


def bridge_needs_network() -> bool:
    """Whether something has to be fetched for the bridge's environment."""
    return not wheels.are_here([*BUILD_NEEDS, *bridge_requirements()], constraints())


def _bridge_key() -> str:
    # The whole of pyproject.toml, because it also names the commands; the place of the clone,
    # because an environment cannot be moved.
    return stamps.digest(constraints(), paths.CLONE / "pyproject.toml", str(paths.CLONE))


def bridge_is_ready() -> bool:
    """Whether the clone's `.venv` is there and complete."""
    return stamps.is_done(paths.BRIDGE_ENV / ".done", _bridge_key())


def build_bridge_env() -> Path:
    """Make `.venv` in the clone with the bridge itself editable in it, unless it is there."""
    env = paths.BRIDGE_ENV
    if not bridge_is_ready():
        (env / ".done").unlink(missing_ok=True)
        fill(env, bridge_requirements(), "bridge-env")
        wheels.pip(
            env / "bin" / "python",
            ["install", "--no-deps", "--no-build-isolation", "--no-index", "-e", str(paths.CLONE)],
            what="Installing the bridge",
            log="bridge-env",
        )
        stamps.mark(env / ".done", _bridge_key())
    return env


def fill(env: Path, requirements: list[str], log: str, pins: Path | None = None) -> None:
    """Make an environment, and install requirements in their pinned versions."""
    # An environment that pip was interrupted in may be broken in ways that pip does not see.
    unfinished = env / ".unfinished"
    if unfinished.exists() or not _is_usable(env):
        command.run(
            [PYTHON, "-m", "venv", "--clear", env], what="Making a Python environment", log=log
        )
    unfinished.touch()
    needed = [*BUILD_NEEDS, *requirements]
    wheels.install(env / "bin" / "python", needed, pins or constraints(), log)
    unfinished.unlink()


def _is_usable(env: Path) -> bool:
    """Whether the environment was made in this place, by the Python that is here now."""
    script = env / "bin" / "pip"
    if not script.is_file() or not script.read_text().startswith(f"#!{env}/"):
        return False
    try:
        return version(env / "bin" / "python") == version()
    except (OSError, subprocess.CalledProcessError):
        return False
