"""Device bridge: from a camera at a gate to an attendance event in Odoo."""

import os

__version__ = "0.1.0"

# ONNX Runtime 1.31 reports its use to its makers, on Linux too, unless told not to before it is
# imported. A bridge talks to its Odoo and to nobody else.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
