"""The camera component in a real browser: the pages' face finder and what it measures."""

from __future__ import annotations

import base64
from typing import Any

import cv2
import numpy as np
import pytest

from device_bridge.adapters.face_deepface.registry import Registry
from device_bridge.domain import quality
from tests.browser.place import Place
from tools import paths

# One picture of the stream: as a JPEG, and as FaceCamera measures it.
_MEASURE = """async () => {
    const of = (name) => odoo.loader.modules.get("@hr_face_attendance/camera/" + name);
    const [{ AS_THE_SERVICE, loadFinder }, measures, { chipOf }] = [
        of("human_loader"), of("measures"), of("frames"),
    ];
    const finder = await loadFinder();
    const stream = await navigator.mediaDevices.getUserMedia({
        video: { width: 640, height: 480 },
    });
    const video = Object.assign(document.createElement("video"), { muted: true });
    video.srcObject = stream;
    await video.play();
    const picture = document.createElement("canvas");
    [picture.width, picture.height] = [640, 480];
    picture.getContext("2d").drawImage(video, 0, 0);
    const faces = await finder.find(picture);
    const chip = document.createElement("canvas");
    return {
        jpeg: picture.toDataURL("image/jpeg", 0.97).split(",")[1],
        faces: faces.map((face) => {
            const { roll, offset } = measures.pose(face.points);
            return {
                height: face.height,
                roll: roll * AS_THE_SERVICE.roll,
                offset: offset * AS_THE_SERVICE.offset,
                ...measures.light(chipOf(picture, face.points, chip)),
            };
        }),
    };
}"""


def test_a_page_measures_a_face_much_as_the_service_does(place: Place) -> None:
    with place.page("dana") as page:
        place.log_in(page)
        seen: dict[str, Any] = page.evaluate(_MEASURE)
    image = cv2.imdecode(np.frombuffer(base64.b64decode(seen["jpeg"]), np.uint8), 1)
    [face] = place.detector.detect(image)
    embedder = Registry(paths.CACHE / "weights").embedder()
    expected = quality.measure(face, embedder.align(image, face), image.shape)
    [found] = seen["faces"]
    assert found["height"] == pytest.approx(expected.height_px, rel=0.15)
    assert found["brightness"] == pytest.approx(expected.brightness, rel=0.1)
    assert found["sharpness"] == pytest.approx(expected.sharpness, rel=0.5)
    assert found["burnt"] == pytest.approx(expected.burnt_part, abs=0.05)
    assert abs(found["roll"] - expected.roll_deg) < 5
    assert abs(found["offset"] - expected.nose_offset) < 0.12
