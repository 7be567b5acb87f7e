"""Field types that the wire needs and Odoo does not bring."""

from odoo import fields


class BigInteger(fields.Integer):
    """A 64-bit integer: sequence numbers and milliseconds outgrow 32 bits."""

    _column_type = ("int8", "int8")
