"""The composition root of `evaluate` and `calibrate`: a laboratory."""

from __future__ import annotations

from typing import Any

from device_bridge.adapters.face_deepface.registry import Registry
from device_bridge.adapters.face_deepface.yunet import DetectionSettings
from device_bridge.adapters.images import read_image
from device_bridge.adapters.odoo import identity as identities
from device_bridge.adapters.odoo.sealed import unseal
from device_bridge.adapters.svm import SVM_THRESHOLD, SvmGallery
from device_bridge.adapters.system_clock import SystemClock, boot_id
from device_bridge.domain.gallery import MatrixGallery
from device_bridge.domain.matching import DEFAULT_MARGIN, DEFAULT_THRESHOLD
from device_bridge.evaluation.attacks import evaluate_attacks
from device_bridge.evaluation.calibrate import calibrate
from device_bridge.evaluation.collection import Collector
from device_bridge.evaluation.finder import FaceFinder
from device_bridge.evaluation.laboratory import Laboratory
from device_bridge.pipeline.server_time import ServerTime
from device_bridge.pipeline.sync import Sync
from device_bridge.ports import Gallery
from device_bridge.settings import Settings
from device_bridge.wiring.parts import client_of, engine_of, weights_home

_LENIENT_SCORE = 0.3  # of a photo that is known to show somebody, asked last


def laboratory_of(settings: Settings, model: str = "") -> Laboratory:
    """For `evaluate` and `calibrate` on photos. Raises WeightsMissing, SettingsError."""
    chosen = settings.recognition
    registry = Registry(weights_home(settings), chosen.backend)
    embedder = registry.embedder(model or chosen.model)
    strict = registry.detector(name=chosen.detector)
    lenient = registry.detector(DetectionSettings(min_score=_LENIENT_SCORE), chosen.detector)

    def nearest() -> Gallery:
        return MatrixGallery(embedder.model, embedder.dimension)

    def svm() -> Gallery:
        return SvmGallery(embedder.model, embedder.dimension)

    return Laboratory(
        embedder.model,
        Collector(read_image, FaceFinder(strict, lenient), embedder),
        {
            "nearest": (nearest, DEFAULT_THRESHOLD, DEFAULT_MARGIN),
            "svm": (svm, SVM_THRESHOLD, 0.0),
        },
        lambda folder: evaluate_attacks(folder, read_image, strict, registry.attack_detector()),
    )


def calibrate_gallery(settings: Settings, target_fpir: float) -> dict[str, Any]:
    """Calibration on what Odoo holds for this bridge, fetched now and kept nowhere.

    Raises: NotPaired, ServerUnreachable, Refused, ModelMismatch, SettingsError.
    """
    identity = identities.load(settings.state.identity)
    _, embedder = engine_of(settings)
    gallery = MatrixGallery(embedder.model, embedder.dimension)
    Sync(
        server=client_of(settings, identity),
        gallery=gallery,
        unseal=lambda sealed, cursor: unseal(sealed, identity.keys.encryption, cursor),
        clock=SystemClock(),
        server_time=ServerTime(),
        boot_id=boot_id(),
        health=dict,
    ).pull()
    people = list(gallery.people())
    names = [person.display_name for person in people]
    return calibrate(people, target_fpir, names) | {"model": embedder.model}
