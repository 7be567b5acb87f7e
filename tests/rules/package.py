"""The addon's rules without Odoo: the folder as a package under a name of its own.

Importing `hr_face_attendance` would import its models, and they need a server.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

NAME = "attendance_rules"
FOLDER = Path(__file__).parents[2] / "hr_face_attendance" / "rules"


def install() -> None:
    """Make `import attendance_rules` work. A copy already on the path (mutants) is preferred."""
    if NAME in sys.modules or importlib.util.find_spec(NAME):
        return
    spec = importlib.util.spec_from_file_location(
        NAME, FOLDER / "__init__.py", submodule_search_locations=[str(FOLDER)]
    )
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[NAME] = module
    spec.loader.exec_module(module)
