"""`make check`: linters, types and import contracts; each tool is one test."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tools import command, javascript, paths, results, say, site_files
from tools.stages import result

_BIN = paths.BRIDGE_ENV / "bin"
# pylint-odoo's defects, not its taste: no rules about authors and readmes, none that object to a
# method made to refuse (a log that cannot be edited), none about how translations are spelled.
_TASTE = (
    "manifest-required-author,missing-readme,no-wizard-in-models,consider-merging-classes-inherited,"
    "method-required-super,super-method-mismatch,missing-return,attribute-string-redundant,"
    "prefer-env-translation,manifest-superfluous-key"
)
_PYLINT = [
    "--load-plugins=pylint_odoo",
    "--disable=all",
    "--enable=odoolint",
    f"--disable={_TASTE}",
]
_SHOWN = 60  # lines of a tool's findings; run the tool by hand for more


def commands() -> dict[str, list[str]]:
    """Command lines by the name of the tool."""
    python = [name for name in ("device_bridge", "tests", "tools") if (paths.CLONE / name).exists()]
    addon = ["hr_face_attendance"] if (paths.ADDON / "__init__.py").exists() else []
    found = {
        "ruff check": [str(_BIN / "ruff"), "check", "--output-format", "concise", *python, *addon],
        "ruff format": [str(_BIN / "ruff"), "format", "--check", *python, *addon],
        "mypy": [str(_BIN / "mypy"), "--strict", "device_bridge"],
        "import contracts": [str(_BIN / "lint-imports")],
    }
    if addon:
        found["pylint-odoo"] = [str(_BIN / "pylint"), *_PYLINT, *addon]
    found |= site_files.commands()
    scripts = javascript.sources()
    return {**found, **(javascript.commands(scripts) if scripts else {})}


def main() -> int:
    outcomes: dict[str, str] = {}
    for name, argv in commands().items():
        done = subprocess.run(
            argv,
            cwd=paths.CLONE,
            env=command.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        outcomes[name] = f"exit code {done.returncode}" if done.returncode else ""
        say.note(f"  {'✗' if done.returncode else '✓'} {name}")
        if done.returncode:
            lines = (done.stdout + done.stderr).rstrip().splitlines()
            say.note("\n".join(f"    {line}" for line in lines[:_SHOWN]))
            if len(lines) > _SHOWN:
                say.note(f"    … and {len(lines) - _SHOWN} lines more: {' '.join(argv)}")
    results.write(Path(result("check")), outcomes)
    return 1 if any(outcomes.values()) else 0


if __name__ == "__main__":
    say.run_main(main, "check")
