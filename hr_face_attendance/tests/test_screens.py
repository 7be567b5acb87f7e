from odoo.tests import HttpCase, TransactionCase, new_test_user, tagged

from .common import ApiCase, FaceCase, at

OPEN_EVERY_MENU = """
(async () => {
    const { menu } = odoo.__WOWL_DEBUG__.root.env.services;
    const settled = async (what) => {
        const since = Date.now();
        for (;;) {
            await new Promise((resolve) => setTimeout(resolve, 100));
            const view = document.querySelector(".o_action_manager :is(.o_view_controller, .o_face_cockpit, .o_face_sheet)");
            if (view && !document.querySelector(".o_loading_indicator, .o_blockUI")) {
                return;
            }
            if (Date.now() - since > 15000) {
                throw new Error("nothing was shown for " + what);
            }
        }
    };
    // one's own page is no screen of the backend: the menu leads out of it
    const here = (item) => item.actionID && item.actionModel !== "ir.actions.act_url";
    const leaves = (tree) => [...(here(tree) ? [tree] : []), ...tree.childrenTree.flatMap(leaves)];
    const app = menu.getApps().find((one) => one.xmlid === "hr_face_attendance.menu_face_root");
    const opened = new Map(leaves(menu.getMenuAsTree(app.id)).map((one) => [one.xmlid, one]));
    for (const [xmlid, item] of opened) {
        await menu.selectMenu(item);
        await settled(xmlid);
        for (const switcher of document.querySelectorAll(".o_cp_switch_buttons .o_switch_view:not(.active)")) {
            const name = [...switcher.classList].find((one) => one.startsWith("o_") && one !== "o_switch_view");
            document.querySelector(`.o_cp_switch_buttons .${name}`)?.click();
            await settled(xmlid + " " + name);
        }
    }
    if (opened.size < 8) {
        throw new Error("only " + opened.size + " menus");
    }
    console.log("test successful");
})().catch((error) => console.error(error.message));
"""


@tagged("post_install", "-at_install")
class TestViews(FaceCase, TransactionCase):
    def test_every_view_of_every_screen_loads_and_reads(self):
        fake = self._pair(self.device)
        self._consent(self.mara)
        self.ingest(
            self.device, fake.event(self.gate, self.mara, at("06:57")), fake.event(self.gate)
        )
        actions = self.env["ir.actions.act_window"].search([("res_model", "=like", "hr.face.%")])
        self.assertGreaterEqual(len(actions), 6)
        for action in actions:
            with self.subTest(action.name):
                model = self.env[action.res_model]
                modes = [(False, mode) for mode in action.view_mode.split(",")]
                views = model.get_views([*modes, (False, "search")])["views"]
                if action.target != "new":
                    self.assertTrue(action.help, "an empty screen says what to do")
                shown = [name for name in ("name", "display_name") if name in model._fields]
                model.web_search_read([], {name: {} for name in shown}, limit=5)
                self.assertEqual(set(views), {mode for _, mode in modes} | {"search"})

    def test_every_mail_goes_to_whom_its_template_names(self):
        ours = [("model", "=like", "hr.face.%")]
        for template in self.env["mail.template"].search(ours):
            with self.subTest(template.name):
                self.assertTrue(template.email_to or template.partner_to)
                self.assertFalse(template.use_default_to, "it would win over those named")

    def test_groupings_of_the_event_log(self):
        fake = self._pair(self.device)
        self.ingest(
            self.device, fake.event(self.gate, self.mara, at("06:57")), fake.event(self.gate)
        )
        for group in ("gate_id", "employee_id", "outcome", "state", "device_id", "captured_at:day"):
            with self.subTest(group):
                found = self.env["hr.face.event"].formatted_read_group(
                    [], [group], ["__count", "similarity:avg"]
                )
                self.assertEqual(sum(line["__count"] for line in found), 2)

    def test_counts_of_a_gate(self):
        fake = self._pair(self.device)
        self.ingest(
            self.device, fake.event(self.gate, self.mara, at("06:57")), fake.event(self.gate)
        )
        self.assertEqual((self.gate.event_count, self.gate.event_today_count), (2, 1))
        self.assertEqual(self.gate.action_open_events()["domain"], [("gate_id", "=", self.gate.id)])

    def test_an_employee_form_for_people_without_face_rights(self):
        user = new_test_user(
            self.env,
            "hr_only",
            "hr.group_hr_user",
            company_id=self.company.id,
            company_ids=self.company.ids,
        )
        arch = (
            self.env["hr.employee"]
            .with_user(user)
            .get_views([(False, "form")])["views"]["form"]["arch"]
        )
        self.assertNotIn("face_status", arch)


@tagged("post_install", "-at_install")
class TestBrowser(ApiCase, HttpCase):
    def test_every_menu_opens_without_a_console_error(self):
        admin = self.env.ref("base.user_admin")
        admin.write({"company_ids": [(4, self.company.id)], "company_id": self.company.id})
        self.pair()
        self._consent(self.mara)
        self.enrol(self.enrolment("F001"))
        self.send(self.fake.event(self.gate, self.mara, at("06:57")), self.fake.event(self.gate))
        self.call("heartbeat", self.heartbeat())
        self.browser_js(
            "/odoo", OPEN_EVERY_MENU, "odoo.isReady === true", login="admin", timeout=120
        )
