from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL, sql


class HrFaceDevice(models.Model):
    """A bridge: its pairing, its keys and its health.

    The hashes of token and pairing code live in columns that the ORM does not know
    (as auth_passkey keeps its keys), so that no domain, export or traversal reads them.
    """

    _name = "hr.face.device"
    _description = "Device"
    _inherit = ["hr.face.logged"]
    _order = "name, id"

    name = fields.Char(
        required=True,
        tracking=True,
        help="What this computer is called, for example after where it hangs.",
    )
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        help="The company whose gates it serves; a device belongs to one.",
    )
    gate_ids = fields.Many2many(
        "hr.face.gate",
        string="Gates",
        check_company=True,
        help="The gates whose cameras hang on this computer.",
    )
    work_location_ids = fields.Many2many(
        "hr.work.location",
        string="Only People of Sites",
        check_company=True,
        help="Limits the gallery of this device to employees of these sites. Empty: everyone"
        " who consented.",
    )
    may_enrol = fields.Boolean(
        string="Registration Station",
        tracking=True,
        copy=False,
        help="This device may send templates of employees who consented.",
    )
    state = fields.Selection(
        [
            ("new", "New"),
            ("pairing", "Waiting for code"),
            ("paired", "Paired"),
            ("revoked", "Revoked"),
        ],
        default="new",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
    )
    code_expires_at = fields.Datetime(
        string="Code Valid Until",
        readonly=True,
        copy=False,
        help="Until then the one-time code can be used, once.",
    )
    token_expires_at = fields.Datetime(
        string="Token Valid Until",
        readonly=True,
        copy=False,
        help="Until then the device may call. It takes a new token by itself a month before.",
    )
    paired_at = fields.Datetime(
        string="Paired",
        readonly=True,
        copy=False,
        help="Since when the device has the keys that it has now.",
    )
    revoked_at = fields.Datetime(
        string="Revoked",
        readonly=True,
        copy=False,
        help="Since when it is refused: it never got what was enrolled later.",
    )
    signing_key = fields.Char(readonly=True, copy=False, help="Ed25519 public key, base64.")
    encryption_key = fields.Char(readonly=True, copy=False, help="X25519 public key, base64.")
    chain = fields.Char(readonly=True, copy=False, help="The hash chain begun at pairing.")
    chain_ids = fields.One2many("hr.face.device.chain", "device_id", string="Pairings", copy=False)

    last_heartbeat_at = fields.Datetime(
        string="Last Contact",
        readonly=True,
        copy=False,
        help="When the device was last heard of; it calls every half minute.",
    )
    clock_offset_ms = fields.Integer(
        string="Clock Offset",
        readonly=True,
        copy=False,
        help="How far the device's clock is from Odoo's. Times are corrected by it.",
    )
    clock_uncertainty_ms = fields.Integer(
        string="Uncertainty",
        readonly=True,
        copy=False,
        help="How well that is known: the longer the network takes, the worse.",
    )
    bridge_version = fields.Char(
        readonly=True, copy=False, help="Version of the program on the device."
    )
    platform = fields.Char(readonly=True, copy=False, help="Kind of computer and system.")
    model = fields.Char(
        string="Face Model",
        readonly=True,
        copy=False,
        help="The network with which the device describes faces; it must be the company's.",
    )
    outbox_pending = fields.Integer(
        string="Waiting",
        readonly=True,
        copy=False,
        help="Events that the device still has to deliver.",
    )
    outbox_parked = fields.Integer(
        string="Parked",
        readonly=True,
        copy=False,
        help="Events that Odoo did not take; the device keeps them until somebody has looked.",
    )
    delivered_through = fields.Datetime(
        readonly=True, copy=False, help="Everything that happened until then has arrived here."
    )
    gallery_cursor = fields.Char(
        readonly=True,
        copy=False,
        help="How far the device has followed the changes of who is enrolled.",
    )
    catching_up = fields.Boolean(
        readonly=True,
        copy=False,
        help="The device still delivers what it kept while it was cut off.",
    )
    last_seq = fields.Char(
        string="Last Event Number",
        compute="_compute_last_seq",
        help="Events of a device are numbered without gaps; a missing number shows a loss.",
    )

    def init(self):
        super().init()
        for column in ("token_hash", "code_hash", "code_salt"):
            if not sql.column_exists(self.env.cr, self._table, column):
                self.env.cr.execute(
                    SQL("ALTER TABLE hr_face_device ADD COLUMN %s varchar", SQL.identifier(column))
                )
        self.env.cr.execute(
            "CREATE UNIQUE INDEX IF NOT EXISTS hr_face_device_token_hash_unique"
            " ON hr_face_device (token_hash) WHERE token_hash IS NOT NULL"
        )

    @api.constrains("company_id", "gate_ids")
    def _check_gates_company(self):
        for device in self:
            if device.gate_ids.company_id - device.company_id:
                raise ValidationError(
                    self.env._("%s and its gates belong to different companies.", device.name)
                )

    @api.constrains("company_id")
    def _check_events_company(self):
        if (
            self.env["hr.face.event"]
            .sudo()
            .search_count(
                [("device_id", "in", self.ids), ("company_id", "not in", self.company_id.ids)],
                limit=1,
            )
        ):
            raise ValidationError(self.env._("A device with events stays with its company."))

    def _compute_last_seq(self):
        # Not stored: a counter here would collide with every heartbeat.
        for device in self:
            self.env.cr.execute(
                SQL(
                    "SELECT max(seq) FROM hr_face_event WHERE device_id = %s AND chain = %s",
                    device.id or None,
                    device.chain or None,
                )
            )
            seq = self.env.cr.fetchone()[0]
            device.last_seq = str(seq) if seq else False

    @api.model_create_multi
    def create(self, vals_list):
        devices = super().create(vals_list)
        devices._admit_companies()
        return devices

    def write(self, vals):
        result = super().write(vals)
        if "company_id" in vals:
            self._admit_companies()
        return result

    def _admit_companies(self):
        """The technical user acts in the company of the device that calls, and in no other."""
        user = self.env.ref("hr_face_attendance.user_face_device").sudo()
        missing = self.company_id - user.company_ids
        if missing:
            user.company_ids += missing
