from odoo import api, fields, models

from ..rules import audit
from .fields import BigInteger


class HrFaceAudit(models.Model):
    """A fault in what a device has told, as the last audit found it.

    A row is never removed: a fault that is there no more says since when. So whoever
    changes events and changes them back has left a trace, if an audit ran between.
    """

    _name = "hr.face.audit"
    _description = "Fault in a Device's Events"
    _order = "gone_at desc nulls first, found_at desc, chain, first_seq"
    _rec_name = "chain"
    _log_access = False

    device_id = fields.Many2one(
        "hr.face.device", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="device_id.company_id", store=True, index=True)
    chain = fields.Char(string="Pairing", required=True, readonly=True)
    kind = fields.Selection(
        [
            (audit.GAP, "Gap"),
            (audit.PARKED, "Rejected"),
            (audit.EDIT, "Edited"),
            (audit.FORK, "Fork"),
            (audit.BROKEN, "Broken link"),
        ],
        required=True,
        readonly=True,
    )
    first_seq = BigInteger(string="From Number", required=True, readonly=True, aggregator=None)
    last_seq = BigInteger(string="To Number", required=True, readonly=True, aggregator=None)
    numbers = fields.Char(string="Number", compute="_compute_numbers")
    near_at = fields.Datetime(
        string="Next Event", readonly=True, help="When the first event after it was captured."
    )
    detail = fields.Char(readonly=True)
    explanation = fields.Char(compute="_compute_explanation")
    found_at = fields.Datetime(string="Found", required=True, readonly=True)
    gone_at = fields.Datetime(
        string="No Longer There", readonly=True, help="An audit did not find it any more."
    )

    @api.depends("first_seq", "last_seq")
    def _compute_numbers(self):
        for fault in self:
            one = fault.first_seq == fault.last_seq
            fault.numbers = str(fault.first_seq) if one else f"{fault.first_seq} – {fault.last_seq}"

    @api.depends("kind", "detail", "first_seq", "last_seq")
    @api.depends_context("lang")
    def _compute_explanation(self):
        rejected = self.env["hr.face.parked"]
        for fault in self:
            count = fault.last_seq - fault.first_seq + 1
            fault.explanation = {
                audit.GAP: self.env._("%s missing, and the device holds none back", count),
                audit.PARKED: rejected._words_of(fault.detail),
                audit.EDIT: self.env._("Another person or measurement than was sent")
                if fault.detail == "person"
                else self.env._("Not what the device signed"),
                audit.FORK: self.env._("A second event of this number: the key is used twice"),
                audit.BROKEN: self.env._("The event before is not the one it names"),
            }.get(fault.kind)

    @api.model
    def _audit(self, device):
        """Look at every pairing of a device anew, and keep what is found. Returns the faults."""
        now = fields.Datetime.now()
        open_rows = self.search([("device_id", "=", device.id), ("gone_at", "=", False)])
        known = {
            (row.chain, row.kind, int(row.first_seq), int(row.last_seq)): row for row in open_rows
        }
        new, found = [], self.browse()
        for link in device.chain_ids:
            for fault in device._chain_faults_of(link):
                row = known.pop((link.chain, fault.kind, fault.first, fault.last), None)
                if row is None:
                    new.append(self._values(device, link, fault, now))
                else:
                    found += row
        self.browse([row.id for row in known.values()]).write({"gone_at": now})
        return found + self.create(new)

    def _values(self, device, link, fault, now):
        return {
            "device_id": device.id,
            "chain": link.chain,
            "kind": fault.kind,
            "first_seq": fault.first,
            "last_seq": fault.last,
            "near_at": fault.at,
            "detail": fault.detail,
            "found_at": now,
        }

    @api.model
    def _cron_audit(self):
        """Every device that has told something; each in a transaction of its own."""
        devices = self.env["hr.face.device"].with_context(active_test=False)
        for device in devices.search([("chain_ids", "!=", False)]):
            device._audit_and_tell()
            self.env["ir.cron"]._commit_progress(1)
