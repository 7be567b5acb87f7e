"""Look before the first step: everything that would stop set-up, found and told at once."""

from __future__ import annotations

import os
import platform
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tools import command, debian, odoo_source, paths, ports, postgres, python_env, say, wheels
from tools.steps import Step

MEMORY_MB = 2000  # Odoo, PostgreSQL, the bridge and Chromium together stay under 1.5 GB
PROBE_S = 60.0


@dataclass(frozen=True)
class Finding:
    """One row of the table; `problem` is the sentence to act on, or empty."""

    what: str
    needed: str
    found: str
    problem: str = ""


def run(todo: Sequence[Step]) -> None:
    """Print the table for the steps that are still to do; raise `Problem` with every problem."""
    findings = [
        _distribution(),
        _processor(),
        _privilege(),
        *_disks(todo),
        _memory(),
        _postgres(),
        _port(),
        *_registries(todo),
    ]
    width = max(len(each.what) for each in findings)
    for each in findings:
        mark = "✗" if each.problem else "✓"
        say.note(f"  {mark} {each.what:{width}}  {each.found}  (needs {each.needed})")
    problems = [each.problem for each in findings if each.problem]
    if problems:
        raise say.Problem("\n✗ ".join(problems))


def _distribution() -> Finding:
    name, version = debian.release()
    good = name == "debian" and version in debian.SUPPORTED
    return Finding(
        "Distribution",
        "Debian 12 or 13",
        f"{name} {version}".strip(),
        ""
        if good
        else f"This is {name} {version}, and set-up knows Debian 12 and 13: use one of these "
        "(a container or virtual machine will do), or Odoo's official container image.",
    )


def _processor() -> Finding:
    machine = platform.machine()
    problem = ""
    if machine == "aarch64":
        problem = (
            "On aarch64 only the bridge runs: `python3 -m venv .venv && .venv/bin/pip install -c "
            f"constraints/py{python_env.version().replace('.', '')}.txt .` installs it; "
            "run demo and tests on x86-64."
        )
    elif machine != "x86_64":
        problem = f"There are no packages for {machine}: use an x86-64 machine."
    return Finding("Processor", "x86_64", machine, problem)


def _privilege() -> Finding:
    missing = debian.missing()
    user = os.environ.get("USER") or f"user {os.geteuid()}"  # in a container it may have no name
    if paths.is_root():
        return Finding("Privilege", "root to install packages", user)
    if not missing:
        return Finding("Privilege", "root only to install packages", f"{user}, all packages here")
    return Finding(
        "Privilege",
        "root to install packages",
        f"{user}, {len(missing)} packages missing",
        f"Debian packages are missing: as root, run  {debian.install_command(missing)}",
    )


def _disks(todo: Sequence[Step]) -> list[Finding]:
    """What the steps add, per file system, because folders may share one."""
    places = {
        "system": (Path("/usr"), sum(each.system_mb for each in todo)),
        "cache": (paths.CACHE, 200 + sum(each.cache_mb for each in todo)),
        "clone": (paths.CLONE, 100 + sum(each.clone_mb for each in todo)),
    }
    needs: dict[int, int] = {}
    names: dict[int, list[str]] = {}
    roots: dict[int, Path] = {}
    for name, (folder, need_mb) in places.items():
        existing = next(each for each in (folder, *folder.parents) if each.exists())
        device = existing.stat().st_dev
        needs[device] = needs.get(device, 0) + need_mb
        names.setdefault(device, []).append(name)
        roots[device] = existing
    return [_disk(names[each], roots[each], needs[each]) for each in needs]


def _disk(names: list[str], folder: Path, need_mb: int) -> Finding:
    state = os.statvfs(folder)
    free_mb = state.f_bavail * state.f_frsize // 2**20
    problem = ""
    if free_mb < need_mb:
        problem = (
            f"The disk of {folder} has {free_mb} MB free and {need_mb} MB are needed: free some, "
            "or set XDG_CACHE_HOME to a folder on a larger disk."
        )
    elif not os.access(folder, os.W_OK) and (paths.is_root() or names != ["system"]):
        problem = f"{folder} cannot be written to: use another clone, or set XDG_CACHE_HOME."
    return Finding(f"Disk ({', '.join(names)})", f"{need_mb} MB", f"{free_mb} MB free", problem)


def _memory() -> Finding:
    rows = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    free_mb = int(rows["MemAvailable"].split()[0]) // 1024
    problem = (
        f"Only {free_mb} MB of memory are free and {MEMORY_MB} MB are needed: end some programs."
        if free_mb < MEMORY_MB
        else ""
    )
    return Finding("Memory", f"{MEMORY_MB} MB", f"{free_mb} MB free", problem)


def _postgres() -> Finding:
    if postgres.is_external():
        return Finding("PostgreSQL", "13 or newer", f"your own at {os.environ['PGHOST']}")
    folder = debian.postgres_bin()
    if folder is None:
        return Finding("PostgreSQL", "13 or newer", "will be installed")
    return Finding("PostgreSQL", "13 or newer", f"{folder.parent.name}, a cluster of our own")


def _port() -> Finding:
    port = ports.pick(ports.ODOO)
    taken = "" if port == ports.ODOO else f" ({ports.ODOO} is taken)"
    return Finding("Port", "any free one", f"{port}{taken}")


def _registries(todo: Sequence[Step]) -> list[Finding]:
    """Ask each registry that a step needs, by its own client and all at once."""
    needed = sorted({name for step in todo if step.needs_network() for name in step.registries})
    if not needed:
        return [Finding("Registries", "none", "everything is here already")]
    with ThreadPoolExecutor() as pool:
        return list(pool.map(_registry, needed))


def _registry(name: str) -> Finding:
    argv = _probe(name)
    if argv is None:
        return Finding(
            name, "to be reachable", "not asked, its client comes with Debian's packages"
        )
    with tempfile.TemporaryDirectory() as empty:
        # What npm and pip remember from last time is no sign of a network.
        env = {"PIP_NO_CACHE_DIR": "1", "npm_config_cache": empty}
        patience = {"PIP_RETRIES": "1", "npm_config_fetch_retries": "1"}
        good = _succeeds(argv, command.environment({**env, **patience}))
    if good:
        return Finding(name, "to be reachable", "reachable")
    return Finding(
        name,
        "to be reachable",
        "no answer",
        f"{name} does not answer: connect this machine to the network (or set its proxy or "
        "mirror), and run the same command again.",
    )


def _succeeds(argv: Sequence[str], env: Mapping[str, str]) -> bool:
    try:
        done = subprocess.run(argv, env=env, capture_output=True, timeout=PROBE_S, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def _probe(name: str) -> list[str] | None:
    """The smallest question that a registry's own client can ask it."""
    if name == "Debian":
        mirror = (debian.mirrors() or ["http://no-mirror.invalid"])[0].rstrip("/")
        target = paths.APT / "probe"
        target.parent.mkdir(parents=True, exist_ok=True)
        address = f"{mirror}/dists/{odoo_source.SUITE}/InRelease"
        options = ["-o", "Acquire::Retries=0", "-o", "APT::Sandbox::User=root"]
        return ["/usr/lib/apt/apt-helper", *options, "download-file", address, str(target)]
    if name == "PyPI":
        # Debian's venv package brings pip as a wheel, which Python can run as it is.
        pip = sorted(Path("/usr/share/python-wheels").glob("pip-*.whl"))
        # A package of ours, because a machine may keep common ones in a folder of its own.
        question = ["index", "versions", next(iter(wheels.SOURCE_ONLY))]
        return [str(python_env.PYTHON), f"{pip[-1]}/pip", *question] if pip else None
    return ["npm", "view", "prettier", "version"] if debian.node_is_there() else None
