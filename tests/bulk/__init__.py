"""An import of many photos with planted faults, through a real Odoo and a real service."""
