"""What the addon decides, as plain functions: no odoo import, no clock, no input or output."""
