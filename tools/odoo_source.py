"""The Odoo 19 server: the person's own by ODOO_HOME, or Debian's package, verified and unpacked.

The package comes from Debian's unstable suite through an apt configuration of our own, so the
system never learns of that suite. apt checks the signature of the index and by it the package;
there is no committed checksum because that suite moves. A copy once verified is kept and reused.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

from tools import command, debian, paths, say, stamps

SERIES = "19.0"
SUITE = "sid"
PACKAGE = "odoo-19"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
OTHER_WAYS = (
    "set ODOO_HOME to an Odoo 19.0 of your own (a git checkout or an installed package), "
    "or use Odoo's official container image"
)
_RECORD = paths.ODOO / "current.json"
_DIST = Path("usr/lib/python3/dist-packages")


@dataclass(frozen=True)
class OdooSource:
    """An Odoo that can be run: `root` goes on PYTHONPATH."""

    root: str
    addons: tuple[str, ...]
    version: str
    origin: str


def find() -> OdooSource | None:
    """The Odoo to use, or None if it has yet to be fetched."""
    home = os.environ.get("ODOO_HOME")
    if home:
        return _from_home(Path(home))
    if not _RECORD.is_file():
        return None
    record = json.loads(_RECORD.read_text())
    root = Path(record["root"])
    return _checked(root, [], record["version"], record["origin"]) if root.is_dir() else None


def get() -> OdooSource:
    """The Odoo to use; `Problem` if set-up has not fetched it yet."""
    source = find()
    if source is None:
        raise say.Problem("Odoo is not here yet: run `make setup` first.")
    return source


def _from_home(home: Path) -> OdooSource:
    for root in (home, home / _DIST, home.parent):
        if (root / "odoo" / "release.py").is_file():
            extra = [root / "addons"] if (root / "addons").is_dir() else []
            return _checked(root.resolve(), extra, "", f"ODOO_HOME={home}")
    raise say.Problem(
        f"ODOO_HOME={home} holds no Odoo: point it to the folder that contains odoo/release.py."
    )


def _checked(root: Path, extra: list[Path], version: str, origin: str) -> OdooSource:
    series = _series(root)
    if series != SERIES:
        raise say.Problem(f"{origin} is Odoo {series}, and this needs Odoo {SERIES}: {OTHER_WAYS}.")
    addons = (*map(str, extra), str(root / "odoo" / "addons"))
    return OdooSource(str(root), addons, version or series, origin)


def _series(root: Path) -> str:
    text = (root / "odoo" / "release.py").read_text()
    found = re.search(r"^version_info = \(\s*'?([\w~]+)'?,\s*(\d+)", text, re.MULTILINE)
    return f"{found[1]}.{found[2]}" if found else "of an unknown version"


def fetch() -> OdooSource:
    """Download, verify and unpack Debian's package, unless that was done before."""
    source = find()
    if source:
        return source
    mirrors = debian.mirrors()
    if not mirrors:
        raise say.Problem(
            "This machine's apt sources name no Debian mirror to take Odoo from: "
            f"add Debian's own to /etc/apt/sources.list, or {OTHER_WAYS}."
        )
    archive = _download(mirrors[0])
    version = _field(archive, "Version")
    if not version.startswith(f"{SERIES}."):
        raise say.Problem(f"Debian now serves Odoo {version} as {PACKAGE}: {OTHER_WAYS}.")
    checksum = stamps.sha256(archive)
    folder = paths.ODOO / version
    say.note(f"    {archive.name}, SHA-256 {checksum}, verified through Debian's signed index")
    with stamps.new_folder(folder) as new:
        command.run(["dpkg-deb", "-x", archive, new], what="Unpacking Odoo", log="odoo")
        _complete(new)
    source = _checked(folder / _DIST, [], version, f"Debian {SUITE}")
    record = {**asdict(source), "sha256": checksum, "mirror": mirrors[0]}
    stamps.write(_RECORD, json.dumps(record, indent=2) + "\n")
    archive.unlink()
    return source


def _complete(tree: Path) -> None:
    """Give the unpacked tree what it would find on a system where it is installed."""
    share = tree / "usr/share"
    for name in ("javascript", "fonts", "fonts-font-awesome"):
        (share / name).symlink_to(Path("/usr/share") / name)
    # Stripped from Debian's package, but named in a bundle; an empty file keeps pages free of
    # errors and only takes away the blurred background in video calls.
    stub = tree / _DIST / "odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"
    if not stub.exists():
        stub.parent.mkdir(parents=True, exist_ok=True)
        stub.write_text("/* left out of Debian's package */\n")


def _download(mirror: str) -> Path:
    config = _configure(mirror)
    env = command.environment({"APT_CONFIG": str(config)})

    def apt_get(*arguments: str, what: str) -> None:
        argv: list[str | Path] = ["apt-get", "-c", config, *arguments]
        command.run(argv, what=what, log="odoo", env=env, cwd=paths.APT)

    apt_get("update", what=f"Reading the index of Debian {SUITE}")
    known = subprocess.run(
        ["apt-cache", "-c", str(config), "policy", PACKAGE],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    if "Candidate:" not in known or "Candidate: (none)" in known:
        raise say.Problem(f"Debian {SUITE} no longer serves {PACKAGE}: {OTHER_WAYS}.")
    for old in paths.APT.glob("*.deb"):
        old.unlink()
    apt_get("download", PACKAGE, what="Downloading Odoo (120 MB)")
    return next(paths.APT.glob(f"{PACKAGE}_*.deb"))


def _configure(mirror: str) -> Path:
    """An apt that knows one suite, keeps everything in the cache, and trusts no unsigned index."""
    for folder in ("lists/partial", "state", "archives/partial", "parts"):
        (paths.APT / folder).mkdir(parents=True, exist_ok=True)
    (paths.APT / "state" / "status").touch()
    stamps.write(paths.APT / "sources.list", f"deb [signed-by={KEYRING}] {mirror} {SUITE} main\n")
    options = {
        "Dir::Etc::sourcelist": paths.APT / "sources.list",
        "Dir::Etc::sourceparts": paths.APT / "parts",
        "Dir::State": paths.APT / "state",
        "Dir::State::lists": paths.APT / "lists",
        "Dir::State::status": paths.APT / "state" / "status",
        "Dir::Cache": paths.APT,
        "Dir::Cache::archives": paths.APT / "archives",
        "APT::Get::AllowUnauthenticated": "false",
        "Acquire::AllowInsecureRepositories": "false",
        "Acquire::AllowWeakRepositories": "false",
        "Acquire::Languages": "none",
        "Acquire::Retries": "2",
        # A stale index counts as a failure: by default it is only a warning.
        "APT::Update::Error-Mode": "any",
    }
    lines = [f'{name} "{value}";' for name, value in options.items()]
    if paths.is_root():  # apt's own user cannot enter root's home
        lines.append('APT::Sandbox::User "root";')
    # Hooks of this machine are about its own packages.
    lines += ["#clear APT::Update::Post-Invoke;", "#clear APT::Update::Post-Invoke-Success;"]
    stamps.write(paths.APT / "apt.conf", "\n".join(lines) + "\n")
    return paths.APT / "apt.conf"


def _field(archive: Path, name: str) -> str:
    out = subprocess.run(
        ["dpkg-deb", "-f", archive, name], capture_output=True, text=True, check=True
    )
    return out.stdout.strip()
