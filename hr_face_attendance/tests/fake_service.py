"""A recognition service without networks, on a real socket: photos say who is on them."""

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO

from odoo.tests.common import _super_send
from werkzeug.formparser import parse_form_data

from ..rules.likeness import numbers
from .common import MODEL, b64, unit_vector


def photo(*people, number=0, **about):
    """A "photo" of these people, each a number; `about` is what is wrong, as in defects=[…]."""
    return json.dumps({"people": people, "number": number, **about}).encode()


def group_photo(*people, number=0):
    """A "JPEG" of these people, from left to right; each a number, or (number, similarity)."""
    return b"\xff\xd8\xff" + json.dumps({"people": people, "number": number}).encode()


class FakeService:
    """Answers as device_bridge's api/enrolment.py does.

    Attributes:
        mood: "well", or how it fails: "busy", "broken", "silent", "a stranger".
        asked: (path, token) of each call.
        enrolled: {person: employee id} of its gallery.
    """

    def __init__(self):
        self.mood, self.asked, self.enrolled = "well", [], {}
        self.released = threading.Event()
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                service._answer(self)

            def log_message(self, *_about):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self.released.set()
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, call):
        body = call.rfile.read(int(call.headers["Content-Length"] or 0))
        self.asked.append((call.path, call.headers["Authorization"].partition(" ")[2]))
        if self.mood == "silent":
            self.released.wait(20)
            return
        status, answer = self._say(call, body)
        raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        call.send_response(status)
        call.send_header("Content-Length", str(len(raw)))
        call.send_header("Retry-After", "7")
        call.end_headers()
        call.wfile.write(raw)

    def _say(self, call, body):
        moods = {
            "busy": (503, _error("busy")),
            "broken": (500, _error("server_error")),
            "a stranger": (200, b"<html>Welcome to nginx!</html>"),
            "refusing": (403, _error("not_allowed", "scope")),
        }
        if self.mood in moods:
            return moods[self.mood]
        if call.path == "/v1/enrol":
            return 200, self._enrol(call, body)
        if call.path == "/v1/rollcall":
            return 200, {
                "model": MODEL,
                "photos": [self._crowd(one) for one in self._frames(call, body)],
            }
        return 200, look_alikes(json.loads(body))

    def _frames(self, call, body):
        environ = {
            "wsgi.input": BytesIO(body),
            "CONTENT_TYPE": call.headers["Content-Type"],
            "CONTENT_LENGTH": str(len(body)),
            "REQUEST_METHOD": "POST",
        }
        _, _, files = parse_form_data(environ)
        return [one.read() for one in files.getlist("frame")]

    def _enrol(self, call, body):
        photos = [self._examine(one) for one in self._frames(call, body)]
        return {"model": MODEL, "dimension": 128, "photos": photos}

    def _crowd(self, raw):
        """As api/roll_call.py; the photo is group_photo's."""
        try:
            said = json.loads(raw.partition(b"\xff\xd8\xff")[2])
        except ValueError:
            return {"faces": [], "width": 0, "height": 0, "detail": "It is no picture."}
        faces = [self._in_crowd(*one) for one in enumerate(said["people"])]
        return {"faces": faces, "width": 1000, "height": 500, "detail": ""}

    def _in_crowd(self, place, who):
        who, similarity = who if isinstance(who, list) else (who, 0.97)
        known = self.enrolled.get(who)
        return {
            "box": {"x": 100 * place, "y": 50, "width": 80, "height": 100},
            "outcome": "identified" if known else "no_candidate",
            "person": {"employee": known, "display_name": "X"} if known else None,
            "similarity": similarity if known else None,
            "quality": {"score": 0.9, "defects": []},
            "similar": [{"employee": known, "similarity": similarity}] if known else [],
        }

    def _examine(self, raw):
        try:
            said = json.loads(raw)
        except ValueError:
            return {"unfit": "unreadable", "faces": [], "found": 0, "detail": "It is no picture."}
        people, defects = said["people"], said.get("defects", [])
        unfit = None
        if len(people) != 1:
            unfit = "multiple_faces" if people else "no_face"
        elif defects:
            unfit = "low_quality"
        return {
            "unfit": unfit,
            "faces": [self._face(who, said.get("quality", 0.9), defects) for who in people],
            "found": len(people),
            "detail": "",
        }

    def _face(self, who, quality, defects):
        known = self.enrolled.get(who)
        return {
            "box": {"x": 0, "y": 0, "width": 100, "height": 120},
            "pose": "frontal",
            "quality": {"score": quality, "defects": defects},
            "vector": b64(unit_vector(who)),
            "crop": b64(b"\xff\xd8\xff crop"),
            "similar": [{"employee": known, "similarity": 1.0}] if known else [],
        }


def look_alikes(asked):
    """As device_bridge's domain/resemblance.py, on vectors that are equal or orthogonal."""
    vectors = [numbers(base64.b64decode(one["vector"])) for one in asked["templates"]]
    groups = [one["group"] for one in asked["templates"]]
    own, pairs = [0] * len(groups), []
    for i, one in enumerate(vectors):
        for j in range(len(vectors)):
            similarity = sum(map(float.__mul__, one, vectors[j]))
            if i == j or similarity < asked["threshold"]:
                continue
            if groups[i] == groups[j]:
                own[i] += 1
            elif i < j:
                pairs.append([i, j, similarity])
    return {"own": own, "pairs": pairs, "complete": True}


def _error(code, field=None):
    return {"error": {"code": code, "message": f"It is {code}.", "field": field}}


class WithService:
    """Starts one for a test class; mixed in before TransactionCase."""

    @classmethod
    def _request_handler(cls, session, prepared, /, **options):
        """Odoo's own handler cannot compare a pair of timeouts, and forbids nothing here."""
        assert prepared.url.startswith("http://127.0.0.1")
        return _super_send(session, prepared, **options)

    def setUp(self):
        super().setUp()
        self.service = FakeService()
        self.addCleanup(self.service.close)
        self._pair(self.device)
        self.device.service_url = self.service.url
