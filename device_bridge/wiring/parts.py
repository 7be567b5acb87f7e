"""The parts that several commands are made of."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from device_bridge.adapters.face_deepface.landmarks68 import Landmarks68
from device_bridge.adapters.face_deepface.registry import Registry
from device_bridge.adapters.face_deepface.yunet import DetectionSettings
from device_bridge.adapters.images import encode_jpeg
from device_bridge.adapters.odoo import identity as identities
from device_bridge.adapters.odoo.client import OdooClient
from device_bridge.adapters.odoo.identity import Identity
from device_bridge.adapters.system_clock import SystemClock
from device_bridge.adapters.vector.eight_bit import EightBitGallery
from device_bridge.adapters.vector.pgvector import PgVectorGallery
from device_bridge.errors import SettingsError
from device_bridge.pipeline.enrol import Enroller
from device_bridge.pipeline.observe import Liveness
from device_bridge.pipeline.roll_call import MOST_FACES, SMALLEST_FACE_PX
from device_bridge.ports import FaceDetector, FaceEmbedder, Gallery
from device_bridge.settings import Settings


def weights_home(settings: Settings) -> Path:
    """Where the model files are: as set, or in the user's cache."""
    if settings.recognition.weights:
        return Path(settings.recognition.weights).expanduser()
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "hr-face-attendance" / "weights"


def engine_of(settings: Settings) -> tuple[FaceDetector, FaceEmbedder]:
    """The detector and the model that are set. Raises WeightsMissing, SettingsError."""
    chosen = settings.recognition
    registry = Registry(weights_home(settings), chosen.backend)
    return registry.detector(name=chosen.detector), registry.embedder(chosen.model)


def crowd_detector_of(settings: Settings) -> FaceDetector:
    """The detector that is set, for photos of many people. Raises as `engine_of`."""
    chosen = settings.recognition
    wanted = DetectionSettings(min_face_px=SMALLEST_FACE_PX, max_faces=MOST_FACES)
    return Registry(weights_home(settings), chosen.backend).detector(wanted, chosen.detector)


def liveness_of(settings: Settings) -> Liveness:
    """What gates with attack detection need; nothing is loaded yet."""
    home, backend = weights_home(settings), settings.recognition.backend
    return Liveness(
        attack_detector=functools.cache(lambda: Registry(home, backend).attack_detector()),
        landmarker=functools.cache(Landmarks68),
    )


def client_of(
    settings: Settings,
    identity: Identity | None,
    url: str = "",
    at_work: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> OdooClient:
    """A client for the paired server, or for `url` before pairing."""
    return OdooClient(
        url or settings.server.url or (identity.url if identity else ""),
        identity.token if identity else None,
        ca_file=settings.server.ca_file or None,
        allow_plain_http=settings.server.allow_plain_http,
        pins=settings.server.pins,
        at_work=at_work,
    )


def enroller_of(settings: Settings) -> Enroller:
    """Raises NotPaired, WeightsMissing, SettingsError."""
    identity = identities.load(settings.state.identity)
    detector, embedder = engine_of(settings)
    return Enroller(detector, embedder, client_of(settings, identity), SystemClock(), encode_jpeg)


def gallery_of(settings: Settings, embedder: FaceEmbedder) -> Gallery:
    """An empty gallery for the embedder's templates, or the one that a vector engine holds.

    Raises:
        SettingsError: the vector engine is chosen and not installed, or has no address.
        ServerUnreachable: it does not answer.
    """
    chosen, model, dimension = settings.gallery, embedder.model, embedder.dimension
    if chosen.engine == "memory":
        return memory_gallery_of(settings, embedder)
    if not chosen.dsn:
        raise SettingsError("gallery.engine is pgvector: set gallery.dsn, its address.")
    return PgVectorGallery(chosen.dsn, chosen.name, model, dimension)


def memory_gallery_of(settings: Settings, embedder: FaceEmbedder) -> EightBitGallery:
    """An empty gallery in this process, for the embedder's templates."""
    since = settings.gallery.eight_bit_from
    return EightBitGallery(embedder.model, embedder.dimension, from_templates=since)
