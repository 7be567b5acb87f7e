"""Run by Odoo's shell: what must be the same before and after, as one line of JSON."""

# ruff: noqa: F821 ("env" is the shell's)
import json

env.cr.execute(
    "SELECT employee_id, check_in::text, check_out::text, worked_hours, in_mode, out_mode"
    " FROM hr_attendance ORDER BY id"
)
report = {"attendance": env.cr.fetchall()}
if "hr.face.event" in env:
    env.cr.execute(
        "SELECT uuid, captured_at::text, seq, hash, signature, employee_id, attendance_id,"
        " direction, reason_code FROM hr_face_event ORDER BY id"
    )
    report["events"] = env.cr.fetchall()
    devices = env["hr.face.device"].search([])
    if "hr.face.audit" in env:
        found = [fault for device in devices for fault in env["hr.face.audit"]._audit(device)]
        report["chain_faults"] = [fault.explanation for fault in found]
    else:  # the version before the audit
        log = env["hr.face.event"].sudo()
        faults = [fault for device in devices for fault in log._chain_faults(device)]
        report["chain_faults"] = faults
    vectors = env["hr.face.template"].sudo().search([])._vectors()
    report["templates"] = sorted(vector.hex() for vector in vectors.values())
else:
    env.cr.execute("SELECT tablename FROM pg_tables WHERE tablename LIKE 'hr_face%'")
    report["tables_left"] = env.cr.fetchall()
print("REPORT " + json.dumps(report))  # noqa: T201
