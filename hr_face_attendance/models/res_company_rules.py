from datetime import timedelta

from odoo import fields, models

from ..rules import punch


class ResCompany(models.Model):
    """The rules by which punches become attendance, per company."""

    _inherit = "res.company"

    face_refractory_s = fields.Integer(
        string="Double Punches Within",
        default=60,
        required=True,
        help="Seconds after a punch in which another one of the same person says nothing new.",
    )
    face_max_stay_h = fields.Float(
        string="Longest Stay",
        default=16.0,
        required=True,
        help="After this many hours the check-out was forgotten: the stay is closed with zero"
        " hours and flagged.",
    )
    face_early_h = fields.Float(
        string="Arriving Up To",
        default=3.0,
        required=True,
        help="Hours before a shift in which an arrival belongs to it.",
    )
    face_late_h = fields.Float(
        string="Leaving Up To",
        default=6.0,
        required=True,
        help="Hours after a shift in which a departure belongs to it.",
    )
    face_leaving_min = fields.Integer(
        string="Leaving, Not Arriving",
        default=30,
        required=True,
        help="Minutes before the end of a shift from which a first sighting at an automatic gate"
        " is somebody leaving whose check-in is missing.",
    )
    face_too_early_min = fields.Integer(
        string="Flag Check-Ins Before",
        default=0,
        required=True,
        help="A check-in more than this many minutes before the shift is flagged; it counts all"
        " the same. 0: never.",
    )
    face_too_late_min = fields.Integer(
        string="Flag Check-Outs After",
        default=0,
        required=True,
        help="A check-out more than this many minutes after the shift is flagged; it counts all"
        " the same. 0: never.",
    )
    face_tolerance_min = fields.Integer(
        string="Tolerance",
        default=5,
        required=True,
        help="Arriving or leaving within this many minutes of the shift is on time. Hours are not"
        " rounded.",
    )

    _face_rules_sane = models.Constraint(
        "CHECK(face_refractory_s BETWEEN 0 AND 3600 AND face_max_stay_h BETWEEN 1 AND 48)",
        "Double punches are told apart within an hour, and a stay lasts from 1 to 48 hours.",
    )
    _face_windows_sane = models.Constraint(
        "CHECK(face_early_h BETWEEN 0 AND 12 AND face_late_h BETWEEN 0 AND 24"
        " AND face_leaving_min BETWEEN 0 AND 240)",
        "An arrival belongs to a shift at most 12 hours early, a departure at most 24 hours late.",
    )
    _face_flags_sane = models.Constraint(
        "CHECK(face_too_early_min BETWEEN 0 AND 1440 AND face_too_late_min BETWEEN 0 AND 1440"
        " AND face_tolerance_min BETWEEN 0 AND 240)",
        "Minutes of flags lie within a day, a tolerance within four hours.",
    )

    def _face_rules(self, **other):
        """The company's punch.Settings; `other` are fields that a what-if sets otherwise."""
        self.ensure_one()
        rules = {name: self[name] for name in RULES} | other
        return punch.Settings(
            refractory=timedelta(seconds=rules["face_refractory_s"]),
            max_stay=timedelta(hours=rules["face_max_stay_h"]),
            early=timedelta(hours=rules["face_early_h"]),
            late=timedelta(hours=rules["face_late_h"]),
            leaving=timedelta(minutes=rules["face_leaving_min"]),
            too_early=_minutes(rules["face_too_early_min"]),
            too_late=_minutes(rules["face_too_late_min"]),
        )


RULES = (
    *("face_refractory_s", "face_max_stay_h", "face_early_h", "face_late_h"),
    *("face_leaving_min", "face_too_early_min", "face_too_late_min"),
)
"""The settings on which the fold depends; the tolerance only judges its result."""


def _minutes(number):
    return timedelta(minutes=number) if number else None
