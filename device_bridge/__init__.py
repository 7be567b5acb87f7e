"""Device bridge: from a camera at a gate to an attendance event in Odoo."""

__version__ = "0.1.0"
