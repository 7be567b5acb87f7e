from odoo import fields, models
from odoo.tools import SQL

from ..rules import audit, chain, wire
from .hr_face_event import wire_name

AT_ONCE = 2000


class HrFaceDevice(models.Model):
    """Whether everything that a device has told is here, and as it told it."""

    _inherit = "hr.face.device"

    audit_ids = fields.One2many("hr.face.audit", "device_id", string="Faults", copy=False)
    audited_at = fields.Datetime(string="Last Audit", readonly=True, copy=False)
    fault_count = fields.Integer(compute="_compute_fault_count")

    def _compute_fault_count(self):
        groups = (
            self.env["hr.face.audit"]
            .sudo()
            ._read_group(
                [
                    ("device_id", "in", self.ids),
                    ("gone_at", "=", False),
                    ("kind", "!=", audit.PARKED),
                ],
                ["device_id"],
                ["__count"],
            )
        )
        counts = {device.id: count for device, count in groups}
        for device in self:
            device.fault_count = counts.get(device.id, 0)

    def action_verify_chain(self):
        """Recompute the hash chains from the stored facts and say whether they hold."""
        self.ensure_one()
        self.check_access("read")
        found = self.sudo()._audit_and_tell()
        faults = found.filtered(lambda fault: fault.kind != audit.PARKED)
        message = (
            self.env._(
                "%(count)s faults; the first at number %(seq)s: %(what)s.",
                count=len(faults),
                seq=int(faults[0].first_seq),
                what=faults[0].explanation,
            )
            if faults
            else self.env._("Every event of %s is as the device signed it.", self.name)
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "danger" if faults else "success",
                "message": message,
                "sticky": bool(faults),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_open_audit(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hr_face_attendance.action_face_audit"
        )
        return action | {"domain": [("device_id", "=", self.id)], "context": {}}

    def _audit_and_tell(self):
        """Audit; who follows the device hears of new faults. Returns those that are there."""
        self.ensure_one()
        before = self.fault_count
        found = self.env["hr.face.audit"]._audit(self)
        self.with_context(tracking_disable=True).audited_at = fields.Datetime.now()
        self.invalidate_recordset(["fault_count"])
        if self.fault_count > before:
            self.message_post(
                body=self.env._(
                    "The audit found faults in the events of this device: %s. See the tab Audit.",
                    ", ".join(sorted({fault.explanation for fault in found})),
                ),
                subtype_xmlid="mail.mt_comment",
            )
        return found

    def _chain_faults_of(self, link):
        """Faults of one pairing (rules.audit)."""
        known = self.env["hr.face.parked"].search(
            [("device_id", "=", self.id), ("chain", "=", link.chain)]
        )
        parked = {int(one.seq): one.reason for one in known}
        settled = link.chain == self.head_chain and self._is_drained()
        head = int(self.head_seq) if settled else None
        return audit.faults(self._audit_links(link), link.signing_key, head=head, parked=parked)

    def _is_drained(self):
        return bool(self.last_heartbeat_at) and not self.outbox_pending

    def _audit_links(self, link):
        """The stored events of a pairing as rules.audit.Link, hashed anew, a few at a time."""
        after_seq, after_id = 0, 0
        while rows := self._chain_rows(link, after_seq, after_id):
            yield from (self._audit_link(row) for row in rows)
            after_seq, after_id = rows[-1]["seq"], rows[-1]["id"]

    def _chain_rows(self, link, after_seq, after_id):
        columns = dict.fromkeys(wire_name(name) for name in wire.FACTS)
        self.env.cr.execute(
            SQL(
                "SELECT id, extra, redacted_at, received_at, %s FROM hr_face_event"
                " WHERE device_id = %s AND chain = %s AND (seq, id) > (%s, %s)"
                " ORDER BY seq, id LIMIT %s",
                SQL(", ").join(SQL.identifier(column) for column in columns),
                self.id,
                link.chain,
                after_seq,
                after_id,
                AT_ONCE,
            )
        )
        return self.env.cr.dictfetchall()

    def _audit_link(self, row):
        facts = {name: row[wire_name(name)] for name in wire.FACTS}
        captured_at = facts["captured_at"]
        facts["captured_at"] = captured_at.isoformat(timespec="milliseconds") + "Z"
        for name in ("similarity", "margin"):
            facts[name] = None if facts[name] is None else round(float(facts[name]), 4)
        public = {name: value for name, value in facts.items() if name not in chain.PERSONAL}
        return audit.Link(
            seq=row["seq"],
            prev_hash=row["prev_hash"],
            hash=chain.hash_of(wire.public_document(public | {"extra": row["extra"] or {}})),
            signature=row["signature"],
            whole=_is_whole(facts, row["redacted_at"]),
            settled=self._is_settled(row, captured_at),
            at=captured_at.replace(microsecond=0),
        )

    def _is_settled(self, row, captured_at):
        """Whether what the device made before this event cannot be on its way any more.

        The device has told that it delivered everything captured until later, or, where its
        clock ran wild, that nothing waits, and both after this event had arrived.
        """
        if not self.last_heartbeat_at or self.last_heartbeat_at < row["received_at"]:
            return False
        through = self.delivered_through
        return bool(through and through > captured_at) or self._is_drained()


def _is_whole(facts, redacted_at):
    """The personal part is what the device committed to; or it was redacted, as a whole."""
    if facts["salt"] is None:
        return redacted_at is not None and all(facts[name] is None for name in chain.PERSONAL)
    try:
        return chain.commitment_of(facts) == facts["commitment"]
    except ValueError:
        return False
