import base64

from odoo import models

from ..rules import conflict, likeness

BLOCK = 2000
"""Templates of one comparison are two blocks; the service takes 4,000."""
SESSIONS = 20


class HrFaceImport(models.Model):
    """The last stage: faces under two names are left out, and the others enrolled."""

    _inherit = "hr.face.import"

    def _stage_finish(self):
        progress = self.env["ir.cron"]
        if self._read_photos():
            self._leave_out_conflicts()
        left_s = progress._commit_progress()
        while left_s and self._is_running():
            sessions = self._sessions().filtered(lambda one: one.state == "open")[:SESSIONS]
            if not sessions:
                self._end("done")
                return progress._commit_progress(remaining=0)
            # Whoever is enrolled by hand meanwhile is seen by this transaction, or waits for it.
            self.env["hr.face.template"]._enrol_alone(self.company_id)
            for session in sessions:
                self._enrol(session)
            left_s = progress._commit_progress(len(sessions))
        return left_s

    def _read_photos(self, employee=None):
        domain = [("import_id", "=", self.id), ("state", "=", "read")]
        if employee:
            domain.append(("employee_id", "=", employee.id))
        return self.env["hr.face.import.photo"].search(domain, order="id")

    def _leave_out_conflicts(self):
        """Compare every face of the job with every other one, once."""
        if self._sessions().filtered(lambda one: one.state == "done"):
            return  # begun again in the middle: what is left has been compared
        photos = self._read_photos()
        captures = self.env["hr.face.capture"].search(
            [("company_id", "=", self.company_id.id), ("uuid", "in", photos.mapped("capture_uuid"))]
        )
        parts = captures._parts()
        by_uuid = captures.grouped("uuid")
        vectors = {one.uuid: parts[one.id][0] for one in captures}
        # A person's photos lie together, so that nearly all of them are in one block.
        photos = photos.filtered(lambda photo: photo.capture_uuid in vectors).sorted(
            lambda photo: (photo.employee_id.id, photo.id)
        )
        people = [photo.employee_id.id for photo in photos]
        own, pairs = self._compared(
            [
                {
                    "group": str(photo.employee_id.id),
                    "vector": base64.b64encode(vectors[photo.capture_uuid]).decode(),
                }
                for photo in photos
            ]
        )
        for one, other in sorted(conflict.refused(people, own, pairs).items()):
            photos[one]._fail("duplicate_batch", photos[other].name, photos[other].employee_id)
            by_uuid[photos[one].capture_uuid].unlink()

    def _compared(self, templates):
        """(own, pairs) as rules.conflict takes them, of people who are not told apart."""
        caller = self._caller()
        threshold = self.env["hr.face.template"]._threshold(self.company_id)
        blocks = [
            list(range(start, min(start + BLOCK, len(templates))))
            for start in range(0, len(templates), BLOCK)
        ]
        own, pairs = [0] * len(templates), set()
        apart = self._told_apart()
        for number, block in enumerate(blocks):
            for other in blocks[number:]:
                indices = block if other is block else block + other
                answer = caller.ask(
                    "/v1/lookalikes",
                    json_body={
                        "templates": [templates[index] for index in indices],
                        "threshold": threshold,
                    },
                )
                for index, count in zip(indices, answer["own"], strict=True):
                    own[index] = max(own[index], count)
                for one, two, similarity in answer["pairs"]:
                    first, second = indices[one], indices[two]
                    people = frozenset((templates[first]["group"], templates[second]["group"]))
                    if similarity >= threshold and people not in apart:
                        pairs.add((first, second))
        return own, pairs

    def _told_apart(self):
        """Pairs that HR has confirmed to be two people."""
        known = self.env["hr.face.look.alike"].search([("company_id", "=", self.company_id.id)])
        return {frozenset((str(one.employee_id.id), str(one.other_id.id))) for one in known}

    def _enrol(self, session):
        """Templates of one person's best captures; whoever may not be enrolled is said why."""
        mine = self._read_photos(session.employee_id)
        chosen = session._chosen()
        if not chosen or not session._consent():
            mine._fail("no_consent")
            session._end("cancelled")
            return
        parts = chosen._parts()
        if other := self._enrolled_meanwhile(session.employee_id, parts):
            mine._fail("duplicate", False, other)
            session._end("cancelled")
            return
        templates = self.env["hr.face.template"]
        templates._make(
            session, chosen, parts, replace=self.replace, spare=self._kept(session.employee_id)
        )
        used = set(chosen.mapped("uuid"))
        session._end("done", template_count=len(chosen))
        session.employee_id._face_note(self.env._("%s face templates enrolled.", len(used)))
        for photo in mine:
            photo.state = "enrolled" if photo.capture_uuid in used else "spare"

    def _kept(self, employee):
        """Templates that photos of this job have made before, in an earlier job."""
        known = [
            ("import_id", "=", self.id),
            ("employee_id", "=", employee.id),
            ("state", "=", "known"),
        ]
        uuids = self.env["hr.face.import.photo"].search(known).mapped("capture_uuid")
        return self.env["hr.face.template"].search(
            [("company_id", "=", self.company_id.id), ("uuid", "in", uuids)]
        )

    def _enrolled_meanwhile(self, employee, parts):
        """Whoever got this face since the job began, by another way: the service's gallery may
        be half a minute old."""
        templates = self.env["hr.face.template"]
        recent = templates.search(
            [
                ("company_id", "=", self.company_id.id),
                ("model", "=", self._model()),
                ("enrolled_at", ">=", self.started_at),
                ("employee_id", "not in", [employee.id, *self._sessions().employee_id.ids]),
            ]
        )
        if not recent:
            return None
        opened = recent._vectors()
        found = likeness.closest(
            [vector for vector, _crop in parts.values()],
            ((one.employee_id.id, opened[one.id]) for one in recent),
            templates._threshold(self.company_id),
        )
        apart = self.env["hr.face.look.alike"]._known(employee)
        return (self.env["hr.employee"].browse(found) - apart)[:1] or None
