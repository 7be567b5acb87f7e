"""Only Odoo 19.0 is accepted, from wherever it comes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools import debian, odoo_source, paths, say

RELEASE = "version_info = ({version}, FINAL, 0, '')\n"


def _odoo(root: Path, version: str = "19, 0, 0") -> Path:
    (root / "odoo" / "addons").mkdir(parents=True)
    (root / "odoo" / "release.py").write_text(RELEASE.format(version=version))
    return root


@pytest.mark.parametrize(
    ("inside", "given"),
    [
        (".", "."),
        (".", "odoo"),
        ("usr/lib/python3/dist-packages", "."),
        ("usr/lib/python3/dist-packages", "usr/lib/python3/dist-packages"),
    ],
    ids=["checkout", "package folder", "unpacked package", "dist-packages"],
)
def test_odoo_home_may_name_any_usual_folder(
    inside: str, given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = _odoo(tmp_path / inside)
    monkeypatch.setenv("ODOO_HOME", str(tmp_path / given))
    source = odoo_source.get()
    assert source.root == str(root.resolve())
    assert source.version == "19.0"


def test_a_checkout_brings_its_addons_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _odoo(tmp_path)
    (tmp_path / "addons").mkdir()
    monkeypatch.setenv("ODOO_HOME", str(tmp_path))
    assert odoo_source.get().addons == (
        str(tmp_path / "addons"),
        str(tmp_path / "odoo" / "addons"),
    )


@pytest.mark.parametrize(
    ("version", "name"),
    [("18, 0, 0", "18.0"), ("'saas~19', 1, 0", "saas~19.1"), ("20, 0, 0", "20.0")],
)
def test_another_version_is_refused_by_name(
    version: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _odoo(tmp_path, version)
    monkeypatch.setenv("ODOO_HOME", str(tmp_path))
    with pytest.raises(say.Problem, match=f"is Odoo {name}, and this needs Odoo 19.0"):
        odoo_source.get()


def test_a_folder_without_odoo_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ODOO_HOME", str(tmp_path))
    with pytest.raises(say.Problem, match="holds no Odoo"):
        odoo_source.get()


def test_a_copy_once_verified_is_kept(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ODOO_HOME", raising=False)
    root = _odoo(tmp_path / "tree")
    record = {"root": str(root), "version": "19.0.0+dfsg-1", "origin": "Debian sid"}
    monkeypatch.setattr(odoo_source, "_RECORD", cache / "current.json")
    (cache / "current.json").write_text(json.dumps(record))
    monkeypatch.setattr(debian, "mirrors", lambda: pytest.fail("asked for a mirror"))
    assert odoo_source.fetch().version == "19.0.0+dfsg-1"


def test_without_a_mirror_the_other_ways_are_named(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ODOO_HOME", raising=False)
    monkeypatch.setattr(odoo_source, "_RECORD", cache / "absent.json")
    monkeypatch.setattr(debian, "mirrors", list)
    with pytest.raises(say.Problem, match=r"ODOO_HOME .* or use .* official container image"):
        odoo_source.fetch()


@pytest.mark.usefixtures("cache")
def test_the_private_apt_trusts_no_unsigned_index_and_stays_in_the_cache() -> None:
    config = odoo_source._configure("http://mirror.invalid/debian/").read_text()
    assert 'Acquire::AllowInsecureRepositories "false";' in config
    assert 'APT::Get::AllowUnauthenticated "false";' in config
    folders = [line.split('"')[1] for line in config.splitlines() if line.startswith("Dir::")]
    assert folders
    assert all(folder.startswith(str(paths.APT)) for folder in folders)
    sources = (paths.APT / "sources.list").read_text()
    assert sources.startswith("deb [signed-by=/usr/share/keyrings/")
