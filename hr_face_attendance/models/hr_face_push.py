import json
import logging
from datetime import UTC, timedelta

import pytz
import requests
from odoo import api, fields, models
from odoo.fields import Datetime
from odoo.tools.mail import email_normalize

from ..rules import notice
from ..rules.errors import ServerError

_logger = logging.getLogger(__name__)

TIMEOUT_S = 5
"""To connect, and again to be answered."""
KEPT = timedelta(days=7)


class HrFacePush(models.Model):
    """The queue of notifications to phones: one row per notification and phone.

    Rows are made where something happens, in its transaction, and sent by a cron, so that
    nobody ever waits for a push service. What cannot be sent is tried again while it is of
    use (rules.notice).
    """

    _name = "hr.face.push"
    _description = "Notification to a Phone"
    _order = "id"
    _rec_name = "kind"

    employee_id = fields.Many2one(
        "hr.employee", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    subscription_id = fields.Many2one(
        "hr.face.push.subscription", required=True, readonly=True, ondelete="cascade"
    )
    kind = fields.Selection([(name, name) for name in notice.KINDS], required=True, readonly=True)
    key = fields.Char(required=True, readonly=True, help="What it is about; told once per phone.")
    params = fields.Json(readonly=True)
    not_before = fields.Datetime(required=True, readonly=True)
    expires_at = fields.Datetime(required=True, readonly=True)
    attempts = fields.Integer(readonly=True)
    state = fields.Selection(
        [("wait", "Waiting"), ("sent", "Sent"), ("failed", "Failed"), ("expired", "Too late")],
        required=True,
        default="wait",
        readonly=True,
    )
    status = fields.Integer(string="Answer", readonly=True, help="HTTP; 0: there was none.")

    _once = models.UniqueIndex("(subscription_id, key)")
    _due_idx = models.Index("(not_before) WHERE state = 'wait'")

    @api.model
    def _queue(self, employees, kind, key, params):
        """Queue it for every phone of those of these employees who want to be told.

        Returns the employees who want to be told, with or without a phone.
        """
        choices = self.env["hr.face.notice.choice"]._of(employees)
        wanting = employees.filtered(lambda one: choices[one.id][kind] and one.active)
        subscriptions = (
            self.env["hr.face.push.subscription"]
            .sudo()
            .search([("employee_id", "in", wanting.ids)])
        )
        known = self.sudo().search(
            [("subscription_id", "in", subscriptions.ids), ("key", "=", key)]
        )
        new = subscriptions - known.subscription_id
        rows = [self._row(one, choices[one.employee_id.id], kind, key, params) for one in new]
        if rows:
            self.sudo().create(rows)
            self.env.ref("hr_face_attendance.cron_face_push").sudo()._trigger()
        return wanting

    def _row(self, subscription, choice, kind, key, params):
        now, told = Datetime.now(), notice.KINDS[kind]
        due = now
        if not told.rings_at_night:
            zone = pytz.timezone(subscription.employee_id._get_tz())
            local = pytz.utc.localize(now).astimezone(zone)
            due = notice.not_before(local, choice.quiet_from, choice.quiet_until)
            due = due.astimezone(UTC).replace(tzinfo=None)
        return {
            "employee_id": subscription.employee_id.id,
            "company_id": subscription.company_id.id,
            "subscription_id": subscription.id,
            "kind": kind,
            "key": key,
            "params": params,
            "not_before": due,
            "expires_at": now + told.keep,
        }

    @api.model
    def _cron_send(self):
        """Send what is due, one by one, each in a transaction of its own."""
        progress = self.env["ir.cron"]
        waiting = [("state", "=", "wait"), ("not_before", "<=", Datetime.now())]
        progress._commit_progress(remaining=self.search_count(waiting))
        while one := self._next():
            one._send()
            if not progress._commit_progress(1):
                break
        later = self.search([("state", "=", "wait")], order="not_before", limit=1)
        if later:
            self.env.ref("hr_face_attendance.cron_face_push").sudo()._trigger(later.not_before)

    @api.model
    def _next(self):
        """A row that is due, held until the transaction ends; another worker takes another."""
        self.flush_model(["state", "not_before"])
        self.env.cr.execute(
            "SELECT id FROM hr_face_push WHERE state = 'wait' AND not_before <= %s"
            " ORDER BY not_before, id LIMIT 1 FOR UPDATE SKIP LOCKED",
            [Datetime.now()],
        )
        found = self.env.cr.fetchone()
        return self.browse(found and found[0])

    def _send(self):
        self.ensure_one()
        if self.expires_at <= Datetime.now() or not self.employee_id.active:
            self.state = "expired"
            return
        status, retry_after_s = self._try()
        self.attempts += 1
        self.status = status or 0
        fate = notice.after(status, self.attempts, retry_after_s)
        if fate.state == "gone":
            self.subscription_id.unlink()  # and with it whatever waits for that phone
            return
        if fate.state == "wait":
            self.not_before = Datetime.now() + fate.wait
            return
        self.state = fate.state
        if fate.state == "sent":
            self.subscription_id.last_sent_at = Datetime.now()
        else:
            _logger.warning("A notification (%s) was not taken: HTTP %s", self.kind, status)

    def _try(self):
        """(HTTP status or None, Retry-After in seconds or None) of one try."""
        subscriptions = self.env["hr.face.push.subscription"]
        if not notice.is_allowed(self.subscription_id.endpoint, subscriptions._allowed_hosts()):
            return 410, None  # the setting has changed since: no phone of ours any more
        try:
            answer = self._post()
        except requests.RequestException:
            return None, None
        except ServerError as error:
            _logger.error("Notifications cannot be signed: %s", error.message)
            return None, None
        except Exception:
            # A subscription comes from a stranger's browser: whatever its keys do to the
            # libraries below, it may not stop the queue for everybody else.
            _logger.exception("A notification (%s) could not be made.", self.id)
            return 400, None
        return answer.status_code, _seconds(answer.headers)

    def _post(self):
        """The push service's answer."""
        # Here and not above: it brings an asynchronous HTTP client along that only this needs.
        from py_vapid import Vapid02
        from pywebpush import WebPushException, webpush

        left = self.expires_at - Datetime.now()
        private = self.env["hr.face.push.key"]._ensure()._private()
        try:
            return webpush(
                self.subscription_id._info(),
                json.dumps(self._payload(), ensure_ascii=False).encode(),
                vapid_private_key=Vapid02.from_raw(private.encode()),
                vapid_claims={"sub": self._subject()},
                ttl=max(int(left.total_seconds()), 0),
                headers={
                    "Urgency": notice.KINDS[self.kind].urgency,
                    "Topic": notice.topic(self.key),
                },
                timeout=TIMEOUT_S,
                requests_session=_session(),
            )
        except WebPushException as error:
            if error.response is None:
                raise
            return error.response  # raised for every answer but 201 and its like

    def _subject(self):
        """Whom a push service may ask about us (RFC 8292, 2.1)."""
        email, url = email_normalize(self.company_id.email or ""), self.get_base_url()
        if not email and url.startswith("https://"):
            return url
        return f"mailto:{email or 'postmaster@localhost'}"

    def _payload(self):
        """What the phone shows; encrypted to the phone. Never an image, score or template."""
        person = self.env["hr.face.person"]._as_person(self.employee_id)
        title, body = person.env["hr.face.notice"]._words(self.kind, self.params)
        lang = person.env["res.lang"]._get_data(code=person.env.lang)
        return {
            "title": title,
            "body": body,
            "tag": notice.topic(self.key),
            "lang": person.env.lang.replace("_", "-"),
            "dir": lang.direction or "ltr",
            "url": "/odoo/face-gates" if self.kind == "offline" else "/hr_face_attendance/me",
        }

    @api.autovacuum
    def _gc(self):
        self.sudo().search([("expires_at", "<", Datetime.now() - KEPT)]).unlink()


def _session():
    """Follows no redirect: it could lead where the list of allowed hosts does not."""
    session = requests.Session()
    session.get_redirect_target = lambda _response: None
    return session


def _seconds(headers):
    value = headers.get("Retry-After", "")
    return int(value) if value.isdecimal() and len(value) < 10 else None
