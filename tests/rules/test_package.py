"""The rules need nothing but Python."""

from __future__ import annotations

import importlib
import sys

import pytest

from tests.rules.package import FOLDER, NAME


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("[a-z]*.py")))
def test_every_module_of_the_rules_is_imported_without_odoo(name: str) -> None:
    assert importlib.import_module(f"{NAME}.{name}")
    assert "odoo" not in sys.modules
