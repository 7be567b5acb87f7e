import struct

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, sql
from psycopg2.extras import execute_values

from ..rules import vault
from ..rules.errors import ServerError, Unsealable

SECRET_COLUMNS = ("ciphertext", "nonce", "wrapped_key", "key_nonce")
NORM_TOLERANCE = 1e-3


class HrFaceTemplate(models.Model):
    """One enrolled reference of a person. This record describes it; the vector is sealed.

    Ciphertext, nonces and wrapped key are columns that the ORM does not know, and no field
    of hr.employee leads here: core evaluates client-made domains on employees as
    superuser, so what can be reached from there can be probed.
    """

    _name = "hr.face.template"
    _description = "Face Template"
    _order = "employee_id, enrolled_at desc, id desc"
    _rec_name = "uuid"

    uuid = fields.Char(required=True, readonly=True)
    employee_id = fields.Many2one(
        "hr.employee", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    consent_id = fields.Many2one(
        "hr.face.consent", required=True, readonly=True, ondelete="restrict", index=True
    )
    model = fields.Char(string="Face Model", required=True, readonly=True)
    dimension = fields.Integer(readonly=True, aggregator=None)
    quality = fields.Float(readonly=True, digits=(4, 3), aggregator="avg")
    face_px = fields.Integer(string="Face Height", readonly=True, aggregator="avg")
    source = fields.Selection([("photo", "Photo"), ("camera", "Camera")], readonly=True)
    captured_at = fields.Datetime(string="Captured", readonly=True)
    enrolled_at = fields.Datetime(string="Enrolled", readonly=True)
    device_id = fields.Many2one(
        "hr.face.device", string="Enrolled By", readonly=True, index="btree_not_null"
    )
    key_id = fields.Char(string="Key", readonly=True, help="Names the master key that wraps it.")

    _uuid_unique = models.UniqueIndex("(company_id, uuid)", "This template is already known.")

    def init(self):
        super().init()
        for column in SECRET_COLUMNS:
            if not sql.column_exists(self.env.cr, self._table, column):
                self.env.cr.execute(
                    SQL("ALTER TABLE hr_face_template ADD COLUMN %s bytea", SQL.identifier(column))
                )

    @api.model_create_multi
    def create(self, vals_list):
        templates = super().create(vals_list)
        templates._check_consents()
        return templates

    def _check_consents(self):
        """No template without a consent in force, of the same person in the same company.

        The consents are touched, so that a withdrawal at the same time, which does not see
        these templates yet, conflicts and is tried again instead of leaving them behind.
        """
        active = self.env["hr.face.consent"]._active_of(self.employee_id)
        for template in self:
            consent = active.get(template.employee_id.id)
            if not consent or (template.consent_id, template.company_id) != (
                consent,
                consent.company_id,
            ):
                raise UserError(
                    self.env._(
                        "%s has not consented to face recognition.", template.employee_id.name
                    )
                )
        self.env.cr.execute(
            "UPDATE hr_face_consent SET state = state WHERE id = ANY(%s)", [self.consent_id.ids]
        )

    def _rest_on(self, consents):
        """A newer consent of the same person takes the place of the one before."""
        for consent in consents:
            mine = self.filtered(
                lambda one, consent=consent: (
                    (one.employee_id, one.company_id) == (consent.employee_id, consent.company_id)
                )
            )
            super(HrFaceTemplate, mine).write({"consent_id": consent.id})

    def write(self, vals):
        raise AccessError(self.env._("A template is not edited. Enrol the person again."))

    def unlink(self):
        """Erasing is for everyone who may; the gates forget too."""
        employees = self.employee_id
        result = self._erase("by_hand")
        self.env["hr.face.gallery.change"].sudo()._bump(employees)
        return result

    def _erase(self, reason):
        """Erase here and ask it of the devices (see hr.face.erasure for the reasons).

        The tombstones in the gallery are left to the caller.
        """
        self.check_access("unlink")
        self.env["hr.face.erasure"]._request(self, reason)
        return super().unlink()

    @api.model
    def _of(self, employees):
        return self.search([("employee_id", "in", employees.ids)])

    @api.model
    def _key_ids(self):
        return [key for (key,) in self._read_group([], ["key_id"], []) if key]

    @api.model
    def _seal_all(self, vals_list, vectors):
        """Create templates with their vectors sealed.

        Args:
            vals_list: field values without key_id.
            vectors: float32 little-endian bytes, already checked by `is_template_vector`.

        Raises:
            ServerError: no key file, or another one than earlier templates need.
        """
        keys = self.env["hr.face.key"]._keyring_to_seal(self._key_ids())
        templates = self.create([{**vals, "key_id": keys.current_id} for vals in vals_list])
        templates.flush_recordset()
        rows = []
        for template, vector in zip(templates, vectors, strict=True):
            sealed = vault.seal(vector, keys.current, template._owner())
            rows.append((template.id, *(getattr(sealed, name) for name in SECRET_COLUMNS)))
        execute_values(
            self.env.cr._obj,
            "UPDATE hr_face_template t SET ciphertext = v.a, nonce = v.b, wrapped_key = v.c,"
            " key_nonce = v.d FROM (VALUES %s) AS v(id, a, b, c, d) WHERE t.id = v.id",
            rows,
        )
        return templates

    def _owner(self):
        return vault.owner(self.company_id.id, self.employee_id.id, self.model, self.uuid)

    def _vectors(self):
        """The vectors in the clear, bytes by template id: for the gallery, and nothing else.

        Raises:
            ServerError: no key file, another key, or a row that does not belong to its person.
        """
        if not self:
            return {}
        keys = self.env["hr.face.key"]._keyring_for(set(self.mapped("key_id"))).by_id()
        vectors = {}
        for template_id, sealed in self._sealed().items():
            template = self.browse(template_id)
            try:
                vectors[template_id] = vault.unseal(
                    sealed, keys[template.key_id], template._owner()
                )
            except Unsealable as error:
                raise ServerError(
                    f"Template {template_id} does not open: it was damaged or moved to another"
                    " person. Erase it and enrol the person again."
                ) from error
        return vectors

    def _sealed(self):
        """What is at rest, by template id."""
        self.env.cr.execute(
            "SELECT id, ciphertext, nonce, wrapped_key, key_nonce FROM hr_face_template"
            " WHERE id = ANY(%s)",
            [self.ids],
        )
        return {
            template_id: vault.Sealed(*(bytes(part or b"") for part in parts))
            for template_id, *parts in self.env.cr.fetchall()
        }


def vector_fault(vector):
    """Why these float32 bytes are no template, or None: finite and of length one."""
    values = struct.unpack(f"<{len(vector) // 4}f", vector)
    norm = sum(value * value for value in values) ** 0.5
    if not abs(norm - 1) <= NORM_TOLERANCE:  # false for NaN and infinity too
        return "The vector is not finite and L2-normalised."
    return None
