"""The look before the first step tells every problem at once."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import pytest

from tools import debian, paths, ports, preflight, say
from tools.steps import FACENET, TENSORFLOW, Step

FETCHING = Step("x", lambda: False, lambda: None, ("Debian", "PyPI", "npm"), cache_mb=10)
LOCAL = Step("x", lambda: False, lambda: None, cache_mb=10)


@pytest.fixture(autouse=True)
def good_machine(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    del cache
    monkeypatch.delenv("PGHOST", raising=False)
    monkeypatch.setattr(debian, "release", lambda: ("debian", "12"))
    monkeypatch.setattr(debian, "missing", list)
    monkeypatch.setattr(paths, "is_root", lambda: True)
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")


def _problems(*steps: Step) -> list[str]:
    with pytest.raises(say.Problem) as caught:
        preflight.run(steps)
    return str(caught.value).split("\n")


def test_a_good_machine_passes() -> None:
    preflight.run([LOCAL])


def test_nothing_to_fetch_asks_no_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "_probe", lambda name: pytest.fail(f"asked {name}"))
    preflight.run([LOCAL])


def test_what_only_some_tests_need_is_counted_when_it_is_asked_for() -> None:
    [disk] = {each.needed for each in preflight._disks([TENSORFLOW, FACENET])}
    assert disk == "3800 MB"  # with 200 and 100 to spare in cache and clone


@pytest.mark.parametrize("release", [("ubuntu", "24.04"), ("debian", "11"), ("fedora", "43")])
def test_another_distribution_is_told_what_else_works(
    release: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(debian, "release", lambda: release)
    (problem,) = _problems(LOCAL)
    assert problem.startswith(f"This is {release[0]} {release[1]}")
    assert "official container image" in problem


def test_on_aarch64_the_bridge_alone_is_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    (problem,) = _problems(LOCAL)
    assert "only the bridge" in problem


def test_without_root_the_missing_packages_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "is_root", lambda: False)
    monkeypatch.setattr(debian, "missing", lambda: ["chromium", "ffmpeg"])
    (problem,) = _problems(LOCAL)
    assert problem.endswith("apt-get install -y --no-install-recommends chromium ffmpeg")


def test_without_root_it_goes_on_when_every_package_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(paths, "is_root", lambda: False)
    monkeypatch.setattr(os, "access", lambda _path, _mode: True)
    preflight.run([LOCAL])


def test_registries_that_do_not_answer_are_each_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "_probe", lambda _name: ["false"])
    told = [line.removeprefix("✗ ").split()[0] for line in _problems(FETCHING)]
    assert told == ["Debian", "PyPI", "npm"]


def test_a_registry_that_hangs_does_not_hang_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "_probe", lambda _name: ["sleep", "60"])
    monkeypatch.setattr(preflight, "PROBE_S", 0.1)
    assert len(_problems(FETCHING)) == 3


def test_a_small_disk_is_named_with_what_is_needed() -> None:
    step = Step("x", lambda: False, lambda: None, cache_mb=10**9)
    (problem,) = _problems(step)
    assert "MB are needed" in problem
    assert "XDG_CACHE_HOME" in problem


def test_a_taken_port_is_only_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ports, "is_free", lambda port: port != ports.ODOO)
    preflight.run([LOCAL])
    assert "8070 (8069 is taken)" in capsys.readouterr().out


def test_every_problem_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debian, "release", lambda: ("ubuntu", "24.04"))
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    monkeypatch.setattr(preflight, "MEMORY_MB", 10**9)
    monkeypatch.setattr(preflight, "_probe", lambda _name: ["false"])
    huge = Step("x", lambda: False, lambda: None, ("PyPI",), cache_mb=10**9)
    assert len(_problems(huge)) == 5


@pytest.mark.parametrize(
    ("name", "client"), [("Debian", "apt-helper"), ("PyPI", "pip"), ("npm", "npm")]
)
def test_each_registry_is_asked_by_its_own_client(
    name: str, client: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(debian, "node_is_there", lambda: True)
    monkeypatch.setattr(debian, "mirrors", lambda: ["http://mirror.invalid/debian/"])
    argv = preflight._probe(name)
    assert argv is not None
    assert any(client in word for word in argv)
