"""Debian packages: which are missing, installing them, and the machine's own mirror."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tools import command, paths, say, stamps

SUPPORTED = {"12": "bookworm", "13": "trixie"}

# Odoo's package links to these instead of carrying them; without jQuery every page is an error 500.
_ODOO_FILES = [
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
    "fonts-roboto-unhinted",
    "fonts-font-awesome",
    "fonts-inconsolata",
    "fonts-ocr-b",
    "fonts-glyphicons-halflings",
    "gsfonts",
    "fonts-dejavu-core",
]
_TOOLS = [
    "chromium",  # browser tests
    "espeak-ng",  # the voice of a gate
    "ffmpeg",  # recorded streams, and Chromium's fake camera
    "libreoffice-calc-nogui",  # opens and calculates the Excel files (87 MB, headless)
    "libmagic1",  # Odoo tells file types with it
    "swtpm",  # a security chip for tests
    "tpm2-tools",  # the bridge asks the chip with them
]
# reportlab draws barcodes with these since version 4; there is no wheel of cairo.
BARCODES = {"13": "python3-rlpycairo"}
# Debian 13 renamed libraries in its move to 64-bit time.
_RENAMED = {"13": {"libmagic1": "libmagic1t64"}}


# Not wanted where the machine has its own.
_ONLY_IF_NEEDED = ("nodejs", "npm", "postgresql")
_HALF = {"unpacked", "half-configured", "half-installed"}
_LINGER_S = 300.0
_CLUSTER_SETTINGS = Path("/etc/postgresql-common")
# Whoever else installs packages just now is waited for.
_APT_INSTALL = [
    *("apt-get", "install", "-y", "--no-install-recommends"),
    *("-o", "Dpkg::Use-Pty=0", "-o", "DPkg::Lock::Timeout=300"),
]


def release() -> tuple[str, str]:
    """Distribution and version as the system states them, such as ("debian", "12")."""
    fields = platform.freedesktop_os_release()
    return fields.get("ID", "unknown"), fields.get("VERSION_ID", "")


def node_is_there() -> bool:
    """Whether the machine brings a Node.js and npm of its own that are new enough."""
    if not (shutil.which("node") and shutil.which("npm")):
        return False
    out = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    major = re.match(r"v(\d+)", out)
    return major is not None and int(major[1]) >= 18


def postgres_bin() -> Path | None:
    """Folder of the newest PostgreSQL server programs; Debian keeps them off the PATH."""
    found = [each.parent for each in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    return max(found, key=lambda each: int(each.parent.name), default=None)


def wanted() -> list[str]:
    """Every package that set-up uses on this release."""
    names = [*_ODOO_FILES, *_TOOLS]
    if os.environ.get("PGHOST"):  # a server of the person's own: only its clients are needed
        names += [] if shutil.which("createdb") else ["postgresql-client"]
    elif not postgres_bin():
        names.append("postgresql")
    if not node_is_there():
        names += ["nodejs", "npm"]
    if release()[1] in BARCODES:
        names.append(BARCODES[release()[1]])
    renamed = _RENAMED.get(release()[1], {})
    return [renamed.get(name, name) for name in names]


def missing() -> list[str]:
    """The wanted packages that are not installed, and any of ours that is so by half."""
    names = wanted()
    states = _states(sorted({*names, *_ONLY_IF_NEEDED}))
    # Programs of a package that was unpacked but never configured can already be found.
    half = [each for each in _ONLY_IF_NEEDED if states.get(each) in _HALF]
    absent = [each for each in names if states.get(each) != "installed"]
    return list(dict.fromkeys([*absent, *half]))


def _states(names: list[str]) -> dict[str, str]:
    query = ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n", *names]
    out = subprocess.run(query, capture_output=True, text=True, check=False).stdout
    return {line.split()[0]: line.split()[1] for line in out.splitlines()}


def install_command(names: list[str]) -> str:
    """What a person who may not install packages asks for."""
    return f"apt-get update && apt-get install -y --no-install-recommends {' '.join(names)}"


def install(names: list[str]) -> None:
    """Install packages; the caller has checked that we are root."""
    with suppress(say.Problem):  # a foreign source that fails must not stop Debian's own
        command.run(
            ["apt-get", "update"], what="Reading Debian's package lists", log="apt", progress=_short
        )
    with _no_system_cluster(names):
        _finish_interrupted()
        _apt_install(names, "Installing Debian packages")


def _apt_install(words: list[str], what: str) -> None:
    command.run(
        [*_APT_INSTALL, *words],
        what=what,
        log="apt",
        progress=_short,
        # dpkg may finish what it is doing; cutting that off would leave a broken system.
        patience_s=_LINGER_S,
        linger_s=_LINGER_S,
    )


def _short(line: str) -> str | None:
    found = re.match(r"(Get:\d+|Unpacking|Setting up|Selecting)\s.*", line)
    return found[0].replace("Selecting previously unselected", "Selecting") if found else None


def _finish_interrupted() -> None:
    audit = subprocess.run(["dpkg", "--audit"], capture_output=True, text=True, check=False).stdout
    if not audit.strip():
        return
    what = "Finishing an interrupted installation of Debian packages"
    with suppress(say.Problem):  # some wait for packages that were not even unpacked
        command.run(
            ["dpkg", "--configure", "-a", "--force-confold"],
            what=what,
            log="apt",
            patience_s=_LINGER_S,
            linger_s=_LINGER_S,
        )
    _apt_install(["--fix-broken"], what)


@contextmanager
def _no_system_cluster(names: list[str]) -> Iterator[None]:
    """Keep Debian's PostgreSQL package from starting a server on this machine; we run our own."""
    drop_in = _CLUSTER_SETTINGS / "createcluster.d" / f"{paths.NAME}.conf"
    if "postgresql" in names:
        text = "# Removed when set-up has installed PostgreSQL.\ncreate_main_cluster = false\n"
        stamps.write(drop_in, text)
    try:
        yield
    finally:
        drop_in.unlink(missing_ok=True)  # also that of a run that was killed


def mirrors() -> list[str]:
    """Addresses of the Debian mirrors that this machine is set up to use, best first."""
    codename = SUPPORTED.get(release()[1], "")
    listing = subprocess.run(
        [
            *("apt-get", "indextargets", "Created-By: Packages"),
            *("--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)"),
        ],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    rows = [line.split() for line in listing.splitlines()]
    return list(dict.fromkeys(row[0] for row in rows if row[1:] == [codename, "main"]))
