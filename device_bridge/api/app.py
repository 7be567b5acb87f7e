"""The service's calls. Each checks the token, reads what was sent, and hands over to a thread."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse

from device_bridge import __version__
from device_bridge.api import answers, page
from device_bridge.api.answers import (
    ChallengeIssued,
    Embeddings,
    GoodPicture,
    Health,
    Identified,
    Models,
    Verified,
)
from device_bridge.api.bodies import Limits, Pictures, read_pictures
from device_bridge.api.capture import CaptureCalls, CaptureTaken
from device_bridge.api.challenges import Challenges
from device_bridge.api.describe import call, json_body, picture_body
from device_bridge.api.enrolment import EnrolmentCalls
from device_bridge.api.enrolment_answers import EnrolPhotos, LookAlikes, LookAlikesAsked
from device_bridge.api.errors import (
    ApiError,
    Malformed,
    NotAllowed,
    NotEnrolled,
    PictureRefused,
    Unavailable,
)
from device_bridge.api.metrics import CONTENT_TYPE, Metrics
from device_bridge.api.middleware import (
    Counted,
    PairedOrigin,
    on_api_error,
    on_http_error,
)
from device_bridge.api.roll_call import RollCallCalls, RollCallTaken
from device_bridge.api.tokens import Tokens
from device_bridge.api.workers import Workers
from device_bridge.domain.access import Access, Grant, Scope
from device_bridge.domain.capture import ImageU8
from device_bridge.domain.event import CaptureTime, utc_text
from device_bridge.domain.gate import Gate
from device_bridge.errors import ImageUnreadable, StorageFull, WeightsMissing
from device_bridge.pipeline.recognise import Identification, Recognition, Visit, needs_challenge

_log = logging.getLogger(__name__)

T = TypeVar("T")
_OF_A_VISIT = {"encounter", "final", "challenge", "at_ms", "after"}
State = Literal["ok", "offline", "starting"]


@dataclass(frozen=True, slots=True)
class Parts:
    """What the calls are made of.

    Attributes:
        decode: bytes and the most pixels to a picture; raises ImageUnreadable.
        arrived: the time of this moment, with its evidence.
        anywhere: the rules for a program that stands at no gate.
        home: the origin of the address that this device was paired at. Odoo's own idea of its
            address follows whoever logs in as administrator; a kiosk must outlive that.
    """

    recognition: Recognition
    tokens: Tokens
    challenges: Challenges
    workers: Workers
    metrics: Metrics
    limits: Limits
    decode: Callable[[bytes, int], ImageU8]
    arrived: Callable[[], CaptureTime]
    access: Callable[[], Access | None]
    gates: Callable[[], Mapping[int, Gate]]
    state: Callable[[], State]
    anywhere: Gate
    home: str
    enrolment: EnrolmentCalls
    capture: CaptureCalls
    roll_call: RollCallCalls


def build(parts: Parts) -> FastAPI:
    """The application."""
    app = FastAPI(
        title="Recognition service",
        description="Who is on a picture, for the kiosk pages and programs of one Odoo. Tokens"
        " come from Odoo; frames never pass through it.",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    calls = Calls(parts)
    app.get("/v1/health", **call(None, Health, public=True))(calls.health)
    app.get("/v1/models", **call(None, Models))(calls.models)
    app.get("/v1/guidance", **call(None, GoodPicture))(calls.guidance)
    app.post("/v1/identify", **call(Scope.IDENTIFY, Identified, picture_body("identify")))(
        calls.identify
    )
    app.post("/v1/verify", **call(Scope.VERIFY, Verified, picture_body("verify")))(calls.verify)
    app.post("/v1/embed", **call(Scope.EMBED, Embeddings, picture_body("embed")))(calls.embed)
    app.post("/v1/challenge", **call(Scope.IDENTIFY, ChallengeIssued, query=("encounter",)))(
        calls.challenge
    )
    enrolment = parts.enrolment
    app.post("/v1/enrol", **call(Scope.ENROL, EnrolPhotos, picture_body("enrol")))(enrolment.enrol)
    app.post("/v1/lookalikes", **call(Scope.ENROL, LookAlikes, json_body(LookAlikesAsked)))(
        enrolment.look_alikes
    )
    app.post("/v1/capture", **call(Scope.CAPTURE, CaptureTaken, picture_body("capture")))(
        parts.capture.capture
    )
    app.post("/v1/rollcall", **call(Scope.ROLLCALL, RollCallTaken, picture_body("rollcall")))(
        parts.roll_call.roll_call
    )
    app.get("/metrics", **call(Scope.METRICS, None))(calls.metrics)

    @app.get("/docs", include_in_schema=False)
    def documentation() -> Response:
        """The OpenAPI page."""
        return HTMLResponse(
            page.page(app.openapi()), headers={"Content-Security-Policy": page.POLICY}
        )

    app.add_exception_handler(ApiError, on_api_error)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(RequestValidationError, on_http_error)
    app.add_middleware(Counted, metrics=parts.metrics)
    # outermost, so that a page may read our failures too and knows them from a dead network
    app.add_middleware(PairedOrigin, origins=lambda: _origins(parts))
    return app


class Calls:
    """One method per call."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def health(self) -> Response:
        """Whether the service can be asked; for balancers, without a token."""
        state = self._parts.state()
        return JSONResponse({"status": state}, 503 if state == "starting" else 200)

    async def models(self, request: Request) -> Models:
        """What makes the templates here."""
        self._grant(request, None)
        recognition = self._parts.recognition
        return Models(
            model=recognition.model,
            dimension=recognition.dimension,
        )

    async def guidance(self, request: Request) -> GoodPicture:
        """What a good picture is, so that a page can choose and guide on the device."""
        return answers.good_picture(self._gate(self._grant(request, None)).min_face_px)

    async def identify(self, request: Request) -> Identified:
        """Who is on the pictures. For a token with a gate, the event is durable before the
        answer, and repeating the call with the same encounter repeats the answer."""
        grant = self._grant(request, Scope.IDENTIFY)
        sent = await self._pictures(request, _OF_A_VISIT)
        gate = self._gate(grant)
        time, at_s = self._parts.arrived(), sent.seconds("at_ms")
        visit = self._visit(grant, gate, sent, time)

        def work() -> Identification:
            known = self._parts.recognition.recall(gate, visit.encounter) if visit else None
            if known is not None:
                return known
            self._parts.recognition.prepare(gate)
            images = (self._decode(data, "frame") for data in sent.frames)
            return self._parts.recognition.identify(images, at_s, gate, time, visit)

        found = await self._work(work)
        self._parts.metrics.identified(str(found.outcome or "undecided"))
        undecided = found.outcome is None
        needs = "challenge" if needs_challenge(gate.pad, found) else "frames"
        return answers.identified(found, needs if undecided else None)  # type: ignore[arg-type]

    async def verify(self, request: Request) -> Verified:
        """Whether a picture shows the employee it is said to, or the same face as another."""
        grant = self._grant(request, Scope.VERIFY)
        sent = await self._pictures(request, {"employee"})
        claimed = sent.identifier("employee")
        if (claimed is None) == (sent.reference is None) or len(sent.frames) != 1:
            raise Malformed("employee", "One frame, and either employee or reference, expected.")
        threshold = self._gate(grant).threshold

        def work() -> Verified:
            return self._verify(sent, claimed, threshold)

        return await self._work(work)

    async def embed(self, request: Request) -> Embeddings:
        """The templates of every face in a picture. Never for a browser."""
        self._grant(request, Scope.EMBED)
        sent = await self._pictures(request, set())
        if len(sent.frames) != 1:
            raise Malformed("frame", "One picture was expected.")
        recognition = self._parts.recognition

        def work() -> Embeddings:
            readings = recognition.reader.read(self._decode(sent.frames[0], "frame"))
            return answers.embeddings(readings, recognition.model, recognition.dimension)

        return await self._work(work)

    async def challenge(self, request: Request) -> ChallengeIssued:
        """What to ask of the person in front of the camera. Answer it with /v1/identify."""
        grant = self._grant(request, Scope.IDENTIFY)
        gate = self._gate(grant)
        if not gate.pad.is_active:
            raise NotAllowed("The token's gate asks for no challenge.", field="gate")
        encounter = _encounter(Pictures((), None, dict(request.query_params)))
        now = self._parts.arrived().captured_at
        await self._work(lambda: self._parts.recognition.prepare(gate))
        ticket = self._parts.challenges.issue(gate, encounter, now)
        return ChallengeIssued(
            challenge=ticket.text,
            steps=list(ticket.challenge.steps),
            deadline_s=ticket.challenge.deadline_s,
            expires_at=utc_text(ticket.expires_at),
        )

    async def metrics(self, request: Request) -> Response:
        """Figures for a monitoring system."""
        self._grant(request, Scope.METRICS)
        return Response(self._parts.metrics.text(), media_type=CONTENT_TYPE)

    def _grant(self, request: Request, scope: Scope | None) -> Grant:
        return self._parts.tokens.grant(request.headers.get("authorization"), scope)

    async def _pictures(self, request: Request, fields: set[str]) -> Pictures:
        sent = await read_pictures(request, self._parts.limits)
        for name in sent.fields:
            if name not in fields:
                raise Malformed(name[:64], "There is no such field here.")
        return sent

    def _gate(self, grant: Grant) -> Gate:
        """The rules that count. The gate may have gone since the token was checked."""
        if grant.gate is None:
            return self._parts.anywhere
        gate = self._parts.gates().get(grant.gate)
        if gate is None:
            raise NotAllowed("This service does not serve the token's gate.", field="gate")
        return gate

    def _visit(self, grant: Grant, gate: Gate, sent: Pictures, time: CaptureTime) -> Visit | None:
        final = sent.flag("final", default=True)
        if grant.gate is None:
            if sent.fields:
                raise Malformed(sorted(sent.fields)[0], "This token stands at no gate.")
            return None
        encounter = _encounter(sent)
        after = sent.uuid("after")
        ticket = sent.fields.get("challenge")
        if ticket is None:
            return Visit(encounter, final, claim=grant.claim, after=after)
        challenge = self._parts.challenges.open(ticket, gate, encounter, time.captured_at)
        return Visit(encounter, final, challenge, grant.claim, after)

    def _verify(self, sent: Pictures, claimed: int | None, threshold: float) -> Verified:
        recognition = self._parts.recognition
        if sent.reference is not None:
            reference = recognition.reader.probe(self._decode(sent.reference, "reference"))
            fit = reference.guidance is None and reference.reading
            references = reference.reading.vector if fit and reference.reading else None
        else:
            references = recognition.references(claimed or 0)
            if references is None:
                raise NotEnrolled("Nobody is enrolled under this number.", field="employee")
        probe = recognition.reader.probe(self._decode(sent.frames[0], "frame"))
        if references is None:
            raise PictureRefused(
                f"The reference is not fit to be compared: {reference.guidance}.", field="reference"
            )
        similarity = probe.similarity(references.reshape(-1, recognition.dimension))
        return Verified(
            same=None if similarity is None else similarity >= threshold,
            similarity=None if similarity is None else round(similarity, 4),
            threshold=threshold,
            quality=answers.quality_of(probe.reading.quality if probe.reading else None),
            box=answers.box_of(probe.reading.face if probe.reading else None),
            guidance=probe.guidance,
        )

    def _decode(self, data: bytes, field: str) -> ImageU8:
        try:
            return self._parts.decode(data, self._parts.limits.pixels)
        except ImageUnreadable as error:
            raise PictureRefused(str(error), field=field) from error

    async def _work(self, work: Callable[[], T]) -> T:
        try:
            return await self._parts.workers.run(work)
        except StorageFull as error:
            raise Unavailable(
                "The event could not be stored; nobody was let in. Ask again.",
                code="storage_full",
                retry_after_s=5,
            ) from error
        except WeightsMissing as error:
            _log.error("pad_unavailable", extra={"why": str(error)})
            raise Unavailable(
                "The gate asks for attack detection that this service cannot do.",
                code="pad_unavailable",
                retry_after_s=60,
            ) from error


def _encounter(sent: Pictures) -> str:
    encounter = sent.uuid("encounter")
    if encounter is None:
        raise Malformed("encounter", "The UUID of this visit is missing.")
    return encounter


def _origins(parts: Parts) -> tuple[str, ...]:
    access = parts.access()
    return (access.origin, parts.home) if access else ()
