import secrets
from urllib.parse import quote

from odoo import api, fields, models

from ..rules import kiosk

KIOSK_MODES = [
    ("face", "Face"),
    ("face_badge_manual", "Face with badge and manual"),
    ("follow", "Screen of the gate's own camera"),
]
FACE_MODES = ("face", "face_badge_manual")


class HrFaceGate(models.Model):
    """A gate may have a kiosk: a page with a key of its own, bound to this gate.

    Core's page and its routes take that key wherever they take the company's, so that it can be
    replaced without touching other kiosks.
    """

    _inherit = "hr.face.gate"

    kiosk = fields.Selection(
        KIOSK_MODES,
        tracking=True,
        help="Face: a phone or tablet recognises people with its own camera, and PIN or badge stay"
        " one tap away. Screen of the gate's own camera: shows what the gate's bridge saw.",
    )
    kiosk_key = fields.Char(
        readonly=True, copy=False, groups="hr_face_attendance.group_face_manager"
    )
    kiosk_url = fields.Char(
        string="Kiosk Address",
        compute="_compute_kiosk_url",
        groups="hr_face_attendance.group_face_manager",
        help="Open this address on the tablet or phone that stands at the gate.",
    )
    kiosk_qr_url = fields.Char(
        compute="_compute_kiosk_url", groups="hr_face_attendance.group_face_manager"
    )
    company_kiosk = fields.Boolean(
        copy=False,
        help="The company's own kiosk stands here, and this gate is where it sees people.",
    )
    kiosk_needs_service = fields.Boolean(compute="_compute_kiosk_needs_service")

    _kiosk_key_unique = models.UniqueIndex("(kiosk_key) WHERE kiosk_key IS NOT NULL")
    _one_company_kiosk = models.UniqueIndex(
        "(company_id) WHERE company_kiosk", "The company's kiosk stands at another gate already."
    )

    @api.depends("kiosk_key")
    def _compute_kiosk_url(self):
        for gate in self:
            url = gate.kiosk_key and f"{gate.get_base_url()}/hr_attendance/{gate.kiosk_key}"
            gate.kiosk_url = url
            gate.kiosk_qr_url = (
                url and f"/report/barcode/?barcode_type=QR&width=240&height=240&value={quote(url)}"
            )

    @api.depends("kiosk", "device_ids.service_url", "device_ids.state")
    def _compute_kiosk_needs_service(self):
        services = self.env["hr.face.device"]
        for gate in self:
            gate.kiosk_needs_service = gate.kiosk in FACE_MODES and not services._services(
                gate.company_id, gate=gate._origin
            )

    @api.model_create_multi
    def create(self, vals_list):
        return super().create(vals_list)._ensure_kiosk_key()

    def write(self, vals):
        result = super().write(vals)
        if vals.get("kiosk"):
            self._ensure_kiosk_key()
        return result

    def _ensure_kiosk_key(self):
        for gate in self.sudo().filtered(lambda gate: gate.kiosk and not gate.kiosk_key):
            gate.kiosk_key = kiosk.new_gate_key(secrets.token_urlsafe(24))
        return self

    def action_new_kiosk_key(self):
        """The present address is dead at once; whoever photographed it has nothing."""
        self.check_access("write")
        for gate in self.sudo():
            gate.kiosk_key = kiosk.new_gate_key(secrets.token_urlsafe(24))
            gate.message_post(body=self.env._("The kiosk has a new address."))

    def action_open_kiosk(self):
        self.ensure_one()
        return {"type": "ir.actions.act_url", "url": self.kiosk_url, "target": "new"}

    @api.model
    def _by_kiosk_key(self, token):
        """The gate (as superuser) whose kiosk shows this key, its own or its company's; or none."""
        gates = self.sudo()
        if kiosk.is_gate_key(token):
            return gates.search([("kiosk_key", "=", token), ("kiosk", "!=", False)], limit=1)
        if not kiosk.is_key(token):
            return gates
        company = self.env["res.company"].sudo()
        company = company.search([("attendance_kiosk_key", "=", token)], limit=1)
        if company.attendance_kiosk_mode not in FACE_MODES:
            return gates
        return company.face_kiosk_gate_id.filtered("active")

    def _kiosk_mode(self, token):
        """What the page with this key is: one of KIOSK_MODES."""
        if kiosk.is_gate_key(token):
            return self.kiosk
        return self.company_id.attendance_kiosk_mode

    def _kiosk_channel(self):
        """Where the kiosk of this gate hears on the bus that there is something to show."""
        return (self, "kiosk")

    def _kiosk_session(self, token):
        """What the page needs to begin, and every two minutes again."""
        self.ensure_one()
        mode = self._kiosk_mode(token)
        return {
            "mode": mode,
            "gate": self.name,
            "votes": self.vote_k,
            "service": self._face_service_token() if mode in FACE_MODES else None,
        }


class ResCompany(models.Model):
    _inherit = "res.company"

    attendance_kiosk_mode = fields.Selection(
        selection_add=KIOSK_MODES[:2],
        ondelete=dict.fromkeys(FACE_MODES, "set default"),
    )
    # Not stored: it would be a path from hr.employee to gates and what hangs on them.
    face_kiosk_gate_id = fields.Many2one(
        "hr.face.gate",
        string="Gate of the Kiosk",
        compute="_compute_face_kiosk_gate_id",
        inverse="_inverse_face_kiosk_gate_id",
        help="Where the company's kiosk stands: whoever it recognises is seen at this gate.",
    )

    def _compute_face_kiosk_gate_id(self):
        at = [("company_id", "in", self.ids), ("company_kiosk", "=", True)]
        gates = {gate.company_id: gate for gate in self.env["hr.face.gate"].search(at)}
        for company in self:
            company.face_kiosk_gate_id = gates.get(company, False)

    def _inverse_face_kiosk_gate_id(self):
        for company in self:
            chosen = company.face_kiosk_gate_id
            at = [("company_id", "=", company.id), ("company_kiosk", "=", True)]
            present = self.env["hr.face.gate"].with_context(active_test=False).search(at)
            (present - chosen).company_kiosk = False
            self.env["hr.face.gate"].flush_model(["company_kiosk"])
            (chosen - present).company_kiosk = True


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    face_kiosk_gate_id = fields.Many2one(
        related="company_id.face_kiosk_gate_id",
        readonly=False,
        domain="[('company_id', '=', company_id)]",
    )


class IrWebsocket(models.AbstractModel):
    _inherit = "ir.websocket"

    def _build_bus_channel_list(self, channels):
        """A kiosk hears of its own gate: it asks for `hr_face_kiosk:` and its key."""
        mark = "hr_face_kiosk:"
        asked = [one for one in channels if isinstance(one, str) and one.startswith(mark)]
        channels = [one for one in channels if one not in asked]
        for one in asked:
            gate = self.env["hr.face.gate"]._by_kiosk_key(one.removeprefix(mark))
            if gate:
                channels.append(gate._kiosk_channel())
        return super()._build_bus_channel_list(channels)
