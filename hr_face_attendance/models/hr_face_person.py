from datetime import timedelta

import pytz
from odoo import api, fields, models
from odoo.tools import format_date, format_datetime, format_duration, format_time

DAYS, EVENTS, ACCESSES = 14, 20, 50
PROFILE = ("private_phone", "private_email", "lang")
"""What somebody may change of their own record; never badge, PIN, name or anything of work."""


class HrFacePerson(models.AbstractModel):
    """One's own page: what a person sees of themselves, in their language and time zone.

    Every method takes `person`, an hr.employee from `_as_person`. Whose page it is, the
    controller has established (an account or a link), so what is read here is read as
    superuser, and always by `employee_id`.
    """

    _name = "hr.face.person"
    _description = "One's Own Page"

    @api.model
    def _of_user(self):
        """The employee of the present user, of their own company if there are several."""
        user = self.env.user.sudo()
        employees = user.with_context(allowed_company_ids=user.company_ids.ids).employee_ids
        return employees.sorted(lambda one: (one.company_id != user.company_id, one.id))[:1]

    @api.model
    def _as_person(self, employee):
        """The employee as superuser, in their company, language and zone."""
        employee = employee.sudo()
        company = employee.company_id
        return employee.with_context(
            allowed_company_ids=company.ids,
            lang=self._language(employee),
            tz=employee._get_tz(),
        )

    @api.model
    def _language(self, employee):
        """The language they chose, or else their company's."""
        installed = [code for code, _name in self.env["res.lang"].get_installed()]
        chosen = (employee.lang, employee.company_id.partner_id.lang, "en_US")
        return next((lang for lang in chosen if lang in installed), installed[0])

    # What is shown

    @api.model
    def _now(self, person):
        """Where they stand: {"is_in", "since", "gate", "worked"} in words."""
        presence = self._newest(person, "hr.face.presence", "seen_at desc")
        row = self._newest(person, "hr.attendance", "check_in desc")
        today = self._local(person, fields.Datetime.now()).date()
        day = self._about(person, "hr.face.day", [("date", "=", today)])
        worked = person.hours_today
        return {
            "is_in": bool(row and not row.check_out),
            "since": self._moment(person, row.check_out or row.check_in) if row else "",
            "seen": self._moment(person, presence.seen_at),
            "gate": presence.gate_id.name,
            "worked": format_duration(worked),
            "remarks": day.remarks,
        }

    @api.model
    def _days(self, person):
        """The last days, newest first, with hours and what was noticed."""
        since = fields.Date.context_today(person) - timedelta(days=DAYS)
        days = self._about(person, "hr.face.day", [("date", ">", since)], order="date desc")
        statuses = dict(days._fields["status"]._description_selection(person.env))
        return [
            {
                "date": format_date(person.env, day.date, date_format="EEE d MMM"),
                "status": statuses[day.status],
                "code": day.status,
                "from": self._clock(person, day.first_in),
                "until": self._clock(person, day.last_out),
                "worked": format_duration(day.worked_h) if day.last_out else "",
                "expected": format_duration(day.expected_h) if day.expected_h else "",
                "remarks": day.remarks,
            }
            for day in days
        ]

    @api.model
    def _questions(self, person):
        """What the events leave open, and HR (or the person, in Odoo) decides."""
        asked = self._about(person, "hr.face.proposal", [("state", "=", "open")])
        return [
            {
                "date": format_date(person.env, one.date, date_format="EEE d MMM"),
                "question": one.question,
                "known": one.evidence_text,
            }
            for one in asked
        ]

    @api.model
    def _events(self, person, page=0):
        """A page of events, newest first, and whether there are older ones."""
        domain = [("source", "!=", "correction"), ("redacted_at", "=", False)]
        events = self._about(
            person,
            "hr.face.event",
            domain,
            order="captured_at desc, id desc",
            limit=EVENTS + 1,
            offset=max(page, 0) * EVENTS,
        )
        return [self._event(person, event) for event in events[:EVENTS]], len(events) > EVENTS

    def _event(self, person, event):
        directions = dict(event._fields["direction"]._description_selection(person.env))
        outcomes = dict(event._fields["outcome"]._description_selection(person.env))
        sources = dict(event._fields["source"]._description_selection(person.env))
        return {
            "id": event.id,
            "at": self._moment(person, event.captured_at),
            "gate": event.gate_id.name or sources[event.source],
            "what": directions.get(event.direction) or outcomes[event.outcome],
            "direction": event.direction or "",
            "why": event.reason or "",
            "was_wrong": event.reason_code == "voided",
        }

    @api.model
    def _consent(self, person):
        """The text as it is today in their language, and what they agreed to."""
        company = person.company_id
        Consent = person.env["hr.face.consent"]
        given = Consent._active_of(person).get(person.id, Consent)
        earlier = self._about(person, "hr.face.consent", [], order="given_at desc, id desc")
        states = dict(Consent._fields["state"]._description_selection(person.env))
        methods = dict(Consent._fields["method"]._description_selection(person.env))
        return {
            "text": company.face_consent_text,
            "version": company.face_consent_version,
            "given": self._consent_line(person, given, states, methods) if given else None,
            "is_earlier": given.is_earlier,
            "enrolled": bool(self._about(person, "hr.face.template", [], limit=1)),
            "erasure": self._about(person, "hr.face.erasure", [])._summary(),
            "history": [self._consent_line(person, one, states, methods) for one in earlier],
        }

    def _consent_line(self, person, consent, states, methods):
        return {
            "at": self._moment(person, consent.given_at),
            "version": consent.text_version,
            "text": consent.text,
            "how": methods[consent.method],
            "by": consent.given_by_id.name,
            "state": states[consent.state],
            "ended_at": self._moment(person, consent.withdrawn_at),
        }

    @api.model
    def _accesses(self, person):
        """Who looked at what is held on them, newest first."""
        lines = self._about(
            person, "hr.face.access.log", [], order="at desc, id desc", limit=ACCESSES
        )
        kinds = dict(lines._fields["kind"]._description_selection(person.env))
        return [
            {
                "at": self._moment(person, line.at),
                "who": line.user_id.name,
                "what": kinds[line.kind],
                "why": line.purpose or "",
            }
            for line in lines
        ]

    # Reading

    def _about(self, person, model, domain, **options):
        """This person's records in their present company."""
        records = person.env[model]
        mine = [("employee_id", "=", person.id), *domain]
        if "company_id" in records._fields and records._fields["company_id"].store:
            mine.append(("company_id", "=", person.company_id.id))
        return records.search(mine, **options)

    def _newest(self, person, model, order):
        return self._about(person, model, [], order=order, limit=1)

    def _moment(self, person, moment):
        """A moment in words: the time if it is today's, else with the date."""
        if not moment:
            return ""
        today = self._local(person, fields.Datetime.now()).date()
        if self._local(person, moment).date() == today:
            return self._clock(person, moment)
        return format_datetime(
            person.env, moment, tz=person.env.context["tz"], dt_format="EEE d MMM, HH:mm"
        )

    def _clock(self, person, moment):
        if not moment:
            return ""
        return format_time(person.env, moment, tz=person.env.context["tz"], time_format="HH:mm")

    def _local(self, person, moment):
        return pytz.utc.localize(moment).astimezone(pytz.timezone(person.env.context["tz"]))
