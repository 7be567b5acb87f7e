"""One module per target; they are found by their being here."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType


def all_targets() -> dict[str, ModuleType]:
    """Targets by name."""
    modules = [
        importlib.import_module(f"{__name__}.{found.name}")
        for found in pkgutil.iter_modules(__path__)
    ]
    return {module.NAME: module for module in modules}
