from datetime import UTC

from odoo import api, fields, models

from .hr_face_device_api import int4, naive, utc_text


class HrFaceTerminal(models.Model):
    """An existing terminal, such as a fingerprint clock, whose punches a bridge collects.

    Its address and key are in the settings of the bridge. The punches are events of the gate,
    signed by the bridge; here is only how the terminal is and who its users are.
    """

    _name = "hr.face.terminal"
    _description = "Terminal"
    _inherit = ["hr.face.logged"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    gate_id = fields.Many2one(
        "hr.face.gate",
        required=True,
        check_company=True,
        tracking=True,
        ondelete="restrict",
        index=True,
        help="Its punches are events of this gate, in the gate's time zone.",
    )
    device_id = fields.Many2one(
        "hr.face.device",
        string="Read By",
        required=True,
        check_company=True,
        tracking=True,
        ondelete="restrict",
        index=True,
        help="The bridge that reads it. The gate must be one of the bridge's gates.",
    )
    since = fields.Datetime(
        string="Punches From",
        required=True,
        default=fields.Datetime.now,
        tracking=True,
        help="Earlier punches stay in the terminal. Set it back to bring them over.",
    )
    pressed = fields.Boolean(
        string="Trust the Key Pressed",
        tracking=True,
        help="The terminal's keys say whether somebody comes or goes. Off: the schedule and the"
        " last punch say it, as at a gate.",
    )
    user_ids = fields.One2many("hr.face.terminal.user", "terminal_id", string="Users")
    unknown_count = fields.Integer(string="Unknown Users", compute="_compute_unknown_count")

    serial = fields.Char(string="Serial Number", readonly=True, copy=False)
    problem = fields.Char(readonly=True, copy=False)
    clock_offset_ms = fields.Integer(string="Clock Offset (ms)", readonly=True, copy=False)
    told_at = fields.Datetime(string="Last Report", readonly=True, copy=False)
    read_through = fields.Datetime(
        string="Read Through",
        readonly=True,
        copy=False,
        help="Everything punched up to this moment has been collected.",
    )

    def _compute_unknown_count(self):
        groups = self.env["hr.face.terminal.user"]._read_group(
            [("terminal_id", "in", self.ids), ("employee_id", "=", False)],
            ["terminal_id"],
            ["__count"],
        )
        counts = {terminal.id: count for terminal, count in groups}
        for terminal in self:
            terminal.unknown_count = counts.get(terminal._origin.id, 0)

    def action_open_users(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hr_face_attendance.action_face_terminal_user"
        )
        return action | {
            "domain": [("terminal_id", "=", self.id)],
            "context": {"search_default_unknown": 1},
            "display_name": self.env._("Users of %s", self.name),
        }

    def _wire(self):
        """This terminal as in wire/config.v1."""
        self.ensure_one()
        known = self.user_ids.filtered("employee_id").sorted("user")
        return {
            "id": self.id,
            "gate": self.gate_id.id,
            "since": utc_text(self.since),
            "pressed": self.pressed,
            "users": [{"user": one.user, "employee": one.employee_id.id} for one in known],
        }

    def _keep(self, report):
        """What the bridge tells of this terminal (wire/terminals.v1)."""
        self.ensure_one()
        self.with_context(tracking_disable=True).write(
            {
                "serial": report.serial or self.serial,
                "problem": report.problem,
                "clock_offset_ms": int4(report.clock_offset_ms),
                "told_at": fields.Datetime.now(),
                "read_through": naive(report.read_through) or self.read_through,
            }
        )
        self.env["hr.face.terminal.user"]._note(self, report.unknown)


class HrFaceTerminalUser(models.Model):
    """Somebody as a terminal knows them, and who that is."""

    _name = "hr.face.terminal.user"
    _description = "Terminal User"
    _order = "employee_id nulls first, punches desc, user"
    _rec_name = "user"
    _check_company_auto = True

    terminal_id = fields.Many2one(
        "hr.face.terminal", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="terminal_id.company_id", store=True, index=True)
    user = fields.Char(string="Number", required=True, readonly=True)
    name = fields.Char(string="Name on the Terminal", readonly=True)
    punches = fields.Integer(
        string="Waiting",
        readonly=True,
        aggregator="sum",
        help="Punches that stay in the terminal until somebody says who this is; then they arrive.",
    )
    employee_id = fields.Many2one(
        "hr.employee",
        check_company=True,
        ondelete="set null",
        index="btree_not_null",
        domain="[('company_id', '=', company_id)]",
    )

    _user_unique = models.UniqueIndex('(terminal_id, "user")')

    @api.model
    def _note(self, terminal, unknown):
        """Users whose punches wait; whose badge has that number is who it is."""
        known = {one.user: one for one in terminal.user_ids}
        for told in unknown:
            if told.user in known:
                known[told.user].write({"name": told.name, "punches": told.punches})
        new = [told for told in unknown if told.user not in known]
        badges = self._by_badge(terminal.company_id, [told.user for told in new])
        self.create(
            [
                {
                    "terminal_id": terminal.id,
                    "user": told.user,
                    "name": told.name,
                    "punches": told.punches,
                    "employee_id": badges.get(told.user),
                }
                for told in new
            ]
        )
        waiting = {told.user for told in unknown}
        terminal.user_ids.filtered(lambda one: one.punches and one.user not in waiting).punches = 0

    @api.model
    def _by_badge(self, company, numbers):
        """{badge: employee id} of this company."""
        people = self.env["hr.employee"].search_fetch(
            [("company_id", "=", company.id), ("barcode", "in", numbers)], ["barcode"]
        )
        return {employee.barcode: employee.id for employee in people}

    def action_match_badges(self):
        """Once more by badge: badges may have been entered meanwhile."""
        self.check_access("write")
        for terminal, users in (
            self.filtered(lambda one: not one.employee_id).grouped("terminal_id").items()
        ):
            badges = self._by_badge(terminal.company_id, users.mapped("user"))
            for one in users:
                one.employee_id = badges.get(one.user)


class HrFaceDevice(models.Model):
    """The terminals that a bridge reads."""

    _inherit = "hr.face.device"

    terminal_ids = fields.One2many("hr.face.terminal", "device_id", string="Terminals", copy=False)

    def _config_content(self):
        terminals = self.sudo().terminal_ids.filtered(
            lambda one: one.gate_id in self.sudo().gate_ids
        )
        return super()._config_content() | {
            "terminals": [one._wire() for one in terminals.sorted("id")]
        }

    def _api_terminals(self, reports):
        """Keep what is told of this device's terminals; answer wire/terminals_result.v1."""
        mine = {one.id: one for one in self.sudo().terminal_ids}
        results = []
        for report in reports:
            if report.id in mine:
                mine[report.id]._keep(report)
            status = "accepted" if report.id in mine else "rejected"
            results.append({"id": report.id, "status": status})
        return results


class HrFaceEvent(models.Model):
    """Punches of terminals are older than the bridge that reads them may be."""

    _inherit = "hr.face.event"

    def _trusted_from(self, device, link, event):
        """From when on what this device says of the past can be paid (aware UTC)."""
        paired_at = link.paired_at.replace(tzinfo=UTC)
        if event.source != "terminal":
            return paired_at
        terminals = device.sudo().terminal_ids.filtered(lambda one: one.gate_id.id == event.gate)
        return min([paired_at, *(one.since.replace(tzinfo=UTC) for one in terminals)])
