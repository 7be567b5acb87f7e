from lxml import etree
from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user, tagged

from .common import FaceCase, at

READING = {"action_verify_chain", "action_report", "action_photos", "action_excel", "action_make"}
"""Buttons beyond action_open_… that change nothing, or only note what was found."""


@tagged("post_install", "-at_install")
class TestAuditor(FaceCase, TransactionCase):
    """Reads everything, changes nothing: over every screen and every model that there is."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.auditor = new_test_user(
            cls.env,
            "auditor",
            "hr_face_attendance.group_face_auditor",
            company_id=cls.company.id,
            company_ids=cls.company.ids,
        )
        fake = cls._pair(cls.device)
        cls._consent(cls.mara)
        log = cls.env["hr.face.event"].sudo()
        log._ingest(
            cls.device.sudo(), log._read_events([fake.event(cls.gate, cls.mara, at("06:57"))])
        )

    def actions(self):
        """The screens behind the menus that the auditor sees."""
        root = self.env.ref("hr_face_attendance.menu_face_root")
        seen = self.env["ir.ui.menu"].with_user(self.auditor)._visible_menu_ids()
        menus = self.env["ir.ui.menu"].search([("id", "child_of", root.id)])
        for menu in menus.filtered(lambda menu: menu.id in seen and menu.action):
            if menu.action._name == "ir.actions.act_window" and "hr.face." in menu.action.res_model:
                yield menu.action

    def model(self, name):
        return (
            self.env[name]
            .with_user(self.auditor)
            .with_context(allowed_company_ids=self.company.ids)
        )

    def test_every_screen_opens_and_offers_nothing_that_changes(self):
        opened = 0
        for action in self.actions():
            model = self.model(action.res_model)
            modes = [(False, mode) for mode in action.view_mode.split(",")]
            views = model.get_views([*modes, (False, "search")])["views"]
            for mode, view in views.items():
                with self.subTest(action.name, mode=mode):
                    arch = etree.fromstring(view["arch"])
                    buttons = {
                        one.get("name")
                        for one in arch.iter("button")
                        if one.get("type") == "object"
                        and "not may_" not in (one.get("invisible") or "")  # as the viewer may
                    }
                    self.assertEqual(
                        {one for one in buttons if not one.startswith("action_open_")} - READING,
                        set(),
                    )
                    if mode in ("list", "form", "kanban", "calendar"):
                        fields = [one.get("name") for one in arch.iter("field")]
                        known = {name: {} for name in fields if name in model._fields}
                        model.web_search_read([], known, limit=3)
                        opened += 1
        self.assertGreater(opened, 20)

    def test_no_model_of_ours_lets_an_auditor_write(self):
        for name in sorted(self.env.registry):
            if name.startswith("hr.face.") and not self.env[name]._abstract:
                for operation in ("write", "create", "unlink"):
                    with self.subTest(name, operation=operation):
                        may = self.model(name).has_access(operation)
                        self.assertEqual(may, operation in OWN.get(name, ()))

    def test_the_log_of_changes_is_read_and_not_written(self):
        self.gate.threshold = 0.9
        self.env.flush_all()
        self.env.cr.precommit.run()
        line = self.model("hr.face.change").search([("setting", "=", "Threshold")], limit=1)
        self.assertEqual((line.before, line.after), ("0.95", "0.9"))
        for act in (
            lambda: line.write({"after": "1"}),
            line.unlink,
            lambda: self.model("hr.face.gate.policy").create({"company_id": self.company.id}),
            lambda: self.gate.with_user(self.auditor).action_inherit(["threshold"]),
            lambda: self.gate.with_user(self.auditor).action_emergency_open(),
        ):
            with self.assertRaises(AccessError):
                act()


OWN = {
    "hr.face.proposal.decide": ("write", "create"),
    "hr.face.sheet": ("write", "create", "unlink"),
}
"""One's own answer to one's own question, and one's own downloads."""
