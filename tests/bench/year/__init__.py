"""A company with a year behind it: how it is made, proved, opened and asked.

shape (how big) · habits (when people came and went) · firm, made, copied, signed, proved (run by Odoo's shell) ·
database (all that, kept as a template) · openings (a browser) · reads (the device API and the jobs).
"""
