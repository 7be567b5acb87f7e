import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";

/** Tells who asked for a large sheet that it is ready; it waits to be seen. */
export const sheetReady = {
    dependencies: ["action", "bus_service", "notification"],
    start(env, { action, bus_service, notification }) {
        bus_service.subscribe("hr_face_attendance/sheet", ({ name, url }) => {
            const close = notification.add(_t("The sheet is ready. It is kept for a day."), {
                title: name,
                type: "success",
                sticky: true,
                buttons: [
                    {
                        name: _t("Download"),
                        primary: true,
                        onClick: () => {
                            close();
                            action.doAction({
                                type: "ir.actions.act_url",
                                url,
                                target: "download",
                            });
                        },
                    },
                ],
            });
        });
        bus_service.start();
    },
};

registry.category("services").add("hr_face_sheet_ready", sheetReady);
