"""A company with a year behind it: how it is made, proved, opened and asked.

shape (how big) and habits (when people came and went) are plain; firm, made, copied, signed and
proved are run by Odoo's shell; database keeps what they make as a template; openings (a browser),
reads (the device API) and jobs measure.
"""
