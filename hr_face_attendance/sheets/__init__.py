"""Spreadsheets as bytes. Nothing here knows Odoo: models say what to write, in which words."""
