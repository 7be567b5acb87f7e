"""What the documents tell people to type is there, and what they name is in the code."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import yaml
from promql_parser import parse
from typer.main import get_command

from device_bridge.adapters.figures import CAMERA_STATES, CameraFigures, GateFigures
from device_bridge.api.metrics import Metrics
from device_bridge.cli.app import app
from device_bridge.domain.gallery import MatrixGallery
from device_bridge.wiring.device import Device
from device_bridge.wiring.figures import gauges_of
from tools import install_bridge, paths

DOCS = sorted([paths.CLONE / "README.md", *(paths.CLONE / "docs").glob("*.md")])
ALERTS = paths.CLONE / "docker" / "monitoring" / "alerts.yml"
TARGETS = set(re.findall(r"^([a-z0-9-]+):", (paths.CLONE / "Makefile").read_text(), re.MULTILINE))
PROSE = re.compile(r"`([^`\n]+)`")
BLOCK = re.compile(r"^```\w*\n(.*?)^```|^((?: {4}[^\n]*\n)+)", re.MULTILINE | re.DOTALL)


def code(file: Path) -> list[str]:
    """Everything that is set as code, line by line."""
    text = file.read_text()
    blocks = [a or b for a, b in BLOCK.findall(text)]
    return [*PROSE.findall(text), *(row.strip() for block in blocks for row in block.splitlines())]


def typed(program: str) -> list[tuple[str, str]]:
    """(document, what follows the program's name) for each time that it is called."""
    found = re.compile(rf"(?:^|[\s/]){program}((?: +[^\s|#&;)]+)+)")
    return [
        (file.name, match[1].strip())
        for file in DOCS
        for row in code(file)
        for match in found.finditer(row)
        if not row.startswith(("-- ", "journalctl", "systemctl"))
    ]


def params_of(words: list[str]) -> tuple[Any, list[str]]:
    """The command that these words call, and the words after its name."""
    found: Any = get_command(app)
    while words and hasattr(found, "commands"):
        assert words[0] in found.commands, f"there is no command {words[0]!r}"
        found, words = found.commands[words[0]], words[1:]
    return found, words


COMMANDS = [one for one in typed("device-bridge") if one[1][0] != "-"]


@pytest.mark.parametrize(("file", "line"), COMMANDS)
def test_every_command_of_the_bridge_exists_with_its_options(file: str, line: str) -> None:
    words = [word for word in line.split() if word != "…"]
    if words[:1] in (["now"], ["-n"]):
        return
    if "|" in words[-1] or (len(words) > 1 and "|" in words[1]):
        words = words[:1]
    command, rest = params_of(words)
    options = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
    asked = [re.split(r"[=\]]", word.lstrip("["))[0] for word in rest]
    missing = [word for word in asked if word.startswith("--") and word not in options]
    assert missing == [], f"{file}: device-bridge {line}"


@pytest.mark.parametrize(("file", "line"), typed("make"))
def test_every_target_of_make_exists(file: str, line: str) -> None:
    target = next((word for word in line.split() if "=" not in word), "help")
    assert target in TARGETS, f"{file}: make {line}"


@pytest.mark.parametrize(("file", "line"), typed("python3? -m"))
def test_every_module_that_is_run_exists(file: str, line: str) -> None:
    module = line.split(maxsplit=1)[0]
    if module == "venv":
        return
    path = paths.CLONE / Path(*module.split("."))
    assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), f"{file}: {line}"


@pytest.mark.parametrize("file", DOCS, ids=lambda file: file.name)
def test_every_link_to_a_file_leads_somewhere(file: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#([^)\s]+))?\)", file.read_text())
    for target, _anchor in links:
        if ":" not in target:
            assert (file.parent / target).exists(), target


@pytest.mark.parametrize("file", DOCS, ids=lambda file: file.name)
def test_every_anchor_is_a_heading(file: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^)#\s:]*)#([^)\s]+)\)", file.read_text()):
        document = file.parent / target if target else file
        assert anchor in headings(document), f"{target}#{anchor}"


def headings(file: Path) -> set[str]:
    rows = re.findall(r"^#+ (.+)$", file.read_text(), re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", row.lower()) for row in rows]
    return {row.replace(" ", "-") for row in plain}


SECURITY = (paths.CLONE / "docs" / "security.md").read_text()
STOPPERS = re.findall(r"\[`([^`]+)`\]\(\.\./([^)]+)\)", SECURITY)


def test_the_threat_model_names_code() -> None:
    assert len(STOPPERS) >= 40


@pytest.mark.parametrize(("name", "file"), STOPPERS)
def test_what_stops_a_threat_is_in_the_file_that_is_named(name: str, file: str) -> None:
    text = (paths.CLONE / file).read_text()
    own = re.escape(name.rpartition(".")[2])
    defined = rf"^\s*(?:(?:async )?def|class) {own}\b|^\s*{own}\b.*=|^\s*{own}[= ].*$"
    assert re.search(defined, text, re.MULTILINE), f"{file} has no {name}"


def figures() -> set[str]:
    """Every figure that a bridge or a service may tell."""
    device = SimpleNamespace(outbox=None, sync=None)
    gauges = gauges_of(cast("Device", device), MatrixGallery("m", 2))
    read = {name: (about, lambda: 0.0) for name, (about, _) in gauges.items()}
    gates = GateFigures(read, lambda: {1: CameraFigures("ok", 0, 0, 0)})
    service = Metrics({**read, "calls_taken": ("Calls.", lambda: 0.0)})
    families = [*gates.registry.collect(), *service._registry.collect()]
    names = {one.name + ("_total" if one.type == "counter" else "") for one in families}
    return names | {f"{one.name}_bucket" for one in families if one.type == "histogram"}


def rules() -> list[dict[str, Any]]:
    [group] = yaml.safe_load(ALERTS.read_text())["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_an_alert_is_about_figures_that_there_are(rule: dict[str, Any]) -> None:
    parse(rule["expr"])
    asked = set(re.findall(r"\bbridge_\w+", rule["expr"]))
    assert asked <= figures()
    assert asked or "up{" in rule["expr"]
    assert set(re.findall(r"state=~?\"([^\"]+)\"", rule["expr"])) <= {"lost|stalled|starting"}
    assert {"lost", "stalled", "starting"} <= set(CAMERA_STATES)
    assert rule["annotations"]["summary"]


def test_every_figure_is_described_and_nothing_else() -> None:
    text = (paths.CLONE / "docs" / "operations.md").read_text()
    told = set(re.findall(r"`(bridge_\w+)", text))
    ours = {name for name in figures() if name.startswith("bridge_") and "_bucket" not in name}
    assert told == ours


def test_the_extras_that_are_named_exist() -> None:
    text = (paths.CLONE / "docs" / "operations.md").read_text()
    named = [
        one
        for words in re.findall(r"systemd/install\.sh ([a-z,]+)", text)
        for one in words.split(",")
    ]
    assert set(named) <= set(install_bridge.known_extras())


def test_help_is_told_of_every_command() -> None:
    help_ = subprocess.run(
        [paths.BRIDGE_ENV / "bin" / "device-bridge", "--help"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    together = "".join(file.read_text() for file in DOCS)
    silent = [
        name
        for name in get_command(app).commands
        if f"device-bridge {name}" not in together  # type: ignore[attr-defined]
    ]
    assert "discover" in help_
    assert silent in ([], ["version"])
